"""Networks that take pictures as bytes: the preprocessing is part of what is converted and run."""

from __future__ import annotations

from collections.abc import Sequence

import torch
from torch import Tensor, nn


class Pictured(nn.Module):
    """A network behind ``(x - mean) / std``.

    ``(B, H, W, 3)`` uint8 RGB to whatever the network makes of ``(B, 3, H, W)`` floats.

    Args:
        network: The network proper.
        mean: Per channel on the scale 0..255, in the network's channel order.
        std: As ``mean``.
        is_bgr: Whether the network wants blue first.
    """

    mean: Tensor
    scale: Tensor

    def __init__(
        self, network: nn.Module, mean: Sequence[float], std: Sequence[float], *, is_bgr: bool = False
    ) -> None:
        super().__init__()
        self.network = network
        self.is_bgr = is_bgr
        self.register_buffer("mean", torch.tensor(mean).view(1, 3, 1, 1))
        self.register_buffer("scale", 1 / torch.tensor(std).view(1, 3, 1, 1))

    def forward(self, pictures: Tensor) -> Tensor:
        """``(B, H, W, 3)`` uint8 to the network's output."""
        x = pictures.permute(0, 3, 1, 2).to(self.mean.dtype)
        if self.is_bgr:
            x = x.flip(1)
        out: Tensor = self.network((x - self.mean) * self.scale)
        return out
