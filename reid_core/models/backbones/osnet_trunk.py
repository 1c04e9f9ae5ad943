"""OSNet without its last layers, as a backbone for any head; see `reid_core.models.osnet`."""

from __future__ import annotations

from torch import Tensor, nn

from reid_core.models.osnet import OSNet, OSNetLayout, OSNetVariant


class OSNetTrunk(nn.Module):
    """The network up to its last map, with OSNet's parameter names.

    ``(B, 3, H, W)`` normalised RGB, H and W multiples of 16, to ``(B, 512 * width, H / 16, W / 16)``.

    Args:
        width: 0.25, 0.5, 0.75 or 1.
        variant: Plain, IBN or AIN.
    """

    def __init__(self, width: float = 1.0, variant: OSNetVariant = OSNetVariant.PLAIN) -> None:
        super().__init__()
        net = OSNet(OSNetLayout(width, variant))
        self.conv1, self.maxpool = net.conv1, net.maxpool
        self.conv2, self.conv3, self.conv4, self.conv5 = net.conv2, net.conv3, net.conv4, net.conv5
        is_ain = variant is OSNetVariant.AIN
        self.pool2: nn.Module = net.pool2 if is_ain else nn.Identity()
        self.pool3: nn.Module = net.pool3 if is_ain else nn.Identity()
        self.mid_channels = self.out_channels = int(512 * width)

    def mid_map(self, images: Tensor) -> Tensor:
        """``(B, 3, H, W)`` to the map before the last convolution, of the last map's size."""
        x = self.pool2(self.conv2(self.maxpool(self.conv1(images))))
        out: Tensor = self.conv4(self.pool3(self.conv3(x)))
        return out

    def last_map(self, mid_map: Tensor) -> Tensor:
        """The map before the last convolution to the last one."""
        out: Tensor = self.conv5(mid_map)
        return out

    def forward(self, images: Tensor) -> Tensor:
        """See the class."""
        return self.last_map(self.mid_map(images))
