"""Aggregation: a feature map becomes one vector per image.

Every method takes ``(B, C, H, W)`` of any size and gives ``(B, C)``. Source: the FastReID paper's section
"aggregation" and its released pooling layers.
"""

from __future__ import annotations

from enum import StrEnum

import torch
from torch import Tensor, nn


class Aggregation(StrEnum):
    """The methods by the names that a config uses."""

    MAX = "max"
    AVG = "avg"
    AVG_MAX = "avg_max"
    AVG_CLIPPED = "avg_clipped"
    GEM = "gem"
    GEM_FIXED = "gem_fixed"
    ATTENTION = "attention"
    ATTENTION_PER_CHANNEL = "attention_per_channel"
    FLATTEN = "flatten"


def make_aggregation(method: Aggregation | str, n_channels: int, *, p: float = 3.0) -> nn.Module:
    """The module of a method.

    Args:
        method: Which one.
        n_channels: C, which attention needs to know.
        p: Power of GeM (the first value of the learnable one).

    Returns:
        ``(B, C, H, W)`` to ``(B, C)``; `Aggregation.FLATTEN` gives ``(B, C * H * W)``.

    Raises:
        ValueError: There is no such method.
    """
    match Aggregation(method):
        case Aggregation.MAX:
            return MaxPool()
        case Aggregation.AVG:
            return AvgPool()
        case Aggregation.AVG_MAX:
            return AvgMaxPool()
        case Aggregation.AVG_CLIPPED:
            return AvgPool(0.0, 1.0)
        case Aggregation.GEM:
            return GeM(p)
        case Aggregation.GEM_FIXED:
            return GeM(p, is_learnable=False)
        case Aggregation.ATTENTION:
            return AttentionPool(n_channels, 1)
        case Aggregation.ATTENTION_PER_CHANNEL:
            return AttentionPool(n_channels, n_channels)
        case Aggregation.FLATTEN:
            return nn.Flatten()


def gem(x: Tensor, p: float | Tensor = 3.0, eps: float = 1e-6) -> Tensor:
    """Generalised mean ``mean(max(x, eps)^p)^(1/p)``: average at p = 1, maximum as p grows; verified.

    Powers do not survive half precision, so they are taken in float32 at least.

    Args:
        x: ``(B, C, H, W)``.
        p: The power, one for all channels.
        eps: Least value of the map.

    Returns:
        ``(B, C)`` in the dtype of ``x``.
    """
    wide = x.float() if x.dtype in (torch.float16, torch.bfloat16) else x
    return wide.clamp_min(eps).pow(p).mean((2, 3)).pow(1 / p).to(x.dtype)


def attend(x: Tensor, logits: Tensor, *, is_literal: bool = False) -> Tensor:
    """Attention pooling: ``f_c = sum_pos w * x`` with ``w`` the softmax of the logits over positions.

    Args:
        x: ``(B, C, H, W)``.
        logits: ``(B, 1, H, W)`` shared by the channels, or ``(B, C, H, W)``; B may be 1 for all images.
        is_literal: Divide by the number of positions once more, as the printed formula does. It shrinks the
            feature H * W times, for the weights sum to 1 already.

    Returns:
        ``(B, C)``. Source: FastReID paper; no released version implements it (reconstruction).
    """
    weights = logits.flatten(2).softmax(dim=2)
    pooled = (weights * x.flatten(2)).sum(dim=2)
    return pooled / weights.shape[2] if is_literal else pooled


class MaxPool(nn.Module):
    """The largest value of each channel."""

    def forward(self, x: Tensor) -> Tensor:
        """``(B, C, H, W)`` to ``(B, C)``."""
        return x.amax((2, 3))


class AvgPool(nn.Module):
    """The mean of each channel, clipped to a range if one is given."""

    def __init__(self, least: float | None = None, most: float | None = None) -> None:
        super().__init__()
        self.least, self.most = least, most

    def forward(self, x: Tensor) -> Tensor:
        """``(B, C, H, W)`` to ``(B, C)``."""
        mean = x.mean((2, 3))
        return mean if self.least is None and self.most is None else mean.clamp(self.least, self.most)


class AvgMaxPool(nn.Module):
    """Mean plus maximum of each channel."""

    def forward(self, x: Tensor) -> Tensor:
        """``(B, C, H, W)`` to ``(B, C)``."""
        return x.mean((2, 3)) + x.amax((2, 3))


class GeM(nn.Module):
    """Generalised-mean pooling, see `gem`.

    Args:
        p: The power, or its first value.
        is_learnable: Learn one power for all channels (FastReID's ``GeneralizedMeanPoolingP``).
        eps: Least value of the map.
    """

    def __init__(self, p: float = 3.0, *, is_learnable: bool = True, eps: float = 1e-6) -> None:
        super().__init__()
        self.p: Tensor | float = nn.Parameter(torch.full((1,), float(p))) if is_learnable else p
        self.eps = eps

    def forward(self, x: Tensor) -> Tensor:
        """``(B, C, H, W)`` to ``(B, C)``."""
        return gem(x, self.p, self.eps)


class AttentionPool(nn.Module):
    """Attention pooling with logits from a 1x1 convolution, see `attend`.

    Args:
        n_channels: C of the map.
        n_logits: 1 for weights that all channels share, or C.
        is_literal: As in `attend`.
    """

    def __init__(self, n_channels: int, n_logits: int = 1, *, is_literal: bool = False) -> None:
        super().__init__()
        self.conv = nn.Conv2d(n_channels, n_logits, 1)
        self.is_literal = is_literal

    def forward(self, x: Tensor) -> Tensor:
        """``(B, C, H, W)`` to ``(B, C)``."""
        return attend(x, self.conv(x), is_literal=self.is_literal)
