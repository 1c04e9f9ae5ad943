"""P x K batches: P people, K pictures of each (Hermans et al., "In Defense of the Triplet Loss", 2017)."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

import numpy as np
from torch.utils.data import Sampler

from reid_core.types import IntArray


def identity_batches(
    pids: Sequence[int], n_ids: int, n_images: int, rng: np.random.Generator
) -> Iterator[IntArray]:
    """One epoch by the rule of reid-strong-baseline.

    Every person's shuffled pictures are cut into groups of ``n_images`` (a person with fewer is first drawn
    up to that number with replacement; a remainder waits for the next epoch); batches of ``n_ids`` different
    people, one group each, are drawn until fewer than ``n_ids`` people have groups left.

    Args:
        pids: Person of each picture.
        n_ids: P, people in a batch.
        n_images: K, pictures of each.
        rng: Decides the order; the same state gives the same epoch.

    Yields:
        ``(n_ids * n_images,)`` int64 indices into ``pids``, the pictures of one person side by side.

    Raises:
        ValueError: There are fewer than ``n_ids`` people.
    """
    groups = _cut_into_groups(pids, n_images, rng)
    if len(groups) < n_ids:
        raise ValueError(f"{len(groups)} people do not fill a batch of {n_ids}")
    while len(groups) >= n_ids:
        people = sorted(groups)
        chosen = [people[i] for i in rng.choice(len(people), n_ids, replace=False)]
        yield np.concatenate([groups[pid].pop() for pid in chosen])
        for pid in chosen:
            if not groups[pid]:
                del groups[pid]


def _cut_into_groups(
    pids: Sequence[int], n_images: int, rng: np.random.Generator
) -> dict[int, list[IntArray]]:
    labels = np.asarray(pids, np.int64)
    groups: dict[int, list[IntArray]] = {}
    for pid in np.unique(labels):
        members = rng.permutation(np.flatnonzero(labels == pid)).astype(np.int64)
        if len(members) < n_images:
            members = np.concatenate([members, rng.choice(members, n_images - len(members))])
        n_groups = len(members) // n_images
        groups[int(pid)] = list(members[: n_groups * n_images].reshape(n_groups, n_images))
    return groups


class IdentityBatchSampler(Sampler[list[int]]):
    """`identity_batches` as torch's ``batch_sampler``; each epoch is a pure function of seed and epoch.

    Attributes:
        epoch: The epoch that the next iteration gives; set it to resume.

    Args:
        pids: Person of each picture.
        n_ids: P, people in a batch.
        n_images: K, pictures of each.
        seed: Decides every epoch.
    """

    def __init__(self, pids: Sequence[int], n_ids: int, n_images: int, seed: int = 0) -> None:
        self._pids, self._n_ids, self._n_images, self._seed = pids, n_ids, n_images, seed
        self.epoch = 0

    def __iter__(self) -> Iterator[list[int]]:
        rng = np.random.default_rng((self._seed, self.epoch))
        for batch in identity_batches(self._pids, self._n_ids, self._n_images, rng):
            yield batch.tolist()
