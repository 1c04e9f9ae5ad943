"""The project: one SQLite file, its sidecars, the event log and its fold."""

from reid_core.store.project import Project

__all__ = ["Project"]
