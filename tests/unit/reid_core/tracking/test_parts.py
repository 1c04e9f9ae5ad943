"""Splitting, stitching, interpolation, cuts and appearance, each alone."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from reid_core.tracking.appearance import ColourHistogram
from reid_core.tracking.base import INTERPOLATED
from reid_core.tracking.config import LinkConfig, TrackingConfig
from reid_core.tracking.cuts import CutDetector
from reid_core.tracking.interpolate import fill_gaps
from reid_core.tracking.pieces import End, Rows, describe_end, join
from reid_core.tracking.splitting import split
from reid_core.tracking.stitch import find_links, link_costs
from reid_core.types import Detections
from tests.unit.reid_core.tracking.toy import COLOURS

CONFIG = TrackingConfig()


def rows(n: int, *, colour=None, overlap=None, speed: float = 5.0) -> Rows:
    frames = np.arange(n)
    left = 100 + speed * frames
    return Rows(
        frame_idx=frames,
        t_s=frames / 10,
        detection_idx=np.zeros(n, np.int64),
        fragment=np.ones(n, np.int64),
        xyxy=np.stack([left, frames * 0 + 50, left + 40, frames * 0 + 150], 1).astype(np.float32),
        scores=np.full(n, 0.9, np.float32),
        overlap=np.zeros(n, np.float32) if overlap is None else np.asarray(overlap, np.float32),
        appearance=COLOURS[np.zeros(n, int) if colour is None else colour],
    )


def spans(pieces) -> list[tuple[int, int]]:
    return [(int(piece.rows.frame_idx[0]), int(piece.rows.frame_idx[-1])) for piece in pieces]


def test_an_undisturbed_run_stays_whole():
    assert spans(split(rows(80), CONFIG, width=640)) == [(0, 79)]


def test_a_run_is_cut_where_the_colours_change():
    assert spans(split(rows(60, colour=[0] * 33 + [1] * 27), CONFIG, width=640)) == [(0, 32), (33, 59)]


def test_two_detections_of_another_colour_are_no_change():
    colour = [0] * 30 + [1] * 2 + [0] * 30
    assert len(split(rows(62, colour=colour), replace_change(0.2), width=640)) == 1


def replace_change(change: float) -> TrackingConfig:
    return replace(CONFIG, split=replace(CONFIG.split, change=change))


def test_a_short_encounter_is_left_out_and_a_long_one_is_a_piece():
    short = [0.0] * 20 + [0.8] * 5 + [0.0] * 20
    assert spans(split(rows(45, overlap=short), CONFIG, width=640)) == [(0, 19), (25, 44)]
    long = [0.0] * 20 + [0.8] * 15 + [0.0] * 20
    assert spans(split(rows(55, overlap=long), CONFIG, width=640)) == [(0, 19), (20, 34), (35, 54)]


def test_portions_give_the_pieces_of_the_whole():
    whole = rows(100, colour=[0] * 45 + [1] * 55, overlap=[0] * 70 + [0.8] * 4 + [0] * 26)
    at_once = split(whole, CONFIG, width=640)
    first = split(whole[:80], CONFIG, width=640, n_settled=55)
    second = split(whole[30:], CONFIG, width=640, n_done=25)
    assert spans(at_once) == [(0, 44), (45, 69), (74, 99)]
    assert spans(first) == [(0, 44), (45, 54)]
    assert spans(second) == [(55, 69), (74, 99)]
    assert (first[-1].is_continued, second[0].continues) == (True, True)
    assert not any(piece.is_continued or piece.continues for piece in at_once)


def test_an_end_tells_place_speed_and_height():
    end = describe_end(rows(20), CONFIG.link, last=True, width=640)
    assert end.t_s == pytest.approx(1.9)
    assert end.place == pytest.approx([100 + 19 * 5 + 20, 50], abs=1)
    assert end.speed == pytest.approx([50, 0], rel=0.06)  # ridge regression shrinks it a little
    assert end.height == 100
    assert end.appearance == pytest.approx(COLOURS[0])
    assert not end.at_side
    assert describe_end(rows(20), CONFIG.link, last=True, width=236).at_side


def test_a_single_detection_stands_still():
    end = describe_end(rows(1), CONFIG.link, last=False, width=640)
    assert end.speed.tolist() == [0, 0]
    assert end.place.tolist() == [120, 50]


def test_joined_rows_are_the_rows():
    whole = rows(10)
    again = join([whole[:4], whole[4:]])
    assert again.frame_idx.tolist() == whole.frame_idx.tolist()
    assert np.array_equal(again.xyxy, whole.xyxy)


def end_at(t_s: float, x: float, *, speed: float = 0.0, height: float = 100.0, colour=0, side=False) -> End:
    place, velocity = np.array([x, 50.0]), np.array([speed, 0.0])
    appearance = np.zeros(8, np.float32) if colour is None else COLOURS[colour]
    return End(t_s, place, velocity, height, side, appearance)


def cost(tail: End, head: End) -> float:
    return float(link_costs([tail], [head], LinkConfig())[0, 0])


def test_the_cost_is_lowest_for_who_goes_on_as_before():
    tail = end_at(1.0, 100, speed=50)
    good = cost(tail, end_at(2.0, 150, speed=50))
    assert good < cost(tail, end_at(2.0, 220, speed=50)) < LinkConfig().max_cost + 6
    assert good < cost(tail, end_at(2.0, 150, speed=-50))
    assert good < cost(tail, end_at(2.0, 150, speed=50, height=140))
    assert (
        good
        < cost(tail, end_at(2.0, 150, speed=50, colour=None))
        < cost(tail, end_at(2.0, 150, speed=50, colour=1))
    )
    assert good < cost(tail, end_at(3.0, 175, speed=50))


def test_what_cannot_be_is_not_linked():
    tail = end_at(1.0, 100)
    for head in (end_at(1.0, 100), end_at(0.5, 100), end_at(6.1, 100), end_at(1.2, 900)):
        assert find_links([tail], [head], LinkConfig()) == []
    leaver = end_at(1.0, 0, side=True)
    assert find_links([leaver], [end_at(1.8, 0, side=True)], LinkConfig()) == [(0, 0)]
    assert find_links([leaver], [end_at(2.2, 0, side=True)], LinkConfig()) == []


def test_the_total_counts_not_the_nearest_pair():
    tails = [end_at(1.0, 100), end_at(1.0, 160)]
    heads = [end_at(1.3, 150), end_at(1.3, 200)]
    assert find_links(tails, heads, LinkConfig()) == [(0, 0), (1, 1)]


def test_nothing_to_link_is_no_error():
    assert find_links([], [end_at(1, 1)], LinkConfig()) == []
    assert find_links([end_at(1, 1)], [], LinkConfig()) == []


def test_gaps_are_filled_in_straight_lines():
    boxes = np.array([[0, 0, 10, 20], [30, 3, 40, 23], [40, 3, 50, 23]], np.float32)
    frames, detections, filled = fill_gaps(np.array([5, 8, 9]), np.array([2, 0, 1]), boxes)
    assert frames.tolist() == [5, 6, 7, 8, 9]
    assert detections.tolist() == [2, INTERPOLATED, INTERPOLATED, 0, 1]
    assert filled[:, 0].tolist() == [0, 10, 20, 30, 40]
    assert filled[1].tolist() == [10, 1, 20, 21]
    assert (filled.dtype, frames.dtype, detections.dtype) == (np.float32, np.int64, np.int64)


def picture(seed: int, shade: float = 1.0) -> np.ndarray:
    coarse = np.random.default_rng(seed).integers(0, 256, (6, 8, 3)).astype(np.uint8)
    return (np.kron(coarse, np.ones((40, 40, 1))) * shade).astype(np.uint8)


def test_a_cut_is_seen_and_a_lamp_or_a_passer_by_is_not():
    detector = CutDetector()
    passed = picture(1)
    passed[:, :120] = 20  # somebody close to the lens
    seen = [detector.push(image) for image in (picture(1), picture(1), picture(1, 0.5), passed, picture(2))]
    assert seen == [False, False, False, False, True]


def test_black_and_flat_pictures_are_no_error():
    detector = CutDetector()
    black, white = np.zeros((48, 64, 3), np.uint8), np.full((48, 64, 3), 255, np.uint8)
    assert [detector.push(image) for image in (black, black, white, black[:1, :1])][:2] == [False, False]


def test_appearance_tells_clothes_apart_and_not_their_place():
    image = np.full((240, 320, 3), 90, np.uint8)
    image[20:120, 20:60], image[20:120, 120:160], image[80:180, 220:260] = (
        (200, 30, 30),
        (30, 30, 200),
        (200, 30, 30),
    )
    boxes = [(20, 20, 60, 120), (120, 20, 160, 120), (220, 80, 260, 180)]
    found = ColourHistogram()(image, Detections.of(boxes, [0.9] * 3))
    assert found.shape == (3, ColourHistogram.dim)
    assert found.dtype == np.float32
    assert np.linalg.norm(found, axis=1) == pytest.approx(1, abs=1e-5)
    assert found[0] @ found[2] > 0.99 > 0.9 > found[0] @ found[1]


def test_appearance_of_boxes_with_nothing_in_them_is_zero():
    boxes = [(10, 10, 11, 60), (400, 10, 440, 90), (-50, -50, -10, -10), (10, 60, 40, 20)]
    found = ColourHistogram()(np.zeros((100, 200, 3), np.uint8), Detections.of(boxes, [0.9] * 4))
    assert not found.any()
    assert ColourHistogram()(np.zeros((9, 9, 3), np.uint8), Detections.empty()).shape[0] == 0
