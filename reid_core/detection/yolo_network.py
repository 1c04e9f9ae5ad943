"""Builds a YOLO network from its checked architecture, and gives it one output: the persons."""

from __future__ import annotations

import copy
from typing import Any

import torch
from torch import Tensor, nn

from reid_core.errors import ModelRefusedError
from reid_core.thirdparty import quiet_ultralytics
from reid_core.weights.yolo_file import YoloWeights

_MAX_NAMED = 5


class PersonNetwork(nn.Module):
    """A YOLO network whose output is cut down to what person detection needs.

    ``(B, 3, H, W)`` float 0..1 RGB, H and W multiples of 32, to ``(B, 5, A)``: for each of A anchors the
    center, width and height of the box in pixels, and the person's score 0..1, which is 0 where another class
    scores higher.

    Args:
        network: A ``DetectionModel`` of ultralytics, with an output of ``(B, 4 + classes, A)``.
        person_idx: Which class is the person.
    """

    def __init__(self, network: nn.Module, person_idx: int) -> None:
        super().__init__()
        self.network = network
        self.person_idx = person_idx

    def forward(self, images: Tensor) -> Tensor:
        """See the class."""
        out = self.network(images)
        table: Tensor = out[0] if isinstance(out, tuple | list) else out
        scores = table[:, 4:]
        person = scores[:, self.person_idx : self.person_idx + 1]
        is_best = person >= scores.amax(1, keepdim=True)
        return torch.cat([table[:, :4], person * is_best], 1)


def build_network(weights: YoloWeights, name: str) -> PersonNetwork:
    """The network of a YOLO file, in evaluation mode, with convolution and normalisation joined.

    Args:
        weights: As `read_yolo` gives them.
        name: The file's name, for messages.

    Raises:
        ModelRefusedError: Architecture and tensors do not fit together.
    """
    quiet_ultralytics()
    from ultralytics.nn.tasks import DetectionModel, parse_model

    try:
        with torch.device("meta"):  # shapes only: an architecture larger than its weights costs nothing
            layers, _ = parse_model(copy.deepcopy(weights.architecture), ch=3, verbose=False)
        expected = {f"model.{key}": value.shape for key, value in layers.state_dict().items()}
        _check_fit(expected, weights, name)
        network: Any = DetectionModel(copy.deepcopy(weights.architecture), ch=3, verbose=False)
        network.load_state_dict(weights.state, strict=False)
    except (RuntimeError, ValueError, TypeError, IndexError, KeyError, ArithmeticError) as error:
        raise ModelRefusedError(
            f"{name} describes a network that cannot be built. Get the file again."
        ) from error
    network = network.eval().fuse(verbose=False)
    head = network.model[-1]
    head.end2end = False  # the head for which overlaps are suppressed afterwards, in every generation
    head.export, head.dynamic, head.format = True, True, "openvino"
    return PersonNetwork(network.requires_grad_(False), weights.person_idx)


def _check_fit(expected: dict[str, torch.Size], weights: YoloWeights, name: str) -> None:
    """Every parameter must be there in its shape; counters of batches may be absent."""
    wanted = {key: shape for key, shape in expected.items() if not key.endswith("num_batches_tracked")}
    missing = [key for key in wanted if key not in weights.state]
    strange = [key for key in weights.state if key not in expected]
    wrong = [key for key in wanted if key in weights.state and weights.state[key].shape != wanted[key]]
    if missing or strange or wrong:
        listed = [
            f"{title} {', '.join(keys[:_MAX_NAMED])}{' ...' if len(keys) > _MAX_NAMED else ''} ({len(keys)})"
            for title, keys in (("missing", missing), ("unknown", strange), ("of another shape", wrong))
            if keys
        ]
        raise ModelRefusedError(f"{name}: the weights do not fit the network: {'; '.join(listed)}.")
