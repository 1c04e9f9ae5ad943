"""The people of the simulated site: pictures of test identities, and tracks of PETS and TUD in pieces of 2 s.

Each piece is one vector of the bundled model, made once and kept in the work folder.
"""

from __future__ import annotations

import hashlib
import io
import os
import re
import tarfile
from collections import defaultdict
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from PIL import Image

from benchmarks.tracking_data import PETS, TUD, find_sequences, open_footage
from reid_core.crops.descriptor import pool_descriptor
from reid_core.crops.quality import measure
from reid_core.geometry import xyxy_from_xywh
from reid_core.imaging import cut, inner_image
from reid_core.models.embedder import Embedder
from reid_core.types import Detections, FloatArray, ImageArray
from reid_core.weights.manifest import bundled_models

FIRST_TEST_ID = 301
"""The bundled model saw people 1-300 of CUHK01 in training."""
N_VIEWS = 2
PIECE_S = 2.0
CROPS_PER_PIECE = 6
_NAME = re.compile(r"(\d{4})_c(\d)s1_\d+_\d+\.\w+$")
_FORMAT = "1"


@dataclass(frozen=True)
class Person:
    """Somebody of the site.

    Attributes:
        name: Where they come from.
        views: The vectors of their pictures by view, ``(n, D)`` each: two real cameras saw them. Somebody
            with one view alone (a track) may be seen by any camera.
    """

    name: str
    views: tuple[FloatArray, ...]


def people(data: Path, work: Path, part: str) -> list[Person]:
    """The people of a part: ``test`` for what is reported, ``validation`` for what is chosen.

    Neither part was seen by the bundled model in training; nobody is in both.
    """
    os.environ.pop("SIGHTLINE_MODELS", None)
    from reid_core.models.load import load_embedder

    model = next(model for model in bundled_models() if model.name == "light")
    identity = (_FORMAT, model.sha256, part, FIRST_TEST_ID, PIECE_S, CROPS_PER_PIECE)
    file = work / f"people-{part}-{hashlib.sha256(repr(identity).encode()).hexdigest()[:12]}.npz"
    if not file.exists():
        work.mkdir(parents=True, exist_ok=True)
        embedder = load_embedder("light", device="cpu")
        found = list(_pictured(data, part, embedder))
        if part == "test":
            found += _tracked(data, embedder)
        draft = file.with_suffix(".part.npz")
        np.savez(draft, **{f"{p.name}/{n}": view for p in found for n, view in enumerate(p.views)})
        draft.replace(file)
    views: dict[str, list[FloatArray]] = defaultdict(list)
    with np.load(file) as stored:
        for key in stored.files:
            views[key.rpartition("/")[0]].append(stored[key])
    return [Person(name, tuple(own)) for name, own in views.items()]


def _pictured(data: Path, part: str, embedder: Embedder) -> Iterator[Person]:
    for name, archive in (("cuhk03", "cuhk03-market-layout"), ("cuhk01", "cuhk01-400")):
        pictures = _pictures(data / "reid" / name / f"{archive}.tar", _wanted(name, part))
        for number, views in sorted(pictures.items()):
            yield Person(
                f"{name}-{number}",
                tuple(embedder.embed(views[view]).astype(np.float32) for view in sorted(views)),
            )


def _wanted(name: str, part: str) -> dict[str, set[int] | None]:
    """The ids to take by folder of the archive; None for all."""
    rows = [line.split() for line in _id_lines()]
    held_out = {int(number) for of, number, use in rows if of == name and use == "validation"}
    tests: set[int] | None = None if name == "cuhk03" else set(range(FIRST_TEST_ID, 10_000))
    if part == "test":
        return {"query": tests, "bounding_box_test": tests}
    folders = ("bounding_box_train",) if name == "cuhk03" else ("query", "bounding_box_test")
    return dict.fromkeys(folders, held_out)


def _id_lines() -> list[str]:
    file = Path(__file__).parent.parent / "assets" / "models" / "light-ids.txt"
    return [line for line in file.read_text().splitlines() if not line.startswith("#")]


def _pictures(archive: Path, wanted: dict[str, set[int] | None]) -> dict[int, dict[int, list[ImageArray]]]:
    found: dict[int, dict[int, list[ImageArray]]] = defaultdict(lambda: defaultdict(list))
    with tarfile.open(archive) as files:
        for entry in sorted(files, key=lambda entry: entry.name):
            folder, _, file = entry.name.rpartition("/")
            match = _NAME.match(file)
            ids = wanted.get(folder.rpartition("/")[2], set())
            if match is None or (ids is not None and int(match[1]) not in ids):
                continue
            data = files.extractfile(entry)
            assert data is not None
            picture = np.asarray(Image.open(io.BytesIO(data.read())).convert("RGB"))
            found[int(match[1])][int(match[2])].append(picture)
    return found


def _tracked(data: Path, embedder: Embedder) -> list[Person]:
    """Ground-truth tracks in pieces of 2 s, each piece pooled from a few crops as an ingest does."""
    people = []
    for sequence in find_sequences(data):
        if sequence.name not in (PETS, TUD):
            continue
        source = open_footage(sequence)
        frames_per_piece = max(round(source.info.fps * PIECE_S), 1)
        pieces: dict[int, dict[int, list[tuple[float, ImageArray]]]] = defaultdict(lambda: defaultdict(list))
        truth = _boxes_by_frame(sequence.truth)
        for frame in source.frames():
            rows = truth.get(frame.index + 1, [])
            boxes = np.array([box for _, box in rows], np.float32).reshape(-1, 4)
            quality = measure(frame.image, Detections(boxes, np.ones(len(boxes), np.float32)))
            for (number, box), fitness in zip(rows, quality.tolist(), strict=True):
                piece = pieces[number][frame.index // frames_per_piece]
                piece.append((fitness, inner_image(cut(frame.image, box))))
        source.close()
        for number, own in sorted(pieces.items()):
            vectors = [_pooled(embedder, piece) for _, piece in sorted(own.items())]
            people.append(Person(f"{sequence.name}-{number}", (np.stack(vectors),)))
    return people


def _boxes_by_frame(file: Path) -> dict[int, list[tuple[int, list[float]]]]:
    rows: dict[int, list[tuple[int, list[float]]]] = defaultdict(list)
    for line in file.read_text().splitlines():
        frame, number, x, y, w, h, confidence, *_ = (float(value) for value in line.split(","))
        if confidence > 0:
            box = xyxy_from_xywh(np.array([[x, y, w, h]], np.float32))[0]
            rows[int(frame)].append((int(number), box.tolist()))
    return rows


def _pooled(embedder: Embedder, piece: list[tuple[float, ImageArray]]) -> FloatArray:
    best = sorted(piece, key=lambda crop: -crop[0])[:CROPS_PER_PIECE]
    return pool_descriptor(embedder.embed([crop for _, crop in best]), [fitness for fitness, _ in best])
