"""Person detectors behind one protocol."""

from reid_core.detection.base import Detector, DetectorConfig
from reid_core.detection.load import load_detector
from reid_core.detection.replay import ReplayDetector

__all__ = ["Detector", "DetectorConfig", "ReplayDetector", "load_detector"]
