"""One real training through the window: three tiny epochs, compared with the bundled model."""

import cv2
import numpy as np
import pytest
from PySide6.QtWidgets import QPushButton

from app.assembly.train import Train
from app.jobs.project_lane import OpenProjectLane
from app.jobs.queue import JobQueue
from app.loading import load_snapshot
from app.settings import Settings
from app.widgets.curve_plot import CurvePlot
from app.workspace import ActiveModel, Page, Workspace
from tests.gui.support import dress, drop
from tests.unit.reid_core.store.build import made

PATIENCE_MS = 900_000
N_PEOPLE, N_HELD_OUT = 6, 3


def write_set(folder):
    """People of one colour each under two cameras, some of them for testing only."""
    rng = np.random.default_rng(0)
    for pid in range(1, N_PEOPLE + N_HELD_OUT + 1):
        color = rng.integers(20, 235, 3)
        for camera in (1, 2):
            for number in range(3):
                if pid <= N_PEOPLE:
                    part = "bounding_box_train"
                else:
                    part = "query" if number == 0 else "bounding_box_test"
                noise = rng.integers(-15, 15, (64, 32, 3))
                image = np.clip(color + 10 * camera + noise, 0, 255).astype(np.uint8)
                (folder / part).mkdir(parents=True, exist_ok=True)
                cv2.imwrite(str(folder / part / f"{pid:04d}_c{camera}s1_{number:06d}_00.png"), image)
    return folder


@pytest.mark.slow
@pytest.mark.timeout(1800)
def test_three_epochs_are_trained_and_compared(qtbot, tmp_path, monkeypatch):
    monkeypatch.setenv("OMP_NUM_THREADS", "1")  # so small a network gains nothing from more
    dress("light")
    data = write_set(tmp_path / "set")
    with made(tmp_path / "case.sightline") as project:
        snapshot = load_snapshot(project)
    workspace, settings = Workspace(), Settings(tmp_path / "settings.ini")
    lane = OpenProjectLane(workspace, "write")
    lane.open(tmp_path / "case.sightline")
    jobs = JobQueue(workspace, settings)
    train = Train(workspace, lane, jobs, settings, lambda: None)

    def until(condition):
        qtbot.waitUntil(lambda: bool(condition()), timeout=PATIENCE_MS)

    try:
        train.page.resize(1536, 920)
        train.page.show()
        workspace.snapshot.set(snapshot)
        workspace.model.set(ActiveModel("k", "light", "light"))
        workspace.page.set(Page.TRAIN)
        start = train.page.findChild(QPushButton, "train.start")
        until(lambda: train.page.form._form.is_ready)
        train.form.choose("folder", str(data))
        small = {"schedule.n_epochs": "3", "batch.n_ids": "4", "batch.n_images": "2"}
        for name, value in (small | {"batch.height": "64", "batch.width": "32"}).items():
            train.form.change(name, value)
        until(start.isEnabled)
        until(lambda: train.is_settled)
        assert train.page.form._form.note == ""
        start.click()
        until(lambda: train.runs.current.value is not None and train.runs.current.value.status == "done")
        run = train.runs.current.value
        assert run.model is not None
        assert (run.epoch, run.n_epochs) == (3, 3)
        assert train.page.findChild(CurvePlot, "train.loss")._series
        until(lambda: train.comparison._kept.found)
        assert {line.name for line in train.comparison._shown.lines} >= {"mAP", "rank-1", "mINP"}
        assert train.comparison._kept.found["n_ids"] == N_HELD_OUT
    finally:
        jobs.shutdown()
        train.close()
        lane.close()
        drop(train.page)
