"""Boxes for the person detector's recipe: predict, fuse an ensemble, compare with true boxes."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import cv2
import numpy as np
import torch
from torchvision.ops import nms

from reid_core.geometry import clip, iou
from reid_core.types import Detections, FloatArray, ImageArray

STRIDE_PX = 32
GREY = 114
"""Level of the border that ultralytics' networks were trained with."""


@dataclass(frozen=True, slots=True)
class Network:
    """A YOLO network and the class of its output that means person."""

    module: Any
    person_idx: int


@torch.inference_mode()
def predict(
    network: Network, image: ImageArray, long_side_px: int = 640, score: float = 0.3, overlap: float = 0.7
) -> Detections:
    """The persons in one picture, strongest first.

    Args:
        network: In evaluation mode, with one output a box, as ultralytics builds it.
        image: RGB uint8.
        long_side_px: The picture's longer side is scaled to this; both sides padded to multiples of 32.
        score: Lowest score that counts.
        overlap: Of two boxes with a larger IoU the weaker one is dropped.
    """
    height, width = image.shape[:2]
    scale = long_side_px / max(height, width)
    h, w = round(height * scale), round(width * scale)
    canvas = np.full((-(-h // STRIDE_PX) * STRIDE_PX, -(-w // STRIDE_PX) * STRIDE_PX, 3), GREY, np.uint8)
    canvas[:h, :w] = cv2.resize(image, (w, h), interpolation=cv2.INTER_LINEAR)
    output = network.module(torch.from_numpy(canvas).permute(2, 0, 1)[None].float() / 255)
    rows = (output[0] if isinstance(output, tuple) else output)[0].T
    scores = rows[:, 4 + network.person_idx]
    kept = (scores >= score) & (scores >= rows[:, 4:].amax(1))  # as ultralytics: the best class names a box
    rows, scores = rows[kept], scores[kept]
    centre, half = rows[:, :2], rows[:, 2:4] / 2
    boxes = torch.cat([centre - half, centre + half], dim=1) / scale
    strongest = nms(boxes, scores, overlap)
    xyxy = clip(boxes[strongest].numpy().astype(np.float32), width, height)
    return Detections(xyxy, scores[strongest].numpy().astype(np.float32))


def predict_ensemble(
    networks: Sequence[Network], image: ImageArray, sizes_px: Sequence[int] = (640, 1280)
) -> Detections:
    """The persons that several networks agree on, each looking at every size and at the mirror image."""
    width = image.shape[1]
    mirrored = np.ascontiguousarray(image[:, ::-1])
    found = []
    for network in networks:
        for size_px in sizes_px:
            found.append(predict(network, image, size_px, score=0.05))
            back = predict(network, mirrored, size_px, score=0.05)
            left, top, right, bottom = back.xyxy.T
            found.append(Detections(np.stack([width - right, top, width - left, bottom], 1), back.scores))
    return fuse(found)


def fuse(views: Sequence[Detections], overlap: float = 0.55) -> Detections:
    """Weighted box fusion (Solovyev, Wang, Gabruseva, 2021), strongest first.

    Boxes of different views that overlap by more than ``overlap`` are one person: the box is their mean
    weighted by score, the score their sum over the number of views, so what few views see counts little.
    """
    boxes = np.concatenate([view.xyxy for view in views])
    scores = np.concatenate([view.scores for view in views])
    origin = np.repeat(np.arange(len(views)), [len(view) for view in views])
    groups: list[list[int]] = []
    means = np.zeros((0, 4), np.float32)
    for row in np.argsort(-scores, kind="stable"):
        near = iou(boxes[row : row + 1], means)[0] if len(means) else np.zeros(0, np.float32)
        near = np.where([origin[row] in origin[group] for group in groups], 0, near) if groups else near
        if len(near) and near.max() > overlap:
            group = groups[int(near.argmax())]
            group.append(int(row))
            means[int(near.argmax())] = np.average(boxes[group], axis=0, weights=scores[group])
        else:
            groups.append([int(row)])
            means = np.concatenate([means, boxes[row : row + 1]])
    fused = np.array([scores[group].sum() / len(views) for group in groups], np.float32)
    order = np.argsort(-fused, kind="stable")
    return Detections(means[order], fused[order])


@dataclass(frozen=True, slots=True)
class Tally:
    """Counts of a comparison; they add up over pictures."""

    n_hits: int = 0
    n_true: int = 0
    n_found: int = 0

    def __add__(self, other: Tally) -> Tally:
        return Tally(self.n_hits + other.n_hits, self.n_true + other.n_true, self.n_found + other.n_found)

    @property
    def recall(self) -> float:
        """Share of the true boxes that were found."""
        return self.n_hits / max(self.n_true, 1)

    @property
    def precision(self) -> float:
        """Share of the found boxes that are true."""
        return self.n_hits / max(self.n_found, 1)


def compare(found: Detections, true: FloatArray, overlap: float = 0.5) -> Tally:
    """Match found to true boxes, strongest first, each at most once, at an IoU of at least ``overlap``."""
    shared = iou(found.xyxy, true)
    taken = np.zeros(len(true), bool)
    for row in np.argsort(-found.scores, kind="stable"):
        free = np.where(taken, 0, shared[row]) if len(true) else np.zeros(0)
        if len(free) and free.max() >= overlap:
            taken[int(free.argmax())] = True
    return Tally(int(taken.sum()), len(true), len(found))
