"""The face that every re-identification model shows to the pipeline."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from typing import Protocol

from reid_core.types import FloatArray, ImageArray


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

    space: EmbeddingSpace
    batch_size: int
    device_note: str

    def embed(self, crops: Sequence[ImageArray]) -> FloatArray:
        """The vectors of crops.

        Args:
            crops: K RGB uint8 crops of any size.

        Returns:
            ``(K, D)`` float32, each of length 1. The same crop gives the same vector (cosine .99999) whatever
            shares its batch.
        """
        ...
