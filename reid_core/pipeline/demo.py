"""Measures the demo: of everyone in it, how often the search finds them again in another camera."""

from __future__ import annotations

import itertools
from dataclasses import dataclass

from reid_core.pipeline.demo_clips import DemoTruth
from reid_core.pipeline.search import SearchOptions, search, tracklet_query
from reid_core.store.project import Project


@dataclass(frozen=True, slots=True)
class Find:
    """One search of the demo.

    Attributes:
        person: Who was searched for.
        query: The tracklet that was searched with, or None when the person was not detected there.
        query_camera: Its camera.
        camera: Another camera in which the person stands.
        hit: The best hit in that camera, or None.
        similarity: Its similarity.
        is_person: Whether the hit shows the person.
    """

    person: str
    query: str | None
    query_camera: str
    camera: str
    hit: str | None
    similarity: float
    is_person: bool


def search_everyone(project: Project, space_key: str, truth: DemoTruth) -> list[Find]:
    """Search every person of the demo from every camera in every other camera."""
    shown = _who_is_shown(project, truth)
    cameras = [clip.camera for clip in truth.clips]
    return [
        _find(project, space_key, shown, person, _longest(shown, person, start), start, camera)
        for person in truth.searched
        for start, camera in itertools.permutations(cameras, 2)
    ]


def _find(
    project: Project,
    space_key: str,
    shown: dict[str, tuple[str, str | None, int]],
    person: str,
    query: str | None,
    query_camera: str,
    camera: str,
) -> Find:
    if query is None:
        return Find(person, None, query_camera, camera, None, 0.0, is_person=False)
    options = SearchOptions(cameras=(camera,))
    hits = search(project, space_key, tracklet_query(project, space_key, [query]), options).hits
    if not hits:
        return Find(person, query, query_camera, camera, None, 0.0, is_person=False)
    best = hits[0].span.tracklet
    return Find(person, query, query_camera, camera, best, hits[0].similarity, shown[best][1] == person)


def _who_is_shown(project: Project, truth: DemoTruth) -> dict[str, tuple[str, str | None, int]]:
    """Camera, person and number of boxes of every tracklet."""
    shown = {}
    for tracklet in project.tracklets():
        boxes = project.boxes(tracklet.id)
        person = truth.person_of(tracklet.camera, boxes.frame_idx.tolist(), boxes.xyxy)
        shown[tracklet.id] = (tracklet.camera, person, len(boxes))
    return shown


def _longest(shown: dict[str, tuple[str, str | None, int]], person: str, camera: str) -> str | None:
    own = [(n, tracklet) for tracklet, (at, who, n) in shown.items() if at == camera and who == person]
    return max(own)[1] if own else None
