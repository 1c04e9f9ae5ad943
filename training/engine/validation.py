"""Figures on the identities that were held out, while a run goes on."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
import torch

from reid_core.index.distance import l2_normalised
from reid_core.models.batch_embedder import resize
from reid_core.types import FloatArray
from training.config import BatchConfig
from training.datasets.market import MarketSet, Picture, load_picture
from training.datasets.transforms import normalise
from training.evaluation.blocks import distance_blocks
from training.evaluation.features import labels_of
from training.evaluation.protocol import Gallery
from training.evaluation.ranking import RankingMeter

_BATCH = 64


def validate(network: Any, material: MarketSet, config: BatchConfig, device: str) -> dict[str, float]:
    """Rank-1, rank-5, mAP and mINP as fractions, by cosine.

    Args:
        network: Left in training mode.
        material: Queries and gallery.
        config: The size of pictures.
        device: Where the network is.

    Raises:
        EvaluationError: No query has a match under another camera.
    """
    query, gallery = (embed(network, part, config, device) for part in (material.query, material.gallery))
    meter = RankingMeter(labels_of(material.query), Gallery(labels_of(material.gallery)))
    for rows, distances in distance_blocks(query, gallery):
        meter.add(rows.start, distances)
    scores = meter.result()
    figures = {
        "rank1": scores.rank(1),
        "rank5": scores.rank(5),
        "map": scores.mean_ap,
        "minp": scores.mean_inp,
    }
    return {name: round(value, 6) for name, value in figures.items()}


def embed(network: Any, pictures: Sequence[Picture], config: BatchConfig, device: str) -> FloatArray:
    """``(N, D)`` float32 of length 1, prepared as the application prepares crops; N at least 1."""
    was_training = network.training
    network.eval()
    rows = []
    buffer = np.empty((config.height, config.width, 3), np.uint8)
    with torch.inference_mode():
        for start in range(0, len(pictures), _BATCH):
            batch = []
            for picture in pictures[start : start + _BATCH]:
                resize(load_picture(picture), buffer)
                batch.append(normalise(buffer))
            rows.append(network(torch.from_numpy(np.stack(batch)).to(device)).float().cpu().numpy())
    network.train(was_training)
    return np.asarray(l2_normalised(np.concatenate(rows)), np.float32)
