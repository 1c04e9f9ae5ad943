"""How large a network is: parameters, and multiply-adds of one picture."""

from __future__ import annotations

from dataclasses import dataclass

import torch
from torch import nn
from torch.utils.flop_counter import FlopCounterMode


@dataclass(frozen=True, slots=True)
class Size:
    """Of a network without classifiers.

    Attributes:
        dim: Length of its embedding.
        n_parameters: Trainable or not.
        gflops: 10^9 multiply-adds for one picture, as papers count them.
    """

    dim: int
    n_parameters: int
    gflops: float


def measure(network: nn.Module, height: int, width: int) -> Size:
    """The size of a network for pictures of ``height`` x ``width`` px; leaves it in evaluation mode."""
    network.eval()
    counter = FlopCounterMode(display=False)
    with counter, torch.inference_mode():
        dim = network(torch.zeros(1, 3, height, width)).shape[1]
    n_parameters = sum(parameter.numel() for parameter in network.parameters())
    return Size(dim, n_parameters, counter.get_total_flops() / 2e9)
