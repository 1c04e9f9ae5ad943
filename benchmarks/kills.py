"""Whether an ingest that is killed again and again ends like one that was never disturbed.

    python -m benchmarks.kills                # 1,000 kills
    python -m benchmarks.kills --kills 100

Two short synthetic clips are ingested with boxes from a file and mean colours for the embedder. Each attempt
is a process of its own that is killed (SIGKILL) at a random moment and then started again on the same
project, until one comes to its end. Then detections, tracklets, members, crops and vectors are compared with
an uninterrupted run's, and the next project begins. Attempts are forked from this process, which has loaded
everything but runs no thread: so kills fall into the work and not into imports. Exit code 1 at the first
difference.
"""

from __future__ import annotations

import argparse
import importlib
import os
import random
import signal
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Callable
from pathlib import Path

from reid_core.detection.replay import ReplayDetector
from reid_core.pipeline.ingest import IngestConfig, ingest
from reid_core.pipeline.sources import register_cameras
from reid_core.progress import CancelToken
from reid_core.store.project import Project
from reid_core.thirdparty import quiet_ultralytics
from tests.fakes.contents import assert_same, contents
from tests.fakes.footage import BLUE, GREEN, RED, Walker, write_boxes, write_clip
from tests.fakes.models import ColorEmbedder

N_FRAMES = 150
CAMERAS = ("gate", "hall")
MEAN_KILLS = 3
"""About so many kills happen to a project before it is done."""
LOOKED_AT = 0.2
"""Share of the kills after which somebody opens the project before it is resumed."""


def main() -> int:
    """Kill, resume and compare until there were enough kills."""
    parser = argparse.ArgumentParser(description=__doc__.split("\n", 1)[0])
    parser.add_argument("--kills", type=int, default=1000)
    parser.add_argument("--seed", type=int, default=7)
    arguments = parser.parse_args()
    preload()
    with tempfile.TemporaryDirectory() as folder:
        return run(Path(folder), arguments.kills, random.Random(arguments.seed))


def preload() -> None:
    """Import what an ingest imports when it needs it."""
    quiet_ultralytics()
    for name in ("ultralytics.trackers.track", "scipy.optimize", "scipy.sparse.csgraph"):
        importlib.import_module(name)


def run(folder: Path, n_wanted: int, chance: random.Random) -> int:
    """All rounds; 0 when every project ended alike."""
    for number, camera in enumerate(CAMERAS):
        walkers = walkers_of(number)
        write_clip(folder / f"{camera}.mp4", walkers, N_FRAMES)
        write_boxes(folder / "boxes", camera, walkers, N_FRAMES)
    whole_s = min(attempt(folder, f"whole{i}", None)[1] for i in range(2))
    wanted = contents(folder / "whole0.sightline")
    n_rows = sum(map(len, wanted["frames"].values()))
    print(f"undisturbed: {n_rows} frames, {len(wanted['tracklets'])} tracklets, {whole_s:.2f} s")
    n_kills = n_projects = 0
    states: Counter[str] = Counter()
    started = time.monotonic()
    while n_kills < n_wanted:
        name, finished = f"killed{n_projects}", False
        n_projects += 1
        while not finished and n_kills < n_wanted:
            finished, _ = attempt(folder, name, chance.uniform(0, 2 * whole_s / MEAN_KILLS))
            n_kills += not finished
            if (
                not finished and chance.random() < LOOKED_AT
            ):  # opening it takes the log in, a resume should do it
                states[state(folder / f"{name}.sightline")] += 1
        if not finished:
            attempt(folder, name, None)
        path = folder / f"{name}.sightline"
        try:
            assert_same(contents(path), wanted)
        except AssertionError as error:
            print(f"after {n_kills} kills, project {n_projects} differs: {error}")
            return 1
        remove(path)
        if n_projects % 20 == 0:
            print(
                f"  {n_kills} kills, {n_projects} projects alike, {time.monotonic() - started:.0f} s",
                flush=True,
            )
    found = ", ".join(f"{what} {count}" for what, count in states.most_common())
    print(f"{n_kills} kills in {n_projects} projects: every project ended like the undisturbed one")
    print(f"  what was left, where somebody looked: {found}")
    return 0


def walkers_of(camera: int) -> tuple[Walker, ...]:
    """Who walks in a camera."""
    return (
        Walker(RED, (10, 20 + 15 * camera), (2, 0), 0, 90),
        Walker(BLUE, (270, 140), (-2, 0), 20, 120),
        Walker(GREEN, (10, 30), (3, 0.1), 100, N_FRAMES - 1),
    )


def attempt(folder: Path, name: str, kill_after_s: float | None) -> tuple[bool, float]:
    """Ingest in a forked process; whether it came to its end, and how long it took."""
    started = time.monotonic()
    child = os.fork()
    if child == 0:
        leave(lambda: work(folder, folder / f"{name}.sightline"))
    while True:
        ended, status = os.waitpid(child, os.WNOHANG)
        took_s = time.monotonic() - started
        if ended:
            if status:
                raise SystemExit(f"{name}: the ingest failed with status {status}")
            return True, took_s
        if kill_after_s is not None and took_s >= kill_after_s:
            os.kill(child, signal.SIGKILL)
            return os.waitpid(child, 0)[1] == 0, took_s
        time.sleep(0.002)


def leave(do: Callable[[], None]) -> None:
    """Do something in a forked process and end it, without what the parent would do at its end."""
    code = 1
    try:
        do()
        code = 0
    except BaseException as error:
        print(f"{type(error).__name__}: {error}", file=sys.stderr, flush=True)
    finally:
        os._exit(code)


def work(folder: Path, path: Path) -> None:
    """Ingest everything."""
    cancel = CancelToken()
    with Project.open(path, create=True) as project:
        clips = {camera: (folder / f"{camera}.mp4",) for camera in CAMERAS}
        for _ in register_cameras(project, clips, fps=None, cancel=cancel):
            pass
        detector = ReplayDetector(folder / "boxes", batch_size=4)
        for _ in ingest(project, detector, ColorEmbedder(), IngestConfig(), cancel):
            pass


def state(path: Path) -> str:
    """What a kill left behind, for the table of where kills fell. Looking at it repairs nothing."""
    if not path.exists():
        return "no project"
    with Project.open(path) as project:
        segments = project.segments()
        if not segments:
            return "no segment"
        if any(segment.state == "open" for segment in segments) or len(segments) < len(CAMERAS):
            return "an open segment" if any(s.n_frames for s in segments) else "a segment without frames"
        missing = project.undescribed_tracklets(project.spaces()[0].key)
    return "missing vectors" if missing else "everything"


def remove(path: Path) -> None:
    """Delete a project."""
    import shutil

    shutil.rmtree(path.with_name(path.name + ".d"))
    for file in path.parent.glob(path.name + "*"):
        file.unlink()


if __name__ == "__main__":
    sys.exit(main())
