"""The frame index of a video file, and its cache.

An index is kept as ``<fingerprint>.frames.npz``: plain arrays and one JSON text, never pickled objects. It is
a cache: one that is damaged, of another version, or made by another FFmpeg is made again.
"""

from __future__ import annotations

import json
import os
import tempfile
import zipfile
import zlib
from collections.abc import Callable
from dataclasses import asdict, dataclass, fields
from fractions import Fraction
from pathlib import Path
from typing import Any

import av
import numpy as np

from reid_core.media.packets import PacketTable
from reid_core.media.picture import Orientation, clockwise_degrees
from reid_core.media.timestamps import has_variable_rate, interval_of
from reid_core.types import IntArray

_VERSION = 1
_DAMAGE = (
    OSError,
    ValueError,
    KeyError,
    TypeError,
    EOFError,
    zipfile.BadZipFile,
    zlib.error,
    NotImplementedError,
)


@dataclass(frozen=True, slots=True)
class VideoTrack:
    """The video stream that an index is about.

    Attributes:
        container: FFmpeg's name of the container.
        codec: Name of the codec.
        stream_idx: Number of the stream in the file.
        width: Width of the first picture as stored, in pixels.
        height: Height of the first picture as stored, in pixels.
        orientation: How stored pictures become upright.
        time_base: Seconds per unit of a pts.
        rate: Frame rate that the container states or FFmpeg guesses.
    """

    container: str
    codec: str
    stream_idx: int
    width: int
    height: int
    orientation: Orientation
    time_base: Fraction
    rate: Fraction


@dataclass(frozen=True, slots=True)
class FrameIndex:
    """Every frame that a video file will show, F of them by rank, and how to get at it.

    Attributes:
        packets: All packets of the stream, P of them.
        pts: ``(F,)`` int64, strictly increasing presentation timestamps; a frame's rank is its row.
        packet: ``(F,)`` int64, number of the packet that holds the frame.
        start: ``(F,)`` int64, number of the packet from which decoding has to start to get the frame exactly.
        track: The stream.
        cut: Why the file is known not to be whole, as a part of a sentence; empty when it is.
        notices: What the user should know about the file.
    """

    packets: PacketTable
    pts: IntArray
    packet: IntArray
    start: IntArray
    track: VideoTrack
    cut: str
    notices: tuple[str, ...]

    def __len__(self) -> int:
        return len(self.pts)

    @property
    def size(self) -> tuple[int, int]:
        """``(width, height)`` of the upright picture, in pixels."""
        turned = clockwise_degrees(self.track.orientation) % 180 != 0
        return (self.track.height, self.track.width) if turned else (self.track.width, self.track.height)

    @property
    def fps(self) -> float:
        """Nominal rate: the mean without pauses, or what the container states for a single frame."""
        interval = interval_of(self.pts)
        return float(1 / (interval * self.track.time_base)) if interval else float(self.track.rate)

    @property
    def is_vfr(self) -> bool:
        """See `has_variable_rate`."""
        return has_variable_rate(self.pts)

    def rank_of_packet(self) -> IntArray:
        """``(P,)`` int64, rank of the frame in each packet; -1 where none is shown."""
        rank = np.full(len(self.packets), -1, np.int64)
        rank[self.packet] = np.arange(len(self))
        return rank


def load_or_build(
    path: Path, cache_dir: Path | None, name: str, build: Callable[[], FrameIndex]
) -> FrameIndex:
    """The index from the cache, or a new one, which is then cached.

    Args:
        path: The video file, for the size that a cached index must fit.
        cache_dir: Folder of the cache; None for none. It is made when absent; one that cannot be written is
            no error.
        name: Fingerprint of the file.
        build: Makes the index.
    """
    if cache_dir is None:
        return build()
    cached = cache_dir / f"{name}.frames.npz"
    index = load_index(cached)
    if index is None or (index.packets.pos >= path.stat().st_size).any():
        index = build()
        save_index(index, cached)
    return index


def save_index(index: FrameIndex, path: Path) -> bool:
    """Write an index, all at once or not at all; False when the folder cannot be written."""
    track = asdict(index.track) | {"time_base": str(index.track.time_base), "rate": str(index.track.rate)}
    header = {"made_by": _made_by(), "track": track, "cut": index.cut, "notices": index.notices}
    arrays = {f"packets_{field.name}": getattr(index.packets, field.name) for field in fields(PacketTable)}
    arrays |= {"pts": index.pts, "packet": index.packet, "start": index.start}
    text = np.frombuffer(json.dumps(header).encode(), np.uint8)
    temporary = None
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        with tempfile.NamedTemporaryFile(
            dir=path.parent, prefix=".frames-", suffix=".part", delete=False
        ) as file:
            temporary = Path(file.name)
            np.savez_compressed(file, header=text, **arrays)
            file.flush()
            os.fsync(file.fileno())
        temporary.replace(path)
    except OSError:
        if temporary is not None:
            temporary.unlink(missing_ok=True)
        return False
    return True


def load_index(path: Path) -> FrameIndex | None:
    """Read a cached index; None when there is none or it cannot be used."""
    try:
        with path.open("rb") as file, np.load(file, allow_pickle=False) as stored:
            header = json.loads(bytes(stored["header"]))
            if header["made_by"] != _made_by():
                return None
            packets = PacketTable(**{f.name: stored[f"packets_{f.name}"] for f in fields(PacketTable)})
            index = FrameIndex(
                packets,
                stored["pts"],
                stored["packet"],
                stored["start"],
                _track(header["track"]),
                str(header["cut"]),
                tuple(map(str, header["notices"])),
            )
    except _DAMAGE:
        return None
    return index if _is_sound(index) else None


def _made_by() -> list[Any]:
    return [
        _VERSION,
        av.__version__,
        list(av.library_versions["libavformat"]),
        list(av.library_versions["libavcodec"]),
    ]


def _track(stored: dict[str, Any]) -> VideoTrack:
    a, b, c, d = (int(value) for value in stored["orientation"])
    clockwise_degrees((a, b, c, d))  # raises for what is no orientation
    return VideoTrack(
        container=str(stored["container"]),
        codec=str(stored["codec"]),
        stream_idx=int(stored["stream_idx"]),
        width=int(stored["width"]),
        height=int(stored["height"]),
        orientation=(a, b, c, d),
        time_base=Fraction(stored["time_base"]),
        rate=Fraction(stored["rate"]),
    )


def _is_sound(index: FrameIndex) -> bool:
    """Whether all columns fit together; what the file itself says is checked while it is read."""
    n = len(index.packets.pos)
    columns = [getattr(index.packets, f.name) for f in fields(PacketTable)]
    rows = [index.pts, index.packet, index.start]
    types = ["int64"] * 4 + ["bool"] * 2 + ["int64"] * 3
    return (
        [c.dtype.name for c in columns + rows] == types
        and all(c.shape == (n,) for c in columns)
        and all(r.shape == index.pts.shape for r in rows)
        and bool((np.diff(index.pts) > 0).all())
        and all(bool(((r >= 0) & (r < n)).all()) for r in rows[1:])
        and index.track.time_base > 0
        and index.track.rate > 0
    )
