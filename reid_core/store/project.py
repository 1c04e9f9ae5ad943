"""The project: the one door to everything that is stored. See `engine` for writing engine output."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from contextlib import AbstractContextManager
from pathlib import Path
from types import TracebackType
from typing import Any, Self

from reid_core.store.engine import Engine
from reid_core.store.events import Event, Payload
from reid_core.store.rows import (
    Boxes,
    Camera,
    Crop,
    FrameRow,
    HalfArray,
    Segment,
    Source,
    Space,
    Tracklet,
)
from reid_core.types import Anchor, FloatArray, ImageAnchor, Verdict


class Project:
    """One open project file with its folder of sidecars.

    Used from one thread; further readers (also in other threads and processes) open it again. Everything is
    committed as it happens; there is no save. Methods raise `ReidError` subclasses whose message says what
    to do: `ProjectUnreadableError`, `ProjectBusyError`, `StoreError` (disk full, read-only, ...).

    Attributes:
        path: The ``.sightline`` file.
        sidecar: The ``.sightline.d`` folder.
        read_only: Whether the file or its folder cannot be written; then every write raises `StoreError`.
        warnings: Sentences about the place where the project lies (network folder, lost pictures, ...).
    """

    path: Path
    sidecar: Path
    read_only: bool
    warnings: tuple[str, ...]

    @classmethod
    def create(cls, path: Path) -> Self:
        """Make a new, empty project; `StoreError` when something already lies there."""
        raise NotImplementedError

    @classmethod
    def open(cls, path: Path, *, create: bool = False) -> Self:
        """Open a project; with ``create``, make it first where nothing lies yet.

        Raises:
            ProjectUnreadableError: no such file, or it is empty, foreign, newer or damaged. Nothing on
                disk is changed then.
        """
        raise NotImplementedError

    def close(self) -> None:
        """Close the file; closing twice is fine."""

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    # --- cameras, sources, settings

    def cameras(self) -> list[Camera]:
        """All cameras by id, with the clock that holds now."""
        raise NotImplementedError

    def add_camera(
        self, name: str, *, color: str = "", site: str = "", offset_ms: float = 0.0, drift_ppm: float = 0.0
    ) -> Camera:
        """The camera of that name, added when new (an existing one keeps its clock: see `set_clock`)."""
        raise NotImplementedError

    def sources(self, camera: str | None = None) -> list[Source]:
        """All sources, or one camera's, in order of adding."""
        raise NotImplementedError

    def add_source(self, camera: str, info: Mapping[str, Any]) -> Source:
        """Add footage to a camera, or find it again by fingerprint (then only its path is renewed).

        Args:
            camera: Name of a camera that exists.
            info: ``path``, ``kind``, ``fingerprint``, ``width``, ``height``, ``fps``, ``duration_ms`` and
                optionally ``start_ms`` (default: the end of the camera's last source); other plain
                JSON values are kept in `Source.info`.
        """
        raise NotImplementedError

    def segments(self) -> list[Segment]:
        """All segments, by camera and number."""
        raise NotImplementedError

    def setting(self, key: str, default: Any = None) -> Any:
        """A project setting (a JSON value), or ``default``."""
        raise NotImplementedError

    def set_setting(self, key: str, value: Any) -> None:
        """Keep a JSON value under ``key``; None removes it."""
        raise NotImplementedError

    # --- engine output

    def engine(self) -> AbstractContextManager[Engine]:
        """The right to write engine output, for as long as the ``with`` lasts.

        Raises:
            ProjectBusyError: another engine works on this project; the message names it.
        """
        raise NotImplementedError

    def frame_rows(self, segment_id: int, start_idx: int = 0) -> Iterator[FrameRow]:
        """The stored frames of a segment from ``start_idx`` on, in order, in bounded memory."""
        raise NotImplementedError

    def tracklet_orders(self, segment_id: int) -> frozenset[int]:
        """Orders of the tracklets that the engine has stored of a segment (to skip them on resume)."""
        raise NotImplementedError

    def tracklets(self) -> list[Tracklet]:
        """All tracklets as they stand now, by camera, segment and start."""
        raise NotImplementedError

    def tracklet(self, tracklet_id: str) -> Tracklet:
        """One tracklet as it stands now; `UsageError` when there is none of that id."""
        raise NotImplementedError

    def boxes(self, tracklet_id: str) -> Boxes:
        """The boxes of a tracklet as they stand now."""
        raise NotImplementedError

    def boxes_at(self, source_id: int, frame_idx: int) -> list[tuple[str, FloatArray]]:
        """``(tracklet id, (4,) xyxy)`` of every current box in one frame."""
        raise NotImplementedError

    def crops(self, tracklet_id: str) -> list[Crop]:
        """The stored crops of a tracklet as it stands now, best first."""
        raise NotImplementedError

    def spaces(self) -> list[Space]:
        """The embedding spaces that the project knows, in order of adding."""
        raise NotImplementedError

    def descriptors(self, space_id: int) -> tuple[list[str], HalfArray]:
        """Ids and ``(N, D)`` float16 descriptors of all current tracklets embedded in a space.

        The matrix is a read-only memory map of the vector file as long as every row of it is in use.
        """
        raise NotImplementedError

    def crop_vectors(self, space_id: int, tracklet_id: str) -> HalfArray:
        """``(K, D)`` float16 embeddings of a tracklet's crops, in the order of `crops`."""
        raise NotImplementedError

    def unembedded(self, space_id: int) -> list[str]:
        """Ids of current tracklets that have crops but no vectors in that space."""
        raise NotImplementedError

    # --- query pictures and places

    def add_image(self, data: bytes) -> ImageAnchor:
        """Keep a query picture (file bytes) so that decisions can point at it."""
        raise NotImplementedError

    def image(self, anchor: ImageAnchor) -> bytes:
        """The bytes of a stored query picture."""
        raise NotImplementedError

    def anchor(self, tracklet_id: str) -> Anchor:
        """The place in the footage that stands for a tracklet: its best crop's detection."""
        raise NotImplementedError

    def resolve(self, anchor: Anchor) -> str | None:
        """Id of the tracklet that holds that place now, or None when none does."""
        raise NotImplementedError

    # --- the event log

    def append(self, payload: Payload, *, actor: str = "") -> Event:
        """Record one thing that a person or a rule did; a redo branch is cut."""
        raise NotImplementedError

    def decide(
        self,
        a: str | Anchor | ImageAnchor,
        b: str | Anchor | ImageAnchor,
        verdict: Verdict,
        *,
        actor: str = "",
        note: str = "",
    ) -> Event:
        """Record a verdict about two tracklets (by id), places or stored query pictures."""
        raise NotImplementedError

    def undo(self, *, actor: str = "") -> Event:
        """Undo the last active action and return it; `NothingToUndoError` when there is none."""
        raise NotImplementedError

    def redo(self, *, actor: str = "") -> Event:
        """Redo what was undone last and return it; `NothingToRedoError` when there is none."""
        raise NotImplementedError

    def withdraw(self, event_id: int, *, actor: str = "") -> Event:
        """Take back one earlier action, wherever it stands in the log; itself an undoable action."""
        raise NotImplementedError

    def log(self) -> list[Event]:
        """Every event, oldest first, undone ones and undos included."""
        raise NotImplementedError

    def active_events(self, *kinds: str) -> list[Event]:
        """The events that hold now (not undone, not withdrawn), oldest first; all kinds or the given."""
        raise NotImplementedError

    def verify_log(self) -> Sequence[str]:
        """What is wrong with the hash chain, one sentence each; empty when it is whole."""
        raise NotImplementedError
