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
import subprocess
import sys
import tempfile
import time
from pathlib import Path

import numpy as np
import psutil

from benchmarks import long_footage

FIRST = 20_000
MARK = 10_000
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
    """Run the ingest as a child, show its readings as they come, and fit them; Ctrl-C fits what there is."""
    command = [sys.executable, "-m", "benchmarks.memory", "--run", str(folder)]
    started = time.monotonic()
    readings: list[tuple[int, int]] = []
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as child:
        assert child.stdout is not None
        try:
            for line in child.stdout:
                frame, rss = map(int, line.split())
                if frame // MARK > (readings[-1][0] if readings else -1) // MARK:
                    print(f"  frame {frame:8,}: {rss / 1e6:7.1f} MB", flush=True)
                readings.append((frame, rss))
        except KeyboardInterrupt:
            child.terminate()
    took_s = time.monotonic() - started
    frames, rss_bytes = np.array(readings).T
    seen = frames >= FIRST
    if seen.sum() < 2:
        print(f"stopped before frame {FIRST:,}: nothing can be said")
        return 1
    slope = np.polyfit(frames[seen] / 10_000, rss_bytes[seen] / 1e6, 1)[0]
    print(f"{frames[-1]:,} of {n_frames:,} frames, {frames[-1] / took_s:.0f} a second")
    print(f"slope from frame {FIRST:,}: {slope:+.2f} MB per 10,000 frames (goal: below {GOAL_MB})")
    print(f"  of {seen.sum()} readings; they lie within {np.ptp(rss_bytes[seen]) / 1e6:.1f} MB of each other")
    return int(slope >= GOAL_MB or child.returncode > 0)


def ingest_and_report(folder: Path) -> None:
    """Ingest the clip in the folder; print a line of frame and bytes at every reading."""
    from reid_core.detection.replay import ReplayDetector
    from reid_core.pipeline.ingest import IngestConfig, ingest
    from reid_core.pipeline.sources import register_cameras
    from reid_core.progress import CancelToken, Progress
    from reid_core.store.project import Project
    from tests.fakes.models import ColorEmbedder

    me, cancel = psutil.Process(), CancelToken()
    with Project.open(folder / "case.sightline", create=True) as project:
        clips = {"gate": (folder / "gate.mp4",)}
        for _ in register_cameras(project, clips, fps=None, cancel=cancel):
            pass
        job = ingest(project, ReplayDetector(folder / "boxes"), ColorEmbedder(), IngestConfig(), cancel)
        for event in job:
            if isinstance(event, Progress) and event.part.startswith("gate"):
                print(event.done, me.memory_info().rss, flush=True)


if __name__ == "__main__":
    sys.exit(main())
