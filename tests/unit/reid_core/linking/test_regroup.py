"""Taking nodes out of an identity ends what leads across, and lets neither side fall apart."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from reid_core.linking.identities import Decision, Span, fold
from reid_core.linking.regroup import cut_out
from reid_core.types import Verdict


def same(*pairs: tuple[str, str]) -> list[Decision]:
    return [Decision(n, n, a, b, Verdict.SAME) for n, (a, b) in enumerate(pairs, start=1)]


def test_a_leaf_goes_alone() -> None:
    cut = cut_out(same(("a", "b"), ("b", "c")), ["a", "b", "c"], {"c"})
    assert [d.number for d in cut.across] == [2]
    assert cut.joins == ()
    assert (cut.taken, cut.rest) == (("c",), ("a", "b"))


def test_without_its_middle_the_rest_is_joined_anew() -> None:
    cut = cut_out(same(("a", "b"), ("b", "c")), ["a", "b", "c"], {"b"})
    assert [d.number for d in cut.across] == [1, 2]
    assert cut.joins == (("a", "c"),)


def test_verdicts_about_others_are_left_alone() -> None:
    cut = cut_out(same(("a", "b"), ("x", "y")), ["a", "b"], {"b"})
    assert [d.number for d in cut.across] == [1]


@settings(max_examples=60, deadline=None)
@given(st.data())
def test_afterwards_there_are_exactly_the_two_sides(data: st.DataObject) -> None:
    nodes = [f"n{i}" for i in range(data.draw(st.integers(2, 8)))]
    pairs = [(nodes[data.draw(st.integers(0, n - 1))], nodes[n]) for n in range(1, len(nodes))]
    pairs += data.draw(st.lists(st.tuples(st.sampled_from(nodes), st.sampled_from(nodes)), max_size=5))
    taken = data.draw(st.sets(st.sampled_from(nodes), min_size=1, max_size=len(nodes) - 1))
    decisions = same(*[pair for pair in pairs if pair[0] != pair[1]])
    cut = cut_out(decisions, nodes, taken)
    ended = {d.number for d in cut.across}
    left = [(d.a, d.b) for d in decisions if d.number not in ended] + list(cut.joins)
    spans = [Span(node, node, 0, 1) for node in nodes]
    found = {frozenset(i.tracklets) for i in fold(spans, same(*left)).identities}
    wanted = {frozenset(taken), frozenset(set(nodes) - taken)}
    assert found == {side for side in wanted if len(side) > 1}


def test_nothing_is_ended_where_nothing_goes() -> None:
    cut = cut_out(same(("a", "b")), ["a", "b"], set())
    assert cut.across == cut.joins == ()
    assert cut.rest == ("a", "b")


@pytest.mark.parametrize("taken", [{"b"}, {"a"}])
def test_a_verdict_that_was_given_twice_ends_twice(taken: set[str]) -> None:
    cut = cut_out(same(("a", "b"), ("b", "a")), ["a", "b"], taken)
    assert [d.number for d in cut.across] == [1, 2]
