"""Taking nodes out of an identity: which "same" verdicts must end, and which pairs keep either side together.

Pure functions on plain data, as `reid_core.linking.identities`.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass

from reid_core.linking.identities import Decision


@dataclass(frozen=True, slots=True)
class Cut:
    """How an identity falls in two.

    Attributes:
        across: "Same" verdicts between the two sides, which must end; rising by number.
        joins: Pairs that become "same" so that neither side falls apart further.
        taken: Nodes that go.
        rest: Nodes that stay.
    """

    across: tuple[Decision, ...]
    joins: tuple[tuple[str, str], ...]
    taken: tuple[str, ...]
    rest: tuple[str, ...]


def cut_out(same: Iterable[Decision], members: Sequence[str], taken: Collection[str]) -> Cut:
    """Take nodes out of the identity that has these members.

    Args:
        same: "Same" verdicts that hold; those between other nodes are left alone.
        members: Every node of the identity. The order decides which nodes are joined where a side falls
            apart: the first node of each part with the first of all.
        taken: Members that go. A member that nothing but they hold in the identity, and that is not itself
            of interest (a query picture, a lost place), goes with them when it is listed here too.

    >>> from reid_core.types import Verdict
    >>> star = [Decision(n, n, "hub", leaf, Verdict.SAME) for n, leaf in enumerate("abc", start=1)]
    >>> cut = cut_out(star, ["hub", "a", "b", "c"], {"a", "b"})
    >>> [decision.number for decision in cut.across], cut.joins
    ([1, 2], (('a', 'b'),))
    """
    inside = set(members)
    gone = {node for node in members if node in taken}
    own = [d for d in sorted(same, key=lambda d: d.number) if d.a in inside and d.b in inside and d.a != d.b]
    across = tuple(d for d in own if (d.a in gone) != (d.b in gone))
    kept = [d for d in own if (d.a in gone) == (d.b in gone)]
    sides = [node for node in members if node in gone], [node for node in members if node not in gone]
    return Cut(across, (*_joins(sides[0], kept), *_joins(sides[1], kept)), tuple(sides[0]), tuple(sides[1]))


def _joins(side: Sequence[str], kept: Sequence[Decision]) -> list[tuple[str, str]]:
    """The first node of each part of a side, with the first of all."""
    neighbours: dict[str, list[str]] = {node: [] for node in side}
    for decision in kept:
        if decision.a in neighbours:
            neighbours[decision.a].append(decision.b)
            neighbours[decision.b].append(decision.a)
    heads: list[str] = []
    seen: set[str] = set()
    for node in side:
        if node in seen:
            continue
        heads.append(node)
        waiting = [node]
        seen.add(node)
        while waiting:
            found = [other for other in neighbours[waiting.pop()] if other not in seen]
            seen.update(found)
            waiting += found
    return [(heads[0], head) for head in heads[1:]]
