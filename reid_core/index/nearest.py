"""The k smallest values of each row, exactly and in one order whatever the ties."""

from __future__ import annotations

import numpy as np

from reid_core.index.distance import Reals
from reid_core.types import IntArray


def smallest(values: Reals, k: int) -> tuple[IntArray, Reals]:
    """Columns and values of the ``k`` smallest entries of each row, ascending; ties go to the lower column.

    The same answer as a stable sort cut at ``k``, at the price of a partition.

    Args:
        values: ``(N, M)`` without NaN.
        k: How many, 1..M.

    Returns:
        ``(N, k)`` int64 columns and ``(N, k)`` values.
    """
    n_columns = values.shape[1]
    if k >= n_columns:
        order = np.argsort(values, axis=1, kind="stable")
        return order, np.take_along_axis(values, order, axis=1)
    chosen = np.argpartition(values, k - 1, axis=1)[:, :k]
    chosen.sort(axis=1)
    found = np.take_along_axis(values, chosen, axis=1)
    limit = found.max(axis=1, initial=-np.inf)
    # A partition may take any of the entries that tie with the last one: redo those rows with a stable sort.
    for row in np.flatnonzero(np.count_nonzero(values <= limit[:, None], axis=1) > k):
        chosen[row] = np.sort(np.argsort(values[row], kind="stable")[:k])
        found[row] = values[row, chosen[row]]
    order = np.argsort(found, axis=1, kind="stable")
    return np.take_along_axis(chosen, order, axis=1), np.take_along_axis(found, order, axis=1)
