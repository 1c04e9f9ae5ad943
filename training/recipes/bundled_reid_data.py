"""What the bundled re-ID models learn from: CUHK03's training people and CUHK01's people 1 to 300."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import cv2
import numpy as np

from reid_core.thirdparty import quiet_openvino
from reid_core.types import FloatArray, ImageArray, IntArray
from training.datasets.market import MarketSet, Picture, load_picture, read_market, relabel, with_pid_offset

CUHK03 = Path("reid/cuhk03/cuhk03-market-layout.tar")
CUHK01 = Path("reid/cuhk01/cuhk01-400.tar")
TEACHER = Path("weights/reid/person-reidentification-retail-0277/person-reidentification-retail-0277.xml")

CUHK01_OFFSET = 10_000
"""Added to the persons of CUHK01, so that the two sets share no number."""
LAST_CUHK01_TRAINING_PID = 300
"""CUHK01's people above this are a test set of another domain."""
VALIDATION_STRIDE = 15
"""Every n-th training person of each set is kept for validation."""
_TEACHER_BATCH = 16


@dataclass(frozen=True, slots=True)
class Material:
    """Pictures by their use. Validation people are training people that are not trained on.

    Attributes:
        train: Pictures to learn from.
        validation: Pictures to choose by; every one is query and gallery.
    """

    train: tuple[Picture, ...]
    validation: tuple[Picture, ...]


@dataclass(frozen=True, slots=True)
class TestSet:
    """Query and gallery of people that no part of the training has seen."""

    name: str
    query: tuple[Picture, ...]
    gallery: tuple[Picture, ...]


def read_material(data: Path) -> Material:
    """List the training and validation pictures below the data folder."""
    cuhk03 = read_market(data / CUHK03).train
    cuhk01 = tuple(p for p in _both_parts(read_market(data / CUHK01)) if p.pid <= LAST_CUHK01_TRAINING_PID)
    train: list[Picture] = []
    validation: list[Picture] = []
    for pictures in (cuhk03, with_pid_offset(cuhk01, CUHK01_OFFSET)):
        held_out = set(sorted(relabel(pictures))[VALIDATION_STRIDE - 1 :: VALIDATION_STRIDE])
        train += [p for p in pictures if p.pid not in held_out]
        validation += [p for p in pictures if p.pid in held_out]
    return Material(tuple(train), tuple(validation))


def read_tests(data: Path) -> tuple[TestSet, TestSet]:
    """CUHK03's test people, and CUHK01's people 301 to 400."""
    cuhk03, cuhk01 = read_market(data / CUHK03), read_market(data / CUHK01)
    return (
        TestSet("cuhk03-test", cuhk03.query, cuhk03.gallery),
        TestSet("cuhk01-301-400", _unseen(cuhk01.query), _unseen(cuhk01.gallery)),
    )


def read_familiar(data: Path) -> TestSet:
    """220 of CUHK03's training people in the form of its test: one query a person and camera.

    Whoever learned these people finds them far better than the test people. An embedder of unknown training
    data that finds both equally well has learned neither.
    """
    people = read_market(data / CUHK03).train
    chosen = set(sorted(relabel(people))[::4][:220])
    by_view: dict[tuple[int, int], list[Picture]] = {}
    for picture in sorted((p for p in people if p.pid in chosen), key=lambda p: p.name):
        by_view.setdefault((picture.pid, picture.camid), []).append(picture)
    views = [view for view in by_view.values() if len(view) > 1]
    gallery = tuple(picture for view in views for picture in view[1:])
    return TestSet("cuhk03-training-people", tuple(view[0] for view in views), gallery)


def list_ids(material: Material) -> str:
    """The text of ``ids.txt``: one line a person, ``set id use``."""
    lines = ["# set id use"]
    for use, pictures in (("train", material.train), ("validation", material.validation)):
        for pid in sorted(relabel(pictures)):
            is_cuhk01 = pid > CUHK01_OFFSET
            lines.append(f"{'cuhk01' if is_cuhk01 else 'cuhk03'} {pid - CUHK01_OFFSET * is_cuhk01} {use}")
    return "\n".join(lines) + "\n"


def load_all(pictures: tuple[Picture, ...]) -> list[ImageArray]:
    """Decode all pictures into memory (about 25 kB each)."""
    return [load_picture(picture) for picture in pictures]


def teacher_features(images: list[ImageArray], model: Path) -> FloatArray:
    """``(N, 256)`` L2-normalised features of Intel's embedder.

    Args:
        images: RGB uint8 of any size.
        model: The OpenVINO IR of person-reidentification-retail-0277 (BGR, 0..255, 256 x 128).
    """
    quiet_openvino()
    import openvino

    network = openvino.Core().read_model(model)
    network.reshape([_TEACHER_BATCH, 3, 256, 128])
    compiled = openvino.compile_model(network, "CPU", {"INFERENCE_PRECISION_HINT": "f32"})
    parts = []
    for start in range(0, len(images), _TEACHER_BATCH):
        crops = [cv2.resize(image, (128, 256)) for image in images[start : start + _TEACHER_BATCH]]
        batch = np.zeros((_TEACHER_BATCH, 3, 256, 128), np.float32)
        batch[: len(crops)] = np.stack(crops)[..., ::-1].transpose(0, 3, 1, 2)
        parts.append(compiled(batch)[0][: len(crops)].copy())
    features = np.concatenate(parts)
    normalised: FloatArray = features / np.linalg.norm(features, axis=1, keepdims=True)
    return normalised


def labels_of(pictures: tuple[Picture, ...]) -> IntArray:
    """Class of each picture, ``(N,)`` int64."""
    classes = relabel(pictures)
    return np.array([classes[picture.pid] for picture in pictures], np.int64)


def _both_parts(market: MarketSet) -> tuple[Picture, ...]:
    """Query and gallery: CUHK01 comes without a training part."""
    return tuple(sorted(market.query + market.gallery, key=lambda p: p.name))


def _unseen(pictures: tuple[Picture, ...]) -> tuple[Picture, ...]:
    return tuple(p for p in pictures if p.pid > LAST_CUHK01_TRAINING_PID)
