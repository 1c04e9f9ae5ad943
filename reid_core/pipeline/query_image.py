"""A picture as a query: which part of it is the person."""

from __future__ import annotations

from reid_core import geometry
from reid_core.detection.base import Detector
from reid_core.errors import UsageError
from reid_core.types import Frame, ImageArray

MIN_SCORE = 0.35
"""Detector score from which a box in a query picture counts as a person."""
MAIN_SHARE = 0.5
"""A person who covers this share of a picture is its main person, and the picture is the crop."""


class SeveralPeopleError(UsageError):
    """A query picture shows several people, none of them its main person.

    Attributes:
        boxes: The people found, ``x1, y1, x2, y2`` in pixels, from the left.
    """

    def __init__(self, boxes: list[list[int]]) -> None:
        self.boxes = boxes
        listed = "  ".join(",".join(map(str, box)) for box in boxes)
        super().__init__(f"The picture shows {len(boxes)} people. Choose one with --box: {listed}")


def person_crop(
    image: ImageArray, detector: Detector | None, box: tuple[float, float, float, float] | None
) -> ImageArray:
    """The part of a query picture to describe; without a detector and a box, all of it.

    With a box, that part. Otherwise, with one main person covering most of the picture, or nobody found,
    the whole picture; with one person, that person's box.

    Raises:
        UsageError: The box lies outside the picture.
        SeveralPeopleError: Several people, and none covers most of it.
    """
    height, width = image.shape[:2]
    if box is not None:
        return _cut(image, box)
    if detector is None:
        return image
    found = detector.detect([Frame("query", 0, 0, 0.0, image)])[0]
    found = found.select(found.scores >= MIN_SCORE)
    if not len(found) or geometry.area(found.xyxy).max() >= MAIN_SHARE * width * height:
        return image
    if len(found) == 1:
        return _cut(image, tuple(found.xyxy[0].tolist()))
    boxes = sorted(found.xyxy.round().astype(int).tolist())
    raise SeveralPeopleError(boxes)


def _cut(image: ImageArray, box: tuple[float, ...]) -> ImageArray:
    height, width = image.shape[:2]
    x1, y1 = max(round(box[0]), 0), max(round(box[1]), 0)
    x2, y2 = min(round(box[2]), width), min(round(box[3]), height)
    if x2 - x1 < 2 or y2 - y1 < 2:
        raise UsageError(f"The box lies outside the picture, which is {width} x {height} pixels.")
    return image[y1:y2, x1:x2]
