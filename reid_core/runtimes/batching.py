"""Runs pictures in batches of a fixed size, which halves when the device's memory does not suffice."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np

from reid_core.errors import ReidError
from reid_core.progress import Notice
from reid_core.runtimes.base import DeviceMemoryError, PictureBatch, Running, Runtime
from reid_core.types import FloatArray

Notify = Callable[[Notice], None]


class BatchRunner:
    """Splits what it is given into batches.

    Args:
        prepare: Makes the runtime for a batch size.
        batch_size: First batch size to try.
        label: What runs, for the notice, e.g. ``The detector``.
        notify: Hears of a smaller batch.
    """

    def __init__(
        self, prepare: Callable[[int], Runtime], batch_size: int, label: str, notify: Notify | None = None
    ) -> None:
        self._prepare, self._label, self._notify = prepare, label, notify
        self._runtime: Runtime | None = None
        self.batch_size = batch_size

    def __call__(self, pictures: PictureBatch) -> FloatArray:
        """Run any number of pictures, at least one.

        Args:
            pictures: ``(N, H, W, 3)`` uint8.

        Returns:
            ``(N, ...)`` float32.

        Raises:
            ReidError: Even one picture is too much for the device's memory.
        """
        done: list[FloatArray] = []
        start = 0
        while start < len(pictures):
            try:
                done.append(self._prepared().start(pictures[start : start + self.batch_size])())
                start += len(done[-1])
            except DeviceMemoryError:
                self._halve()
        return done[0] if len(done) == 1 else np.concatenate(done)

    def start(self, pictures: PictureBatch) -> Running:
        """Begin to run pictures, at least one; what it gives waits for the result that a call would give.

        Only a single batch runs beside its caller: of more pictures nothing runs before they are asked for.
        """
        if len(pictures) > self.batch_size:
            return lambda: self(pictures)
        try:
            running = self._prepared().start(pictures)
        except DeviceMemoryError:
            return lambda: self(pictures)  # where the batch is halved

        def result() -> FloatArray:
            try:
                return running()
            except DeviceMemoryError:
                return self(pictures)

        return result

    def _prepared(self) -> Runtime:
        if self._runtime is None:
            self._runtime = self._prepare(self.batch_size)
        return self._runtime

    def _halve(self) -> None:
        self._runtime = None
        if self.batch_size == 1:
            raise ReidError(
                f"{self._label} needs more memory than there is, even for one picture at a time. "
                "Close other programs or choose a smaller model."
            )
        self.batch_size //= 2
        if self._notify is not None:
            text = f"{self._label} ran out of memory; it goes on with batches of {self.batch_size}."
            self._notify(Notice(text, level="warning"))
