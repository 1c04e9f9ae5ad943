"""Whether reading and augmenting pictures holds training up.

    python -m benchmarks.training_loading                        # light network, all augmentations of BoT
    python -m benchmarks.training_loading --config sbs --workers 8 --set model.backbone.name=resnet50

Prints the rate of loading alone, of training steps alone on a batch that stays, and of both; the last
over the second is the share that loading leaves. Pictures are noise in JPEG files of Market-1501's size.
"""

from __future__ import annotations

import argparse
import statistics
import tempfile
import time
from collections.abc import Callable
from itertools import islice
from pathlib import Path

import torch

from benchmarks.training_speed import write_pictures
from training.datasets.loading import AugmentedPictures, Batch, load_batches
from training.datasets.market import relabel
from training.engine.batching import plan_run
from training.engine.presets import read_config
from training.engine.run import start_run
from training.engine.starting import default_workers
from training.engine.step import take_step


def main() -> None:
    """Measure."""
    parser = argparse.ArgumentParser(description=__doc__.split("\n", 1)[0])
    parser.add_argument("--config", default="bot")
    parser.add_argument("--set", dest="settings", action="append", default=[])
    parser.add_argument("--steps", type=int, default=10)
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--workers", type=int)
    parser.add_argument("--device", default="cuda" if torch.cuda.is_available() else "cpu")
    arguments = parser.parse_args()
    settings = arguments.settings or ["model.backbone.name=osnet_x0_25"]
    config = read_config(arguments.config, [*settings, "schedule.n_epochs=10000", "schedule.n_frozen=0"])
    n_workers = default_workers(arguments.device) if arguments.workers is None else arguments.workers
    with tempfile.TemporaryDirectory() as work:
        pictures = write_pictures(Path(work))
        classes = relabel(pictures)
        run = start_run(config, list(classes), device=arguments.device)
        loaded = load_batches(
            AugmentedPictures(pictures, config.batch, 0), plan_run(config, pictures, 0), n_workers=n_workers
        )

        def step(batch: Batch) -> None:
            labels = torch.tensor([classes[pictures[row].pid] for row in batch.rows.tolist()])
            take_step(run, config, batch.images.to(arguments.device), labels.to(arguments.device), 10)

        kept = next(loaded)
        step(kept)

        def load_alone() -> None:
            for _ in islice(loaded, arguments.steps):
                pass

        def train_alone() -> None:
            for _ in range(arguments.steps):
                step(kept)

        def both() -> None:
            for batch in islice(loaded, arguments.steps):
                step(batch)

        jobs: dict[str, Callable[[], None]] = {"loading": load_alone, "training": train_alone, "both": both}
        rates: dict[str, list[float]] = {name: [] for name in jobs}
        for _ in range(arguments.rounds):
            for name, job in jobs.items():
                began = time.perf_counter()
                job()
                n_pictures = arguments.steps * config.batch.n_ids * config.batch.n_images
                rates[name].append(n_pictures / (time.perf_counter() - began))
    medians = {name: statistics.median(values) for name, values in rates.items()}
    for name, rate in medians.items():
        print(f"{name:10} {rate:9.1f} pictures/s")
    print(
        f"with {n_workers} processes, loading leaves {medians['both'] / medians['training']:.2f} of the rate"
    )


if __name__ == "__main__":
    main()
