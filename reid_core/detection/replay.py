"""Detections from files instead of from a network: a tracker's bench, and the fastest detector there is."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Sequence
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from reid_core import geometry
from reid_core.errors import ModelRefusedError
from reid_core.types import Detections, Frame

_COLUMNS = ("frame", "id", "left", "top", "width", "height", "score")


class ReplayDetector:
    """Gives the boxes of ``<camera>.txt`` files in the MOTChallenge detection format.

    A line is ``frame,id,left,top,width,height,score,...``; ``frame`` is 1 + the frame's rank in its source,
    the id is ignored, a score below 0 counts as 1. Frames without a line have no detections.

    Args:
        folder: Where the files lie. A camera without a file has no detections.
        score_threshold: Weaker boxes are left out, 0..1.
        batch_size: As for any `Detector`.

    Raises:
        ModelRefusedError: There is no file, or a line cannot be read.
    """

    def __init__(self, folder: Path, *, score_threshold: float = 0.0, batch_size: int = 4) -> None:
        files = sorted(folder.glob("*.txt"))
        if not files:
            raise ModelRefusedError(
                f"{folder} holds no .txt files of detections. Name a folder of <camera>.txt."
            )
        digest = hashlib.sha256(f"replay {score_threshold}".encode())
        self._rows: dict[str, NDArray[np.float64]] = {}
        for file in files:
            data = file.read_bytes()
            digest.update(hashlib.sha256(file.name.encode()).digest() + hashlib.sha256(data).digest())
            self._rows[file.stem] = _sorted_rows(data, file)
        self.key = digest.hexdigest()
        self.batch_size = batch_size
        self.device_note = f"boxes from the files in {folder}"
        self._score_threshold = score_threshold

    def start(self, frames: Sequence[Frame]) -> Callable[[], list[Detections]]:
        """See `Detector`."""
        return lambda: self.detect(frames)

    def detect(self, frames: Sequence[Frame]) -> list[Detections]:
        """See `Detector`."""
        return [self._of(frame) for frame in frames]

    def _of(self, frame: Frame) -> Detections:
        rows = self._rows.get(frame.camera)
        if rows is None:
            return Detections.empty()
        first, last = np.searchsorted(rows[:, 0], [frame.index + 1, frame.index + 2])
        found = rows[first:last]
        height, width = frame.image.shape[:2]
        boxes = geometry.clip(geometry.xyxy_from_xywh(found[:, 2:6].astype(np.float32)), width, height)
        scores = np.where(found[:, 6] < 0, 1, found[:, 6]).clip(0, 1).astype(np.float32)
        keep = (scores >= self._score_threshold) & (geometry.area(boxes) > 0)
        order = np.argsort(-scores[keep], kind="stable")
        return Detections(boxes[keep], scores[keep]).select(order)


def _sorted_rows(data: bytes, file: Path) -> NDArray[np.float64]:
    """``(N, 7)`` rows by rising frame; float64, for frame numbers above 2**24."""
    rows: list[list[float]] = []
    for number, line in enumerate(data.decode("utf-8", errors="replace").splitlines(), 1):
        if not line.strip():
            continue
        try:
            values = [float(text) for text in line.split(",")[: len(_COLUMNS)]]
        except ValueError:
            values = []
        if len(values) != len(_COLUMNS) or not np.isfinite(values).all():
            raise ModelRefusedError(f"{file}, line {number}: expected {', '.join(_COLUMNS)} as numbers.")
        rows.append(values)
    table = np.array(rows, np.float64).reshape(-1, len(_COLUMNS))
    ordered: NDArray[np.float64] = table[np.argsort(table[:, 0], kind="stable")]
    return ordered
