"""Batches depend on seed and place alone: not on processes, not on what came before."""

from __future__ import annotations

import numpy as np
import pytest
import torch

from tests.fakes.people import write_market
from training.config import BatchConfig
from training.datasets.holding_out import hold_out
from training.datasets.loading import AugmentedPictures, load_batches, plan_epoch, share_of
from training.datasets.market import read_market

CONFIG = BatchConfig(height=64, width=32, patch_p=1.0, jitter_p=1.0)


def plans(n_batches=30, seed=0):
    rng = np.random.default_rng(seed)
    return plan_epoch(1, [rng.integers(0, 16, 4).tolist() for _ in range(n_batches)], seed)


@pytest.mark.enable_socket  # the processes talk by sockets in the file system
def test_processes_change_nothing(tmp_path):
    pictures = AugmentedPictures(read_market(write_market(tmp_path / "set")).train, CONFIG, 3)
    here = list(load_batches(pictures, plans(3)))
    elsewhere = list(load_batches(pictures, plans(3), n_workers=2))
    assert [batch.is_last for batch in here] == [False, False, True]
    for first, second in zip(here, elsewhere, strict=True):
        assert torch.equal(first.images, second.images)
        assert torch.equal(first.rows, second.rows)
        assert first.images.shape == (4, 3, 64, 32)


def test_a_part_of_an_epoch_is_the_same_as_the_whole(tmp_path):
    pictures = AugmentedPictures(read_market(write_market(tmp_path / "set")).train, CONFIG, 3)
    whole = list(load_batches(pictures, plans()))
    rest = list(load_batches(pictures, plans()[27:]))
    assert all(torch.equal(a.images, b.images) for a, b in zip(whole[27:], rest, strict=True))
    assert any(place.donor_row >= 0 for place in plans()[27].places)
    assert all(place.donor_row < 0 for plan in plans()[:25] for place in plan.places)


def test_shares_joined_are_the_batch():
    plan = plans(1)[0]
    assert sum((share_of(plan, part, 2).places for part in (0, 1)), ()) == plan.places


def test_people_are_held_out_as_a_whole_and_can_be_found(tmp_path):
    pictures = read_market(write_market(tmp_path / "set", n_ids=10, n_test_ids=0)).train
    split = hold_out(pictures, 0.3)
    held = {p.pid for p in (*split.query, *split.gallery)}
    assert len(held) == 3
    assert held.isdisjoint({p.pid for p in split.train})
    assert len(split.train) + len(split.query) + len(split.gallery) == len(pictures)
    assert all(any(g.pid == q.pid and g.camid != q.camid for g in split.gallery) for q in split.query)
    assert hold_out(pictures, 0.3) == split
    assert hold_out(pictures, 0.3, seed=1) != split
    nobody = hold_out([p for p in pictures if p.camid == 1], 0.3)
    assert (len(nobody.train), nobody.query, nobody.gallery) == (20, (), ())
    assert hold_out(pictures, 0.0).train == tuple(pictures)
