"""IBN: instance and batch norm together, so that a ResNet keeps identity and forgets the camera's look.

Pan et al., "Two at Once: Enhancing Learning and Generalization Capacities via IBN-Net" (ECCV 2018), in the
two forms that re-identification uses. IBN-a as in FastReID (verified: equals its ``IBN`` layer, shares its
parameter names ``bn1.IN``, ``bn1.BN``); IBN-b as in torchreid's ``resnet_ibn_b`` (read there, not run).
"""

from __future__ import annotations

from typing import Any

import torch
from torch import Tensor, nn
from torchvision.models.resnet import Bottleneck

from reid_core.models.backbones.resnet import ResNet


class InstanceBatchNorm(nn.Module):
    """Instance norm on the first half of the channels (rounded down), batch norm on the rest.

    Args:
        n: Channels.
    """

    def __init__(self, n: int) -> None:
        super().__init__()
        self.n_instance = n // 2
        self.IN = nn.InstanceNorm2d(self.n_instance, affine=True)
        self.BN = nn.BatchNorm2d(n - self.n_instance)

    def forward(self, x: Tensor) -> Tensor:
        """``(B, n, H, W)`` to the same shape."""
        return torch.cat([self.IN(x[:, : self.n_instance]), self.BN(x[:, self.n_instance :])], dim=1)


class BottleneckWithInstanceNorm(Bottleneck):  # type: ignore[misc]
    """A bottleneck whose residual sum is instance-normed before its last ReLU; of IBN-b.

    Args:
        block: The plain bottleneck whose layers are taken over, with their names.
    """

    def __init__(self, block: Any) -> None:
        nn.Module.__init__(self)
        for name, layer in block.named_children():
            self.add_module(name, layer)
        if block.downsample is None:
            self.downsample = None
        self.IN = nn.InstanceNorm2d(block.bn3.num_features, affine=True)

    def forward(self, x: Tensor) -> Tensor:
        """``(B, n_in, H, W)`` to ``(B, n_out, h, w)``."""
        out = self.relu(self.bn1(self.conv1(x)))
        out = self.relu(self.bn2(self.conv2(out)))
        out = self.bn3(self.conv3(out)) + (x if self.downsample is None else self.downsample(x))
        normed: Tensor = self.relu(self.IN(out))
        return normed


def make_ibn_a(net: ResNet) -> ResNet:
    """Replace the first norm of every block of stages 1 to 3, in place.

    Returns:
        The same network; the last stage keeps its batch norms.
    """
    for stage in (net.layer1, net.layer2, net.layer3):
        for block in stage:
            block.bn1 = InstanceBatchNorm(block.bn1.num_features)
    return net


def make_ibn_b(net: ResNet) -> ResNet:
    """Instance norm in the stem, and after the sum in the last block of stages 1 and 2, in place.

    Raises:
        ValueError: The network is not made of bottlenecks.
    """
    if not isinstance(net.layer1[-1], Bottleneck):
        raise ValueError(f"IBN-b needs bottlenecks, which ResNet-{net.depth} has none of")
    net.bn1 = nn.InstanceNorm2d(net.bn1.num_features, affine=True)
    for stage in (net.layer1, net.layer2):
        stage[-1] = BottleneckWithInstanceNorm(stage[-1])
    return net
