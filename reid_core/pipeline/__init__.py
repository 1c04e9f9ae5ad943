"""Whole jobs: footage to tracklets, query to ranked tracklets."""
