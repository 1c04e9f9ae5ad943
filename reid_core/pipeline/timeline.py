"""Where every tracklet stands on the project's common clock."""

from __future__ import annotations

from dataclasses import dataclass

from reid_core.store.project import Project


@dataclass(frozen=True, slots=True)
class Span:
    """A tracklet's place and time.

    Attributes:
        tracklet: Its id.
        camera: Its camera's name.
        start_ms: First box, milliseconds on the common clock.
        end_ms: Last box, milliseconds on the common clock.
        n_detections: Boxes, interpolated ones included.
    """

    tracklet: str
    camera: str
    start_ms: float
    end_ms: float
    n_detections: int

    def clashes(self, other: Span) -> bool:
        """Whether both are in one camera at one time, so that they cannot be one person."""
        return self.camera == other.camera and self.start_ms <= other.end_ms and other.start_ms <= self.end_ms


def common_spans(project: Project) -> dict[str, Span]:
    """Every tracklet's span by its id, in the project's order; camera offset and drift are applied."""
    return {
        tracklet.id: Span(
            tracklet=tracklet.id,
            camera=tracklet.camera,
            start_ms=round(tracklet.start_ms, 3),
            end_ms=round(tracklet.end_ms, 3),
            n_detections=tracklet.n_boxes,
        )
        for tracklet in project.tracklets()
    }
