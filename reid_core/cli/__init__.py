"""The headless command line: each command a thin face of a job in `reid_core.pipeline`."""
