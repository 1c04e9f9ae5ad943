"""Figures of the light model on people that it has not seen, beside the model it began as and its teacher."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from pathlib import Path

import numpy as np
import torch

from reid_core.index import distance
from reid_core.models.osnet import OSNet, from_state
from reid_core.types import FloatArray, ImageArray
from training.datasets.market import Picture
from training.datasets.transforms import prepare
from training.evaluation.protocol import Labels
from training.evaluation.ranking import RankingScores, score_ranking
from training.recipes import bundled_light_data as material

Embed = Callable[[list[ImageArray]], FloatArray]
_BATCH = 64


@torch.inference_mode()
def embed(net: OSNet, images: Sequence[ImageArray], height: int, width: int) -> FloatArray:
    """``(N, 512)`` embeddings of RGB pictures of any size, not normalised."""
    net.eval()
    parts = []
    for start in range(0, len(images), _BATCH):
        batch = np.stack([prepare(image, height, width) for image in images[start : start + _BATCH]])
        parts.append(net(torch.from_numpy(batch)).float().numpy())
    return np.concatenate(parts)


def load(path: Path) -> OSNet:
    """An OSNet from safetensors, or from a ``.pth`` of parameters alone."""
    if path.suffix == ".safetensors":
        from safetensors.torch import load_file

        return from_state(load_file(path))
    return from_state(torch.load(path, map_location="cpu", weights_only=True))


def labels_of(pictures: Sequence[Picture]) -> Labels:
    """Persons and cameras as the evaluation takes them."""
    return Labels.of([picture.pid for picture in pictures], [picture.camid for picture in pictures])


def score_pictures(features: FloatArray, pictures: Sequence[Picture]) -> str:
    """One line of figures where every picture is query and gallery."""
    labels = labels_of(pictures)
    return in_words(score_ranking(distance.cosine(features, features), labels, labels))


def in_words(scores: RankingScores) -> str:
    """The usual figures as one line; fractions."""
    return (
        f"rank-1 {scores.rank(1):.3f} rank-5 {scores.rank(5):.3f} "
        f"mAP {scores.mean_ap:.3f} mINP {scores.mean_inp:.3f}"
    )


def hide(image: ImageArray, share: float) -> ImageArray:
    """The picture with the given share of its height, from below, in flat grey."""
    hidden = image.copy()
    hidden[round(len(image) * (1 - share)) :] = 124
    return hidden


def score_tests(weights: Path, data: Path, shares: Sequence[float] = (0.0, 0.2, 0.4, 0.6)) -> Iterator[str]:
    """Lines of figures: each test set, each model, queries hidden from below by each share."""
    net, start = load(weights), load(data / material.START)
    models: dict[str, Embed] = {
        weights.stem: lambda images: embed(net, images, 256, 128),
        "public start (OSNet x0.25 MSMT17)": lambda images: embed(start, images, 256, 128),
        "teacher (Intel retail-0277)": lambda images: material.teacher_features(
            images, data / material.TEACHER
        ),
    }
    for test in material.read_tests(data):
        query, gallery = material.load_all(test.query), material.load_all(test.gallery)
        for name, model in models.items():
            features = model(gallery)
            for share in shares:
                distances = distance.cosine(model([hide(image, share) for image in query]), features)
                scores = score_ranking(distances, labels_of(test.query), labels_of(test.gallery))
                yield f"{test.name} | {name} | hidden {share:.0%} | {in_words(scores)}"
