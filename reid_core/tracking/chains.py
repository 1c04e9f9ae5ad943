"""Chains of pieces that show the same person, linked as soon as everything that matters has been seen."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass, field

from reid_core.tracking.config import TrackingConfig
from reid_core.tracking.pieces import End, Piece, Rows
from reid_core.tracking.stitch import find_links

_PATIENCE_S = 2.0
"""Links are decided this long after they could be, so that most groups of rivals are complete."""


@dataclass(slots=True, eq=False)
class Chain:
    """Pieces of one person.

    Attributes:
        parts: Their detections, in order of time, without the appearance.
        head: The beginning of the first.
        tail: The end of the last.
        may_follow: Whether it may turn out to continue another chain.
        is_open: Whether the next piece of the run at its end belongs to it.
        fragments: Where its detections came from.
    """

    parts: list[Rows]
    head: End
    tail: End
    may_follow: bool = True
    is_open: bool = False
    fragments: set[int] = field(default_factory=set)


class ChainBuilder:
    """Collects the pieces of one scene, and links them.

    Whether a chain ends is decided when every piece that could continue it is known, together with all pieces
    that compete for those. So the delay is bounded, and so is what is kept.
    """

    def __init__(self, config: TrackingConfig) -> None:
        self._config = config
        self._chains: list[Chain] = []
        self._by_run: dict[int, Chain] = {}
        self._n_holders: Counter[int] = Counter()
        self._complete: set[int] = set()

    def add(self, run: int, pieces: Iterable[Piece]) -> None:
        """Take the next pieces of a run."""
        for piece in pieces:
            before = self._by_run.get(run)
            rows = piece.rows.without_appearance()
            goes_on = before is not None and (before.is_open or piece.continues)
            if before is not None and goes_on and self._fits(before, piece.tail):
                before.parts.append(rows)
                before.tail = piece.tail
                chain = before
            else:
                chain = Chain([rows], piece.head, piece.tail, may_follow=not goes_on)
                self._chains.append(chain)
                if before is not None:
                    before.is_open = False
            chain.is_open = piece.is_continued
            self._by_run[run] = chain
            self._hold(chain, set(rows.fragment.tolist()))

    def end_run(self, run: int) -> None:
        """No piece of this run will come any more."""
        chain = self._by_run.pop(run, None)
        if chain is not None:
            chain.is_open = False

    def end_fragments(self, fragments: Iterable[int]) -> tuple[list[tuple[int, int]], list[int]]:
        """Every piece with detections of these fragments has come; returns what is merged, and dropped."""
        ended = set(fragments)
        self._complete |= ended
        merged = [pair for chain in self._chains if chain.fragments & ended for pair in self._merge(chain)]
        return merged, self._drop(ended)

    def settle(self, known_until_s: float) -> tuple[list[tuple[int, int]], list[Chain]]:
        """Decide what can be decided; every piece that begins before that time must have come.

        Returns:
            The merged fragments, and the chains that are finished, in the order of their ends.
        """
        gap_s = self._config.link.gap_s
        tails = [chain for chain in self._chains if not chain.is_open]
        due = [chain for chain in tails if chain.tail.t_s + gap_s < known_until_s]
        if not due or (min(chain.tail.t_s for chain in due) + gap_s + _PATIENCE_S > known_until_s):
            return [], []
        heads = [chain for chain in self._chains if chain.may_follow]
        links = find_links([c.tail for c in tails], [c.head for c in heads], self._config.link)
        following = {id(tails[tail]): heads[head] for tail, head in links}
        decided = {id(chain) for chain in due}
        merged, finished, gone = [], [], set()
        for chain in sorted(self._chains, key=lambda one: one.head.t_s):
            if id(chain) in gone:
                continue
            last = chain
            while id(last) in decided and (after := following.get(id(last))) is not None:
                after.may_follow = False
                if not self._fits(chain, after.tail):
                    break
                gone.add(id(after))
                self._absorb(chain, after)
                last = after
            merged += self._merge(chain)
            if id(last) in decided:
                gone.add(id(chain))
                finished.append(chain)
        self._chains = [chain for chain in self._chains if id(chain) not in gone]
        finished.sort(key=lambda chain: (chain.tail.t_s, chain.head.t_s))
        return merged, finished

    def release(self, chains: Iterable[Chain]) -> list[int]:
        """Forget finished chains; returns the fragments that nobody holds any more."""
        released: set[int] = set()
        for chain in chains:
            self._n_holders.subtract(chain.fragments)
            released |= chain.fragments
        return self._drop(released)

    def _fits(self, chain: Chain, tail: End) -> bool:
        return tail.t_s - chain.head.t_s <= self._config.tracklet_s

    def _absorb(self, chain: Chain, after: Chain) -> None:
        chain.parts += after.parts
        chain.tail, chain.is_open = after.tail, after.is_open
        self._n_holders.subtract(after.fragments)
        self._hold(chain, after.fragments)
        for run, holder in self._by_run.items():
            if holder is after:
                self._by_run[run] = chain

    def _hold(self, chain: Chain, fragments: set[int]) -> None:
        self._n_holders.update(fragments - chain.fragments)
        chain.fragments |= fragments

    def _merge(self, chain: Chain) -> list[tuple[int, int]]:
        """Let one fragment stand for all that are complete and this chain's alone."""
        own = sorted(f for f in chain.fragments if f in self._complete and self._n_holders[f] == 1)
        for other in own[1:]:
            chain.fragments.remove(other)
            self._forget(other)
        return [(own[0], other) for other in own[1:]]

    def _drop(self, fragments: set[int]) -> list[int]:
        dropped = sorted(f for f in fragments & self._complete if not self._n_holders[f])
        for fragment in dropped:
            self._forget(fragment)
        return dropped

    def _forget(self, fragment: int) -> None:
        self._complete.discard(fragment)
        del self._n_holders[fragment]
