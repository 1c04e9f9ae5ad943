"""Packets and pictures out of a PyAV container that reads from a network."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from fractions import Fraction
from functools import partial
from typing import Any

import av.error

from reid_core.media import limits
from reid_core.redaction import redact
from reid_core.streams.connection import TICKS_PER_S, OnParcel, Parcel, Shot, StreamInfo, Switch, to_ticks
from reid_core.streams.errors import StreamError, Trouble
from reid_core.types import ImageArray

JUMP_S = 10.0
"""Times that leap further ahead, or a second back, belong to another clock: the camera is connected anew."""
_BACK_S = 1.0
_PROBE_BYTES = 2 * 2**20
_ANALYZE_US = 3_000_000

Failure = Callable[[], StreamError | None]


def stream_options(**more: str) -> dict[str, str]:
    """Options of every network stream: the codecs and sizes that files may have, and little probing."""
    return {
        "codec_whitelist": ",".join(limits.VIDEO_CODECS + limits.AUDIO_CODECS),
        "max_streams": str(limits.MAX_STREAMS),
        "max_pixels": str(limits.MAX_PIXELS),
        "probesize": str(_PROBE_BYTES),
        "analyzeduration": str(_ANALYZE_US),
        "fpsprobesize": "0",  # the rate is measured on the pictures; connecting is a second faster
        "fflags": "+discardcorrupt",
        **more,
    }


class FfmpegStream:
    """A connection whose packets FFmpeg takes out of a container.

    Attributes:
        info: What it says of its pictures.
        template: Its video stream.
    """

    def __init__(
        self, container: Any, kind: str, switch: Switch, failure: Failure, close: Callable[[], None]
    ) -> None:
        """Take over an open container.

        Args:
            container: PyAV's input.
            kind: `StreamInfo.container`.
            switch: Says whether an end was wanted.
            failure: What the other side said, if it ended badly.
            close: Closes what the container reads through, after the container.

        Raises:
            StreamError: It holds no video that is read.
        """
        self._container, self._switch, self._failure, self._close = container, switch, failure, close
        video = [s for s in container.streams.video if s.codec_context is not None]
        known = [s for s in video if s.codec_context.name in limits.VIDEO_CODECS]
        if not known:
            names = ", ".join(sorted({s.type for s in container.streams})) or "nothing"
            raise StreamError(Trouble.NO_VIDEO, f"the camera sends no video that is read (found: {names})")
        self.template = max(known, key=lambda s: s.codec_context.width * s.codec_context.height)
        for other in container.streams:
            if other.index != self.template.index:
                other.discard = "all"
        context = self.template.codec_context
        context.thread_count = 1
        rate = self.template.guessed_rate or self.template.average_rate or 0
        self.info = StreamInfo(
            container=kind,
            codec=str(context.codec.canonical_name),
            width=int(context.width),
            height=int(context.height),
            fps=float(rate) if 0 < rate <= 240 else 0.0,
        )

    def shots(self, on_parcel: OnParcel | None = None) -> Iterator[Shot]:
        """Pictures as they come; see `Connection.shots`."""
        base = Fraction(self.template.time_base or Fraction(1, TICKS_PER_S))
        origin: int | None = None
        last = 0
        try:
            for packet in self._timed(base):
                ticks = to_ticks(packet.pts, base)
                if origin is None:
                    if not packet.is_keyframe:
                        continue
                    origin, last = ticks, ticks
                if not last - _BACK_S * TICKS_PER_S <= ticks <= last + JUMP_S * TICKS_PER_S:
                    raise StreamError(Trouble.LOST, "the camera's clock jumped")
                last = ticks
                if on_parcel is not None:
                    dts = ticks if packet.dts is None else to_ticks(packet.dts, base)
                    on_parcel(self, Parcel(packet, ticks - origin, dts - origin, bool(packet.is_keyframe)))
                yield from self._shots(packet.decode, base, origin)
            if origin is not None:  # what the decoder still holds
                yield from self._shots(partial(self.template.codec_context.decode, None), base, origin)
        except av.error.FFmpegError as error:
            raise self._ended(error) from None
        if not self._switch.is_off:
            raise self._failure() or StreamError(Trouble.LOST, "the camera ended the stream")

    def _timed(self, base: Fraction) -> Iterator[Any]:
        """Packets with data and a time; a first one without takes the time before its successor's."""
        held: Any = None
        for packet in self._container.demux(self.template):
            if packet.size == 0 or packet.stream.index != self.template.index:
                continue
            if packet.pts is None:
                held = held or packet
                continue
            if held is not None:
                step = round(1 / (Fraction(self.info.fps).limit_denominator(1000) or 25) / base)
                held.pts = held.dts = packet.pts - max(step, 1)
                yield held
                held = None
            yield packet

    def _shots(self, decode: Callable[[], list[Any]], base: Fraction, origin: int) -> Iterator[Shot]:
        try:
            frames = decode()
        except av.error.InvalidDataError:  # lost packets: the next key frame repairs it
            return
        for frame in frames:
            if frame.is_corrupt or frame.pts is None or (at := to_ticks(frame.pts, base) - origin) < 0:
                continue
            yield Shot(at, frame.width, frame.height, partial(_to_rgb, frame))

    def _ended(self, error: av.error.FFmpegError) -> StreamError:
        if (failure := self._failure()) is not None:
            return failure
        if isinstance(error, av.error.ExitError | av.error.TimeoutError):
            return StreamError(Trouble.LOST, "the camera sends nothing any more")
        return StreamError(Trouble.LOST, f"the connection broke ({redact(str(error.strerror or error))})")

    def close(self) -> None:
        """Close the container and what it reads through."""
        self._container.close()
        self._close()


def _to_rgb(frame: Any) -> ImageArray:
    image: ImageArray = frame.to_ndarray(format="rgb24")
    return image
