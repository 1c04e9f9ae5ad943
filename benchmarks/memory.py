"""Whether an ingest's memory grows with the length of its footage.

    python -m benchmarks.memory                    # 200,000 frames
    python -m benchmarks.memory --frames 60000     # a shorter look

The whole pipeline runs in a process of its own, on tiny synthetic pictures, with detections from a file and
mean colours in place of the embedder. The resident set is read at every progress event; the slope is that of
a straight line through all readings between frame 20,000 and the end, by least squares. Exit code 1 above
the goal.
"""

from __future__ import annotations

import argparse
import json
import subprocess
import sys
import tempfile
import time
from pathlib import Path

import numpy as np
import psutil

from benchmarks import long_footage

FIRST = 20_000
GOAL_MB = 1.0
"""Megabytes for each 10,000 frames."""


def main() -> int:
    """Measure, print, and say whether the goal is met."""
    parser = argparse.ArgumentParser(description=__doc__.split("\n", 1)[0])
    parser.add_argument("--frames", type=int, default=200_000)
    parser.add_argument("--run", type=Path, help=argparse.SUPPRESS)
    arguments = parser.parse_args()
    if arguments.run:
        ingest_and_report(arguments.run)
        return 0
    if arguments.frames <= FIRST:
        parser.error(f"--frames must be above {FIRST}")
    with tempfile.TemporaryDirectory() as folder:
        long_footage.write(Path(folder), "gate", arguments.frames)
        return measure(Path(folder), arguments.frames)


def measure(folder: Path, n_frames: int) -> int:
    """Run the ingest as a child and fit its readings."""
    command = [sys.executable, "-m", "benchmarks.memory", "--run", str(folder)]
    started = time.monotonic()
    done = subprocess.run(command, stdout=subprocess.PIPE, check=True, text=True)
    outcome = json.loads(done.stdout)
    frames, rss = np.array(outcome["readings"]).T
    seen = frames >= FIRST
    slope = np.polyfit(frames[seen] / 10_000, rss[seen] / 1e6, 1)[0]
    took_s = time.monotonic() - started
    print(
        f"{n_frames:,} frames, {outcome['n_tracklets']:,} tracklets, {n_frames / took_s:.0f} frames a second"
    )
    for mark in range(0, n_frames + 1, max(n_frames // 10, 1)):
        nearest = int(np.abs(frames - mark).argmin())
        print(f"  frame {int(frames[nearest]):8,}: {rss[nearest] / 1e6:7.1f} MB")
    print(f"slope from frame {FIRST:,}: {slope:+.2f} MB per 10,000 frames (goal: below {GOAL_MB})")
    print(f"  of {seen.sum()} readings; they lie within {np.ptp(rss[seen]) / 1e6:.1f} MB of each other")
    return int(slope >= GOAL_MB)


def ingest_and_report(folder: Path) -> None:
    """Ingest the clip in the folder; print the readings as JSON."""
    from reid_core.detection.replay import ReplayDetector
    from reid_core.pipeline.ingest import IngestConfig, ingest
    from reid_core.pipeline.sources import register_cameras
    from reid_core.progress import CancelToken, Progress
    from reid_core.store.project import Project
    from tests.fakes.models import ColorEmbedder

    me, cancel = psutil.Process(), CancelToken()
    readings: list[tuple[int, int]] = []
    with Project.open(folder / "case.sightline", create=True) as project:
        clips = {"gate": (folder / "gate.mp4",)}
        for _ in register_cameras(project, clips, fps=None, cancel=cancel):
            pass
        job = ingest(project, ReplayDetector(folder / "boxes"), ColorEmbedder(), IngestConfig(), cancel)
        readings.extend(
            (event.done, me.memory_info().rss)
            for event in job
            if isinstance(event, Progress) and event.part.startswith("gate")
        )
        n_tracklets = len(project.tracklets())
    json.dump({"readings": readings, "n_tracklets": n_tracklets}, sys.stdout)


if __name__ == "__main__":
    sys.exit(main())
