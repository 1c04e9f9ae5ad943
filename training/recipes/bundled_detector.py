"""Make, compare and export ``person-yolo11n``, the detector that the repository ships: YOLO11n, person alone.

The public YOLO11n is cut down to its person class and taught gently: low rate, frozen backbone, frozen norm
statistics, on two sequences with true boxes and on other footage with the boxes of an ensemble.

    python -m training.recipes.bundled_detector train --data ../shared/data --work run
    python -m training.recipes.bundled_detector export --work run --out assets/models
    python -m training.recipes.bundled_detector score --data ../shared/data --work run

``train --leave-out SCENE`` trains without a scene, and ``score --leave-out SCENE`` compares on that scene.
``score --all --shares`` scores the public network alone, on every picture.
``export`` of a folder without a run gives the public network, unchanged but for the other classes.
"""

from __future__ import annotations

import argparse
import copy
import json
import logging
import time
from collections.abc import Iterator, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import cv2
import numpy as np
import torch
from torch import nn

from reid_core.geometry import area, clip
from reid_core.thirdparty import quiet_ultralytics
from reid_core.types import FloatArray, ImageArray
from reid_core.weights.safetensors_file import save_bundle
from reid_core.weights.yolo_file import PERSON, YoloWeights, read_yolo
from training.distillation.ema import follow
from training.engine.schedule import cosine, linear_warmup
from training.recipes.bundled_detector_boxes import GREY, Network, Tally, compare, predict
from training.recipes.bundled_detector_data import PUBLIC, Labelled, read_labelled
from training.recipes.bundled_detector_keep import KeptScores
from training.recipes.bundled_detector_narrow import keep_person, silence_others
from training.recipes.curve import append_row, cut_after

log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class DetectorRecipe:
    """The whole recipe.

    Attributes:
        n_steps: Batches in all.
        n_images: Pictures in a batch, drawn evenly over scenes.
        size_px: Side of the square that a picture is put on.
        scale: Range of the picture's longer side, relative to that side.
        lr: Highest rate of AdamW.
        weight_decay: AdamW's, on weights.
        n_frozen: Layers from the input on that stay as they are: YOLO11's backbone has 11.
        ema: Momentum of the averaged weights, which are kept.
        keep: Weight of `KeptScores`; 0 leaves it out.
        seed: Decides batches and variation.
    """

    n_steps: int = 200
    n_images: int = 8
    size_px: int = 640
    scale: tuple[float, float] = (0.6, 1.3)
    lr: float = 1e-4
    weight_decay: float = 5e-4
    n_frozen: int = 11
    ema: float = 0.98
    keep: float = 0.0
    seed: int = 0

    def rate(self, step: int) -> float:
        """Rate at a step: warm-up over a tenth, then cosine."""
        n_warmup = self.n_steps // 10
        decayed = cosine(max(step - n_warmup, 0), self.n_steps - n_warmup, self.lr, self.lr / 100)
        return decayed * linear_warmup(step, n_warmup, 0.1)


def build(weights: YoloWeights) -> Network:
    """The network that YOLO weights belong to, in evaluation mode."""
    quiet_ultralytics()
    from ultralytics.nn.tasks import DetectionModel

    module = DetectionModel(copy.deepcopy(weights.architecture), verbose=False)
    module.load_state_dict(weights.state)
    return Network(module.eval(), weights.person_idx)


def start(public: YoloWeights) -> Any:
    """A network with one output from the public one of 80 classes; its person scores are the same."""
    network = build(public).module
    keep_person(network, public.person_idx)
    return network


def vary(
    picture: Labelled, config: DetectorRecipe, rng: np.random.Generator
) -> tuple[FloatArray, FloatArray]:
    """A picture scaled, moved, mirrored and recoloured on a grey square.

    What is moved out is cut off; a person of whom less than a quarter is left is no longer taught.

    Returns:
        ``(3, size_px, size_px)`` in 0..1, and the boxes that are left, xyxy in pixels of the square.
    """
    size = config.size_px
    height, width = picture.image.shape[:2]
    scale = size * rng.uniform(*config.scale) / max(height, width)
    boxes = picture.taught * np.float32(scale)
    scaled = cv2.resize(picture.image, None, fx=scale, fy=scale, interpolation=cv2.INTER_LINEAR)
    canvas, shift = _place(np.asarray(scaled, np.uint8), size, rng)
    boxes = boxes + np.tile(shift, 2)
    inside = clip(boxes, size, size)
    kept = area(inside) > 0.25 * area(boxes)
    inside = inside[kept]
    if rng.random() < 0.5:
        canvas = canvas[:, ::-1]
        inside = inside[:, [2, 1, 0, 3]]
        inside[:, [0, 2]] = size - inside[:, [0, 2]]
    gain = rng.uniform(0.7, 1.3) * rng.uniform(0.95, 1.05, 3)
    pixels = np.clip(canvas.astype(np.float32) / 255 * gain.astype(np.float32), 0, 1)
    return np.ascontiguousarray(pixels.transpose(2, 0, 1)), inside


def _place(image: ImageArray, size: int, rng: np.random.Generator) -> tuple[ImageArray, FloatArray]:
    """Put a picture at a random place of a grey square, or a random part of it if it is larger."""
    canvas = np.full((size, size, 3), GREY, np.uint8)
    height, width = image.shape[:2]
    top, left = (int(rng.integers(min(0, size - n), max(0, size - n) + 1)) for n in (height, width))
    y, x = max(top, 0), max(left, 0)
    part = image[max(-top, 0) :, max(-left, 0) :][: size - y, : size - x]
    canvas[y : y + part.shape[0], x : x + part.shape[1]] = part
    return canvas, np.array([left, top], np.float32)


def batches(pictures: Sequence[Labelled], config: DetectorRecipe, step: int) -> Iterator[dict[str, Any]]:
    """Endless batches from a step on, as ultralytics' loss takes them; each a function of seed and step."""
    scenes = sorted({picture.scene for picture in pictures})
    members = {scene: [p for p in pictures if p.scene == scene] for scene in scenes}
    while True:
        rng = np.random.default_rng((config.seed, step))
        drawn = [scenes[(step * config.n_images + i) % len(scenes)] for i in range(config.n_images)]
        shown = [vary(members[s][rng.integers(len(members[s]))], config, rng) for s in drawn]
        boxes = np.concatenate([b for _, b in shown]) / config.size_px
        owner = np.repeat(np.arange(len(shown)), [len(b) for _, b in shown])
        centred = np.concatenate([(boxes[:, :2] + boxes[:, 2:]) / 2, boxes[:, 2:] - boxes[:, :2]], axis=1)
        yield {
            "img": torch.from_numpy(np.stack([pixels for pixels, _ in shown])),
            "batch_idx": torch.from_numpy(owner).float(),
            "cls": torch.zeros(len(boxes), 1),
            "bboxes": torch.from_numpy(centred.astype(np.float32)),
        }
        step += 1


def train(config: DetectorRecipe, data: Path, work: Path, leave_out: str = "") -> None:
    """Run the recipe to its end, or go on with it; leaves ``checkpoint.pt`` and ``curve.csv`` in ``work``."""
    work.mkdir(parents=True, exist_ok=True)
    pictures = [p for p in _read(data, work) if not p.is_held_out and p.scene != leave_out]
    net = start(read_yolo(data / PUBLIC[0]))
    net.args = SimpleNamespace(box=7.5, cls=0.5, dfl=1.5)
    average = copy.deepcopy(net).eval().requires_grad_(False)
    kept = KeptScores(copy.deepcopy(average), config.keep) if config.keep else None
    for name, parameter in net.named_parameters():
        parameter.requires_grad_(int(name.split(".")[1]) >= config.n_frozen and ".dfl." not in name)
    free = [p for p in net.parameters() if p.requires_grad]
    groups = [
        {"params": [p for p in free if p.ndim > 1], "weight_decay": config.weight_decay},
        {"params": [p for p in free if p.ndim <= 1], "weight_decay": 0.0},
    ]
    optimizer = torch.optim.AdamW(groups, lr=config.lr)
    step = _resume(work / "checkpoint.pt", net, average, optimizer)
    cut_after(work / "curve.csv", step)
    (work / "config.json").write_text(json.dumps(asdict(config) | {"leave_out": leave_out}, indent=1) + "\n")
    began = time.monotonic()
    for batch in batches(pictures, config, step):
        if step >= config.n_steps:
            break
        values = _take_step(net, optimizer, batch, config.rate(step), kept)
        follow(average, net, min(config.ema, (1 + step) / (10 + step)))
        step += 1
        append_row(work / "curve.csv", {"step": step, "seconds": time.monotonic() - began} | values)
        if step % 25 == 0 or step == config.n_steps:
            parts = {"net": net, "average": average, "optimizer": optimizer}
            state = {name: part.state_dict() for name, part in parts.items()} | {"step": step}
            torch.save(state, work / "checkpoint.tmp")
            (work / "checkpoint.tmp").replace(work / "checkpoint.pt")


def _take_step(
    net: Any, optimizer: torch.optim.AdamW, batch: dict[str, Any], rate: float, kept: KeptScores | None
) -> dict[str, float]:
    net.train()
    for module in net.modules():
        if isinstance(module, nn.BatchNorm2d):
            module.eval()
    for group in optimizer.param_groups:
        group["lr"] = rate
    answer = net(batch["img"])
    losses, _ = net.loss(batch, answer)
    loss = losses.sum() / len(batch["img"])
    values = {}
    if kept is not None:
        fallen = kept(batch, answer)
        loss = loss + kept.weight * fallen
        values["kept"] = fallen.item()
    if not torch.isfinite(loss):
        raise FloatingPointError(f"the loss is {loss.item()}")
    optimizer.zero_grad()
    loss.backward()
    nn.utils.clip_grad_norm_([p for p in net.parameters() if p.requires_grad], 10.0)
    optimizer.step()
    names = ("box", "class", "bins")
    parts = {n: float(v) / len(batch["img"]) for n, v in zip(names, losses.detach(), strict=True)}
    return parts | values | {"lr": rate}


def _resume(checkpoint: Path, net: Any, average: Any, optimizer: torch.optim.AdamW) -> int:
    if not checkpoint.exists():
        return 0
    state = torch.load(checkpoint, map_location="cpu", weights_only=True)
    net.load_state_dict(state["net"])
    average.load_state_dict(state["average"])
    optimizer.load_state_dict(state["optimizer"])
    log.info("going on at step %d", state["step"])
    return int(state["step"])


def _read(data: Path, work: Path) -> list[Labelled]:
    return read_labelled(data, [build(read_yolo(data / path)) for path in PUBLIC], work.parent / "boxes")


def finished(work: Path, data: Path, share: float = 1.0, shift: float = 0.0) -> YoloWeights:
    """A run's averaged weights, blended with those it started from; only the person speaks.

    Args:
        work: Where the run was; without a run there, the public weights are given.
        data: Where the public weights are.
        share: Of the run in the blend, 0..1. A blend forgets less (Wortsman et al., "Robust fine-tuning of
            zero-shot models", CVPR 2022).
        shift: Added to the logit of every score of the blend.
    """
    public = read_yolo(data / PUBLIC[0])
    state = start(public).state_dict()
    checkpoint = work / "checkpoint.pt"
    if checkpoint.exists():
        learned = torch.load(checkpoint, map_location="cpu", weights_only=True)["average"]
        for name, value in state.items():
            if value.is_floating_point():
                value.lerp_(learned[name], share)
            if ".cv3." in name and name.endswith(".2.bias"):
                value += shift
    n_classes = int(public.architecture["nc"])
    return YoloWeights(public.architecture, silence_others(state, n_classes), {0: PERSON}, 0)


def export(weights: YoloWeights, out: Path) -> Path:
    """Write weights as a bundle in half precision; statistics of norms stay in full precision."""
    target = out / "person-yolo11n.safetensors"
    half = {
        name: value if "running" in name or not value.is_floating_point() else value.half()
        for name, value in weights.state.items()
    }
    save_bundle(target, half, weights.describe())
    return target


def score(
    networks: dict[str, Network], pictures: Sequence[Labelled], thresholds: Sequence[float]
) -> Iterator[str]:
    """Lines of recall and precision by scene, against true boxes where there are any, else the ensemble's.

    Suppression goes by falling score, so that what a higher threshold leaves is part of the same answer.
    """
    for scene in sorted({picture.scene for picture in pictures}):
        shown = [picture for picture in pictures if picture.scene == scene]
        kind = "true boxes" if shown[0].has_truth else "ensemble's boxes"
        references = [one.true if one.has_truth else one.taught for one in shown]
        for name, network in networks.items():
            answers = [predict(network, one.image, score=min(thresholds)) for one in shown]
            for threshold in thresholds:
                tally = Tally()
                for found, reference in zip(answers, references, strict=True):
                    tally += compare(found.select(found.scores >= threshold), reference)
                yield (
                    f"| {scene} | {len(shown)} pictures, {kind} | {name} | {threshold:g} | "
                    f"{tally.recall:.3f} | {tally.precision:.3f} | "
                    f"{tally.n_hits} of {tally.n_true}, {tally.n_found} found |"
                )


def main(arguments: Sequence[str] | None = None) -> None:
    """The command line of the recipe."""
    parser = argparse.ArgumentParser(prog="training.recipes.bundled_detector", description=__doc__)
    parser.add_argument("job", choices=("train", "export", "score"))
    parser.add_argument("--data", type=Path, default=Path("../shared/data"))
    parser.add_argument("--work", type=Path, default=Path("runs/detector/all"))
    parser.add_argument("--out", type=Path, default=Path("assets/models"))
    parser.add_argument("--leave-out", default="")
    parser.add_argument("--steps", type=int, default=DetectorRecipe().n_steps)
    parser.add_argument("--thresholds", type=float, nargs="+", default=[0.1, 0.25, 0.5])
    parser.add_argument("--shares", type=float, nargs="*", default=[1.0], help="of a run in the weights")
    parser.add_argument("--shift", type=float, default=0.0, help="added to the logit of a run's scores")
    parser.add_argument("--keep", type=float, default=0.0, help="weight of what keeps scores from falling")
    parser.add_argument("--all", action="store_true", help="score on every picture")
    parser.add_argument("--threads", type=int, default=2)
    chosen = parser.parse_args(arguments)
    logging.basicConfig(level=logging.INFO, format="%(asctime)s %(message)s")
    torch.set_num_threads(chosen.threads)
    if chosen.job == "train":
        train(
            DetectorRecipe(n_steps=chosen.steps, keep=chosen.keep), chosen.data, chosen.work, chosen.leave_out
        )
    elif chosen.job == "export":
        weights = finished(chosen.work, chosen.data, chosen.shares[0], chosen.shift)
        log.info("wrote %s", export(weights, chosen.out))
    else:
        networks = {
            "public yolo11n": build(read_yolo(chosen.data / PUBLIC[0])),
        }
        for share in chosen.shares:
            networks[f"fine-tuned, {share:g}"] = build(
                finished(chosen.work, chosen.data, share, chosen.shift)
            )
        pictures = [
            picture
            for picture in _read(chosen.data, chosen.work)
            if chosen.all or (picture.scene == chosen.leave_out if chosen.leave_out else picture.is_held_out)
        ]
        for line in score(networks, pictures, chosen.thresholds):
            log.info("%s", line)


if __name__ == "__main__":
    main()
