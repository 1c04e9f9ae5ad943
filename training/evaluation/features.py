"""Embeddings of a data set's pictures, in batches: the pictures are never all in memory."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

import numpy as np

from reid_core.index.distance import l2_normalised
from reid_core.models.embedder import Embedder
from reid_core.types import FloatArray, ImageArray
from training.datasets.market import Picture, load_picture
from training.evaluation.protocol import Labels

_CHUNK = 128
HIDDEN_GREY = 124
"""About ImageNet's mean, so that a hidden place says nothing."""


def hide_below(image: ImageArray, share: float) -> ImageArray:
    """The picture with the lower ``share`` of its height in flat grey, as behind a table or a car.

    Args:
        image: ``(H, W, 3)``.
        share: 0 to 1.
    """
    hidden = image.copy()
    hidden[round(len(image) * (1 - share)) :] = HIDDEN_GREY
    return hidden


def load_chunks(
    pictures: Sequence[Picture], occlude: float = 0.0
) -> Iterator[tuple[slice, list[ImageArray]]]:
    """The pictures, some at a time, with their lower part hidden where asked for.

    Raises:
        DatasetError: A picture cannot be read.
    """
    for start in range(0, len(pictures), _CHUNK):
        rows = slice(start, min(start + _CHUNK, len(pictures)))
        images = (load_picture(picture) for picture in pictures[rows])
        yield rows, [hide_below(image, occlude) if occlude else image for image in images]


def embed_pictures(
    embedder: Embedder, pictures: Sequence[Picture], *, occlude: float = 0.0, flip: bool = False
) -> FloatArray:
    """The vectors of pictures.

    Args:
        embedder: Makes them.
        pictures: N of them.
        occlude: Share of each picture's height that is hidden from below.
        flip: Average with the mirrored picture's vector.

    Returns:
        ``(N, D)`` float32, each of length 1.
    """
    features = np.empty((len(pictures), embedder.space.dim), np.float32)
    for rows, images in load_chunks(pictures, occlude):
        vectors = embedder.embed(images)
        if flip:
            mirrored = embedder.embed([np.ascontiguousarray(image[:, ::-1]) for image in images])
            vectors = np.asarray(l2_normalised(vectors + mirrored), np.float32)
        features[rows] = vectors
    return features


def labels_of(pictures: Sequence[Picture]) -> Labels:
    """Persons and cameras of pictures as the evaluation takes them."""
    return Labels.of([picture.pid for picture in pictures], [picture.camid for picture in pictures])
