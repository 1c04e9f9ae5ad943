"""Clock tool: the same event marked in two cameras sets the clock of one of them."""

from __future__ import annotations

from collections.abc import Callable, Mapping

from app.clock_marks import MIN_SPAN_MS, Clock, Mark, needed_span_ms, solve, span_ms
from app.ports import ProjectLane
from app.snapshot import Snapshot
from app.source_lines import PPM_PER_MS_A_MINUTE, signed
from app.views.clock import OWN, REFERENCE, ClockForm, ClockPane, ClockView, Failed, Pictures, Shown
from app.wording import clock_label, length_label
from app.workspace import Notice, Workspace
from reid_core.errors import ReidError
from reid_core.store.records import Source

STEP_MS = 100.0


class _Pane:
    """Where one pane stands."""

    def __init__(self) -> None:
        self.camera = ""
        self.source: Source | None = None
        self.places: tuple[tuple[Source, bool], ...] = ()
        self.shown: Shown | None = None
        self.marked_ms: float | None = None
        self.is_waiting = False
        self.problem = ""

    @property
    def can_mark(self) -> bool:
        """Whether the picture that is shown is the one that was asked for."""
        return self.shown is not None and not self.is_waiting

    @property
    def own_ms(self) -> float:
        """Time on the camera's own clock of the frame that is shown."""
        t_ms = self.shown.t_ms if self.shown is not None else 0.0
        return (self.source.start_ms if self.source is not None else 0.0) + t_ms


class ClockPresenter:
    """Decides what the clock tool shows.

    Args:
        view: The tool.
        workspace: Its active camera is the one to set.
        lane: Writes the clock.
        pictures: Decodes frames.
        refresh: Loads the snapshot anew after a change.
    """

    def __init__(
        self,
        view: ClockView,
        workspace: Workspace,
        lane: ProjectLane,
        pictures: Pictures,
        refresh: Callable[[], None] = lambda: None,
    ) -> None:
        self._view, self._workspace, self._lane = view, workspace, lane
        self._pictures, self._refresh = pictures, refresh
        self._panes = (_Pane(), _Pane())
        self._active = REFERENCE
        self._clock, self._stored = Clock(), Clock()
        self._marks: list[Mark] = []
        self._reference = self._picked = ""
        self._path = ""
        self._do = self._handlers()
        workspace.snapshot.connect(self._take_snapshot, now=True)
        workspace.active_camera.connect(lambda _: self._choose_cameras())

    def do(self, action_id: str) -> None:
        """Do one of `actions`; ids of `app.actions`."""
        self._do[action_id]()

    @property
    def actions(self) -> tuple[str, ...]:
        """The actions that this does."""
        return tuple(self._do)

    def _handlers(self) -> Mapping[str, Callable[[], None]]:
        return {
            "playback.clock_mark": lambda: self.mark(self._active),
            "playback.clock_frame_back": lambda: self.step(self._active, -1),
            "playback.clock_frame_forward": lambda: self.step(self._active, 1),
            "playback.clock_nudge_back": lambda: self.nudge_frames(-1),
            "playback.clock_nudge_forward": lambda: self.nudge_frames(1),
            "playback.clock_nudge_back_100": lambda: self.nudge(-STEP_MS),
            "playback.clock_nudge_forward_100": lambda: self.nudge(STEP_MS),
        }

    # --- what can be asked

    def set_reference(self, camera: str) -> None:
        """Set by another camera; marks that were made with the old one are dropped."""
        self._picked = camera
        self._choose_cameras()

    def activate(self, pane: int) -> None:
        """Let the keys work on a pane."""
        self._active = pane
        self._view.show_active(pane)

    def seek(self, pane: int, place: float) -> None:
        """Go to a place of a camera's footage, 0..1."""
        sources = self._sources(pane)
        if sources:
            end_ms = sources[-1].start_ms + sources[-1].duration_ms
            self._go(pane, sources[0].start_ms + place * (end_ms - sources[0].start_ms))

    def step(self, pane: int, n_frames: int) -> None:
        """Go some frames on or back, into the next file where one ends."""
        state = self._panes[pane]
        if state.source is None or state.shown is None:
            return
        self.activate(pane)
        rank = state.shown.rank + n_frames
        if 0 <= rank < state.shown.n_frames:
            self._ask_rank(pane, state.source, rank)
            return
        sources = self._sources(pane)
        place = sources.index(state.source) + (1 if n_frames > 0 else -1)
        if 0 <= place < len(sources):
            beside = sources[place]
            last = int(beside.info.get("n_frames", 1)) - 1
            self._ask_rank(pane, beside, 0 if n_frames > 0 else last)

    def show_same_moment(self, pane: int) -> None:
        """Bring a pane to the moment of the other one, by the clocks as they are shown."""
        other = REFERENCE if pane == OWN else OWN
        common = self._clock_of(other).common_ms(self._panes[other].own_ms)
        self._go(pane, self._clock_of(pane).own_ms(common))

    def mark(self, pane: int) -> None:
        """The event happens in the frame that is shown here."""
        state = self._panes[pane]
        if not state.can_mark:
            return
        state.marked_ms = state.own_ms
        reference, own = self._panes[REFERENCE].marked_ms, self._panes[OWN].marked_ms
        if reference is None or own is None:
            self.activate(OWN if pane == REFERENCE else REFERENCE)
        else:
            self._marks.append(Mark(self._clock_of(REFERENCE).common_ms(reference), own))
            self._panes[REFERENCE].marked_ms = self._panes[OWN].marked_ms = None
            self._clock = self._solved()
            self.activate(REFERENCE)
        self._show()

    def remove_mark(self, row: int) -> None:
        """Take an event out."""
        del self._marks[row]
        self._clock = self._solved()
        self._show()

    def nudge(self, by_ms: float) -> None:
        """Move the camera on the common clock."""
        self._clock = Clock(self._clock.offset_ms + by_ms, self._clock.drift_ppm)
        self._show()

    def nudge_frames(self, n_frames: int) -> None:
        """Move the camera by frames of its own."""
        source = self._panes[OWN].source
        if source is not None and source.fps > 0:
            self.nudge(n_frames * 1000.0 / source.fps)

    def reset(self) -> None:
        """Show the stored clock again, without marks."""
        self._clock = self._stored
        self._marks.clear()
        for state in self._panes:
            state.marked_ms = None
        self._show()

    def apply(self) -> None:
        """Store the clock; an action that can be undone."""
        camera, clock = self._panes[OWN].camera, self._clock
        if camera and clock != self._stored:
            self._lane.ask(
                lambda project: project.set_clock(camera, clock.offset_ms, clock.drift_ppm),
                lambda _: self._applied(camera),
            )

    def _applied(self, camera: str) -> None:
        self._marks.clear()
        self._workspace.notice.set(Notice(f"The clock of {camera} is set. Ctrl+Z takes it back.", "ok"))
        self._refresh()

    def _solved(self) -> Clock:
        if not self._marks:
            return self._stored
        return solve(self._marks, self._stored.drift_ppm, self._needed_ms())

    def _needed_ms(self) -> float:
        return needed_span_ms(sum(source.duration_ms for source in self._sources(OWN)))

    # --- cameras

    def _take_snapshot(self, snapshot: Snapshot | None) -> None:
        path = snapshot.path if snapshot else ""
        if path != self._path:
            self._path, self._picked = path, ""
            self._marks.clear()
            for state in self._panes:
                state.camera = ""
        self._choose_cameras()

    def _choose_cameras(self) -> None:
        snapshot = self._workspace.snapshot.value
        names = self._names(snapshot)
        if snapshot is None or len(names) < 2:
            self._view.show_clock(
                ClockForm(empty="The clock of a camera is set by another one. Add two cameras.")
            )
            return
        active = self._workspace.active_camera.value
        own = active if active in names else names[1]
        others = [name for name in names if name != own]
        self._reference = self._picked if self._picked in others else others[0]
        record = snapshot.camera(own)
        stored = Clock(record.offset_ms, record.drift_ppm)
        is_other = (self._panes[REFERENCE].camera, self._panes[OWN].camera) != (self._reference, own)
        if is_other or stored != self._stored:
            self._clock = self._stored = stored
            self._marks.clear()
        for pane, name in ((REFERENCE, self._reference), (OWN, own)):
            if self._panes[pane].camera != name:
                self._put(pane, name)
            else:
                self._look_again(pane)
        self._show()

    def _names(self, snapshot: Snapshot | None) -> list[str]:
        return [name for name, sources in snapshot.sources_of.items() if sources] if snapshot else []

    def _put(self, pane: int, camera: str) -> None:
        state = self._panes[pane]
        state.camera, state.shown, state.marked_ms, state.problem = camera, None, None, ""
        state.source, state.places = None, self._places(pane)
        self._view.show_picture(pane, None)
        sources = self._sources(pane)
        self._go(pane, sources[0].start_ms)

    def _look_again(self, pane: int) -> None:
        """Ask anew for a picture whose file has moved, has come back, or is no longer the camera's."""
        state = self._panes[pane]
        places = self._places(pane)
        if places != state.places:
            own_ms, state.places = state.own_ms, places
            self._go(pane, own_ms)

    def _places(self, pane: int) -> tuple[tuple[Source, bool], ...]:
        """The sources of a pane's camera, and whether each is there."""
        snapshot = self._workspace.snapshot.value
        facts = snapshot.sources_of.get(self._panes[pane].camera, ()) if snapshot is not None else ()
        return tuple((each.source, each.is_missing) for each in facts)

    def _sources(self, pane: int) -> list[Source]:
        return [source for source, _ in self._places(pane)]

    def _clock_of(self, pane: int) -> Clock:
        if pane == OWN:
            return self._clock
        snapshot, name = self._workspace.snapshot.value, self._panes[REFERENCE].camera
        if snapshot is None or snapshot.present_name(name) not in snapshot.sources_of:
            return Clock()  # it was removed, and its last picture comes late
        record = snapshot.camera(name)
        return Clock(record.offset_ms, record.drift_ppm)

    # --- pictures

    def _go(self, pane: int, own_ms: float) -> None:
        """Show the frame at a moment of the camera's own clock, or the nearest that there is."""
        sources = self._sources(pane)
        if not sources:
            return
        source = next((s for s in reversed(sources) if s.start_ms <= own_ms), sources[0])
        t_ms = min(max(own_ms - source.start_ms, 0.0), source.duration_ms)
        self._wait(pane, source)
        self._pictures.show_time(pane, source, t_ms, self._arrival(pane, source), self._failure(pane, source))

    def _ask_rank(self, pane: int, source: Source, rank: int) -> None:
        self._wait(pane, source)
        self._pictures.show_rank(pane, source, rank, self._arrival(pane, source), self._failure(pane, source))

    def _wait(self, pane: int, source: Source) -> None:
        state = self._panes[pane]
        if state.source != source:
            state.source, state.shown = source, None
        state.is_waiting = True
        self._show_pane(pane)

    def _arrival(self, pane: int, source: Source) -> Callable[[Shown], None]:
        def take(shown: Shown) -> None:
            if self._panes[pane].source == source:
                self._panes[pane].shown, self._panes[pane].problem = shown, ""
                self._panes[pane].is_waiting = False
                self._view.show_picture(pane, shown.picture)
                self._show_pane(pane)

        return take

    def _failure(self, pane: int, source: Source) -> Failed:
        def fail(error: ReidError) -> None:
            if self._panes[pane].source == source:
                self._panes[pane].problem, self._panes[pane].is_waiting = str(error), False
                self._view.show_picture(pane, None)
                self._show_pane(pane)

        return fail

    # --- showing

    def _show(self) -> None:
        for pane in (REFERENCE, OWN):
            self._show_pane(pane)
        drift = self._clock.drift_ppm / PPM_PER_MS_A_MINUTE
        snapshot = self._workspace.snapshot.value
        names = tuple(name for name in self._names(snapshot) if name != self._panes[OWN].camera)
        self._view.show_clock(
            ClockForm(
                camera=self._panes[OWN].camera,
                references=names,
                reference=self._reference,
                offset=signed(self._clock.offset_ms - self._base_ms(), 0, "ms"),
                drift=signed(drift, 1, "ms/min"),
                drift_note=self._drift_note(),
                marks=tuple(self._mark_row(n, mark) for n, mark in enumerate(self._marks, start=1)),
                hint=self._hint(),
                first_frame=f"Frame 0 is at {clock_label(self._clock.offset_ms, 2)} on the common clock.",
                is_changed=self._clock != self._stored,
            )
        )

    def _base_ms(self) -> float:
        """What the offset is shown against: where times are times of day, the reference camera's."""
        snapshot = self._workspace.snapshot.value
        is_dated = snapshot is not None and snapshot.day is not None
        return self._clock_of(REFERENCE).offset_ms if is_dated else 0.0

    def _mark_row(self, number: int, mark: Mark) -> tuple[str, str, str, str]:
        seen = self._stored.common_ms(mark.own_ms)
        return (
            f"Event {number}",
            clock_label(mark.reference_ms, 2),
            clock_label(seen, 2),
            signed(mark.reference_ms - seen, 0, "ms"),
        )

    def _drift_note(self) -> str:
        if len(self._marks) < 2 or span_ms(self._marks) >= MIN_SPAN_MS:
            return ""
        return (
            "weak, marks are close"
            if span_ms(self._marks) >= self._needed_ms()
            else "marks too close for a drift"
        )

    def _hint(self) -> str:
        if any(state.marked_ms is not None for state in self._panes):
            return "Now mark the same event in the other picture."
        if not self._marks:
            return "Find an event that both cameras see, such as a foot that lands. Mark it in both pictures."
        if len(self._marks) == 1:
            return "One mark sets the offset. Mark a second event, at least 2 min later, for the drift."
        span = length_label(span_ms(self._marks))
        far = "" if span_ms(self._marks) >= MIN_SPAN_MS else " For a reliable drift mark events 2 min apart."
        return f"{len(self._marks)} marks, {span} apart.{far}"

    def _show_pane(self, pane: int) -> None:
        state = self._panes[pane]
        if state.source is None:
            return
        sources = self._sources(pane)
        span = sources[-1].start_ms + sources[-1].duration_ms - sources[0].start_ms if sources else 0.0
        shown = state.shown
        self._view.show_pane(
            pane,
            ClockPane(
                camera=state.camera,
                role="reference" if pane == REFERENCE else "to set",
                time=clock_label(self._clock_of(pane).common_ms(state.own_ms), 2) if shown else "",
                frame="reading" if state.is_waiting else f"frame {shown.rank:,}" if shown else "",
                place=(state.own_ms - sources[0].start_ms) / span if sources and span > 0 else 0.0,
                is_marked=state.marked_ms is not None,
                can_mark=state.can_mark,
                problem=state.problem,
            ),
        )
