"""A term that keeps the scores of taught people from falling below those that the training started with."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import torch
from torch import Tensor

LEAST_SCORE = 0.05
"""Where the first network sees less than this, there is nothing to keep."""


class KeptScores:
    """How far scores fell inside taught boxes, on average over where the first network saw somebody.

    Args:
        first: The network that the training started from, in evaluation mode; it is not changed.
        weight: Of the term in the loss.
    """

    def __init__(self, first: Any, weight: float) -> None:
        self.first, self.weight = first, weight

    def __call__(self, batch: Mapping[str, Tensor], answer: Mapping[str, Any]) -> Tensor:
        """A scalar, without its weight: the mean of ``max(0, logit before - logit now)``.

        Args:
            batch: As ultralytics' loss takes it.
            answer: Of the network in training mode: ``scores`` ``(B, 1, A)`` and the maps they are from.
        """
        with torch.no_grad():
            before = self.first(batch["img"])[1]["scores"][:, 0]
        now: Tensor = answer["scores"][:, 0]
        centres = centres_of(answer["feats"])
        is_kept = inside(centres, batch["bboxes"], batch["batch_idx"], len(now)) & (
            before.sigmoid() > LEAST_SCORE
        )
        fallen = (before - now).relu()[is_kept]
        return fallen.mean() if len(fallen) else now.sum() * 0


def centres_of(maps: Sequence[Tensor]) -> Tensor:
    """``(A, 2)`` centres, x and y in 0..1, of the cells of maps ``(B, C, h, w)``, in order of the scores."""
    parts = []
    for one in maps:
        h, w = one.shape[2:]
        y, x = torch.meshgrid(torch.arange(h) + 0.5, torch.arange(w) + 0.5, indexing="ij")
        parts.append(torch.stack([x.flatten() / w, y.flatten() / h], 1))
    return torch.cat(parts)


def inside(centres: Tensor, boxes: Tensor, owners: Tensor, n_images: int) -> Tensor:
    """``(B, A)``: whether a centre lies in any box of its picture.

    Args:
        centres: ``(A, 2)``, 0..1.
        boxes: ``(N, 4)`` centre, width and height, 0..1.
        owners: ``(N,)`` the picture of each box.
        n_images: B.
    """
    is_in = ((centres[None] - boxes[:, None, :2]).abs() < boxes[:, None, 2:] / 2).all(2)
    found = torch.zeros(n_images, len(centres)).index_add_(0, owners.long(), is_in.float())
    return found > 0
