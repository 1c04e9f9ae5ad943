"""The detector's recipe: boxes fused and compared, one class kept, pictures moved with boxes."""

from __future__ import annotations

import copy

import numpy as np
import pytest
import torch

from reid_core.thirdparty import quiet_ultralytics
from reid_core.types import Detections
from reid_core.weights.yolo_file import read_yolo
from tests.data import shared_data
from training.recipes.bundled_detector import DetectorRecipe, build, export, finished, start, vary
from training.recipes.bundled_detector_boxes import Tally, compare, fuse
from training.recipes.bundled_detector_data import PUBLIC, Labelled, teach
from training.recipes.bundled_detector_keep import KeptScores, centres_of, inside
from training.recipes.bundled_detector_narrow import keep_person, silence_others

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


def test_centres_of_cells_go_along_rows_map_after_map():
    maps = [torch.zeros(1, 5, 2, 4), torch.zeros(1, 7, 1, 2)]
    expected = [[x, y] for y in (0.25, 0.75) for x in (0.125, 0.375, 0.625, 0.875)] + [
        [0.25, 0.5],
        [0.75, 0.5],
    ]
    assert centres_of(maps).tolist() == expected


def test_a_place_counts_in_the_boxes_of_its_own_picture():
    centres = torch.tensor([[0.1, 0.1], [0.5, 0.5], [0.9, 0.9]])
    boxes = torch.tensor([[0.5, 0.5, 0.2, 0.2], [0.5, 0.5, 0.1, 0.1], [0.9, 0.9, 0.3, 0.3]])
    found = inside(centres, boxes, torch.tensor([0.0, 0.0, 2.0]), 3)
    assert found.tolist() == [[False, True, False], [False, False, False], [False, False, True]]


def test_only_scores_that_fell_on_taught_people_cost():
    logits = torch.tensor([[[2.0, 2.0, 2.0, -9.0]]])
    kept = KeptScores(lambda _: (None, {"scores": logits}), weight=1.0)
    batch = {
        "img": torch.zeros(1, 3, 8, 32),
        "bboxes": torch.tensor([[0.5, 0.5, 1.0, 1.0]]),
        "batch_idx": torch.zeros(1),
    }
    answer = {"scores": logits + torch.tensor([-1.5, 3.0, 0.0, -5.0]), "feats": [torch.zeros(1, 1, 1, 4)]}
    assert kept(batch, answer).item() == pytest.approx(0.5)  # the last was never seen; a rise is free
    batch["bboxes"] = torch.tensor([[0.9, 0.5, 0.1, 1.0]])
    assert kept(batch, answer).item() == 0


def test_rate_rises_then_falls():
    config = DetectorRecipe(n_steps=100, lr=1e-4)
    rates = [config.rate(step) for step in range(100)]
    assert max(rates) == rates[10] == pytest.approx(1e-4)
    assert rates[:11] == sorted(rates[:11])
    assert rates[10:] == sorted(rates[10:], reverse=True)


def test_kept_person_scores_as_in_the_wide_network_and_so_does_the_padded_state():
    quiet_ultralytics()
    from ultralytics.nn.tasks import DetectionModel

    torch.manual_seed(0)
    n_classes, person = 5, 3
    wide = DetectionModel("yolo11n.yaml", nc=n_classes, verbose=False).eval()
    single = copy.deepcopy(wide)
    keep_person(single, person)
    padded = DetectionModel("yolo11n.yaml", nc=n_classes, verbose=False).eval()
    padded.load_state_dict(silence_others(single.state_dict(), n_classes))
    image = torch.rand(1, 3, 64, 96)
    with torch.inference_mode():
        before, after, back = wide(image)[0], single(image)[0], padded(image)[0]
    assert after.shape[1] == 5
    assert torch.equal(after[:, :4], before[:, :4])
    torch.testing.assert_close(after[:, 4], before[:, 4 + person], rtol=0, atol=1e-6)
    torch.testing.assert_close(back[:, :5], after, rtol=0, atol=1e-4)
    assert back[:, 5:].max() < 1e-12


@pytest.mark.data
def test_person_alone_is_all_that_changes_of_the_public_detector(tmp_path):
    """Half precision loses nothing, for the public file is stored in it."""
    data = shared_data()
    public = read_yolo(data / PUBLIC[0])
    kept = read_yolo(export(finished(tmp_path / "no run", data), tmp_path))
    assert kept.names == {kept.person_idx: "person"}
    image = torch.rand(1, 3, 96, 128)
    with torch.inference_mode():
        before, after = build(public).module(image)[0], build(kept).module(image)[0]
    assert torch.equal(after[:, :4], before[:, :4])
    torch.testing.assert_close(after[:, 4], before[:, 4 + public.person_idx], rtol=0, atol=1e-6)
    assert after[:, 5:].max() < 1e-12


@pytest.mark.data
def test_blend_lies_between_the_public_weights_and_the_run(tmp_path):
    data = shared_data()
    before = start(read_yolo(data / PUBLIC[0])).state_dict()
    learned = {name: v + 1 if v.is_floating_point() else v for name, v in before.items()}
    torch.save({"average": learned}, tmp_path / "checkpoint.pt")
    blend = finished(tmp_path, data, 0.25).state
    name = "model.23.cv3.0.0.1.conv.weight"
    torch.testing.assert_close(blend[name], before[name] + 0.25)
    torch.testing.assert_close(finished(tmp_path, data).state[name], learned[name])


@pytest.mark.data
def test_shift_moves_every_score_by_its_log_odds(tmp_path):
    data = shared_data()
    torch.save({"average": start(read_yolo(data / PUBLIC[0])).state_dict()}, tmp_path / "checkpoint.pt")
    image = torch.rand(1, 3, 96, 128)
    with torch.inference_mode():
        before, after = (
            build(finished(tmp_path, data, shift=shift)).module(image)[0][:, 4] for shift in (0.0, 0.5)
        )
    torch.testing.assert_close(
        after.logit() - before.logit(), torch.full_like(before, 0.5), atol=2e-2, rtol=0
    )
