"""Entries are made when they are looked at, and a hundred thousand pairs are no work."""

from __future__ import annotations

import time

import pytest

from app.lazy import Lazy
from app.verdicts import rows_of
from app.views.verify import Pair
from tests.fakes.projects import two_cameras


def test_a_lazy_sequence_is_a_sequence():
    made = []

    def make(n):
        made.append(n)
        return n * 10

    lazy = Lazy(5, make)
    assert made == []
    assert (len(lazy), lazy[0], lazy[-1], list(lazy[1:3])) == (5, 0, 40, [10, 20])
    assert list(lazy) == [0, 10, 20, 30, 40]
    assert 30 in lazy
    with pytest.raises(IndexError):
        lazy[5]


def test_rows_of_very_many_pairs_are_only_made_where_they_are_seen():
    pairs = [Pair("c1s1t1", "c2s1t1", 0.5)] * 100_000
    start = time.perf_counter()
    rows = rows_of(pairs, [None] * len(pairs), two_cameras())
    seen = [row.title for row in rows[50_000:50_012]]
    assert time.perf_counter() - start < 0.1
    assert seen == ["Hall · T-2.1"] * 12
