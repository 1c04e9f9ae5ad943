"""Whether the window's memory grows while it is used: ``python -m benchmarks.window_memory PROJECT``.

A copy of a project (the demo's, for instance) is opened, and the same round goes on for half an hour: play,
seek, click a person, look at the results, accept, undo, draw each page. The resident set is read after every
round; the slope is that of a straight line through the readings behind the first fifth, by least squares.
Exit code 1 above the goal.
"""

from __future__ import annotations

import argparse
import os
import shutil
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path

import numpy as np
import psutil

GOAL_MB = 20.0
"""Megabytes in an hour."""
PATIENCE_S = 120.0


class User:
    """Somebody who uses the window."""

    def __init__(self, project: Path, folder: Path) -> None:
        from PySide6.QtWidgets import QApplication

        from app.application import Application
        from app.options import WindowOptions
        from app.settings import Settings
        from app.theme.theme import theme

        self.qt = QApplication.instance() or QApplication([])
        theme().start(self.qt, "light", bundled_font=True)
        self.app = Application(
            WindowOptions(project=project, size=(1600, 1000)), Settings(folder / "settings.ini")
        )
        self.app.start()
        self.wait(lambda: self.app.workspace.snapshot.value is not None and self.app.is_settled())

    def wait(self, is_there: Callable[[], bool]) -> None:
        """Let the window work until something is there.

        In an event loop of Qt's own: what the window throws away is deleted there alone.
        """
        from PySide6.QtCore import QEventLoop, QTimer

        end = time.monotonic() + PATIENCE_S
        loop, looking = QEventLoop(), QTimer(interval=5)

        def look() -> None:
            if is_there() or time.monotonic() > end:
                loop.quit()

        looking.timeout.connect(look)
        looking.start()
        loop.exec()
        looking.stop()
        if not is_there():
            raise SystemExit("The window did not come to rest; is the project's footage there?")

    def rest(self, seconds: float) -> None:
        """Look on for a while."""
        end = time.monotonic() + seconds
        self.wait(lambda: time.monotonic() > end)

    def act(self, action_id: str) -> None:
        """Press an action's key."""
        self.app.window.actions_by_id[action_id].trigger()

    def round(self, number: int) -> None:
        """Everything once."""
        from PySide6.QtCore import Qt
        from PySide6.QtTest import QTest

        from app.workspace import Page

        workspace, panes = self.app.workspace, self.app.pages.investigate.panes
        self.app.show_page(Page.INVESTIGATE)
        self.act("playback.start")
        for _ in range(1 + number % 20):
            self.act("playback.frame_forward")
        self.act("playback.play")
        self.rest(1.0)
        self.act("playback.stop")
        self.wait(self.app.is_settled)
        boxes = panes.painted_boxes()
        if boxes:
            box = boxes[number % len(boxes)]
            QTest.mouseClick(panes, Qt.MouseButton.LeftButton, pos=box.rect.center().toPoint())
            self.wait(
                lambda: workspace.results.value is not None and not workspace.results.value.is_searching
            )
            self.rest(0.5)
            if workspace.current.value:
                self.act("identity.accept")
                self.wait(self.app.window.actions_by_id["edit.undo"].isEnabled)
                self.rest(0.3)
                self.act("edit.undo")
            self.act("search.clear")
        for page in Page:
            self.app.show_page(page)
            self.rest(0.3)


def main() -> int:
    """Use the window, print the readings, fit them."""
    parser = argparse.ArgumentParser(description=__doc__.split("\n", 1)[0])
    parser.add_argument("project", type=Path)
    parser.add_argument("--minutes", type=float, default=30.0)
    arguments = parser.parse_args()
    os.environ.setdefault("QT_QPA_PLATFORM", "offscreen")
    with tempfile.TemporaryDirectory() as folder:
        project = Path(shutil.copy(arguments.project, folder))
        sidecar = arguments.project.with_name(arguments.project.name + ".d")
        if sidecar.exists():
            shutil.copytree(sidecar, project.with_name(sidecar.name))
        user = User(project, Path(folder))
        minutes, megabytes = use(user, arguments.minutes)
        user.app.window.close()
    kept = minutes >= arguments.minutes / 5
    slope = float(np.polyfit(minutes[kept], megabytes[kept], 1)[0]) * 60
    print(f"{len(minutes)} rounds; {slope:+.1f} MB an hour (goal {GOAL_MB:.0f})")
    return int(slope > GOAL_MB)


def use(user: User, n_minutes: float) -> tuple[np.ndarray, np.ndarray]:
    """Rounds until the time is over: minutes since the start, and megabytes, of each."""
    process, started = psutil.Process(), time.monotonic()
    minutes: list[float] = []
    megabytes: list[float] = []
    while not minutes or minutes[-1] < n_minutes:
        user.round(len(minutes))
        minutes.append((time.monotonic() - started) / 60)
        megabytes.append(process.memory_info().rss / 1e6)
        if len(minutes) % 10 == 1:
            print(f"  minute {minutes[-1]:5.1f}: {megabytes[-1]:6.1f} MB", flush=True)
    return np.array(minutes), np.array(megabytes)


if __name__ == "__main__":
    sys.exit(main())
