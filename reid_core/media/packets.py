"""The packets of one video stream in decoding order: read once, and recognised again after a seek."""

from __future__ import annotations

from array import array
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import av.error
import numpy as np

from reid_core.media.container import OpenVideo
from reid_core.media.timestamps import NO_PTS
from reid_core.types import BoolArray, IntArray

_REPORT_EVERY = 2048


@dataclass(frozen=True, slots=True)
class PacketTable:
    """Columns of P packets in decoding order; a packet's number is its row.

    Attributes:
        pos: ``(P,)`` int64, byte offset in the file; -1 where the container does not tell.
        size: ``(P,)`` int64, bytes.
        pts: ``(P,)`` int64 as the container has it, or `NO_PTS`.
        dts: ``(P,)`` int64 likewise.
        key: ``(P,)`` bool, decoding can start here.
        feed: ``(P,)`` bool, False for a packet that is cut off and must not reach the decoder.
    """

    pos: IntArray
    size: IntArray
    pts: IntArray
    dts: IntArray
    key: BoolArray
    feed: BoolArray

    def __len__(self) -> int:
        return len(self.pos)


@dataclass(frozen=True, slots=True)
class Demuxed:
    """What one pass over a file's packets found.

    Attributes:
        table: The packets.
        hidden: ``(P,)`` bool, packets that an edit list takes out of the presentation.
        last_is_partial: Whether the container says that its last packet is incomplete.
        error: What stopped the pass before the end of the file, or an empty string.
    """

    table: PacketTable
    hidden: BoolArray
    last_is_partial: bool
    error: str


def read_packets(video: OpenVideo, on_progress: Callable[[float], None] | None = None) -> Demuxed:
    """Read every packet of a video stream, without decoding.

    Args:
        video: The open file, at its start.
        on_progress: Told the part of the file that is read.
    """
    columns = {name: array("q") for name in ("pos", "size", "pts", "dts", "key", "hidden")}
    partial, error, n = False, "", 0
    packets = video.container.demux(video.stream)
    while True:
        try:
            packet = next(packets)
        except (
            StopIteration,
            IndexError,
        ):  # IndexError: PyAV's, at the end, when streams appeared on the way
            break
        except (av.error.FFmpegError, OSError) as failure:
            error = str(getattr(failure, "strerror", None) or failure)
            break
        if not packet.size:
            continue
        columns["pos"].append(-1 if packet.pos is None else packet.pos)
        columns["size"].append(packet.size)
        columns["pts"].append(NO_PTS if packet.pts is None else packet.pts)
        columns["dts"].append(NO_PTS if packet.dts is None else packet.dts)
        columns["key"].append(packet.is_keyframe)
        columns["hidden"].append(packet.is_discard)
        partial = packet.is_corrupt
        n += 1
        if on_progress is not None and n % _REPORT_EVERY == 0:
            on_progress(min(1.0, video.file.tell() / video.file.size))
    if on_progress is not None:
        on_progress(1.0)
    rows = {name: np.frombuffer(column, np.int64).copy() for name, column in columns.items()}
    feed = np.ones(n, np.bool_)
    if partial:
        feed[-1] = False
    table = PacketTable(rows["pos"], rows["size"], rows["pts"], rows["dts"], rows["key"] > 0, feed)
    return Demuxed(table, rows["hidden"] > 0, partial, error)


def last_time_s(video: OpenVideo) -> float:
    """The latest presentation time of any packet of any stream, in seconds; reads the whole file."""
    latest = 0.0
    try:
        for packet in video.container.demux():
            if packet.pts is not None:
                latest = max(latest, float(packet.pts * packet.time_base))
    except (av.error.FFmpegError, OSError, IndexError):
        pass  # what could be read counts
    return latest


class PacketFinder:
    """Finds the number of a packet that was read after a seek."""

    def __init__(self, table: PacketTable) -> None:
        self._table = table
        self._by_pos = np.argsort(table.pos, kind="stable")
        self._sorted_pos = table.pos[self._by_pos]

    def number_of(self, packet: Any) -> int | None:
        """The packet's number, or None when its position is unknown or shared with others of the same dts.

        A packet is recognised by its byte offset and its size; where one place holds several packets (an edit
        list that repeats pictures, several small packets in one block), by its dts as well.
        """
        if packet.pos is None:
            return None
        first, last = np.searchsorted(self._sorted_pos, [packet.pos, packet.pos + 1])
        found = self._by_pos[first:last]
        found = found[self._table.size[found] == packet.size]
        if len(found) > 1 and packet.dts is not None:
            found = found[self._table.dts[found] == packet.dts]
        return int(found[0]) if len(found) == 1 else None

    def matches(self, number: int, packet: Any) -> bool:
        """Whether a packet read in sequence is the one with this number."""
        if number >= len(self._table) or packet.size != self._table.size[number]:
            return False
        return packet.pos is None or self._table.pos[number] < 0 or packet.pos == self._table.pos[number]
