"""Breaks one part of the program, in this process, so that the end-to-end tests can show that they notice.

Only `tests/child/sitecustomize.py` calls this, where `make sabotage` asked for it. Methods of our classes are
replaced before anything uses them; the program itself has no switch for it.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import replace
from typing import Any

VARIABLE = "SIGHTLINE_TEST_SABOTAGE"


def random_embedder() -> None:
    """An embedder of random vectors."""
    import numpy as np

    from reid_core.models import load
    from reid_core.pipeline import workers

    chance = np.random.default_rng()

    def vectors(n: int, dim: int) -> Any:
        drawn = chance.standard_normal((n, dim)).astype(np.float32)
        return drawn / np.linalg.norm(drawn, axis=1, keepdims=True)

    class RandomEmbedder:
        def __init__(self, embedder: Any) -> None:
            self.space, self.batch_size = embedder.space, embedder.batch_size
            self.device_note = embedder.device_note

        def embed(self, crops: Sequence[Any]) -> Any:
            return vectors(len(crops), self.space.dim)

    load_embedder = load.load_embedder

    def load_random(*arguments: Any, **options: Any) -> Any:
        return RandomEmbedder(load_embedder(*arguments, **options))

    def embed_groups(embedder: Any, groups: Sequence[Sequence[Any]]) -> list[Any]:
        return [vectors(len(group), embedder.space.dim) for group in groups]

    load.load_embedder = load_random
    workers.embed_groups = embed_groups


def forgetful_tracker() -> None:
    """A tracker that gives a new id each frame."""
    import numpy as np

    from reid_core.tracking.base import ClosedTracklet, Step
    from reid_core.tracking.tracklets import TrackletBuilder

    def push(builder: Any, observation: Any) -> Step:
        first = getattr(builder, "sabotaged_orders", 0) + 1
        boxes = observation.detections.xyxy
        orders = range(first, first + len(boxes))
        builder.sabotaged_orders = first + len(boxes) - 1
        closed = tuple(
            ClosedTracklet(
                order=order,
                fragments=(order,),
                frame_idx=np.array([observation.frame_idx], np.int64),
                detection_idx=np.array([row], np.int64),
                xyxy=boxes[row : row + 1],
            )
            for row, order in enumerate(orders)
        )
        return Step(assignments=tuple((order, row) for row, order in enumerate(orders)), closed=closed)

    TrackletBuilder.push = push
    TrackletBuilder.finish = lambda builder: Step(assignments=(), closed=())


def late_reader() -> None:
    """A reader that is off by one frame: each frame has the picture of the one before it."""
    from reid_core.media.images import ImageSource
    from reid_core.media.reader import VideoSource

    for source_class in (ImageSource, VideoSource):
        source_class.frames = _late_frames(source_class.frames)
        source_class.read = _late_read(source_class.read)


def _late_frames(frames: Callable[..., Iterator[Any]]) -> Callable[..., Iterator[Any]]:
    def late(source: Any, start_idx: int = 0, step: int = 1) -> Iterator[Any]:
        before = None
        for frame in frames(source, start_idx, step):
            yield frame if before is None else replace(frame, image=before)
            before = frame.image

    return late


def _late_read(read: Callable[..., Any]) -> Callable[..., Any]:
    def late(source: Any, frame_idx: int) -> Any:
        return replace(read(source, frame_idx), image=read(source, max(frame_idx - 1, 0)).image)

    return late


def lossy_store() -> None:
    """A store that drops its last transaction: each is committed when the next begins, the last one never."""
    from reid_core.store.database import Database

    close = Database.close

    @contextmanager
    def transaction(database: Any) -> Iterator[None]:
        if database._depth:
            yield
            return
        if database._connection.in_transaction:
            database._connection.execute("COMMIT")
        database._connection.execute("BEGIN IMMEDIATE")
        database._depth = 1
        try:
            yield
        except BaseException:
            database._connection.execute("ROLLBACK")
            raise
        finally:
            database._depth = 0

    def drop_and_close(database: Any) -> None:
        if database._connection.in_transaction:
            database._connection.execute("ROLLBACK")
        close(database)

    Database.transaction = transaction
    Database.close = drop_and_close


def idle_undo() -> None:
    """An undo that does nothing, and says that it did."""
    from reid_core.store.project import Project

    def undo(project: Any, *, actor: str = "") -> Any:
        return project.event(project.cursor().done[-1])

    Project.undo = undo


SABOTAGES: dict[str, Callable[[], None]] = {
    "embedder": random_embedder,
    "tracker": forgetful_tracker,
    "reader": late_reader,
    "store": lossy_store,
    "undo": idle_undo,
}


def install(name: str) -> None:
    """Break that part from now on."""
    SABOTAGES[name]()
