"""A killed ingest goes on where it stopped, and ends with the same rows as one that was never disturbed."""

from __future__ import annotations

import random
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

from reid_core.errors import CancelledError
from reid_core.pipeline.ingest import IngestConfig, ingest
from reid_core.pipeline.sources import register_cameras
from reid_core.progress import CancelToken
from reid_core.store.project import Project
from tests.fakes.contents import assert_same, contents
from tests.fakes.footage import BLUE, GREEN, RED, Walker, write_clip
from tests.fakes.ingest_child import run
from tests.fakes.models import ColorDetector, ColorEmbedder

N_FRAMES = 240
N_KILLS = 40


def walkers(offset: int) -> tuple[Walker, ...]:
    return (
        Walker(RED, (10, 20 + offset), (2, 0), 0, 130),
        Walker(BLUE, (270, 140), (-2, 0), 20, 150),
        Walker(GREEN, (10, 30), (3, 0.1), 165, 239),
    )


@pytest.fixture(scope="module")
def clips(tmp_path_factory) -> dict[str, Path]:
    folder = tmp_path_factory.mktemp("clips")
    return {
        "gate": write_clip(folder / "gate.mp4", walkers(0), N_FRAMES),
        "hall": write_clip(folder / "hall.mp4", walkers(15), N_FRAMES),
    }


@pytest.fixture(scope="module")
def undisturbed(clips, tmp_path_factory) -> dict:
    path = tmp_path_factory.mktemp("whole") / "whole.sightline"
    run(path, {name: (clip,) for name, clip in clips.items()})
    return contents(path)


def test_the_walkers_become_tracklets(undisturbed):
    assert len(undisturbed["tracklets"]) == 6
    assert all(len(frames) == N_FRAMES for frames in undisturbed["frames"].values())
    assert len(undisturbed["vectors"]) == 6
    assert all(undisturbed["crops"].values())


@pytest.mark.slow
def test_kills_at_random_moments_change_nothing(clips, undisturbed, tmp_path):
    path = tmp_path / "killed.sightline"
    chance = random.Random(7)
    command = [sys.executable, "-m", "tests.fakes.ingest_child", str(path)]
    command += [f"{name}={clip}" for name, clip in clips.items()]
    n_killed = n_projects = 0
    while n_killed < N_KILLS:
        n_projects += 1
        path = tmp_path / f"killed{n_projects}.sightline"
        command[3] = str(path)
        finished = False
        while not finished and n_killed < N_KILLS:
            child = subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE)
            deadline = time.monotonic() + chance.uniform(0.1, 2.5)
            while child.poll() is None and time.monotonic() < deadline:
                time.sleep(0.01)
            finished = child.poll() is not None
            if not finished:
                child.send_signal(signal.SIGKILL)
                n_killed += 1
            _, errors = child.communicate()
            assert not finished or child.returncode == 0, errors.decode()
        run(path, {name: (clip,) for name, clip in clips.items()})
        assert_same(contents(path), undisturbed)


def test_running_again_does_nothing(clips, undisturbed, tmp_path):
    path = tmp_path / "twice.sightline"
    cameras = {name: (clip,) for name, clip in clips.items()}
    run(path, cameras)
    run(path, cameras)
    assert_same(contents(path), undisturbed)


def test_cancel_stops_within_a_second_and_resumes(clips, undisturbed, tmp_path):
    path = tmp_path / "cancelled.sightline"
    cancel = CancelToken()
    with Project.open(path, create=True) as project:
        for _ in register_cameras(project, {n: (c,) for n, c in clips.items()}, fps=None, cancel=cancel):
            pass
        job = ingest(project, ColorDetector(0.02), ColorEmbedder(), IngestConfig(), cancel)
        next(job)
        asked_at = time.monotonic()
        cancel.cancel()
        with pytest.raises(CancelledError):
            list(job)
        assert time.monotonic() - asked_at < 1.0
    run(path, {name: (clip,) for name, clip in clips.items()})
    assert_same(contents(path), undisturbed)
