"""Endless P x K batches that prefer different cameras (FastReID's ``BalancedIdentitySampler``)."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

import numpy as np

from reid_core.types import IntArray


def balanced_batches(
    pids: Sequence[int], camids: Sequence[int], n_ids: int, n_images: int, rng: np.random.Generator
) -> Iterator[IntArray]:
    """Endless batches: one random picture of a person, the others from other cameras where there are any.

    A person seen by one camera only gives other pictures of that camera. Drawn without replacement while
    there are enough. People come in shuffled passes, so everyone is drawn equally often.

    Args:
        pids: Person of each picture.
        camids: Camera of each picture.
        n_ids: P, people in a batch.
        n_images: K, pictures of each.
        rng: Decides the order.

    Yields:
        ``(n_ids * n_images,)`` int64 indices, the pictures of one person side by side.

    Raises:
        ValueError: There are fewer than ``n_ids`` people.
    """
    labels, cameras = np.asarray(pids, np.int64), np.asarray(camids, np.int64)
    members = {int(pid): np.flatnonzero(labels == pid).astype(np.int64) for pid in np.unique(labels)}
    if len(members) < n_ids:
        raise ValueError(f"{len(members)} people do not fill a batch of {n_ids}")
    people = np.array(sorted(members))
    while True:
        order = rng.permutation(people)
        for start in range(0, len(order) - n_ids + 1, n_ids):
            chosen = order[start : start + n_ids]
            yield np.concatenate([_draw(members[int(pid)], cameras, n_images, rng) for pid in chosen])


def _draw(members: IntArray, cameras: IntArray, n_images: int, rng: np.random.Generator) -> IntArray:
    first = rng.choice(members)
    others = members[cameras[members] != cameras[first]]
    if not len(others):
        others = members[members != first]
    if not len(others):
        return np.full(n_images, first, np.int64)
    rest = rng.choice(others, n_images - 1, replace=len(others) < n_images - 1)
    return np.concatenate([[first], rest]).astype(np.int64)
