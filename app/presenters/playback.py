"""The panes' common clock: playing, stepping, seeking, and which cameras are shown.

How to join it (in the composition root, once per open project)::

    presenter = PlaybackPresenter(pane_grid, transport, workspace, lane, writing=writing_lane)
    pane_grid.ticked.connect(presenter.tick)         # and pane_resized to resize
    pane_grid.pane_activated.connect(presenter.activate)  # and pane_enlarged to enlarge
    pane_grid.asked.connect(presenter.do)            # ids of app.actions: arrow keys in a pane
    transport.asked.connect(presenter.do)            # its buttons; rate_chosen to set_rate
    transport.time_entered.connect(presenter.go_to)
    actions[id].triggered.connect(partial(presenter.do, id)) for every id in ``presenter.actions``
    ...
    presenter.close()                                # joins the decoding threads

Others move the playhead with ``workspace.playhead_ms.set(t)``, stop with ``workspace.is_playing.set(False)``.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import partial

from app.playback.live import LivePictures
from app.playback.scene import LAYOUTS, RATES, TransportState
from app.playback.timecode import date_text, parse_time, time_text
from app.ports import ProjectLane
from app.presenters.stage import MakeDecoder, Stage, make_decoder
from app.snapshot import Snapshot
from app.views.playback import PanesView, TransportView
from app.workspace import Notice, Workspace
from reid_core.errors import ReidError

START_S = 0.4
"""The clock waits so long for the first pictures before it runs."""
PUBLISH_S = 0.03
"""The playhead is told to everybody so often while it runs."""


class PlaybackPresenter:
    """Runs the common clock and shows every pane the picture of its moment.

    Args:
        panes: The grid.
        transport: The bar below it.
        workspace: Playhead, speed and active camera are read and written here.
        lane: Loads boxes.
        writing: Sets clocks; the lane that loads boxes where None.
        make: Makes a camera's decoder.
        live: Gives pictures of live cameras.
    """

    def __init__(
        self,
        panes: PanesView,
        transport: TransportView,
        workspace: Workspace,
        lane: ProjectLane,
        *,
        writing: ProjectLane | None = None,
        make: MakeDecoder = make_decoder,
        live: LivePictures | None = None,
    ) -> None:
        self._panes, self._transport, self._workspace = panes, transport, workspace
        self._writing = writing or lane
        self._stage = Stage(panes, workspace, lane, make, live)
        self._now_s = self._published_s = 0.0
        self._waiting_s: float | None = None
        self._anchor: tuple[float, float] | None = None
        self._at_ms = workspace.playhead_ms.value
        self._is_publishing = False
        self._speed = 1.0
        self._n_nudges = 0
        self._state: TransportState | None = None
        self._do: dict[str, Callable[[], None]] = {
            "playback.play": self.toggle,
            "playback.back": lambda: self.shuttle(-1),
            "playback.stop": self.pause,
            "playback.forward": lambda: self.shuttle(1),
            "playback.frame_back": lambda: self.step_frames(-1),
            "playback.frame_forward": lambda: self.step_frames(1),
            "playback.second_back": lambda: self.skip(-1000.0),
            "playback.second_forward": lambda: self.skip(1000.0),
            "playback.ten_back": lambda: self.skip(-10_000.0),
            "playback.ten_forward": lambda: self.skip(10_000.0),
            "playback.start": lambda: self.seek(self._extent()[0]),
            "playback.end": lambda: self.seek(self._extent()[1]),
            "playback.slower": lambda: self.change_rate(-1),
            "playback.faster": lambda: self.change_rate(1),
            "playback.real_time": lambda: self.set_rate(1.0),
            "playback.range_in": lambda: self.mark_range(0),
            "playback.range_out": lambda: self.mark_range(1),
            "playback.range_clear": lambda: workspace.range_ms.set(None),
            "playback.go_to": transport.ask_time,
            "playback.nudge_back": lambda: self.nudge_frames(-1),
            "playback.nudge_forward": lambda: self.nudge_frames(1),
            "playback.nudge_back_100": lambda: self.nudge(-100.0),
            "playback.nudge_forward_100": lambda: self.nudge(100.0),
            **{f"playback.camera_{n}": partial(self.activate_number, n) for n in range(1, 10)},
            **{f"view.panes_{n}": partial(self.set_layout, n) for n in LAYOUTS},
        }
        self._disconnect = [
            workspace.snapshot.connect(self._snapshot_changed),
            workspace.playhead_ms.connect(self._playhead_moved),
            workspace.is_playing.connect(self._playing_changed),
            workspace.is_live.connect(lambda _: self._show_transport()),
            workspace.rate.connect(self._rate_changed),
            workspace.active_camera.connect(self._active_changed),
            *(
                observed.connect(lambda _: self._stage.marks_changed())
                for observed in (workspace.query, workspace.results, workspace.selected, workspace.current)
            ),
        ]
        self._snapshot_changed(workspace.snapshot.value)

    @property
    def stage(self) -> Stage:
        """What the panes show."""
        return self._stage

    # --- what the user does

    def do(self, action_id: str) -> None:
        """Do one of `actions`; ids of `app.actions`."""
        self._do[action_id]()

    @property
    def actions(self) -> tuple[str, ...]:
        """Ids of the actions that `do` knows."""
        return tuple(self._do)

    def toggle(self) -> None:
        """Play at the chosen speed, or pause."""
        if self._workspace.is_playing.value or self._workspace.is_live.value:
            self.pause()
        else:
            self.play(self._speed)

    def play(self, rate: float) -> None:
        """Let the clock run; from the end it starts again."""
        first, last = self._extent()
        if last <= first:
            return
        if rate > 0 and self._at_ms >= last - 1.0:
            self.seek(first)
        self._workspace.rate.set(rate)
        self._workspace.is_playing.set(True)

    def pause(self) -> None:
        """Stop the clock, and stay behind live cameras; the next start is at the chosen speed again."""
        self._workspace.is_live.set(False)
        self._workspace.is_playing.set(False)
        self._workspace.rate.set(self._speed)

    def shuttle(self, direction: int) -> None:
        """J and L: play that way; pressed again, faster."""
        rate = self._workspace.rate.value
        if not self._workspace.is_playing.value or rate * direction < 0:
            self.play(direction * self._speed)
            return
        faster = next((r for r in RATES if r > max(abs(rate), 1.0)), RATES[-1])
        self._workspace.rate.set(direction * faster)

    def set_rate(self, rate: float) -> None:
        """Choose a speed; a clock that runs back goes on running back."""
        self._speed = rate
        self._workspace.rate.set(-rate if self._workspace.rate.value < 0 else rate)

    def change_rate(self, step: int) -> None:
        """The next speed up or down."""
        rate = abs(self._workspace.rate.value)
        place = min(range(len(RATES)), key=lambda n: abs(RATES[n] - rate)) + step
        self.set_rate(RATES[min(max(place, 0), len(RATES) - 1)])

    def step_frames(self, n_frames: int) -> None:
        """Pause, and go some frames of the active camera on or back."""
        self.pause()
        decoder = self._stage.decoder(self._workspace.active_camera.value)
        beside = None if decoder is None else decoder.beside(n_frames)
        self.seek(self._at_ms + n_frames * self._frame_ms() if beside is None else beside)

    def skip(self, by_ms: float) -> None:
        """Go on or back by a time, playing or not."""
        self.seek(self._at_ms + by_ms)

    def seek(self, t_ms: float) -> None:
        """Go to a moment of the common clock, within the footage."""
        first, last = self._extent()
        self._workspace.playhead_ms.set(min(max(t_ms, first), max(last - 1.0, first)))

    def go_to(self, text: str) -> None:
        """Go to a time that was typed."""
        found = parse_time(text, self._at_ms, self._stage.composer.start)
        if found is None:
            self._show_transport(f"“{text}” is no time; write 1:02:03.4, 2:03 or +10")
        else:
            self.seek(found)
            self._show_transport()

    def mark_range(self, end: int) -> None:
        """Let the marked range begin (0) or end (1) here."""
        now, first, last = self._at_ms, *self._extent()
        old = self._workspace.range_ms.value or (first, last)
        new = (
            (now, old[1] if old[1] > now else last) if end == 0 else (old[0] if old[0] < now else first, now)
        )
        if new[1] > new[0]:
            self._workspace.range_ms.set(new)

    def activate(self, camera: str) -> None:
        """Make a camera's pane the active one."""
        self._workspace.active_camera.set(camera)

    def activate_number(self, number: int) -> None:
        """Make the camera with this number, counted from 1, the active one."""
        snapshot = self._workspace.snapshot.value
        if snapshot is not None and 1 <= number <= len(snapshot.cameras):
            self.activate(snapshot.cameras[number - 1].name)

    def set_layout(self, n_panes: int) -> None:
        """Show 1, 2, 4, 6 or 9 panes."""
        self._stage.set_layout(n_panes)
        self._aim()

    def enlarge(self, camera: str) -> None:
        """Show one camera alone, or all as before."""
        self.activate(camera)
        self._stage.enlarge()
        self._aim()

    def set_names(self, is_on: bool) -> None:
        """Let labels say names and tracklet numbers."""
        self._stage.composer.with_names = is_on
        self._stage.marks_changed()

    def nudge_frames(self, n_frames: int) -> None:
        """Move the active camera's clock by frames of that camera."""
        self.nudge(n_frames * self._frame_ms())

    def nudge(self, by_ms: float) -> None:
        """Move the active camera's clock: what it shows comes later by so much; an undoable event."""
        snapshot, name = self._workspace.snapshot.value, self._workspace.active_camera.value
        if snapshot is None or not name:
            return
        camera = snapshot.camera(name)
        offset_ms = round(self._stage.offsets.get(name, camera.offset_ms) + by_ms, 3)
        drift_ppm = camera.drift_ppm
        self._n_nudges += 1
        self._stage.offsets[name] = offset_ms  # seen at once; the snapshot that comes says the same
        self._stage.follow()
        self._aim()
        self._writing.ask(
            lambda project: project.set_clock(name, offset_ms, drift_ppm), self._nudged, self._nudge_failed
        )

    def _nudged(self, _event: object) -> None:
        self._n_nudges -= 1

    def _nudge_failed(self, error: ReidError) -> None:
        self._n_nudges -= 1
        self._stage.offsets.clear()
        self._stage.follow()
        self._aim()
        self._workspace.notice.set(Notice(str(error), "bad"))

    # --- what the widgets report

    def resize(self, width_px: int, height_px: int) -> None:
        """A pane has so many device pixels now."""
        self._stage.resize(width_px, height_px)

    def tick(self, now_s: float) -> None:
        """Time has passed; called while the view ticks.

        Args:
            now_s: A clock that only rises, seconds.
        """
        self._now_s = now_s
        if self._workspace.is_playing.value:
            self._advance(now_s)
        self._stage.refresh(now_s, self._at_ms, self._rate)

    def close(self) -> None:
        """Stop, let go of the workspace, and join all threads."""
        self._panes.set_ticking(False)
        for disconnect in self._disconnect:
            disconnect()
        self._disconnect.clear()
        self._stage.close()

    # --- the clock

    @property
    def _rate(self) -> float:
        return self._workspace.rate.value if self._workspace.is_playing.value else 0.0

    def _advance(self, now_s: float) -> None:
        rate = self._workspace.rate.value
        if self._waiting_s is None:
            self._waiting_s = now_s
        if self._anchor is None:
            if not self._stage.is_ready() and now_s - self._waiting_s < START_S:
                return
            self._anchor = (now_s, self._at_ms)
        first, last = self._extent()
        t_ms = self._anchor[1] + (now_s - self._anchor[0]) * 1000.0 * rate
        self._at_ms = min(max(t_ms, first), max(last - 1.0, first))
        self._stage.aim(self._at_ms, rate)
        if t_ms != self._at_ms:
            self._publish(now_s)
            self.pause()
        elif now_s - self._published_s >= PUBLISH_S:
            self._publish(now_s)

    def _publish(self, now_s: float) -> None:
        self._published_s = now_s
        self._is_publishing = True
        self._workspace.playhead_ms.set(self._at_ms)
        self._is_publishing = False
        self._show_transport()

    def _playhead_moved(self, t_ms: float) -> None:
        if self._is_publishing:
            return
        self._at_ms = t_ms
        self._anchor = self._waiting_s = None
        self._aim()
        self._show_transport()

    def _playing_changed(self, _is_playing: bool) -> None:
        self._anchor = self._waiting_s = None
        if not self._workspace.is_playing.value:
            self._publish(self._now_s)
        self._aim()
        self._show_transport()

    def _rate_changed(self, _rate: float) -> None:
        if self._anchor is not None:
            self._anchor = (self._now_s, self._at_ms)
        self._aim()
        self._show_transport()

    def _aim(self) -> None:
        self._stage.aim(self._at_ms, self._rate)
        self._stage.wake()

    # --- the project

    def _snapshot_changed(self, snapshot: Snapshot | None) -> None:
        names = [] if snapshot is None else [camera.name for camera in snapshot.cameras]
        active = "" if snapshot is None else snapshot.present_name(self._workspace.active_camera.value)
        self._workspace.active_camera.set(active if active in names else names[0] if names else "")
        if not self._n_nudges:
            self._stage.offsets.clear()
        self._stage.use(snapshot)
        first, last = self._extent()
        if snapshot is not None and not first <= self._at_ms <= last:
            self.seek(self._at_ms)
        self._aim()
        self._show_transport()

    def _active_changed(self, _camera: str) -> None:
        self._stage.follow()
        self._aim()
        self._show_transport()

    def _extent(self) -> tuple[float, float]:
        snapshot = self._workspace.snapshot.value
        return (0.0, 0.0) if snapshot is None else snapshot.extent_ms

    def _frame_ms(self) -> float:
        """Length of a frame of the active camera."""
        snapshot, name = self._workspace.snapshot.value, self._workspace.active_camera.value
        facts = () if snapshot is None or not name else snapshot.sources_of.get(name, ())
        fps = next((facts.source.fps for facts in facts if facts.source.fps > 0), 25.0)
        return 1000.0 / fps

    def _show_transport(self, problem: str = "") -> None:
        first, last = self._extent()
        start = self._stage.composer.start
        state = TransportState(
            time_text(self._at_ms, start),
            date_text(self._at_ms, start),
            last > first,
            self._workspace.is_playing.value or self._workspace.is_live.value,
            self._workspace.rate.value,
            self._workspace.active_camera.value,
            problem,
        )
        if state != self._state:
            self._state = state
            self._transport.show_transport(state)
