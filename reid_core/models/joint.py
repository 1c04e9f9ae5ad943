"""Several small networks side by side, mirrored pictures and a learned reduction, as one embedder.

The embeddings of networks that were trained apart err apart; joined, each of length 1, they rank better than
any one of them (an ensemble by concatenation). The mean over a picture and its mirror image is the usual
test-time augmentation of re-identification, here part of the network, so that it survives every export. The
reduction is a linear map learned from training pictures: principal components, see `fit_reduction`.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np
import torch
import torch.nn.functional as F
from torch import Tensor, nn

from reid_core.models import osnet
from reid_core.types import FloatArray

_MEMBER = "members."


class JointEmbedder(nn.Module):
    """Member networks, their joined embedding, and its reduction to ``dim`` values.

    Args:
        members: Networks with ``dim``, ``(B, 3, H, W)`` to ``(B, dim)``.
        dim: Of the result, at most the sum of the members'.
        is_mirrored: Average over the picture and its mirror image, for twice the time.
    """

    def __init__(self, members: Sequence[nn.Module], dim: int, *, is_mirrored: bool) -> None:
        super().__init__()
        widths: list[int] = [int(member.dim) for member in members]  # type: ignore[arg-type]
        if not 0 < dim <= sum(widths):
            raise ValueError(f"{sum(widths)} values cannot be reduced to {dim}")
        self.dim = dim
        self.members = nn.ModuleList(members)
        self.mean: Tensor
        self.register_buffer("mean", torch.zeros(sum(widths)))
        self.reduction = nn.Linear(sum(widths), dim, bias=False)
        self._is_mirrored = is_mirrored

    def join(self, images: Tensor) -> Tensor:
        """``(B, 3, H, W)`` to the members' embeddings of length 1, side by side: ``(B, sum of dims)``."""
        parts = []
        mirrored = images.flip(3) if self._is_mirrored else None
        for member in self.members:
            found = F.normalize(member(images))
            parts.append(found if mirrored is None else F.normalize(found + F.normalize(member(mirrored))))
        return torch.cat(parts, 1)

    def forward(self, images: Tensor) -> Tensor:
        """``(B, 3, H, W)`` to embeddings ``(B, dim)``, not normalised."""
        out: Tensor = self.reduction(self.join(images) - self.mean)
        return out

    @torch.no_grad()
    def set_reduction(self, mean: FloatArray, rows: FloatArray) -> None:
        """Take over what `fit_reduction` found: ``(D,)`` and ``(dim, D)``."""
        self.mean.copy_(torch.from_numpy(mean))
        self.reduction.weight.copy_(torch.from_numpy(rows))


def fit_reduction(features: FloatArray, dim: int, whitening: float = 0.0) -> tuple[FloatArray, FloatArray]:
    """The mean and the first principal components of features.

    Args:
        features: ``(N, D)`` of training pictures.
        dim: Components to keep, at most N and D.
        whitening: 0 keeps all variances, 1 makes them equal; between, components are divided by the standard
            deviation to this power.

    Returns:
        The mean ``(D,)``, and the components as rows, ``(dim, D)``.
    """
    mean = features.mean(0)
    _, deviations, rows = np.linalg.svd(features - mean, full_matrices=False)
    scale = (deviations[:dim] / deviations[0]) ** -whitening
    components: FloatArray = (rows[:dim] * scale[:, None]).astype(np.float32)
    return mean.astype(np.float32), components


def from_state(state: Mapping[str, Tensor], *, is_mirrored: bool) -> JointEmbedder:
    """Build the embedder that a state dict belongs to and load it strictly; its members are OSNets.

    Raises:
        ValueError: A member is no OSNet, or the parts do not fit together.
    """
    numbers = sorted({int(name.split(".")[1]) for name in state if name.startswith(_MEMBER)})
    members = []
    for number in numbers:
        prefix = f"{_MEMBER}{number}."
        part = {name.removeprefix(prefix): value for name, value in state.items() if name.startswith(prefix)}
        members.append(osnet.from_state(part))
    rows = state.get("reduction.weight")
    if not members or rows is None:
        raise ValueError("the parameters are not those of several networks with a reduction")
    joint = JointEmbedder(members, rows.shape[0], is_mirrored=is_mirrored)
    try:
        joint.load_state_dict(state, strict=True)
    except RuntimeError as error:
        raise ValueError(f"the parts do not fit together: {error}") from error
    return joint.eval()
