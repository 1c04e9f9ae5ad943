"""What the bundled detector learns from: two sequences with true boxes, other footage with an ensemble's."""

from __future__ import annotations

import logging
import tarfile
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

import cv2
import numpy as np

from reid_core.geometry import clip, iou
from reid_core.types import Detections, FloatArray, ImageArray
from training.recipes.bundled_detector_boxes import Network, predict_ensemble

log = logging.getLogger(__name__)

PUBLIC = (Path("weights/detector/yolo11n.pt"), Path("weights/detector/yolov8n.pt"))
"""The ensemble; the first is also where the training starts."""
MAX_SIDE_PX = 1280
"""Larger pictures are scaled down to this when read: nothing here looks at more."""
POSITIVE_SCORE = 0.25
"""Least score of a fused box that is taught as a person."""
UNLABELLED_SCORE = 0.5
"""Least score of a fused box that is added where the true boxes leave a person out."""
HELD_OUT_SHARE = 0.2
"""Share of each scene, its end, that is kept for the comparison."""


@dataclass(frozen=True, slots=True)
class Clip:
    """One source of frames.

    Attributes:
        scene: Clips of one scene are left out together.
        path: Below the data folder: a video, a folder of stills, or a tar of numbered pictures.
        every: Every n-th frame is used.
        truth: The MOT file with true boxes, if there is one.
    """

    scene: str
    path: str
    every: int
    truth: str = ""


CLIPS = (
    Clip("pets", "mot/PETS09-S2L1-1to300/img1.tar", 5, "mot/PETS09-S2L1-1to300/gt/gt.txt"),
    Clip("tud", "mot/TUD-Campus/TUD-Campus.mp4", 2, "mot/TUD-Campus/gt/gt.txt"),
    *(Clip("lab4", f"footage/lab4/cam{camera}.mp4", 22) for camera in range(4)),
    Clip("room2", "footage/room2/camA-single.mp4", 16),
    Clip("room2", "footage/room2/camB-double.mp4", 8),
    Clip("campus", "footage/campus-stills", 1),
    Clip("entry", "footage/entry-one-by-one/one-by-one-person-detection.mp4", 45),
)


@dataclass(frozen=True, slots=True)
class Labelled:
    """A picture with its persons.

    Attributes:
        scene: Where it is from.
        image: RGB uint8.
        true: ``(N, 4)`` boxes by people's hands; empty where there are none.
        has_truth: Whether ``true`` is known.
        taught: ``(M, 4)`` boxes to learn: the true ones and the ensemble's.
        is_held_out: Kept for the comparison.
    """

    scene: str
    image: ImageArray
    true: FloatArray
    has_truth: bool
    taught: FloatArray
    is_held_out: bool


def read_labelled(data: Path, networks: Sequence[Network], cache: Path) -> list[Labelled]:
    """All frames of all clips; the ensemble's boxes are kept in the cache folder."""
    cache.mkdir(parents=True, exist_ok=True)
    labelled: list[Labelled] = []
    for part in CLIPS:
        frames = list(labelled_frames(data, part))
        fused = _ensemble(part, frames, networks, cache)
        n_learnt = len(frames) - round(HELD_OUT_SHARE * len(frames))
        for rank, (frame, found) in enumerate(zip(frames, fused, strict=True)):
            taught = teach(frame.true, found) if part.truth else found.xyxy[found.scores >= POSITIVE_SCORE]
            labelled.append(replace(frame, taught=taught, is_held_out=rank >= n_learnt))
        log.info(
            "%s %s: %d frames, %d boxes",
            part.scene,
            part.path,
            len(frames),
            sum(len(f.taught) for f in labelled[-len(frames) :]),
        )
    return labelled


def teach(true: FloatArray, found: Detections) -> FloatArray:
    """The true boxes, and persons that the ensemble is sure of where the truth has none."""
    is_sure = found.scores >= UNLABELLED_SCORE
    if len(true):
        is_sure &= iou(found.xyxy, true).max(1) < 0.3
    return np.concatenate([true, found.xyxy[is_sure]]).astype(np.float32)


def _ensemble(
    part: Clip, frames: Sequence[Labelled], networks: Sequence[Network], cache: Path
) -> list[Detections]:
    """The ensemble's boxes of a clip, from the cache if they are there."""
    file = cache / f"{Path(part.path).stem}-{part.scene}-{part.every}.npz"
    if not file.exists():
        found = [predict_ensemble(networks, frame.image) for frame in frames]
        counts = np.array([len(one) for one in found])
        boxes, scores = np.concatenate([f.xyxy for f in found]), np.concatenate([f.scores for f in found])
        np.savez(file, xyxy=boxes, scores=scores, ends=counts.cumsum())
    with np.load(file) as kept:
        ends = kept["ends"][:-1]
        pairs = zip(np.split(kept["xyxy"], ends), np.split(kept["scores"], ends), strict=True)
        return [Detections(xyxy, scores) for xyxy, scores in pairs]


def labelled_frames(data: Path, part: Clip) -> Iterator[Labelled]:
    """The frames of a clip with their true boxes, without an ensemble's."""
    truth = _read_truth(data / part.truth) if part.truth else {}
    empty = np.zeros((0, 4), np.float32)
    for rank, image in enumerate(pictures_of(data / part.path)):
        if rank % part.every == 0:
            height, width = image.shape[:2]
            scale = min(1.0, MAX_SIDE_PX / max(height, width))
            if scale < 1:
                size = (round(width * scale), round(height * scale))
                image = np.asarray(cv2.resize(image, size, interpolation=cv2.INTER_AREA), np.uint8)
            true = clip(truth.get(rank + 1, empty), width, height) * np.float32(scale)
            yield Labelled(part.scene, image, true, bool(part.truth), empty, is_held_out=False)


def pictures_of(path: Path) -> Iterator[ImageArray]:
    """Every picture of a source in order, RGB."""
    if path.is_dir():
        for file in sorted(path.glob("*.jpg")):
            yield _decode(file.read_bytes())
    elif path.suffix == ".tar":
        with tarfile.open(path) as tar:
            for member in sorted((m for m in tar if m.name.endswith(".jpg")), key=lambda m: m.name):
                content = tar.extractfile(member)
                if content is not None:
                    yield _decode(content.read())
    else:
        capture = cv2.VideoCapture(str(path))
        try:
            while (read := capture.read())[0]:
                yield np.ascontiguousarray(read[1][..., ::-1])
        finally:
            capture.release()


def _decode(data: bytes) -> ImageArray:
    return np.asarray(cv2.imdecode(np.frombuffer(data, np.uint8), cv2.IMREAD_COLOR_RGB), np.uint8)


def _read_truth(path: Path) -> dict[int, FloatArray]:
    """Boxes by 1-based frame from a MOT ground truth; rows with confidence 0 are not persons."""
    rows = np.loadtxt(path, delimiter=",", ndmin=2)
    rows = rows[rows[:, 6] > 0]
    boxes = np.concatenate([rows[:, 2:4], rows[:, 2:4] + rows[:, 4:6]], axis=1).astype(np.float32)
    return {int(frame): boxes[rows[:, 0] == frame] for frame in np.unique(rows[:, 0])}
