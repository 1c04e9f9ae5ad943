"""Feature distillation "overhaul": the student follows the teacher's features from before the ReLU.

Heo et al. 2019, in the form of FastReID v1.x (its ``FastDistill`` project); verified against a transcription
of that code.
"""

from __future__ import annotations

import math
from collections.abc import Sequence

import torch
from torch import Tensor, nn

from training.losses.pairwise import at_least_float32

RARELY_NEGATIVE = 1e-3
"""A channel that is negative with at most this probability gets the margin ``-3 |gamma|``."""


class Overhaul(nn.Module):
    """The loss over all stages, with the trainable connectors from student to teacher channels.

    Args:
        student_channels: Of each stage, first to last.
        teacher_norms: The teacher's last batch norm of each stage, whose output its ReLU would clip.

    Attributes:
        connectors: One 1x1 convolution with batch norm a stage.
    """

    def __init__(self, student_channels: Sequence[int], teacher_norms: Sequence[nn.BatchNorm2d]) -> None:
        super().__init__()
        self.connectors = nn.ModuleList()
        for n_in, norm in zip(student_channels, teacher_norms, strict=True):
            conv = nn.Conv2d(n_in, norm.num_features, 1, bias=False)
            nn.init.kaiming_normal_(conv.weight, mode="fan_out", nonlinearity="relu")
            self.connectors.append(nn.Sequential(conv, nn.BatchNorm2d(norm.num_features)))
        for stage, norm in enumerate(teacher_norms):
            self.register_buffer(f"margin{stage}", negative_mean(norm.weight.detach(), norm.bias.detach()))

    def forward(self, student: Sequence[Tensor], teacher: Sequence[Tensor]) -> Tensor:
        """Sum over stages of `partial_l2`, the last with weight 1, each before it with half of the next.

        Args:
            student: ``(B, C_s, H, W)`` of each stage, before the ReLU.
            teacher: ``(B, C_t, H, W)`` of each stage, before the ReLU.

        Returns:
            A scalar: divided by the batch size and by 1000 * 10, as in the released code.
        """
        total = student[0].new_zeros((), dtype=torch.float32)
        for stage, connector in enumerate(self.connectors):
            loss = partial_l2(connector(student[stage]), teacher[stage], self.get_buffer(f"margin{stage}"))
            total = total + loss / 2 ** (len(self.connectors) - 1 - stage)
        return total / len(student[0]) / 1e4


def negative_mean(gamma: Tensor, beta: Tensor) -> Tensor:
    """``E[x | x < 0]`` of N(beta, gamma^2) for each channel: the margin below which a value need not follow.

    Args:
        gamma: ``(C,)`` scale of the teacher's last batch norm.
        beta: ``(C,)`` shift of it.

    Returns:
        ``(C,)``, negative; ``-3 |gamma|`` where a negative value is all but impossible.
    """
    sigma = gamma.abs()
    ratio = beta / sigma
    p_negative = torch.special.ndtr(-ratio)
    density = torch.exp(-ratio.square() / 2) / math.sqrt(2 * math.pi)
    mean = beta - sigma * density / p_negative
    return torch.where(p_negative > RARELY_NEGATIVE, mean, -3 * sigma)


def partial_l2(student: Tensor, teacher: Tensor, margin: Tensor) -> Tensor:
    """``sum (s - t')^2`` with ``t' = max(t, margin)``, where ``s > t'`` or ``t' > 0``.

    A student that is already below a negative target is left alone: the ReLU removes both.

    Args:
        student: ``(B, C, H, W)`` after its connector.
        teacher: ``(B, C, H, W)``; gets no gradient.
        margin: ``(C,)`` of `negative_mean`.

    Returns:
        The sum over everything.
    """
    student = at_least_float32(student)
    target = torch.maximum(teacher.detach().to(student), margin.to(student)[:, None, None])
    counts = (student > target) | (target > 0)
    return ((student - target).square() * counts).sum()
