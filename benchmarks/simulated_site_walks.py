"""Walks of the simulated site's people: which camera saw them when, for how long, and as which vector."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from benchmarks.simulated_site_people import Person
from reid_core.crops.descriptor import pool_descriptor
from reid_core.linking.identities import Span
from reid_core.linking.travel import TravelTable, TravelWindow
from reid_core.types import FloatArray, IntArray

N_CAMERAS = 6
MAX_SIGHTINGS = 10
PAIR_SHARE = 0.5
"""Share of tracklets that are made of two pictures instead of one."""
HOUR_MS = 3_600_000.0
TYPICAL_MS = (10_000.0, 120_000.0)
"""Typical travel time between two cameras: drawn evenly from here for each pair."""
SPREAD = 0.35
"""Standard deviation of the logarithm of a person's travel time around the typical one."""
CLIP = 2.0
"""Nobody is off the typical time by more than so many spreads; that is where the windows end."""
STAY_MS = (2_000.0, 10_000.0)


@dataclass(frozen=True)
class Site:
    """A simulated hour.

    Attributes:
        spans: Where and when each of N tracklets was; ids are ``c<camera>n<number>``.
        vectors: ``(N, D)`` float32 unit vectors.
        truth: ``(N,)`` who it really is.
        table: The travel windows of all camera pairs.
    """

    spans: list[Span]
    vectors: FloatArray
    truth: IntArray
    table: TravelTable


def simulate(people: Sequence[Person], seed: int, span_ms: float = HOUR_MS) -> Site:
    """Let everybody walk through the site once.

    The even cameras see what the first real camera saw, the odd ones what the second did, so that one virtual
    camera never mixes two views; tracks, which one camera saw, are dealt over all. A walk goes from camera to
    camera, never to the same one, as long as there are pictures.
    """
    random = np.random.default_rng(seed)
    typical = random.uniform(*TYPICAL_MS, (N_CAMERAS, N_CAMERAS))
    typical = np.triu(typical, 1) + np.triu(typical, 1).T
    spans, vectors, truth = [], [], []
    for who, person in enumerate(people):
        t_ms, before = random.uniform(0, span_ms), -1
        for view, vector in _sightings(person, random):
            cameras = [c for c in range(N_CAMERAS) if c != before and (view is None or c % 2 == view)]
            camera = int(random.choice(cameras))
            if before >= 0:
                drift = np.clip(random.normal(0, SPREAD), -CLIP * SPREAD, CLIP * SPREAD)
                t_ms += typical[before, camera] * float(np.exp(drift))
            end_ms = t_ms + random.uniform(*STAY_MS)
            spans.append(Span(f"c{camera + 1}n{len(spans)}", f"camera {camera + 1}", t_ms, end_ms))
            vectors.append(vector)
            truth.append(who)
            t_ms, before = end_ms, camera
    factor = float(np.exp(CLIP * SPREAD))
    windows = [
        TravelWindow(
            f"camera {a + 1}",
            f"camera {b + 1}",
            typical[a, b] / factor,
            typical[a, b],
            typical[a, b] * factor,
        )
        for a in range(N_CAMERAS)
        for b in range(a + 1, N_CAMERAS)
    ]
    return Site(spans, np.stack(vectors), np.array(truth, np.int64), TravelTable(windows))


def _sightings(person: Person, random: np.random.Generator) -> list[tuple[int | None, FloatArray]]:
    """A person's tracklets in the order of the walk: the view (None for any) and the vector."""
    if len(person.views) == 1:  # a track: its pieces stay in order
        return [(None, vector) for vector in person.views[0][:MAX_SIGHTINGS]]
    found: list[tuple[int | None, FloatArray]] = []
    for view, vectors in enumerate(person.views):
        left = list(random.permutation(len(vectors)))
        while left:
            n = 2 if len(left) > 1 and random.random() < PAIR_SHARE else 1
            rows, left = left[:n], left[n:]
            found.append((view, pool_descriptor(vectors[rows], np.ones(n))))
    order = random.permutation(len(found))[:MAX_SIGHTINGS]
    return [found[place] for place in order]
