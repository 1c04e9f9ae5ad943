"""One class out of eighty: YOLO11's class head, narrowed as its YAML makes it for a single class.

In YOLO11 the hidden width of the class head depends on the number of classes: 80 channels for COCO's 80
classes, 64 for one. So the person row alone does not fit the one-class network. Of each hidden layer the 64
channels are kept from which the next layer can best be computed, and that layer is fitted anew to them by
least squares over pictures; all other layers are taken as they are. Source: channel pruning by reconstruction
(He, Zhang, Sun, "Channel Pruning for Accelerating Very Deep Neural Networks", ICCV 2017), with backward
elimination instead of the lasso.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from reid_core.types import IntArray

Doubles = NDArray[np.float64]
_RIDGE = 1e-6


@dataclass(slots=True)
class Moments:
    """Second moments of a layer's inputs (with a constant 1 at the end) and of inputs with targets."""

    inputs: Doubles
    mixed: Doubles

    def add(self, inputs: Tensor, targets: Tensor, weights: Tensor) -> None:
        """Take in ``(n, c)`` inputs and ``(n, t)`` targets with ``(n,)`` weights."""
        x = torch.cat([inputs, torch.ones(len(inputs), 1)], dim=1).double()
        weighted = x * weights[:, None].double()
        self.inputs += (weighted.T @ x).numpy()
        self.mixed += (weighted.T @ targets.double()).numpy()


def choose_channels(moments: Moments, n_kept: int) -> tuple[IntArray, Doubles, Doubles]:
    """Drop inputs one by one, each time the one that costs least, and fit the targets to the rest.

    Returns:
        The kept channels ``(n_kept,)`` ascending, weights ``(t, n_kept)`` and constants ``(t,)``.
    """
    kept = list(range(len(moments.inputs) - 1))
    constant = len(kept)
    scale = _RIDGE * np.trace(moments.inputs) / len(moments.inputs)
    while True:
        rows = [*kept, constant]
        inverse = np.linalg.inv(moments.inputs[np.ix_(rows, rows)] + scale * np.eye(len(rows)))
        fitted = inverse @ moments.mixed[rows]
        if len(kept) <= n_kept:
            return np.array(kept, np.int64), fitted[:-1].T, fitted[-1]
        cost = (fitted[:-1] ** 2).sum(1) / np.diag(inverse)[:-1]
        del kept[int(cost.argmin())]


def narrow(full: Any, single: Any, images: Iterable[Tensor], person_idx: int = 0) -> None:
    """Fill a one-class YOLO11 from one of many classes, in place.

    Args:
        full: Network of many classes, evaluation mode.
        single: Network of one class from the same YAML.
        images: ``(1, 3, H, W)`` float32 in 0..1, to fit on.
        person_idx: Class to keep.
    """
    source, target = full.state_dict(), single.state_dict()
    head, small = full.model[-1], single.model[-1]
    heads = {f"model.{len(full.model) - 1}.cv3.{level}." for level in range(len(head.cv3))}
    for name, value in source.items():
        if not any(name.startswith(prefix) for prefix in heads):
            target[name].copy_(value)
    n_kept = small.cv3[0][2].in_channels
    first, last = _gather(full, images, person_idx)
    for level, branch in enumerate(small.cv3):
        wide = head.cv3[level]
        out, row, bias = choose_channels(last[level], n_kept)
        mid, mix, shift = choose_channels(_targets(first[level], out), n_kept)
        _copy(wide[0][0].state_dict(), branch[0][0].state_dict(), None)
        _copy(wide[0][1].state_dict(), branch[0][1].state_dict(), mid)
        _copy(wide[1][0].state_dict(), branch[1][0].state_dict(), mid)
        _copy(wide[1][1].bn.state_dict(), branch[1][1].bn.state_dict(), out)
        with torch.no_grad():
            branch[1][1].conv.weight.copy_(torch.from_numpy(mix)[..., None, None])
            branch[1][1].bn.running_mean.sub_(torch.from_numpy(shift))
            branch[2].weight.copy_(torch.from_numpy(row)[..., None, None])
            branch[2].bias.copy_(torch.from_numpy(bias))


def _copy(source: dict[str, Tensor], target: dict[str, Tensor], rows: IntArray | None) -> None:
    """Every tensor, or the given output channels of it."""
    for name, value in source.items():
        target[name].copy_(value if rows is None or not value.ndim else value[torch.from_numpy(rows)])


def _targets(moments: Moments, columns: IntArray) -> Moments:
    return Moments(moments.inputs, moments.mixed[:, columns])


@torch.no_grad()
def _gather(full: Any, images: Iterable[Tensor], person_idx: int) -> tuple[list[Moments], list[Moments]]:
    """Moments of both hidden layers at each level.

    Places where the person's logit is high count fully, clear background counts a hundredth: there an error
    changes nothing.
    """
    head = full.model[-1]
    n_hidden = head.cv3[0][2].in_channels
    first = [_empty(n_hidden, n_hidden) for _ in head.cv3]
    last = [_empty(n_hidden, 1) for _ in head.cv3]
    seen: dict[int, Tensor] = {}

    def keep(level: int) -> Any:
        return lambda _module, inputs, _output: seen.__setitem__(level, inputs[0])

    hooks = [branch.register_forward_hook(keep(level)) for level, branch in enumerate(head.cv3)]
    try:
        for image in images:
            full(image)
            for level, branch in enumerate(head.cv3):
                hidden = branch[1][0](branch[0](seen[level]))
                mixed = branch[1][1].conv(hidden)
                activated = branch[1][1](hidden)
                logits = branch[2](activated)[:, person_idx].flatten()
                weights = torch.sigmoid(logits + 4).clamp_min(0.01)
                first[level].add(_rows(hidden), _rows(mixed), weights)
                last[level].add(_rows(activated), logits[:, None], weights)
    finally:
        for hook in hooks:
            hook.remove()
    return first, last


def _empty(n_inputs: int, n_targets: int) -> Moments:
    return Moments(np.zeros((n_inputs + 1, n_inputs + 1)), np.zeros((n_inputs + 1, n_targets)))


def _rows(maps: Tensor) -> Tensor:
    """``(1, c, h, w)`` to ``(h * w, c)``."""
    return maps[0].flatten(1).T
