"""Small seeded batches of features and labels."""

from __future__ import annotations

import torch
from torch import Tensor


def batch(counts: tuple[int, ...], dim: int = 5, *, seed: int = 0) -> tuple[Tensor, Tensor]:
    """Float64 features ``(sum(counts), dim)`` and labels with ``counts[i]`` images of identity i."""
    generator = torch.Generator().manual_seed(seed)
    labels = torch.repeat_interleave(torch.arange(len(counts)), torch.tensor(counts))
    return torch.randn(len(labels), dim, dtype=torch.float64, generator=generator), labels
