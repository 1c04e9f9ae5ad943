"""The best crops of a tracklet, chosen while its frames stream by."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Container
from dataclasses import asdict, dataclass

from reid_core.imaging import Patch
from reid_core.types import Member


@dataclass(frozen=True, slots=True)
class CropConfig:
    """How crops are chosen; part of the tracklets' cache key.

    Attributes:
        n_best: K, the crops that a tracklet keeps.
        cell_ms: First length of a time cell, milliseconds.
        min_share: Crops worse than this share of the tracklet's best are left out.
    """

    n_best: int = 8
    cell_ms: float = 500.0
    min_share: float = 0.25

    def __post_init__(self) -> None:
        if self.n_best < 1 or self.cell_ms <= 0 or not 0 <= self.min_share <= 1:
            raise ValueError(f"no crops can be chosen by {self}")

    @property
    def max_cells(self) -> int:
        """Time cells that a pool holds at most: twice K, so that doubling leaves about K."""
        return 2 * self.n_best

    @property
    def key(self) -> str:
        """Hash of every field."""
        return hashlib.sha256(repr(sorted(asdict(self).items())).encode()).hexdigest()


@dataclass(frozen=True, slots=True)
class Candidate:
    """A crop that may be kept.

    Attributes:
        member: The detection it shows.
        t_ms: Its time, milliseconds since the source's first frame.
        quality: 0..1.
        patch: The picture; None when it must be read from the footage again.
    """

    member: Member
    t_ms: float
    quality: float
    patch: Patch | None

    @property
    def rank(self) -> tuple[float, int, int]:
        """Sorts the best first: by quality, then by the earlier frame, then by the lower row."""
        return -self.quality, self.member.frame_idx, self.member.detection_idx


class CropPool:
    """Keeps the best candidate of each time cell, in bounded memory.

    Cells start at multiples of their length on the source's clock; when more than ``max_cells`` are occupied,
    the length doubles until they are not. So what a pool holds is a function of the *set* of what it was
    offered: the order does not matter, and merging two pools equals offering everything to one.
    """

    def __init__(self, config: CropConfig) -> None:
        self._config = config
        self._level = 0
        self._cells: dict[int, Candidate] = {}

    def __len__(self) -> int:
        return len(self._cells)

    def offer(self, member: Member, t_ms: float, quality: float, patch: Callable[[], Patch] | None) -> None:
        """Take a candidate into account; its picture is made only when it is the best of its cell so far.

        Args:
            member: The detection it shows.
            t_ms: Milliseconds since the source's first frame.
            quality: 0..1.
            patch: Makes the picture, or None when it is not at hand.
        """
        candidate = Candidate(member, t_ms, quality, None)
        held = self._cells.get(self._cell(t_ms))
        if held is not None and held.rank <= candidate.rank:
            return
        self._cells[self._cell(t_ms)] = (
            candidate if patch is None else Candidate(member, t_ms, quality, patch())
        )
        self._double_until_fit()

    def merge(self, other: CropPool) -> None:
        """Take over everything that another pool holds; both must have the same configuration.

        Raises:
            ValueError: The configurations differ.
        """
        if other._config != self._config:
            raise ValueError("pools with different configurations cannot be merged")
        self._level = max(self._level, other._level)
        self._cells = self._best_per_cell([*self._cells.values(), *other._cells.values()], self._level)
        self._double_until_fit()

    def best(self, among: Container[tuple[int, int]] | None = None) -> list[Candidate]:
        """The K best candidates, best first, spread over the time.

        One from each of at most K cells (the pool's, lengthened until they are few enough), then the best of
        the rest; whatever falls under ``min_share`` of the best one's quality is left out.

        Args:
            among: Only members with these ``(frame_idx, detection_idx)``; None for all.
        """
        held = [c for c in self._cells.values() if among is None or _pair(c) in among]
        if not held:
            return []
        held.sort(key=lambda candidate: candidate.rank)
        least = self._config.min_share * held[0].quality
        held = [candidate for candidate in held if candidate.quality >= least]
        level, spread = self._level, held
        while len(spread) > self._config.n_best:
            level += 1
            spread = list(self._best_per_cell(spread, level).values())
        chosen = {candidate.member for candidate in spread}
        rest = [candidate for candidate in held if candidate.member not in chosen]
        return sorted(
            [*spread, *rest[: self._config.n_best - len(spread)]], key=lambda candidate: candidate.rank
        )

    def _cell(self, t_ms: float, level: int | None = None) -> int:
        return int(max(t_ms, 0.0) // self._config.cell_ms) >> (self._level if level is None else level)

    def _best_per_cell(self, candidates: list[Candidate], level: int) -> dict[int, Candidate]:
        best: dict[int, Candidate] = {}
        for candidate in sorted(candidates, key=lambda one: one.rank):
            best.setdefault(self._cell(candidate.t_ms, level), candidate)
        return best

    def _double_until_fit(self) -> None:
        while len(self._cells) > self._config.max_cells:
            self._level += 1
            self._cells = self._best_per_cell(list(self._cells.values()), self._level)


def _pair(candidate: Candidate) -> tuple[int, int]:
    return candidate.member.frame_idx, candidate.member.detection_idx
