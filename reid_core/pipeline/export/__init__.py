"""What leaves the project: one file a format, all fed from the same tables."""
