"""How the window writes times, lengths, counts and verdicts, the same in every panel."""

from __future__ import annotations

import math

from reid_core.types import Verdict

EN_DASH = "–"
UNKNOWN = "–"
SIMILARITY_NOTE = "Visual similarity, not confirmed identity"

VERDICT_WORDS: dict[Verdict | None, str] = {
    Verdict.SAME: "accepted",
    Verdict.DIFFERENT: "rejected",
    Verdict.UNSURE: "unsure",
    None: "undecided",
}
VERDICT_ICONS: dict[Verdict | None, str] = {
    Verdict.SAME: "check",
    Verdict.DIFFERENT: "x",
    Verdict.UNSURE: "circle-question-mark",
    None: "",
}


def clock_label(t_ms: float, decimals: int = 1) -> str:
    """A moment of the common clock; cut, not rounded, as clocks are.

    >>> clock_label(50_547_940), clock_label(50_547_940, 0), clock_label(-1500)
    ('14:02:27.9', '14:02:27', '−00:00:01.5')
    """
    units = 10**decimals
    whole = math.floor(abs(t_ms) * units / 1000 + 1e-6)
    seconds, part = divmod(whole, units)
    sign = "−" if t_ms < 0 and whole else ""
    tail = f".{part:0{decimals}d}" if decimals else ""
    return f"{sign}{seconds // 3600:02d}:{seconds // 60 % 60:02d}:{seconds % 60:02d}{tail}"


def minute_label(t_ms: float) -> str:
    """A moment without its seconds.

    >>> minute_label(50_547_940)
    '14:02'
    """
    return clock_label(t_ms, 0).rpartition(":")[0]


def seconds_label(t_ms: float) -> str:
    """A moment to the second.

    >>> seconds_label(50_547_940)
    '14:02:27'
    """
    return clock_label(t_ms, 0)


def span_label(start_ms: float, end_ms: float, decimals: int = 1) -> str:
    """A stretch of the common clock.

    >>> span_label(50_530_100, 50_556_800)
    '14:02:10.1 – 14:02:36.8'
    """
    return f"{clock_label(start_ms, decimals)} {EN_DASH} {clock_label(end_ms, decimals)}"


def length_label(length_ms: float) -> str:
    """How long something lasts.

    >>> length_label(26_700), length_label(200_000), length_label(3_900_000)
    ('26.7 s', '3 min 20 s', '1 h 05 min')
    """
    tenths = round(length_ms / 100)
    if tenths < 600:
        return f"{tenths / 10:.1f} s"
    seconds = round(length_ms / 1000)
    if seconds < 3600:
        return f"{seconds // 60} min {seconds % 60:02d} s"
    minutes = round(length_ms / 60_000)
    return f"{minutes // 60:,} h {minutes % 60:02d} min"


def count_label(n: int, noun: str, plural: str = "") -> str:
    """A number of things.

    >>> count_label(1, "tracklet"), count_label(1234, "tracklet"), count_label(2, "identity", "identities")
    ('1 tracklet', '1,234 tracklets', '2 identities')
    """
    return f"{n:,} {noun if n == 1 else plural or noun + 's'}"


def percent_label(part: float) -> str:
    """A share of 0..1; it says 100 only when it is complete.

    >>> percent_label(0.624), percent_label(0.999), percent_label(1.0)
    ('62 %', '99 %', '100 %')
    """
    return f"{math.floor(min(max(part, 0.0), 1.0) * 100 + 1e-9)} %"


def similarity_label(similarity: float) -> str:
    """Two digits with a point.

    >>> similarity_label(0.876), similarity_label(-0.04)
    ('0.88', '−0.04')
    """
    return f"{similarity:.2f}".replace("-", "−")


def band_word(similarity: float, bands: tuple[float, float] | None) -> str:
    """``strong``, ``possible`` or ``weak``; nothing while there is no calibration.

    Args:
        similarity: -1..1.
        bands: Where possible begins and where strong begins, or None without a calibration.
    """
    if bands is None:
        return ""
    possible, strong = bands
    return "strong" if similarity >= strong else "possible" if similarity >= possible else "weak"
