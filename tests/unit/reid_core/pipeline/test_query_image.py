"""Which part of a query picture is the person."""

from __future__ import annotations

import numpy as np
import pytest

from reid_core.errors import UsageError
from reid_core.pipeline.query_image import SeveralPeopleError, person_crop
from reid_core.types import Detections

IMAGE = np.arange(200 * 100 * 3, dtype=np.uint64).reshape(200, 100, 3).astype(np.uint8)


class Finds:
    """A detector that finds given boxes."""

    key, batch_size, device_note = "finds", 1, "test"

    def __init__(self, *boxes: tuple[float, ...], scores: list[float] | None = None) -> None:
        self._found = Detections.of(boxes, scores or [0.9] * len(boxes))

    def detect(self, frames):
        return [self._found for _ in frames]


def test_nobody_found_means_the_whole_picture():
    assert person_crop(IMAGE, Finds(), None) is IMAGE
    assert person_crop(IMAGE, Finds((0, 0, 20, 60), scores=[0.2]), None) is IMAGE


def test_a_main_person_means_the_whole_picture_also_beside_others():
    assert person_crop(IMAGE, Finds((5, 5, 95, 195), (0, 0, 10, 30)), None) is IMAGE


def test_one_person_means_that_box():
    crop = person_crop(IMAGE, Finds((10, 20, 40, 90)), None)
    np.testing.assert_array_equal(crop, IMAGE[20:90, 10:40])


def test_several_people_are_listed_from_the_left():
    with pytest.raises(SeveralPeopleError) as caught:
        person_crop(IMAGE, Finds((60, 20, 90, 90), (10, 20, 40, 90)), None)
    assert caught.value.boxes == [[10, 20, 40, 90], [60, 20, 90, 90]]
    assert "--box" in str(caught.value)
    assert caught.value.exit_code == 2


def test_a_box_is_cut_to_the_picture_or_refused():
    crop = person_crop(IMAGE, None, (-5, 10, 30, 60))
    np.testing.assert_array_equal(crop, IMAGE[10:60, 0:30])
    with pytest.raises(UsageError, match="100 x 200"):
        person_crop(IMAGE, None, (150, 10, 190, 60))
