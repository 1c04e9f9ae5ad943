"""ResNeSt as a backbone: timm's layers, set up as re-identification code bases have them.

Zhang et al., "ResNeSt: Split-Attention Networks" (2020): radix 2, one group, deep stem. timm's network equals
FastReID's in names and numbers up to the last stage; the two differ where last stride 1 turns into dilation:
FastReID keeps the 3x3 average pool of the stage's first block (at stride 1), and its shortcut does not pool.
Both are put right here; verified against FastReID's code with random weights.
"""

from __future__ import annotations

from importlib import import_module
from typing import Any

from torch import Tensor, nn

from reid_core.errors import UsageError

NAMES = {50: "resnest50d", 101: "resnest101e", 200: "resnest200e", 269: "resnest269e"}
"""timm's names by depth."""


class ResNeSt(nn.Module):
    """The network up to its last map, with timm's parameter names.

    ``(B, 3, H, W)`` normalised RGB to ``(B, 2048, H / 16, W / 16)`` with last stride 1, or ``H / 32`` with 2.

    Args:
        depth: 50, 101, 200 or 269.
        last_stride: Of the last stage; 1 is done by dilation 2 in its later blocks.

    Raises:
        ValueError: There is no such depth or stride.
        UsageError: timm is not installed.
    """

    mid_channels, out_channels = 1024, 2048

    def __init__(self, depth: int = 50, *, last_stride: int = 1) -> None:
        super().__init__()
        if depth not in NAMES or last_stride not in (1, 2):
            raise ValueError(f"there is no ResNeSt-{depth} with last stride {last_stride}")
        output_stride = 16 * last_stride
        net: Any = import_timm().create_model(NAMES[depth], pretrained=False, output_stride=output_stride)
        self.depth, self.last_stride = depth, last_stride
        self.conv1, self.bn1, self.act1, self.maxpool = net.conv1, net.bn1, net.act1, net.maxpool
        self.layer1, self.layer2, self.layer3, self.layer4 = net.layer1, net.layer2, net.layer3, net.layer4
        if last_stride == 1:
            first = self.layer4[0]
            first.avd_last = nn.AvgPool2d(3, 1, padding=1)
            first.downsample[0] = nn.Identity()

    def mid_map(self, images: Tensor) -> Tensor:
        """``(B, 3, H, W)`` to the map before the last stage, ``(B, 1024, H / 16, W / 16)``."""
        x = self.maxpool(self.act1(self.bn1(self.conv1(images))))
        out: Tensor = self.layer3(self.layer2(self.layer1(x)))
        return out

    def last_map(self, mid_map: Tensor) -> Tensor:
        """The map before the last stage to the last one."""
        out: Tensor = self.layer4(mid_map)
        return out

    def forward(self, images: Tensor) -> Tensor:
        """See the class."""
        return self.last_map(self.mid_map(images))


def import_timm() -> Any:
    """The timm package.

    Raises:
        UsageError: It is not installed.
    """
    try:
        return import_module("timm")
    except ImportError as error:
        raise UsageError("This backbone comes from timm: install it with `pip install timm`.") from error
