"""An embedder over any runtime: resize, run in fixed batches, normalise."""

from __future__ import annotations

from collections.abc import Callable, Sequence

import cv2
import numpy as np

from reid_core.models.embedder import EmbeddingSpace
from reid_core.runtimes.base import Runtime
from reid_core.runtimes.batching import BatchRunner, Notify
from reid_core.types import FloatArray, ImageArray

_GROUP_BATCHES = 8
_LEAST_LENGTH = 1e-12


class BatchEmbedder:
    """Embeds crops. For one thread at a time.

    Args:
        prepare: Makes the runtime for a batch size: ``(B, H, W, 3)`` uint8 RGB to ``(B, D)``.
        space: Where the vectors live.
        batch_size: First batch size to try.
        device_note: Where and how the network runs.
        notify: Hears of smaller batches.
    """

    def __init__(
        self,
        prepare: Callable[[int], Runtime],
        space: EmbeddingSpace,
        batch_size: int,
        device_note: str,
        notify: Notify | None = None,
    ) -> None:
        self.space = space
        self.device_note = device_note
        self._runner = BatchRunner(prepare, batch_size, "The re-identification model", notify)

    @property
    def batch_size(self) -> int:
        """Most crops that the network sees at once."""
        return self._runner.batch_size

    def embed(self, crops: Sequence[ImageArray]) -> FloatArray:
        """See `Embedder`."""
        vectors = np.zeros((len(crops), self.space.dim), np.float32)
        n_group = self.batch_size * _GROUP_BATCHES
        for start in range(0, len(crops), n_group):
            group = crops[start : start + n_group]
            pictures = np.empty((len(group), self.space.height, self.space.width, 3), np.uint8)
            for crop, picture in zip(group, pictures, strict=True):
                resize(crop, picture)
            vectors[start : start + len(group)] = self._runner(pictures)
        lengths = np.linalg.norm(vectors, axis=1, keepdims=True)
        normalised: FloatArray = vectors / np.maximum(lengths, _LEAST_LENGTH)
        return normalised


def resize(crop: ImageArray, picture: ImageArray) -> None:
    """Bring a crop to a picture's size; its aspect gives way.

    Bilinear; where both sides shrink, over the whole area that a pixel stands for, as the networks' training
    code does.

    Args:
        crop: ``(h, w, 3)``, h and w from 1.
        picture: ``(H, W, 3)``, written.
    """
    height, width = picture.shape[:2]
    shrinks = crop.shape[0] >= height and crop.shape[1] >= width
    picture[:] = cv2.resize(
        crop, (width, height), interpolation=cv2.INTER_AREA if shrinks else cv2.INTER_LINEAR
    )
