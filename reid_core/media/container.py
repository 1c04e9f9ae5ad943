"""Opening a video file with FFmpeg, safely.

FFmpeg is given no path: it reads through a `GuardedFile`, finds the format by content alone, and lets only
the containers and codecs of `limits` through. It may use no protocol, and what a demuxer asks to be opened is
refused.
"""

from __future__ import annotations

import io
import os
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any, NoReturn

import av
import av.error
from av.stream import Disposition

from reid_core.errors import SourceError
from reid_core.media import limits
from reid_core.media.files import open_regular, shown
from reid_core.media.sniff import explain_refusal, refuse_text

_BUFFER_BYTES = 2**18
_STILL = Disposition.attached_pic | Disposition.timed_thumbnails | Disposition.still_image


class GuardedFile:
    """What FFmpeg reads through: one regular file, read-only, with a watchdog while it is being probed.

    It has no ``name``, so that no suffix has a say in what the content is taken for.

    Attributes:
        path: The file.
        size: Its size in bytes.
    """

    def __init__(self, path: Path) -> None:
        self.path = path
        self._file: io.FileIO = open_regular(path)
        self.size = os.fstat(self._file.fileno()).st_size
        self._deadline = time.monotonic() + limits.PROBE_S
        self._bytes_left = limits.MAX_HEADER_BYTES
        self._probing = True

    def end_probing(self) -> None:
        """From here on the file may be read for as long as it takes."""
        self._probing = False

    def read(self, n_bytes: int) -> bytes:
        """Up to ``n_bytes`` from the current position."""
        if self._probing:
            self._bytes_left -= n_bytes
            if time.monotonic() > self._deadline:
                raise SourceError(
                    f"{shown(self.path)} took longer than {limits.PROBE_S:g} s to open; "
                    "it is damaged, made to mislead, or on a disk that is too slow: copy it to this computer"
                )
            if self._bytes_left < 0:
                raise SourceError(
                    f"{shown(self.path)} has a header of more than {limits.MAX_HEADER_BYTES // 2**20} MiB; "
                    "it is damaged or made to mislead: split or convert it"
                )
        return self._file.read(n_bytes) or b""

    def seek(self, offset: int, whence: int = 0) -> int:
        """Move to a position, as files do."""
        return self._file.seek(offset, whence)

    def tell(self) -> int:
        """The current position in bytes."""
        return self._file.tell()

    def close(self) -> None:
        """Close the file."""
        self._file.close()


@dataclass(frozen=True, slots=True)
class OpenVideo:
    """A video file that is open for demuxing.

    Attributes:
        container: PyAV's container.
        stream: PyAV's video stream.
        file: What the container reads through.
        notices: What the user should know about the choice of the stream.
    """

    container: Any
    stream: Any
    file: GuardedFile
    notices: tuple[str, ...]

    @property
    def format(self) -> str:
        """FFmpeg's short name of the container, e.g. ``mov``."""
        return str(self.container.format.name).split(",")[0]


@contextmanager
def open_video(path: Path) -> Iterator[OpenVideo]:
    """Open a video file and choose its video stream; both are closed at the end of the ``with`` block.

    Raises:
        SourceError: The path is no file, the content is no video that may be opened, or it passes a limit.
    """
    file = GuardedFile(path)
    container = None
    try:
        refuse_text(path, file)
        container = _open(path, file)
        stream, notices = _choose_stream(path, container)
        file.end_probing()
        yield OpenVideo(container, stream, file, notices)
    finally:
        if container is not None:
            container.close()
        file.close()


def _open(path: Path, file: GuardedFile) -> Any:
    for flags in ("-genpts", "-genpts+ignidx"):
        try:
            file.seek(0)
            return av.open(
                file,
                options=_options(flags),
                buffer_size=_BUFFER_BYTES,
                metadata_errors="replace",
                timeout=(limits.PROBE_S, None),
                io_open=_refuse_to_open,
            )
        except (av.error.EOFError, av.error.InvalidDataError) as error:
            # A fragmented MP4 that is cut inside a fragment's header opens only if it is not surveyed first.
            failure: Exception = error
        except av.error.ExitError:
            slow = f"took longer than {limits.PROBE_S:g} s to open; it is damaged or made to mislead"
            raise SourceError(f"{shown(path)} {slow}") from None
        except (av.error.FFmpegError, ValueError, OSError, MemoryError) as error:
            failure = error
            break
    raise explain_refusal(path, file, failure) from None


def _options(flags: str) -> dict[str, str]:
    return {
        # FFmpeg reads through the GuardedFile, so it needs no protocol, not even "file": a demuxer that opens
        # something by itself, past `_refuse_to_open`, finds none either.
        "protocol_whitelist": "none",
        "format_whitelist": ",".join(limits.CONTAINERS),
        "codec_whitelist": ",".join(limits.VIDEO_CODECS + limits.AUDIO_CODECS),
        "max_streams": str(limits.MAX_STREAMS),
        "max_pixels": str(limits.MAX_PIXELS),
        "probesize": str(limits.PROBE_BYTES),
        # Guessed timestamps would hide that the file has none; unwrapping is done in `timestamps`, the same
        # for sequential reading and after a seek.
        "fflags": flags,
        "correct_ts_overflow": "0",
    }


def _refuse_to_open(url: str, flags: int, options: dict[str, str]) -> NoReturn:
    raise SourceError(
        "the file asks for another file to be opened, which is refused; give the footage itself"
    )


def _choose_stream(path: Path, container: Any) -> tuple[Any, tuple[str, ...]]:
    """The stream with the largest picture, then the default one, then the first; covers are no video."""
    if len(container.streams) > limits.MAX_STREAMS:
        raise SourceError(
            f"{shown(path)} has more than {limits.MAX_STREAMS} streams; extract the video stream first"
        )
    video = [s for s in container.streams.video if not s.disposition & _STILL]
    if not video:
        found = ", ".join(sorted({s.type for s in container.streams})) or "nothing"
        raise SourceError(f"{shown(path)} holds no video (found: {found}); give a video file")
    known = [s for s in video if s.codec_context is not None and s.codec_context.name in limits.VIDEO_CODECS]
    if not known:
        name = video[0].codec_context.name if video[0].codec_context is not None else "an unknown codec"
        raise SourceError(f"{shown(path)} holds {name} video, which is not read; convert it to H.264 in MP4")
    size = {s.index: s.codec_context.width * s.codec_context.height for s in known}
    best = max(known, key=lambda s: (size[s.index], bool(s.disposition & Disposition.default), -s.index))
    if size[best.index] > limits.MAX_PIXELS:
        width, height = best.codec_context.width, best.codec_context.height
        raise SourceError(
            f"{shown(path)} has pictures of {width} x {height}, more than is read; scale it down first"
        )
    if size[best.index] == 0:
        raise SourceError(
            f"{shown(path)} holds video of which no picture can be found; it is damaged, get it again"
        )
    others = len(video) - 1
    notice = f"has {others + 1} video streams; the largest one, stream {best.index}, is used"
    return best, (notice,) if others else ()
