"""Readers of re-identification data sets, and the transforms of their pictures."""
