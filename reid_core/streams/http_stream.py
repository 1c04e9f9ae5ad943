"""Connecting to cameras over HTTP: MJPEG, HLS, and footage that is simply sent."""

from __future__ import annotations

from typing import Any

import av
import av.error

from reid_core.media import limits
from reid_core.redaction import redact
from reid_core.streams.connection import Connection, Patience, Switch
from reid_core.streams.credentials import Login
from reid_core.streams.errors import StreamError, Trouble
from reid_core.streams.ffmpeg_stream import FfmpegStream, stream_options
from reid_core.streams.http_door import HttpBody, HttpDoor
from reid_core.streams.mjpeg import MjpegStream

_PICTURES = ("multipart/x-mixed-replace", "multipart/mixed", "image/jpeg", "image/jpg")
_PLAYLISTS = ("application/vnd.apple.mpegurl", "application/x-mpegurl", "audio/mpegurl", "audio/x-mpegurl")


def connect_http(login: Login, patience: Patience, switch: Switch) -> Connection:
    """Ask for the address and read what its media type says.

    Raises:
        StreamError: It cannot be reached, refuses, or has no video.
    """
    door = HttpDoor(login, patience, switch)
    body = door.open()
    try:
        if body.kind in _PICTURES:
            return MjpegStream(body, switch)
        return _open(body, door, patience, switch)
    except BaseException:
        body.close()
        raise


def _open(body: HttpBody, door: HttpDoor, patience: Patience, switch: Switch) -> FfmpegStream:
    is_playlist = body.kind in _PLAYLISTS or body.name.partition("?")[0].lower().endswith(".m3u8")
    options = stream_options(
        protocol_whitelist="http,https",  # FFmpeg checks addresses in a playlist by it; `_Opener` opens them
        format_whitelist=",".join(
            ("hls", "mpegts", "mov", "aac", "webvtt") if is_playlist else limits.CONTAINERS
        ),
        **({"http_persistent": "0", "live_start_index": "-1"} if is_playlist else {}),
    )
    try:
        container = av.open(
            body,
            format="hls" if is_playlist else None,
            options=options,
            timeout=(patience.first_frame_s, patience.read_s),
            metadata_errors="replace",
            io_open=_Opener(door),
        )
    except (av.error.FFmpegError, ValueError, OSError) as error:
        if isinstance(error, StreamError):
            raise
        text = redact(str(getattr(error, "strerror", None) or error))
        raise door.failure or StreamError(
            Trouble.NO_VIDEO, f"the address gives no video that is read ({text})"
        ) from None
    try:
        return FfmpegStream(
            container, "hls" if is_playlist else _name(container), switch, lambda: door.failure, body.close
        )
    except BaseException:
        container.close()
        raise


def _name(container: Any) -> str:
    return str(container.format.name).split(",")[0]


class _Opener:
    """Opens what a playlist names, on the same host alone."""

    def __init__(self, door: HttpDoor) -> None:
        self._door = door

    def __call__(self, url: str, flags: int, options: dict[str, str]) -> HttpBody:
        return self._door.open(url)
