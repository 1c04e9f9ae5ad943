"""Samplers: which pictures make a batch."""
