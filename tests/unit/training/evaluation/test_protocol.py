"""Who counts: hits and junk, and the galleries that are drawn."""

from __future__ import annotations

import numpy as np
import pytest

from training.evaluation.protocol import Gallery, Labels, draw_single_shot, draw_vehicle_id


def test_same_camera_is_junk_and_other_cameras_are_hits():
    gallery = Gallery(Labels.of([5, 7, 5, 5, 0], [1, 1, 2, 1, 1]))
    assert gallery.matches(5, 1).hits.tolist() == [2]
    assert gallery.matches(5, 1).junk.tolist() == [0, 3]
    assert gallery.matches(5, 9).hits.tolist() == [0, 2, 3]
    assert [len(rows) for rows in gallery.matches(6, 1)] == [0, 0]


def test_empty_gallery_has_no_matches():
    assert [len(rows) for rows in Gallery(Labels.of([], [])).matches(1, 1)] == [0, 0]


def test_single_shot_draws_one_image_of_each_identity_and_not_always_the_same():
    labels = Labels.of(np.repeat(np.arange(6), 5), np.zeros(30))
    draws = {tuple(draw_single_shot(labels, np.random.default_rng(seed))) for seed in range(5)}
    assert all(labels.pids[list(rows)].tolist() == [0, 1, 2, 3, 4, 5] for rows in draws)
    assert len(draws) > 1
    again = draw_single_shot(labels, np.random.default_rng(0))
    assert again.tolist() == draw_single_shot(labels, np.random.default_rng(0)).tolist()


def test_vehicle_id_splits_into_one_gallery_image_an_identity_and_the_rest():
    labels = Labels.of([3, 3, 3, 8, 8, 9], np.arange(6))
    query, gallery = draw_vehicle_id(labels, np.random.default_rng(0))
    assert sorted([*query, *gallery]) == list(range(6))
    assert labels.pids[gallery].tolist() == [3, 8, 9]


@pytest.mark.parametrize("rows", [[2, 0], np.array([False, True, True])])
def test_rows_can_be_selected(rows):
    labels = Labels.of([1, 2, 3], [4, 5, 6]).select(rows)
    assert labels.pids.tolist() == ([3, 1] if isinstance(rows, list) else [2, 3])
    assert labels.cams.tolist() == ([6, 4] if isinstance(rows, list) else [5, 6])
