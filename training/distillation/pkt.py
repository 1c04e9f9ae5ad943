"""Probabilistic knowledge transfer (PKT): the student keeps the teacher's neighbourhoods within a batch."""

from __future__ import annotations

import torch
from torch import Tensor

from training.losses.pairwise import cosine_similarity


def pkt_loss(student: Tensor, teacher: Tensor) -> Tensor:
    """``sum_i sum_{j != i} p^t_{j|i} * log(p^t_{j|i} / p^s_{j|i})``; no gradient reaches the teacher.

    Args:
        student: ``(B, d_s)`` features.
        teacher: ``(B, d_t)`` features of the same images; the lengths may differ.

    Returns:
        A scalar, at least 0. Source: Passalis and Tefas 2018, as FastReID cites it. The seed's printed
        fraction mixes student and teacher, a misprint; this is the corrected form (reconstruction).
    """
    p_student, p_teacher = neighbour_probabilities(student), neighbour_probabilities(teacher.detach())
    tiny = torch.finfo(p_student.dtype).tiny
    ratio = p_teacher.clamp_min(tiny).log() - p_student.clamp_min(tiny).log()
    return (p_teacher * ratio).sum()


def neighbour_probabilities(features: Tensor) -> Tensor:
    """``p_{j|i} = K_ij / sum_{k != i} K_ik`` with the kernel ``K = (1 + cos) / 2``.

    Args:
        features: ``(B, d)``, B at least 2.

    Returns:
        ``(B, B)``: 0 on the diagonal, rows sum to 1.
    """
    kernel = (1 + cosine_similarity(features, features)) / 2
    kernel = kernel * (1 - torch.eye(len(kernel), dtype=kernel.dtype, device=kernel.device))
    return kernel / kernel.sum(dim=1, keepdim=True)
