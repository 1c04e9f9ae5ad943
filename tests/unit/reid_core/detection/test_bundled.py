"""The detector that comes with Sightline: found without being named, and it finds people."""

from __future__ import annotations

import importlib.util
from pathlib import Path

import cv2
import numpy as np
import pytest

from reid_core.detection import load_detector
from reid_core.detection.base import DetectorConfig
from reid_core.geometry import iou
from reid_core.types import Frame
from reid_core.weights import find_model

PEOPLE = {
    "bus.jpg": [[47, 400, 240, 904], [223, 408, 345, 860], [670, 394, 810, 879], [0, 555, 70, 873]],
    "zidane.jpg": [[748, 42, 1149, 710], [148, 203, 1128, 715]],
}
"""Boxes of every person in ultralytics' photographs, xyxy in pixels, checked by eye."""


@pytest.fixture
def clean_clone(monkeypatch):
    """No folder of models and no download: what somebody has who has just cloned."""
    monkeypatch.delenv("SIGHTLINE_MODELS", raising=False)
    monkeypatch.setenv("SIGHTLINE_OFFLINE", "1")


def test_bundled_detector_is_taken_where_none_is_named(clean_clone):
    model = find_model("detector")
    assert model.name == "person-yolo11n"
    assert model.origin == "comes with Sightline"
    assert find_model("detector", "person-yolo11n") == model


@pytest.mark.parametrize("photograph", PEOPLE)
def test_bundled_detector_finds_every_person(photograph, clean_clone):
    package = importlib.util.find_spec("ultralytics")
    assert package is not None
    assert package.origin is not None
    image = cv2.imread(str(Path(package.origin).parent / "assets" / photograph))
    assert image is not None
    detector = load_detector(device="cpu", config=DetectorConfig(score_threshold=0.25))
    (found,) = detector.detect([Frame("camera", 0, 0, 0.0, np.ascontiguousarray(image[..., ::-1]))])
    overlaps = iou(np.array(PEOPLE[photograph], np.float32), found.xyxy)
    assert (overlaps.max(1) > 0.7).all()
    assert len(set(overlaps.argmax(1))) == len(overlaps)
