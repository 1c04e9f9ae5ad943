"""Trying an address: what the *Test* button and ``sightline stream-test`` say."""

from __future__ import annotations

import threading
import time
from dataclasses import dataclass

from reid_core.streams.connection import Connect, Patience, StreamInfo, Switch
from reid_core.streams.errors import StreamError, Trouble

_N_SHOTS = 10
_ENOUGH_S = 3.0
OK = "ok"


@dataclass(frozen=True, slots=True)
class Checked:
    """What came of a try.

    Attributes:
        result: ``ok``, or what kind of trouble there is (`Trouble`).
        detail: The sentence for people.
        info: What the camera sends; None where it does not.
    """

    result: str
    detail: str
    info: StreamInfo | None = None

    def __str__(self) -> str:
        """In one line."""
        if self.info is None:
            return f"{self.result}: {self.detail}"
        rate = f" {self.info.fps:.3g} fps" if self.info.fps else ""
        return f"ok {self.info.width}x{self.info.height}{rate} {self.info.codec}"


def check_stream(connect: Connect, patience: Patience | None = None) -> Checked:
    """Connect, look at some pictures, and go."""
    patience = patience or Patience()
    switch = Switch()
    watchdog = threading.Timer(patience.first_frame_s, switch.cut)
    watchdog.daemon = True
    watchdog.start()
    info: StreamInfo | None = None
    ticks: list[int] = []
    connection = None
    try:
        connection = connect(switch)
        began = time.monotonic()
        for shot in connection.shots():
            ticks.append(shot.ticks)
            shot.picture()
            info = connection.info
            if len(ticks) >= _N_SHOTS or time.monotonic() - began > _ENOUGH_S:
                break
    except StreamError as error:
        if not ticks:
            return Checked(
                str(error.trouble if error.trouble is not Trouble.LOST else Trouble.NO_VIDEO), str(error)
            )
    finally:
        watchdog.cancel()
        watchdog.join()
        if connection is not None:
            connection.close()
    if not ticks or info is None:
        return Checked(Trouble.NO_VIDEO, "the camera accepts the connection and sends no picture")
    return Checked(OK, "", info)
