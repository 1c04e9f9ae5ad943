"""Connecting to RTSP cameras."""

from __future__ import annotations

import av
import av.error

from reid_core.redaction import redact
from reid_core.streams.address import RTSP_UDP
from reid_core.streams.connection import Patience, Switch
from reid_core.streams.credentials import Login
from reid_core.streams.errors import StreamError, Trouble
from reid_core.streams.ffmpeg_stream import FfmpegStream, stream_options
from reid_core.streams.rtsp_relay import RtspRelay

_REORDERED = "8"
"""Datagrams that wait for one that was overtaken."""


def connect_rtsp(login: Login, patience: Patience, switch: Switch) -> FfmpegStream:
    """Log in and start playing.

    Raises:
        StreamError: It cannot be reached, refuses, or has no video.
    """
    is_udp = login.target.scheme == RTSP_UDP
    relay = RtspRelay(login, connect_s=patience.connect_s, read_s=patience.read_s)
    switch.add(relay.cut)
    container = None
    try:
        container = av.open(
            relay.url,
            format="rtsp",
            options=stream_options(
                protocol_whitelist="rtsp,rtp,tcp,udp",  # udp is named by the demuxer, and never opened
                rtsp_transport="tcp",  # towards the relay, always
                allowed_media_types="video",
                reorder_queue_size=_REORDERED if is_udp else "0",
            ),
            timeout=(patience.first_frame_s, patience.read_s),
            metadata_errors="replace",
        )
        return FfmpegStream(container, "rtsp", switch, lambda: relay.failure, relay.close)
    except BaseException as error:
        if container is not None:
            container.close()
        relay.close()
        if isinstance(error, av.error.FFmpegError | ValueError | OSError) and not isinstance(
            error, StreamError
        ):
            raise relay.failure or _explain(error) from None
        raise


def _explain(error: Exception) -> StreamError:
    if isinstance(error, av.error.ExitError | av.error.TimeoutError):
        return StreamError(Trouble.NO_VIDEO, "the camera accepts the connection and then sends nothing")
    if isinstance(error, av.error.EOFError | av.error.ConnectionResetError | BrokenPipeError):
        return StreamError(Trouble.LOST, "the camera closed the connection")
    text = redact(str(getattr(error, "strerror", None) or error))
    return StreamError(Trouble.NO_VIDEO, f"the camera's answer was not understood ({text})")
