"""The detector's recipe: boxes fused and compared, the class head narrowed, pictures moved with boxes."""

from __future__ import annotations

import numpy as np
import pytest
import torch

from reid_core.types import Detections
from training.recipes.bundled_detector import DetectorRecipe, vary
from training.recipes.bundled_detector_boxes import Tally, compare, fuse
from training.recipes.bundled_detector_data import Labelled, teach
from training.recipes.bundled_detector_narrow import Moments, choose_channels

A, NEAR_A, B = [10, 10, 50, 110], [12, 10, 52, 110], [200, 20, 240, 120]


def test_boxes_of_several_views_become_one_weighted_by_score():
    fused = fuse([Detections.of([A], [0.9]), Detections.of([NEAR_A, B], [0.3, 0.8])])
    assert len(fused) == 2
    assert fused.xyxy[0] == pytest.approx([10.5, 10, 50.5, 110])
    assert fused.scores == pytest.approx([0.6, 0.4])


def test_two_boxes_of_one_view_are_never_fused():
    fused = fuse([Detections.of([A, NEAR_A], [0.9, 0.8]), Detections.empty()])
    assert len(fused) == 2
    assert fused.scores == pytest.approx([0.45, 0.4])
    assert len(fuse([Detections.empty(), Detections.empty()])) == 0


def test_comparison_counts_each_true_box_once():
    true = np.array([A, B], np.float32)
    assert compare(Detections.of([A, NEAR_A], [0.5, 0.9]), true) == Tally(1, 2, 2)
    assert compare(Detections.empty(), true) == Tally(0, 2, 0)
    assert compare(Detections.of([A], [0.5]), np.zeros((0, 4), np.float32)) == Tally(0, 0, 1)
    total = Tally(1, 2, 2) + Tally(2, 2, 3)
    assert (total.recall, total.precision) == (0.75, 0.6)


def test_true_boxes_are_taught_with_the_people_that_they_leave_out():
    found = Detections.of([NEAR_A, B, [300, 0, 340, 90]], [0.9, 0.7, 0.4])
    assert teach(np.array([A], np.float32), found).tolist() == [A, B]
    assert teach(np.zeros((0, 4), np.float32), found).tolist() == [NEAR_A, B]


def test_channels_that_matter_are_kept_and_the_fit_is_exact():
    """Targets that depend on three of six inputs, one of them a copy of another input."""
    rng = np.random.default_rng(0)
    x = rng.normal(size=(500, 6)).astype(np.float32)
    x[:, 5] = 2 * x[:, 1]
    y = np.stack([3 * x[:, 0] - x[:, 1] + 0.5, x[:, 4] + x[:, 0]], 1)
    moments = Moments(np.zeros((7, 7)), np.zeros((7, 2)))
    moments.add(torch.from_numpy(x), torch.from_numpy(y), torch.ones(500))
    kept, weights, constants = choose_channels(moments, 3)
    assert set(kept) in ({0, 1, 4}, {0, 4, 5})
    np.testing.assert_allclose(x[:, kept] @ weights.T + constants, y, atol=1e-4)


@pytest.mark.parametrize("seed", range(12))
def test_boxes_follow_their_picture(seed):
    """A bright rectangle on black: after every change its pixels still fill its box, and nothing else."""
    image = np.zeros((240, 320, 3), np.uint8)
    image[60:180, 100:160] = 255
    box = np.array([[100, 60, 160, 180]], np.float32)
    picture = Labelled("scene", image, box, True, box, False)
    config = DetectorRecipe(size_px=160, scale=(0.6, 1.6))
    pixels, boxes = vary(picture, config, np.random.default_rng(seed))
    assert pixels.shape == (3, 160, 160)
    bright = pixels.min(0) > 0.63  # above the grey border at its lightest
    if len(boxes):
        rows, columns = np.flatnonzero(bright.any(1)), np.flatnonzero(bright.any(0))
        seen = [columns[0], rows[0], columns[-1] + 1, rows[-1] + 1]
        assert boxes[0] == pytest.approx(seen, abs=1.5)
    else:
        assert bright.mean() < 0.25 * 60 * 120 * 1.6**2 / 320 / 240


def test_rate_rises_then_falls():
    config = DetectorRecipe(n_steps=100, lr=1e-4)
    rates = [config.rate(step) for step in range(100)]
    assert max(rates) == rates[10] == pytest.approx(1e-4)
    assert rates[:11] == sorted(rates[:11])
    assert rates[10:] == sorted(rates[10:], reverse=True)


@pytest.mark.slow
def test_narrowed_network_keeps_all_but_the_class_head_and_predicts_what_the_wide_one_does():
    """With 64 live channels in each hidden layer nothing is lost: the narrowed head gives the same scores."""
    from reid_core.thirdparty import quiet_ultralytics

    quiet_ultralytics()
    from ultralytics.nn.tasks import DetectionModel

    from training.recipes.bundled_detector_narrow import narrow

    torch.manual_seed(0)
    full = DetectionModel("yolo11n.yaml", nc=80, verbose=False).eval()
    single = DetectionModel("yolo11n.yaml", nc=1, verbose=False).eval()
    person = 3
    with torch.no_grad():
        for branch in full.model[-1].cv3:
            branch[2].weight[person] = torch.randn_like(branch[2].weight[person])
            branch[2].weight[person, :16] = 0
            branch[1][1].conv.weight[:, -16:] = 0
    images = [torch.rand(1, 3, 96, 96) for _ in range(6)]
    narrow(full, single, images, person)
    wide, slim = full.state_dict(), single.state_dict()
    assert all(torch.equal(wide[name], slim[name]) for name in wide if ".cv3." not in name)
    with torch.inference_mode():
        before, after = full(images[0])[0], single(images[0])[0]
    assert after.shape[1] == 5
    torch.testing.assert_close(after[:, :4], before[:, :4])
    torch.testing.assert_close(after[:, 4], before[:, 4 + person], rtol=0, atol=2e-3)
