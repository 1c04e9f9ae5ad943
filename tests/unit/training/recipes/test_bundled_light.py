"""The light model's recipe: who is trained on, the schedule, and the terms that are its own."""

from __future__ import annotations

import itertools

import numpy as np
import pytest
import torch

from tests.data import shared_data
from training.recipes.bundled_light import LightConfig, batches, centred, relation_loss
from training.recipes.bundled_light_data import CUHK01_OFFSET, list_ids, read_material, read_tests
from training.recipes.bundled_light_score import hide


def test_size_and_rate_over_the_run():
    config = LightConfig(n_steps=1000, small_share=0.6, warmup_share=0.1, lr=1e-3)
    assert config.size(0) == config.size(599) == config.small
    assert config.size(600) == config.size(999) == config.full
    rates = [config.rate(step) for step in range(1000)]
    assert rates[0] == pytest.approx(1e-5)
    assert max(rates) == rates[100] == pytest.approx(1e-3)
    assert rates[999] < 1e-5


def test_batches_go_on_where_they_were():
    labels = np.repeat(np.arange(20), 6)
    config = LightConfig(n_ids=4, n_images=3)
    whole = list(itertools.islice(batches(config, labels, 0), 25))
    resumed = list(itertools.islice(batches(config, labels, 12), 13))
    np.testing.assert_array_equal(whole[12:], resumed)


def test_relation_is_the_mean_squared_difference_of_cosines():
    student = torch.tensor([[1.0, 0.0], [0.0, 2.0]])  # cosine 0
    teacher = torch.tensor([[3.0, 0.0, 0.0], [1.0, 1.0, 0.0]])  # cosine 1 / sqrt 2
    assert relation_loss(student, teacher).item() == pytest.approx(2 * 0.5 / 4)
    assert relation_loss(teacher, teacher).item() == pytest.approx(0, abs=1e-9)


def test_centred_features_have_no_common_direction():
    rng = np.random.default_rng(0)
    features = rng.normal(size=(200, 8)).astype(np.float32) + 3
    moved = centred(features)
    np.testing.assert_allclose(np.linalg.norm(moved, axis=1), 1, rtol=1e-5)
    assert abs((moved @ moved.T).mean()) < 0.02


def test_hidden_share_is_taken_from_below():
    image = np.zeros((100, 40, 3), np.uint8)
    assert (hide(image, 0.4)[:60] == 0).all()
    assert (hide(image, 0.4)[60:] == 124).all()
    assert (hide(image, 0.0) == 0).all()
    assert (image == 0).all()


@pytest.mark.data
def test_nobody_is_in_two_parts():
    data = shared_data()
    material = read_material(data)
    cuhk03, cuhk01 = read_tests(data)
    train, validation = ({p.pid for p in part} for part in (material.train, material.validation))
    assert not train & validation
    assert len(train | validation) == 881 + 300
    assert max(train | validation) == CUHK01_OFFSET + 300
    tested = {p.pid for p in cuhk03.query + cuhk03.gallery}
    tested |= {p.pid + CUHK01_OFFSET for p in cuhk01.query + cuhk01.gallery}
    assert len(tested) == 220 + 100
    assert not (train | validation) & tested
    assert len(list_ids(material).splitlines()) == 1 + 881 + 300
