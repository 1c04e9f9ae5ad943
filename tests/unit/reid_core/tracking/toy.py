"""Toy scenes: people as boxes that move in straight lines, with the truth beside them."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field, replace

import numpy as np

from reid_core.tracking.base import ClosedTracklet, Observation, Step
from reid_core.tracking.config import TrackingConfig
from reid_core.tracking.tracklets import TrackletBuilder
from reid_core.types import Detections

WIDTH, HEIGHT, FPS = 640, 480, 10
COLOURS = np.eye(8, dtype=np.float32)


@dataclass(frozen=True)
class Person:
    """Walks from ``start`` (left, top) by ``speed`` a frame, in frames ``first..last`` less ``unseen``."""

    start: tuple[float, float]
    speed: tuple[float, float]
    first: int
    last: int
    colour: int = 0
    unseen: frozenset[int] = frozenset()
    size: tuple[float, float] = (40, 100)
    score: float = 0.9

    def box(self, frame: int) -> tuple[float, float, float, float] | None:
        if not self.first <= frame <= self.last or frame in self.unseen:
            return None
        x = self.start[0] + self.speed[0] * (frame - self.first)
        y = self.start[1] + self.speed[1] * (frame - self.first)
        return x, y, x + self.size[0], y + self.size[1]


def observe(
    people: Iterable[Person], frames: Iterable[int], *, fps: float = FPS, cuts: Iterable[int] = ()
) -> Iterator[Observation]:
    """The observations of a scene; ``detection_idx`` counts the people in view in the given order."""
    people, cuts = list(people), set(cuts)
    for frame in frames:
        seen = [(person, box) for person in people if (box := person.box(frame)) is not None]
        yield Observation(
            frame_idx=frame,
            t_ms=frame * 1000 / fps,
            cut=frame in cuts,
            motion=None,
            detections=Detections.of([box for _, box in seen], [person.score for person, _ in seen]),
            appearance=COLOURS[[person.colour for person, _ in seen]],
        )


@dataclass
class Result:
    steps: list[Step] = field(default_factory=list)

    @property
    def closed(self) -> list[ClosedTracklet]:
        return [tracklet for step in self.steps for tracklet in step.closed]


def track(
    observations: Iterable[Observation],
    config: TrackingConfig | None = None,
    *,
    fps: float = FPS,
    stride: int = 1,
) -> Result:
    builder = new_builder(config, fps=fps, stride=stride)
    result = Result([builder.push(observation) for observation in observations])
    result.steps.append(builder.finish())
    return result


def new_builder(
    config: TrackingConfig | None = None, *, fps: float = FPS, stride: int = 1
) -> TrackletBuilder:
    return TrackletBuilder(
        config or TrackingConfig(), width=WIDTH, height=HEIGHT, frame_ms=1000 * stride / fps
    )


def people_of(tracklet: ClosedTracklet, people: list[Person]) -> set[int]:
    """Whose detections these are, as ranks in the list."""
    owners = set()
    for frame, detection in zip(tracklet.frame_idx.tolist(), tracklet.detection_idx.tolist(), strict=True):
        if detection >= 0:
            present = [n for n, person in enumerate(people) if person.box(frame) is not None]
            owners.add(present[detection])
    return owners


def without_appearance(observations: Iterable[Observation]) -> Iterator[Observation]:
    return (replace(observation, appearance=None) for observation in observations)
