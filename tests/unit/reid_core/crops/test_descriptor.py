"""Pooling a tracklet's embeddings into its descriptor."""

from __future__ import annotations

import numpy as np
import pytest

from reid_core.crops.descriptor import pool_descriptor


def test_it_is_the_weighted_mean_of_length_1() -> None:
    embeddings = np.array([[1, 0, 0], [0, 1, 0]], np.float32)
    found = pool_descriptor(embeddings, [0.75, 0.25])
    assert found.dtype == np.float32
    np.testing.assert_allclose(found, np.array([3, 1, 0]) / 10**0.5, rtol=1e-6)


def test_crops_of_no_quality_count_only_when_there_is_nothing_else() -> None:
    embeddings = np.array([[1, 0], [0, 1]], np.float32)
    np.testing.assert_allclose(pool_descriptor(embeddings, [0.5, 0.0]), [1, 0])
    np.testing.assert_allclose(pool_descriptor(embeddings, [0.0, 0.0]), [0.5**0.5, 0.5**0.5], rtol=1e-6)


def test_embeddings_that_cancel_out_give_the_best_crop() -> None:
    embeddings = np.array([[1, 0], [-1, 0]], np.float32)
    np.testing.assert_allclose(pool_descriptor(embeddings, [0.5, 0.5]), [1, 0])


@pytest.mark.parametrize(
    ("embeddings", "qualities"),
    [
        (np.zeros((0, 4)), []),
        (np.ones((2, 4)), [1.0]),
        (np.ones(4), [1.0]),
        (np.full((1, 4), np.nan), [1.0]),
        (np.ones((1, 4)), [np.inf]),
        (np.ones((1, 4)), [-0.5]),
        (np.zeros((1, 4)), [1.0]),
    ],
)
def test_what_has_no_descriptor_is_refused(embeddings: np.ndarray, qualities: list[float]) -> None:
    with pytest.raises(ValueError, match=r"fit together|numbers|direction"):
        pool_descriptor(embeddings.astype(np.float32), qualities)
