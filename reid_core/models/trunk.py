"""What part models need of a backbone: the map before its last stage, and the last one."""

from __future__ import annotations

from typing import Protocol

from torch import Tensor


class Trunk(Protocol):
    """A backbone, a `torch.nn.Module`, that can stop in front of its last stage.

    Attributes:
        mid_channels: Channels of the map before the last stage.
        out_channels: Channels of the last map.
    """

    mid_channels: int
    out_channels: int

    def mid_map(self, images: Tensor) -> Tensor:
        """``(B, 3, H, W)`` to ``(B, mid_channels, H / 16, W / 16)``."""
        ...

    def last_map(self, mid_map: Tensor) -> Tensor:
        """The mid map to ``(B, out_channels, h, w)``; the same h and w with last stride 1."""
        ...
