"""How fast the results list opens, scrolls and takes a decision with 10,000 hits.

    python benchmarks/results.py [--hits 10000] [--frames 300] [--scale 1]

Offscreen, through the real panel, presenter and thumbnails. Opening lasts from the answer of the search
until the first rows are painted (arranged, put in the model, laid out, painted). A frame of scrolling is one
wheel step and its paint; a jump is a move of the scroll bar to anywhere, which paints everything. Crops are
real PNG pictures, decoded by a lane in its own thread while the list scrolls.
The aims are 100 ms to open and a 95th percentile of 16 ms a frame.
"""

from __future__ import annotations

import argparse
import json
import os
import time
from collections.abc import Callable

import numpy as np

N_CAMERAS = 9


def make_snapshot(n_hits: int):
    """A project of that many tracklets, a tenth of them of 40 persons."""
    from app.snapshot import Person, Snapshot, Tracklets
    from reid_core.store.records import Camera

    random = np.random.default_rng(0)
    camera = np.sort(random.integers(0, N_CAMERAS, n_hits))
    person = np.where(random.random(n_hits) < 0.1, random.integers(1, 41, n_hits), 0)
    start = random.random(n_hits) * 36_000_000
    whole = np.arange(n_hits)
    tracklets = Tracklets(
        ids=tuple(f"c{c + 1}s1t{n}" for n, c in enumerate(camera)),
        camera=camera,
        source_id=camera + 1,
        start_ms=start,
        end_ms=start + random.uniform(2000, 30_000, n_hits),
        start_idx=whole,
        end_idx=whole,
        n_boxes=np.ones(n_hits, np.int64),
        person=person,
        revision=np.zeros(n_hits, np.int64),
    )
    cameras = tuple(Camera(n + 1, f"Camera {n + 1}") for n in range(N_CAMERAS))
    persons = tuple(
        Person(
            f"P{n}",
            n,
            f"Person {n}",
            tuple(np.flatnonzero(person == n).tolist()),
            (),
            0.0,
            0.0,
            "",
            False,
        )
        for n in range(1, 41)
    )
    return Snapshot(path="bench", name="bench", cameras=cameras, tracklets=tracklets, persons=persons)


def make_results(snapshot):
    """Every tracklet but the first is a hit."""
    from app.workspace import QueryState, ResultRow, Results

    tracklets = snapshot.tracklets
    similarity = np.sort(np.random.default_rng(1).uniform(-0.1, 0.95, len(tracklets)))[::-1]
    order = np.random.default_rng(2).permutation(np.arange(1, len(tracklets)))
    rows = tuple(
        ResultRow(
            tracklets.ids[row],
            snapshot.cameras[int(tracklets.camera[row])].name,
            float(tracklets.start_ms[row]),
            float(tracklets.end_ms[row]),
            float(value),
        )
        for row, value in zip(order, similarity, strict=False)
    )
    return Results(QueryState((tracklets.ids[0],)), rows, n_tracklets=len(tracklets))


class CropProject:
    """Stands for a project that holds four crops of each tracklet."""

    def __init__(self) -> None:
        from reid_core.imaging import encode_png

        random = np.random.default_rng(3)
        self._pngs = [
            encode_png(np.kron(random.integers(0, 255, (28, 12, 3), np.uint8), np.ones((9, 9, 1), np.uint8)))
            for _ in range(16)
        ]

    def crops(self, tracklet_id: str):
        """Four pictures of 108x252 pixels."""
        from reid_core.store.records import Crop
        from reid_core.types import Member

        first = hash(tracklet_id) % 13
        return [
            Crop(png, (10.0, 20.0, 98.0, 230.0), 0.5, Member(n, 0), n, float(n))
            for n, png in enumerate(self._pngs[first : first + 4])
        ]


def timed_ms(work: Callable[[], object]) -> tuple[float, float]:
    """Wall time, and CPU time of this thread: on a busy computer only the second says what the work costs."""
    start, busy = time.perf_counter(), time.thread_time()
    work()
    return (time.perf_counter() - start) * 1000, (time.thread_time() - busy) * 1000


def spread(values: list[tuple[float, float]]) -> dict[str, float]:
    """Median, 95th percentile and worst wall time; 95th percentile of CPU time."""
    wall, busy = zip(*values, strict=True)
    return {
        "median_ms": round(float(np.median(wall)), 2),
        "p95_ms": round(float(np.percentile(wall, 95)), 2),
        "max_ms": round(max(wall), 2),
        "p95_cpu_ms": round(float(np.percentile(busy, 95)), 2),
    }


def measure(n_hits: int, n_frames: int) -> dict[str, object]:
    """All figures."""
    from PySide6.QtCore import QEvent, QPoint, QPointF, Qt
    from PySide6.QtGui import QWheelEvent
    from PySide6.QtWidgets import QApplication

    from app.jobs.background import BackgroundThread
    from app.jobs.thumbnails import Thumbnails
    from app.pages.results import join_search, make_results_panel
    from app.presenters.search import SearchPresenter
    from app.theme.theme import theme
    from app.workspace import Workspace

    app = QApplication.instance() or QApplication([])
    theme().start(app, "dark", bundled_font=True)
    workspace, project = Workspace(), CropProject()
    thread = BackgroundThread(workspace.notice.set, name="crops")

    class Lane:
        def ask(self, work, then, failed=None, *, topic=""):
            thread.ask(lambda: work(project), then, failed, topic=topic)

    snapshot = make_snapshot(n_hits + 1)
    results = make_results(snapshot)
    panel = make_results_panel(Thumbnails(Lane(), workspace))
    search = SearchPresenter(panel, workspace, Lane())
    join_search(panel, search, lambda: None)
    panel.resize(432, 900)
    panel.show()
    workspace.snapshot.set(snapshot)
    app.processEvents()
    view = panel.list

    def open_list() -> None:
        workspace.query.set(results.query)
        search._take(results)
        search._take_first()
        view.viewport().repaint()

    opened = []
    for _ in range(5):
        search.clear()
        app.processEvents()
        opened.append(timed_ms(open_list))
        app.processEvents()

    def wheel(down: bool) -> None:
        at = QPointF(100, 300)
        turn = QPoint(0, -120 if down else 120)
        event = QWheelEvent(
            at, view.viewport().mapToGlobal(at), QPoint(), turn, Qt.MouseButton.NoButton,
            Qt.KeyboardModifier.NoModifier, Qt.ScrollPhase.NoScrollPhase, False,
        )  # fmt: skip
        QApplication.sendEvent(view.viewport(), event)
        QApplication.sendPostedEvents(None, QEvent.Type.UpdateRequest)

    scrolled, jumped, delivered = [], [], []
    for frame in range(n_frames):
        scrolled.append(timed_ms(lambda down=frame % 100 < 80: wheel(down)))
        delivered.append(timed_ms(app.processEvents))
    bar = view.verticalScrollBar()
    places = np.random.default_rng(4).integers(0, bar.maximum(), n_frames // 3)
    for place in places.tolist():

        def jump(place: int = place) -> None:
            bar.setValue(place)
            view.viewport().repaint()

        jumped.append(timed_ms(jump))
        delivered.append(timed_ms(app.processEvents))

    def decide() -> None:
        search.pending.set({**search.pending.value, workspace.current.value: "same"})
        search.step(1)
        view.viewport().repaint()

    decided = []
    for _ in range(20):
        decided.append(timed_ms(decide))
        app.processEvents()
    figures = {
        "hits": n_hits,
        "scale": view.devicePixelRatioF(),
        "open": spread(opened),
        "scroll_frame": spread(scrolled),
        "jump_frame": spread(jumped),
        "crops_delivered": spread(delivered),
        "decision": spread(decided),
        "filter": spread([timed_ms(lambda: search.set_min_similarity(0.5)) for _ in range(5)]),
    }
    thread.close()
    panel.close()
    return figures


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawTextHelpFormatter)
    parser.add_argument("--hits", type=int, default=10_000)
    parser.add_argument("--frames", type=int, default=300)
    parser.add_argument("--scale", default="1")
    arguments = parser.parse_args()
    os.environ.setdefault("QT_QPA_PLATFORM", "offscreen")
    os.environ["QT_SCALE_FACTOR"] = arguments.scale
    print(json.dumps(measure(arguments.hits, arguments.frames), indent=2))


if __name__ == "__main__":
    main()
