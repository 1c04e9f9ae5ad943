"""Backbones by the names that configs and bundles use."""

from __future__ import annotations

import re
from dataclasses import dataclass
from enum import StrEnum

from reid_core.errors import UsageError
from reid_core.models.backbones.ibn import make_ibn_a, make_ibn_b
from reid_core.models.backbones.non_local import add_non_local
from reid_core.models.backbones.osnet_trunk import OSNetTrunk
from reid_core.models.backbones.resnest import NAMES as RESNEST_NAMES
from reid_core.models.backbones.resnest import ResNeSt
from reid_core.models.backbones.resnet import DEPTHS, ResNet, Stem
from reid_core.models.backbones.timm_backbone import TimmBackbone
from reid_core.models.osnet import OSNetVariant
from reid_core.models.osnet_lct import OSNetLCTTrunk
from reid_core.models.trunk import Backbone

TIMM_PREFIX = "timm/"
_OSNET = re.compile(r"osnet(_ibn|_ain)?_x(0_25|0_5|0_75|1_0)")
OSNET_NAMES = tuple(
    f"osnet{kind}_x{width}" for kind in ("", "_ibn", "_ain") for width in ("0_25", "0_5", "0_75", "1_0")
)
OSNET_LCT = "osnet_lct"
"""OSNet with context gates, the backbone of the bundled re-identification models."""
RESNEXT_DEPTHS = (50, 101)
NAMES = (
    *(f"resnet{depth}" for depth in DEPTHS),
    *(f"resnext{depth}" for depth in RESNEXT_DEPTHS),
    *(f"resnest{depth}" for depth in RESNEST_NAMES),
    *OSNET_NAMES,
    OSNET_LCT,
)
"""All names but those of timm, which start with ``timm/``."""


class Ibn(StrEnum):
    """Instance norm in a ResNet or ResNeXt."""

    NONE = "none"
    A = "a"
    B = "b"


@dataclass(frozen=True, slots=True)
class BackboneSpec:
    """Which backbone.

    Attributes:
        name: One of `NAMES`, or ``timm/`` and a name of timm.
        stem: Of a ResNet or ResNeXt.
        last_stride: 1 or 2; OSNet has no such choice.
        ibn: Instance norm, in a ResNet or ResNeXt.
        non_local: Non-local blocks, in a ResNet or ResNeXt.
        non_local_inner: Channels inside those; 0 is half of the stage's, 1 what public weights have.
    """

    name: str = "resnet50"
    stem: Stem = Stem.STANDARD
    last_stride: int = 1
    ibn: Ibn = Ibn.NONE
    non_local: bool = False
    non_local_inner: int = 0


def make_backbone(spec: BackboneSpec) -> Backbone:
    """The backbone of a description, with random weights.

    Raises:
        UsageError: There is no such backbone, or it has no such option.
    """
    is_resnet = spec.name.startswith(("resnet", "resnext"))
    if not is_resnet and (spec.ibn is not Ibn.NONE or spec.non_local or spec.stem is not Stem.STANDARD):
        raise UsageError(f"ibn, non_local and stem are options of ResNet and ResNeXt, not of {spec.name}.")
    try:
        if is_resnet and spec.name in NAMES:
            return _make_resnet(spec)
        if spec.name.startswith("resnest") and spec.name in NAMES:
            return ResNeSt(int(spec.name.removeprefix("resnest")), last_stride=spec.last_stride)
    except ValueError as error:
        raise UsageError(f"The backbone {spec.name} cannot be built: {error}.") from error
    if spec.name.startswith(TIMM_PREFIX):
        return TimmBackbone(spec.name.removeprefix(TIMM_PREFIX), last_stride=spec.last_stride)
    if spec.name == OSNET_LCT:
        return OSNetLCTTrunk()
    osnet = parse_osnet(spec.name)
    if osnet is None:
        raise UsageError(f"There is no backbone {spec.name!r}. Known: {', '.join(NAMES)}, timm/NAME.")
    return OSNetTrunk(*osnet)


def parse_osnet(name: str) -> tuple[float, OSNetVariant] | None:
    """Width and variant of a name such as ``osnet_ibn_x0_25``; None for any other name."""
    match = _OSNET.fullmatch(name)
    if match is None:
        return None
    variant = {"_ibn": OSNetVariant.IBN, "_ain": OSNetVariant.AIN}.get(match[1] or "", OSNetVariant.PLAIN)
    return float(match[2].replace("_", ".")), variant


def _make_resnet(spec: BackboneSpec) -> ResNet:
    is_resnext = spec.name.startswith("resnext")
    depth = int(spec.name.removeprefix("resnext" if is_resnext else "resnet"))
    n_groups, group_width = (32, 4) if is_resnext else (1, 64)
    net = ResNet(
        depth, stem=spec.stem, last_stride=spec.last_stride, n_groups=n_groups, group_width=group_width
    )
    if spec.ibn is Ibn.A:
        make_ibn_a(net)
    elif spec.ibn is Ibn.B:
        make_ibn_b(net)
    return add_non_local(net, n_inner=spec.non_local_inner or None) if spec.non_local else net
