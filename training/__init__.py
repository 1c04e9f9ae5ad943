"""Training, evaluation and export of re-identification models."""
