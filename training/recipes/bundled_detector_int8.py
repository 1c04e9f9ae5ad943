"""The bundled detector in 8 bits for the CPU: weights and activations are rounded, nothing is trained.

Post-training quantization by NNCF: the ranges of the activations are measured on pictures, per channel of the
weights and per tensor of the activations, and the bias of each convolution is corrected for the mean error
that the rounding makes. The pictures are of scenes on which nothing is ever reported, and of the demo's two
photographs. The decoding of the boxes stays in float32.

    python -m pip install nncf
    python -m training.recipes.bundled_detector_int8 make --data ../shared/data
    python -m training.recipes.bundled_detector_int8 score --data ../shared/data
"""

from __future__ import annotations

import argparse
import logging
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import cv2
import numpy as np

from reid_core.detection.letterbox import fit_aspect
from reid_core.detection.load import load_detector
from reid_core.detection.yolo_network import build_network
from reid_core.paths import bundled_models_dir
from reid_core.types import FloatArray, Frame, ImageArray
from reid_core.weights.model_file import hash_model
from reid_core.weights.yolo_file import read_yolo
from training.recipes.bundled_detector_boxes import Tally, compare
from training.recipes.bundled_detector_data import CLIPS, labelled_frames, pictures_of
from training.recipes.bundled_detector_narrow import keep_person

log = logging.getLogger(__name__)

NAME = "person-yolo11n"
SCENES = ("campus", "entry", "room2")
LONG_SIDES_PX = (640, 480)
"""Each picture is shown in both sizes, and once mirrored."""
THRESHOLDS = (0.1, 0.25, 0.5)
_TRACED_SIZE = (384, 640)


def quantize(data: Path, models: Path) -> Any:
    """The ``openvino.Model`` in 8 bits: ``(N, 3, H, W)`` float32 0..1 RGB to ``(N, 5, A)``.

    Args:
        data: The folder of research footage.
        models: Holds the detector in full precision.
    """
    import nncf
    import openvino
    import torch

    persons = build_network(read_yolo(models / f"{NAME}.safetensors"), NAME)
    keep_person(persons.network, persons.person_idx)
    persons.person_idx = 0
    with torch.no_grad():
        exact = openvino.convert_model(
            persons, example_input=torch.zeros(2, 3, *_TRACED_SIZE), input=[-1, 3, -1, -1]
        )
    layers: Any = persons.network.model
    head = f"model.{len(layers) - 1}"
    pictures = list(calibration_pictures(data))
    return nncf.quantize(
        exact,
        nncf.Dataset(pictures),
        subset_size=len(pictures),
        preset=nncf.QuantizationPreset.MIXED,
        fast_bias_correction=True,
        ignored_scope=nncf.IgnoredScope(
            patterns=[rf".*{head}/.*(Add|Sub|Mul|Div|Concat|Slice).*", rf".*{head}\.dfl.*"], types=["Sigmoid"]
        ),
    )


def calibration_pictures(data: Path) -> Iterator[FloatArray]:
    """``(1, 3, H, W)`` float32 0..1: what the network sees of the scenes."""
    import ultralytics

    photographs = Path(ultralytics.__file__).parent / "assets"
    frames = [_read(photographs / name) for name in ("bus.jpg", "zidane.jpg")]
    for part in CLIPS:
        if part.scene in SCENES:
            frames += [
                image for rank, image in enumerate(pictures_of(data / part.path)) if rank % part.every == 0
            ]
    for image in frames:
        for side in LONG_SIDES_PX:
            for shown in (image, image[:, ::-1]):
                height, width = shown.shape[:2]
                box = fit_aspect(width, height, side)
                picture = box.blank(1)
                box.draw(np.ascontiguousarray(shown), picture[0])
                yield np.ascontiguousarray(picture.transpose(0, 3, 1, 2), np.float32) / np.float32(255)


def _read(path: Path) -> ImageArray:
    return np.asarray(cv2.imread(str(path), cv2.IMREAD_COLOR_RGB), np.uint8)


def score(data: Path, models: Path) -> Iterator[str]:
    """Rows of recall and precision at an IoU of 0.5 on the sequences with true boxes, both precisions."""
    detectors = {
        name: load_detector(models / file, device="cpu")
        for name, file in (("float32", f"{NAME}.safetensors"), ("int8", f"{NAME}-int8.xml"))
    }
    for part in CLIPS:
        frames = list(labelled_frames(data, part)) if part.truth else []
        for name, detector in detectors.items() if frames else ():
            found = [detector.detect([Frame("", 0, 0, 0.0, frame.image)])[0] for frame in frames]
            for threshold in THRESHOLDS:
                tally = Tally()
                for one, frame in zip(found, frames, strict=True):
                    tally += compare(one.select(one.scores >= threshold), frame.true)
                yield (
                    f"| {part.scene} | {len(frames)} | {name} | {threshold:g} | {tally.recall:.3f} | "
                    f"{tally.precision:.3f} | {tally.n_hits} of {tally.n_true}, {tally.n_found} found |"
                )


def make(data: Path, models: Path) -> None:
    """Write the files beside the ones in full precision, and log the hash for the manifest."""
    import openvino

    model = quantize(data, models)
    model.set_rt_info("person", ["model_info", "labels"])
    target = models / f"{NAME}-int8.xml"
    openvino.save_model(model, target, compress_to_fp16=True)
    log.info("%s: sha256 = %s", target, hash_model(target))


def main() -> None:
    """The command line of the recipe."""
    parser = argparse.ArgumentParser(description=__doc__.split("\n", 1)[0])
    parser.add_argument("job", choices=("make", "score"))
    parser.add_argument("--data", type=Path, default=Path("../shared/data"))
    parser.add_argument("--models", type=Path, default=bundled_models_dir())
    chosen = parser.parse_args()
    logging.basicConfig(level=logging.INFO, format="%(message)s")
    if chosen.job == "make":
        make(chosen.data, chosen.models)
    else:
        for line in score(chosen.data, chosen.models):
            log.info("%s", line)


if __name__ == "__main__":
    main()
