"""From a re-identification weights file to the network that it belongs to."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import asdict, dataclass, replace
from inspect import signature
from typing import Any

import torch
from torch import Tensor, nn

from reid_core.errors import ModelRefusedError, UsageError
from reid_core.models import checkpoint, osnet, osnet_lct
from reid_core.models.channel_groups import ChannelGroupNet
from reid_core.models.dpti import DPTI
from reid_core.models.embedder import Preprocessing, preprocessing_from
from reid_core.models.methods import Method, NetworkSpec, build_network, spec_from
from reid_core.registry import Registry
from reid_core.weights.model_file import ModelFile, ModelFormat, tell_format
from reid_core.weights.safetensors_file import parse_bundle
from reid_core.weights.torch_file import check_tensors, load_state, read_model

NetworkBuilder = Callable[[Mapping[str, Tensor], Mapping[str, Any]], nn.Module]
"""Makes a network of weights and of the options in a bundle's description; it gives the embedding."""

NETWORKS: Registry[NetworkBuilder] = Registry("network")
"""The names that a bundle's description may give under ``network``."""

FORMER_DEFAULTS: Mapping[Method, tuple[type[nn.Module], Mapping[str, Any]]] = {
    Method.DPTI: (DPTI, {"residual": "printed", "has_positions": False}),
    Method.CHANNEL_GROUPS: (ChannelGroupNet, {"has_bottleneck": False}),
}
"""Options that had another default before ADR 0033: what a bundle means that does not name them."""


@dataclass(frozen=True, slots=True)
class ReidNetwork:
    """A network with what has to happen to a crop before it.

    Attributes:
        network: ``(B, 3, H, W)`` normalised floats to ``(B, D)``; evaluation mode.
        preprocessing: How a crop becomes its input.
    """

    network: nn.Module
    preprocessing: Preprocessing


def read_network(model: ModelFile) -> ReidNetwork:
    """Build the network of a weights file.

    A bundle of ours (safetensors with a description) names its network and its preprocessing. Any other file
    is recognised by its parameters' names: OSNet in torchreid's layout, or one of
    `reid_core.models.layouts.LAYOUTS`.

    Raises:
        ModelRefusedError: The file is not safe, not sound, or of no known network.
    """
    path, data = read_model(model)
    if tell_format(data, path.name) is ModelFormat.SAFETENSORS:
        state, description = parse_bundle(data, path.name)
        if description:
            check_tensors(state, path.name)
            return _from_bundle(state, description, path.name)
    state = load_state(model)
    if osnet.recognise(state) is not None:
        return ReidNetwork(_build_osnet(state, {}), Preprocessing())
    return ReidNetwork(checkpoint.build(state, path.name), _pixel_preprocessing(state))


def _from_bundle(state: Mapping[str, Tensor], description: Mapping[str, Any], name: str) -> ReidNetwork:
    try:
        build = NETWORKS.get(str(description["network"]))
        preprocessing = preprocessing_from(description.get("preprocessing", {}))
        return ReidNetwork(build(state, description.get("options", {})).eval(), preprocessing)
    except (KeyError, TypeError, ValueError, AttributeError, UsageError) as error:
        raise ModelRefusedError(f"{name} has a description that does not fit: {error}.") from error


@NETWORKS.register("osnet")
def _build_osnet(state: Mapping[str, Tensor], _options: Mapping[str, Any]) -> nn.Module:
    try:
        return osnet.from_state(state)
    except ValueError as error:
        raise ModelRefusedError(f"The weights are not those of an OSNet: {error}.") from error


@NETWORKS.register("osnet_lct")
def _build_osnet_lct(state: Mapping[str, Tensor], _options: Mapping[str, Any]) -> nn.Module:
    try:
        return osnet_lct.from_state(state)
    except ValueError as error:
        raise ModelRefusedError(f"The weights do not fit: {error}.") from error


@NETWORKS.register("method")
def _build_method(state: Mapping[str, Tensor], options: Mapping[str, Any]) -> nn.Module:
    """Any network of ours; ``options`` are the fields of a `NetworkSpec`, as `describe` writes them."""
    spec = spec_from(options)
    _, former = FORMER_DEFAULTS.get(spec.method, (None, {}))
    with torch.device("meta"):
        network = build_network(replace(spec, options={**former, **spec.options}))
    wanted = set(network.state_dict())
    trained_only = {name for name in state if name not in wanted and "classifier" in name}
    kept = {name: value for name, value in state.items() if name not in trained_only}
    checkpoint.load_strictly(network, kept, "The network of this bundle")
    return network


def describe(spec: NetworkSpec, preprocessing: Preprocessing) -> dict[str, Any]:
    """The description of a bundle that holds a network of ours, for `save_bundle`."""
    if spec.method in FORMER_DEFAULTS:
        kind, former = FORMER_DEFAULTS[spec.method]
        now = {name: signature(kind).parameters[name].default for name in former}
        spec = replace(spec, options={**now, **spec.options})
    return {"network": "method", "options": asdict(spec), "preprocessing": asdict(preprocessing)}


def _pixel_preprocessing(state: Mapping[str, Tensor]) -> Preprocessing:
    """ImageNet's values, or those that some FastReID files bring along (on the scale 0..255)."""
    mean, std = state.get("pixel_mean"), state.get("pixel_std")
    if mean is None or std is None or mean.numel() != 3 or std.numel() != 3 or not bool((std > 0).all()):
        return Preprocessing()
    m, s = mean.flatten().tolist(), std.flatten().tolist()
    return Preprocessing(mean=(m[0], m[1], m[2]), std=(s[0], s[1], s[2]))
