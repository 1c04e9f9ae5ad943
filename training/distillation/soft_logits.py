"""Distillation on softened logits: the Jensen-Shannon-like loss of FastReID's released distiller."""

from __future__ import annotations

from collections.abc import Sequence

import torch
import torch.nn.functional as F
from torch import Tensor

from training.losses.pairwise import at_least_float32


def symmetric_divergence(student: Tensor, teacher: Tensor, temperature: float = 16.0) -> Tensor:
    """Mean of both directions of KL between ``softmax(z / T)``, times ``T^2``, per image.

    Args:
        student: ``(B, C)`` logits.
        teacher: ``(B, C)`` logits of the teacher's head on the same targets; they get no gradient.
        temperature: T.

    Source: FastReID v1.x ``Distiller.jsdiv_loss``; verified against a transcription of it.
    """
    log_s = F.log_softmax(at_least_float32(student) / temperature, dim=1)
    log_t = F.log_softmax(at_least_float32(teacher.detach()) / temperature, dim=1)
    both = F.kl_div(log_s, log_t, log_target=True, reduction="sum")
    both = both + F.kl_div(log_t, log_s, log_target=True, reduction="sum")
    return both / 2 * temperature**2 / len(student)


def mean_over_teachers(student: Tensor, teachers: Sequence[Tensor], temperature: float = 16.0) -> Tensor:
    """The mean of `symmetric_divergence` over several teachers' logits, each ``(B, C)``."""
    return torch.stack([symmetric_divergence(student, one, temperature) for one in teachers]).mean()
