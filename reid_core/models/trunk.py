"""What models need of a backbone: a map, or the map before its last stage and the last one apart."""

from __future__ import annotations

from typing import Protocol, runtime_checkable

from torch import Tensor


class Backbone(Protocol):
    """A `torch.nn.Module` that gives a feature map.

    Attributes:
        out_channels: Channels of the map.
    """

    out_channels: int

    def __call__(self, images: Tensor, /) -> Tensor:
        """``(B, 3, H, W)`` to ``(B, out_channels, h, w)``."""
        ...


@runtime_checkable
class Trunk(Backbone, Protocol):
    """A backbone that can stop in front of its last stage.

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
