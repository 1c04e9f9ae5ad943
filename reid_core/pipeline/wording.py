"""How the core writes times for people."""

from __future__ import annotations


def clock_text(t_ms: float) -> str:
    """``h:mm:ss.mmm`` of milliseconds on the common clock.

    >>> clock_text(3_723_004.4), clock_text(-1500)
    ('1:02:03.004', '-0:00:01.500')
    """
    sign = "-" if t_ms < 0 else ""
    seconds, ms = divmod(round(abs(t_ms)), 1000)
    return f"{sign}{seconds // 3600}:{seconds // 60 % 60:02}:{seconds % 60:02}.{ms:03}"
