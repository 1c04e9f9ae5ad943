"""The sequences of the tracking benchmark, and the detections on them, which are kept in the user's cache."""

from __future__ import annotations

import hashlib
import shutil
import tarfile
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from reid_core.detection.base import Detector
from reid_core.media.source import FrameSource, open_source
from reid_core.paths import cache_dir
from reid_core.tracking.appearance import ColourHistogram
from reid_core.tracking.base import Observation
from reid_core.tracking.cuts import CutDetector
from reid_core.types import Detections, FloatArray, Frame

PETS, TUD, LAB = "PETS09-S2L1-1to300", "TUD-Campus", "lab4"
N_CAMERAS = 4
_CACHE_FORMAT = "1"


@dataclass(frozen=True)
class Sequence:
    """Footage with the truth about who is where.

    Attributes:
        name: Of the sequence.
        group: Sequences of one group get one figure.
        footage: A video, or a folder of pictures.
        truth: Ground truth in MOTChallenge's format.
        is_identity_only: The truth names some people alone: boxes of others are not judged.
    """

    name: str
    group: str
    footage: Path
    truth: Path
    is_identity_only: bool = False


@dataclass(frozen=True)
class Found:
    """What tracking sees of a sequence.

    Attributes:
        sequence: The sequence.
        observations: One a frame.
        width: Of the picture, pixels.
        height: Of the picture, pixels.
        frame_ms: Time between frames.
    """

    sequence: Sequence
    observations: list[Observation]
    width: int
    height: int
    frame_ms: float


def find_sequences(data: Path) -> list[Sequence]:
    """The sequences in the folder of research footage."""
    mot, lab = data / "mot", data / "footage" / LAB
    cameras = [
        Sequence(
            f"{LAB}/cam{n}", LAB, lab / f"cam{n}.mp4", lab / "identity" / f"cam{n}.txt", is_identity_only=True
        )
        for n in range(N_CAMERAS)
    ]
    return [
        Sequence(PETS, PETS, _unpacked(mot / PETS), mot / PETS / "gt" / "gt.txt"),
        Sequence(TUD, TUD, mot / TUD / "TUD-Campus.mp4", mot / TUD / "gt" / "gt.txt"),
        *cameras,
    ]


def _unpacked(folder: Path) -> Path:
    """The pictures of a sequence that comes as ``img1.tar``, unpacked once into the cache."""
    place = cache_dir() / "benchmarks" / folder.name
    done = place / "unpacked"
    if not done.exists():
        place.mkdir(parents=True, exist_ok=True)
        with tarfile.open(folder / "img1.tar") as archive:
            archive.extractall(place, filter="data")
        shutil.copy(folder / "seqinfo.ini", place)
        done.touch()
    return place / "img1"


def open_footage(sequence: Sequence) -> FrameSource:
    """The pictures of a sequence."""
    return open_source(sequence.footage, sequence.name)


def detect(sequence: Sequence, detector: Detector) -> Found:
    """The detections of every frame; found once for each detector and footage."""
    source = open_footage(sequence)
    try:
        identity = (_CACHE_FORMAT, detector.key, ColourHistogram.key, source.info.fingerprint)
        file = cache_dir() / "benchmarks" / f"{hashlib.sha256(repr(identity).encode()).hexdigest()}.npz"
        if not file.exists():
            _save(file, list(_observe(source, detector)))
        info = source.info
        return Found(sequence, _load(file), info.width, info.height, 1000 / info.fps)
    finally:
        source.close()


def _observe(source: FrameSource, detector: Detector) -> Iterator[Observation]:
    cuts, describe = CutDetector(), ColourHistogram()
    for batch in _batches(source, detector.batch_size):
        for frame, detections in zip(batch, detector.detect(batch), strict=True):
            yield Observation(
                frame_idx=frame.index,
                t_ms=frame.t_ms,
                cut=cuts.push(frame.image),
                motion=None,
                detections=detections,
                appearance=describe(frame.image, detections).astype(np.float16).astype(np.float32),
            )


def _batches(source: FrameSource, size: int) -> Iterator[list[Frame]]:
    batch: list[Frame] = []
    for frame in source.frames():
        batch.append(frame)
        if len(batch) == size:
            yield batch
            batch = []
    if batch:
        yield batch


def _save(file: Path, observations: list[Observation]) -> None:
    partial = file.with_suffix(".partial.npz")
    np.savez_compressed(
        partial,
        t_ms=np.array([one.t_ms for one in observations]),
        cut=np.array([one.cut for one in observations]),
        n=np.array([len(one.detections) for one in observations]),
        xyxy=np.concatenate([one.detections.xyxy for one in observations]),
        scores=np.concatenate([one.detections.scores for one in observations]),
        appearance=np.concatenate([one.appearance for one in observations]).astype(np.float16),
    )
    partial.replace(file)


def _load(file: Path) -> list[Observation]:
    with np.load(file) as stored:
        columns = {name: stored[name] for name in stored.files}
    ends = np.cumsum(columns["n"])
    parts: dict[str, list[FloatArray]] = {
        name: np.split(columns[name].astype(np.float32), ends[:-1])
        for name in ("xyxy", "scores", "appearance")
    }
    return [
        Observation(
            frame_idx=idx,
            t_ms=float(t_ms),
            cut=bool(columns["cut"][idx]),
            motion=None,
            detections=Detections(parts["xyxy"][idx], parts["scores"][idx]),
            appearance=parts["appearance"][idx],
        )
        for idx, t_ms in enumerate(columns["t_ms"])
    ]
