"""Recording what a camera sends, as it is: rolling files of a minute, never more than may be kept.

Files are fragmented MP4 in the clock of the take (`TICKS_PER_S`), named by the time in it at which they
begin: ``<folder>/<take>/<ticks>.mp4``. A file that is being written ends in ``.part``; after a crash it is
readable up to its last fragment and only renamed.
"""

from __future__ import annotations

import contextlib
import math
import shutil
import threading
import time
import uuid
from collections.abc import Callable
from dataclasses import dataclass
from fractions import Fraction
from pathlib import Path
from typing import Any

import av
import av.error

from reid_core.redaction import redact
from reid_core.streams.connection import TICKS_PER_S, Connection, Parcel

_TIME_BASE = Fraction(1, TICKS_PER_S)
FILE_S = 60.0
"""Length of a file; it ends at the next key frame."""
SUFFIX, PART = ".mp4", ".part"
_LOOK_EVERY_S = 1.0
"""How often free space is looked at."""
_TRIM_EVERY_S = 20.0
"""How often the quota is looked at."""
_FLUSH_US = 1_000_000


@dataclass(frozen=True, slots=True)
class Quota:
    """How much of one camera is kept.

    Attributes:
        max_bytes: Most bytes of all its files.
        max_age_s: Older files are deleted, seconds.
        floor_bytes: With less free space than this on the disk, nothing is recorded.
    """

    max_bytes: int = 10 * 2**30
    max_age_s: float = 7 * 86400.0
    floor_bytes: int = 2 * 2**30


FreeBytes = Callable[[Path], int]


def free_bytes(folder: Path) -> int:
    """Free space on a folder's disk, bytes."""
    return shutil.disk_usage(folder).free


class Recorder:
    """Records one camera, connection after connection; called in the thread that reads.

    Args:
        folder: Where its takes lie.
        quota: How much is kept.
        say: Told what the user should know, one sentence each.
        file_s: Length of a file.
        free_bytes: Free space of a disk, for tests.
    """

    def __init__(
        self,
        folder: Path,
        quota: Quota,
        say: Callable[[str], None],
        *,
        file_s: float = FILE_S,
        free_bytes: FreeBytes = free_bytes,
    ) -> None:
        self._folder, self._quota, self._say = folder, quota, say
        self._file_s, self._free_bytes = file_s, free_bytes
        self._lock = threading.Lock()
        self._take = uuid.uuid4().hex
        self._is_over = False
        self._file: _File | None = None
        self._is_paused = False
        self._looked_at = self._trimmed_at = -math.inf
        folder.mkdir(parents=True, exist_ok=True)
        finish_parts(folder)

    def write(self, connection: Connection, parcel: Parcel) -> None:
        """Take one packet; errors of the disk end the file and are said, never raised."""
        with self._lock:
            if self._is_over:
                self._is_over, self._take = False, uuid.uuid4().hex
            try:
                self._write(connection, parcel)
            except (OSError, av.error.FFmpegError, ValueError) as error:
                self._end_file()
                self._pause(f"recording stopped: {redact(str(getattr(error, 'strerror', None) or error))}")

    def end(self) -> None:
        """The connection is over; the next packet begins another take."""
        with self._lock:
            self._end_file()
            self._is_over = True

    @property
    def take(self) -> str:
        """Name of the running (or last) take, and of the folder of its files: 32 hexadecimal digits."""
        with self._lock:
            return self._take

    def _write(self, connection: Connection, parcel: Parcel) -> None:
        if time.monotonic() - self._looked_at >= _LOOK_EVERY_S:
            self._looked_at = time.monotonic()
            self._look()
        if self._is_paused:
            return
        if parcel.is_key and self._file is not None and parcel.ticks - self._file.start >= self._file_ticks:
            self._end_file()
        if self._file is None:
            if not parcel.is_key:
                return
            folder = self._folder / self._take
            folder.mkdir(parents=True, exist_ok=True)
            self._file = _File(folder / f"{parcel.ticks:015d}{SUFFIX}{PART}", connection, parcel.ticks)
        self._file.write(parcel)

    @property
    def _file_ticks(self) -> float:
        return self._file_s * TICKS_PER_S

    def _look(self) -> None:
        if time.monotonic() - self._trimmed_at >= _TRIM_EVERY_S:
            self._trimmed_at = time.monotonic()
            trim(self._folder, self._quota, running=self._take)
        free = self._free_bytes(self._folder)
        if free < self._quota.floor_bytes:
            self._end_file()
            floor = self._quota.floor_bytes / 1e9
            self._pause(
                f"recording stopped: only {free / 1e9:.1f} GB are free on the disk, and {floor:.1f} GB are "
                "kept free; make room, and it goes on by itself"
            )
        elif self._is_paused and free > 1.05 * self._quota.floor_bytes:
            self._is_paused = False
            self._say("recording goes on")

    def _pause(self, sentence: str) -> None:
        if not self._is_paused:
            self._is_paused = True
            self._say(sentence)

    def _end_file(self) -> None:
        file, self._file = self._file, None
        if file is not None:
            file.close()


class _File:
    """One file that is being written."""

    def __init__(self, path: Path, connection: Connection, start: int) -> None:
        self.path, self.start = path, start
        template = connection.template
        self._out: Any = av.open(
            str(path),
            "w",
            format="mp4",
            options={
                "movflags": "+frag_keyframe+empty_moov+default_base_moof",
                "video_track_timescale": str(TICKS_PER_S),
                "frag_duration": str(_FLUSH_US),
                "flush_packets": "1",
            },
        )
        try:
            self._stream = _add_stream(self._out, template, connection)
        except BaseException:
            self._out.close()
            path.unlink(missing_ok=True)
            raise
        self._last_dts = -(2**62)

    def write(self, parcel: Parcel) -> None:
        packet = av.Packet(bytes(parcel.packet))
        packet.stream = self._stream
        packet.time_base = _TIME_BASE
        packet.pts = parcel.ticks - self.start
        packet.dts = max(parcel.dts_ticks - self.start, self._last_dts + 1)
        self._last_dts = packet.dts
        packet.pts = max(packet.pts, packet.dts)
        packet.is_keyframe = parcel.is_key
        self._out.mux(packet)

    def close(self) -> None:
        with contextlib.suppress(OSError, av.error.FFmpegError):
            self._out.close()
        with contextlib.suppress(OSError):
            self.path.rename(self.path.with_suffix(""))


def _add_stream(out: Any, template: Any, connection: Connection) -> Any:
    if hasattr(template, "codec_context"):
        return out.add_stream_from_template(template)
    info = connection.info
    return out.add_mux_stream(info.codec, width=info.width, height=info.height, time_base=_TIME_BASE)


def finish_parts(folder: Path) -> None:
    """Give files that a crash left unfinished their names; what they hold up to then can be played."""
    for part in folder.glob(f"*/*{SUFFIX}{PART}"):
        with contextlib.suppress(OSError):
            part.rename(part.with_suffix("")) if part.stat().st_size else part.unlink()


def trim(folder: Path, quota: Quota, *, running: str = "", now: Callable[[], float] = time.time) -> int:
    """Delete the oldest finished files beyond the quota, and what is left of takes without any; how many."""
    files = []
    for path in folder.glob(f"*/*{SUFFIX}"):
        with contextlib.suppress(OSError):
            stat = path.stat()
            files.append((stat.st_mtime, str(path), stat.st_size, path))
    files.sort()
    total, n_deleted = sum(size for _, _, size, _ in files), 0
    for changed_s, _, size, path in files:
        if total <= quota.max_bytes and now() - changed_s <= quota.max_age_s:
            break
        path.unlink(missing_ok=True)
        total -= size
        n_deleted += 1
    if n_deleted:
        _clear_empty(folder, running)
    return n_deleted


def _clear_empty(folder: Path, running: str) -> None:
    """Remove takes of which no file is left; only their list of times is."""
    for take in folder.iterdir():
        if take.name != running and take.is_dir() and not any(SUFFIX in path.name for path in take.iterdir()):
            shutil.rmtree(take, ignore_errors=True)
