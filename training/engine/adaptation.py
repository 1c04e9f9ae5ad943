"""A model moves to footage without labels: cluster its pictures, train on the clusters, again and again."""

from __future__ import annotations

import json
import re
import shutil
from collections.abc import Callable
from dataclasses import asdict, dataclass, replace
from pathlib import Path

import numpy as np

from reid_core.models.load import load_embedder
from training.config import TrainingConfig
from training.datasets.folders import pictures_below
from training.datasets.market import DatasetError, Picture, Split, read_bytes, read_market
from training.engine.journal import Echo
from training.engine.results import BUNDLE
from training.engine.settings import RunSettings
from training.engine.starting import start
from training.evaluation.clusters import OUTLIER, cluster
from training.evaluation.features import embed_pictures

LABELS_FILE = "labels.json"
_CAMERA = re.compile(r"(?:^|[_-])c(\d+)")


@dataclass(frozen=True, slots=True)
class Clustering:
    """How pictures are grouped; see `training.evaluation.clusters.cluster`."""

    eps: float = 0.6
    min_samples: int = 4
    k1: int = 20
    k2: int = 6


@dataclass(frozen=True, slots=True)
class Labelled:
    """What was written.

    Attributes:
        n_pictures: Looked at.
        n_clusters: Supposed people.
        n_outliers: Pictures that belong to none and were left out.
    """

    n_pictures: int
    n_clusters: int
    n_outliers: int


def read_unlabelled(path: Path) -> tuple[Picture, ...]:
    """Pictures whose people nobody knows; numbers of people in their names are not looked at.

    Args:
        path: A folder or tar in Market-1501's layout, of which the training part is taken, or any folder of
            pictures. A camera is read off a name as ``c3`` after a ``_``, a ``-`` or at the start.

    Raises:
        DatasetError: There are no pictures.
    """
    is_market = path.is_file() or any(path.glob(f"**/{Split.TRAIN}"))
    if is_market:
        pictures = read_market(path).train
    else:
        files = pictures_below(path) if path.is_dir() else []
        pictures = tuple(Picture(file.name, 0, _camera(file.name), file) for file in files)
    if not pictures:
        raise DatasetError(f"{path} holds no pictures to label.")
    return pictures


def _camera(name: str) -> int:
    match = _CAMERA.search(name)
    return int(match[1]) if match else 1


def write_labels(
    model: str, pictures: tuple[Picture, ...], out: Path, clustering: Clustering, device: str = "auto"
) -> Labelled:
    """Cluster pictures and write the clusters as a training set in Market-1501's layout, whole or not at all.

    Args:
        model: Name or file of the model that groups them.
        pictures: Of the new domain.
        out: A new folder.
        clustering: How.
        device: Where the model runs.

    Raises:
        DatasetError: The folder is not new, or nothing clusters.
        ReidError: The model is absent, or a picture cannot be read.
    """
    if out.exists():
        raise DatasetError(f"{out} exists: choose a new folder.")
    features = embed_pictures(load_embedder(model, device=device, is_exact=True), pictures)
    labels = cluster(features, **asdict(clustering))
    n_clusters = int(labels.max()) + 1
    if n_clusters < 2:
        raise DatasetError(
            f"The model finds {n_clusters} groups in {len(pictures)} pictures: raise --eps, lower "
            "--min-samples, or start from a model that knows more."
        )
    part = out.with_name(f".{out.name}.part")
    shutil.rmtree(part, ignore_errors=True)
    folder = part / Split.TRAIN
    folder.mkdir(parents=True)
    for number, (picture, label) in enumerate(zip(pictures, labels.tolist(), strict=True)):
        if label != OUTLIER:
            name = f"{label + 1:04d}_c{picture.camid}s1_{number:06d}_00{Path(picture.name).suffix.lower()}"
            (folder / name).write_bytes(read_bytes(picture))
    made = Labelled(len(pictures), n_clusters, int(np.count_nonzero(labels == OUTLIER)))
    facts = {"model": model, **asdict(clustering), **asdict(made)}
    (part / LABELS_FILE).write_text(json.dumps(facts, indent=1) + "\n", encoding="utf-8")
    part.replace(out)
    return made


def adapt(
    model: str,
    data: Path,
    out: Path,
    config: TrainingConfig,
    settings: RunSettings,
    *,
    n_rounds: int,
    clustering: Clustering,
    notify: Callable[[int, Labelled], None],
    n_workers: int | None = None,
    echo: Echo | None = None,
) -> Path:
    """Label, train from the model, label with the result, and so on. Run again, it goes on where it was.

    Args:
        model: Name or file to begin with.
        data: Pictures without labels, see `read_unlabelled`.
        out: Folder; every round has a folder in it.
        config: Of each round's training.
        settings: Seed and device; ``init`` is what the first round trains from.
        n_rounds: How often.
        clustering: How pictures are grouped.
        notify: Hears of the rounds and their labels.
        n_workers: Processes that load pictures.
        echo: Hears of every row of every log.

    Returns:
        The last round's bundle.
    """
    pictures = read_unlabelled(data)
    for number in range(1, n_rounds + 1):
        folder = out / f"round-{number:02d}"
        labelled = folder / "data"
        if not labelled.exists():
            folder.mkdir(parents=True, exist_ok=True)
            made = write_labels(model, pictures, labelled, clustering, settings.device)
            notify(number, made)
        own = replace(settings, data=str(labelled.resolve()), project="", dataset="market")
        bundle = start(config, own, folder / "run", n_workers=n_workers, echo=echo)
        model = str(bundle)
        settings = replace(settings, init=str(bundle.resolve()))
    return out / f"round-{n_rounds:02d}" / "run" / BUNDLE
