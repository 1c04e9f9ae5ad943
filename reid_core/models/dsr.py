"""DSR: a network that also says which places of a picture show the person, for partly hidden people.

He et al., "Deep Spatial Feature Reconstruction for Partial Person Re-identification" (CVPR 2018) and
"Foreground-aware Pyramid Reconstruction" (ICCV 2019), in the form of FastReID's partial re-ID project: max
pools of several sizes over the last map are its local features, one linear unit gives each a foreground
weight, and the weighted sum of the smallest pools has a neck and a classifier of its own beside the global
ones. Evidence: read from a description of that code, not run; what is searched by global distance (the
foreground vector) is recalled, not confirmed. The distance of two pictures' local features is in
`reid_core.index.distance`.
"""

from __future__ import annotations

from typing import NamedTuple

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from reid_core.models.aggregation import Aggregation, make_aggregation
from reid_core.models.heads import Head, HeadOutput
from reid_core.models.trunk import Backbone

KERNELS = (2, 4, 6, 8)
"""Sides of the pools; their stride is 2. A kernel larger than the map gives no place."""


class DSROutput(NamedTuple):
    """What the losses need.

    Attributes:
        whole: Head on the pooled map.
        foreground: Head on the sum of the foreground.
    """

    whole: HeadOutput
    foreground: HeadOutput


class Foreground(nn.Module):
    """Local features, and how much of each is the person.

    Args:
        n_channels: C of the map.
    """

    def __init__(self, n_channels: int) -> None:
        super().__init__()
        self.mask = nn.Linear(n_channels, 1)

    def forward(self, feature_map: Tensor) -> tuple[Tensor, Tensor]:
        """``(B, C, H, W)`` to the foreground vector ``(B, C)`` and the weights ``(B, M)``, rows sum to 1.

        The vector is the sum of the places of the smallest kernel, by their share of its weights. The places
        come in the order of `reid_core.index.distance.dsr_columns`.

        Raises:
            ValueError: The map is smaller than every kernel.
        """
        side = min(feature_map.shape[2:])
        pools = [F.max_pool2d(feature_map, kernel, 2).flatten(2) for kernel in KERNELS if kernel <= side]
        if not pools:
            raise ValueError(
                f"a map of {tuple(feature_map.shape[2:])} is smaller than every kernel of {KERNELS}"
            )
        weights = self.mask(torch.cat(pools, dim=2).transpose(1, 2)).squeeze(2).sigmoid()
        smallest = F.normalize(weights[:, : pools[0].shape[2]], p=1.0, dim=1)
        return (pools[0] * smallest[:, None]).sum(dim=2), F.normalize(weights, p=1.0, dim=1)


class DSR(nn.Module):
    """The whole network.

    ``(B, 3, 384, 128)`` normalised images to embeddings ``(B, C)``, not L2-normalised.

    Args:
        backbone: With last stride 1; the released one has IBN-a.
        num_classes: C; 0 builds no classifiers.
        aggregation: How the map becomes the global vector.
        is_foreground_searched: The embedding is the foreground's; off, the global one.
    """

    def __init__(
        self,
        backbone: Backbone,
        num_classes: int = 0,
        *,
        aggregation: Aggregation | str = Aggregation.AVG,
        is_foreground_searched: bool = True,
    ) -> None:
        super().__init__()
        self.backbone = backbone
        self.dim = backbone.out_channels
        self.is_foreground_searched = is_foreground_searched
        self.pool = make_aggregation(aggregation, self.dim)
        self.head = Head("bn", self.dim, num_classes)
        self.foreground = Foreground(self.dim)
        self.foreground_head = Head("bn", self.dim, num_classes)

    def forward(self, images: Tensor) -> Tensor:
        """``(B, 3, H, W)`` to embeddings ``(B, dim)``."""
        feature_map = self.backbone(images)
        if self.is_foreground_searched:
            searched: Tensor = self.foreground_head(self.foreground(feature_map)[0])
            return searched
        whole: Tensor = self.head(self.pool(feature_map))
        return whole

    def foreground_weights(self, feature_map: Tensor) -> Tensor:
        """``(B, C, H, W)`` of the backbone to the weight of each local feature, ``(B, M)``, rows sum to 1."""
        weights: Tensor = self.foreground(feature_map)[1]
        return weights

    def learn(self, images: Tensor) -> DSROutput:
        """``(B, 3, H, W)`` to what the losses need.

        Raises:
            ValueError: The network was built without classes.
        """
        feature_map = self.backbone(images)
        vector, _ = self.foreground(feature_map)
        return DSROutput(self.head.learn(self.pool(feature_map)), self.foreground_head.learn(vector))
