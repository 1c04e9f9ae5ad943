"""Which model the project is searched with and what it reaches here: always known, shown in the header."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from app.ports import ProjectLane
from app.snapshot import Snapshot
from app.workspace import ActiveModel, Workspace
from reid_core.pipeline.models import MODEL, search_space
from reid_core.store.project import Project

METRICS = "metrics"
"""Project setting ``metrics:KEY``: what the model of a space reached on this project's people."""


class ActiveModelPresenter:
    """Keeps `Workspace.model` as the project has it.

    Args:
        workspace: Gets the model.
        lane: Reads the project.
    """

    def __init__(self, workspace: Workspace, lane: ProjectLane) -> None:
        self._workspace, self._lane = workspace, lane
        workspace.snapshot.connect(self._follow, now=True)

    def refresh(self) -> None:
        """Look again: something was measured, or another model is used."""
        self._follow(self._workspace.snapshot.value)

    def _follow(self, snapshot: Snapshot | None) -> None:
        if snapshot is None:
            self._workspace.model.set(None)
            return
        self._lane.ask(read_active, self._take, lambda _: None, topic="active model")

    def _take(self, found: ActiveModel | None) -> None:
        if found != self._workspace.model.value:
            self._workspace.model.set(found)


def read_active(project: Project) -> ActiveModel | None:
    """The model that is searched with, or None before there are vectors."""
    spaces = project.spaces()
    if not spaces:
        return None
    space = search_space(project, None)
    source = str(project.setting(f"{MODEL}:{space.key}") or space.name)
    found = project.setting(f"{METRICS}:{space.key}")
    metrics, about = metrics_words(found if isinstance(found, Mapping) else {})
    others = tuple((other.key, other.name) for other in spaces if other.key != space.key)
    return ActiveModel(space.key, space.name, source, metrics, about, others)


def metrics_words(found: Mapping[str, Any]) -> tuple[str, str]:
    """What was measured, for the header and for its tooltip.

    >>> metrics_words({"map": 0.714, "rank1": 0.86, "n_ids": 44, "on": "this project's decisions"})[0]
    'mAP 0.71 here'
    """
    try:
        value, rank1, n_ids = float(found["map"]), float(found["rank1"]), int(found["n_ids"])
    except (KeyError, TypeError, ValueError):
        return "", ""
    on = str(found.get("on") or "this project")
    return f"mAP {value:.2f} here", f"mAP {value:.2f}, rank-1 {rank1:.2f} on {n_ids} people of {on}"


def keep_metrics(project: Project, space_key: str, found: Mapping[str, Any]) -> None:
    """Remember what the model of a space reached on this project."""
    project.set_setting(f"{METRICS}:{space_key}", dict(found))


def space_key_of(project: Project, source: str) -> str:
    """Key of the space whose vectors a model file made, or empty where there are none."""
    for space in project.spaces():
        if project.setting(f"{MODEL}:{space.key}") == source:
            return space.key
    return ""
