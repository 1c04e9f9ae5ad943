"""The classification-loss network: channel groups, each with several independent classifiers.

Zhai et al., "In Defense of the Classification Loss for Person Re-Identification" (2018/19). Between the
embedding that is searched and a classification loss lies one layer, the classifier, which testing drops;
many classifiers on few channels each lessen what hides in it. Evidence: the idea is from the abstract and the
seed; numbers of groups and branches, dimensions and schedule are a *reconstruction*; no figure to reproduce
was found.

The four ablations: G = 1 and B = 1 is plain IDE; G = 1 is multi-branch alone; B = 1 is grouping alone.
"""

from __future__ import annotations

import torch
from torch import Tensor, nn

from reid_core.models.aggregation import Aggregation, make_aggregation
from reid_core.models.trunk import Backbone


class GroupedClassifiers(nn.Module):
    """G x B linear classifiers, B on each of G contiguous groups of channels.

    Args:
        dim: Length of the feature, a multiple of ``n_groups``.
        num_classes: C.
        n_groups: G.
        n_branches: B; each is drawn on its own, for equal weights would have equal gradients for ever.
        deviation: Of the normal that weights are drawn from. Ten times smaller, and the branches of a
            group stay one classifier; ten times larger, and what is learnt fits the classifiers more than a
            search (ADR 0033).

    Attributes:
        weight: ``(G, B, C, dim / G)``, no bias.
    """

    def __init__(
        self, dim: int, num_classes: int, n_groups: int = 4, n_branches: int = 3, deviation: float = 0.01
    ) -> None:
        super().__init__()
        if dim % n_groups:
            raise ValueError(f"{dim} channels do not split into {n_groups} equal groups")
        weight = torch.empty(n_groups, n_branches, num_classes, dim // n_groups)
        self.weight = nn.Parameter(nn.init.normal_(weight, 0, deviation))

    def forward(self, features: Tensor) -> Tensor:
        """``(B, dim)`` to logits ``(B, G, branches, C)``."""
        groups = features.reshape(len(features), self.weight.shape[0], -1)
        return torch.einsum("ngd,gbcd->ngbc", groups, self.weight)


class ChannelGroupNet(nn.Module):
    """The whole network.

    ``(B, 3, H, W)`` normalised images to ``(B, dim)``: the groups' features, concatenated, without the
    classifiers. Not L2-normalised; compared by cosine.

    Args:
        backbone: ResNet with last stride 1.
        num_classes: C; 0 builds no classifiers.
        n_groups: G.
        n_branches: Classifiers a group.
        has_bottleneck: Batch norm on each group's channels; part of the embedding. Without it the classifiers
            see channels that are never negative and hardly differ, and learn next to nothing (ADR 0033).
        is_activated: And a ReLU after it.
        aggregation: How the map becomes the feature.
    """

    def __init__(
        self,
        backbone: Backbone,
        num_classes: int = 0,
        *,
        n_groups: int = 4,
        n_branches: int = 3,
        has_bottleneck: bool = True,
        is_activated: bool = False,
        aggregation: Aggregation | str = Aggregation.AVG,
    ) -> None:
        super().__init__()
        self.dim = backbone.out_channels
        self.backbone = backbone
        self.pool = make_aggregation(aggregation, self.dim)
        # Batch norm works per channel, so that one over all channels is one over each group.
        norm = [nn.BatchNorm1d(self.dim)] if has_bottleneck else []
        self.bottleneck = nn.Sequential(*norm, *([nn.ReLU()] if is_activated else []))
        self.classifiers = (
            GroupedClassifiers(self.dim, num_classes, n_groups, n_branches) if num_classes else None
        )

    def forward(self, images: Tensor) -> Tensor:
        """``(B, 3, H, W)`` to embeddings ``(B, dim)``."""
        pooled = self.pool(self.backbone(images))
        out: Tensor = self.bottleneck(pooled)
        return out

    def learn(self, images: Tensor) -> Tensor:
        """``(B, 3, H, W)`` to the logits of all classifiers, ``(B, G, branches, C)``.

        Raises:
            ValueError: The network was built without classes.
        """
        if self.classifiers is None:
            raise ValueError("this network has no classifiers: build it with num_classes")
        out: Tensor = self.classifiers(self(images))
        return out
