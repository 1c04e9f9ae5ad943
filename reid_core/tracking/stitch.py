"""Joins pieces over occlusions and other gaps, looking at what came after as well as before."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from reid_core.tracking.config import LinkConfig
from reid_core.tracking.pieces import End

Costs = NDArray[np.float64]
_IMPOSSIBLE = 1e6


def find_links(tails: list[End], heads: list[End], config: LinkConfig) -> list[tuple[int, int]]:
    """The links ``(tail, head)`` whose total cost is lowest; each tail and each head is used at most once.

    Not linking costs `LinkConfig.max_cost`. This is the data association of Zhang, Li and Nevatia ("Global
    Data Association for Multi-Object Tracking Using Network Flows", CVPR 2008) over pieces whose existence is
    settled, which makes it a linear assignment; it is solved for each group of pieces that could have
    anything to do with each other.
    """
    from scipy.optimize import linear_sum_assignment
    from scipy.sparse import coo_array
    from scipy.sparse.csgraph import connected_components

    costs = link_costs(tails, heads, config)
    gains = np.minimum(costs - config.max_cost, 0)
    rows, columns = np.nonzero(gains)
    if not len(rows):
        return []
    n = len(tails)
    graph = coo_array((np.ones(len(rows)), (rows, columns + n)), shape=(n + len(heads),) * 2)
    _, groups = connected_components(graph, directed=False)
    links = []
    for group in np.unique(groups[rows]):
        own_tails = np.flatnonzero(groups[:n] == group)
        own_heads = np.flatnonzero(groups[n:] == group)
        block = gains[np.ix_(own_tails, own_heads)]
        for row, column in zip(*linear_sum_assignment(block), strict=True):
            if block[row, column] < 0:
                links.append((int(own_tails[row]), int(own_heads[column])))
    return sorted(links)


def link_costs(tails: list[End], heads: list[End], config: LinkConfig) -> Costs:
    """``(T, H)`` costs: squared differences in standard deviations, so 1 is an ordinary difference.

    The head's person is expected where the tail's person would be at the mean of their speeds; the
    differences are of place, speed, height and appearance, and time itself costs something. Impossible links
    cost 1e6.
    """
    if not tails or not heads:
        return np.zeros((len(tails), len(heads)))
    dim = max(len(end.appearance) for end in (*tails, *heads))
    a, b = _columns(tails, dim), _columns(heads, dim)
    gap_s = b["t_s"][None, :] - a["t_s"][:, None]
    height = (a["height"][:, None] + b["height"][None, :])[..., None] / 2
    speed = (a["speed"][:, None] + b["speed"][None, :]) / 2
    path = speed * np.clip(gap_s, 0, config.coast_s)[..., None]
    miss = ((b["place"][None, :] - a["place"][:, None] - path) / height) ** 2
    turn = ((b["speed"][None, :] - a["speed"][:, None]) / height) ** 2
    spread = np.minimum(config.position + config.position_per_s * np.maximum(gap_s, 0), config.position_max)
    costs = miss.sum(2) / spread**2 + turn.sum(2) / config.speed**2
    costs += (np.log(b["height"][None, :] / a["height"][:, None]) / config.height) ** 2
    costs += config.cost_per_s * gap_s
    costs += _appearance_costs(a["appearance"], b["appearance"], config)
    left = (gap_s > config.exit_s) & (a["at_side"][:, None] * b["at_side"][None, :] > 0)
    return np.where((gap_s > 0) & (gap_s <= config.gap_s) & ~left, costs, _IMPOSSIBLE)


def _appearance_costs(a: Costs, b: Costs, config: LinkConfig) -> Costs:
    known = np.outer(np.abs(a).sum(axis=1), np.abs(b).sum(axis=1)) > 0
    costs = (1 - a @ b.T - config.appearance) / config.appearance_scale
    return np.where(known, np.maximum(costs, -config.appearance_gain), 0)


def _columns(ends: list[End], dim: int) -> dict[str, Costs]:
    names = ("t_s", "place", "speed", "height", "at_side")
    columns = {name: np.array([getattr(end, name) for end in ends], np.float64) for name in names}
    columns["appearance"] = np.zeros((len(ends), dim))
    for row, end in zip(columns["appearance"], ends, strict=True):
        row[: len(end.appearance)] = end.appearance
    return columns
