"""OSNet with context gates in two: a front that stays and runs in OpenVINO, a last stage that learns."""

from __future__ import annotations

import copy
import warnings
from typing import Self

import numpy as np
import torch
from torch import Tensor, nn

from reid_core.models.osnet_lct import HEIGHT, WIDTH, OSNetLCT, OSNetLCTTrunk, from_state
from reid_core.thirdparty import quiet_openvino
from reid_core.types import FloatArray
from reid_core.weights.find import find_model
from reid_core.weights.torch_file import load_state
from training.recipes.bundled_reid_run import Front

_BATCH = 16


class _FrontDone(OSNetLCTTrunk):
    """Takes the mid map in place of pictures; its front is carried along and does not learn."""

    def mid_map(self, images: Tensor) -> Tensor:
        """What comes in is the mid map already, ``(B, 384, H / 16, W / 16)``."""
        return images

    @classmethod
    def of(cls, net: OSNetLCTTrunk) -> Self:
        """A copy of a network's weights, those that this class has."""
        ready = cls()
        ready.load_state_dict({name: net.state_dict()[name] for name in ready.state_dict()})
        for part in ready.front():
            part.requires_grad_(False)
        return ready


class LastStage(_FrontDone, OSNetLCT):
    """``(B, 384, h, w)`` to ``(B, 256)``."""


class LastStageTrunk(_FrontDone):
    """``(B, 384, h, w)`` to ``(B, 512, h, w)``, for any head."""


class _Middle(nn.Module):
    """A copy of what `OSNetLCTTrunk.mid_map` needs, to be traced."""

    def __init__(self, net: OSNetLCTTrunk) -> None:
        super().__init__()
        self.net = copy.deepcopy(net).requires_grad_(False)

    def forward(self, images: Tensor) -> Tensor:
        return self.net.mid_map(images)


def compile_front(net: OSNetLCTTrunk, n_threads: int, height: int = HEIGHT, width: int = WIDTH) -> Front:
    """The mid maps of pictures of one size in OpenVINO: twice as fast as torch here."""
    quiet_openvino()
    import openvino

    example = torch.zeros(_BATCH, 3, height, width)
    with torch.no_grad(), warnings.catch_warnings():
        warnings.simplefilter("ignore")  # OpenVINO traces by torch.jit, which torch calls outdated
        graph = openvino.convert_model(_Middle(net).eval(), example_input=example)
    graph.reshape([_BATCH, 3, height, width])
    compiled = openvino.compile_model(
        graph, "CPU", {"INFERENCE_NUM_THREADS": n_threads, "INFERENCE_PRECISION_HINT": "f32"}
    )

    def front(pictures: FloatArray) -> Tensor:
        parts = []
        for start in range(0, len(pictures), _BATCH):
            some = pictures[start : start + _BATCH]
            batch = np.zeros((_BATCH, *some.shape[1:]), np.float32)
            batch[: len(some)] = some
            parts.append(compiled(batch)[0][: len(some)].copy())
        return torch.from_numpy(np.concatenate(parts))

    return front


def read_bundled(name: str) -> OSNetLCT:
    """A bundled model of this network, to start from.

    Raises:
        ModelNotFoundError: It is not there.
    """
    return from_state(load_state(find_model("reid", name)))
