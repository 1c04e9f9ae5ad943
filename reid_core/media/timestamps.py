"""Timestamps made sound: unwrapped, none absent, strictly increasing; and what follows from them.

``NO_PTS`` marks a timestamp that is not there. All functions are pure.
"""

from __future__ import annotations

from bisect import bisect_left
from fractions import Fraction

import numpy as np

from reid_core.types import BoolArray, IntArray

NO_PTS = int(np.iinfo(np.int64).min)
"""A timestamp that is not there (FFmpeg's ``AV_NOPTS_VALUE``)."""

MAX_REORDER = 16
"""No video codec shows a picture more than 16 places before its place in decoding order (H.264, A.3.1)."""

_WRAP = 2**33
_JITTER_S = 1.0


def unwrap(pts: IntArray, dts: IntArray, time_base: Fraction, interval: int) -> tuple[IntArray, int]:
    """Presentation timestamps of an MPEG stream on one rising scale.

    MPEG timestamps have 33 bits: they wrap every 26.5 hours, and start anew where recordings are joined.
    Between neighbours in decoding order the shortest way around is taken. A step back by more than a second
    is a new recording, which is put right behind the latest picture; a step forward stays, because a pause
    looks the same.

    Args:
        pts: ``(P,)`` in decoding order, 33-bit values or `NO_PTS`.
        dts: ``(P,)`` likewise.
        time_base: Seconds per unit.
        interval: One frame interval in units, put between joined recordings.

    Returns:
        ``(P,)`` pts on the rising scale, where `NO_PTS` stays, and the number of joints between recordings.
    """
    clock = np.where(dts != NO_PTS, dts, pts)
    has_clock = clock != NO_PTS
    known = clock[has_clock]
    if not len(known):
        return pts.copy(), 0
    steps = (np.diff(known) + _WRAP // 2) % _WRAP - _WRAP // 2
    rising = known[0] + np.concatenate([[0], np.cumsum(steps)])
    lead = (pts[has_clock] - known + _WRAP // 2) % _WRAP - _WRAP // 2
    lead[pts[has_clock] == NO_PTS] = 0
    shown = rising + lead
    joints = np.flatnonzero(steps < -_JITTER_S / time_base) + 1
    latest, shift = None, 0
    for part in np.split(shown, joints):  # views into `shown`
        if latest is not None:
            shift = max(shift, latest + interval - int(part.min()))
        part += shift
        latest = int(part.max()) if latest is None else max(latest, int(part.max()))
    unwrapped = np.full(len(pts), NO_PTS)
    unwrapped[has_clock] = shown
    unwrapped[pts == NO_PTS] = NO_PTS
    return unwrapped, len(joints)


def is_plausible_order(rank: IntArray) -> bool:
    """Whether ranks ``(F,)``, given in decoding order, could be the display order of a real stream."""
    return bool(len(rank) == 0 or (np.arange(len(rank)) - rank).max() <= MAX_REORDER)


def display_order(pts: IntArray) -> IntArray:
    """Indices ``(F,)`` that sort ``pts`` ``(F,)``; equal pts keep their order (that of decoding)."""
    return np.argsort(pts, kind="stable").astype(np.int64)


def fill_missing(pts: IntArray, interval: int) -> IntArray:
    """Timestamps ``(F,)`` in display order with the absent and the impossible ones replaced.

    The longest strictly rising series is kept. Replacements lie on the straight line between their
    neighbours; before the first and after the last good one they are ``interval`` apart. Without any good one
    the series is ``0, interval, 2 * interval, ...``.
    """
    n = len(pts)
    good = _longest_rise(pts)
    if not len(good):
        return np.arange(n, dtype=np.int64) * interval
    filled: IntArray = np.round(
        np.interp(np.arange(n), good, (pts[good] - pts[good[0]]).astype(np.float64))
    ).astype(np.int64)
    filled += pts[good[0]]
    filled[good] = pts[good]
    before, after = np.arange(good[0]), np.arange(good[-1] + 1, n)
    filled[before] = pts[good[0]] - (good[0] - before) * interval
    filled[after] = pts[good[-1]] + (after - good[-1]) * interval
    return filled


def _longest_rise(pts: IntArray) -> IntArray:
    """Indices of the longest strictly rising subsequence of what is not `NO_PTS` (patience sorting)."""
    lowest_end: list[int] = []  # by length: the lowest value that a rising series of this length can end with
    ends_at: list[int] = []
    before = np.full(len(pts), -1, np.int64)
    for i in np.flatnonzero(pts != NO_PTS).tolist():
        length = bisect_left(lowest_end, int(pts[i]))
        if length < len(lowest_end) and lowest_end[length] == pts[i]:
            continue  # of equal ones the first stays
        before[i] = ends_at[length - 1] if length else -1
        lowest_end[length : length + 1] = [int(pts[i])]
        ends_at[length : length + 1] = [i]
    rise = []
    at = ends_at[-1] if ends_at else -1
    while at >= 0:
        rise.append(at)
        at = int(before[at])
    return np.array(rise[::-1], np.int64)


def make_increasing(pts: IntArray) -> IntArray:
    """Non-decreasing timestamps ``(F,)`` made strictly increasing: each at least one above the one before."""
    place = np.arange(len(pts), dtype=np.int64)
    increasing: IntArray = np.maximum.accumulate(pts - place) + place
    return increasing


def start_packets(packet: IntArray, key: BoolArray, order: IntArray) -> IntArray:
    """From which key packet decoding has to start to get each frame exactly.

    That is the last key packet at or before the frame's own, unless the frame is shown before that key
    picture (a leading picture of an open group of pictures): then it needs the key before.

    Args:
        packet: ``(F,)`` packet of each frame, in display order.
        key: ``(P,)`` whether a packet is a key packet, in decoding order.
        order: ``(P,)`` anything that rises in display order (such as pts); `NO_PTS` where it is not known.

    Returns:
        ``(F,)`` packet numbers; 0 where no key packet comes before.
    """
    keys = np.flatnonzero(key)
    if not len(keys):
        return np.zeros(len(packet), np.int64)
    at = np.searchsorted(keys, packet, side="right") - 1
    while True:
        leading = (at >= 0) & (order[packet] < order[keys[np.maximum(at, 0)]])
        if not leading.any():
            break
        at[leading] -= 1
    return np.where(at >= 0, keys[np.maximum(at, 0)], 0).astype(np.int64)


def interval_of(pts: IntArray) -> float:
    """The nominal interval between frames in units of ``pts`` ``(F,)``: the mean without pauses, or 0.

    A pause is an interval of more than five times the median.
    """
    steps = np.diff(pts)
    if not len(steps):
        return 0.0
    return float(steps[steps <= 5 * max(float(np.median(steps)), 1.0)].mean())


def has_variable_rate(pts: IntArray) -> bool:
    """Whether any interval differs from the median by more than a tenth and by more than one unit."""
    steps = np.diff(pts)
    if not len(steps):
        return False
    median = float(np.median(steps))
    return bool((np.abs(steps - median) > max(1.0, 0.1 * median)).any())
