"""Any network of timm as a backbone, by its name there, for instance ``timm/efficientnet_b0``.

Wightman, "PyTorch Image Models" (2019). The last map of ``features_only`` is taken, so that a network of any
inside fits; where a network can dilate its last stage, last stride 1 does.
"""

from __future__ import annotations

from typing import Any

from torch import Tensor, nn

from reid_core.errors import UsageError
from reid_core.models.backbones.resnest import import_timm


class TimmBackbone(nn.Module):
    """A network of timm up to its last map: ``(B, 3, H, W)`` to ``(B, out_channels, h, w)``.

    Args:
        name: As timm lists it.
        last_stride: 1 asks timm for a total stride of 16, 2 takes the network as it is.

    Raises:
        UsageError: timm is not installed, does not know the name, or the network gives no maps or cannot keep
            its map that fine.
    """

    def __init__(self, name: str, *, last_stride: int = 1) -> None:
        super().__init__()
        timm = import_timm()
        strides = {"output_stride": 16} if last_stride == 1 else {}
        try:
            net: Any = timm.create_model(
                name, pretrained=False, features_only=True, out_indices=(-1,), **strides
            )
        except (RuntimeError, TypeError, ValueError, NotImplementedError, AttributeError) as error:
            hint = "; try last_stride = 2" if strides else ""
            raise UsageError(f"timm makes no feature map of {name!r}{hint} ({error}).") from error
        self.net = net
        self.out_channels: int = net.feature_info.channels()[-1]
        self._is_channels_last = net.output_fmt == "NHWC" if hasattr(net, "output_fmt") else False

    def forward(self, images: Tensor) -> Tensor:
        """``(B, 3, H, W)`` to ``(B, out_channels, h, w)``."""
        last: Tensor = self.net(images)[-1]
        return last.permute(0, 3, 1, 2) if self._is_channels_last else last
