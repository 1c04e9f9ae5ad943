"""ResNet as a backbone, with the stems and the last stride that re-identification code bases give it.

He et al., "Deep Residual Learning for Image Recognition" (CVPR 2016), in torchvision's form, whose stride
sits on the 3x3 convolution of a bottleneck. The options change no parameter, so a checkpoint does not show
which one it was trained with; `reid_core.models.checkpoint` tells it from the layout of the file.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from enum import StrEnum
from typing import Any

from torch import Tensor, nn
from torchvision.models import resnet as torchvision_resnet

DEPTHS: Mapping[int, tuple[bool, tuple[int, int, int, int]]] = {
    18: (False, (2, 2, 2, 2)),
    34: (False, (3, 4, 6, 3)),
    50: (True, (3, 4, 6, 3)),
    101: (True, (3, 4, 23, 3)),
    152: (True, (3, 8, 36, 3)),
}
"""Whether the blocks are bottlenecks, and how many each stage has, by depth."""


class Stem(StrEnum):
    """What follows the first convolution and its norm."""

    STANDARD = "standard"
    """ReLU, then 3x3/2 pooling padded by 1: torchvision, torchreid, FastReID before November 2020."""
    CEIL = "ceil"
    """ReLU, then 3x3/2 pooling without padding, rounding up: FastReID from November 2020."""
    NO_RELU = "no_relu"
    """No ReLU, then pooling padded by 1: reid-strong-baseline."""


class ResNet(nn.Module):
    """The network up to its last map, with torchvision's parameter names.

    ``(B, 3, H, W)`` normalised RGB to ``(B, out_channels, H / 16, W / 16)`` with last stride 1, or ``H / 32``
    with 2.

    Args:
        depth: 18, 34, 50, 101 or 152.
        stem: What follows the first convolution.
        last_stride: Stride of the last stage; 1 keeps the map twice as fine (Bag of Tricks).
        n_groups: Groups of a bottleneck's 3x3 convolution; 32 makes a ResNeXt (Xie et al., CVPR 2017).
        group_width: Channels of a group in the first stage: 64 in a ResNet, 4 in ResNeXt 32x4d.

    Raises:
        ValueError: There is no such depth or stride.
    """

    def __init__(
        self,
        depth: int = 50,
        *,
        stem: Stem = Stem.STANDARD,
        last_stride: int = 1,
        n_groups: int = 1,
        group_width: int = 64,
    ) -> None:
        super().__init__()
        if depth not in DEPTHS or last_stride not in (1, 2):
            raise ValueError(f"there is no ResNet-{depth} with last stride {last_stride}")
        widths = {"groups": n_groups, "width_per_group": group_width} if DEPTHS[depth][0] else {}
        net: Any = getattr(torchvision_resnet, f"resnet{depth}")(weights=None, **widths)
        self.depth, self.stem, self.last_stride = depth, stem, last_stride
        self.conv1, self.bn1 = net.conv1, net.bn1
        self.relu: nn.Module = nn.Identity() if stem is Stem.NO_RELU else nn.ReLU(inplace=True)
        is_ceil = stem is Stem.CEIL
        self.maxpool = nn.MaxPool2d(3, 2, padding=0 if is_ceil else 1, ceil_mode=is_ceil)
        self.layer1, self.layer2, self.layer3, self.layer4 = net.layer1, net.layer2, net.layer3, net.layer4
        self.out_channels: int = 2048 if DEPTHS[depth][0] else 512
        self.mid_channels = self.out_channels // 2
        if last_stride == 1:
            first = self.layer4[0]
            strided = first.conv2 if DEPTHS[depth][0] else first.conv1
            strided.stride = first.downsample[0].stride = (1, 1)

    def mid_map(self, images: Tensor) -> Tensor:
        """``(B, 3, H, W)`` to the map before the last stage, ``(B, mid_channels, H / 16, W / 16)``."""
        x = self.maxpool(self.relu(self.bn1(self.conv1(images))))
        out: Tensor = self.layer3(self.layer2(self.layer1(x)))
        return out

    def last_map(self, mid_map: Tensor) -> Tensor:
        """The map before the last stage to the last one."""
        out: Tensor = self.layer4(mid_map)
        return out

    def forward(self, images: Tensor) -> Tensor:
        """See the class."""
        return self.last_map(self.mid_map(images))


def recognise_depth(names: Iterable[str]) -> int | None:
    """The depth that parameter names of a ResNet, without prefix, belong to; None if they fit none."""
    kept = set(names)
    blocks = tuple(
        len({name.split(".")[1] for name in kept if name.startswith(f"layer{stage}.")})
        for stage in (1, 2, 3, 4)
    )
    is_bottleneck = "layer1.0.conv3.weight" in kept
    return next((depth for depth, shape in DEPTHS.items() if shape == (is_bottleneck, blocks)), None)
