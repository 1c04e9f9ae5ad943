"""Data sets by name, with the counts that their papers give: a copy with other counts is refused."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import partial
from pathlib import Path

from training.datasets.cuhk03_np import read_detected, read_labeled
from training.datasets.market import (
    DISTRACTOR_PID,
    DatasetError,
    MarketSet,
    Picture,
    read_market,
)
from training.datasets.msmt17 import read_msmt17
from training.datasets.partial import read_partial
from training.datasets.vehicles import read_vehicle_id, read_veri


@dataclass(frozen=True, slots=True)
class Counts:
    """Pictures and persons of the parts; None where no source is certain.

    Attributes:
        pictures: Of train, query and gallery.
        persons: Of the same; background does not count.
        n_cameras: Of all parts together.
    """

    pictures: tuple[int | None, int | None, int | None] = (None, None, None)
    persons: tuple[int | None, int | None, int | None] = (None, None, None)
    n_cameras: int | None = None


@dataclass(frozen=True, slots=True)
class KnownSet:
    """A data set with a name.

    Attributes:
        read: Lists it; a folder (or tar, in Market-1501's layout) to its parts.
        counts: What a whole copy has.
        source: Where the counts are from.
    """

    read: Callable[[Path], MarketSet]
    counts: Counts = Counts()
    source: str = ""


_PAPER = "the data set's paper"
_LOADERS = "the loaders of FastReID and torchreid"
DATASETS: Mapping[str, KnownSet] = {
    "market": KnownSet(read_market, source="any set in this layout, no counts"),
    "market1501": KnownSet(read_market, Counts((12936, 3368, 15913), (751, 750, 750), 6), _LOADERS),
    "dukemtmc": KnownSet(read_market, Counts((16522, 2228, 17661), (702, 702, 1110), 8), _LOADERS),
    "msmt17": KnownSet(read_msmt17, Counts((32621, 11659, 82161), (1041, 3060, 3060), 15), _LOADERS),
    "cuhk03_np_detected": KnownSet(
        read_detected, Counts((7365, 1400, 5332), (767, 700, 700), 2), "recalled, not confirmed"
    ),
    "cuhk03_np_labeled": KnownSet(
        read_labeled, Counts((7368, 1400, 5328), (767, 700, 700), 2), "recalled, not confirmed"
    ),
    "occluded_duke": KnownSet(read_market, Counts((15618, 2210, 17661), (702, 519, 1110), 8), _LOADERS),
    "partial_reid": KnownSet(read_partial, Counts((0, 300, 300), (0, 60, 60)), _PAPER),
    "partial_ilids": KnownSet(read_partial, Counts((0, 119, 119), (0, 119, 119)), _PAPER),
    "occluded_reid": KnownSet(read_partial, Counts((0, 1000, 1000), (0, 200, 200)), _PAPER),
    "veri": KnownSet(read_veri, Counts((None, 1678, 11579), n_cameras=20), _LOADERS),
    "vehicle_id_small": KnownSet(
        partial(read_vehicle_id, n_vehicles=800), Counts((113346, None, 800), (13164, None, 800)), _LOADERS
    ),
    "vehicle_id_medium": KnownSet(
        partial(read_vehicle_id, n_vehicles=1600), Counts((113346, None, 1600), (13164, None, 1600)), _LOADERS
    ),
    "vehicle_id_large": KnownSet(
        partial(read_vehicle_id, n_vehicles=2400), Counts((113346, None, 2400), (13164, None, 2400)), _LOADERS
    ),
}
"""All names. ``market`` takes any number of people and cameras; the others ask for a whole copy."""


def read_dataset(name: str, path: Path) -> MarketSet:
    """A data set by name, checked against the counts of its source.

    Raises:
        DatasetError: The name is unknown, the folder is laid out otherwise, or the copy is not whole.
    """
    known = DATASETS.get(name)
    if known is None:
        raise DatasetError(f"There is no data set {name!r}. Known: {', '.join(DATASETS)}.")
    found = known.read(path)
    check_counts(found, known.counts, f"{path}, read as {name},")
    return found


def count(found: MarketSet) -> Counts:
    """The counts of a set; background pictures (person 0) count as pictures, not as a person."""
    parts = (found.train, found.query, found.gallery)
    train, query, gallery = (len(part) for part in parts)
    persons = tuple(len({p.pid for p in part if p.pid != DISTRACTOR_PID}) for part in parts)
    cameras = {picture.camid for part in parts for picture in part}
    return Counts((train, query, gallery), (persons[0], persons[1], persons[2]), len(cameras))


def check_counts(found: MarketSet, documented: Counts, title: str) -> None:
    """Compare a set with documented counts.

    Raises:
        DatasetError: They differ; says where.
    """
    counted = count(found)
    pairs = [
        (f"{what} of {part}", wanted, got)
        for what, all_wanted, all_got in (
            ("pictures", documented.pictures, counted.pictures),
            ("persons", documented.persons, counted.persons),
        )
        for part, wanted, got in zip(("train", "query", "gallery"), all_wanted, all_got, strict=True)
    ]
    pairs.append(("cameras", documented.n_cameras, counted.n_cameras))
    wrong = [f"{got} {what} instead of {wanted}" for what, wanted, got in pairs if wanted not in (None, got)]
    if wrong:
        raise DatasetError(f"{title} is not a whole copy: {', '.join(wrong)}.")


def labels(pictures: tuple[Picture, ...]) -> tuple[list[int], list[int]]:
    """Persons and cameras of pictures, as columns."""
    return [picture.pid for picture in pictures], [picture.camid for picture in pictures]
