"""Bag of Tricks: a ResNet with last stride 1, pooling, and a batch norm between two losses (BNNeck).

Luo et al., "Bag of Tricks and a Strong Baseline for Deep Person Re-identification" (CVPRW 2019). The pooled
vector feeds triplet and centre loss; its batch-normed form feeds the classifier and is the embedding. The
neck's bias stays 0, and the classifier has none.
"""

from __future__ import annotations

from torch import Tensor, nn

from reid_core.models.aggregation import AvgPool, GeM
from reid_core.models.backbones.resnet import ResNet, Stem
from reid_core.models.heads import make_neck

_CLASSIFIER_DEVIATION = 0.001


class BoT(nn.Module):
    """The whole network.

    ``(B, 3, H, W)`` float RGB, normalised with ImageNet's mean and deviation (256 x 128 in the paper), to
    embeddings ``(B, 2048)`` (512 with ResNet-18 and 34), not L2-normalised.

    Args:
        depth: Of the ResNet.
        stem: Its stem; see `Stem`.
        last_stride: Of its last stage; the paper has 1.
        has_gem: Pool by a learnable generalised mean instead of the mean, as FastReID's models for vehicles
            do.
        num_classes: Training identities; 0 builds no classifier, for use without training.
    """

    def __init__(
        self,
        depth: int = 50,
        *,
        stem: Stem = Stem.STANDARD,
        last_stride: int = 1,
        has_gem: bool = False,
        num_classes: int = 0,
    ) -> None:
        super().__init__()
        self.backbone = ResNet(depth, stem=stem, last_stride=last_stride)
        self.dim = self.backbone.out_channels
        self.pool: nn.Module = GeM() if has_gem else AvgPool()
        self.neck = make_neck(self.dim)
        self.classifier: nn.Linear | None = None
        if num_classes:
            self.classifier = nn.Linear(self.dim, num_classes, bias=False)
            nn.init.normal_(self.classifier.weight, 0, _CLASSIFIER_DEVIATION)

    def metric_features(self, images: Tensor) -> Tensor:
        """``(B, 3, H, W)`` to what metric losses see, ``(B, dim)``: the pooled vector before the neck."""
        out: Tensor = self.pool(self.backbone(images))
        return out

    def embed(self, metric_features: Tensor) -> Tensor:
        """``(B, dim)`` pooled vectors to embeddings ``(B, dim)``."""
        out: Tensor = self.neck(metric_features)
        return out

    def classify(self, embeddings: Tensor) -> Tensor:
        """``(B, dim)`` embeddings to logits ``(B, num_classes)``.

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
