"""The face that every re-identification model shows to the pipeline."""

from __future__ import annotations

import hashlib
import json
import math
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, fields
from typing import Any, Protocol

from reid_core.types import FloatArray, ImageArray

_MIN_SIDE, _MAX_SIDE = 16, 2048


@dataclass(frozen=True, slots=True)
class Preprocessing:
    """What happens to a crop before the network sees it: resize (bilinear), then ``(x - mean) / std``.

    Attributes:
        height: Rows of the network's input, pixels.
        width: Columns of it.
        mean: Per channel, on the scale 0..255, in the network's channel order.
        std: As ``mean``.
        is_bgr: Whether the network wants blue first.
    """

    height: int = 256
    width: int = 128
    mean: tuple[float, float, float] = (123.675, 116.28, 103.53)
    std: tuple[float, float, float] = (58.395, 57.12, 57.375)
    is_bgr: bool = False


def preprocessing_from(given: Mapping[str, Any]) -> Preprocessing:
    """A preprocessing as JSON holds it: the fields of `Preprocessing`, lists for tuples.

    Raises:
        ValueError: A field is unknown, or a value is out of range.
    """
    unknown = set(given) - {field.name for field in fields(Preprocessing)}
    if unknown:
        raise ValueError(f"a preprocessing has no {', '.join(sorted(unknown))}")
    default = Preprocessing()
    height, width = int(given.get("height", default.height)), int(given.get("width", default.width))
    mean, std = _triple(given.get("mean", default.mean)), _triple(given.get("std", default.std))
    if not (_MIN_SIDE <= height <= _MAX_SIDE and _MIN_SIDE <= width <= _MAX_SIDE) or min(std) <= 0:
        raise ValueError("a preprocessing is out of range")
    return Preprocessing(height, width, mean, std, bool(given.get("is_bgr", default.is_bgr)))


def _triple(values: Sequence[float]) -> tuple[float, float, float]:
    first, second, third = (float(value) for value in values)
    if not all(map(math.isfinite, (first, second, third))):
        raise ValueError("a preprocessing is not finite")
    return first, second, third


@dataclass(frozen=True, slots=True)
class EmbeddingSpace:
    """Vectors can be compared only inside one space.

    Attributes:
        name: Name of the model, for people.
        key: Hash of weights, preprocessing and dimension; what makes two spaces the same.
        dim: D, length of a vector.
        height: Rows of the network's input, pixels.
        width: Columns of it.
    """

    name: str
    key: str
    dim: int
    height: int
    width: int


def make_space(name: str, weights_sha256: str, preprocessing: Preprocessing, dim: int) -> EmbeddingSpace:
    """The space of a model file under a preprocessing."""
    identity = {"weights": weights_sha256, "preprocessing": asdict(preprocessing), "dim": dim}
    key = hashlib.sha256(json.dumps(identity, sort_keys=True).encode()).hexdigest()
    return EmbeddingSpace(name, key, dim, preprocessing.height, preprocessing.width)


class Embedder(Protocol):
    """Turns crops of people into vectors that are close for the same person.

    Attributes:
        space: Where the vectors live.
        batch_size: Most crops that the network sees at once; it may shrink when memory runs out.
        device_note: Where and how it runs, and why there, for people to read.
    """

    @property
    def space(self) -> EmbeddingSpace: ...  # noqa: D102

    @property
    def batch_size(self) -> int: ...  # noqa: D102

    @property
    def device_note(self) -> str: ...  # noqa: D102

    def embed(self, crops: Sequence[ImageArray]) -> FloatArray:
        """The vectors of crops.

        Args:
            crops: K RGB uint8 crops of any size.

        Returns:
            ``(K, D)`` float32, each of length 1. The same crop gives the same vector (cosine .99999) whatever
            shares its batch.
        """
        ...
