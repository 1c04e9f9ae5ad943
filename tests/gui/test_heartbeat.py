"""The event loop is never held up by our own code, also while footage is processed."""

from __future__ import annotations

import time
from pathlib import Path

import pytest
from PySide6.QtCore import QTimer

from app.observed import Observed
from tests.gui.heartbeat import LATE_MS, Heartbeat, Stall
from tests.gui.test_ingest_in_window import Window, footage  # noqa: F401  (a fixture)

pytestmark = pytest.mark.slow
N_ATTEMPTS = 3


def stalls_of_ours(window: Window, project: Path, clips: Path) -> list[Stall]:
    """What our own code held up while two cameras were processed."""
    window.add(project, clips)
    heartbeat = Heartbeat()
    heartbeat.start()
    try:
        window.press("sources.ingest")
        window.wait(lambda: window.jobs and window.jobs[0].done > 0)
        window.press("rail.investigate")
        window.wait(lambda: all(state.startswith("Ready") for state in window.states))
    finally:
        heartbeat.stop()
    window.wait(lambda: not window.app.jobs.is_running)
    assert len(heartbeat.late_ms) > 100
    return [stall for stall in heartbeat.stalls if stall.is_ours]


def test_the_window_lives_while_two_cameras_are_processed(qtbot, footage, tmp_path):  # noqa: F811
    """A busy computer can hold up anything once; what our code does wrong, it does each time."""
    for attempt in range(N_ATTEMPTS):
        folder = tmp_path / str(attempt)
        folder.mkdir()
        window = Window(qtbot, folder)
        stalls = stalls_of_ours(window, folder / "trial.sightline", footage)
        assert window.app.window.close()
        if not stalls:
            return
    pytest.fail("\n\n".join(f"{stall.late_ms:.0f} ms\n" + "\n".join(stall.stack) for stall in stalls))


def test_a_heartbeat_sees_who_held_it_up(qtbot):
    """So that the other test can fail: code of the application that sleeps, and code elsewhere that does."""
    value = Observed(0)
    value.connect(lambda _: time.sleep(0.3))
    heartbeat = Heartbeat()
    heartbeat.start()

    def long_stalls(*, ours):  # a busy computer may add shorter ones of its own
        return [stall for stall in heartbeat.stalls if stall.late_ms > 2 * LATE_MS and stall.is_ours is ours]

    QTimer.singleShot(50, lambda: value.set(1))
    qtbot.waitUntil(lambda: len(long_stalls(ours=True)) == 1, timeout=60_000)
    n_elsewhere = len(long_stalls(ours=False))
    QTimer.singleShot(50, lambda: time.sleep(0.3))
    qtbot.waitUntil(lambda: len(long_stalls(ours=False)) > n_elsewhere, timeout=60_000)
    heartbeat.stop()
    assert len(long_stalls(ours=True)) == 1
