"""The window on a real X display, by mouse and keys: a person is clicked, accepted, undone, redone."""

from __future__ import annotations

import json
import os
import shutil
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.e2e.cli import sightline
from tests.gui.test_whole_window import ingested  # noqa: F401  (a fixture)

SIZE = (1280, 800)
PATIENCE_S = 90.0
pytestmark = [
    pytest.mark.slow,
    pytest.mark.skipif(
        not (shutil.which("Xvfb") and shutil.which("xdotool")),
        reason="needs Xvfb and xdotool: run `python scripts/bootstrap.py --window`",
    ),
]


def wait(condition: Callable[[], Any]) -> Any:
    """What the condition gives once that is something."""
    end = time.monotonic() + PATIENCE_S
    while not (found := condition()):
        assert time.monotonic() < end, "it did not come in time"
        time.sleep(0.2)
    return found


@pytest.fixture
def display(tmp_path) -> Iterator[dict[str, str]]:
    """The environment of a display of its own, without a window manager."""
    reading, writing = os.pipe()
    screen = f"{SIZE[0]}x{SIZE[1]}x24"
    command = ["Xvfb", "-displayfd", str(writing), "-screen", "0", screen, "-nolisten", "tcp"]
    with subprocess.Popen(command, pass_fds=[writing], stderr=subprocess.DEVNULL) as server:
        os.close(writing)
        with os.fdopen(reading) as numbers:
            number = numbers.readline().strip()
        yield {
            **os.environ,
            "DISPLAY": f":{number}",
            "QT_QPA_PLATFORM": "xcb",
            "HOME": str(tmp_path),
            "XDG_CONFIG_HOME": str(tmp_path / "config"),
        }
        server.terminate()


class Hands:
    """Mouse and keyboard of a display."""

    def __init__(self, display: dict[str, str]) -> None:
        self._display = display

    def __call__(self, *words: object) -> str:
        done = subprocess.run(
            ["xdotool", *map(str, words)], env=self._display, capture_output=True, text=True, check=False
        )
        return done.stdout.strip()

    def click(self, rect: list[int]) -> None:
        """Click into the middle of a rectangle of the window, which lies in the display's corner."""
        x, y, width, height = rect
        self("mousemove", x + width // 2, y + height // 2, "sleep", 0.2, "click", 1)


def verdicts(project: Path) -> list[dict[str, Any]]:
    """The people whom the project knows, read as any other program would."""
    return sightline("identities", project, "--json").json


def test_a_person_is_clicked_accepted_undone_and_redone_by_mouse_and_keys(ingested, display, tmp_path):  # noqa: F811
    project = Path(shutil.copytree(ingested.parent, tmp_path / "walk")) / ingested.name
    window = [sys.executable, "-m", "app", str(project), "--page", "investigate", "--size", "1280x800"]
    seen = tmp_path / "seen.json"
    subprocess.run([*window, "--describe", str(seen)], env=display, check=True, timeout=PATIENCE_S * 2)
    box = next(box for box in json.loads(seen.read_text())["boxes"] if box["camera"] == "gate")
    hands = Hands(display)
    with subprocess.Popen(window, env=display) as program:
        try:
            name = wait(lambda: hands("search", "--onlyvisible", "--name", "walk"))
            hands("windowmove", name.split()[0], 0, 0, "windowfocus", name.split()[0])

            def person_is_known() -> bool:
                hands.click(box["rect"])
                time.sleep(2)  # the search runs in a child that has to start
                hands("key", "a")
                time.sleep(1)
                return bool(verdicts(project))

            wait(person_is_known)
            assert box["tracklet"] in verdicts(project)[0]["tracklets"]
            hands("key", "ctrl+z")
            wait(lambda: not verdicts(project))
            hands("key", "ctrl+shift+z")
            wait(lambda: verdicts(project))
        finally:
            program.send_signal(signal.SIGKILL)
    assert box["tracklet"] in verdicts(project)[0]["tracklets"]
