"""Runs a torch network, on CUDA in half precision unless it has to be exact."""

from __future__ import annotations

import numpy as np
import torch
from torch import nn

from reid_core.device import DeviceKind
from reid_core.runtimes.base import DeviceMemoryError, PictureBatch, Running
from reid_core.types import FloatArray


class TorchRuntime:
    """A torch network with a fixed batch size; shorter batches are padded.

    Args:
        network: ``(B, H, W, 3)`` uint8 tensor to ``(B, ...)``; see `Pictured`. It is moved to the device.
        device: Where it runs. CUDA computes in half precision, the others in float32.
        batch_size: B.
        is_exact: Float32 on CUDA too.
    """

    def __init__(
        self, network: nn.Module, device: DeviceKind, batch_size: int, *, is_exact: bool = False
    ) -> None:
        self._device = torch.device(device)
        dtype = torch.float16 if device == "cuda" and not is_exact else torch.float32
        self._batch_size = batch_size
        try:
            self._network = network.eval().to(self._device, dtype).to(memory_format=torch.channels_last)
        except torch.OutOfMemoryError as error:
            raise DeviceMemoryError(str(error)) from error

    def start(self, pictures: PictureBatch) -> Running:
        """See `Runtime`. CUDA computes while the caller goes on; the CPU is done when this returns."""
        n = len(pictures)
        padded = pictures
        if n < self._batch_size:
            padded = np.zeros((self._batch_size, *pictures.shape[1:]), np.uint8)
            padded[:n] = pictures
        try:
            with torch.inference_mode():
                given = torch.from_numpy(np.ascontiguousarray(padded)).to(self._device)
                out = self._network(given)[:n].float()
        except torch.OutOfMemoryError as error:
            raise DeviceMemoryError(str(error)) from error

        def result() -> FloatArray:
            array: FloatArray = out.cpu().numpy()
            return array

        return result
