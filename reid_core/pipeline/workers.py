"""The threads of an ingest: one decoder per source, and one owner of the device and of every model.

Batches are formed across cameras from frames of one shape; the detector pads short ones, so that results do
not depend on which camera came first.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np

from reid_core.detection.base import Detector
from reid_core.errors import SourceError
from reid_core.media.source import FrameSource, SourceEnd
from reid_core.models.embedder import Embedder
from reid_core.pipeline.live_messages import LiveBegan, LiveSaid
from reid_core.pipeline.stage import Channel
from reid_core.tracking.cuts import CutDetector
from reid_core.types import Detections, FloatArray, Frame, ImageArray

IDLE_S = 0.02
"""How long the device waits for more frames before it runs a short batch."""
N_RUNNING = 2
"""Batches at work at once: while one runs, the next is drawn and the results of the last are read."""


@dataclass(frozen=True, slots=True)
class Decoded:
    """A frame on its way to the detector.

    Attributes:
        run: Which source run it belongs to.
        frame: The picture.
        cut: Whether the scene changed between the frame before and this one.
        skipped: Times of the frames since the one before that nobody looks at, of a live camera.
        n_dropped: How many of those came too fast to be looked at.
    """

    run: int
    frame: Frame
    cut: bool
    skipped: tuple[int, ...] = ()
    n_dropped: int = 0


@dataclass(frozen=True, slots=True)
class DecodeEnded:
    """The end of a source: how, and why when it broke."""

    run: int
    end: SourceEnd
    reason: str


@dataclass(frozen=True, slots=True)
class EmbedRequest:
    """Crops of one tracklet that wait for their vectors."""

    tracklet_id: str
    crops: tuple[ImageArray, ...]


@dataclass(frozen=True, slots=True)
class Detected:
    """A frame with its detections and their appearance, ``(N, D)``."""

    run: int
    frame: Frame
    cut: bool
    detections: Detections
    appearance: FloatArray
    skipped: tuple[int, ...] = ()
    n_dropped: int = 0


@dataclass(frozen=True, slots=True)
class Embedded:
    """The vectors ``(K, D)`` of one tracklet's crops."""

    tracklet_id: str
    vectors: FloatArray


Result = Detected | DecodeEnded | Embedded | LiveBegan | LiveSaid


def decode(
    run: int,
    source: FrameSource,
    resume_after: int,
    stride: int,
    frames: Channel[Decoded | DecodeEnded],
) -> None:
    """Thread body: push every ``stride``-th frame of a source, then how it ended.

    ``resume_after`` is the rank of the last frame that is already stored, or -1. That frame is decoded once
    more, so that a cut right after it is seen just as in an uninterrupted run.
    """
    cuts = CutDetector()
    try:
        for frame in source.frames(max(resume_after, 0), stride):
            cut = cuts.push(frame.image)
            if frame.index > resume_after:
                frames.put(Decoded(run, frame, cut))
        ended = DecodeEnded(run, source.end or SourceEnd.ENDED, source.end_reason)
    except (SourceError, OSError) as error:  # one bad source never stops the others
        ended = DecodeEnded(run, SourceEnd.BROKEN, str(error))
    frames.put(ended)


class DeviceWorker:
    """Thread body that owns every model: it detects, and embeds finished tracklets."""

    def __init__(
        self,
        detector: Detector,
        embedder: Embedder,
        appearance: Callable[[ImageArray, Detections], FloatArray],
        frames: Channel[Decoded | DecodeEnded],
        requests: Channel[EmbedRequest],
        results: Channel[Result],
    ) -> None:
        self._detector, self._embedder, self._appearance = detector, embedder, appearance
        self._frames, self._requests, self._results = frames, requests, results
        self._waiting: dict[tuple[int, ...], list[Decoded]] = {}
        self._running: deque[tuple[list[Decoded], Callable[[], list[Detections]]]] = deque()

    def run(self) -> None:
        """Work until the channels are stopped."""
        try:
            while True:
                self._step()
        finally:
            while self._running:  # the device still reads their pictures
                self._running.popleft()[1]()

    def _step(self) -> None:
        self._embed()
        item = self._frames.get(IDLE_S)
        if item is None:
            self._detect_any()
            self._give(0)
        elif isinstance(item, DecodeEnded):
            self._detect_all(item.run)
            self._give(0)
            self._results.put(item)
        else:
            batch = self._waiting.setdefault(item.frame.image.shape, [])
            batch.append(item)
            if len(batch) >= self._detector.batch_size:
                self._detect(item.frame.image.shape)
                self._give(N_RUNNING - 1)

    def _detect_any(self) -> None:
        if self._waiting:
            self._detect(max(self._waiting, key=lambda shape: len(self._waiting[shape])))

    def _detect_all(self, run: int) -> None:
        for shape in [shape for shape, batch in self._waiting.items() if any(d.run == run for d in batch)]:
            self._detect(shape)

    def _detect(self, shape: tuple[int, ...]) -> None:
        batch = self._waiting.pop(shape)
        self._running.append((batch, self._detector.start([decoded.frame for decoded in batch])))

    def _give(self, n_running: int) -> None:
        """Hand on the results of the oldest batches until no more than ``n_running`` are at work."""
        while len(self._running) > n_running:
            batch, result = self._running.popleft()
            for decoded, detections in zip(batch, result(), strict=True):
                appearance = self._appearance(decoded.frame.image, detections)
                self._results.put(
                    Detected(
                        decoded.run,
                        decoded.frame,
                        decoded.cut,
                        detections,
                        appearance,
                        decoded.skipped,
                        decoded.n_dropped,
                    )
                )

    def _embed(self) -> None:
        pending: list[EmbedRequest] = []
        while (request := self._requests.get(0)) is not None:
            pending.append(request)
        for request, vectors in zip(
            pending, embed_groups(self._embedder, [r.crops for r in pending]), strict=True
        ):
            self._results.put(Embedded(request.tracklet_id, vectors))


def embed_groups(embedder: Embedder, groups: Sequence[Sequence[ImageArray]]) -> list[FloatArray]:
    """Embed several groups of crops in full batches; ``(K_i, D)`` float32 for each group."""
    crops = [crop for group in groups for crop in group]
    if not crops:
        return [np.zeros((0, embedder.space.dim), np.float32) for _ in groups]
    vectors = embedder.embed(crops)
    ends = np.cumsum([len(group) for group in groups])
    return [vectors[end - len(group) : end] for group, end in zip(groups, ends, strict=True)]
