"""From a camera's own time to the common time of all cameras, and back."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from itertools import accumulate


@dataclass(frozen=True, slots=True)
class CameraClock:
    """How one camera's clock relates to the project's common clock.

    A camera's own time counts milliseconds since the first frame of its first file.

    >>> clock = CameraClock(offset_ms=-1500, drift_ppm=100)
    >>> clock.common_ms(10_000)
    8501.0
    >>> clock.media_ms(8501)
    10000.0

    Attributes:
        offset_ms: Common time of the camera's first frame, in milliseconds.
        drift_ppm: How much faster common time runs than the camera's clock, in parts per million; above
            -1,000,000.
    """

    offset_ms: float = 0.0
    drift_ppm: float = 0.0

    def __post_init__(self) -> None:
        if not self.drift_ppm > -1e6:
            raise ValueError(f"a drift of {self.drift_ppm} ppm would stop the clock")

    def common_ms(self, t_ms: float) -> float:
        """Common time of a moment at ``t_ms`` on the camera's own clock, in milliseconds."""
        return self.offset_ms + t_ms * (1 + self.drift_ppm * 1e-6)

    def media_ms(self, common_ms: float) -> float:
        """The camera's own time of a moment at ``common_ms``, in milliseconds; the inverse of `common_ms`."""
        return (common_ms - self.offset_ms) / (1 + self.drift_ppm * 1e-6)


def file_starts_ms(durations_ms: Iterable[float]) -> tuple[float, ...]:
    """Where each file of a camera starts on the camera's clock, when one follows the other without a gap.

    Args:
        durations_ms: Each file's `SourceInfo.duration_ms` (last frame's time plus one frame interval), in
            order.

    Returns:
        One start per file in milliseconds; the first is 0.

    >>> file_starts_ms([1000, 500, 250])
    (0.0, 1000.0, 1500.0)
    """
    return tuple(accumulate(map(float, durations_ms), initial=0.0))[:-1]
