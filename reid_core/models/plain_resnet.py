"""A ResNet without a neck: torchreid's ``resnet50`` and ``resnet50_fc512``, and torchvision's own.

The pooled vector is the embedding, or, with ``fc512``, what a linear layer, a batch norm and a ReLU make of
it. Zhou and Xiang, "Torchreid: A Library for Deep Learning Person Re-Identification in Pytorch" (2019).
"""

from __future__ import annotations

from torch import Tensor, nn

from reid_core.models.aggregation import AvgPool
from reid_core.models.trunk import Backbone


class PlainResNet(nn.Module):
    """The whole network.

    ``(B, 3, H, W)`` float RGB, normalised with ImageNet's mean and deviation, to embeddings ``(B, dim)``, not
    L2-normalised. dim is that of the backbone, or ``n_reduced``.

    Args:
        backbone: A ResNet, with last stride 2 in torchreid's ``resnet50`` and 1 in ``resnet50_fc512``.
        n_reduced: Length after the linear layer; 0 for none.
    """

    def __init__(self, backbone: Backbone, n_reduced: int = 0) -> None:
        super().__init__()
        self.backbone = backbone
        self.pool = AvgPool()
        n_pooled = backbone.out_channels
        self.dim = n_reduced or n_pooled
        self.fc: nn.Module = nn.Identity()
        if n_reduced:
            self.fc = nn.Sequential(nn.Linear(n_pooled, n_reduced), nn.BatchNorm1d(n_reduced), nn.ReLU())

    def forward(self, images: Tensor) -> Tensor:
        """See the class."""
        out: Tensor = self.fc(self.pool(self.backbone(images)))
        return out
