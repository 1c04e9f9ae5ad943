"""Runs a job from the command line: shows its events, and makes Ctrl-C stop it after what is in hand."""

from __future__ import annotations

import signal
from collections.abc import Iterator
from contextlib import contextmanager
from types import FrameType

from reid_core.progress import CancelToken


@contextmanager
def cancel_on_signal() -> Iterator[CancelToken]:
    """A token that Ctrl-C and a polite kill set; a second Ctrl-C ends the program at once."""
    token = CancelToken()

    def ask(signal_number: int, frame: FrameType | None) -> None:
        if token.cancelled:
            raise KeyboardInterrupt
        token.cancel()

    previous = {number: signal.signal(number, ask) for number in (signal.SIGINT, signal.SIGTERM)}
    try:
        yield token
    finally:
        for number, handler in previous.items():
            signal.signal(number, handler)
