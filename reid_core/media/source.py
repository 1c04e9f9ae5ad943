"""What footage is to the rest of the program, whether it comes from a file, a folder or (later) a stream."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from enum import StrEnum
from fractions import Fraction
from pathlib import Path
from typing import Literal, Protocol

import numpy as np
from numpy.typing import NDArray

from reid_core.errors import SourceError
from reid_core.media.files import is_folder, refusal
from reid_core.types import Frame, IntArray

TimeArray = NDArray[np.float64]
"""Times in milliseconds, float64."""
OnProgress = Callable[[float], None]
"""Called now and then with the part done, 0..1; what it raises stops the work."""


class SourceEnd(StrEnum):
    """How a sequential reading ended.

    Attributes:
        ENDED: The source is read to its end, every picture was given.
        BROKEN: Pictures are missing, or the source is cut off: all good pictures were given, the rest is
            lost.
        EMPTY: Not one picture could be decoded.
    """

    ENDED = "ended"
    BROKEN = "broken"
    EMPTY = "empty"


@dataclass(frozen=True, slots=True)
class SourceInfo:
    """What is known of a source before any of it is used.

    Attributes:
        path: The file or folder, absolute.
        kind: ``video`` for a file, ``images`` for a folder of pictures.
        fingerprint: See `reid_core.media.fingerprint.fingerprint`.
        container: FFmpeg's name of the container, e.g. ``mov``; ``folder`` for pictures.
        codec: Name of the video codec, or of the format of the first picture.
        width: Width of every frame that the source gives, in pixels, upright.
        height: Height of every frame that the source gives, in pixels, upright.
        fps: Nominal rate: frames per second where frames follow one another without a gap.
        is_vfr: Whether intervals between frames differ by more than a tenth (or a tick of the time base).
        n_frames: Number of frames that will be shown; None for a live stream.
        duration_ms: From the first frame to the end of the last one (its time plus one nominal interval);
            None for a live stream.
        first_pts: Presentation timestamp of the first frame, in ``time_base``.
        time_base: Seconds per unit of a pts.
        rotation: Degrees clockwise by which the stored pictures were turned to be upright: 0, 90, 180 or 270.
    """

    path: Path
    kind: Literal["video", "images"]
    fingerprint: str
    container: str
    codec: str
    width: int
    height: int
    fps: float
    is_vfr: bool
    n_frames: int | None
    duration_ms: float | None
    first_pts: int
    time_base: Fraction
    rotation: int


class FrameSource(Protocol):
    """Footage of one camera, frame by frame.

    ``t_ms`` of a frame is ``(pts - first_pts) * time_base * 1000``. Every frame of a source has the size of
    ``info``: pictures of another size are scaled into it, with black bars where the shape differs, so that
    boxes of all frames live in one coordinate system.

    A live stream has ``info.n_frames`` None, starts only at 0, and its `read` and `times` raise
    `SourceError`.

    Attributes:
        camera: Name of the camera.
        info: What is known of the source.
        end: How the latest `frames` ended; None before that, and when the reader left it early.
        end_reason: One sentence on ``end``, empty for a complete reading.
        notices: Sentences for the user on what was repaired or assumed; may grow while frames are read.
    """

    @property
    def camera(self) -> str: ...  # noqa: D102
    @property
    def info(self) -> SourceInfo: ...  # noqa: D102
    @property
    def end(self) -> SourceEnd | None: ...  # noqa: D102
    @property
    def end_reason(self) -> str: ...  # noqa: D102
    @property
    def notices(self) -> tuple[str, ...]: ...  # noqa: D102

    def frames(self, start_idx: int = 0, step: int = 1) -> Iterator[Frame]:
        """Every ``step``-th frame from rank ``start_idx`` on, exact, in order; only those become RGB.

        A frame that cannot be decoded is left out, and so is its rank. ``end`` and ``end_reason`` speak for
        all frames from ``start_idx`` on. Several iterators may be open at once, each in one thread; ``end``
        is of the one that ended last.

        Raises:
            SourceError: The file went away or was changed.
            ValueError: ``start_idx`` is negative or ``step`` is below 1.
        """
        ...

    def read(self, frame_idx: int) -> Frame:
        """The frame of rank ``frame_idx``, exact; reading on in order does not seek. Safe in any thread.

        Raises:
            SourceError: There is no such frame, or it cannot be decoded.
        """
        ...

    def times(self) -> tuple[IntArray, TimeArray]:
        """``pts`` (n_frames,) int64, strictly increasing, and ``t_ms`` (n_frames,) float64, by rank."""
        ...

    def close(self) -> None:
        """Release files and decoders; open iterators end with their own loop."""
        ...


def open_source(
    path: Path,
    camera: str,
    *,
    cache_dir: Path | None = None,
    fps: float | None = None,
    on_progress: OnProgress | None = None,
) -> FrameSource:
    """Open a video file or a folder of pictures.

    Args:
        path: The file or folder; it is only ever read.
        camera: Name of the camera that it belongs to.
        cache_dir: Where frame indexes are kept by fingerprint; None keeps none. A video that is opened for
            the first time is read through once, without decoding (an hour of video takes about a second plus
            the disk's time).
        fps: Rate of a folder of pictures. Otherwise ``frameRate`` of a ``seqinfo.ini`` in or beside the
            folder counts, and 25 without one. A video has its own times and ignores it, with a notice.
        on_progress: Told the part of the first reading that is done.

    Raises:
        SourceError: It is absent, not footage, refused or unreadable; the message says what to do.
    """
    path = Path(path)
    if fps is not None and not 0 < fps <= 1000:
        raise SourceError(f"{fps:g} is no frame rate; give a number of frames per second up to 1000")
    try:
        if is_folder(path):
            from reid_core.media.images import ImageSource

            return ImageSource.open(path, camera, fps=fps)
        from reid_core.media.reader import VideoSource

        return VideoSource.open(path, camera, cache_dir=cache_dir, fps=fps, on_progress=on_progress)
    except OSError as error:  # it may be moved or unplugged at any moment while it is looked at
        raise refusal(path, error) from error
