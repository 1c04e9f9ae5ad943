"""Decoding from any packet on, with each picture traced back to the packet it came from.

Containers and decoders disagree about timestamps after a seek, so none of them is asked. Packets are
recognised by their place in the file, numbered in decoding order, and the number travels through the decoder
in the place of the timestamp.
"""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import ExitStack
from pathlib import Path
from types import TracebackType
from typing import Any

import av.error
import numpy as np

from reid_core.errors import SourceError
from reid_core.media import limits
from reid_core.media.container import OpenVideo, open_video
from reid_core.media.files import shown
from reid_core.media.packets import PacketFinder, PacketTable
from reid_core.media.timestamps import NO_PTS

_MAX_LANDING = 256
_MAX_THREADS = 4


class DecodeFaultError(Exception):
    """A packet could not be decoded while several were in flight: which pictures are lost is not known.

    Decoding again without frame threads tells.
    """


class Decoder:
    """Decodes one video stream; belongs to one thread at a time.

    Attributes:
        next_packet: Number of the packet that will be fed to the decoder next.
        faults: Numbers of the packets that could not be decoded; without frame threads only.
    """

    def __init__(
        self, path: Path, stream_idx: int, table: PacketTable, *, frame_threads: bool = True
    ) -> None:
        self._path = path
        self._stream_idx = stream_idx
        self._table = table
        self._frame_threads = frame_threads
        self._resources = ExitStack()
        self._video: OpenVideo | None = None
        self._packets: Iterator[Any] = iter(())
        self._finder: PacketFinder | None = None
        self._is_fresh = False
        self.next_packet = 0
        self.faults: list[int] = []

    def __enter__(self) -> Decoder:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def close(self) -> None:
        """Close the file."""
        self._packets = iter(())
        self._video = None
        self._resources.close()

    def pictures(self, first: int, last: int | None = None) -> Iterator[tuple[int, Any]]:
        """Decode the packets from number ``first`` up to, not including, ``last``.

        Yields:
            ``(number of the packet, PyAV frame)`` in the decoder's output order, which is display order.

        Raises:
            DecodeFaultError: A packet is damaged and frame threads are on; without them it is left out.
            SourceError: The file is not the one that was indexed.
        """
        self._go_to(first)
        end = len(self._table) if last is None else last
        while self.next_packet < end:
            packet = self._read()
            if packet is None:
                raise self._changed()
            number = self.next_packet
            self.next_packet += 1
            if self._table.feed[number]:
                packet.pts = packet.dts = number
                yield from self._decode(packet)
        yield from self._decode(None)

    def _decode(self, packet: Any) -> Iterator[tuple[int, Any]]:
        assert self._video is not None
        try:
            frames = self._video.stream.codec_context.decode(packet)
        except (av.error.FFmpegError, EOFError) as error:
            if self._frame_threads:
                raise DecodeFaultError(str(error)) from None
            self.faults.append(self.next_packet - 1)
            return
        for frame in frames:
            if frame.pts is not None:
                yield frame.pts, frame

    def _read(self) -> Any | None:
        """The packet with number ``next_packet``, or None at the end of the file."""
        packet = self._read_any()
        if (
            packet is not None
            and self._finder is not None
            and not self._finder.matches(self.next_packet, packet)
        ):
            raise self._changed()
        return packet

    def _read_any(self) -> Any | None:
        try:
            return next((packet for packet in self._packets if packet.size), None)
        except (av.error.FFmpegError, OSError, IndexError):  # IndexError: see `read_packets`
            return None

    def _changed(self) -> SourceError:
        return SourceError(
            f"{shown(self._path)} was changed or became unreadable while it was being read; add it again"
        )

    def _go_to(self, number: int) -> None:
        """Make ``number`` the next packet; packets on the way are read over, not decoded."""
        if self._video is None:
            self._reopen()
        if not (self._is_fresh and number == 0) and not self._seek_near(number):
            self._reopen()
        self._is_fresh = False
        while self.next_packet < number:
            if self._read() is None:
                raise self._changed()
            self.next_packet += 1

    def _reopen(self) -> None:
        self.close()
        self._resources = ExitStack()
        self._video = self._resources.enter_context(open_video(self._path))
        stream = self._video.stream
        if stream.index != self._stream_idx:
            raise self._changed()
        stream.thread_type = "AUTO" if self._frame_threads else "SLICE"
        stream.codec_context.thread_count = min(_MAX_THREADS, os.cpu_count() or 1)
        stream.codec_context.options = {"max_pixels": str(limits.MAX_PIXELS)}
        self._packets = self._video.container.demux(stream)
        self._finder = self._finder or PacketFinder(self._table)
        self._is_fresh = True
        self.next_packet = 0

    def _seek_near(self, number: int) -> bool:
        """Seek to a packet at or before ``number``; False when the container cannot do that."""
        assert self._video is not None
        container, stream = self._video.container, self._video.stream
        by_byte = self._video.format in limits.BYTE_SEEK_CONTAINERS
        for target in self._byte_targets(number) if by_byte else self._time_targets(number):
            try:
                if by_byte:
                    container.seek(target, backward=False, any_frame=True, unsupported_byte_offset=True)
                else:
                    container.seek(target, stream=stream)
            except (av.error.FFmpegError, OSError):
                continue
            self._packets = container.demux(stream)
            if self._land(number):
                return True
        return False

    def _land(self, number: int) -> bool:
        """Find out where a seek has led; False when that is unclear or beyond ``number``."""
        assert self._finder is not None
        for _ in range(_MAX_LANDING):
            packet = self._read_any()
            if packet is None:
                return False
            found = self._finder.number_of(packet)
            if found is not None:
                if found > number:
                    return False
                self.next_packet = found
                self._packets = _chain(packet, self._packets)
                return True
        return False

    def _byte_targets(self, number: int) -> Iterator[int]:
        """Byte offsets to seek to, the nearest first, then ever farther back."""
        placed = np.flatnonzero(self._table.pos[: number + 1] >= 0)
        back = 1
        while back <= len(placed):
            yield int(self._table.pos[placed[-back]])
            back *= 4

    def _time_targets(self, number: int) -> Iterator[int]:
        """Timestamps to seek to: of the packet itself, then of key packets ever farther back.

        MKV and ASF seek on pts, MP4 and AVI on dts.
        """
        keys = np.flatnonzero(self._table.key[: number + 1])
        back = 1
        yield from (int(t) for t in (self._table.pts[number], self._table.dts[number]) if t != NO_PTS)
        while back <= len(keys):
            key = keys[-back]
            yield from (int(t[key]) for t in (self._table.dts, self._table.pts) if t[key] != NO_PTS)
            back *= 4


def _chain(first: Any, rest: Iterator[Any]) -> Iterator[Any]:
    yield first
    yield from rest
