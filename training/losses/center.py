"""Centre loss: features are drawn to a learned centre of their identity.

Two forms that differ by a factor B / 2. The BoT paper prints the half sum; its released code, and so the
published weight 0.0005, uses the mean.
"""

from __future__ import annotations

import torch
from torch import Tensor, nn

from training.losses.pairwise import at_least_float32


def center_half_sum(features: Tensor, labels: Tensor, centers: Tensor) -> Tensor:
    """The printed form ``0.5 * sum_i |f_i - c_{y_i}|^2``.

    Args:
        features: ``(B, d)``.
        labels: ``(B,)`` int64 classes.
        centers: ``(C, d)``.

    Source: BoT, equation of ``L_C``; reconstruction (the text only, no code runs this form).
    """
    return 0.5 * (at_least_float32(features) - centers[labels]).square().sum()


def center_mean(features: Tensor, labels: Tensor, centers: Tensor) -> Tensor:
    """The released form ``1 / B * sum_i |f_i - c_{y_i}|^2``; shapes as in `center_half_sum`.

    The code adds the constant ``(C - 1) * 1e-12``, an artefact of clamping masked entries, which is left out.
    Source: reid-strong-baseline ``CenterLoss``; verified.
    """
    return (at_least_float32(features) - centers[labels]).square().sum() / len(features)


class Centers(nn.Module):
    """The centres of C identities, with the update that the released code gives them.

    Args:
        n_classes: C.
        dim: Length of a feature.
        lr: Learning rate of the centres, 0.5 in BoT.

    Attributes:
        values: ``(C, d)``, drawn from N(0, 1); a buffer, for no optimiser moves it.
    """

    values: Tensor

    def __init__(self, n_classes: int, dim: int, lr: float = 0.5) -> None:
        super().__init__()
        self.lr = lr
        self.register_buffer("values", torch.randn(n_classes, dim))

    def forward(self, features: Tensor, labels: Tensor) -> Tensor:
        """`center_mean` of ``(B, d)`` features and ``(B,)`` labels."""
        return center_mean(features, labels, self.values)

    @torch.no_grad()
    def update(self, features: Tensor, labels: Tensor) -> None:
        """One gradient step of the centres on `center_mean`, whatever the loss weighs in the total.

        The released code reaches the same by an optimiser of its own whose gradients are divided by the
        loss's weight; verified against its gradient.

        Args:
            features: ``(B, d)`` of the batch that was just trained on.
            labels: ``(B,)``.
        """
        pull = (features.to(self.values) - self.values[labels]) * (2 * self.lr / len(features))
        self.values.index_add_(0, labels, pull)
