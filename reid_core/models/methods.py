"""Every network by the name of its method, as configs and bundles write it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Any

from torch import nn

from reid_core.errors import UsageError
from reid_core.models.backbones.build import (
    OSNET_LCT,
    OSNET_NAMES,
    BackboneSpec,
    Ibn,
    make_backbone,
    parse_osnet,
)
from reid_core.models.backbones.resnet import Stem
from reid_core.models.baseline import Baseline
from reid_core.models.bot import BoT
from reid_core.models.cbdb import CBDBNet
from reid_core.models.channel_groups import ChannelGroupNet
from reid_core.models.dpti import DPTI
from reid_core.models.dsr import DSR
from reid_core.models.mgn import MGN
from reid_core.models.osnet import OSNet, OSNetLayout
from reid_core.models.osnet_lct import OSNetLCT
from reid_core.models.trunk import Backbone, Trunk


class Method(StrEnum):
    """The networks."""

    BOT = "bot"
    CBDB = "cbdb"
    DPTI = "dpti"
    DSR = "dsr"
    CHANNEL_GROUPS = "channel_groups"
    BASELINE = "baseline"
    MGN = "mgn"
    OSNET = "osnet"


@dataclass(frozen=True, slots=True)
class NetworkSpec:
    """Which network.

    Attributes:
        method: Which one.
        backbone: What it stands on.
        options: Keyword arguments of the method's class, as its docstring lists them.
    """

    method: Method = Method.BOT
    backbone: BackboneSpec = field(default_factory=BackboneSpec)
    options: Mapping[str, Any] = field(default_factory=dict)


def spec_from(given: Mapping[str, Any]) -> NetworkSpec:
    """A spec as JSON holds it: the fields of `NetworkSpec`, nested.

    Raises:
        ValueError: A name does not exist.
        TypeError: A field does not exist.
    """
    backbone = dict(given.get("backbone", {}))
    for name, kind in (("stem", Stem), ("ibn", Ibn)):
        if name in backbone:
            backbone[name] = kind(backbone[name])
    known = {"method", "backbone", "options"}
    if set(given) - known:
        raise TypeError(f"a network has no {', '.join(sorted(set(given) - known))}")
    return NetworkSpec(
        Method(given.get("method", Method.BOT)), BackboneSpec(**backbone), dict(given.get("options", {}))
    )


def build_network(spec: NetworkSpec, num_classes: int = 0) -> nn.Module:
    """A network with random weights.

    Args:
        spec: Which.
        num_classes: C; 0 builds no classifiers, for use without training.

    Returns:
        A module that maps ``(B, 3, H, W)`` normalised images to ``(B, dim)`` embeddings, with ``dim``, and
        ``learn``, which gives what `training.engine.objective` needs.

    Raises:
        UsageError: There is no such method, backbone or option, or they do not go together.
    """
    try:
        if spec.method is Method.OSNET:
            return _build_osnet(spec, num_classes)
        return _build_on(spec.method, make_backbone(spec.backbone), num_classes, spec.options)
    except (TypeError, ValueError) as error:
        raise UsageError(f"The network {spec.method} cannot be built so: {error}.") from error


def _build_on(method: Method, backbone: Backbone, num_classes: int, options: Mapping[str, Any]) -> nn.Module:
    match method:
        case Method.BOT:
            return BoT(backbone, num_classes, **options)
        case Method.DSR:
            return DSR(backbone, num_classes, **options)
        case Method.CHANNEL_GROUPS:
            return ChannelGroupNet(backbone, num_classes, **options)
        case Method.MGN:
            return MGN(backbone, num_classes, **options)
        case Method.CBDB | Method.DPTI:
            if not isinstance(backbone, Trunk):
                raise UsageError(
                    f"{method} needs the map before the last stage, which only ResNet, ResNeXt, ResNeSt and "
                    "OSNet give."
                )
            kind = CBDBNet if method is Method.CBDB else DPTI
            return kind(backbone, num_classes, **options)
        case _:
            return Baseline(backbone, num_classes, **options)


def _build_osnet(spec: NetworkSpec, num_classes: int) -> OSNet | OSNetLCT:
    if spec.backbone.name == OSNET_LCT:
        return OSNetLCT(num_classes, **spec.options)
    found = parse_osnet(spec.backbone.name)
    if found is None:
        raise UsageError(f"The method osnet needs a backbone of {', '.join((*OSNET_NAMES, OSNET_LCT))}.")
    width, variant = found
    return OSNet(OSNetLayout(width, variant, num_classes, **spec.options))
