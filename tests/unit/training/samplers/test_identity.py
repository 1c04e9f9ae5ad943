"""P x K batches by the rule of the strong baseline."""

from __future__ import annotations

import itertools
from collections import Counter

import numpy as np
import pytest

from training.samplers.identity import IdentityBatchSampler, identity_batches

# Person 7 has one picture, 2 has three, the others enough.
PIDS = [7] + [2] * 3 + [3] * 9 + [4] * 8 + [5] * 4 + [6] * 12


def epoch(seed: int = 0, n_ids: int = 3, n_images: int = 4):
    return list(identity_batches(PIDS, n_ids, n_images, np.random.default_rng(seed)))


@pytest.mark.parametrize("seed", range(10))
def test_each_batch_is_p_people_with_k_pictures_side_by_side(seed):
    for batch in epoch(seed):
        people = [{PIDS[i] for i in batch[start : start + 4]} for start in range(0, 12, 4)]
        assert batch.shape == (12,)
        assert all(len(group) == 1 for group in people)
        assert len(set.union(*people)) == 3


@pytest.mark.parametrize("seed", range(10))
def test_no_picture_repeats_in_an_epoch_unless_its_person_has_too_few(seed):
    drawn = Counter(int(i) for batch in epoch(seed) for i in batch)
    for index, times in drawn.items():
        if PIDS.count(PIDS[index]) >= 4:
            assert times == 1
    groups = Counter(PIDS[index] for index in drawn.elements())
    # Whole groups of 4 only: of 9 pictures at most 8, of 12 at most 12, and small people exactly 4.
    assert all(n <= {7: 4, 2: 4, 3: 8, 4: 8, 5: 4, 6: 12}[pid] for pid, n in groups.items())


def test_an_epoch_ends_when_fewer_than_p_people_have_groups_left():
    left = Counter({7: 1, 2: 1, 3: 2, 4: 2, 5: 1, 6: 3})
    for batch in epoch():
        left.subtract(PIDS[i] for i in batch[::4])
    assert sum(n > 0 for n in left.values()) < 3


def test_small_people_are_drawn_up_with_every_picture_present():
    for seed in range(10):
        drawn = {int(i) for batch in epoch(seed, n_ids=6) for i in batch}
        assert {0, 1, 2, 3} <= drawn


def test_sampler_gives_the_same_epoch_again_and_another_next():
    first, again = (IdentityBatchSampler(PIDS, 3, 4, seed=5) for _ in range(2))
    assert list(first) == list(again)
    again.epoch = 1
    assert list(first) != list(again)
    assert all(isinstance(i, int) for i in itertools.chain.from_iterable(first))


def test_too_few_people_are_an_error():
    with pytest.raises(ValueError, match="6 people do not fill a batch of 7"):
        epoch(n_ids=7)
