r"""Put together ``accurate``: small networks that were trained apart, as one embedder of 512 values.

Its members are the two runs of ``light`` (`training.recipes.bundled_light`, its jobs ``train`` and
``continue``). The run ``plain`` of this recipe has no teacher; joined with it too, the validation people were
found no better, so it is not a member.

    python -m training.recipes.bundled_accurate plain --data ../shared/data --work runs/plain
    python -m training.recipes.bundled_accurate fit --data ../shared/data --out assets/models \
        --members runs/light/checkpoint.pt runs/continued/checkpoint.pt
    python -m training.recipes.bundled_reid_score --data ../shared/data --models accurate light
"""

from __future__ import annotations

import argparse
import logging
from collections.abc import Iterator, Sequence
from dataclasses import replace
from pathlib import Path

import numpy as np
import torch
from torch import nn

from reid_core.index import distance
from reid_core.models.joint import JointEmbedder, fit_reduction
from reid_core.models.osnet import OSNet, from_state
from reid_core.types import FloatArray, ImageArray
from reid_core.weights.safetensors_file import save_bundle
from training.datasets.market import Picture
from training.datasets.transforms import prepare
from training.evaluation.ranking import score_ranking
from training.recipes import bundled_light_data as material
from training.recipes.bundled_light import LightConfig, kept_weights, train
from training.recipes.bundled_light_score import in_words, labels_of

log = logging.getLogger(__name__)

PLAIN = replace(LightConfig(), n_steps=1240, small_share=0.7, mimic_weight=0.0, relation_weight=0.0, seed=2)
"""The run without a teacher: identity and triplet loss alone."""
DIM = 512
FIT_STRIDE = 6
"""Every n-th training picture decides the reduction."""
WHITENINGS = (0.0, 0.25, 0.5)
_BATCH = 64


def load_member(checkpoint: Path) -> OSNet:
    """The averaged network of a run's checkpoint, without neck and classifier."""
    state = torch.load(checkpoint, map_location="cpu", weights_only=True)["average"]
    return from_state(kept_weights(state))


@torch.inference_mode()
def join_pictures(net: JointEmbedder, images: Sequence[ImageArray]) -> FloatArray:
    """``(N, sum of dims)``: the members' embeddings side by side, of RGB pictures of any size."""
    net.eval()
    height, width = LightConfig().full
    parts = []
    for start in range(0, len(images), _BATCH):
        batch = np.stack([prepare(image, height, width) for image in images[start : start + _BATCH]])
        parts.append(net.join(torch.from_numpy(batch)).numpy())
    return np.concatenate(parts)


def score_choices(
    learned: FloatArray, held_out: FloatArray, pictures: Sequence[Picture], n_members: int
) -> Iterator[tuple[str, float, str]]:
    """Each member alone, all of them joined, and each reduction, on the validation people.

    Args:
        learned: ``(N, D)`` joined embeddings of training pictures, which decide the reductions.
        held_out: ``(M, D)`` of the validation pictures.
        pictures: Those.
        n_members: D is as many equal parts.

    Yields:
        What it is, the mean of mAP and rank-1 that a choice is made by, and the figures in words.
    """
    labels = labels_of(pictures)
    parts = np.split(held_out, n_members, axis=1)
    choices = {f"member {number}": part for number, part in enumerate(parts)} | {"joined": held_out}
    for whitening in WHITENINGS:
        mean, rows = fit_reduction(learned, DIM, whitening)
        choices[f"{DIM} values, whitening {whitening}"] = ((held_out - mean) @ rows.T).astype(np.float32)
    for name, features in choices.items():
        scores = score_ranking(distance.cosine(features, features), labels, labels)
        yield name, scores.summary, in_words(scores)


def member_features(checkpoint: Path, data: Path, *, is_mirrored: bool) -> tuple[FloatArray, FloatArray]:
    """One member's embeddings of length 1, of every `FIT_STRIDE`-th training and of all validation pictures.

    They are kept beside the checkpoint, so that a finished member can be looked at while others still learn.
    """
    kept = checkpoint.with_name("features-mirrored.npz" if is_mirrored else "features.npz")
    if not kept.exists() or kept.stat().st_mtime < checkpoint.stat().st_mtime:
        member = load_member(checkpoint)
        net = JointEmbedder([member], member.dim, is_mirrored=is_mirrored)
        split = material.read_material(data)
        parts = (split.train[::FIT_STRIDE], split.validation)
        learned, held_out = (join_pictures(net, material.load_all(part)) for part in parts)
        np.savez(kept, learned=learned, held_out=held_out)
    found = np.load(kept)
    return found["learned"], found["held_out"]


def fit(checkpoints: Sequence[Path], data: Path, out: Path, whitening: float, *, is_mirrored: bool) -> Path:
    """Put the members together, learn the reduction, write ``accurate.safetensors``; returns its path."""
    features = [member_features(path, data, is_mirrored=is_mirrored) for path in checkpoints]
    learned, held_out = (np.concatenate(parts, axis=1) for parts in zip(*features, strict=True))
    split = material.read_material(data)
    for name, _, figures in score_choices(learned, held_out, split.validation, len(checkpoints)):
        log.info("validation, %s: %s", name, figures)
    members: list[nn.Module] = [load_member(path) for path in checkpoints]
    net = JointEmbedder(members, min(DIM, learned.shape[1]), is_mirrored=is_mirrored)
    net.set_reduction(*fit_reduction(learned, net.dim, whitening))
    height, width = LightConfig().full
    out.mkdir(parents=True, exist_ok=True)
    target = out / "accurate.safetensors"
    description = {
        "network": "joint",
        "options": {"is_mirrored": is_mirrored},
        "preprocessing": {"height": height, "width": width},
    }
    save_bundle(target, net.state_dict(), description)
    (out / "accurate-ids.txt").write_text(material.list_ids(split))
    return target


def main(arguments: Sequence[str] | None = None) -> None:
    """The command line of the recipe."""
    parser = argparse.ArgumentParser(prog="training.recipes.bundled_accurate", description=__doc__)
    parser.add_argument("job", choices=("plain", "features", "fit"), help="features: of each of --members")
    parser.add_argument("--data", type=Path, default=Path("../shared/data"))
    parser.add_argument("--work", type=Path, default=Path("runs/plain"))
    parser.add_argument("--out", type=Path, default=Path("assets/models"))
    parser.add_argument("--members", type=Path, nargs="+", default=[])
    parser.add_argument("--whitening", type=float, default=0.0)
    parser.add_argument("--no-mirror", action="store_true")
    parser.add_argument("--threads", type=int, default=1)
    chosen = parser.parse_args(arguments)
    logging.basicConfig(level=logging.INFO, format="%(asctime)s %(message)s")
    torch.set_num_threads(chosen.threads)
    if chosen.job == "plain":
        train(PLAIN, chosen.data, chosen.work)
        return
    is_mirrored = not chosen.no_mirror
    if chosen.job == "features":
        for checkpoint in chosen.members:
            member_features(checkpoint, chosen.data, is_mirrored=is_mirrored)
    else:
        written = fit(chosen.members, chosen.data, chosen.out, chosen.whitening, is_mirrored=is_mirrored)
        log.info("wrote %s", written)


if __name__ == "__main__":
    main()
