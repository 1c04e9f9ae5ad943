"""DSR while evaluating: the nearest gallery pictures of each query are compared place by place.

He et al., "Deep Spatial Feature Reconstruction for Partial Person Re-identification" (CVPR 2018), in
FastReID's form, and the simpler score of the FastReID paper's text; `reid_core.index.distance` has both. For
evaluation only: the local features of one picture take up to several hundred kilobytes, so they stay in a
file meanwhile.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np

from reid_core.errors import UsageError
from reid_core.index.distance import Reals, dsr_columns, dsr_least_squares, dsr_match_similarity
from reid_core.models.networks import ReidNetwork
from training.datasets.market import Picture
from training.evaluation.features import load_chunks

FAR = 100.0
"""Distance of the gallery pictures that are not compared place by place, as FastReID sets it."""
_BATCH = 32

LocalDistance = Callable[[Reals, Reals, Reals | None], float]
"""Of a query's columns, a picture's columns, and the weights of the query's places (None: all alike)."""


class LocalFeatures(NamedTuple):
    """The local features of N pictures.

    Attributes:
        columns: ``(N, C, M)`` float16 memory map of `dsr_columns`.
        weights: ``(N, M)`` foreground weights of a network that has them, rows sum to 1; else None.
    """

    columns: Any
    weights: Any


def least_squares(query: Reals, gallery: Reals, weights: Reals | None = None) -> float:
    """The released code's distance, weighted by the query's foreground where the network knows it."""
    return dsr_least_squares(query, gallery, weights)


def nearest_match(query: Reals, gallery: Reals, _weights: Reals | None = None) -> float:
    """The paper's text: one minus the mean similarity of each place to its best match; 0..2."""
    return 1 - dsr_match_similarity(query, gallery) / int(query.shape[1])


def store_columns(
    reid: ReidNetwork, pictures: Sequence[Picture], path: Path, occlude: float = 0.0
) -> LocalFeatures:
    """The local features of pictures, in a file.

    Args:
        reid: A network with a backbone.
        pictures: N of them.
        path: The file, written.
        occlude: Share of each picture's height that is hidden from below.

    Raises:
        UsageError: The network has no map.
    """
    import torch

    from training.datasets.transforms import resize

    backbone = getattr(reid.network, "feature_map", None) or getattr(reid.network, "backbone", None)
    if backbone is None:
        raise UsageError("DSR compares maps, which this model does not show: choose another metric.")
    p, stored, weigh = reid.preprocessing, None, getattr(reid.network, "foreground_weights", None)
    weights: list[Any] = []
    mean, std = (torch.tensor(values).reshape(1, 3, 1, 1) for values in (p.mean, p.std))
    for rows, images in load_chunks(pictures, occlude):
        for start in range(0, len(images), _BATCH):
            batch = np.stack([resize(image, p.height, p.width) for image in images[start : start + _BATCH]])
            pixels = torch.from_numpy(batch).permute(0, 3, 1, 2).float()
            pixels = pixels.flip(1) if p.is_bgr else pixels
            with torch.inference_mode():
                features = backbone((pixels - mean) / std)
                weights += [] if weigh is None else [weigh(features).float().numpy()]
                maps = features.float().numpy()
            for offset, feature_map in enumerate(maps, start=rows.start + start):
                columns = dsr_columns(feature_map)
                if stored is None:
                    shape = (len(pictures), *columns.shape)
                    stored = np.memmap(path, np.float16, "w+", shape=shape)
                stored[offset] = columns
    return LocalFeatures(stored, np.concatenate(weights) if weights else None)


def blend_blocks(
    blocks: Iterator[tuple[slice, Reals]],
    queries: LocalFeatures,
    gallery: LocalFeatures,
    local: LocalDistance,
    *,
    share: float = 0.5,
    n_candidates: int = 100,
) -> Iterator[tuple[slice, Reals]]:
    """Mix local distances into blocks of global ones: ``(1 - share) * global + share * local``.

    Args:
        blocks: Slices of queries and their ``(b, G)`` global distances.
        queries: Of `store_columns`.
        gallery: Of the same.
        local: Distance of two pictures' columns.
        share: Weight of the local distance. FastReID picks it on the test set, which is a leak; here it is
            given.
        n_candidates: Gallery pictures a query is compared with; the others are `FAR`.

    Yields:
        The slice of queries, and its ``(b, G)`` mixed distances.
    """
    for rows, distances in blocks:
        far = np.full_like(distances, FAR)
        for offset, order in enumerate(np.argsort(distances, axis=1, kind="stable")[:, :n_candidates]):
            row = rows.start + offset
            query = np.asarray(queries.columns[row], np.float32)
            weights = None if queries.weights is None else queries.weights[row]
            for item in order:
                far[offset, item] = local(query, np.asarray(gallery.columns[item], np.float32), weights)
        yield rows, (1 - share) * distances + share * far
