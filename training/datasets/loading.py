"""Augmented batches, made ahead of time in other processes.

Every picture's augmentation is a pure function of seed, epoch and place in the epoch. So the numbers do not
depend on how many processes work, nor on where a run was cut off.
"""

from __future__ import annotations

import multiprocessing
import signal
from collections.abc import Iterable, Iterator, Sequence
from typing import Any, NamedTuple

import numpy as np
import torch
from torch import Tensor
from torch.utils.data import DataLoader, Dataset

from reid_core.types import FloatArray
from training.config import BatchConfig
from training.datasets.augmentations import Augmenter
from training.datasets.market import Picture, load_picture

_LEAST_EARLIER, _MOST_EARLIER = 100, 50_000
_AHEAD = 4


class Place(NamedTuple):
    """One picture in an epoch.

    Attributes:
        epoch: 0-based.
        position: Its place in the epoch, over all batches and processes.
        row: Of the picture.
        donor_row: Of an earlier picture, for random patch; -1 for none.
    """

    epoch: int
    position: int
    row: int
    donor_row: int


class BatchPlan(NamedTuple):
    """One batch before it is loaded.

    Attributes:
        epoch: 0-based.
        number: In the epoch, 0-based.
        is_last: Of the epoch.
        places: Its pictures.
    """

    epoch: int
    number: int
    is_last: bool
    places: tuple[Place, ...]


class Batch(NamedTuple):
    """One loaded batch.

    Attributes:
        epoch: 0-based.
        number: In the epoch, 0-based.
        is_last: Of the epoch.
        rows: ``(B,)`` int64 rows of the pictures.
        images: ``(B, 3, H, W)`` float32, augmented and normalised.
    """

    epoch: int
    number: int
    is_last: bool
    rows: Tensor
    images: Tensor


def plan_epoch(epoch: int, batches: Sequence[Sequence[int]], seed: int) -> list[BatchPlan]:
    """The batches of an epoch with their places.

    Args:
        epoch: 0-based.
        batches: Rows of each batch.
        seed: Of the run.
    """
    rng = np.random.default_rng((seed, epoch, 2))
    order = [int(row) for batch in batches for row in batch]
    plans, position = [], 0
    for number, batch in enumerate(batches):
        places = []
        for row in batch:
            donor_row = -1
            if position >= _LEAST_EARLIER:
                donor_row = order[int(rng.integers(max(0, position - _MOST_EARLIER), position))]
            places.append(Place(epoch, position, int(row), donor_row))
            position += 1
        plans.append(BatchPlan(epoch, number, number == len(batches) - 1, tuple(places)))
    return plans


def share_of(plan: BatchPlan, part: int, n_parts: int) -> BatchPlan:
    """One process's pictures of a batch: an equal run of them, so that the parts joined are the batch."""
    size = len(plan.places) // n_parts
    return plan._replace(places=plan.places[part * size : (part + 1) * size])


class AugmentedPictures(Dataset[FloatArray]):
    """Pictures by their place, ``(3, H, W)`` float32 each.

    Args:
        pictures: All of the training part.
        config: How they are varied.
        seed: Of the run.
    """

    def __init__(self, pictures: Sequence[Picture], config: BatchConfig, seed: int) -> None:
        self._pictures, self._seed = pictures, seed
        self._augment = Augmenter(config)

    def __getitem__(self, place: Any) -> FloatArray:
        """The picture of a `Place`."""
        rng = np.random.default_rng((self._seed, place.epoch, place.position, 1))
        donor = None if place.donor_row < 0 else lambda: load_picture(self._pictures[place.donor_row])
        return self._augment(load_picture(self._pictures[place.row]), rng, donor)


def load_batches(
    pictures: AugmentedPictures, plans: Iterable[BatchPlan], *, n_workers: int = 0, is_pinned: bool = False
) -> Iterator[Batch]:
    """The batches of a plan, in its order.

    Args:
        pictures: Where they come from.
        plans: Read as far ahead as the processes work.
        n_workers: Processes; 0 loads in this one.
        is_pinned: Put them in page-locked memory, from which a GPU copies faster.
    """
    waiting: list[BatchPlan] = []

    def places() -> Iterator[list[Place]]:
        for plan in plans:
            waiting.append(plan)
            yield list(plan.places)

    methods = multiprocessing.get_all_start_methods()
    loader: DataLoader[FloatArray] = DataLoader(
        pictures,
        batch_sampler=_Once(places()),
        num_workers=n_workers,
        collate_fn=_join,
        pin_memory=is_pinned,
        worker_init_fn=_ignore_interrupts,
        prefetch_factor=_AHEAD if n_workers else None,
        multiprocessing_context=("forkserver" if "forkserver" in methods else "spawn") if n_workers else None,
    )
    for images in loader:
        plan = waiting.pop(0)
        rows = torch.tensor([place.row for place in plan.places])
        yield Batch(plan.epoch, plan.number, plan.is_last, rows, images)


class _Once:
    """An iterator as a batch sampler; `DataLoader` asks for it once."""

    def __init__(self, batches: Iterator[list[Place]]) -> None:
        self._batches = batches

    def __iter__(self) -> Iterator[list[Place]]:
        return self._batches


def _join(pixels: list[FloatArray]) -> Tensor:
    return torch.from_numpy(np.stack(pixels))


def _ignore_interrupts(_worker: int) -> None:
    """Ctrl-C reaches every process of a terminal; the first one decides when the others end."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)
