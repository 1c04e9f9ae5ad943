"""Intel's person-reidentification-retail-0277 as a network that can be trained further.

The Open Model Zoo publishes an OpenVINO graph alone. `read_retail_0277` takes its numbers over into
`OSNetLCT`, whose layers stand in the same order.
"""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import torch

from reid_core.models.osnet_lct import OSNetLCT
from reid_core.thirdparty import quiet_openvino
from reid_core.types import FloatArray


def read_retail_0277(path: Path) -> OSNetLCT:
    """The published network, the norm behind the last layer merged into it.

    The graph takes BGR and turns it to RGB first; this network takes RGB.

    Args:
        path: The ``.xml`` of the graph; the ``.bin`` lies beside it.

    Raises:
        ValueError: It is another network.
    """
    quiet_openvino()
    import openvino

    graph = openvino.Core().read_model(path)
    # the first two scale the pixels, which makes no difference here
    _, _, *values, factor, shift, slope_value = _constants(graph.get_results()[0], set())
    net = OSNetLCT().eval()
    *slots, slope = net.in_order()
    if len(values) != len(slots):
        raise ValueError(
            f"{path.name} is not person-reidentification-retail-0277: it has {len(values)} weights"
        )
    with torch.no_grad():
        for slot, value in zip(slots, values, strict=True):
            slot.copy_(torch.from_numpy(value).reshape(slot.shape))
        net.fc.weight.mul_(torch.from_numpy(factor.reshape(-1, 1)))
        net.fc.bias.mul_(torch.from_numpy(factor.ravel())).add_(torch.from_numpy(shift.ravel()))
        slope.copy_(torch.from_numpy(slope_value).reshape(slope.shape))
    return net


def _constants(node: Any, seen: set[str]) -> Iterator[FloatArray]:
    """The numbers of a graph in the order in which its operations take them, depth first."""
    if node.get_friendly_name() in seen:
        return
    seen.add(node.get_friendly_name())
    for one in node.inputs():
        source = one.get_source_output().get_node()
        constant = _constant(source)
        if constant is None:
            yield from _constants(source, seen)
        elif constant.dtype.kind == "f":
            yield constant.astype(np.float32)


def _constant(node: Any) -> FloatArray | None:
    """What a constant holds, also behind a change of its type; None for anything else."""
    if node.get_type_name() == "Convert":
        return _constant(node.input(0).get_source_output().get_node())
    if node.get_type_name() != "Constant":
        return None
    value: FloatArray = np.asarray(node.get_data())
    return value
