"""Bag of Tricks: a ResNet with last stride 1, pooling, and a batch norm between two losses (BNNeck).

Luo et al., "Bag of Tricks and a Strong Baseline for Deep Person Re-identification" (CVPRW 2019). The pooled
vector feeds triplet and centre loss; its batch-normed form feeds the classifier and is the embedding. The
neck's bias stays 0, and the classifier has none.
"""

from __future__ import annotations

from torch import Tensor, nn

from reid_core.models.aggregation import Aggregation, make_aggregation
from reid_core.models.heads import HeadOutput, make_classifier, make_neck
from reid_core.models.trunk import Backbone

_CLASSIFIER_DEVIATION = 0.001


class BoT(nn.Module):
    """The whole network.

    ``(B, 3, H, W)`` float RGB, normalised with ImageNet's mean and deviation (256 x 128 in the paper), to
    embeddings ``(B, dim)``, 2048 with ResNet-50, not L2-normalised.

    Args:
        backbone: The paper's is a ResNet with last stride 1.
        num_classes: Training identities; 0 builds no classifier, for use without training.
        aggregation: How the map becomes a vector: the paper's mean, or a generalised mean as in FastReID's
            AGW (fixed), SBS and models for vehicles (learnable).
        has_neck: BNNeck; off, the pooled vector feeds every loss and is the embedding.
    """

    def __init__(
        self,
        backbone: Backbone,
        num_classes: int = 0,
        *,
        aggregation: Aggregation | str = Aggregation.AVG,
        has_neck: bool = True,
    ) -> None:
        super().__init__()
        self.backbone = backbone
        self.dim = backbone.out_channels
        self.pool = make_aggregation(aggregation, self.dim)
        self.neck: nn.Module = make_neck(self.dim) if has_neck else nn.Identity()
        self.classifier = (
            make_classifier(self.dim, num_classes, deviation=_CLASSIFIER_DEVIATION) if num_classes else None
        )

    def metric_features(self, images: Tensor) -> Tensor:
        """``(B, 3, H, W)`` to what metric losses see, ``(B, dim)``: the pooled vector before the neck."""
        out: Tensor = self.pool(self.backbone(images))
        return out

    def embed(self, metric_features: Tensor) -> Tensor:
        """``(B, dim)`` pooled vectors to embeddings ``(B, dim)``."""
        out: Tensor = self.neck(metric_features)
        return out

    def classify(self, embeddings: Tensor) -> Tensor:
        """``(B, dim)`` embeddings to logits ``(B, C)``.

        Raises:
            ValueError: The network was built without a classifier.
        """
        if self.classifier is None:
            raise ValueError("this BoT has no classifier: build it with num_classes")
        out: Tensor = self.classifier(embeddings)
        return out

    def forward(self, images: Tensor) -> Tensor:
        """``(B, 3, H, W)`` to embeddings ``(B, dim)``."""
        return self.embed(self.metric_features(images))

    def learn(self, images: Tensor) -> HeadOutput:
        """``(B, 3, H, W)`` to what the losses need.

        Raises:
            ValueError: The network was built without a classifier.
        """
        metric = self.metric_features(images)
        embedding = self.embed(metric)
        return HeadOutput(metric, embedding, self.classify(embedding))
