"""What part models need of a backbone: the map before its last stage, and the last one."""

from __future__ import annotations

from typing import Any

from torch import Tensor, nn


class Trunk(nn.Module):
    """A ResNet with torchvision's names, cut in front of ``layer4``.

    Args:
        net: With ``conv1, bn1, relu, maxpool, layer1 .. layer4``, whatever their inside.
        mid_channels: Channels after ``layer3``.
        out_channels: Channels after ``layer4``.
    """

    def __init__(self, net: nn.Module, mid_channels: int, out_channels: int) -> None:
        super().__init__()
        self.net: Any = net
        self.mid_channels, self.out_channels = mid_channels, out_channels

    def mid_map(self, images: Tensor) -> Tensor:
        """``(B, 3, H, W)`` to ``(B, mid_channels, H / 16, W / 16)``."""
        net = self.net
        x = net.maxpool(net.relu(net.bn1(net.conv1(images))))
        out: Tensor = net.layer3(net.layer2(net.layer1(x)))
        return out

    def last_map(self, mid: Tensor) -> Tensor:
        """The mid map to ``(B, out_channels, H / 16, W / 16)``, with last stride 1."""
        out: Tensor = self.net.layer4(mid)
        return out
