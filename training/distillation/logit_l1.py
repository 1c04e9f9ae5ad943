"""Distances of student logits to teacher logits, the form of the FastReID paper."""

from __future__ import annotations

from torch import Tensor

from training.config import LogitReduction
from training.losses.pairwise import at_least_float32


def logit_l1(
    student: Tensor, teacher: Tensor, reduction: LogitReduction = LogitReduction.CLASS_SUM
) -> Tensor:
    """``|l_s - l_t|_1``; no gradient reaches the teacher.

    Args:
        student: ``(B, C)`` logits.
        teacher: ``(B, C)`` logits.
        reduction: Sum over classes and mean over the batch (our default), sum of all, or mean of all.

    Source: FastReID paper, ``L_logit``; reconstruction (no released code).
    """
    difference = (at_least_float32(student) - teacher.detach()).abs()
    if reduction is LogitReduction.CLASS_SUM:
        return difference.sum() / len(student)
    return difference.sum() if reduction is LogitReduction.SUM else difference.mean()
