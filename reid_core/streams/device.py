"""Webcams of this computer."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from functools import partial
from typing import Any

from reid_core.streams.connection import TICKS_PER_S, OnParcel, Shot, StreamInfo, Switch
from reid_core.streams.errors import StreamError, Trouble
from reid_core.types import ImageArray

OpenCapture = Callable[[int], Any]
"""Opens a webcam by number; something with OpenCV's ``isOpened``, ``read``, ``get`` and ``release``."""


def open_capture(number: int) -> Any:
    """OpenCV's capture of a webcam, with as few pictures waiting as it allows."""
    import cv2

    capture = cv2.VideoCapture(number)
    capture.set(cv2.CAP_PROP_BUFFERSIZE, 1)
    return capture


class DeviceStream:
    """A connection to a webcam; the time of a picture is that of its arrival.

    Attributes:
        info: What its driver says.
        template: None: it sends pictures, no compressed stream, so there is nothing to record.
    """

    template = None

    def __init__(
        self,
        number: int,
        switch: Switch,
        *,
        open_capture: OpenCapture = open_capture,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        """Open it.

        Raises:
            StreamError: There is none, or another program has it.
        """
        self._switch, self._clock = switch, clock
        self._capture = open_capture(number)
        if not self._capture.isOpened():
            self._capture.release()
            raise StreamError(
                Trouble.UNREACHABLE,
                f"there is no webcam {number}, or another program uses it; plug it in or close that program",
            )
        given, image = self._capture.read()
        if not given:
            self._capture.release()
            raise StreamError(Trouble.NO_VIDEO, f"webcam {number} gives no picture")
        self._first = image
        fps = float(self._capture.get(5))  # CAP_PROP_FPS
        self.info = StreamInfo(
            "device", "rawvideo", image.shape[1], image.shape[0], fps if 0 < fps <= 240 else 0.0
        )

    def shots(self, on_parcel: OnParcel | None = None) -> Iterator[Shot]:
        """Pictures as they come; see `Connection.shots`."""
        origin, last, image = self._clock(), -1, self._first
        while not self._switch.is_off:
            last = max(round((self._clock() - origin) * TICKS_PER_S), last + 1)
            yield Shot(last, image.shape[1], image.shape[0], partial(_to_rgb, image))
            given, image = self._capture.read()
            if not given:
                raise StreamError(Trouble.LOST, "the webcam gives no pictures any more")

    def close(self) -> None:
        """Give the webcam back."""
        self._capture.release()


def _to_rgb(image: Any) -> ImageArray:
    rgb: ImageArray = image[:, :, ::-1].copy()
    return rgb
