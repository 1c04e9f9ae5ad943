"""Moments of the common clock as people write them."""

from __future__ import annotations

import re
from datetime import datetime, timedelta

from app.wording import clock_label

_DAY_MS = 24 * 3600 * 1000.0
_PARTS = re.compile(r"^([+-]?)(?:(?:(\d+):)?(\d+):)?(\d+(?:[.,]\d+)?)$")


def time_text(t_ms: float, start: datetime | None = None, *, tenths: bool = True) -> str:
    """A moment: by the wall clock where it is known, else counted from 0.

    Args:
        t_ms: On the common clock.
        start: Wall-clock time of the common clock's 0, or None.
        tenths: With tenths of a second.

    >>> time_text(8_123_940.0), time_text(-1500.0)
    ('02:15:23.9', '−00:00:01.5')
    >>> time_text(1_940.0, datetime(2026, 11, 21, 14, 2, 26), tenths=False)
    '14:02:27'
    """
    if start is not None:
        midnight = start.replace(hour=0, minute=0, second=0, microsecond=0)
        t_ms = (t_ms + (start - midnight) / timedelta(milliseconds=1)) % _DAY_MS
    return clock_label(t_ms, 1 if tenths else 0)


def date_text(t_ms: float, start: datetime | None) -> str:
    """The date of a moment, or nothing where it is not known.

    >>> date_text(0, datetime(2026, 11, 21, 14, 2)), date_text(0, None)
    ('21 Nov 2026', '')
    """
    if start is None:
        return ""
    day = start + timedelta(milliseconds=t_ms)
    return f"{day.day} {_MONTHS[day.month - 1]} {day.year}"


_MONTHS = ("Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec")


def offset_text(offset_ms: float) -> str:
    """A clock offset with its sign, or nothing for 0.

    >>> offset_text(40), offset_text(-1200), offset_text(0), offset_text(95_000)
    ('+40 ms', '−1.2 s', '', '+1:35.0')
    """
    if round(offset_ms) == 0:
        return ""
    sign, size = ("+" if offset_ms > 0 else "−"), abs(offset_ms)
    if size < 1000:
        return f"{sign}{size:.0f} ms"
    if size < 60_000:
        return f"{sign}{size / 1000:.1f} s"
    return sign + time_text(size).removeprefix("00:").removeprefix("0")


def rate_text(rate: float) -> str:
    """A speed.

    >>> rate_text(1.0), rate_text(0.25), rate_text(-4.0)
    ('1×', '0.25×', '−4×')
    """
    return f"{'−' if rate < 0 else ''}{abs(rate):g}×"


def parse_time(text: str, now_ms: float, start: datetime | None = None) -> float | None:
    """The moment that somebody typed, on the common clock, or None where it is none.

    A sign makes it relative to now. With a known start it is the time of day nearest to now.

    >>> parse_time("1:02.5", 0.0), parse_time("+10", 5000.0), parse_time("ten", 0.0)
    (62500.0, 15000.0, None)
    """
    found = _PARTS.match(text.strip().replace("−", "-"))
    if found is None:
        return None
    sign, hours, minutes, seconds = found.groups()
    total = 1000.0 * (int(hours or 0) * 3600 + int(minutes or 0) * 60 + float(seconds.replace(",", ".")))
    if sign:
        return now_ms + (total if sign == "+" else -total)
    if start is None or hours is None:
        return total
    midnight = start.replace(hour=0, minute=0, second=0, microsecond=0)
    total -= (start - midnight) / timedelta(milliseconds=1)
    return total + _DAY_MS * round((now_ms - total) / _DAY_MS)
