"""Groups of pictures that a model takes for one person each: DBSCAN on Jaccard distances.

Ester et al., "A Density-Based Algorithm for Discovering Clusters" (1996), on the distance of
`reid_core.index.rerank.fastreid_jaccard`, as re-identification without labels has it since Song et al.,
"Unsupervised Domain Adaptive Re-Identification" (2018). Reconstruction: no released code was followed.
"""

from __future__ import annotations

import numpy as np
from scipy import sparse
from scipy.sparse.csgraph import connected_components

from reid_core.index.distance import Reals
from reid_core.index.rerank import fastreid_jaccard_blocks
from reid_core.types import IntArray

OUTLIER = -1


def cluster(
    features: Reals, *, eps: float = 0.6, min_samples: int = 4, k1: int = 20, k2: int = 6
) -> IntArray:
    """Cluster features of length 1.

    A feature with ``min_samples`` features (itself among them) within ``eps`` is a core; cores within ``eps``
    of each other are one cluster; any other feature joins its nearest core within ``eps``, or none.

    Args:
        features: ``(N, D)``.
        eps: Largest Jaccard distance, 0..1.
        min_samples: Of a core.
        k1: Neighbours of the Jaccard distance.
        k2: Neighbours that it averages over.

    Returns:
        ``(N,)`` cluster of each feature, from 0 in the order of their first members; `OUTLIER` for none.
    """
    n = len(features)
    rows, columns, values = [], [], []
    for block, distances in fastreid_jaccard_blocks(features, min(k1, n), min(k2, n)):
        row, column = np.nonzero(distances <= eps)
        rows.append(row + block.start)
        columns.append(column)
        values.append(distances[row, column])
    row, column, value = (np.concatenate(part) for part in (rows, columns, values))
    near = sparse.csr_array((np.ones(len(row), np.int32), (row, column)), shape=(n, n))
    is_core = np.asarray(near.sum(axis=1)).ravel() >= min_samples
    between = is_core[row] & is_core[column]
    graph = sparse.csr_array((np.ones(between.sum(), np.int8), (row[between], column[between])), shape=(n, n))
    _, component = connected_components(graph, directed=False)
    labels = np.where(is_core, component, OUTLIER).astype(np.int64)
    joins = ~is_core[row] & is_core[column]
    order = np.lexsort((column[joins], value[joins], row[joins]))
    border, first = np.unique(row[joins][order], return_index=True)
    labels[border] = component[column[joins][order][first]]
    return _in_order(labels)


def _in_order(labels: IntArray) -> IntArray:
    """The same clusters, numbered by their first members."""
    found, first = np.unique(labels[labels != OUTLIER], return_index=True)
    number = {int(label): place for place, label in enumerate(found[np.argsort(first)].tolist())}
    return np.array([number.get(int(label), OUTLIER) for label in labels], np.int64)
