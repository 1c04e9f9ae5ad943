"""How well a person can be recognised in a crop, 0..1, from what the frame itself shows.

``quality = whole * uncovered * (size * sharpness * score) ** (1 / 3)``

- ``size``: side of the square with the box's area over that of the embedder's input, at most 1:
  ``sqrt(w h / (128 * 256))``.
- ``sharpness``: on the crop scaled to 64 x 128 grey, the spread of the Laplacian (after a 3 x 3 Gaussian)
  over the spread of the brightness, ``r = std(laplacian) / (std(grey) + 4)``, mapped to ``r / (r + 0.2)``.
  Scaling first makes it what the embedder sees, dividing makes it independent of contrast; the Gaussian and
  the 4 grey levels keep sensor noise on flat crops from counting as much detail.
- ``whole``: for boxes at the frame's border, the share of the person that is probably inside, were the person
  as wide as 0.41 of the height (the aspect that the Caltech pedestrian benchmark gives its boxes), times 0.8
  for each border that is touched. 1 elsewhere.
- ``uncovered``: share of the box that no nearer person covers; nearer means a lower bottom edge.
- ``score``: the detector's score.

Being covered or cut off counts in full, the others through their geometric mean. The formula is a design
choice of this project; no paper is claimed for it.
"""

from __future__ import annotations

import cv2
import numpy as np

from reid_core import geometry
from reid_core.types import Detections, FloatArray, ImageArray

INPUT_WIDTH_PX, INPUT_HEIGHT_PX = 128, 256
LOOK_WIDTH_PX, LOOK_HEIGHT_PX = 64, 128
ASPECT = 0.41
BORDER_PX = 2.0
BORDER_FACTOR = 0.8
LEAST_WHOLE = 0.2
GREY_FLOOR = 4.0
HALF_SHARP = 0.2
GRID_COLUMNS, GRID_ROWS = 8, 16


def measure(image: ImageArray, detections: Detections) -> FloatArray:
    """Quality of each detection's crop.

    Args:
        image: The frame, RGB uint8.
        detections: The persons found in it; N boxes.

    Returns:
        ``(N,)`` float32 in 0..1; 0 for boxes without area inside the frame; corners that are no
        numbers count as 0.
    """
    if not len(detections):
        return np.zeros(0, np.float32)
    height, width = image.shape[:2]
    xyxy = geometry.clip(np.nan_to_num(detections.xyxy.astype(np.float32)), width, height)
    scores = np.clip(np.nan_to_num(detections.scores), 0, 1)
    mean = np.cbrt(size(xyxy) * sharpness(image, xyxy) * scores)
    quality: FloatArray = (whole(xyxy, width, height) * uncovered(xyxy) * mean).astype(np.float32)
    return quality


def size(xyxy: FloatArray) -> FloatArray:
    """``(N,)`` factor of the box's size, 0..1."""
    return np.minimum(np.sqrt(geometry.area(xyxy) / (INPUT_WIDTH_PX * INPUT_HEIGHT_PX)), 1)


def sharpness(image: ImageArray, xyxy: FloatArray) -> FloatArray:
    """``(N,)`` factor of sharpness, 0..1; 0 for boxes of less than a pixel."""
    found = np.zeros(len(xyxy), np.float32)
    for row, (x1, y1, x2, y2) in enumerate(xyxy.astype(int).tolist()):
        crop = image[y1:y2, x1:x2]
        if crop.size == 0:
            continue
        # Bilinear to twice the size, then 2 x 2 means: nearly area averaging, and cheap for any size.
        twice = cv2.resize(crop, (2 * LOOK_WIDTH_PX, 2 * LOOK_HEIGHT_PX), interpolation=cv2.INTER_LINEAR)
        grey = cv2.cvtColor(twice, cv2.COLOR_RGB2GRAY)
        grey = cv2.resize(grey, (LOOK_WIDTH_PX, LOOK_HEIGHT_PX), interpolation=cv2.INTER_AREA)
        _, spread = cv2.meanStdDev(grey)
        smooth = cv2.GaussianBlur(grey, (3, 3), 0)  # sensor noise is no detail
        _, edges = cv2.meanStdDev(cv2.Laplacian(smooth, cv2.CV_16S))
        ratio = edges.item() / (spread.item() + GREY_FLOOR)
        found[row] = ratio / (ratio + HALF_SHARP)
    return found


def whole(xyxy: FloatArray, width: int, height: int) -> FloatArray:
    """``(N,)`` probable share of the person inside the frame, 0..1; 1 away from the border."""
    box_width = np.maximum(xyxy[:, 2] - xyxy[:, 0], 1e-3)
    box_height = np.maximum(xyxy[:, 3] - xyxy[:, 1], 1e-3)
    beside = (xyxy[:, 0] <= BORDER_PX).astype(int) + (xyxy[:, 2] >= width - BORDER_PX)
    above = (xyxy[:, 1] <= BORDER_PX).astype(int) + (xyxy[:, 3] >= height - BORDER_PX)
    share = np.where(beside > 0, np.minimum(box_width / (ASPECT * box_height), 1), 1)
    share = share * np.where(above > 0, np.minimum(ASPECT * box_height / box_width, 1), 1)
    factor: FloatArray = np.maximum(share, LEAST_WHOLE) * BORDER_FACTOR ** (beside + above)
    return factor


def uncovered(xyxy: FloatArray) -> FloatArray:
    """``(N,)`` share of each box that no box with a lower bottom edge covers, on a grid of 8 x 16 points."""
    share_x = (np.arange(GRID_COLUMNS) + 0.5) / GRID_COLUMNS
    share_y = (np.arange(GRID_ROWS) + 0.5) / GRID_ROWS
    x = xyxy[:, 0, None] + share_x * (xyxy[:, 2] - xyxy[:, 0])[:, None]
    y = xyxy[:, 1, None] + share_y * (xyxy[:, 3] - xyxy[:, 1])[:, None]
    inside_x = (x[:, None] >= xyxy[None, :, 0, None]) & (x[:, None] <= xyxy[None, :, 2, None])
    inside_y = (y[:, None] >= xyxy[None, :, 1, None]) & (y[:, None] <= xyxy[None, :, 3, None])
    nearer = xyxy[None, :, 3] > xyxy[:, None, 3]
    inside_x &= nearer[..., None]
    covered = np.matmul(inside_y.transpose(0, 2, 1).astype(np.float32), inside_x.astype(np.float32)) > 0
    free: FloatArray = 1 - covered.mean(axis=(1, 2), dtype=np.float32)
    return free
