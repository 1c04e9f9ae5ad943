"""Validation identities: some people are held out of the training part and searched for."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from training.datasets.market import MarketSet, Picture


def hold_out(pictures: Sequence[Picture], share: float, seed: int = 0) -> MarketSet:
    """Split a training part by identity.

    Only people whom two cameras saw can be found again, so the validation ids are drawn among those. Of each
    of them the first picture under each camera is a query, the others are the gallery.

    Args:
        pictures: Of the training part.
        share: Of all ids, 0..1; at most half of those that two cameras saw. 0 holds nobody out.
        seed: Decides who.

    Returns:
        What is left for training, queries and gallery; no queries where fewer than two ids can be held out.
    """
    cameras: dict[int, set[int]] = {}
    for picture in pictures:
        cameras.setdefault(picture.pid, set()).add(picture.camid)
    findable = sorted(pid for pid, seen in cameras.items() if len(seen) > 1)
    n_held = min(round(share * len(cameras)), len(findable) // 2)
    if n_held < 2:
        return MarketSet(tuple(pictures), (), ())
    held = set(np.random.default_rng((seed, 77)).choice(findable, n_held, replace=False).tolist())
    query, gallery = split_queries([picture for picture in pictures if picture.pid in held])
    return MarketSet(tuple(p for p in pictures if p.pid not in held), query, gallery)


def split_queries(pictures: Sequence[Picture]) -> tuple[tuple[Picture, ...], tuple[Picture, ...]]:
    """The first picture of each person under each camera as queries, the others as the gallery.

    A person's only picture under a camera serves as both: it is junk for its own query, by the rule that the
    query's person and camera are left out.
    """
    first: dict[tuple[int, int], Picture] = {}
    rest: list[Picture] = []
    n_seen: dict[tuple[int, int], int] = {}
    for picture in sorted(pictures, key=lambda p: p.name):
        key = (picture.pid, picture.camid)
        n_seen[key] = n_seen.get(key, 0) + 1
        if key in first:
            rest.append(picture)
        else:
            first[key] = picture
    alone = [picture for key, picture in first.items() if n_seen[key] == 1]
    gallery = sorted([*rest, *alone], key=lambda p: p.name)
    return tuple(first.values()), tuple(gallery)
