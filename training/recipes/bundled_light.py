"""Train, score and export ``light``, the small re-identification model that the repository ships.

OSNet x0.25 with BNNeck, from MSMT17 weights, on CUHK03 and CUHK01, beside a teacher: Intel's
person-reidentification-retail-0277, which was trained on more people than are at hand here. The run can be
stopped at any time; started again with the same folder it goes on where it was, to the same numbers.

    python -m training.recipes.bundled_light train --data ../shared/data --work run
    python -m training.recipes.bundled_light continue --data ../shared/data --first run --work second
    python -m training.recipes.bundled_light export --first run --work second --out assets/models
    python -m training.recipes.bundled_light score --data ../shared/data
"""

from __future__ import annotations

import argparse
import copy
import json
import logging
import time
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass, replace
from pathlib import Path

import numpy as np
import torch
from torch import Tensor, nn
from torch.nn import functional as F

from reid_core.models.osnet import EMBEDDING_DIM, OSNet, OSNetLayout
from reid_core.types import FloatArray, ImageArray, IntArray
from reid_core.weights.safetensors_file import save_bundle
from training.datasets.transforms import Augmentation, augment
from training.distillation.ema import follow
from training.engine.schedule import cosine, linear_warmup
from training.losses.cross_entropy import cross_entropy
from training.losses.triplet import triplet_loss
from training.recipes import bundled_light_data as material
from training.recipes.bundled_light_score import embed, score_pictures, score_tests
from training.recipes.curve import append_row, cut_after
from training.samplers.identity import identity_batches

log = logging.getLogger(__name__)

TEACHER_DIM = 256
_SAVE_STEPS = 50


@dataclass(frozen=True, slots=True)
class LightConfig:
    """The whole recipe.

    Attributes:
        n_steps: Batches in all.
        n_ids: P, people in a batch.
        n_images: K, pictures of each.
        small: Height and width of the first part of the run.
        full: Height and width of the rest, and of the finished model.
        small_share: Share of the steps at the small size.
        lr: Highest learning rate of the backbone.
        head_lr_factor: The classifier and the projection to the teacher learn this much faster.
        weight_decay: AdamW's, on weights; 0 on norms and biases.
        warmup_share: Share of the steps in which the rate rises.
        smoothing: Of the identity loss.
        margin: Of the batch-hard triplet loss.
        mimic_weight: Of 1 - cosine between the projected embedding and the teacher's.
        relation_weight: Of the squared difference between student's and teacher's similarities in a batch.
        ema: Momentum of the averaged weights, which are the ones that are kept.
        seed: Decides batches and augmentation.
    """

    n_steps: int = 1800
    n_ids: int = 16
    n_images: int = 4
    small: tuple[int, int] = (160, 80)
    full: tuple[int, int] = (256, 128)
    small_share: float = 0.6
    lr: float = 1.2e-3
    head_lr_factor: float = 3.0
    weight_decay: float = 0.01
    warmup_share: float = 0.08
    smoothing: float = 0.1
    margin: float = 0.3
    mimic_weight: float = 2.0
    relation_weight: float = 4.0
    ema: float = 0.995
    seed: int = 0

    def size(self, step: int) -> tuple[int, int]:
        """Height and width at a step."""
        return self.small if step < self.small_share * self.n_steps else self.full

    def rate(self, step: int) -> float:
        """Learning rate of the backbone at a step: warm-up times cosine."""
        n_warmup = round(self.warmup_share * self.n_steps)
        decayed = cosine(max(step - n_warmup, 0), self.n_steps - n_warmup, self.lr, self.lr / 1000)
        return decayed * linear_warmup(step, n_warmup, 0.01)


CONTINUED = replace(
    LightConfig(), n_steps=990, small=(192, 96), small_share=0.61, lr=8e-4, warmup_share=0.04, seed=1
)
"""The second run, which starts from the first one's averaged network: that was still learning."""


@dataclass(slots=True)
class Run:
    """What a checkpoint holds: everything that changes while training."""

    student: OSNet
    average: OSNet
    projection: nn.Linear
    optimizer: torch.optim.AdamW
    step: int = 0


@dataclass(frozen=True, slots=True)
class TrainingSet:
    """The pictures in memory, by rank: RGB images, classes ``(N,)``, teacher's features ``(N, 256)``."""

    images: Sequence[ImageArray]
    labels: IntArray
    teacher: FloatArray


def start_run(config: LightConfig, n_classes: int, weights: Path) -> Run:
    """A fresh student from the public MSMT17 weights; the neck and both heads start anew."""
    torch.manual_seed(config.seed)
    student = OSNet(OSNetLayout(0.25, n_classes=n_classes, has_neck=True))
    public = torch.load(weights, map_location="cpu", weights_only=True)
    backbone = {name: value for name, value in public.items() if not name.startswith("classifier.")}
    missing, unexpected = student.load_state_dict(backbone, strict=False)
    if unexpected or {name.partition(".")[0] for name in missing} - {"neck", "classifier"}:
        raise ValueError(f"{weights} does not fit: missing {missing}, unexpected {unexpected}")
    projection = nn.Linear(EMBEDDING_DIM, TEACHER_DIM)
    average = copy.deepcopy(student).eval().requires_grad_(False)
    groups = _parameter_groups(student, projection, config)
    student.to(memory_format=torch.channels_last)
    return Run(student, average, projection, torch.optim.AdamW(groups, lr=config.lr))


def _parameter_groups(student: OSNet, projection: nn.Linear, config: LightConfig) -> list[dict[str, object]]:
    """Weights and the rest, backbone and heads: four groups with their rate factor and decay."""
    groups: dict[tuple[float, float], list[nn.Parameter]] = {}
    named = [*student.named_parameters(), *((f"classifier.{n}", p) for n, p in projection.named_parameters())]
    for name, parameter in named:
        if parameter.requires_grad:
            factor = config.head_lr_factor if name.startswith("classifier.") else 1.0
            decay = config.weight_decay if parameter.ndim > 1 else 0.0
            groups.setdefault((factor, decay), []).append(parameter)
    return [
        {"params": parameters, "factor": factor, "weight_decay": decay}
        for (factor, decay), parameters in groups.items()
    ]


def batches(config: LightConfig, labels: IntArray, first_step: int) -> Iterator[IntArray]:
    """Endless P x K batches from a step on; epoch ``e`` is a pure function of seed and ``e``."""
    step, epoch = 0, 0
    while True:
        rng = np.random.default_rng((config.seed, epoch))
        for batch in identity_batches(labels.tolist(), config.n_ids, config.n_images, rng):
            if step >= first_step:
                yield batch
            step += 1
        epoch += 1


def take_step(run: Run, config: LightConfig, data: TrainingSet, batch: IntArray) -> dict[str, float]:
    """One optimiser step; the parts of the loss and the share of pictures that were classified right."""
    rng = np.random.default_rng((config.seed, 1 << 20, run.step))
    height, width = config.size(run.step)
    pixels = np.stack([augment(data.images[i], height, width, Augmentation(), rng) for i in batch])
    labels = torch.from_numpy(data.labels[batch])
    teacher = torch.from_numpy(data.teacher[batch])
    images = torch.from_numpy(pixels).contiguous(memory_format=torch.channels_last)
    for group in run.optimizer.param_groups:
        group["lr"] = config.rate(run.step) * group["factor"]
    run.student.train()
    before = run.student.metric_features(images)
    embeddings = run.student.embed(before)
    logits = run.student.classify(embeddings)
    parts = {
        "identity": cross_entropy(logits, labels, config.smoothing),
        "triplet": triplet_loss(before, labels, margin=config.margin),
        "mimic": 1 - F.cosine_similarity(run.projection(embeddings), teacher).mean(),
        "relation": relation_loss(embeddings, teacher),
    }
    loss = parts["identity"] + parts["triplet"]
    loss = loss + config.mimic_weight * parts["mimic"] + config.relation_weight * parts["relation"]
    if not torch.isfinite(loss):
        raise FloatingPointError(f"the loss is {loss.item()} at step {run.step}")
    run.optimizer.zero_grad()
    loss.backward()  # type: ignore[no-untyped-call]
    run.optimizer.step()
    follow(run.average, run.student, min(config.ema, (1 + run.step) / (10 + run.step)))
    run.step += 1
    accuracy = (logits.detach().argmax(1) == labels).float().mean().item()
    return {name: part.item() for name, part in parts.items()} | {"accuracy": accuracy}


def relation_loss(student: Tensor, teacher: Tensor) -> Tensor:
    """Mean squared difference of the cosine similarities of all pairs of a batch, ``(B, d)`` each.

    Source: "Similarity-Preserving Knowledge Distillation" (Tung and Mori, ICCV 2019), with cosines.
    """
    ours, theirs = F.normalize(student), F.normalize(teacher)
    return F.mse_loss(ours @ ours.T, theirs @ theirs.T)


def centred(features: FloatArray) -> FloatArray:
    """Without their mean and normalised again: unrelated people then have a similarity near 0, as ours do."""
    moved = features - features.mean(0)
    out: FloatArray = moved / np.linalg.norm(moved, axis=1, keepdims=True)
    return out


def train(
    config: LightConfig, data_folder: Path, work: Path, weights: Path | None = None, first: Path | None = None
) -> None:
    """Run the recipe to its end, or go on with it; leaves ``checkpoint.pt`` and ``curve.csv`` in ``work``.

    Args:
        config: What to do.
        data_folder: Where the pictures and the public weights lie.
        work: Where the run goes.
        weights: Public weights to start from; by default those of MSMT17.
        first: A finished run's checkpoint, whose averaged network this run starts from instead.
    """
    work.mkdir(parents=True, exist_ok=True)
    split = material.read_material(data_folder)
    images = material.load_all(split.train)
    cached = work / "teacher.npy"
    if not cached.exists():
        log.info("teacher: features of %d pictures", len(images))
        np.save(cached, material.teacher_features(images, data_folder / material.TEACHER))
    data = TrainingSet(images, material.labels_of(split.train), centred(np.load(cached)))
    run = start_run(config, int(data.labels.max()) + 1, weights or data_folder / material.START)
    if first is not None:
        _continue(run, first)
    checkpoint = work / "checkpoint.pt"
    if checkpoint.exists():
        _resume(run, checkpoint)
        cut_after(work / "curve.csv", run.step)
    (work / "config.json").write_text(json.dumps(asdict(config), indent=1) + "\n")
    (work / "ids.txt").write_text(material.list_ids(split))
    validation = material.load_all(split.validation)
    began = time.monotonic()
    for batch in batches(config, data.labels, run.step):
        if run.step >= config.n_steps:
            break
        values = take_step(run, config, data, batch)
        if run.step % 20 == 0:
            append_row(work / "curve.csv", _row(run, config, values, time.monotonic() - began))
        if run.step % _SAVE_STEPS == 0 or run.step == config.n_steps:
            _save(run, checkpoint)
        if run.step % 400 == 0 or run.step == config.n_steps:
            features = embed(run.average, validation, *config.size(run.step - 1))
            log.info("step %d validation %s", run.step, score_pictures(features, split.validation))


def _continue(run: Run, first: Path) -> None:
    """Take over the averaged network of a finished run, in place; optimiser and step start anew."""
    state = torch.load(first, map_location="cpu", weights_only=True)
    run.student.load_state_dict(state["average"])
    run.average.load_state_dict(state["average"])
    run.projection.load_state_dict(state["projection"])


def _resume(run: Run, checkpoint: Path) -> None:
    state = torch.load(checkpoint, map_location="cpu", weights_only=True)
    run.student.load_state_dict(state["student"])
    run.average.load_state_dict(state["average"])
    run.projection.load_state_dict(state["projection"])
    run.optimizer.load_state_dict(state["optimizer"])
    run.step = state["step"]
    log.info("going on at step %d", run.step)


def _save(run: Run, checkpoint: Path) -> None:
    """Write beside, then rename: a kill leaves the old or the new checkpoint, whole."""
    beside = checkpoint.with_suffix(".tmp")
    state = {
        name: getattr(run, name).state_dict() for name in ("student", "average", "projection", "optimizer")
    }
    torch.save(state | {"step": run.step}, beside)
    beside.replace(checkpoint)


def _row(run: Run, config: LightConfig, values: dict[str, float], seconds: float) -> dict[str, float]:
    done = run.step - 1
    at = {"step": run.step, "height": config.size(done)[0], "lr": config.rate(done)}
    return at | values | {"seconds": seconds}


def export(works: Sequence[Path], out: Path) -> Path:
    """Write the mean of the runs' averaged weights and their people to ``out``; returns the weights' path.

    Classifier and neck served the training: on the validation people the embedding before the neck was the
    better one (rank-1 .726 against .667, mAP .681 against .634). The mean of two runs, of which one goes on
    from the other, was better than either: see the model's card.
    """
    states = [torch.load(work / "checkpoint.pt", map_location="cpu", weights_only=True) for work in works]
    kept = mean_weights([kept_weights(state["average"]) for state in states])
    out.mkdir(parents=True, exist_ok=True)
    target = out / "light.safetensors"
    height, width = LightConfig().full
    preprocessing = {"height": height, "width": width}
    save_bundle(target, kept, {"network": "osnet", "options": {}, "preprocessing": preprocessing})
    (out / "light-ids.txt").write_text((works[0] / "ids.txt").read_text())
    return target


def mean_weights(states: Sequence[Mapping[str, Tensor]]) -> dict[str, Tensor]:
    """The mean of networks of one origin; whole numbers (counters) are the last one's.

    Source: Wortsman et al., "Model soups" (ICML 2022).
    """
    return {
        name: torch.stack([state[name] for state in states]).mean(0) if last.is_floating_point() else last
        for name, last in states[-1].items()
    }


def kept_weights(state: Mapping[str, Tensor]) -> dict[str, Tensor]:
    """What of a trained network is used afterwards: all but neck and classifier."""
    return {name: v for name, v in state.items() if name.partition(".")[0] not in {"classifier", "neck"}}


def main(arguments: Sequence[str] | None = None) -> None:
    """The command line of the recipe."""
    parser = argparse.ArgumentParser(prog="training.recipes.bundled_light", description=__doc__)
    parser.add_argument("job", choices=("train", "continue", "export", "score"))
    parser.add_argument("--data", type=Path, default=Path("../shared/data"))
    parser.add_argument("--work", type=Path, default=Path("runs/light"))
    parser.add_argument(
        "--first", type=Path, default=Path("runs/light"), help="the run to go on from, and to average with"
    )
    parser.add_argument("--out", type=Path, default=Path("assets/models"))
    parser.add_argument("--weights", type=Path, default=Path("assets/models/light.safetensors"))
    parser.add_argument("--steps", type=int, default=LightConfig().n_steps, help="of the job train")
    parser.add_argument("--threads", type=int, default=2)
    chosen = parser.parse_args(arguments)
    logging.basicConfig(level=logging.INFO, format="%(asctime)s %(message)s")
    torch.set_num_threads(chosen.threads)
    if chosen.job == "train":
        train(LightConfig(n_steps=chosen.steps), chosen.data, chosen.work)
    elif chosen.job == "continue":
        train(CONTINUED, chosen.data, chosen.work, first=chosen.first / "checkpoint.pt")
    elif chosen.job == "export":
        log.info("wrote %s", export([chosen.first, chosen.work], chosen.out))
    else:
        for line in score_tests(chosen.weights, chosen.data):
            log.info("%s", line)


if __name__ == "__main__":
    main()
