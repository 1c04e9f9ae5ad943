"""Takes in labels of another tool: as tracklets, as detections, or as ground truth to measure tracks by.

How to join it (once; the lane should be one of its own)::

    presenter = ImportPresenter(dialog, workspace, lane)
    dialog.file_chosen.connect(presenter.set_file)
    dialog.changed.connect(presenter.set_field)
    dialog.started.connect(presenter.start)
    dialog.cancelled.connect(presenter.cancel)
    dialog.used.connect(presenter.use)
    dialog.removed.connect(presenter.remove)
    actions["file.import"].triggered.connect(presenter.open)
    ...
    presenter.close()                                # before the lane is closed
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from pathlib import Path

from app.ports import ProjectLane
from app.views.importing import ImportState, ImportView
from app.wording import count_label
from app.workspace import Workspace
from reid_core.errors import CancelledError, ReidError
from reid_core.pipeline.importing.score import TrackScore, score
from reid_core.pipeline.importing.take import (
    DETECTIONS,
    TRUTH,
    Taken,
    drop_tracklets,
    find_present,
    is_taken,
    take,
)
from reid_core.pipeline.importing.tracklets import TRACKLETS
from reid_core.progress import CancelToken
from reid_core.store.project import Project

FIELDS = ("format", "kind", "camera", "is_replacing", "is_across")
SUFFIXES = {".xml": "cvat", ".txt": "mot", ".csv": "mot"}
STOPPED = "The measuring was stopped. The imported truth is kept."


@dataclass(frozen=True, slots=True)
class _Outcome:
    taken: Taken
    score: TrackScore | None = None
    problem: str = ""


class ImportPresenter:
    """What is imported, for which camera, and what came of it.

    Args:
        view: The dialog.
        workspace: The open project.
        lane: Reads the file and writes it into the project's folder.
        choose_detector: Lets the next ingest run with a detector.
        ingest: Starts an ingest.
        refresh: Loads the snapshot anew.
    """

    def __init__(
        self,
        view: ImportView,
        workspace: Workspace,
        lane: ProjectLane,
        choose_detector: Callable[[str], None] = lambda _: None,
        ingest: Callable[[], None] = lambda: None,
        refresh: Callable[[], None] = lambda: None,
    ) -> None:
        self._view, self._workspace, self._lane = view, workspace, lane
        self._choose_detector, self._ingest, self._reload = choose_detector, ingest, refresh
        self._state = ImportState()
        self._token: CancelToken | None = None
        self._disconnect = workspace.snapshot.connect(lambda _: self._refresh())

    def close(self) -> None:
        """Stop what is under way, and hear of nothing any more."""
        if self._token is not None:
            self._token.cancel()
        self._disconnect()

    # --- what the user does

    def open(self) -> None:
        """Bring the dialog up."""
        if self._workspace.snapshot.value is None:
            return
        self._refresh()
        self._look()
        self._view.open_import()

    def set_file(self, file: str) -> None:
        """Another file; its name tells the format, and the camera where it is named after one."""
        path = Path(file.strip())
        known = {"format": found} if (found := SUFFIXES.get(path.suffix.lower())) else {}
        if path.stem in self._state.cameras:
            known["camera"] = path.stem
        self._change(file=file.strip(), **known)

    def set_field(self, name: str, value: object) -> None:
        """Another value of one of `FIELDS`."""
        if name in FIELDS:
            self._change(**{name: value})

    def start(self) -> None:
        """Read the file; measure the tracks by it when it is truth."""
        state = self._state
        if state.why_not or state.is_running:
            return
        token = self._token = CancelToken()

        def work(project: Project) -> _Outcome:
            taken = take(
                project,
                Path(state.file),
                camera=state.camera,
                key=state.format,
                kind=state.kind,
                across=state.is_across,
                overwrite=state.is_replacing,
            )
            return _measured(project, taken, token)

        self._state = replace(
            state,
            is_running=True,
            is_stopping=False,
            message="",
            detector="",
            can_ingest=False,
            is_replacing=False,
        )
        self._refresh()
        self._lane.ask(work, self._finished, lambda error: self._end(str(error), "bad"))

    def cancel(self) -> None:
        """Stop measuring."""
        if self._token is not None:
            self._token.cancel()
            self._state = replace(self._state, is_stopping=True)
            self._refresh()

    def remove(self) -> None:
        """Take imported tracklets back: the next ingest finds people by itself again."""
        camera = self._state.camera
        if not self._state.is_removable or self._state.is_running:
            return
        text = f"The imported tracklets of {camera} are gone. The next ingest finds people by itself again."

        def done(_: None) -> None:
            self._reload()
            self._end(text, "ok", can_ingest=True)

        self._lane.ask(
            lambda project: drop_tracklets(project, camera), done, lambda error: self._end(str(error), "bad")
        )

    def use(self) -> None:
        """Let an ingest take what was imported: tracklets at once, boxes the next time."""
        if self._state.can_ingest:
            self._ingest()
            text = "The ingest is under way; the strip below shows how far it is."
            self._state = replace(self._state, can_ingest=False, message=text, level="ok")
            self._refresh()
        elif self._state.detector:
            self._choose_detector(self._state.detector)
            text = "The next ingest takes the imported boxes. Start it on the page Sources."
            self._state = replace(self._state, detector="", message=text, level="ok")
            self._refresh()

    # --- what comes of it

    def _finished(self, outcome: _Outcome) -> None:
        taken = outcome.taken
        of = f" of {count_label(taken.n_persons, 'person')}" if taken.n_persons else ""
        text = f"{count_label(taken.n_boxes, 'box', 'boxes')}{of} kept for {taken.camera}."
        if outcome.score is not None:
            found = outcome.score
            switches = count_label(found.n_switches, "switch", "switches")
            text += f" Its tracks: IDF1 {found.idf1:.3f}, HOTA {found.hota:.3f}, {switches}."
        detector = ""
        if taken.kind == DETECTIONS:
            detector = f"replay:{taken.path.parent}"
            text += " An ingest with them follows these people."
            if taken.uncovered:
                text += f" It finds nobody in {', '.join(taken.uncovered)}, which has no such labels."
        if taken.kind == TRACKLETS:
            text += " An ingest crops and describes them, and then they can be searched and edited."
            self._reload()
        remarks = " ".join(remark for remark in (taken.left_out, outcome.problem) if remark)
        level = "warn" if remarks else "ok"
        self._end(f"{text} {remarks}".strip(), level, detector, can_ingest=taken.kind == TRACKLETS)

    def _end(self, message: str, level: str, detector: str = "", *, can_ingest: bool = False) -> None:
        self._token = None
        self._state = replace(
            self._state,
            is_running=False,
            is_stopping=False,
            message=message,
            level=level,
            detector=detector,
            can_ingest=can_ingest,
        )
        self._refresh()
        self._look()

    # --- showing

    def _change(self, **changes: object) -> None:
        without = replace(self._state, message="", detector="", can_ingest=False, is_replacing=False)
        self._state = replace(without, **changes)  # type: ignore[arg-type]
        self._refresh()
        if "is_replacing" not in changes:
            self._look()

    def _look(self) -> None:
        """Find out whether the camera has such labels already."""
        kind, camera = self._state.kind, self._state.camera
        if not camera:
            return

        def show(found: tuple[bool, bool]) -> None:
            if (kind, camera) == (self._state.kind, self._state.camera):
                self._state = replace(self._state, is_present=found[0], is_removable=found[1])
                self._refresh()

        def look(project: Project) -> tuple[bool, bool]:
            is_removable = kind == TRACKLETS and is_taken(project, kind, camera)
            return bool(find_present(project, kind, camera)), is_removable

        self._lane.ask(look, show, topic="import look")

    def _refresh(self) -> None:
        snapshot, state = self._workspace.snapshot.value, self._state
        cameras = () if snapshot is None else tuple(camera.name for camera in snapshot.cameras)
        camera = state.camera if state.camera in cameras else cameras[0] if len(cameras) == 1 else ""
        self._state = replace(state, cameras=cameras, camera=camera)
        self._state = replace(self._state, why_not=_why_not(self._state))
        self._view.show_import(self._state)


def _why_not(state: ImportState) -> str:
    if not state.cameras:
        return "Add footage first: labels belong to a camera"
    if not state.file:
        return "Choose a file"
    if not state.camera:
        return "Choose the camera whose footage the file describes"
    if state.is_present and not state.is_replacing:
        have = "tracklets" if state.kind == TRACKLETS else "imported labels of this kind"
        return f"This camera has {have} already"
    return ""


def _measured(project: Project, taken: Taken, token: CancelToken) -> _Outcome:
    """How well the camera's tracks follow the truth, where it is one and there are tracks."""
    if taken.kind != TRUTH or not any(t.camera == taken.camera for t in project.tracklets()):
        return _Outcome(taken)

    def watch(done: int, total: int) -> None:
        if token.cancelled:
            raise CancelledError(STOPPED)

    try:
        return _Outcome(taken, score(project, (taken.camera,), watch=watch)[0])
    except ReidError as error:
        return _Outcome(taken, problem=str(error))
