"""Cameras that send one JPEG after another over HTTP."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from fractions import Fraction
from functools import partial
from itertools import chain
from typing import Any

import av
import av.error

from reid_core.media import limits
from reid_core.streams.connection import TICKS_PER_S, OnParcel, Parcel, Shot, StreamInfo, Switch
from reid_core.streams.errors import StreamError, Trouble
from reid_core.streams.http_door import HttpBody
from reid_core.streams.jpegs import split_jpegs
from reid_core.types import ImageArray

_LEAST_STEP = TICKS_PER_S // 1000


class MjpegStream:
    """A connection whose pictures are complete JPEG files; their time is that of their arrival.

    Attributes:
        info: What it says of its pictures.
        template: PyAV's decoder, which a recording is modelled on.
    """

    def __init__(self, body: HttpBody, switch: Switch, clock: Callable[[], float] = time.monotonic) -> None:
        """Read until the first picture.

        Raises:
            StreamError: None comes.
        """
        self._body, self._switch, self._clock = body, switch, clock
        self._jpegs = split_jpegs(body.read)
        self._codec: Any = av.CodecContext.create("mjpeg", "r")
        self._codec.thread_count = 1
        first = next(((jpeg, frame) for jpeg in self._jpegs if (frame := self._decode(jpeg))), None)
        if first is None:
            raise StreamError(Trouble.NO_VIDEO, "the camera sends no picture that can be decoded")
        self._first, frame = first
        self.info = StreamInfo("mjpeg", "mjpeg", frame.width, frame.height)
        self.template = self._codec

    def shots(self, on_parcel: OnParcel | None = None) -> Iterator[Shot]:
        """Pictures as they come; see `Connection.shots`."""
        origin, last = self._clock(), -_LEAST_STEP
        for jpeg in chain([self._first], self._jpegs):
            frame = self._decode(jpeg)
            if frame is None:
                continue
            ticks = max(round((self._clock() - origin) * TICKS_PER_S), last + _LEAST_STEP)
            last = ticks
            if on_parcel is not None:
                packet = av.Packet(jpeg)
                packet.is_keyframe = True
                on_parcel(self, Parcel(packet, ticks, ticks, True))
            yield Shot(ticks, frame.width, frame.height, partial(_to_rgb, frame))
        if not self._switch.is_off:
            raise StreamError(Trouble.LOST, "the camera ended the stream")

    def _decode(self, jpeg: bytes) -> Any | None:
        try:
            packet = av.Packet(jpeg)
            packet.time_base = Fraction(1, TICKS_PER_S)
            frames = self._codec.decode(packet)
        except (av.error.FFmpegError, ValueError):
            return None
        whole = [f for f in frames if not f.is_corrupt and 0 < f.width * f.height <= limits.MAX_PIXELS]
        return whole[0] if whole else None

    def close(self) -> None:
        """Close the connection."""
        self._body.close()


def _to_rgb(frame: Any) -> ImageArray:
    image: ImageArray = frame.to_ndarray(format="rgb24")
    return image
