"""A teacher that is the running mean of its student (EMA self-distillation)."""

from __future__ import annotations

import torch
from torch import nn


@torch.no_grad()
def follow(teacher: nn.Module, student: nn.Module, momentum: float = 0.999) -> None:
    """Move every parameter of the teacher to ``momentum * teacher + (1 - momentum) * student``.

    Buffers (the statistics of batch norms) are copied. Both networks must have the same layout.

    Args:
        teacher: Changed in place.
        student: Read only.
        momentum: In 0..1; FastReID uses 0.999.
    """
    for mean, learned in zip(teacher.parameters(), student.parameters(), strict=True):
        mean.lerp_(learned.to(mean), 1 - momentum)
    for kept, value in zip(teacher.buffers(), student.buffers(), strict=True):
        kept.copy_(value)
