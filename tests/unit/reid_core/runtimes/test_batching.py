"""Batches that the device's memory does not suffice for, at the start or when their result is taken."""

from __future__ import annotations

import numpy as np
import pytest

from reid_core.errors import ReidError
from reid_core.runtimes.base import DeviceMemoryError
from reid_core.runtimes.batching import BatchRunner

PICTURES = np.arange(7, dtype=np.uint8).reshape(7, 1, 1, 1).repeat(3, 3)


class Small:
    """Runs at most ``limit`` pictures; more fail at once, or late."""

    def __init__(self, limit: int, *, late: bool) -> None:
        self._limit, self._late = limit, late

    def start(self, pictures):
        def refuse():
            raise DeviceMemoryError

        if len(pictures) > self._limit:
            return refuse if self._late else refuse()
        return lambda: pictures[:, 0, 0, :1].astype(np.float32)


@pytest.mark.parametrize("late", [False, True])
@pytest.mark.parametrize("n", [1, 4, 7])
def test_a_batch_is_halved_until_it_fits_and_nothing_is_lost(late, n):
    heard = []
    runner = BatchRunner(lambda _n: Small(2, late=late), 4, "The detector", heard.append)
    started = runner.start(PICTURES[:n])
    np.testing.assert_array_equal(started()[:, 0], np.arange(n))
    np.testing.assert_array_equal(runner(PICTURES)[:, 0], np.arange(7))
    assert runner.batch_size == 2
    assert ["batches of 2" in notice.text for notice in heard] == [True]


@pytest.mark.parametrize("late", [False, True])
def test_one_picture_that_is_too_much_is_an_error_with_a_way_out(late):
    runner = BatchRunner(lambda _n: Small(0, late=late), 2, "The detector")
    with pytest.raises(ReidError, match=r"The detector needs more memory .* Close other programs"):
        runner.start(PICTURES[:1])()
