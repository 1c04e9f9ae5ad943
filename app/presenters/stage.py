"""The cameras that are shown: their decoders, and pictures that change together."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime, time
from typing import Protocol

from app.playback.composer import Composer
from app.playback.decoder import CameraDecoder, Look, Seen
from app.playback.footage import opener
from app.playback.live import LiveLook, LivePictures
from app.playback.picture import Shot
from app.playback.scene import LAYOUTS
from app.playback.track import Track
from app.ports import ProjectLane
from app.presenters.live_panes import LivePanes
from app.snapshot import Snapshot
from app.views.playback import PanesView
from app.workspace import Workspace

TOGETHER_S = 0.06
"""After a seek, panes wait so long for each other to change together."""
TOTAL_BYTES, LEAST_BYTES, MOST_BYTES = 256 * 2**20, 16 * 2**20, 64 * 2**20
"""Bounds of the pictures kept: of all panes, and of each one."""


class Decoder(Protocol):
    """What is used of `CameraDecoder`."""

    @property
    def track(self) -> Track: ...  # noqa: D102
    def use(self, track: Track) -> None: ...  # noqa: D102
    def resize(self, width_px: int, height_px: int) -> None: ...  # noqa: D102
    def aim(self, common_ms: float, rate: float) -> None: ...  # noqa: D102
    def look(self) -> Look: ...  # noqa: D102
    def is_ready(self) -> bool: ...  # noqa: D102
    def beside(self, n_frames: int) -> float | None: ...  # noqa: D102
    def retry(self) -> None: ...  # noqa: D102
    @property
    def is_over(self) -> bool: ...  # noqa: D102
    def stop(self) -> None: ...  # noqa: D102
    def close(self) -> None: ...  # noqa: D102


MakeDecoder = Callable[[str, Track, int], Decoder]
"""Of a project's path, a track and a bound in bytes."""


def make_decoder(project_path: str, track: Track, max_bytes: int) -> Decoder:
    """A thread that decodes the camera's footage."""
    return CameraDecoder(track, opener(project_path), max_bytes=max_bytes)


class Stage:
    """Decodes exactly the cameras that are shown, and shows their pictures as one set.

    Args:
        view: The grid.
        workspace: Which camera is active; what boxes are marked with.
        lane: Loads boxes.
        make: Makes a camera's decoder.
        live: Gives pictures of live cameras.

    Attributes:
        composer: Makes scenes of pictures.
        layout: Number of panes.
        offsets: Clock offsets that hold in place of the snapshot's, ms by camera.
    """

    def __init__(
        self,
        view: PanesView,
        workspace: Workspace,
        lane: ProjectLane,
        make: MakeDecoder,
        live: LivePictures | None = None,
    ) -> None:
        self.composer = Composer(workspace, lane, self._boxes_came)
        self.layout = 1
        self.offsets: dict[str, float] = {}
        self._view, self._workspace, self._make = view, workspace, make
        self._layout_before = 0
        self._is_layout_chosen = False
        self._pane_size = (640, 360)
        self._decoders: dict[str, Decoder] = {}
        self._leaving: list[Decoder] = []
        self._shown: dict[str, tuple[Look, Shot | None]] = {}
        self._missing: dict[str, frozenset[int]] = {}
        self._is_dirty = True
        self._asked_s: float | None = None
        self._snapshot: Snapshot | None = None
        self._aimed = (0.0, 0.0)
        self._live = LivePanes(workspace, live, self._live_came)
        self._disconnect = [
            workspace.is_live.connect(lambda _: self.follow()),
            workspace.page.connect(lambda _: self.follow()),
        ]

    def decoder(self, camera: str) -> Decoder | None:
        """The decoder of a camera that is shown."""
        return self._decoders.get(camera)

    def wake(self) -> None:
        """Something is to be shown anew: let the view tick."""
        self._view.set_ticking(bool(self._decoders))

    def touch(self) -> None:
        """What is drawn over the pictures has changed."""
        self._is_dirty = True
        self.wake()

    def marks_changed(self) -> None:
        """How boxes are drawn has changed."""
        self.composer.refresh()
        self.touch()

    def use(self, snapshot: Snapshot | None) -> None:
        """Show this project as it is now."""
        old, self._snapshot = self._snapshot, snapshot
        day = None if snapshot is None else snapshot.day
        self.composer.start = None if day is None else datetime.combine(day, time())
        if snapshot is None or old is None or old.path != snapshot.path:
            self._leave(list(self._decoders))
            self.composer.forget()
            self._is_layout_chosen, self._layout_before = False, 0
        if snapshot is None:
            self._live.follow(None, (), self._pane_size)
            self._view.set_ticking(False)
            self._view.show_panes(1, ())
            return
        if not self._is_layout_chosen:
            n_cameras = len(snapshot.cameras)
            self.layout = next((n for n in LAYOUTS if n >= n_cameras), max(LAYOUTS))
        self.composer.refresh()
        self.follow()

    def set_layout(self, n_panes: int) -> None:
        """Show 1, 2, 4, 6 or 9 panes."""
        self._is_layout_chosen, self._layout_before = True, 0
        self.layout = n_panes
        self.follow()

    def enlarge(self) -> None:
        """Show the active camera alone, or all as before."""
        if self._layout_before:
            self.layout, self._layout_before = self._layout_before, 0
        elif self.layout > 1:
            self._is_layout_chosen = True
            self.layout, self._layout_before = 1, self.layout
        self.follow()

    def follow(self) -> None:
        """Decode exactly the cameras that are shown now."""
        snapshot = self._snapshot
        if snapshot is None:
            return
        cameras = self._cameras(snapshot)
        self._live.follow(snapshot, cameras, self._pane_size)
        self._leave([camera for camera in self._decoders if camera not in cameras])
        bound = min(max(TOTAL_BYTES // max(len(cameras), 1), LEAST_BYTES), MOST_BYTES)
        for camera in cameras:
            track = Track.of(snapshot, camera)
            if camera in self.offsets:
                track = track.with_offset(self.offsets[camera])
            if camera not in self._decoders:
                self._decoders[camera] = self._make(snapshot.path, track, bound)
                self._decoders[camera].resize(*self._pane_size)
            elif self._decoders[camera].track != track and self._live.look(camera) is None:
                self._decoders[camera].use(track)
            missing = frozenset(f.source.id for f in snapshot.sources_of[camera] if f.is_missing)
            if self._missing.setdefault(camera, missing) != missing:
                self._missing[camera] = missing
                self._decoders[camera].retry()
        for decoder in [decoder for decoder in self._leaving if decoder.is_over]:
            decoder.close()
            self._leaving.remove(decoder)
        if not cameras:
            self._view.show_panes(self.layout, ())
        self.aim(*self._aimed)
        self.touch()

    def resize(self, width_px: int, height_px: int) -> None:
        """A pane has so many device pixels now."""
        self._pane_size = (width_px, height_px)
        if self._snapshot is not None:
            self._live.follow(self._snapshot, self._cameras(self._snapshot), self._pane_size)
        for decoder in self._decoders.values():
            decoder.resize(width_px, height_px)
        self.wake()

    def aim(self, t_ms: float, rate: float) -> None:
        """Say which moment is to be shown, and how fast time runs (0 when it stands)."""
        self._aimed = (t_ms, rate)
        for camera, decoder in self._decoders.items():
            if self._live.look(camera) is None:  # else nothing is decoded
                decoder.aim(t_ms, rate)

    def is_ready(self) -> bool:
        """Whether no pane would stall at once."""
        return all(self._decoders[camera].is_ready() for camera in self._of_footage())

    def refresh(self, now_s: float, t_ms: float, rate: float) -> None:
        """Show what there is of the moment; stop the ticking when nothing better will come.

        Args:
            now_s: A clock that only rises, seconds.
            t_ms: The moment, on the common clock.
            rate: Speed; 0 when it stands.
        """
        snapshot = self._snapshot
        if snapshot is None:
            return
        looks = {camera: self._decoders[camera].look() for camera in self._of_footage()}
        self.composer.gather(snapshot, tuple(looks), t_ms, rate)
        if rate == 0 and not all(_is_showable(look) for look in looks.values()):
            if self._asked_s is None:
                self._asked_s = now_s
            if now_s - self._asked_s < TOGETHER_S:
                return
        if self._is_dirty or any(self._differs(camera, look) for camera, look in looks.items()):
            self._commit(snapshot, looks, t_ms)
        self._asked_s = None
        if rate == 0 and all(look.is_settled for look in looks.values()):
            self._view.set_ticking(False)

    def close(self) -> None:
        """End and join all decoding threads."""
        for disconnect in self._disconnect:
            disconnect()
        self._disconnect.clear()
        self._live.close()
        everyone = (*self._decoders.values(), *self._leaving)
        for decoder in everyone:
            decoder.stop()
        for decoder in everyone:
            decoder.close()
        self._decoders.clear()
        self._leaving.clear()

    def _commit(self, snapshot: Snapshot, looks: dict[str, Look], t_ms: float) -> None:
        scenes = []
        for camera in self._cameras(snapshot):
            live = self._live.look(camera)
            if live is not None or camera not in looks:
                self._shown.pop(camera, None)
                scenes.append(self.composer.live_scene(snapshot, camera, live or LiveLook(), t_ms))
                continue
            look = looks[camera]
            held = self._shown[camera][1] if camera in self._shown else None
            shot = look.shot if look.shot is not None or look.is_settled else held
            self._shown[camera] = (look, shot)
            scenes.append(self.composer.scene(snapshot, camera, look, shot, t_ms))
        self._is_dirty = False
        self._view.show_panes(self.layout, tuple(scenes))

    def _live_came(self) -> None:
        self.aim(*self._aimed)  # an engine that has gone leaves recorded cameras to their decoders
        self.touch()

    def _of_footage(self) -> list[str]:
        """The cameras whose panes show footage, not what comes now."""
        return [camera for camera in self._decoders if self._live.look(camera) is None]

    def _differs(self, camera: str, look: Look) -> bool:
        if camera not in self._shown:
            return True
        old, shot = self._shown[camera]
        if look.is_recorded != old.is_recorded or look.problem != old.problem:
            return True
        return look.shot is not None and look.shot is not shot

    def _boxes_came(self) -> None:
        self.composer.again()
        self.touch()

    def _leave(self, cameras: list[str]) -> None:
        for camera in cameras:
            decoder = self._decoders.pop(camera)
            decoder.stop()  # joined later: the picture in hand is not waited for
            self._leaving.append(decoder)
            self._shown.pop(camera, None)

    def _cameras(self, snapshot: Snapshot) -> tuple[str, ...]:
        """The cameras that are shown: the page of panes with the active one."""
        names = tuple(camera.name for camera in snapshot.cameras)
        active = self._workspace.active_camera.value
        place = names.index(active) if active in names else 0
        first = place // self.layout * self.layout
        return names[first : first + self.layout]


def _is_showable(look: Look) -> bool:
    return look.is_settled or look.seen is Seen.EXACT or look.has_tried
