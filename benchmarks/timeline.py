"""How fast the timeline paints 100,000 tracklets over 9 cameras while it is zoomed and panned.

    python benchmarks/timeline.py [--tracklets 100000] [--frames 300] [--width 1500] [--scale 1]

Draws offscreen, in both schemes: one frame is a wheel step (zoom or pan) with a full repaint behind it, and
the time is what the event and the paint take in the GUI thread. Also: laying out, colouring, and a playhead
that moves over the kept picture. The aim is a 95th percentile of 16 ms a frame.
"""

from __future__ import annotations

import argparse
import json
import os
import time
from collections.abc import Callable

import numpy as np

from app.snapshot import Snapshot, Tracklets
from app.timeline.scene import make_scene, make_styles
from reid_core.store.records import Camera

N_CAMERAS = 9
HOUR_MS = 3_600_000.0


def make_snapshot(n_tracklets: int, hours: float = 10.0, seed: int = 0) -> Snapshot:
    """Random tracklets of 2 to 30 s, a third of them of 40 persons; some hours are busier than others."""
    random = np.random.default_rng(seed)
    busy = random.choice(int(hours), n_tracklets, p=np.arange(1, hours + 1) / np.arange(1, hours + 1).sum())
    start = (busy + random.random(n_tracklets)) * HOUR_MS
    camera = random.integers(0, N_CAMERAS, n_tracklets)
    order = np.lexsort((start, camera))
    start, camera = start[order], camera[order]
    whole = np.arange(n_tracklets)
    person = np.where(random.random(n_tracklets) < 1 / 3, random.integers(1, 41, n_tracklets), 0)
    tracklets = Tracklets(
        ids=tuple(f"c{c + 1}s1t{n}" for n, c in enumerate(camera)),
        camera=camera,
        source_id=camera + 1,
        start_ms=start,
        end_ms=start + random.uniform(2_000, 30_000, n_tracklets),
        start_idx=whole,
        end_idx=whole,
        n_boxes=np.ones(n_tracklets, np.int64),
        person=person,
        revision=np.zeros(n_tracklets, np.int64),
    )
    cameras = tuple(Camera(n + 1, f"Camera {n + 1}") for n in range(N_CAMERAS))
    return Snapshot(path="", name="", cameras=cameras, tracklets=tracklets)


def timed_ms(work: Callable[[], object]) -> tuple[float, float]:
    """Wall time, and CPU time of this thread: on a busy computer only the second says what the work costs."""
    start, busy = time.perf_counter(), time.thread_time()
    work()
    return (time.perf_counter() - start) * 1000, (time.thread_time() - busy) * 1000


def spread(times: list[tuple[float, float]]) -> dict[str, list[float]]:
    """Percentiles 50, 95, 99 and the maximum, ms."""
    table = np.array(times)
    return {
        kind: [round(float(np.percentile(table[:, n], q)), 2) for q in (50, 95, 99, 100)]
        for n, kind in enumerate(("wall", "cpu"))
    }


def measure(args: argparse.Namespace, scheme: str) -> dict[str, object]:
    from dataclasses import replace

    from PySide6.QtCore import QPoint, QPointF, Qt
    from PySide6.QtGui import QWheelEvent
    from PySide6.QtWidgets import QApplication

    from app.theme.theme import theme
    from app.widgets.timeline import Timeline

    app = QApplication.instance() or QApplication([])
    assert isinstance(app, QApplication)
    theme().start(app, scheme, bundled_font=True)
    snapshot = make_snapshot(args.tracklets)
    lay_out_ms = timed_ms(lambda: make_scene(snapshot))
    scene = replace(make_scene(snapshot), extent_ms=(0.0, 10 * HOUR_MS))
    hits = [(name, 0.5) for name in snapshot.tracklets.ids[:: max(args.tracklets // 500, 1)]]
    colour_ms = timed_ms(lambda: make_styles(snapshot.tracklets, hits, 1))
    timeline = Timeline()
    timeline.resize(args.width, args.height)
    timeline.show_scene(scene, make_styles(snapshot.tracklets, hits, 1))
    timeline.show_active("Camera 4")
    timeline.show_selected(snapshot.tracklets.ids[50_000 % args.tracklets :][:3])
    timeline.show()
    app.processEvents()

    def turn(x: float, steps: int, shift: bool) -> None:
        at = QPointF(x, 100.0)
        modifiers = Qt.KeyboardModifier.ShiftModifier if shift else Qt.KeyboardModifier.NoModifier
        event = QWheelEvent(
            at, at, QPoint(), QPoint(0, 120 * steps), Qt.MouseButton.NoButton, modifiers,
            Qt.ScrollPhase.NoScrollPhase, False,
        )  # fmt: skip
        app.sendEvent(timeline, event)
        timeline.repaint()

    random = np.random.default_rng(1)
    zooms, pans = [], []
    for n in range(args.frames):
        steps = 1 if (n // 24) % 2 == 0 else -1  # in to seconds, out to everything, again and again
        x = float(random.uniform(200, args.width - 50))
        zooms.append(timed_ms(lambda: turn(x, steps, False)))  # noqa: B023 -- used at once
        pans.append(timed_ms(lambda: turn(x, int(random.choice([-1, 1])), True)))  # noqa: B023
    timeline.fit()
    timeline.repaint()
    moves = []
    for n in range(args.frames):
        timeline.show_playhead(n * 10 * HOUR_MS / args.frames)
        moves.append(timed_ms(app.processEvents))
    timeline.close()
    return {
        "scheme": scheme,
        "zoom": spread(zooms),
        "pan": spread(pans),
        "playhead": spread(moves),
        "lay_out_ms": [round(value, 1) for value in lay_out_ms],
        "colour_ms": [round(value, 1) for value in colour_ms],
    }


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawTextHelpFormatter)
    parser.add_argument("--tracklets", type=int, default=100_000)
    parser.add_argument("--frames", type=int, default=300)
    parser.add_argument("--width", type=int, default=1500)
    parser.add_argument("--height", type=int, default=304)
    parser.add_argument("--scale", default="1")
    args = parser.parse_args()
    os.environ.setdefault("QT_QPA_PLATFORM", "offscreen")
    os.environ["QT_SCALE_FACTOR"] = args.scale
    for scheme in ("dark", "light"):
        print(json.dumps(measure(args, scheme)), flush=True)


if __name__ == "__main__":
    main()
