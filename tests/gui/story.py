"""The window as a hand drives it through a whole story: pages, buttons, keys and clicks."""

from __future__ import annotations

import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

from PySide6.QtCore import QMimeData, QPointF, Qt, QUrl
from PySide6.QtGui import QDragEnterEvent, QDropEvent
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QApplication, QFileDialog

from app.application import Application
from app.options import WindowOptions
from app.settings import Settings
from app.workspace import Page
from tests.gui.support import dress

PATIENCE_S = 600.0
SIZE = (1600, 1000)
STEP_MS = 20
LEFT = Qt.MouseButton.LeftButton


def wait(condition: Callable[[], Any], what: str) -> Any:
    """What the condition gives once that is something; the window lives on meanwhile."""
    end = time.monotonic() + PATIENCE_S
    while not (found := condition()):
        assert time.monotonic() < end, f"in time there was not: {what}"
        QTest.qWait(STEP_MS)
    return found


class Story:
    """The application with its window.

    Args:
        settings: File of what the window remembers.
    """

    def __init__(self, settings: Path) -> None:
        dress("light")
        self.app = Application(WindowOptions(size=SIZE), Settings(settings))
        self.app.start()
        self.workspace = self.app.workspace
        self.window = self.app.window

    # --- hands

    def find(self, name: str) -> Any:
        """The one visible widget of that name."""
        found = [widget for widget in self.window.findChildren(object, name) if widget.isVisible()]
        assert len(found) == 1, f"{name}: {len(found)} are visible"
        return found[0]

    def is_shown(self, name: str) -> bool:
        """Whether a widget of that name can be seen."""
        return any(widget.isVisible() for widget in self.window.findChildren(object, name))

    def text(self, name: str) -> str:
        """What a label says in full."""
        label = self.find(name)
        return str(getattr(label, "whole_text", label.text)())

    def press(self, name: str) -> None:
        """Click a button, once it can be clicked."""
        wait(lambda: self.is_shown(name) and self.find(name).isEnabled(), f"a button {name} to press")
        QTest.mouseClick(self.find(name), LEFT)

    def act(self, action_id: str) -> None:
        """Choose a menu entry."""
        action = self.window.actions_by_id[action_id]
        assert action.isEnabled(), action_id
        action.trigger()

    def key(self, widget: Any, key: Qt.Key) -> None:
        """Press a key with a widget in focus."""
        self.window.activateWindow()
        widget.setFocus()
        QTest.keyClick(widget, key)

    def settle(self) -> None:
        """Wait until nothing that is shown is on its way."""
        wait(self.app.is_settled, "a window at rest")

    def go(self, page: Page) -> None:
        """Click a page in the rail's menu, and wait for it."""
        self.act(f"window.{page}")
        self.settle()

    # --- what is shown

    @property
    def snapshot(self) -> Any:
        """The open project as the window has it."""
        return self.workspace.snapshot.value

    def people(self) -> dict[str, list[str]]:
        """The tracklets of each identity, by its name."""
        ids = self.snapshot.tracklets.ids
        return {person.name: sorted(ids[row] for row in person.tracklets) for person in self.snapshot.persons}

    def n_verdicts(self) -> int:
        """Pairs about which something was decided."""
        return len(self.snapshot.verdicts) // 2

    def job(self, name: str) -> Any:
        """Wait for a job to be done; a failure is told with its message."""

        def state() -> Any:
            return next(
                (job for job in reversed(self.workspace.jobs.value) if job.name.startswith(name)), None
            )

        wait(lambda: state() and state().status in ("done", "failed"), f"the end of the job {name}")
        assert state().status == "done", state().message
        return state()

    # --- steps

    def new_project(self, path: Path) -> None:
        """Make a project, saying where in the dialog of the system."""
        asked = QFileDialog.getSaveFileName
        QFileDialog.getSaveFileName = lambda *_: (str(path), "")  # type: ignore[method-assign]
        try:
            self.act("file.new")
        finally:
            QFileDialog.getSaveFileName = asked  # type: ignore[method-assign]
        wait(lambda: self.snapshot is not None, "an open project")
        self.settle()

    def drop(self, paths: list[Path]) -> None:
        """Drop files on the window."""
        mime = QMimeData()
        mime.setUrls([QUrl.fromLocalFile(str(path)) for path in paths])
        place, keys = self.window.rect().center(), Qt.KeyboardModifier.NoModifier
        copy = Qt.DropAction.CopyAction
        QApplication.sendEvent(self.window, QDragEnterEvent(place, copy, mime, LEFT, keys))
        QApplication.sendEvent(self.window, QDropEvent(QPointF(place), copy, mime, LEFT, keys))

    def show_frame(self, tracklet: str, frame_idx: int) -> None:
        """Bring one of a tracklet's frames into its camera's pane."""
        tracklets = self.snapshot.tracklets
        row = tracklets.row_of[tracklet]
        camera, source_id = (
            self.snapshot.cameras[int(tracklets.camera[row])].name,
            int(tracklets.source_id[row]),
        )
        first, last = tracklets.start_idx[row], tracklets.end_idx[row]
        part = (frame_idx - first) / (last - first)
        at_ms = tracklets.start_ms[row] + part * (tracklets.end_ms[row] - tracklets.start_ms[row])
        panes = self.app.pages.investigate.panes
        self.workspace.playhead_ms.set(float(at_ms) + 1.0)
        wait(lambda: panes.shown_frame(camera) == (source_id, frame_idx), f"frame {frame_idx} of {camera}")
        self.settle()

    def click_person(self, tracklet: str, frame_idx: int) -> None:
        """Click a person in the picture."""
        panes = self.app.pages.investigate.panes
        self.show_frame(tracklet, frame_idx)

        def box() -> Any:
            panes.repaint()
            return next((b for b in panes.painted_boxes() if b.shape.mark.tracklet == tracklet), None)

        place = wait(box, f"a box of {tracklet} in its pane").rect.center().toPoint()
        QTest.mouseClick(panes, LEFT, pos=place)
        assert self.workspace.selected.value == (tracklet,)

    def search(self, tracklet: str, frame_idx: int) -> list[str]:
        """Click a person and wait for the hits; the best first."""
        self.click_person(tracklet, frame_idx)

        def hits() -> Any:
            found = self.workspace.results.value
            is_mine = found is not None and found.query.tracklets == (tracklet,)
            return found if is_mine and not found.is_searching else None

        found = wait(hits, f"hits for {tracklet}")
        assert found.problem == ""
        self.settle()
        rows = sorted(found.rows, key=lambda row: -row.similarity)
        return [row.tracklet for row in rows]
