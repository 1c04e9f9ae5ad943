"""MGN: one view of the whole person and two that are cut into stripes, each with copies of the last stages.

Wang et al., "Learning Discriminative Features with Multiple Granularities for Person Re-Identification"
(2018), as FastReID's recipe has it: three branches from the second block of stage 3 on, eight heads of 256
values (`reid_core.models.heads`, kind ``embedding``). Verified: equals FastReID 1.4.0 with random weights.
"""

from __future__ import annotations

import copy
from collections.abc import Mapping

import torch
from torch import Tensor, nn

from reid_core.errors import UsageError
from reid_core.models.aggregation import Aggregation, make_aggregation
from reid_core.models.backbones.resnet import ResNet
from reid_core.models.heads import Head, HeadOutput
from reid_core.models.trunk import Backbone

STRIPES: Mapping[str, int] = {"b1": 1, "b2": 2, "b3": 3}
"""How many stripes each branch has; b1 has the whole map only."""
HEADS = ("b1", "b2", "b3", "b21", "b22", "b31", "b32", "b33")
"""All heads, in the order of the embedding."""


class MGN(nn.Module):
    """The whole network: ``(B, 3, H, W)`` normalised images to ``(B, 8 * reduced)``, not L2-normalised.

    Args:
        backbone: A ResNet of bottlenecks or ResNeXt with last stride 1.
        num_classes: C; 0 builds no classifiers.
        aggregation: How a map or stripe becomes a vector.
        reduced: Length of each head's vector.
        is_cosine: Classify by cosines, for ArcFace, CosFace and Circle.
        is_metric_after_neck: Metric losses see the embedding instead of the neck's input (FastReID's recipe).

    Raises:
        UsageError: The backbone has no stages to copy.
    """

    def __init__(
        self,
        backbone: Backbone,
        num_classes: int = 0,
        *,
        aggregation: Aggregation | str = Aggregation.AVG,
        reduced: int = 256,
        is_cosine: bool = False,
        is_metric_after_neck: bool = True,
    ) -> None:
        super().__init__()
        if not isinstance(backbone, ResNet) or not isinstance(backbone.layer3, nn.Sequential):
            raise UsageError("MGN copies the last stages of a ResNet or ResNeXt without non-local blocks.")
        net, n = backbone, backbone.out_channels
        stem = (net.conv1, net.bn1, net.relu, net.maxpool)
        self.backbone = nn.Sequential(*stem, net.layer1, net.layer2, net.layer3[0])
        tail = nn.Sequential(nn.Sequential(*list(net.layer3)[1:]), net.layer4)
        self.branches = nn.ModuleDict({branch: copy.deepcopy(tail) for branch in STRIPES})
        self.pools = nn.ModuleDict({name: make_aggregation(aggregation, n) for name in HEADS})
        self.heads = nn.ModuleDict(
            {
                name: Head(
                    "embedding",
                    n,
                    num_classes,
                    reduced=reduced,
                    is_cosine=is_cosine,
                    is_metric_after_neck=is_metric_after_neck,
                )
                for name in HEADS
            }
        )
        self.dim = len(HEADS) * reduced

    def forward(self, images: Tensor) -> Tensor:
        """``(B, 3, H, W)`` to embeddings ``(B, dim)``: one head after another, in the order of `HEADS`."""
        pooled = self._pool(images)
        return torch.cat([self.heads[name](pooled[name]) for name in HEADS], dim=1)

    def learn(self, images: Tensor) -> dict[str, HeadOutput]:
        """``(B, 3, H, W)`` to what the losses need of each head, by its name.

        Raises:
            ValueError: The network was built without classes.
        """
        pooled = self._pool(images)
        outputs: dict[str, HeadOutput] = {}
        for name in HEADS:
            head = self.heads[name]
            assert isinstance(head, Head)
            outputs[name] = head.learn(pooled[name])
        return outputs

    def _pool(self, images: Tensor) -> dict[str, Tensor]:
        """The pooled map or stripe of each head, ``(B, C)``."""
        shared = self.backbone(images)
        maps: dict[str, Tensor] = {}
        for branch, n_stripes in STRIPES.items():
            whole = self.branches[branch](shared)
            maps[branch] = whole
            if n_stripes > 1:
                stripes = torch.chunk(whole, n_stripes, dim=2)
                maps |= {f"{branch}{number}": stripe for number, stripe in enumerate(stripes, start=1)}
        return {name: self.pools[name](maps[name]) for name in HEADS}
