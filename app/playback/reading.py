"""Reads files for players: from here on, and a quick picture near there."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import numpy as np

from app.playback.footage import Footage
from app.playback.picture import Scaler
from reid_core.errors import SourceError
from reid_core.media.decoder import DecodeFaultError, Decoder
from reid_core.media.playback import Playback
from reid_core.media.reader import VideoSource
from reid_core.media.source import FrameSource

READ_ON = 12
"""Reading on so many frames is sooner done than seeking."""


def footage_of(source: FrameSource) -> Footage:
    """The footage of an open source."""
    if isinstance(source, VideoSource):
        return VideoFootage(source)
    return PictureFootage(source)


class VideoFootage:
    """A video file; see `Footage`."""

    def __init__(self, source: VideoSource) -> None:
        index = source.index
        self.times_ms = source.times()[1]
        self.scaler = Scaler(source.info.width, source.info.height, index.track.orientation)
        self._index = index
        self._playback = Playback(source.info.path, index)
        self._decoder: Decoder | None = None
        self._key_decoder: Decoder | None = None
        self._pictures: Iterator[tuple[int, Any]] = iter(())
        self._passed = -1
        self._frame_threads = True
        self._rank_of = index.rank_of_packet()
        keys = np.flatnonzero(index.packets.key)
        self._keys = keys[self._rank_of[keys] >= 0]

    def go_to(self, rank: int) -> None:
        """See `Footage.go_to`."""
        if not self._reads_on_to(rank):
            self._start(rank)

    def is_soon(self, rank: int) -> bool:
        """See `Footage.is_soon`."""
        return self._reads_on_to(rank) and rank - self._passed <= READ_ON

    def read(self) -> tuple[int, Any] | None:
        """See `Footage.read`."""
        try:
            found = next(self._pictures, None)
        except DecodeFaultError:
            # Which pictures are lost is only known without frame threads; from now on it is read like that.
            due, self._frame_threads = self._passed + 1, False
            self._close_decoder()
            if due >= len(self._index):
                return None
            self._start(due)
            return self.read()
        if found is not None:
            self._passed = found[0]
        return found

    def quick(self, rank: int) -> tuple[int, Any] | None:
        """See `Footage.quick`."""
        if not len(self._keys):
            return None
        packet = int(self._keys[np.argmin(np.abs(self._rank_of[self._keys] - rank))])
        if self._key_decoder is None:
            self._key_decoder = self._playback.decoder(frame_threads=False)
        found = next(self._key_decoder.pictures(packet, packet + 1), None)
        return None if found is None else (int(self._rank_of[found[0]]), found[1])

    def key_from(self, rank: int) -> int | None:
        """See `Footage.key_from`."""
        ranks = self._rank_of[self._keys]
        later = ranks[ranks >= rank]
        return int(later.min()) if len(later) else None

    def close(self) -> None:
        """See `Footage.close`."""
        self._close_decoder()
        if self._key_decoder is not None:
            self._key_decoder.close()
            self._key_decoder = None

    def _reads_on_to(self, rank: int) -> bool:
        return (
            self._decoder is not None
            and 0 <= self._passed < rank
            and int(self._index.start[rank]) <= self._decoder.next_packet
        )

    def _start(self, rank: int) -> None:
        if self._decoder is None:
            self._decoder = self._playback.decoder(self._frame_threads)
        self._pictures = self._playback.pictures(self._decoder, int(self._index.start[rank]))
        self._passed = -1

    def _close_decoder(self) -> None:
        self._pictures = iter(())
        if self._decoder is not None:
            self._decoder.close()
        self._decoder, self._passed = None, -1


class PictureFootage:
    """A folder of pictures, or a recorded take, picture by picture; see `Footage`."""

    def __init__(self, source: FrameSource) -> None:
        self.times_ms = source.times()[1]
        self.scaler = Scaler(source.info.width, source.info.height, (1, 0, 0, 1))
        self._source = source
        self._next = 0

    def go_to(self, rank: int) -> None:
        """See `Footage.go_to`."""
        self._next = rank

    def is_soon(self, rank: int) -> bool:
        """See `Footage.is_soon`."""
        return rank == self._next

    def read(self) -> tuple[int, Any] | None:
        """See `Footage.read`; unreadable pictures are left out."""
        import av

        while self._next < len(self.times_ms):
            rank, self._next = self._next, self._next + 1
            try:
                image = self._source.read(rank).image
            except SourceError:
                continue
            return rank, av.VideoFrame.from_ndarray(image, format="rgb24")
        return None

    def quick(self, rank: int) -> tuple[int, Any] | None:
        """See `Footage.quick`."""
        self.go_to(rank)
        return self.read()

    def key_from(self, rank: int) -> int | None:
        """See `Footage.key_from`; decoding starts anywhere."""
        return rank if rank < len(self.times_ms) else None

    def close(self) -> None:
        """See `Footage.close`."""
        self._source.close()
