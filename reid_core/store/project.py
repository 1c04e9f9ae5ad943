"""The project: the one door to everything that is stored. See `engine` for writing engine output."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import replace
from datetime import datetime
from pathlib import Path
from types import TracebackType
from typing import Any, Self

from reid_core.store import catalog, current, decisions, frames, naming, removal, tracks, vectors
from reid_core.store.decisions import Judgement, Naming
from reid_core.store.engine import Engine
from reid_core.store.events import ClockSet, Event, IdentityNamed, Payload, Place, Regrouped
from reid_core.store.failures import plain_errors, read_only
from reid_core.store.folding import Folding
from reid_core.store.lock import engine_lock
from reid_core.store.log import Cursor, Log, utc_now
from reid_core.store.opening import close_database, create_database, open_database, sidecar_of
from reid_core.store.places import network_warning
from reid_core.store.records import Boxes, Camera, Crop, FrameRow, HalfArray, Segment, Source, Space, Tracklet
from reid_core.store.repair import find_losses
from reid_core.store.stored import Stored
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
        stored: What correcting tracklets needs besides them.
    """

    def __init__(self, path: Path, *, now: Callable[[], datetime] = utc_now) -> None:
        """Open an existing project; use `open` or `create`."""
        self.path, self.sidecar = path, sidecar_of(path)
        with plain_errors(path):
            self._database = open_database(path)
        self._open = True
        self.read_only = self._database.read_only
        self._log = Log(self._database, now)
        self.stored = Stored(self._database)
        self._folding = Folding(self._database, self._log)
        self._resolved: dict[Anchor, str | None] = {}
        self._resolved_at: int | None = None

    @classmethod
    def create(cls, path: Path, *, now: Callable[[], datetime] = utc_now) -> Self:
        """Make a new, empty project and open it; `StoreError` when something already lies there."""
        path = Path(path)
        create_database(path)
        return cls(path, now=now)

    @classmethod
    def open(cls, path: Path, *, create: bool = False, now: Callable[[], datetime] = utc_now) -> Self:
        """Open a project; with ``create``, make it first where nothing lies yet.

        Args:
            path: The project file.
            create: Make an empty project where there is no file.
            now: The clock of the event log.

        Raises:
            ProjectUnreadableError: no such file, or it is empty, foreign, newer or damaged. Nothing on
                disk is changed then.
        """
        path = Path(path)
        if create and not path.exists():
            return cls.create(path, now=now)
        return cls(path, now=now)

    def close(self) -> None:
        """Close the file; closing twice is fine."""
        if self._open:
            self._open = False
            close_database(self._database)

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def problems(self) -> list[str]:
        """What the user should know: lost pictures or vectors, a network folder, a read-only place."""
        with plain_errors(self.path):
            found = find_losses(self._database)
        if (network := network_warning(self.path)) is not None:
            found.append(network)
        if self.read_only:
            found.append(str(read_only(self.path)))
        return found

    def data_version(self) -> int:
        """A number that differs after any other connection has committed something; cheap to ask."""
        return int(self._database.value("PRAGMA data_version"))

    def is_being_written(self) -> bool:
        """Whether another connection is in the middle of a write just now (one that is halted blocks all)."""
        return self._database.is_being_written()

    @contextmanager
    def reading(self) -> Iterator[None]:
        """All that is read inside is of one moment, whatever others commit; nothing can be written inside."""
        with self._database.reading():
            yield

    # --- cameras, sources, settings

    def cameras(self) -> list[Camera]:
        """All cameras by id, with the clock that holds now."""
        return catalog.cameras(self._database, self._log)

    def add_camera(
        self, name: str, *, color: str = "", site: str = "", offset_ms: float = 0.0, drift_ppm: float = 0.0
    ) -> Camera:
        """The camera of that name, added when new (an existing one keeps its clock: see `set_clock`)."""
        catalog.add_camera(self._database, Camera(0, name, color, site, offset_ms, drift_ppm))
        name = self.camera_names()[name]
        known = catalog.cameras(self._database, self._log, with_emptied=True)
        return next(camera for camera in known if camera.name == name)

    def camera_names(self) -> dict[str, str]:
        """What each camera is called now, by every name that it has or had (see `naming.renaming`)."""
        return naming.former_names(self._database)

    def describe_camera(self, name: str, *, color: str = "", site: str = "") -> None:
        """Renew a camera's colour and the place where it hangs."""
        catalog.describe_camera(self._database, name, color, site)

    def set_clock(self, camera: str, offset_ms: float, drift_ppm: float = 0.0, *, actor: str = "") -> Event:
        """Record a camera's clock against the common clock; an undoable action."""
        return self.append(ClockSet(camera, float(offset_ms), float(drift_ppm)), actor=actor)

    def drop_camera(self, name: str) -> None:
        """Delete a camera that never had footage; one that had is left as it is."""
        catalog.drop_camera(self._database, name)

    def sources(self, camera: str | None = None) -> list[Source]:
        """All sources, or one camera's, in order of adding."""
        name = None if camera is None else naming.present_name(self._database, camera)
        return [s for s in catalog.sources(self._database) if name is None or s.camera == name]

    def remove_source(self, source_id: int, *, actor: str = "") -> Event:
        """Take footage out, with all that was found in it; decisions hold again when it comes back.

        Needs the engine lock. A camera without footage goes with its last source.
        """
        with self.engine() as engine, engine.transaction():
            return removal.take_out(self._database, self._log, source_id, actor)

    def add_source(self, camera: str, info: Mapping[str, Any]) -> Source:
        """Add footage to a camera, or find it again by fingerprint (then only its path is renewed).

        Args:
            camera: Name of a camera that exists.
            info: ``path``, ``kind``, ``fingerprint``, ``width``, ``height``, ``fps``, ``duration_ms`` and
                optionally ``start_ms`` (default: the end of the camera's last source); other plain
                JSON values are kept in `Source.info`.
        """
        source_id = catalog.add_source(self._database, camera, info)
        return next(source for source in catalog.sources(self._database) if source.id == source_id)

    def segments(self) -> list[Segment]:
        """All segments, by camera and number."""
        return catalog.segments(self._database)

    def setting(self, key: str, default: Any = None) -> Any:
        """A project setting (a JSON value), or ``default``."""
        return catalog.setting(self._database, key, default)

    def set_setting(self, key: str, value: Any) -> None:
        """Keep a JSON value under ``key``; None removes it."""
        catalog.set_setting(self._database, key, value)

    # --- engine output

    @contextmanager
    def engine(self) -> Iterator[Engine]:
        """The right to write engine output, for as long as the ``with`` lasts.

        Raises:
            ProjectBusyError: another engine works on this project; the message names it.
        """
        if self.read_only:
            raise read_only(self.path)
        with engine_lock(self.path, self.sidecar):
            engine = Engine(self._database, self._log)
            try:
                yield engine
            finally:
                engine.close()

    def refuse_if_busy(self) -> None:
        """Raise what `engine` would raise now, before anything slow is begun."""
        if self.read_only:
            raise read_only(self.path)
        with engine_lock(self.path, self.sidecar):
            pass

    def frame_rows(self, segment_id: int, start_idx: int = 0) -> Iterator[FrameRow]:
        """The stored frames of a segment from ``start_idx`` on, in order, in bounded memory."""
        return frames.read_frames(self._database, segment_id, start_idx)

    def tracklets(self) -> list[Tracklet]:
        """All tracklets as they stand now, by camera, segment and start."""
        return tracks.tracklets(self._database, self.cameras())

    def tracklet(self, tracklet_id: str) -> Tracklet:
        """One tracklet as it stands now; `UsageError` when there is none of that id."""
        tracks.require(self._database, tracklet_id)
        return tracks.tracklets(self._database, self.cameras(), tracklet_id)[0]

    def boxes(self, tracklet_id: str) -> Boxes:
        """The boxes of a tracklet as they stand now."""
        return tracks.boxes(self._database, tracklet_id)

    def boxes_at(self, source_id: int, frame_idx: int) -> list[tuple[str, FloatArray]]:
        """``(tracklet id, (4,) xyxy)`` of every current box in one frame."""
        return tracks.boxes_at(self._database, source_id, frame_idx)

    def crops(self, tracklet_id: str) -> list[Crop]:
        """The stored crops of a tracklet as it stands now, best first; `StoreError` when they are lost."""
        return tracks.crops(self._database, tracklet_id)

    def spaces(self) -> list[Space]:
        """The embedding spaces that the project knows, in order of adding."""
        return catalog.spaces(self._database)

    def descriptors(self, space_key: str) -> tuple[list[str], HalfArray]:
        """Ids and ``(N, dim)`` float16 descriptors of all current tracklets embedded in a space.

        The matrix is a read-only memory map of the vector file as long as every row of it is in use.
        """
        space = catalog.space(self._database, space_key)
        with plain_errors(self.path):
            return vectors.descriptors(self._database, space)

    def crop_vectors(self, space_key: str, tracklet_id: str) -> HalfArray:
        """``(K, crop_dim)`` float16 embeddings of a tracklet's crops, in the order of `crops`."""
        space = catalog.space(self._database, space_key)
        with plain_errors(self.path):
            return vectors.crop_vectors(self._database, space, tracklet_id)

    def undescribed_tracklets(self, space_key: str) -> list[str]:
        """Ids of current tracklets that have crops but no vectors in a space."""
        space = catalog.space(self._database, space_key)
        with plain_errors(self.path):
            return vectors.undescribed(self._database, space)

    # --- query pictures and places

    def add_image(self, data: bytes) -> ImageAnchor:
        """Keep a query picture (file bytes) so that decisions can point at it."""
        return catalog.add_image(self._database, data)

    def image(self, anchor: ImageAnchor) -> bytes:
        """The bytes of a stored query picture."""
        return catalog.image(self._database, anchor)

    def anchor(self, tracklet_id: str) -> Anchor:
        """The place in the footage that stands for a tracklet: its best crop's detection."""
        return decisions.anchor_of(self._database, tracklet_id)

    def anchor_at(self, tracklet_id: str, row: int) -> Anchor:
        """The place of one box of a tracklet, by its row in `boxes`."""
        return decisions.anchor_at(self._database, tracklet_id, self.boxes(tracklet_id), row)

    def resolve(self, anchor: Anchor) -> str | None:
        """Id of the tracklet that holds that place now, or None when none does."""
        state = self._database.value("SELECT sum(generation) FROM segment")
        if state != self._resolved_at:
            self._resolved.clear()
            self._resolved_at = state
        if anchor not in self._resolved:
            self._resolved[anchor] = current.resolve(self._database, anchor)
        return self._resolved[anchor]

    # --- the event log

    def append(self, payload: Payload, *, actor: str = "") -> Event:
        """Record one thing that a person or a rule did; a redo branch is cut.

        See `edits` for corrections of tracklets by id. Raises `UsageError` for an edit that changes nothing.
        """
        with self._database.transaction():
            event = self._log.append(payload, actor)
            self._folding.append(event)
        return event

    def decide(
        self, a: str | Place, b: str | Place, verdict: Verdict, *, actor: str = "", note: str = ""
    ) -> Event:
        """Record a verdict about two tracklets (by id), places or stored query pictures."""
        with self._database.transaction():
            places = [self.anchor(side) if isinstance(side, str) else side for side in (a, b)]
            for place in places:
                if isinstance(place, ImageAnchor):
                    self.image(place)
            payload = decisions.decided(
                self._database, self._log, self.resolve, places[0], places[1], verdict, note
            )
            return self._log.append(payload, actor)

    def regroup(
        self,
        verdicts: Sequence[tuple[str | Place, str | Place, Verdict]],
        *,
        replaces: Sequence[int] = (),
        names: Sequence[IdentityNamed] = (),
        what: str = "",
        actor: str = "",
        note: str = "",
    ) -> Event:
        """Record several verdicts and names as one action; ``replaces`` are further verdicts that end."""
        with self._database.transaction():
            decided = []
            for number, (a, b, verdict) in enumerate(verdicts):
                sides = [self.anchor(side) if isinstance(side, str) else side for side in (a, b)]
                one = decisions.decided(
                    self._database, self._log, self.resolve, sides[0], sides[1], verdict, note
                )
                ended = sorted({*one.supersedes, *(replaces if number == 0 else ())})
                decided.append(replace(one, supersedes=tuple(ended)))
            return self._log.append(Regrouped(tuple(decided), tuple(names), what), actor)

    def forget(self, who: Sequence[str | ImageAnchor], *, reason: str = "", actor: str = "") -> Event:
        """Erase tracklets and query pictures for good: pictures, vectors, appearance; a tombstone stays.

        Needs the engine lock, cannot be undone, and does not reach into backups of the project.
        """
        places = [one if isinstance(one, ImageAnchor) else self.anchor(one) for one in who]
        with self.engine() as engine:
            return engine.forget(places, reason, actor)

    def undo(self, *, actor: str = "") -> Event:
        """Undo the last active action and return it; `NothingToUndoError` when there is none."""
        with self._database.transaction():
            action, _ = self._log.undo(actor)
            self._folding.renew(action)
        return action

    def redo(self, *, actor: str = "") -> Event:
        """Redo what was undone last and return it; `NothingToRedoError` when there is none."""
        with self._database.transaction():
            action, _ = self._log.redo(actor)
            self._folding.renew(action)
        return action

    def withdraw(self, event_id: int, *, actor: str = "", reason: str = "") -> Event:
        """Take back one earlier action, wherever it stands in the log; itself an undoable action."""
        with self._database.transaction():
            action, _ = self._log.withdraw(event_id, actor, reason)
            self._folding.renew(action)
        return action

    def rebuild(self) -> None:
        """Make all caches of the fold again from engine output and the log."""
        with self._database.transaction():
            for segment in self.segments():
                current.refold(self._database, self._log, segment.id)

    def cursor(self) -> Cursor:
        """What undo and redo would do next."""
        return self._log.cursor()

    def event(self, event_id: int) -> Event:
        """One event of the log."""
        return self._log.event(event_id)

    def log(self) -> list[Event]:
        """Every event, oldest first, undone ones and undos included."""
        return self._log.events()

    def active_events(self, *kinds: str) -> list[Event]:
        """The events that hold now (not undone, not withdrawn), oldest first; all kinds or the given."""
        return self._log.active(kinds)

    def judgements(self) -> tuple[list[Judgement], list[Naming]]:
        """Every verdict and name that holds, with its places as they resolve now; oldest first."""
        return decisions.judgements(self._log, self.resolve)

    def verify_log(self) -> list[str]:
        """What is wrong with the hash chain, one sentence each; empty when it is whole."""
        return self._log.verify()

    def log_head(self) -> tuple[int, str]:
        """``(number of events, hash of the last)``: noted elsewhere, it proves that none was cut off."""
        return self._log.head()
