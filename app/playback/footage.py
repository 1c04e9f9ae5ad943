"""One source's pictures in the way a player asks for them.

What reads files (`app.playback.reading`) is imported by the thread that does it: the window starts without.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, Protocol

import numpy as np
from numpy.typing import NDArray

from app.playback.picture import Scaler
from reid_core.store.opening import sidecar_of
from reid_core.store.records import Source


class Footage(Protocol):
    """An open source; belongs to one thread.

    Attributes:
        times_ms: ``(n,)`` float64, time of each frame since the first.
        scaler: Makes pictures of the shown size.
    """

    @property
    def times_ms(self) -> NDArray[np.float64]: ...  # noqa: D102
    @property
    def scaler(self) -> Scaler: ...  # noqa: D102

    def go_to(self, rank: int) -> None:
        """Let `read` come to a frame; it may give frames before it first."""
        ...

    def is_soon(self, rank: int) -> bool:
        """Whether `read` comes to the frame without a seek and within some frames."""
        ...

    def read(self) -> tuple[int, Any] | None:
        """The next frame and its PyAV picture, or None at the end.

        Raises:
            SourceError: The footage went away or cannot be decoded any further.
        """
        ...

    def quick(self, rank: int) -> tuple[int, Any] | None:
        """The frame nearest to a rank that can be decoded by itself; None when there is none."""
        ...

    def key_from(self, rank: int) -> int | None:
        """The first frame at or after a rank from which decoding can start; None when there is none."""
        ...

    def close(self) -> None:
        """Release files and decoders."""
        ...


OnProgress = Callable[[float], None]
"""Called now and then with the part done, 0..1; what it raises stops the opening."""

Opener = Callable[[Source, OnProgress], Footage]
"""Opens a source; what the second argument raises stops it. Raises `SourceError`."""


def opener(project_path: str) -> Opener:
    """Opens the sources of a project, with the frame indexes that it keeps."""
    from pathlib import Path

    from app.playback.reading import footage_of
    from reid_core.pipeline.sources import open_recorded

    cache = sidecar_of(Path(project_path)) / "cache"

    def open_(record: Source, on_progress: OnProgress) -> Footage:
        return footage_of(open_recorded(record, cache, on_progress))

    return open_
