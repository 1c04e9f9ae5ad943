"""Joins each page's widgets to its presenters, and both to the open project."""
