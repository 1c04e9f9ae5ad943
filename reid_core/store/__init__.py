"""The project: one SQLite file, its sidecars, the event log and its fold."""
