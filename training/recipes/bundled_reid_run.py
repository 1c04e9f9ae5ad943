"""What the recipes of the bundled re-ID models share: P x K batches, one step, a run that resumes.

A recipe says what learns (`Pupil`) and with which numbers (`Recipe`). A run can be stopped at any time;
started again with the same folder it goes on where it was, to the same numbers.
"""

from __future__ import annotations

import argparse
import copy
import json
import logging
import time
from abc import ABC, abstractmethod
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass, field, replace
from pathlib import Path
from typing import Any

import numpy as np
import torch
from torch import Tensor, nn
from torch.nn import functional as F

from reid_core.index import distance
from reid_core.models.load import load_embedder
from reid_core.types import FloatArray, ImageArray, IntArray
from reid_core.weights.safetensors_file import save_bundle
from training.datasets.transforms import Augmentation, augment, prepare
from training.distillation.ema import follow
from training.engine.schedule import cosine, linear_warmup
from training.evaluation.features import embed_pictures, labels_of
from training.evaluation.ranking import score_ranking
from training.losses.cross_entropy import cross_entropy
from training.losses.triplet import triplet_loss
from training.recipes import bundled_reid_data as material
from training.recipes.bundled_reid_data import Material
from training.recipes.curve import append_row, cut_after
from training.samplers.identity import identity_batches

log = logging.getLogger(__name__)

_SAVE_STEPS = 20
_SCORE_STEPS = 100
_SCORE_BATCH = 64
_PARTS = ("pupil", "average", "optimizer")

Front = Callable[[FloatArray], Tensor]
"""What does not learn: normalised pictures ``(B, 3, H, W)`` to what the pupil takes."""


@dataclass(frozen=True, slots=True)
class Recipe:
    """The numbers of a run.

    Attributes:
        n_steps: Batches in all.
        height: Of the pictures, px.
        width: Likewise.
        n_ids: P, people in a batch.
        n_images: K, pictures of each.
        lr: Highest learning rate of the network.
        head_lr_factor: What is new learns this much faster.
        weight_decay: AdamW's, on weights; 0 on norms and biases.
        warmup_share: Share of the steps in which the rate rises.
        smoothing: Of the identity loss.
        margin: Of the batch-hard triplet loss.
        weights: Of parts of the loss, by name; 1 for those that are not named.
        ema: Momentum of the averaged weights, which are the ones that are kept.
        seed: Decides batches and augmentation.
    """

    n_steps: int
    height: int = 256
    width: int = 128
    n_ids: int = 16
    n_images: int = 4
    lr: float = 4e-4
    head_lr_factor: float = 5.0
    weight_decay: float = 0.01
    warmup_share: float = 0.05
    smoothing: float = 0.1
    margin: float = 0.3
    weights: Mapping[str, float] = field(default_factory=dict)
    ema: float = 0.99
    seed: int = 0

    def rate(self, step: int) -> float:
        """Learning rate of the network at a step: warm-up times cosine."""
        n_warmup = round(self.warmup_share * self.n_steps)
        decayed = cosine(max(step - n_warmup, 0), self.n_steps - n_warmup, self.lr, self.lr / 1000)
        return decayed * linear_warmup(step, n_warmup, 0.01)


@dataclass(frozen=True, slots=True)
class TrainingSet:
    """Pictures in memory, their classes ``(N,)``, a teacher's L2-normalised features ``(N, d)`` if any."""

    images: Sequence[ImageArray]
    labels: IntArray
    teacher: FloatArray | None = None

    @property
    def n_classes(self) -> int:
        """People."""
        return int(self.labels.max()) + 1


def read_training_set(split: Material) -> TrainingSet:
    """The training pictures of a split, in memory."""
    return TrainingSet(material.load_all(split.train), material.labels_of(split.train))


def with_teacher(data: TrainingSet, split: Material, model: str, cache: Path) -> TrainingSet:
    """The same with what a bundled model says of each whole picture, asked once.

    Args:
        data: Of the split.
        split: Its pictures.
        model: The teacher's name.
        cache: An ``.npy`` file that keeps its answers for a run that goes on.
    """
    if not cache.exists():
        log.info("%s is asked for %d pictures", model, len(split.train))
        cache.parent.mkdir(parents=True, exist_ok=True)
        np.save(cache, embed_pictures(load_embedder(model, device="cpu", is_exact=True), split.train))
    return replace(data, teacher=np.load(cache))


@dataclass(frozen=True, slots=True)
class Learned:
    """What a pupil says of a batch.

    Attributes:
        metric: ``(B, d)`` for the triplet loss.
        logits: ``(B, C)``.
        parts: More parts of the loss, by name.
    """

    metric: Tensor
    logits: Tensor
    parts: Mapping[str, Tensor] = field(default_factory=dict)


class Pupil(nn.Module, ABC):
    """A network that learns, ``net``, with what serves the training alone."""

    net: nn.Module

    @abstractmethod
    def learn(self, inputs: Tensor, teacher: Tensor | None) -> Learned:
        """What the losses need of a batch.

        Args:
            inputs: What the front gives.
            teacher: Its features of the same pictures, ``(B, d)``, where there is a teacher.
        """

    def is_new(self, name: str) -> bool:
        """Whether a parameter starts from nothing."""
        return not name.startswith("net.")


@dataclass(slots=True)
class Run:
    """What a checkpoint holds: everything that changes while training."""

    pupil: Pupil
    average: nn.Module
    optimizer: torch.optim.AdamW
    step: int = 0


def start_run(recipe: Recipe, pupil: Pupil) -> Run:
    """A run at its first step: AdamW, four groups by newness and by decay."""
    groups: dict[tuple[float, float], list[nn.Parameter]] = {}
    for name, parameter in pupil.named_parameters():
        if parameter.requires_grad:
            factor = recipe.head_lr_factor if pupil.is_new(name) else 1.0
            decay = recipe.weight_decay if parameter.ndim > 1 else 0.0
            groups.setdefault((factor, decay), []).append(parameter)
    optimizer = torch.optim.AdamW(
        [{"params": of, "factor": f, "weight_decay": decay} for (f, decay), of in groups.items()], recipe.lr
    )
    return Run(pupil, copy.deepcopy(pupil.net).eval().requires_grad_(False), optimizer)


class Teaching(nn.Module):
    """What a teacher's features ask of a student's.

    The teacher's mean is taken off first: it says nothing of anybody, and most of every vector may be it.

    Args:
        features: Of all training pictures, ``(N, d)``, L2-normalised.
    """

    mean: Tensor

    def __init__(self, features: FloatArray) -> None:
        super().__init__()
        self.register_buffer("mean", torch.from_numpy(features.mean(0)))

    def parts(self, student: Tensor, teacher: Tensor) -> dict[str, Tensor]:
        """Two parts of the loss.

        Args:
            student: ``(B, d)``, centred.
            teacher: ``(B, d)``, as it comes.
        """
        centred = teacher - self.mean
        return {
            "mimic": 1 - F.cosine_similarity(student, centred).mean(),
            "relation": relation_loss(student, centred),
        }


def relation_loss(student: Tensor, teacher: Tensor) -> Tensor:
    """Mean squared difference of the cosine similarities of all pairs of a batch, ``(B, d)`` each.

    Source: "Similarity-Preserving Knowledge Distillation" (Tung and Mori, ICCV 2019), with cosines.
    """
    ours, theirs = F.normalize(student), F.normalize(teacher)
    return F.mse_loss(ours @ ours.T, theirs @ theirs.T)


def command_line(name: str, about: str | None, *jobs: str) -> argparse.ArgumentParser:
    """What every recipe takes: jobs beside ``train`` and ``export``, data, folders, length, threads."""
    parser = argparse.ArgumentParser(prog=f"training.recipes.bundled_{name}", description=about)
    parser.add_argument("job", choices=("train", *jobs, "export"))
    parser.add_argument("--data", type=Path, default=Path("../shared/data"))
    parser.add_argument("--work", type=Path, default=Path(f"runs/{name}"))
    parser.add_argument("--out", type=Path, default=Path("assets/models"))
    parser.add_argument("--steps", type=int, help="by default those of the recipe")
    parser.add_argument("--threads", type=int, default=2)
    return parser


def begin(chosen: argparse.Namespace) -> None:
    """What every job does first."""
    logging.basicConfig(level=logging.INFO, format="%(asctime)s %(message)s")
    torch.set_num_threads(chosen.threads)


def batches(recipe: Recipe, labels: IntArray, first_step: int) -> Iterator[IntArray]:
    """Endless P x K batches from a step on; epoch ``e`` is a pure function of seed and ``e``."""
    step, epoch = 0, 0
    while True:
        rng = np.random.default_rng((recipe.seed, epoch))
        for batch in identity_batches(labels.tolist(), recipe.n_ids, recipe.n_images, rng):
            if step >= first_step:
                yield batch
            step += 1
        epoch += 1


def take_step(run: Run, recipe: Recipe, front: Front, data: TrainingSet, batch: IntArray) -> dict[str, float]:
    """One optimiser step; the parts of the loss and the share of pictures that were classified right."""
    rng = np.random.default_rng((recipe.seed, 1 << 20, run.step))
    height, width = recipe.height, recipe.width
    pixels = np.stack([augment(data.images[i], height, width, Augmentation(), rng) for i in batch])
    labels = torch.from_numpy(data.labels[batch])
    teacher = None if data.teacher is None else torch.from_numpy(data.teacher[batch])
    for group in run.optimizer.param_groups:
        group["lr"] = recipe.rate(run.step) * group["factor"]
    run.pupil.train()
    learned = run.pupil.learn(front(pixels), teacher)
    parts = {
        "identity": cross_entropy(learned.logits, labels, recipe.smoothing),
        "triplet": triplet_loss(learned.metric, labels, margin=recipe.margin),
        **learned.parts,
    }
    loss = torch.stack([recipe.weights.get(name, 1.0) * part for name, part in parts.items()]).sum()
    if not torch.isfinite(loss):
        raise FloatingPointError(f"the loss is {loss.item()} at step {run.step}")
    run.optimizer.zero_grad()
    loss.backward()  # type: ignore[no-untyped-call]
    run.optimizer.step()
    follow(run.average, run.pupil.net, min(recipe.ema, (1 + run.step) / (10 + run.step)))
    run.step += 1
    accuracy = (learned.logits.detach().argmax(1) == labels).float().mean().item()
    return {name: part.item() for name, part in parts.items()} | {"accuracy": accuracy}


def train(recipe: Recipe, pupil: Pupil, front: Front, data: TrainingSet, split: Material, work: Path) -> None:
    """Run a recipe to its end, or go on with it; leaves ``checkpoint.pt`` and ``curve.csv`` in ``work``.

    Args:
        recipe: The numbers.
        pupil: What learns.
        front: What does not.
        data: The pictures of ``split.train``.
        split: Who is learned from, and who is asked for on the way.
        work: Where the run goes.
    """
    work.mkdir(parents=True, exist_ok=True)
    run = start_run(recipe, pupil)
    checkpoint = work / "checkpoint.pt"
    if checkpoint.exists():
        resume(run, checkpoint)
        cut_after(work / "curve.csv", run.step)
    (work / "config.json").write_text(json.dumps(asdict(recipe), indent=1) + "\n")
    (work / "ids.txt").write_text(material.list_ids(split))
    shown = [prepare(image, recipe.height, recipe.width) for image in material.load_all(split.validation)]
    log.info("step %d validation %s", run.step, _score(run, front, shown, split))
    began = time.monotonic()
    for batch in batches(recipe, data.labels, run.step):
        if run.step >= recipe.n_steps:
            break
        rate = recipe.rate(run.step)
        values = take_step(run, recipe, front, data, batch)
        is_last = run.step == recipe.n_steps
        if run.step % _SAVE_STEPS == 0 or is_last:
            row = {"step": run.step, "lr": rate} | values | {"seconds": time.monotonic() - began}
            append_row(work / "curve.csv", row)
            save(run, checkpoint)
        if run.step % _SCORE_STEPS == 0 or is_last:
            log.info("step %d validation %s", run.step, _score(run, front, shown, split))


@torch.inference_mode()
def _score(run: Run, front: Front, shown: Sequence[FloatArray], split: Material) -> str:
    """One line of figures of the averaged network; every validation picture is query and gallery."""
    features = [
        run.average(front(np.stack(shown[start : start + _SCORE_BATCH]))).numpy()
        for start in range(0, len(shown), _SCORE_BATCH)
    ]
    labels, distances = labels_of(split.validation), distance.cosine(*[np.concatenate(features)] * 2)
    found = score_ranking(distances, labels, labels)
    return (
        f"rank-1 {found.rank(1):.3f} rank-5 {found.rank(5):.3f} "
        f"mAP {found.mean_ap:.3f} mINP {found.mean_inp:.3f}"
    )


def resume(run: Run, checkpoint: Path) -> None:
    """Put a run where a checkpoint was."""
    state = torch.load(checkpoint, map_location="cpu", weights_only=True)
    for name in _PARTS:
        getattr(run, name).load_state_dict(state[name])
    run.step = state["step"]
    log.info("going on at step %d", run.step)


def save(run: Run, checkpoint: Path) -> None:
    """Write beside, then rename: a kill leaves the old or the new checkpoint, whole."""
    beside = checkpoint.with_suffix(".tmp")
    torch.save({name: getattr(run, name).state_dict() for name in _PARTS} | {"step": run.step}, beside)
    beside.replace(checkpoint)


def read_average(work: Path) -> dict[str, Tensor]:
    """The averaged weights of a run."""
    state = torch.load(work / "checkpoint.pt", map_location="cpu", weights_only=True)
    average: dict[str, Tensor] = state["average"]
    return average


def export(work: Path, target: Path, description: Mapping[str, Any], *, is_half: bool = False) -> None:
    """Write a run's averaged weights to ``target``, and its people beside it.

    Args:
        work: A finished run.
        target: The ``.safetensors`` file to write.
        description: Of the bundle, see `save_bundle`.
        is_half: Store weights in 16 bits: half the size; they are 32 again in use.
    """
    state = read_average(work)
    if is_half:
        state = {name: v.half() if v.is_floating_point() else v for name, v in state.items()}
    target.parent.mkdir(parents=True, exist_ok=True)
    save_bundle(target, state, description)
    target.with_name(f"{target.stem}-ids.txt").write_text((work / "ids.txt").read_text())
