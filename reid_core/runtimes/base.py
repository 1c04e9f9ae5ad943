"""The face of a runtime."""

from __future__ import annotations

from collections.abc import Callable
from typing import Protocol

import numpy as np
from numpy.typing import NDArray

from reid_core.types import FloatArray

PictureBatch = NDArray[np.uint8]
"""``(N, H, W, 3)`` RGB pictures of one size, C-contiguous."""


Running = Callable[[], FloatArray]
"""A batch at work: calling it waits for the result. To be called once, in the order of starting."""


class DeviceMemoryError(MemoryError):
    """The device has not enough memory for a batch of this size."""


class Runtime(Protocol):
    """A network ready to run; it owns its preprocessing, so it takes pictures as they are."""

    def start(self, pictures: PictureBatch) -> Running:
        """Begin to run the network, and let the caller do something else meanwhile.

        Args:
            pictures: ``(N, H, W, 3)`` RGB uint8 of the size that the network was prepared for; any N from 1.

        Returns:
            What gives ``(N, ...)`` float32, row by row; a row does not depend on what shares its batch.

        Raises:
            DeviceMemoryError: The batch is too large for the device; here, or when the result is taken.
        """
        ...
