"""CBDB-Net and IDE+CBDB-Net: each of m branches learns from a map that lacks one horizontal patch.

Tan et al., "Incomplete Descriptor Mining with Elastic Loss for Person Re-Identification" (2021). The printed
text and the released code differ in two places, so both are options:

- where the patch is dropped: on the last map, in front of an extra residual block (text), or on the map
  before ``layer4``, which then is that block (code);
- which rows go: the m equal patches (text), or all but the last row of each (code, 3 of 4 rows at 24 rows).

Evidence: ``layer3_output`` with ``released`` follows the authors' code as read, not run (it does not run as
uploaded), but for batch norm: there each branch has its own statistics, here the branches are one batch. The
text's variant, with a block whose shape the text leaves open, is a *reconstruction*. The loss is
`training.losses.elastic`.
"""

from __future__ import annotations

from enum import StrEnum
from itertools import pairwise
from typing import NamedTuple

import torch
from torch import Tensor, nn
from torchvision.models.resnet import Bottleneck

from reid_core.models.aggregation import AvgPool
from reid_core.models.trunk import Trunk

DIM = 512
"""Length of a branch's descriptor."""


class DropAt(StrEnum):
    """The map on which patches are dropped."""

    LAYER4_OUTPUT = "layer4_output"
    LAYER3_OUTPUT = "layer3_output"


class DropRows(StrEnum):
    """Which rows of a patch are dropped."""

    UNIFORM = "uniform"
    RELEASED = "released"


class CBDBOutput(NamedTuple):
    """What the losses need.

    Attributes:
        metric: ``(m, B, 512)`` descriptors, one a branch.
        logits: ``(m, B, C)``.
        global_metric: ``(B, 512)`` of the un-dropped branch of IDE+CBDB-Net, else None.
        global_logits: ``(B, C)`` of it, else None.
    """

    metric: Tensor
    logits: Tensor
    global_metric: Tensor | None
    global_logits: Tensor | None


def drop_rows(height: int, m: int, rule: DropRows = DropRows.UNIFORM) -> list[tuple[int, int]]:
    """First and one-past-last row of each of the m patches.

    Args:
        height: Rows of the map.
        m: Patches, at most ``height``.
        rule: ``uniform`` covers every row once; ``released`` spares the last row of each patch.

    Raises:
        ValueError: There are more patches than rows.
    """
    if not 1 <= m <= height:
        raise ValueError(f"{m} patches do not fit on {height} rows")
    edges = [i * height // m for i in range(m + 1)]
    patches = list(pairwise(edges))
    if rule is DropRows.RELEASED:
        return [(start, max(stop - 1, start + 1)) for start, stop in patches]
    return patches


def drop_patches(x: Tensor, m: int, rule: DropRows = DropRows.UNIFORM) -> Tensor:
    """Copies of a map, m of them, each with one patch of rows set to 0, in every image alike.

    Args:
        x: ``(B, C, H, W)``.
        m: Patches.
        rule: See `drop_rows`.

    Returns:
        ``(m, B, C, H, W)``; an average pool after it divides by all H * W positions, zeros included.
    """
    keep = x.new_ones(m, x.shape[2])
    for patch, (start, stop) in enumerate(drop_rows(x.shape[2], m, rule)):
        keep[patch, start:stop] = 0
    return x * keep[:, None, None, :, None]


class Reduction(nn.Sequential):
    """Linear with bias, batch norm, ReLU: ``(B, n)`` to ``(B, 512)``, not negative."""

    def __init__(self, n: int) -> None:
        super().__init__(nn.Linear(n, DIM), nn.BatchNorm1d(DIM), nn.ReLU())


class CBDBNet(nn.Module):
    """The whole network.

    ``(B, 3, 384, 128)`` normalised images to ``(B, 512)``, or to ``(B, 1024)`` with the IDE branch; without
    drops, and not L2-normalised. The authors compare by squared Euclidean distance.

    Args:
        backbone: ResNet with last stride 1.
        num_classes: C; 0 builds no classifiers, for use without training.
        m: Branches.
        drop_at: See `DropAt`.
        rows: See `DropRows`.
        has_global_branch: IDE+CBDB-Net: an un-dropped branch with layers of its own, concatenated.
        has_drops: Off, the m branches are all of the whole map: the paper's comparison.
    """

    def __init__(
        self,
        backbone: Trunk,
        num_classes: int = 0,
        *,
        m: int = 6,
        drop_at: DropAt | str = DropAt.LAYER4_OUTPUT,
        rows: DropRows | str = DropRows.UNIFORM,
        has_global_branch: bool = False,
        has_drops: bool = True,
    ) -> None:
        super().__init__()
        n = backbone.out_channels
        self.backbone = backbone
        self.m, self.drop_at, self.rows = m, DropAt(drop_at), DropRows(rows)
        self.has_drops = has_drops
        is_late = self.drop_at is DropAt.LAYER4_OUTPUT
        self.block: nn.Module = Bottleneck(n, n // Bottleneck.expansion) if is_late else nn.Identity()
        self.pool = AvgPool()
        self.reduction = Reduction(n)
        self.classifier = nn.Linear(DIM, num_classes) if num_classes else None
        self.global_reduction = Reduction(n) if has_global_branch else None
        self.global_classifier = nn.Linear(DIM, num_classes) if num_classes and has_global_branch else None
        self.dim = 2 * DIM if has_global_branch else DIM

    def forward(self, images: Tensor) -> Tensor:
        """``(B, 3, H, W)`` to embeddings ``(B, self.dim)``: the whole map, no branches."""
        last = self.backbone.last_map(self.backbone.mid_map(images))
        local: Tensor = self.reduction(self.pool(self.block(last)))
        if self.global_reduction is None:
            return local
        return torch.cat([local, self.global_reduction(self.pool(last))], dim=1)

    def learn(self, images: Tensor) -> CBDBOutput:
        """``(B, 3, H, W)`` to what the losses need; the m branches go through as one batch.

        Raises:
            ValueError: The network was built without classes.
        """
        if self.classifier is None:
            raise ValueError("this CBDB-Net has no classifier: build it with num_classes")
        mid = self.backbone.mid_map(images)
        if self.drop_at is DropAt.LAYER3_OUTPUT:
            maps = self.backbone.last_map(self._branches(mid))
            whole = self.backbone.last_map(mid) if self.global_reduction is not None else None
        else:
            whole = self.backbone.last_map(mid)
            maps = self.block(self._branches(whole))
        metric = self.reduction(self.pool(maps))
        logits = self.classifier(metric)
        metric, logits = (flat.reshape(self.m, len(images), -1) for flat in (metric, logits))
        if self.global_reduction is None or self.global_classifier is None:
            return CBDBOutput(metric, logits, None, None)
        global_metric = self.global_reduction(self.pool(whole))
        global_logits = self.global_classifier(global_metric)
        return CBDBOutput(metric, logits, global_metric, global_logits)

    def _branches(self, x: Tensor) -> Tensor:
        """``(B, C, H, W)`` to the branches' maps as one batch, ``(m * B, C, H, W)``."""
        if not self.has_drops:
            return x.repeat(self.m, 1, 1, 1)
        return drop_patches(x, self.m, self.rows).flatten(0, 1)
