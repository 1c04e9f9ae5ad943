"""Decoded pictures of an indexed video by rank: in order, or any one of them."""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np

from reid_core.errors import SourceError
from reid_core.media.decoder import DecodeFaultError, Decoder
from reid_core.media.files import shown
from reid_core.media.frame_index import FrameIndex

_RECENT_BYTES = 64 * 2**20
_MAX_STEP_BACK = 2000
"""How many packets farther back decoding is tried when a frame's key packet does not lead to it."""


class Playback:
    """Pictures (PyAV frames) of one video file by rank."""

    def __init__(self, path: Path, index: FrameIndex) -> None:
        self._path = path
        self._index = index
        self._rank_of = index.rank_of_packet()
        self._keys = np.flatnonzero(index.packets.key)

    def in_order(self, first: int) -> Iterator[tuple[int, Any]]:
        """``(rank, picture)`` of every frame from rank ``first`` on, in order, without damaged ones."""
        due, frame_threads = first, True
        while due < len(self._index):
            with self.decoder(frame_threads) as decoder:
                try:
                    for rank, picture in self._from(decoder, due):
                        yield rank, picture
                        due = rank + 1
                    return
                except DecodeFaultError:
                    frame_threads = False

    def decoder(self, frame_threads: bool = True) -> Decoder:
        """A decoder of its own for the file."""
        return Decoder(
            self._path, self._index.track.stream_idx, self._index.packets, frame_threads=frame_threads
        )

    def starts(self, rank: int) -> Iterator[int]:
        """Packets to start from for a frame: its key packet, then others ever farther back."""
        nearest = int(self._index.start[rank])
        yield nearest
        before = self._keys[self._keys < nearest]
        back = 1
        while back <= len(before) and nearest - before[-back] <= _MAX_STEP_BACK:
            yield int(before[-back])
            back *= 2
        if 0 < nearest <= _MAX_STEP_BACK:
            yield 0

    def pictures(self, decoder: Decoder, start: int) -> Iterator[tuple[int, Any]]:
        """``(rank, picture)`` of the frames that decoding from packet ``start`` gives exactly."""
        for number, picture in decoder.pictures(start):
            rank = int(self._rank_of[number]) if 0 <= number < len(self._rank_of) else -1
            # Leading pictures of the first group refer to the group before, which was not decoded.
            if rank >= 0 and self._index.start[rank] >= start:
                yield rank, picture

    def _from(self, decoder: Decoder, due: int) -> Iterator[tuple[int, Any]]:
        for start in self.starts(due):
            pictures = self._rising(decoder, start, due)
            found = next(pictures, None)
            if found is not None and found[0] == due:
                yield found
                yield from pictures
                return
        yield from self._rising(decoder, int(self._index.start[due]), due)

    def _rising(self, decoder: Decoder, start: int, due: int) -> Iterator[tuple[int, Any]]:
        for rank, picture in self.pictures(decoder, start):
            if rank >= due:
                yield rank, picture
                due = rank + 1


class Finder:
    """Any picture of a video file; keeps its place and the pictures it came by. For one thread at a time."""

    def __init__(self, path: Path, playback: Playback, index: FrameIndex) -> None:
        self._path = path
        self._playback = playback
        self._index = index
        self._decoder: Decoder | None = None
        self._pictures: Iterator[tuple[int, Any]] = iter(())
        self._passed = -1
        self._recent: OrderedDict[int, Any] = OrderedDict()
        self._recent_bytes = 0

    def find(self, rank: int) -> Any:
        """The picture of a frame.

        Raises:
            SourceError: It cannot be decoded.
        """
        if rank in self._recent:
            return self._recent[rank]
        for frame_threads in (True, False):
            try:
                picture = self._find(rank, frame_threads)
            except DecodeFaultError:
                picture = None
            if picture is not None:
                if not frame_threads:
                    self.close()  # the next search has its threads again
                return picture
            self.close()
        raise SourceError(
            f"frame {rank} of {shown(self._path)} is damaged and cannot be decoded; go to another one"
        )

    def close(self) -> None:
        """Close the file; searching on opens it again."""
        self._pictures = iter(())
        if self._decoder is not None:
            self._decoder.close()
        self._decoder, self._passed = None, -1

    def forget(self) -> None:
        """Close the file and drop the pictures that are kept."""
        self.close()
        self._recent.clear()
        self._recent_bytes = 0

    def _find(self, rank: int, frame_threads: bool) -> Any | None:
        if self._decoder is not None and self._is_ahead(rank) and (picture := self._go_on(rank)) is not None:
            return picture
        if self._decoder is None:
            self._decoder = self._playback.decoder(frame_threads)
        for start in self._playback.starts(rank):
            self._pictures = self._playback.pictures(self._decoder, start)
            self._passed = -1
            if (picture := self._go_on(rank)) is not None:
                return picture
        return None

    def _is_ahead(self, rank: int) -> bool:
        """Whether reading on gives the frame sooner than seeking."""
        assert self._decoder is not None
        return 0 <= self._passed < rank and int(self._index.start[rank]) <= self._decoder.next_packet

    def _go_on(self, rank: int) -> Any | None:
        for passed, picture in self._pictures:
            self._passed = passed
            self._keep(passed, picture)
            if passed >= rank:
                return picture if passed == rank else None
        return None

    def _keep(self, rank: int, picture: Any) -> None:
        self._recent[rank] = picture
        self._recent_bytes += _n_bytes(picture)
        while self._recent_bytes > _RECENT_BYTES and len(self._recent) > 1:
            self._recent_bytes -= _n_bytes(self._recent.popitem(last=False)[1])


def _n_bytes(picture: Any) -> int:
    return int(sum(plane.buffer_size for plane in picture.planes))
