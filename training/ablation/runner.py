"""Runs the cells with the engine that trains everything else; what was cut off goes on where it was saved."""

from __future__ import annotations

import logging
import shutil
import time
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
import torch

from reid_core.models.networks import ReidNetwork, read_network
from reid_core.types import FloatArray
from reid_core.weights.model_file import ModelFile, hash_model, tell_format
from training.ablation.cells import Figures, PlannedRun, Result, Results
from training.ablation.people import read_people
from training.config import TrainingConfig, change
from training.datasets.market import MarketSet, Picture
from training.datasets.transforms import prepare
from training.engine.settings import RunSettings
from training.engine.trainer import train
from training.evaluation.blocks import distance_blocks, evaluate
from training.evaluation.features import labels_of, load_chunks

log = logging.getLogger(__name__)

START = Path("weights/reid/osnet_x0_25_msmt17.pth")
"""The first weights of every cell's backbone: OSNet x0.25, MSMT17."""
HIDDEN = 0.4


def run_all(
    runs: Sequence[PlannedRun], data: Path, work: Path, results: Results, *, n_threads: int = 2
) -> None:
    """Every run that has no result yet, in order.

    Raises:
        ReidError: The data or the start is not there, or a run failed.
    """
    torch.set_num_threads(n_threads)
    people = read_people(data)
    missing = [run for run in runs if not results.has(run)]
    log.info("%d of %d runs are done", len(runs) - len(missing), len(runs))
    for number, run in enumerate(missing, 1):
        if results.has(run):  # another process may have done it meanwhile
            continue
        log.info("%d of %d: %s, %s, seed %d", number, len(missing), run.group, run.cell, run.seed)
        result = run_cell(run, people, data / START, work / run.name)
        results.add(result)
        shutil.rmtree(work / run.name)
        log.info("rank-1 %.3f, occluded %.3f", result.clean.rank1, result.occluded.rank1)


def run_cell(run: PlannedRun, people: MarketSet, start: Path, folder: Path) -> Result:
    """Train, or go on with, one run, and score it.

    Args:
        run: Which.
        people: From `read_people`.
        start: First weights of the backbone.
        folder: For its checkpoint.
    """
    began_s = time.process_time()
    config: TrainingConfig = change(TrainingConfig(), run.settings)
    settings = RunSettings(init=str(start), seed=run.seed)
    bundle = train(config, MarketSet(people.train, (), ()), folder, settings)
    reid = _read(bundle)
    gallery = embed(reid, people.gallery)
    clean, occluded = (_score(embed(reid, people.query, hidden), gallery, people) for hidden in (0.0, HIDDEN))
    n_batches = len({p.pid for p in people.train}) // config.batch.n_ids
    return Result(
        run.key, run.seed, run.settings, clean, occluded, n_batches * config.schedule.n_epochs,
        round(time.process_time() - began_s, 1), hash_model(start),
    )  # fmt: skip


@torch.inference_mode()
def embed(reid: ReidNetwork, pictures: Sequence[Picture], hidden: float = 0.0) -> FloatArray:
    """``(N, D)`` embeddings, not normalised, of pictures whose lower ``hidden`` share is grey."""
    size = (reid.preprocessing.height, reid.preprocessing.width)
    network: Any = reid.network
    parts = []
    for _, images in load_chunks(pictures, hidden):
        batch = torch.from_numpy(np.stack([prepare(image, *size) for image in images]))
        parts.append(network(batch).numpy())
    return np.concatenate(parts)


def _read(bundle: Path) -> ReidNetwork:
    file_format = tell_format(bundle.read_bytes(), bundle.name)
    return read_network(ModelFile(bundle, "cell", "reid", file_format, hash_model(bundle), "made here", ""))


def _score(queries: FloatArray, gallery: FloatArray, people: MarketSet) -> Figures:
    blocks = distance_blocks(queries, gallery)
    found = evaluate(blocks, labels_of(people.query), labels_of(people.gallery)).ranking
    return Figures(round(found.rank(1), 4), round(found.mean_ap, 4), round(found.mean_inp, 4))
