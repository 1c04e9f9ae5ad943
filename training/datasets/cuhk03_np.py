"""CUHK03 with the new protocol (767 and 700 persons): Market-1501's layout, once per way of cutting out.

Zhong et al., "Re-ranking Person Re-identification with k-reciprocal Encoding" (CVPR 2017).
"""

from __future__ import annotations

from pathlib import Path

from training.datasets.folders import find_root
from training.datasets.market import MarketSet, Split, read_market


def read_detected(path: Path) -> MarketSet:
    """The pictures that a detector cut out; ``path`` holds ``detected``, or is it."""
    return read_market(_part(path, "detected"))


def read_labeled(path: Path) -> MarketSet:
    """The pictures that people cut out; ``path`` holds ``labeled``, or is it."""
    return read_market(_part(path, "labeled"))


def _part(path: Path, name: str) -> Path:
    if path.name == name:
        return path
    return find_root(path, f"{name}/{Split.TRAIN}") / name
