"""Recipes: whole jobs that read from top to bottom."""
