"""The annotate mode: boxes and tracklets are corrected in the picture that is shown."""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass

from app.playback.pending import PendingBox, Xyxy
from app.ports import ProjectLane
from app.presenters.stage import Stage
from app.presenters.tour import Tour
from app.snapshot import Snapshot, short_name
from app.views.annotate import AnnotateState, AnnotateView, EditablePanes
from app.wording import count_label
from app.workspace import Notice, Workspace
from reid_core.errors import ReidError
from reid_core.pipeline import annotate
from reid_core.pipeline.annotate import FILL_MS, KEY_MS, Edit
from reid_core.pipeline.targets import TargetKind
from reid_core.store.project import Project
from reid_core.store.records import Boxes

TRACKLET_ID = re.compile(r"\bc\d+s\d+[te]\d+\b")
DRAWN = re.compile(r"e\d+$")
"""Ids of tracklets that a correction made: boxes farther away are drawn into those."""
FIRST_FACT = "Click a box, or press R to draw one"
NEED_ONE, NEED_TWO = "Click a box first", "Select a second tracklet with Ctrl+click first"
NEEDS = {
    "annotate.split": 1,
    "annotate.trim": 1,
    "annotate.end": 1,
    "annotate.delete_box": 1,
    "annotate.delete_tracklet": 1,
    "annotate.merge": 2,
    "annotate.swap": 2,
}
"""How many selected tracklets an action needs."""

Correct = Callable[[Project], Edit]


@dataclass(frozen=True, slots=True)
class Corrected:
    """A recorded correction, with the boxes that the panes will ask for next: ``(id, revision, boxes)``."""

    edit: Edit
    boxes: tuple[tuple[str, int, Boxes], ...]


class AnnotatePresenter:
    """Turns what the user does with boxes into events, and shows the result before it is stored.

    Args:
        view: The bar.
        panes: The grid.
        workspace: Shared state; what is selected is what is corrected, the first one in front.
        stage: Shows corrections that are on their way.
        writing: Records them, one after the other.
        reading: Finds places to look at.
        changed: Called after every write, so that the project is read anew.
    """

    def __init__(
        self,
        view: AnnotateView,
        panes: EditablePanes,
        workspace: Workspace,
        stage: Stage,
        writing: ProjectLane,
        reading: ProjectLane,
        changed: Callable[[], None],
    ) -> None:
        self._view, self._panes, self._workspace, self._stage = view, panes, workspace, stage
        self._writing, self._changed = writing, changed
        self._is_on = False
        self._problem = ""
        self._state = AnnotateState()
        self._tour = Tour(workspace, reading, self._show)
        self._do: dict[str, Callable[[], None]] = {
            "annotate.split": self.split,
            "annotate.merge": self.merge,
            "annotate.swap": self.swap,
            "annotate.trim": lambda: self._cut(annotate.start_here),
            "annotate.end": lambda: self._cut(annotate.end_here),
            "annotate.delete_box": self.delete_box,
            "annotate.delete_tracklet": self.delete_tracklet,
            "annotate.next": lambda: self._go(1),
            "annotate.previous": lambda: self._go(-1),
            "annotate.kind": view.ask_kind,
        }
        self._ends = [
            workspace.snapshot.connect(self._on_snapshot),
            workspace.selected.connect(lambda _: self._on_moved()),
            workspace.is_playing.connect(lambda _: self._on_moved()),
            workspace.playhead_ms.connect(lambda _: self._on_moved()),
            workspace.active_camera.connect(lambda _: self._on_moved()),
        ]
        self._show()

    def close(self) -> None:
        """Hear nothing any more."""
        for end in self._ends:
            end()
        self._ends.clear()

    @property
    def is_on(self) -> bool:
        """Whether boxes are corrected just now."""
        return self._is_on

    @property
    def actions(self) -> tuple[str, ...]:
        """Ids of the actions that `do` knows."""
        return tuple(self._do)

    # --- the mode

    def set_on(self, is_on: bool) -> None:
        """Enter or leave the mode; the panes stand still in it until they are played again."""
        if is_on == self._is_on:
            return
        self._panes.settle()
        self._is_on = is_on
        if is_on:
            self._workspace.is_playing.set(False)
        self._panes.set_drawing(False)
        self._panes.set_editing(is_on)
        self._panes.set_in_hand("")
        self._refuse("")
        self._on_moved()

    def escape(self) -> bool:
        """Let go of the box in hand; False when there was none, so that the mode may be left."""
        if not self._workspace.selected.value:
            return False
        self._workspace.selected.set(())
        return True

    def choose_kind(self, kind: str) -> None:
        """Say what next and previous look for: a value of `TargetKind`."""
        self._tour.choose(TargetKind(kind))

    def do(self, action_id: str) -> None:
        """Do one of `actions`; ids of `app.actions`."""
        self._panes.settle()
        needed = NEEDS.get(action_id, 0)
        if len(self._workspace.selected.value) < needed:
            self._refuse((NEED_ONE, NEED_TWO)[needed - 1] + ".")
        else:
            self._do[action_id]()

    # --- what the user does in the panes

    def choose(self, tracklet: str, is_added: bool = False) -> None:
        """Take a tracklet's box in hand; added ones join it, and leave at the second time."""
        self._panes.settle()
        self._workspace.is_playing.set(False)
        selected = self._workspace.selected.value
        if not is_added:
            self._workspace.selected.set((tracklet,) if tracklet else ())
        elif tracklet in selected:
            self._workspace.selected.set(tuple(name for name in selected if name != tracklet))
        else:
            self._workspace.selected.set((*selected, tracklet))

    def change_box(self, tracklet: str, source_id: int, frame_idx: int, xyxy: Xyxy) -> None:
        """A box was moved or resized."""
        self._correct(
            lambda project: annotate.place(project, tracklet, frame_idx, xyxy),
            pending=PendingBox(tracklet, source_id, frame_idx, xyxy),
        )

    def draw_box(self, camera: str, source_id: int, frame_idx: int, xyxy: Xyxy) -> None:
        """A box was drawn: of the tracklet in hand where it lacks one near here, else of a new one."""
        self._workspace.active_camera.set(camera)
        target = self._drawn_into()

        def correct(project: Project) -> Edit:
            known = target and frame_idx not in project.boxes(target).frame_idx
            return annotate.draw(project, source_id, frame_idx, xyxy, target if known else None)

        self._correct(correct, pending=PendingBox("", source_id, frame_idx, xyxy))

    # --- corrections of what is selected

    def split(self) -> None:
        """The tracklet in hand becomes two; the part from the picture that is shown on is taken in hand."""
        tracklet = self._workspace.selected.value[0]
        frame_idx = self._frame_of(tracklet)
        if frame_idx is not None:
            self._correct(lambda project: annotate.split(project, tracklet, frame_idx), n_selected=1)

    def merge(self) -> None:
        """What is selected becomes one tracklet; the first selected one's boxes win."""
        selected = self._workspace.selected.value
        self._correct(lambda project: annotate.merge(project, selected))

    def swap(self) -> None:
        """The first two that are selected change places from the picture that is shown on."""
        first, second = self._workspace.selected.value[:2]
        frame_idx = self._frame_of(first)
        if frame_idx is not None:
            self._correct(lambda project: annotate.swap(project, first, second, frame_idx))

    def delete_box(self) -> None:
        """Delete the box in hand; its tracklet stays."""
        tracklet = self._workspace.selected.value[0]
        shown = self._panes.shown_frame(self._camera_of(tracklet))
        frame_idx = self._frame_of(tracklet)
        if shown is not None and frame_idx is not None:
            self._correct(
                lambda project: annotate.delete_boxes(project, tracklet, frame_idx),
                pending=PendingBox(tracklet, shown[0], frame_idx, None),
            )

    def delete_tracklet(self) -> None:
        """Delete the tracklet in hand altogether; undo brings it back."""
        tracklet = self._workspace.selected.value[0]
        self._correct(lambda project: annotate.delete(project, tracklet))

    def _cut(self, correct: Callable[[Project, str, int], Edit]) -> None:
        tracklet = self._workspace.selected.value[0]
        frame_idx = self._frame_of(tracklet)
        if frame_idx is not None:
            self._correct(lambda project: correct(project, tracklet, frame_idx))

    def _correct(
        self, correct: Correct, *, pending: PendingBox | None = None, n_selected: int | None = None
    ) -> None:
        self._workspace.is_playing.set(False)
        self._refuse("")
        composer = self._stage.composer
        number = None if pending is None else composer.pending.put(pending)
        self._stage.touch()

        def done(corrected: Corrected) -> None:
            edit = corrected.edit
            if number is not None:
                composer.pending.recorded(number, edit.event.id)
            for tracklet, revision, boxes in corrected.boxes:
                composer.keep(tracklet, revision, boxes)
            self._workspace.selected.set(edit.tracklets[:n_selected])
            if edit.n_filled:
                filled = count_label(edit.n_filled, "frame")
                self._workspace.notice.set(Notice(f"{filled} between were filled as well.", "ok"))
            self._changed()

        def failed(error: ReidError) -> None:
            if number is not None:
                composer.pending.drop(number)
            self._stage.touch()
            self._refuse(TRACKLET_ID.sub(lambda found: short_name(found[0]), str(error)))

        self._writing.ask(lambda project: _record(project, correct), done, failed)

    # --- what is where

    def _camera_of(self, tracklet: str) -> str:
        """Its camera; the active one for a tracklet that the snapshot does not know yet."""
        snapshot = self._workspace.snapshot.value
        row = None if snapshot is None else snapshot.tracklets.row_of.get(tracklet)
        if snapshot is None or row is None:
            return self._workspace.active_camera.value
        return snapshot.cameras[int(snapshot.tracklets.camera[row])].name

    def _frame_of(self, tracklet: str) -> int | None:
        """The frame shown of a tracklet's source; None after a refusal."""
        snapshot, camera = self._workspace.snapshot.value, self._camera_of(tracklet)
        shown = self._panes.shown_frame(camera)
        if shown is None:
            self._refuse(f"{short_name(tracklet)} is in {camera}, which no pane shows now.")
            return None
        row = None if snapshot is None else snapshot.tracklets.row_of.get(tracklet)
        if snapshot is not None and row is not None and int(snapshot.tracklets.source_id[row]) != shown[0]:
            self._refuse(f"{short_name(tracklet)} is in another file of {camera} than the one shown.")
            return None
        return shown[1]

    def _drawn_into(self) -> str:
        """The tracklet in hand when a box that is drawn now may be its own; empty for a new one."""
        snapshot, selected = self._workspace.snapshot.value, self._workspace.selected.value
        camera = self._workspace.active_camera.value
        row = None if snapshot is None or len(selected) != 1 else snapshot.tracklets.row_of.get(selected[0])
        if snapshot is None or row is None or self._camera_of(selected[0]) != camera:
            return ""
        tracklets, now_ms = snapshot.tracklets, self._workspace.playhead_ms.value
        reach_ms = KEY_MS if DRAWN.search(selected[0]) else FILL_MS
        is_near = tracklets.start_ms[row] - reach_ms <= now_ms <= tracklets.end_ms[row] + reach_ms
        shown = self._panes.shown_frame(camera)
        is_here = shown is not None and shown[0] == int(tracklets.source_id[row])
        return selected[0] if is_near and is_here else ""

    # --- what is shown

    def _go(self, by: int) -> None:
        self._refuse("")
        self._tour.go(by)

    def _refuse(self, text: str) -> None:
        self._problem = text
        self._panes.show_refusal(text)
        self._show()

    def _on_snapshot(self, snapshot: Snapshot | None) -> None:
        if snapshot is None:
            self._tour.forget()
            self.set_on(False)
        self._on_moved()

    def _on_moved(self) -> None:
        if not self._is_on:
            return
        selected = self._workspace.selected.value
        is_in_hand = bool(selected) and not self._workspace.is_playing.value
        self._panes.set_in_hand(selected[0] if is_in_hand else "")
        if self._problem and self._state.fact != self._fact():
            self._refuse("")
        self._show()

    def _fact(self) -> str:
        selected = self._workspace.selected.value
        if not selected:
            return FIRST_FACT
        if len(selected) > 1:
            return f"{', '.join(map(short_name, selected[:3]))}{' …' if len(selected) > 3 else ''}"
        draws = "a missing box of it" if self._drawn_into() else "a new tracklet"
        return f"{short_name(selected[0])}. R draws {draws}"

    def _show(self) -> None:
        n_selected = len(self._workspace.selected.value)
        blocked = {
            action_id: (NEED_ONE, NEED_TWO)[needed - 1]
            for action_id, needed in NEEDS.items()
            if n_selected < needed
        }
        state = AnnotateState(
            self._is_on, self._fact(), self._problem, blocked, str(self._tour.kind), self._tour.place
        )
        if state != self._state:
            self._state = state
            self._view.show_annotate(state)


def _record(project: Project, correct: Correct) -> Corrected:
    """Record a correction and read what it has made; runs in the lane."""
    edit = correct(project)
    boxes = [
        (tracklet, project.stored.revision(tracklet) or 0, project.boxes(tracklet))
        for tracklet in edit.tracklets
    ]
    return Corrected(edit, tuple(boxes))
