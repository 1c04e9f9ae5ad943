"""The pool of candidate crops: best per time cell, bounded, independent of order, spread over time."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from reid_core.crops.select import Candidate, CropConfig, CropPool
from reid_core.imaging import Patch
from reid_core.types import Member

CONFIG = CropConfig(n_best=3, cell_ms=100.0, min_share=0.0)
Offer = tuple[int, float, float]  # frame, t_ms, quality

offers = st.lists(
    st.tuples(
        st.integers(0, 400),
        st.floats(0, 60_000, allow_nan=False),
        st.sampled_from([0.0, 0.2, 0.5, 0.50001, 0.9, 1.0]),
    ),
    max_size=60,
    unique_by=lambda offer: offer[0],
)


def _patch(value: int) -> Patch:
    return Patch(np.full((2, 2, 3), value % 256, np.uint8), (0, 0, 2, 2))


def _pool(some: list[Offer], config: CropConfig = CONFIG) -> CropPool:
    pool = CropPool(config)
    for frame, t_ms, quality in some:
        pool.offer(Member(frame, 0), t_ms, quality, lambda frame=frame: _patch(frame))
    return pool


def _plain(found: list[Candidate]) -> list[tuple[Member, float, float, int]]:
    plain = []
    for one in found:
        assert one.patch is not None
        plain.append((one.member, one.t_ms, one.quality, int(one.patch.image[0, 0, 0])))
    return plain


@given(offers, st.randoms(use_true_random=False))
def test_the_order_of_offers_does_not_matter(some: list[Offer], random) -> None:
    shuffled = list(some)
    random.shuffle(shuffled)
    assert _plain(_pool(some).best()) == _plain(_pool(shuffled).best())


@given(offers, st.integers(0, 60))
def test_merging_two_pools_equals_offering_the_union(some: list[Offer], split: int) -> None:
    merged = _pool(some[:split])
    merged.merge(_pool(some[split:]))
    whole = _pool(some)
    assert _plain(merged.best()) == _plain(whole.best())
    more = [(1000, 30_000.0, 0.7), (1001, 59_000.0, 0.8)]
    for pool in (merged, whole):  # and it goes on in the same way
        for frame, t_ms, quality in more:
            pool.offer(Member(frame, 0), t_ms, quality, lambda frame=frame: _patch(frame))
    assert _plain(merged.best()) == _plain(whole.best())


@given(offers)
def test_a_pool_is_bounded_and_its_choice_is_the_best_few(some: list[Offer]) -> None:
    pool = _pool(some)
    assert len(pool) <= CONFIG.max_cells
    best = pool.best()
    assert len(best) == min(CONFIG.n_best, len(pool))
    assert [one.quality for one in best] == sorted((one.quality for one in best), reverse=True)
    if some:
        assert best[0].quality == max(quality for _, _, quality in some)


def test_a_picture_is_made_only_when_the_candidate_is_kept() -> None:
    made: list[int] = []

    def make(value: int) -> Patch:
        made.append(value)
        return _patch(value)

    pool = CropPool(CONFIG)
    for frame, quality in enumerate([0.5, 0.4, 0.5, 0.6, 0.1]):
        pool.offer(Member(frame, 0), 10.0, quality, lambda frame=frame: make(frame))
    assert made == [0, 3]


def test_a_tie_goes_to_the_earlier_frame_whatever_came_first() -> None:
    for order in ([5, 2], [2, 5]):
        pool = _pool([(frame, 10.0, 0.5) for frame in order])
        assert [one.member.frame_idx for one in pool.best()] == [2]


def test_the_choice_is_spread_over_the_time() -> None:
    config = CropConfig(n_best=4, cell_ms=100.0)
    # A long tracklet whose best second holds nearly all of the best crops.
    some = [(i, i * 40.0, 0.9 - 0.0001 * i if i < 25 else 0.6) for i in range(1000)]
    times = sorted(one.t_ms for one in _pool(some, config).best())
    assert len(times) == 4
    assert times[0] < 10_000
    assert times[-1] > 30_000
    assert min(np.diff(times)) > 2_000


def test_a_crop_far_worse_than_the_best_is_left_out() -> None:
    config = CropConfig(n_best=4, cell_ms=100.0, min_share=0.25)
    some = [(0, 0.0, 0.8), (1, 200.0, 0.1), (2, 400.0, 0.5)]
    assert [one.member.frame_idx for one in _pool(some, config).best()] == [0, 2]
    assert [one.member.frame_idx for one in _pool([(1, 0.0, 0.0)], config).best()] == [1]


def test_only_members_of_the_tracklet_are_chosen() -> None:
    pool = _pool([(0, 0.0, 0.8), (1, 200.0, 0.9), (2, 400.0, 0.5)])
    assert [one.member.frame_idx for one in pool.best({(0, 0), (2, 0), (1, 7)})] == [0, 2]
    assert pool.best(set()) == []


def test_replayed_rows_have_no_picture_yet() -> None:
    pool = CropPool(CONFIG)
    pool.offer(Member(3, 1), 0.0, 0.5, None)
    assert pool.best() == [Candidate(Member(3, 1), 0.0, 0.5, None)]


def test_single_crop_tracklets_end_for_every_time() -> None:
    config = CropConfig(n_best=1, cell_ms=10.0)
    pool = _pool([(i, (i - 3) * 700.0, 0.5) for i in range(40)], config)
    assert [one.member.frame_idx for one in pool.best()] == [0]


def test_configurations() -> None:
    assert CropConfig().key == CropConfig(n_best=8).key
    assert CropConfig().key != CropConfig(n_best=7).key
    with pytest.raises(ValueError, match="no crops can be chosen"):
        CropConfig(n_best=0)
    with pytest.raises(ValueError, match="different configurations"):
        _pool([]).merge(CropPool(CropConfig()))
