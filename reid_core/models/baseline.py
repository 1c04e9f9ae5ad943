"""FastReID's network: any backbone, any aggregation, any head.

He et al., "FastReID: A Pytorch Toolbox for General Instance Re-identification" (2020). With a mean and the
``bn`` head it is BoT (`reid_core.models.bot`, whose names public checkpoints map to); with non-local blocks
and GeM it is AGW; with a cosine classifier besides, SBS.
"""

from __future__ import annotations

from torch import Tensor, nn

from reid_core.models.aggregation import Aggregation, make_aggregation
from reid_core.models.heads import Head, HeadKind, HeadOutput
from reid_core.models.trunk import Backbone


class Baseline(nn.Module):
    """The whole network: ``(B, 3, H, W)`` normalised images to ``(B, dim)``, not L2-normalised.

    Args:
        backbone: Gives the map.
        num_classes: Training identities; 0 builds no classifier.
        aggregation: How the map becomes a vector.
        head: What follows it.
        reduced: Length after the reduction of the heads that have one.
        is_cosine: Classify by cosines, for ArcFace, CosFace and Circle.
        is_metric_after_neck: Metric losses see the embedding instead of the neck's input.
    """

    def __init__(
        self,
        backbone: Backbone,
        num_classes: int = 0,
        *,
        aggregation: Aggregation | str = Aggregation.AVG,
        head: HeadKind | str = HeadKind.BN,
        reduced: int = 512,
        is_cosine: bool = False,
        is_metric_after_neck: bool = False,
    ) -> None:
        super().__init__()
        self.backbone = backbone
        self.pool = make_aggregation(aggregation, backbone.out_channels)
        self.head = Head(
            head,
            backbone.out_channels,
            num_classes,
            reduced=reduced,
            is_cosine=is_cosine,
            is_metric_after_neck=is_metric_after_neck,
        )
        self.dim = self.head.dim

    def forward(self, images: Tensor) -> Tensor:
        """``(B, 3, H, W)`` to embeddings ``(B, dim)``."""
        out: Tensor = self.head(self.pool(self.backbone(images)))
        return out

    def learn(self, images: Tensor) -> HeadOutput:
        """``(B, 3, H, W)`` to what the losses need.

        Raises:
            ValueError: The network was built without classes.
        """
        return self.head.learn(self.pool(self.backbone(images)))
