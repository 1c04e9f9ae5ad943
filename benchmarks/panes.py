"""Whether the panes keep up: frames shown in time, alone and beside an ingest, and how soon a seek is shown.

    QT_QPA_PLATFORM=offscreen python benchmarks/panes.py       # about three minutes
    QT_QPA_PLATFORM=offscreen python benchmarks/panes.py --seconds 20 --gop 250 --no-ingest

Four cameras of 1280x720, 25 frames a second, H.264, made of moving noise and rectangles; their panes are
those of a 1600x1000 window, with six boxes and trails each. A frame is due when the common clock reaches its
time, and in time when a paint event with it ends within one frame interval. The ingest is the program's own,
of the same clip, in a process of its own at low priority. The histogram of a 10 ms heartbeat in the same
event loop shows how long that was ever held. Load average and own CPU time stand beside the figures: other
work on the computer slows all of them down.
"""

from __future__ import annotations

import argparse
import json
import os
import random
import subprocess
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import av
import numpy as np

WIDTH, HEIGHT, FPS, N_CAMERAS = 1280, 720, 25, 4
GRID = (1104, 620)
INTERVAL_MS = 1000.0 / FPS
EDGES_MS = (5, 10, 20, 40, 80, 160, 320)


def main() -> None:
    """Run what was asked for."""
    parser = argparse.ArgumentParser(description=__doc__.split("\n", 1)[0])
    parser.add_argument("--seconds", type=float, default=10.0, help="length of each playing")
    parser.add_argument("--gop", type=int, default=50, help="frames from key frame to key frame")
    parser.add_argument("--seeks", type=int, default=30)
    parser.add_argument("--no-ingest", action="store_true")
    parser.add_argument("--clip", type=Path, help="use this clip, or make it there")
    arguments = parser.parse_args()
    os.environ.setdefault("QT_QPA_PLATFORM", "offscreen")
    with tempfile.TemporaryDirectory() as folder:
        clip = arguments.clip or Path(folder) / "clip.mp4"
        if not clip.exists():
            print(f"making {clip.name} ...", flush=True)
            write_clip(clip, round((arguments.seconds + 8) * FPS), arguments.gop)
        stand = Stand(clip, Path(folder))
        try:
            report_play(stand, arguments.seconds, "alone")
            report_seeks(stand, arguments.seeks)
            if not arguments.no_ingest:
                alone = ingest_rate(clip, Path(folder) / "a", arguments.seconds, lambda: None)
                beside = ingest_rate(
                    clip,
                    Path(folder) / "b",
                    arguments.seconds + 4,
                    lambda: report_play(stand, arguments.seconds, "while a second process ingests"),
                )
                print(f"ingest: {alone:.1f} frames/s alone, {beside:.1f} beside it ({beside / alone:.0%})")
        finally:
            stand.close()


def write_clip(path: Path, n_frames: int, gop: int) -> None:
    """Noise that pans, with rectangles that walk: about 4 Mbit/s."""
    rng = np.random.default_rng(0)
    ground = rng.integers(40, 216, (HEIGHT // 8, WIDTH // 8 + 300, 3), np.uint8).repeat(8, 0).repeat(8, 1)
    with av.open(str(path), "w") as container:
        options = {"crf": "23", "g": str(gop), "preset": "veryfast"}
        stream = container.add_stream("libx264", rate=FPS, options=options)
        stream.width, stream.height, stream.pix_fmt = WIDTH, HEIGHT, "yuv420p"
        for n in range(n_frames):
            image = ground[:, n * 3 % 2000 : n * 3 % 2000 + WIDTH].copy()
            for walker in range(6):
                x = (n * (3 + walker) + walker * 200) % (WIDTH - 80)
                image[80 + walker * 80 : 300 + walker * 80, x : x + 80] = (200, 40 * walker, 60)
            container.mux(stream.encode(av.VideoFrame.from_ndarray(image, format="rgb24")))
        container.mux(stream.encode())


@dataclass
class Painted:
    """What one paint event showed: when it ended, and the frame of each camera."""

    at_s: float
    frames: dict[str, int]
    took_ms: float


class Boxes:
    """Stands in for a project: six boxes a camera that walk."""

    def boxes(self, tracklet_id: str) -> Any:
        """The boxes of a tracklet."""
        from reid_core.store.records import Boxes as Columns

        n, number = 2000, int(tracklet_id.rpartition("t")[2])
        x = (np.arange(n) * (3 + number) + number * 200) % (WIDTH - 80)
        top = np.full(n, 80 + number * 80)
        xyxy = np.stack([x, top, x + 80, top + 220], 1).astype(np.float32)
        frames = np.arange(n)
        return Columns(
            frames, frames, frames * INTERVAL_MS, xyxy, frames, np.ones(n, np.float32), np.zeros(n, bool)
        )


class Lane:
    """Answers at once."""

    def ask(self, work: Any, then: Any, failed: Any = None, *, topic: str = "") -> None:
        """See `app.ports.ProjectLane`."""
        then(work(Boxes()))


@dataclass
class Stand:
    """The panes with their presenter over four cameras of one clip."""

    clip: Path
    folder: Path
    paints: list[Painted] = field(default_factory=list)

    def __post_init__(self) -> None:
        from PySide6.QtWidgets import QApplication

        from app.presenters.playback import PlaybackPresenter
        from app.theme.theme import theme
        from app.widgets.pane_grid import PaneGrid
        from app.widgets.transport import Transport
        from app.workspace import Workspace

        self.app = QApplication.instance() or QApplication([])
        theme().start(self.app, "dark", bundled_font=True)
        stand = self

        class RecordingGrid(PaneGrid):
            def paintEvent(self, event: Any) -> None:  # noqa: N802
                started = time.monotonic()
                super().paintEvent(event)
                ended = time.monotonic()
                shown = {scene.camera: scene.shot.frame_idx for scene in self._scenes if scene.shot}
                stand.paints.append(Painted(ended, shown, 1e3 * (ended - started)))

        self.workspace = Workspace()
        self.grid, self.transport = RecordingGrid(), Transport()
        self.presenter = PlaybackPresenter(self.grid, self.transport, self.workspace, Lane())
        self.grid.ticked.connect(self.presenter.tick)
        self.grid.pane_resized.connect(self.presenter.resize)
        self.grid.resize(*GRID)
        self.grid.show()
        self.workspace.snapshot.set(snapshot_of(self.clip, self.folder))
        self.grid.resize(GRID[0] + 1, GRID[1])
        self.grid.resize(*GRID)
        self.run(lambda: bool(self.paints) and len(self.paints[-1].frames) == N_CAMERAS, 30.0)

    def run(self, until: Callable[[], bool], limit_s: float) -> bool:
        """Let the event loop run until something holds; False when it took too long."""
        from PySide6.QtCore import QEventLoop, QTimer

        ends, loop, watch = time.monotonic() + limit_s, QEventLoop(), QTimer()
        watch.timeout.connect(lambda: loop.quit() if until() or time.monotonic() > ends else None)
        watch.start(5)
        loop.exec()
        watch.stop()
        return until()

    def close(self) -> None:
        """Join the threads."""
        self.presenter.close()
        self.grid.close()


def snapshot_of(clip: Path, folder: Path) -> Any:
    """A project of four cameras that all recorded the clip."""
    from app.snapshot import Snapshot, SourceFacts, SourceState, Tracklets
    from reid_core.media.source import open_source
    from reid_core.pipeline.sources import source_facts
    from reid_core.store.records import Camera, Source

    opened = open_source(clip, "A")
    facts = source_facts(opened.info)
    opened.close()
    cameras = tuple(Camera(n + 1, f"Camera {n + 1}") for n in range(N_CAMERAS))
    plain = {key: facts[key] for key in ("kind", "fingerprint", "width", "height", "fps", "duration_ms")}
    sources = tuple(
        SourceFacts(
            Source(id=c.id, camera=c.name, number=1, path=str(clip), start_ms=0.0, info=facts, **plain),
            None, SourceState.DONE, "", 6, facts["n_frames"], False,
        )
        for c in cameras
    )  # fmt: skip
    ids = tuple(f"c{c.id}s1t{n}" for c in cameras for n in range(6))
    camera = np.repeat(np.arange(N_CAMERAS), 6)
    zeros, ones = np.zeros(len(ids), np.int64), np.ones(len(ids), np.int64)
    tracklets = Tracklets(
        ids, camera, camera + 1, zeros * 0.0, ones * facts["duration_ms"], zeros, ones * facts["n_frames"],
        ones * 2000, zeros, zeros,
    )  # fmt: skip
    return Snapshot(str(folder / "bench.sightline"), "bench", cameras, sources, tracklets)


def report_play(stand: Stand, seconds: float, words: str) -> None:
    """Play, and compare what was painted with what was due."""
    from PySide6.QtCore import Qt, QTimer

    stand.presenter.seek(1000.0)
    settled = lambda: not stand.grid._timer.isActive()  # noqa: E731
    stand.run(settled, 30.0)
    stand.paints.clear()
    beats: list[float] = []
    heart = QTimer()
    heart.setTimerType(Qt.TimerType.PreciseTimer)
    heart.timeout.connect(lambda: beats.append(time.monotonic()))
    heart.start(10)
    cpu = time.process_time()
    stand.presenter.toggle()
    stand.run(lambda: stand.presenter._anchor is not None, 5.0)
    anchor_s, anchor_ms = stand.presenter._anchor
    ends = anchor_s + seconds
    stand.run(lambda: time.monotonic() >= ends, seconds + 5)
    stand.presenter.pause()
    heart.stop()
    cpu = time.process_time() - cpu
    print(f"\nplaying 4 x {WIDTH}x{HEIGHT} at {FPS}/s for {seconds:g} s, {words}")
    load = f"load average {os.getloadavg()[0]:.1f} on {os.cpu_count()} cores"
    print(f"  {load}, own CPU {cpu / seconds:.2f} cores")
    lateness = late_ms(stand.paints, anchor_s, anchor_ms, seconds)
    in_time = np.mean([late <= INTERVAL_MS for late in lateness])
    print(f"  due {len(lateness)} frames, within one interval {in_time:.1%} (goal 95 %)")
    histogram("  late", [late for late in lateness if np.isfinite(late)], never=int(np.isinf(lateness).sum()))
    together = [len(set(paint.frames.values())) == 1 for paint in stand.paints]
    print(f"  {len(stand.paints)} paints, all panes of one moment in {np.mean(together):.1%}")
    histogram("  paint", [paint.took_ms for paint in stand.paints])
    histogram("  heartbeat gap", [1e3 * gap for gap in np.diff(beats)])


def late_ms(paints: list[Painted], anchor_s: float, anchor_ms: float, seconds: float) -> np.ndarray:
    """How late each due frame was first painted, ms; infinite when it never was."""
    first: dict[tuple[str, int], float] = {}
    for paint in paints:
        for camera, frame in paint.frames.items():
            first.setdefault((camera, frame), paint.at_s)
    begin = int(anchor_ms / INTERVAL_MS) + 1
    end = int((anchor_ms + 1e3 * seconds) / INTERVAL_MS) - 1
    late = []
    for camera in {camera for camera, _ in first}:
        for frame in range(begin, end):
            due_s = anchor_s + (frame * INTERVAL_MS - anchor_ms) / 1e3
            shown = first.get((camera, frame))
            late.append(np.inf if shown is None else 1e3 * (shown - due_s))
    return np.array(late)


def report_seeks(stand: Stand, n_seeks: int) -> None:
    """Jump about while nothing plays; time until some and until the exact pictures are painted."""
    rng = random.Random(1)
    last_ms = stand.workspace.snapshot.value.extent_ms[1]
    first_ms, exact_ms = [], []
    for _ in range(n_seeks):
        t_ms = rng.uniform(0, last_ms)
        wanted = int(t_ms / INTERVAL_MS + 1e-6)
        stand.run(lambda: not stand.grid._timer.isActive(), 30.0)
        before = dict(stand.paints[-1].frames)
        stand.paints.clear()
        asked = time.monotonic()
        stand.presenter.seek(t_ms)
        stand.run(
            lambda wanted=wanted: bool(stand.paints) and set(stand.paints[-1].frames.values()) == {wanted},
            30.0,
        )
        changed = next((paint for paint in stand.paints if paint.frames != before), stand.paints[-1])
        first_ms.append(1e3 * (changed.at_s - asked))
        exact_ms.append(1e3 * (stand.paints[-1].at_s - asked))
    print(f"\nseeking {n_seeks} times at random, all four panes; load average {os.getloadavg()[0]:.1f}")
    histogram("  first picture", first_ms)
    print(f"  first picture within 100 ms: {np.mean(np.array(first_ms) <= 100):.0%}")
    histogram("  exact in all panes", exact_ms)


def ingest_rate(clip: Path, folder: Path, seconds: float, meanwhile: Callable[[], None]) -> float:
    """Frames a second of an ingest of the clip, measured over some seconds after its start."""
    folder.mkdir()
    command = [
        "nice",
        "-n",
        "10",
        sys.executable,
        "-m",
        "app",
        "ingest",
        str(folder / "p.sightline"),
        "--events",
    ]
    child = subprocess.Popen(
        [*command, "--camera", f"A={clip}", "--camera", f"B={clip}"],
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
        text=True,
        cwd=Path(__file__).resolve().parents[1],
    )
    try:
        began, done = wait_for_frames(child, time.monotonic() + 120.0, 1)
        os.set_blocking(child.stdout.fileno(), False)
        meanwhile()
        while time.monotonic() - began < seconds and child.poll() is None:
            time.sleep(0.05)
        ended = time.monotonic()
        text = child.stdout.read() or ""
        last = max([done, *(n for n in map(frames_done, text.splitlines()) if n is not None)])
        return (last - done) / (ended - began)
    finally:
        child.kill()
        child.wait()


def wait_for_frames(child: Any, limit_s: float, least: int) -> tuple[float, int]:
    """When the child told of its first frames, and how many."""
    for line in child.stdout:
        n = frames_done(line)
        if n is not None and n >= least:
            return time.monotonic(), n
        if time.monotonic() > limit_s:
            break
    raise SystemExit("the ingest did not start; run `sightline doctor`")


def frames_done(line: str) -> int | None:
    """The frames that an event line of the ingest counts, or None."""
    try:
        event = json.loads(line)
    except ValueError:
        return None
    return int(event["done"]) if event.get("unit") == "frames" else None


def histogram(words: str, values: list[float], never: int = 0) -> None:
    """One line: median, 95th percentile, longest, and counts between `EDGES_MS`."""
    if not values:
        print(f"{words}: nothing")
        return
    counts = Counter(sum(value > edge for edge in EDGES_MS) for value in values)
    names = [f"<= {edge}" for edge in EDGES_MS] + [f"> {EDGES_MS[-1]}"]
    bins = ", ".join(f"{name}: {counts[n]}" for n, name in enumerate(names) if counts[n])
    tail = f", never: {never}" if never else ""
    print(
        f"{words} ms: median {np.median(values):.1f}, p95 {np.percentile(values, 95):.1f}, "
        f"longest {max(values):.1f}  [{bins}{tail}]"
    )


if __name__ == "__main__":
    main()
