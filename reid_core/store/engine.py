"""Writing engine output: frames, tracklets, crops, vectors. One engine at a time, one writer thread."""

from __future__ import annotations

from collections.abc import Sequence
from contextlib import AbstractContextManager

from reid_core.store.rows import CropRow, FrameRow, HalfArray, Segment, SegmentState, Space, TrackletRow
from reid_core.types import FloatArray


class Engine:
    """Writes engine output; made by `Project.engine`, which holds the engine lock.

    Every write may be repeated: the same rows again change nothing, so a killed run simply runs again.
    A write outside `transaction` is its own transaction.

    Attributes:
        notices: What was repaired when the engine started (lost vectors, lost pictures), for the user.
    """

    notices: tuple[str, ...]

    def transaction(self) -> AbstractContextManager[None]:
        """All writes inside are committed together, or none; keep it under 50 ms of work."""
        raise NotImplementedError

    def begin_segment(
        self, source_id: int, detections_key: str, tracklets_key: str, *, number: int | None = None
    ) -> Segment:
        """The segment of a source, to be filled or resumed.

        Another ``detections_key`` wipes what was stored of the segment; another ``tracklets_key`` wipes its
        tracklets, crops and vectors and keeps the frames.

        Args:
            source_id: The source.
            detections_key: Cache key of detections.
            tracklets_key: Cache key of tracklets.
            number: Segment number in the camera, 1-based; default: the source's number in its camera.
        """
        raise NotImplementedError

    def write_frames(self, segment_id: int, rows: Sequence[FrameRow]) -> None:
        """Store frames, in rising order; those that are stored already are replaced."""
        raise NotImplementedError

    def finish_frames(self, segment_id: int, state: SegmentState, reason: str = "") -> None:
        """Record that reading and detecting came to its end (`finish_segment` implies it)."""
        raise NotImplementedError

    def write_tracklet(self, segment_id: int, row: TrackletRow) -> str:
        """Store a tracklet whose frames are stored, and its crops; returns its id.

        A tracklet of that order with the same members is left as it is; with other members it is replaced.
        """
        raise NotImplementedError

    def write_crops(self, tracklet_id: str, crops: Sequence[CropRow]) -> None:
        """Replace the crops of a tracklet as it stands now (after edits); its vectors become invalid."""
        raise NotImplementedError

    def add_space(
        self, name: str, key: str, dim: int, height: int, width: int, *, crop_dim: int | None = None
    ) -> Space:
        """The space of that key, added when new; ``dim`` is at most 512."""
        raise NotImplementedError

    def write_vectors(
        self,
        space_id: int,
        tracklet_id: str,
        crop_vectors: FloatArray | HalfArray,
        descriptor: FloatArray | HalfArray,
    ) -> None:
        """Store the ``(K, crop_dim)`` crop embeddings, in the order of the crops, and the ``(dim,)`` descriptor."""
        raise NotImplementedError

    def finish_segment(self, segment_id: int, state: SegmentState, reason: str = "") -> None:
        """Record how a segment ended; it will not be read again under its keys."""
        raise NotImplementedError
