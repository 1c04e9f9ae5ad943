"""Connections to cameras that are not there."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Iterator

import numpy as np

from reid_core.streams.connection import TICKS_PER_S, OnParcel, Shot, StreamInfo, Switch
from reid_core.streams.errors import StreamError, Trouble
from reid_core.types import ImageArray


def gray(width: int = 64, height: int = 48) -> ImageArray:
    """A plain picture."""
    return np.full((height, width, 3), 96, np.uint8)


class FakeConnection:
    """Gives pictures as told.

    Args:
        switch: Cuts it.
        n_shots: How many pictures; then it ends badly.
        fps: Of the pictures' times.
        picture: Makes the n-th picture.
        interval_s: Seconds between two pictures; None gives them all at once.
        hang: Whether it hangs after the last picture instead of ending, until it is cut.
        deaf: Whether it hangs even when it is cut, until `let_go` is set.
    """

    template = None

    def __init__(
        self,
        switch: Switch,
        *,
        n_shots: int = 10**9,
        fps: float = 20.0,
        stated_fps: float = 0.0,
        picture: Callable[[int], ImageArray] = lambda n: gray(),
        interval_s: float | None = None,
        hang: bool = False,
        deaf: threading.Event | None = None,
    ) -> None:
        self._cut = threading.Event()
        switch.add(self._cut.set)
        self._n_shots, self._fps, self._picture = n_shots, fps, picture
        self._interval_s, self._hang, self._deaf = interval_s, hang, deaf
        height, width, _ = picture(0).shape
        self.info = StreamInfo("rtsp", "h264", width, height, stated_fps)
        self.closed = False

    def shots(self, on_parcel: OnParcel | None = None) -> Iterator[Shot]:
        """The pictures."""
        due = time.monotonic()
        for n in range(self._n_shots):
            if self._cut.is_set():
                return
            image = self._picture(n)
            yield Shot(
                round(n / self._fps * TICKS_PER_S), image.shape[1], image.shape[0], lambda image=image: image
            )
            if self._interval_s is not None:
                due += self._interval_s
                self._cut.wait(max(due - time.monotonic(), 0.0))
        if self._deaf is not None:
            self._deaf.wait()
        elif self._hang:
            self._cut.wait()
        else:
            raise StreamError(Trouble.LOST, "the camera ended the stream")

    def close(self) -> None:
        """Nothing is open."""
        self.closed = True
