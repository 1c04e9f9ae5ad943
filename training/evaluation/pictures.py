"""What an evaluation looks like: rank lists as pictures, CMC and ROC as plots."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from pathlib import Path

import cv2
import numpy as np

from reid_core.index.distance import Reals
from reid_core.types import ImageArray, IntArray
from training.datasets.market import Picture, load_picture
from training.evaluation.blocks import Evaluation
from training.evaluation.protocol import Gallery, Labels

N_SHOWN = 10
_HEIGHT, _WIDTH, _FRAME = 192, 96, 4
_RIGHT, _WRONG, _QUERY = (40, 170, 60), (210, 60, 50), (90, 90, 90)
N_CMC = 50


class RankListMeter:
    """Remembers the nearest gallery pictures of some queries while blocks of distances pass by.

    Args:
        query: Labels of all queries.
        gallery: Labels of the gallery.
        rows: The queries to remember.
    """

    def __init__(self, query: Labels, gallery: Labels, rows: Iterable[int]) -> None:
        self._query, self._gallery, self._wanted = query, Gallery(gallery), frozenset(rows)
        self.nearest: dict[int, IntArray] = {}

    def watch(self, blocks: Iterable[tuple[slice, Reals]]) -> Iterator[tuple[slice, Reals]]:
        """The same blocks; `nearest` fills as they are taken: up to `N_SHOWN` rows a query, no junk."""
        for rows, distances in blocks:
            for row in self._wanted.intersection(range(rows.start, rows.stop)):
                values = distances[row - rows.start].astype(np.float64)
                junk = self._gallery.matches(int(self._query.pids[row]), int(self._query.cams[row])).junk
                values[junk] = np.inf
                order = np.argsort(values, kind="stable")[:N_SHOWN]
                self.nearest[row] = order[np.isfinite(values[order])].astype(np.int64)
            yield rows, distances


def draw_rank_list(query: Picture, found: Sequence[Picture]) -> ImageArray:
    """The query in a grey frame, then what was found, green where it is the same person and red where not.

    Returns:
        RGB uint8, one row of pictures of 192 x 96.
    """
    tiles = [_tile(query, _QUERY)]
    tiles += [_tile(picture, _RIGHT if picture.pid == query.pid else _WRONG) for picture in found]
    return np.concatenate(tiles, axis=1)


def save_rank_lists(
    folder: Path, query: Sequence[Picture], gallery: Sequence[Picture], nearest: dict[int, IntArray]
) -> None:
    """One picture a query into ``folder/ranklists``, named after the query's picture."""
    target = folder / "ranklists"
    target.mkdir(parents=True, exist_ok=True)
    for row, order in sorted(nearest.items()):
        image = draw_rank_list(query[row], [gallery[int(item)] for item in order])
        data = cv2.imencode(".png", cv2.cvtColor(image, cv2.COLOR_RGB2BGR))[1]
        (target / f"{row:05d}-{Path(query[row].name).stem}.png").write_bytes(data.tobytes())


def save_plots(folder: Path, found: Evaluation) -> None:
    """``cmc.png`` and ``roc.png``."""
    folder.mkdir(parents=True, exist_ok=True)
    cmc = found.ranking.cmc[:N_CMC]
    fpr, tpr = found.roc.curve()
    inside = fpr > 0
    _plot(folder / "cmc.png", np.arange(1.0, len(cmc) + 1), cmc, "rank", "share of queries found", "linear")
    if inside.any():
        labels = ("false positive rate", "true positive rate")
        _plot(folder / "roc.png", fpr[inside], tpr[inside], *labels, "log")


def _plot(path: Path, x: Reals, y: Reals, x_label: str, y_label: str, scale: str) -> None:
    from matplotlib.backends.backend_agg import FigureCanvasAgg
    from matplotlib.figure import Figure

    figure = Figure(figsize=(6, 4.5), layout="constrained")
    FigureCanvasAgg(figure)
    axes = figure.add_subplot()
    axes.plot(x, y, linewidth=2, marker="." if len(x) <= N_CMC else "")
    axes.set(xlabel=x_label, ylabel=y_label, xscale=scale, ylim=(0, 1.02))
    axes.grid(alpha=0.3)
    figure.savefig(path, dpi=120)


def _tile(picture: Picture, colour: tuple[int, int, int]) -> ImageArray:
    tile = np.full((_HEIGHT + 2 * _FRAME, _WIDTH + 2 * _FRAME, 3), colour, np.uint8)
    resized = cv2.resize(load_picture(picture), (_WIDTH, _HEIGHT), interpolation=cv2.INTER_AREA)
    tile[_FRAME:-_FRAME, _FRAME:-_FRAME] = resized
    return tile
