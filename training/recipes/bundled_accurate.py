"""Train and export ``accurate``: Intel's person-reidentification-retail-0277, trained further on our people.

The published network is the start (`training.recipes.retail_0277`). Stem and first two stages stay what they
are and run in OpenVINO; the last stage, the pooling and the embedding layer learn, with a BNNeck and a
classifier that serve the training alone. The run can be stopped at any time; started again with the same
folder it goes on where it was.

    python -m training.recipes.bundled_accurate train --data ../shared/data --work runs/accurate
    python -m training.recipes.bundled_accurate export --work runs/accurate --out assets/models
    python -m training.recipes.bundled_reid_score --data ../shared/data --models accurate light
"""

from __future__ import annotations

import argparse
import copy
import json
import logging
import time
import warnings
from collections.abc import Callable, Sequence
from dataclasses import asdict, dataclass, replace
from pathlib import Path

import numpy as np
import torch
from torch import Tensor, nn

from reid_core.models.osnet_lct import HEIGHT, WIDTH, OSNetLCT
from reid_core.thirdparty import quiet_openvino
from reid_core.types import FloatArray, ImageArray, IntArray
from reid_core.weights.safetensors_file import save_bundle
from training.datasets.transforms import Augmentation, augment, prepare
from training.distillation.ema import follow
from training.losses.cross_entropy import cross_entropy
from training.losses.triplet import triplet_loss
from training.recipes import bundled_light_data as material
from training.recipes.bundled_light import LightConfig, batches
from training.recipes.bundled_light_score import score_pictures
from training.recipes.curve import append_row, cut_after
from training.recipes.retail_0277 import read_retail_0277

log = logging.getLogger(__name__)

CONFIG = replace(
    LightConfig(),
    n_steps=700,
    small_share=0.0,
    lr=4e-4,
    head_lr_factor=5.0,
    warmup_share=0.05,
    mimic_weight=0.0,
    relation_weight=0.0,
    ema=0.99,
)
"""The light model's recipe without a teacher, in one size, gently: the start knows most already."""
_FRONT_BATCH = 16
_SCORE_STEPS = 100
_SAVE_STEPS = 20

Front = Callable[[FloatArray], Tensor]
"""Normalised pictures ``(B, 3, 256, 128)`` to what the last stage sees, ``(B, 384, 16, 8)``."""


class Pupil(nn.Module):
    """The part of the network that learns, with its neck and classifier."""

    def __init__(self, net: OSNetLCT, n_classes: int) -> None:
        super().__init__()
        self.net = net
        self.neck = nn.BatchNorm1d(net.dim)
        self.neck.bias.requires_grad_(False)
        self.classifier = nn.Linear(net.dim, n_classes, bias=False)
        nn.init.normal_(self.classifier.weight, std=0.001)
        for part in (net.norm0, net.conv1, net.norm1, net.conv2, net.transition2, net.conv3, net.transition3):
            part.requires_grad_(False)

    def forward(self, middle: Tensor) -> tuple[Tensor, Tensor]:
        """``(B, 384, 16, 8)`` to embeddings ``(B, 256)`` and logits ``(B, n_classes)``."""
        embeddings = self.net.finish(middle)
        return embeddings, self.classifier(self.neck(embeddings))


@dataclass(slots=True)
class Run:
    """What a checkpoint holds."""

    pupil: Pupil
    average: OSNetLCT
    optimizer: torch.optim.AdamW
    step: int = 0


def start_run(config: LightConfig, net: OSNetLCT, n_classes: int) -> Run:
    """A run at its first step, from the published network."""
    torch.manual_seed(config.seed)
    pupil = Pupil(net, n_classes)
    groups: dict[tuple[float, float], list[nn.Parameter]] = {}
    for name, parameter in pupil.named_parameters():
        if parameter.requires_grad:
            factor = 1.0 if name.startswith("net.") else config.head_lr_factor
            decay = config.weight_decay if parameter.ndim > 1 else 0.0
            groups.setdefault((factor, decay), []).append(parameter)
    optimizer = torch.optim.AdamW(
        [{"params": of, "factor": f, "weight_decay": decay} for (f, decay), of in groups.items()], config.lr
    )
    return Run(pupil, copy.deepcopy(net).eval().requires_grad_(False), optimizer)


class _Middle(nn.Module):
    """A copy of what `OSNetLCT.middle` needs, to be traced."""

    def __init__(self, net: OSNetLCT) -> None:
        super().__init__()
        self.net = copy.deepcopy(net).requires_grad_(False)

    def forward(self, images: Tensor) -> Tensor:
        return self.net.middle(images)


def compile_front(net: OSNetLCT, n_threads: int) -> Front:
    """The part of the network that stays as it is, in OpenVINO: twice as fast as torch here."""
    quiet_openvino()
    import openvino

    example = torch.zeros(_FRONT_BATCH, 3, HEIGHT, WIDTH)
    with torch.no_grad(), warnings.catch_warnings():
        warnings.simplefilter("ignore")  # OpenVINO traces by torch.jit, which torch calls outdated
        graph = openvino.convert_model(_Middle(net).eval(), example_input=example)
    graph.reshape([_FRONT_BATCH, 3, HEIGHT, WIDTH])
    compiled = openvino.compile_model(
        graph, "CPU", {"INFERENCE_NUM_THREADS": n_threads, "INFERENCE_PRECISION_HINT": "f32"}
    )

    def front(pictures: FloatArray) -> Tensor:
        parts = []
        for start in range(0, len(pictures), _FRONT_BATCH):
            some = pictures[start : start + _FRONT_BATCH]
            batch = np.zeros((_FRONT_BATCH, *some.shape[1:]), np.float32)
            batch[: len(some)] = some
            parts.append(compiled(batch)[0][: len(some)].copy())
        return torch.from_numpy(np.concatenate(parts))

    return front


def take_step(
    run: Run,
    config: LightConfig,
    front: Front,
    images: Sequence[ImageArray],
    labels: IntArray,
    batch: IntArray,
) -> dict[str, float]:
    """One optimiser step; the parts of the loss and the share of pictures that were classified right."""
    rng = np.random.default_rng((config.seed, 1 << 20, run.step))
    pixels = np.stack([augment(images[i], HEIGHT, WIDTH, Augmentation(), rng) for i in batch])
    classes = torch.from_numpy(labels[batch])
    for group in run.optimizer.param_groups:
        group["lr"] = config.rate(run.step) * group["factor"]
    run.pupil.train()
    embeddings, logits = run.pupil(front(pixels))
    parts = {
        "identity": cross_entropy(logits, classes, config.smoothing),
        "triplet": triplet_loss(embeddings, classes, margin=config.margin),
    }
    loss = parts["identity"] + parts["triplet"]
    if not torch.isfinite(loss):
        raise FloatingPointError(f"the loss is {loss.item()} at step {run.step}")
    run.optimizer.zero_grad()
    loss.backward()  # type: ignore[no-untyped-call]
    run.optimizer.step()
    follow(run.average, run.pupil.net, min(config.ema, (1 + run.step) / (10 + run.step)))
    run.step += 1
    accuracy = (logits.detach().argmax(1) == classes).float().mean().item()
    return {name: part.item() for name, part in parts.items()} | {"accuracy": accuracy}


def train(config: LightConfig, data: Path, work: Path, n_threads: int) -> None:
    """Run the recipe to its end, or go on with it; leaves ``checkpoint.pt`` and ``curve.csv`` in ``work``.

    Args:
        config: What to do; its sizes and its teacher's weights are not used.
        data: Where the pictures and the published network lie.
        work: Where the run goes.
        n_threads: Of OpenVINO; torch's are set already.
    """
    work.mkdir(parents=True, exist_ok=True)
    split = material.read_material(data)
    images, labels = material.load_all(split.train), material.labels_of(split.train)
    net = read_retail_0277(data / material.TEACHER)
    front = compile_front(net, n_threads)
    run = start_run(config, net, int(labels.max()) + 1)
    checkpoint = work / "checkpoint.pt"
    if checkpoint.exists():
        _resume(run, checkpoint)
        cut_after(work / "curve.csv", run.step)
    (work / "config.json").write_text(json.dumps(asdict(config), indent=1) + "\n")
    (work / "ids.txt").write_text(material.list_ids(split))
    shown = _middles(front, material.load_all(split.validation))
    log.info(
        "step %d validation %s", run.step, score_pictures(_finished(run.average, shown), split.validation)
    )
    began = time.monotonic()
    for batch in batches(config, labels, run.step):
        if run.step >= config.n_steps:
            break
        rate = config.rate(run.step)
        values = take_step(run, config, front, images, labels, batch)
        is_last = run.step == config.n_steps
        if run.step % _SAVE_STEPS == 0 or is_last:
            row = {"step": run.step, "lr": rate} | values | {"seconds": time.monotonic() - began}
            append_row(work / "curve.csv", row)
            _save(run, checkpoint)
        if run.step % _SCORE_STEPS == 0 or is_last:
            figures = score_pictures(_finished(run.average, shown), split.validation)
            log.info("step %d validation %s", run.step, figures)


def _middles(front: Front, images: Sequence[ImageArray]) -> Tensor:
    return front(np.stack([prepare(image, HEIGHT, WIDTH) for image in images]))


@torch.inference_mode()
def _finished(net: OSNetLCT, middles: Tensor) -> FloatArray:
    found: FloatArray = torch.cat([net.finish(part) for part in torch.split(middles, 64)]).numpy()
    return found


def _resume(run: Run, checkpoint: Path) -> None:
    state = torch.load(checkpoint, map_location="cpu", weights_only=True)
    for name in ("pupil", "average", "optimizer"):
        getattr(run, name).load_state_dict(state[name])
    run.step = state["step"]
    log.info("going on at step %d", run.step)


def _save(run: Run, checkpoint: Path) -> None:
    """Write beside, then rename: a kill leaves the old or the new checkpoint, whole."""
    beside = checkpoint.with_suffix(".tmp")
    state = {name: getattr(run, name).state_dict() for name in ("pupil", "average", "optimizer")}
    torch.save(state | {"step": run.step}, beside)
    beside.replace(checkpoint)


def export(work: Path, out: Path) -> Path:
    """Write a run's averaged weights and its people to ``out``; returns the weights' path."""
    state = torch.load(work / "checkpoint.pt", map_location="cpu", weights_only=True)["average"]
    out.mkdir(parents=True, exist_ok=True)
    target = out / "accurate.safetensors"
    description = {"network": "osnet_lct", "options": {}, "preprocessing": {"height": HEIGHT, "width": WIDTH}}
    save_bundle(target, state, description)
    (out / "accurate-ids.txt").write_text((work / "ids.txt").read_text())
    return target


def main(arguments: Sequence[str] | None = None) -> None:
    """The command line of the recipe."""
    parser = argparse.ArgumentParser(prog="training.recipes.bundled_accurate", description=__doc__)
    parser.add_argument("job", choices=("train", "export"))
    parser.add_argument("--data", type=Path, default=Path("../shared/data"))
    parser.add_argument("--work", type=Path, default=Path("runs/accurate"))
    parser.add_argument("--out", type=Path, default=Path("assets/models"))
    parser.add_argument("--steps", type=int, default=CONFIG.n_steps)
    parser.add_argument("--threads", type=int, default=2)
    chosen = parser.parse_args(arguments)
    logging.basicConfig(level=logging.INFO, format="%(asctime)s %(message)s")
    torch.set_num_threads(chosen.threads)
    if chosen.job == "train":
        train(replace(CONFIG, n_steps=chosen.steps), chosen.data, chosen.work, chosen.threads)
    else:
        log.info("wrote %s", export(chosen.work, chosen.out))


if __name__ == "__main__":
    main()
