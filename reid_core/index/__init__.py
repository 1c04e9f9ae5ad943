"""Vectors in, nearest vectors out: exact and approximate search, distances, re-ranking."""
