"""DSR: the mask weighs the places that the distance compares, and the foreground has losses of its own."""

from __future__ import annotations

import numpy as np
import pytest
import torch

from reid_core.index.distance import dsr_columns
from reid_core.models.dsr import DSR, Foreground
from tests.unit.reid_core.models.trunks import few_convolutions


def test_places_of_a_large_map_are_those_of_the_distance():
    feature_map = torch.rand(1, 5, 24, 8)
    foreground = Foreground(5)
    vector, weights = foreground(feature_map)
    assert weights.shape == (1, 110)
    assert dsr_columns(feature_map[0].numpy()).shape == (5, 110)
    torch.testing.assert_close(weights.sum(dim=1), torch.ones(1))
    assert (weights >= 0).all()
    assert vector.shape == (1, 5)


def test_a_mask_that_knows_the_person_sums_up_the_person_alone():
    """Channel 0 says person, channel 1 what else is there; a mask that reads channel 0 keeps its places."""
    feature_map = torch.zeros(1, 2, 24, 8)
    feature_map[0, 0, :12], feature_map[0, 1, 12:] = 1.0, 1.0
    foreground = Foreground(2)
    with torch.no_grad():
        foreground.mask.weight.copy_(torch.tensor([[40.0, 0.0]]))
        foreground.mask.bias.fill_(-20.0)
        vector, weights = foreground(feature_map)
    torch.testing.assert_close(vector, torch.tensor([[1.0, 0.0]]))
    columns = dsr_columns(feature_map[0].numpy())
    assert weights[0][torch.from_numpy(columns[0] == 0)].max() < 1e-6


def test_small_maps_have_fewer_places_and_tiny_ones_none():
    assert Foreground(3)(torch.rand(2, 3, 6, 4))[1].shape == (2, 6 + 2)
    with pytest.raises(ValueError, match="smaller than every kernel"):
        Foreground(3)(torch.rand(2, 3, 6, 1))


@pytest.mark.parametrize("is_foreground_searched", [True, False])
def test_both_heads_learn_and_one_is_searched(is_foreground_searched):
    torch.manual_seed(0)
    network = DSR(few_convolutions(), 3, is_foreground_searched=is_foreground_searched)
    output = network.learn(torch.randn(4, 3, 128, 64))
    assert output.whole.logits.shape == output.foreground.logits.shape == (4, 3)
    (output.whole.logits.sum() + output.foreground.logits.square().sum()).backward()
    assert all(p.grad is not None for n, p in network.named_parameters() if p.requires_grad), "a dead part"
    network.eval()
    with torch.inference_mode():
        images = torch.randn(2, 3, 128, 64)
        embedding = network(images)
        expected = network.learn(images)
    wanted = expected.foreground if is_foreground_searched else expected.whole
    np.testing.assert_allclose(embedding, wanted.embedding, rtol=1e-5)
