"""The visible window of time, and the ticks on it."""

from __future__ import annotations

import math
from dataclasses import dataclass, replace

from app.wording import clock_label

MIN_MS_PER_PX = 0.5
"""Closest look: a frame of 25 a second is 80 px wide."""
MARGIN = 0.02
"""Share of the width that stays free on both sides of everything."""
LABEL_PX = 92
"""Closest distance of two labelled ticks."""
_STEPS_S = (0.1, 0.2, 0.5, 1, 2, 5, 10, 15, 30, 60, 120, 300, 600, 900, 1800, 3600, 7200, 14400, 21600, 43200)
_MINOR = {0.1: 4, 0.2: 4, 0.5: 5, 1: 4, 2: 4, 5: 5, 10: 5, 15: 3, 30: 3}


@dataclass(frozen=True, slots=True)
class Tick:
    """A mark on the ruler.

    Attributes:
        x_px: From the axis' left end.
        label: Its time; empty for a small mark between two labelled ones.
    """

    x_px: float
    label: str


@dataclass(frozen=True, slots=True)
class Axis:
    """A linear map from the common clock to pixels.

    Attributes:
        start_ms: Time at the left end.
        ms_per_px: Scale.
        width_px: Length of the axis.
    """

    start_ms: float = 0.0
    ms_per_px: float = 10.0
    width_px: float = 1.0

    @property
    def end_ms(self) -> float:
        """Time at the right end."""
        return self.time_at(self.width_px)

    def x_of(self, t_ms: float) -> float:
        """Pixel of a moment."""
        return (t_ms - self.start_ms) / self.ms_per_px

    def time_at(self, x_px: float) -> float:
        """Moment at a pixel."""
        return self.start_ms + x_px * self.ms_per_px

    def fit(self, extent_ms: tuple[float, float]) -> Axis:
        """The axis on which the whole stretch is visible, with a margin."""
        first, last = extent_ms
        span = max(last - first, MIN_MS_PER_PX * self.width_px)
        scale = max(span / (self.width_px * (1 - 2 * MARGIN)), MIN_MS_PER_PX)
        return replace(self, start_ms=(first + last - scale * self.width_px) / 2, ms_per_px=scale)

    def zoom(self, factor: float, about_px: float, extent_ms: tuple[float, float]) -> Axis:
        """Closer (factor above 1) or farther, with the time under a pixel kept where it is."""
        widest = max(self.fit(extent_ms).ms_per_px, MIN_MS_PER_PX)
        scale = min(max(self.ms_per_px / factor, MIN_MS_PER_PX), widest)
        start = self.time_at(about_px) - about_px * scale
        return replace(self, start_ms=start, ms_per_px=scale).held_in(extent_ms)

    def pan(self, by_px: float, extent_ms: tuple[float, float]) -> Axis:
        """Later by so many pixels."""
        return replace(self, start_ms=self.start_ms + by_px * self.ms_per_px).held_in(extent_ms)

    def resized(self, width_px: float) -> Axis:
        """The same scale on another length."""
        return replace(self, width_px=max(width_px, 1.0))

    def centred(self, t_ms: float, extent_ms: tuple[float, float], part: float = 0.5) -> Axis:
        """The same scale with a moment at a part of the width."""
        start = t_ms - part * self.width_px * self.ms_per_px
        return replace(self, start_ms=start).held_in(extent_ms)

    def held_in(self, extent_ms: tuple[float, float]) -> Axis:
        """Moved so that some of the footage stays in sight: never more than the margin beyond its ends."""
        first, last = extent_ms
        span = self.width_px * self.ms_per_px
        margin = span * MARGIN
        if span * (1 - 2 * MARGIN) >= last - first - 1e-6 * span:
            lowest, highest = last + margin - span, first - margin
        else:
            lowest, highest = first - margin, last + margin - span
        start = min(max(self.start_ms, min(lowest, highest)), max(lowest, highest))
        return replace(self, start_ms=start)

    def ticks(self, zero_ms: float = 0.0) -> list[Tick]:
        """Labelled marks at round times, small ones between them.

        Args:
            zero_ms: Time of day at 0 on the common clock.
        """
        wanted_s = self.ms_per_px * LABEL_PX / 1000
        step_s = next((step for step in _STEPS_S if step >= wanted_s), 86400.0 * math.ceil(wanted_s / 86400))
        n_minor = _MINOR.get(step_s, 4)
        minor_ms = step_s * 1000 / n_minor
        first = math.ceil((self.start_ms + zero_ms) / minor_ms - 1e-9)
        last = math.floor((self.end_ms + zero_ms) / minor_ms + 1e-9)
        return [
            Tick(
                self.x_of(n * minor_ms - zero_ms),
                "" if n % n_minor else clock_label(n * minor_ms, 1 if step_s < 1 else 0),
            )
            for n in range(first, last + 1)
        ]
