"""Teachers by name: a trained model, the folder of a run, or the run's own running mean."""

from __future__ import annotations

import json
from collections.abc import Sequence
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
import torch
import torch.nn.functional as F
from torch import Tensor, nn

from reid_core.errors import UsageError
from reid_core.models.embedder import Embedder, Preprocessing
from reid_core.models.load import load_embedder
from reid_core.models.methods import build_network
from reid_core.models.networks import read_network
from reid_core.weights.find import find_model
from reid_core.weights.model_file import ModelFormat
from training.config import DistillationConfig, TrainingConfig, change
from training.datasets.transforms import IMAGENET_MEAN, IMAGENET_STD
from training.engine.checkpoints import LAST, load_network, read_checkpoint
from training.engine.objective import network_spec
from training.engine.teaching import Stages, View, view_of

SELF = "self"
"""The name of the run's own running mean, as a teacher."""


class Lesson(NamedTuple):
    """What a teacher says about a batch.

    Attributes:
        view: Features and logits.
        maps: Of its stages; empty where nobody asks for them.
    """

    view: View
    maps: Sequence[Tensor]


class NetworkTeacher:
    """A network of ours with its classifiers: from a run's checkpoint, or the run's own running mean.

    Args:
        network: In evaluation mode.
        scale: Of its cosines; 1 where it has none.
        size: Height and width that it was trained on, px.
        has_stages: Whether `Overhaul` follows it.
    """

    def __init__(
        self, network: nn.Module, scale: float, size: tuple[int, int], *, has_stages: bool = False
    ) -> None:
        self._network: Any = network
        self._scale, self._size = scale, size
        self.stages = Stages(network) if has_stages else None
        for parameter in network.parameters():
            parameter.requires_grad_(False)

    @torch.no_grad()
    def __call__(self, images: Tensor) -> Lesson:
        """``(B, 3, H, W)`` normalised pictures to the lesson."""
        self._network.eval()
        output = self._network.learn(_resized(images, self._size))
        features = None
        if isinstance(output, Tensor):
            features = self._network(_resized(images, self._size))
        maps = self.stages.take() if self.stages is not None else ()
        return Lesson(view_of(output, self._scale, features), maps)


class ModelTeacher:
    """A model without classifiers: it has features alone.

    Args:
        network: In evaluation mode.
        preprocessing: What it wants.
    """

    stages = None

    def __init__(self, network: nn.Module, preprocessing: Preprocessing) -> None:
        self._network, self._preprocessing = network, preprocessing

    @torch.no_grad()
    def __call__(self, images: Tensor) -> Lesson:
        """``(B, 3, H, W)`` normalised pictures to the lesson."""
        p = self._preprocessing
        pixels = _resized(_pixels(images), (p.height, p.width))
        pixels = pixels.flip(1) if p.is_bgr else pixels
        mean, std = (images.new_tensor(values).reshape(1, 3, 1, 1) for values in (p.mean, p.std))
        return Lesson(View(self._network((pixels - mean) / std), None), ())


class EmbedderTeacher:
    """A model that runs outside torch, for instance an OpenVINO file.

    Args:
        embedder: Runs it.
    """

    stages = None

    def __init__(self, embedder: Embedder) -> None:
        self._embedder = embedder

    def __call__(self, images: Tensor) -> Lesson:
        """``(B, 3, H, W)`` normalised pictures to the lesson."""
        pixels = _pixels(images.detach()).clamp(0, 255).round().to(torch.uint8).permute(0, 2, 3, 1)
        crops = [np.ascontiguousarray(crop) for crop in pixels.cpu().numpy()]
        vectors = torch.from_numpy(self._embedder.embed(crops)).to(images.device)
        return Lesson(View(vectors, None), ())


Teacher = NetworkTeacher | ModelTeacher | EmbedderTeacher


def load_teachers(
    config: TrainingConfig, pids: Sequence[int], own_mean: nn.Module | None, device: str
) -> list[Teacher]:
    """The teachers of a run.

    Args:
        config: Of the student.
        pids: The persons of the student's classes, in the order of the classes.
        own_mean: The running mean of the student's weights.
        device: Where they run.

    Raises:
        UsageError: Losses without teachers or the other way round, or a teacher that cannot teach them.
        ReidError: A teacher is absent or not what it should be.
    """
    given = config.distillation
    wanted = (given.pkt, given.logit_l1, given.js, given.overhaul)
    if not given.teachers and not any(wanted):
        return []
    if not given.teachers or not any(wanted):
        raise UsageError(
            "Distillation needs teachers and losses: name distillation.teachers, and give one of "
            "distillation.pkt, .logit_l1, .js and .overhaul a weight."
        )
    if config.model.backbone.non_local:
        raise UsageError("A student has no non-local blocks: set model.backbone.non_local=false.")
    return [_load(name, given, config, pids, own_mean, device) for name in given.teachers]


def _load(
    name: str,
    given: DistillationConfig,
    config: TrainingConfig,
    pids: Sequence[int],
    own_mean: nn.Module | None,
    device: str,
) -> Teacher:
    size = (config.batch.height, config.batch.width)
    has_stages = given.overhaul > 0
    if name == SELF:
        if own_mean is None:
            raise UsageError(
                "The teacher self is the running mean of the weights: set engine.ema, say 0.999."
            )
        return NetworkTeacher(own_mean, _scale(config), size, has_stages=has_stages)
    folder = Path(name).expanduser()
    if folder.is_dir() and (folder / LAST).exists():
        return _read_run(
            folder, pids, device, is_classifying=bool(given.logit_l1 or given.js), overhaul=has_stages
        )
    if given.logit_l1 or given.js or has_stages:
        raise UsageError(
            f"The teacher {name} is a model without classifiers, which can only teach distillation.pkt: name "
            "the folder of a run for the others."
        )
    found = find_model("reid", name)
    if found.format is ModelFormat.OPENVINO:
        return EmbedderTeacher(load_embedder(found.path))
    reid = read_network(found)
    return ModelTeacher(reid.network.to(device).requires_grad_(False), reid.preprocessing)


def _read_run(
    folder: Path, pids: Sequence[int], device: str, *, is_classifying: bool, overhaul: bool
) -> NetworkTeacher:
    state = read_checkpoint(folder / LAST, device)
    config = change(TrainingConfig(), json.loads(state["settings"]))
    if is_classifying and list(state["pids"]) != list(pids):
        raise UsageError(
            f"The run in {folder} has learned other identities than this data holds, so its classifiers say "
            "nothing about them: use distillation.pkt, or train the teacher on the same data."
        )
    network = build_network(network_spec(config), len(state["pids"])).to(device)
    load_network(network, state["ema"] or state["network"])
    return NetworkTeacher(
        network, _scale(config), (config.batch.height, config.batch.width), has_stages=overhaul
    )


def _scale(config: TrainingConfig) -> float:
    return config.loss.scale if config.loss.identity.needs_cosines else 1.0


def _pixels(images: Tensor) -> Tensor:
    """Normalised pictures on the scale 0..255."""
    mean, std = (images.new_tensor(v).reshape(1, 3, 1, 1) for v in (IMAGENET_MEAN, IMAGENET_STD))
    return (images * std + mean) * 255


def _resized(images: Tensor, size: tuple[int, int]) -> Tensor:
    if tuple(images.shape[2:]) == size:
        return images
    return F.interpolate(images, size, mode="bilinear", align_corners=False, antialias=True)
