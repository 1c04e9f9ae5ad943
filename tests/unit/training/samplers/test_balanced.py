"""Endless batches that spread a person over cameras."""

from __future__ import annotations

import itertools
from collections import Counter

import numpy as np
import pytest

from training.samplers.balanced import balanced_batches

# Person 1: three cameras; 2: camera 1 only; 3: a single picture; 4: two cameras.
PIDS = [1, 1, 1, 1, 2, 2, 2, 2, 3, 4, 4, 4, 4]
CAMS = [1, 1, 2, 3, 1, 1, 1, 1, 2, 1, 1, 2, 2]


def draw(n: int, n_ids: int = 2, n_images: int = 3, seed: int = 0):
    batches = balanced_batches(PIDS, CAMS, n_ids, n_images, np.random.default_rng(seed))
    return list(itertools.islice(batches, n))


def test_the_others_come_from_other_cameras_where_there_are_any():
    for batch in draw(60):
        for group in batch.reshape(-1, 3):
            person, cameras = PIDS[group[0]], [CAMS[i] for i in group]
            assert {PIDS[i] for i in group} == {person}
            if person in (1, 4):
                assert cameras[0] not in cameras[1:]
            elif person == 2:
                assert len(set(group.tolist())) == 3
            else:
                assert set(group.tolist()) == {8}


def test_everyone_is_drawn_equally_often():
    counts = Counter(PIDS[i] for batch in draw(40) for i in batch[::3])
    assert counts == {1: 20, 2: 20, 3: 20, 4: 20}


def test_too_few_people_are_an_error():
    with pytest.raises(ValueError, match="4 people do not fill a batch of 5"):
        draw(1, n_ids=5)
