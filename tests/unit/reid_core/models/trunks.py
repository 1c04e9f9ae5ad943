"""Backbones for shape tests: a few convolutions, or a real ResNet-18."""

from __future__ import annotations

import torch
from torch import Tensor, nn

from reid_core.models.backbones.resnet import ResNet


class FewConvolutions(nn.Module):
    """A backbone with 32 channels before its last stage and 64 after it; total stride 16."""

    mid_channels, out_channels = 32, 64

    def __init__(self) -> None:
        super().__init__()
        self.stem = nn.Sequential(nn.Conv2d(3, 16, 5, 4, 2), nn.BatchNorm2d(16), nn.ReLU(), nn.MaxPool2d(4))
        self.middle = nn.Sequential(nn.Conv2d(16, 32, 3, 1, 1), nn.BatchNorm2d(32), nn.ReLU())
        self.last = nn.Sequential(nn.Conv2d(32, 64, 3, 1, 1), nn.BatchNorm2d(64), nn.ReLU())

    def mid_map(self, images: Tensor) -> Tensor:
        return self.middle(self.stem(images))

    def last_map(self, mid_map: Tensor) -> Tensor:
        return self.last(mid_map)

    def forward(self, images: Tensor) -> Tensor:
        return self.last_map(self.mid_map(images))


def few_convolutions() -> FewConvolutions:
    torch.manual_seed(0)
    return FewConvolutions()


def resnet18() -> ResNet:
    torch.manual_seed(0)
    return ResNet(18)
