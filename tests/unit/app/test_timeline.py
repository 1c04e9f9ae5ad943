"""Time axis, lanes, columns and hits of the timeline, without Qt."""

from itertools import pairwise

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.snapshot import Snapshot, SourceFacts, SourceState, Tracklets
from app.timeline.axis import Axis
from app.timeline.columns import DENSE_PX, column_edges, overview, sample
from app.timeline.lanes import N_LANES, lay_out
from app.timeline.rows import bar_at, place_rows, row_at
from app.timeline.scene import PROPOSED_UNKNOWN, describe_bar, make_scene, make_styles
from reid_core.store.records import Camera, Segment, SegmentState, Source

EXTENT = (0.0, 100_000.0)


def tracklets(*bars):
    """Of ``(camera row, start, end, person)``."""
    bars = sorted(bars, key=lambda bar: bar[:2])
    table = np.array(bars, np.float64).reshape(-1, 4)
    whole = np.arange(len(bars))
    return Tracklets(
        tuple(f"c{int(bar[0]) + 1}s1t{n + 1}" for n, bar in enumerate(bars)),
        table[:, 0].astype(np.int64), whole, table[:, 1], table[:, 2], whole, whole, whole,
        table[:, 3].astype(np.int64), whole,
    )  # fmt: skip


def scene_of(*bars, n_cameras=2):
    cameras = tuple(Camera(n + 1, f"Lab {n + 1}") for n in range(n_cameras))
    return make_scene(Snapshot("p", "p", cameras=cameras, tracklets=tracklets(*bars)))


def facts(state, start_ms=0.0, duration_ms=1000.0, seen=0, total=100, camera="Lab 1", reason="", path="/"):
    source = Source(
        1, camera, 1, path, "video", "f", 10, 10, 25.0, duration_ms, start_ms, {"n_frames": total}
    )
    segment = None
    if state is not SourceState.WAITING:
        segment = Segment(
            1, "c1s1", 1, camera, "", "", SegmentState(state.value), reason, seen, seen, None, 0
        )
    return SourceFacts(source, segment, state, reason, 0, seen, False)


# --- axis


@given(st.floats(-1e5, 2e5), st.floats(1.0, 100.0), st.floats(0.2, 5.0), st.floats(0.0, 1000.0))
def test_zooming_keeps_the_time_under_the_pointer_unless_the_footage_ends(start, scale, factor, x):
    axis = Axis(start, scale, 1000.0).held_in(EXTENT)
    zoomed = axis.zoom(factor, x, EXTENT)
    free = zoomed == zoomed.held_in(EXTENT) and EXTENT[0] < zoomed.start_ms and zoomed.end_ms < EXTENT[1]
    if free:
        assert zoomed.time_at(x) == pytest.approx(axis.time_at(x), abs=1e-6)
    assert zoomed.end_ms >= EXTENT[0]
    assert zoomed.start_ms <= EXTENT[1]


def test_zoom_in_and_out_again_comes_back():
    axis = Axis(40_000, 10.0, 1000.0)
    back = axis.zoom(1.25, 300, EXTENT).zoom(1 / 1.25, 300, EXTENT)
    assert (back.start_ms, back.ms_per_px) == (pytest.approx(40_000), pytest.approx(10.0))


def test_everything_fits_and_nothing_farther_is_shown():
    axis = Axis(0, 1.0, 800.0).fit(EXTENT)
    assert axis.start_ms < 0
    assert axis.end_ms > 100_000
    assert axis.zoom(0.1, 400, EXTENT).ms_per_px == pytest.approx(axis.ms_per_px)


def test_panning_stops_at_the_ends():
    axis = Axis(50_000, 1.0, 1000.0)
    assert axis.pan(-1e9, EXTENT).start_ms == pytest.approx(-20)
    assert axis.pan(1e9, EXTENT).end_ms == pytest.approx(100_020)
    assert axis.pan(100, EXTENT).start_ms == pytest.approx(50_100)


@pytest.mark.parametrize("scale", [0.5, 3, 10, 77, 1000, 30_000, 500_000])
def test_labels_stand_apart_and_at_round_times(scale):
    axis = Axis(123_456.0, scale, 1200.0)
    labelled = [tick for tick in axis.ticks() if tick.label]
    assert labelled
    assert all(b.x_px - a.x_px >= 91.9 for a, b in pairwise(labelled))
    assert all(0 <= tick.x_px <= 1200 for tick in axis.ticks())
    assert Axis(0, 20.0, 500).ticks()[0].label == "00:00:00"


def test_ticks_follow_the_time_of_day():
    ticks = Axis(0.0, 100.0, 1000.0).ticks(zero_ms=50_535_000.0)
    assert next(tick.label for tick in ticks if tick.label) == "14:02:20"


# --- lanes


spans = st.lists(st.tuples(st.integers(0, 60), st.integers(1, 30), st.integers(0, 3)), max_size=40)


@given(spans)
def test_lanes_hold_every_bar_and_show_one_at_each_moment(raw):
    bars = [(0, start, start + length, person) for start, length, person in raw]
    columns = tracklets(*bars)
    lanes = lay_out(columns, 0)
    assert len(lanes) == N_LANES
    homes: dict[int, set[int]] = {}
    for n, lane in enumerate(lanes):
        assert np.all(np.diff(lane.start_ms) >= 0)
        assert np.all(lane.end_ms[:-1] <= lane.start_ms[1:])
        for row in lane.row:
            homes.setdefault(int(row), set()).add(n)
    assert all(len(own) == 1 for own in homes.values())
    moments = np.arange(0.5, 91)
    is_alive = (columns.start_ms <= moments[:, None]) & (moments[:, None] < columns.end_ms)
    is_crowded = is_alive.sum(axis=1).max(initial=0) > N_LANES
    for t_ms, alive in zip(moments[::3], is_alive[::3], strict=True):
        there = set(np.flatnonzero(alive).tolist())
        shown = {lane.at(t_ms) for lane in lanes} - {None}
        assert shown <= there
        assert bool(shown) == bool(there)
        assert is_crowded or shown == there


def test_more_than_three_at_once_lie_on_each_other_and_come_out_again():
    columns = tracklets(
        *[(0, start, end, 0) for start, end in [(0, 90), (1, 90), (2, 90), (10, 20), (12, 14)]]
    )
    last = lay_out(columns, 0)[2]
    assert last.row.tolist() == [2, 3, 4, 3, 2]
    assert last.start_ms.tolist() == [2, 10, 12, 14, 20]
    assert last.end_ms.tolist() == [10, 12, 14, 20, 90]


def test_a_person_keeps_its_lane_and_strangers_fill_from_below():
    columns = tracklets((0, 0, 10, 1), (0, 5, 15, 2), (0, 6, 9, 0), (0, 20, 30, 2), (0, 21, 29, 1))
    top, middle, bottom = lay_out(columns, 0)
    assert [columns.person[row] for row in top.row] == [1, 1]
    assert [columns.person[row] for row in middle.row] == [2, 2]
    assert [columns.person[row] for row in bottom.row] == [0]


def test_before_anything_is_decided_bars_begin_at_the_top():
    top, middle, _ = lay_out(tracklets((0, 0, 10, 0), (0, 5, 15, 0)), 0)
    assert (top.row.tolist(), middle.row.tolist()) == ([0], [1])


@given(spans, st.integers(0, 80), st.integers(1, 60))
def test_the_visible_slice_is_what_touches_the_window(raw, start, length):
    lane = lay_out(tracklets(*[(0, a, a + b, c) for a, b, c in raw]), 0)[2]
    near = lane.visible(start, start + length)
    wanted = [n for n in range(len(lane)) if lane.end_ms[n] >= start and lane.start_ms[n] <= start + length]
    assert list(range(len(lane)))[near] == wanted


# --- columns


def test_a_bar_covers_its_columns_and_has_two_edges():
    scene = scene_of((0, 100, 200, 1), (0, 200, 205, 1), (0, 400, 400, 0))
    lanes, styles = scene.rows[0].lanes, make_styles(scene.tracklets)
    axis = Axis(0, 10.0, 100.0)
    columns = sample(lanes[0], axis, column_edges(axis, 100), styles.of_lane(lanes[0]).latest)
    assert np.flatnonzero(columns.piece == 0).tolist() == list(range(10, 20))
    assert np.flatnonzero(columns.piece == 1).tolist() == [20]  # too short, yet one column wide
    assert np.flatnonzero(columns.is_edge).tolist() == [10, 19, 20]
    grey = sample(lanes[2], axis, column_edges(axis, 100), styles.of_lane(lanes[2]).latest)
    assert np.flatnonzero(grey.piece >= 0).tolist() == [40]


def test_a_crowd_becomes_a_strip_whose_height_is_what_is_covered():
    bars = [(0, n * 10, n * 10 + 5, 0) for n in range(1000)] + [(0, 5006, 5008, 3)]
    scene = scene_of(*bars)
    lane = scene.rows[0].lanes[2]
    styles = make_styles(scene.tracklets)
    axis = Axis(0, 100.0, 100.0)
    assert len(lane) * DENSE_PX > axis.width_px
    columns = sample(lane, axis, column_edges(axis, 100), styles.of_lane(lane).latest)
    assert columns.is_dense
    assert columns.fill == pytest.approx(np.full(100, 0.5), abs=0.03)
    person = scene.rows[0].lanes[0]
    assert styles.of_lane(person).kind.tolist() == [3]


@given(spans)
def test_a_decided_person_is_seen_however_far_away(raw):
    scene = scene_of(*[(0, a * 100, a * 100 + b, c) for a, b, c in raw] * 4)
    styles = make_styles(scene.tracklets)
    axis = Axis(-10, 400.0, 20.0)
    for lane in scene.rows[0].lanes:
        kind = styles.of_lane(lane).kind
        columns = sample(lane, axis, column_edges(axis, 20), styles.of_lane(lane).latest)
        if columns.is_dense and (kind > 0).any():
            assert (kind[columns.piece[columns.piece >= 0]] > 0).any()


def test_the_overview_counts_people():
    scene = scene_of((0, 0, 100, 0), (1, 0, 50, 0))
    heights = overview((lane for row in scene.rows for lane in row.lanes), 0, 100, 4)
    assert heights.tolist() == [2, 2, 1, 1]


# --- rows and hits


def test_the_active_row_is_high_and_the_others_follow():
    places = place_rows(["a", "b", "c"], {"b"})
    assert [(place.top_px, place.height_px) for place in places] == [(0, 24), (24, 48), (72, 24)]
    assert [row_at(places, y) for y in (0, 23, 24, 71, 72, 96)] == [0, 0, 1, 1, 2, None]
    assert [places[1].lane_at(y) for y in (24, 26, 41, 56, 71)] == [0, 0, 1, 2, 2]


def test_a_click_hits_the_bar_that_is_drawn_there():
    scene = scene_of((0, 100, 200, 1), (0, 150, 300, 2), (1, 100, 110, 0))
    places = place_rows(["Lab 1", "Lab 2"], {"Lab 1"})
    axis = Axis(0, 1.0, 400.0)
    assert bar_at(scene, places, axis, 150, 5) == 0
    assert bar_at(scene, places, axis, 250, 5) is None
    assert bar_at(scene, places, axis, 250, 20) == 1
    assert bar_at(scene, places, axis, 112, 48 + 5) == 2  # two pixels beside it
    assert bar_at(scene, places, axis, 120, 48 + 5) is None
    assert bar_at(scene, places, axis, 100, 500) is None


# --- scene


def test_styles_tell_decided_proposed_and_nobodys():
    scene = scene_of((0, 0, 10, 2), (0, 20, 30, 0), (0, 40, 50, 0))
    a, b, _ = scene.tracklets.ids
    styles = make_styles(scene.tracklets, [(a, 0.9), (b, 0.8), ("c9s9t9", 0.7)], 1)
    assert styles.style.tolist() == [2, -1, 0]
    assert make_styles(scene.tracklets, [(b, 0.8)]).style.tolist() == [2, PROPOSED_UNKNOWN, 0]
    assert scene.tracklets.person.tolist() == [2, 0, 0]
    assert describe_bar(scene, styles, 0).startswith("T-1.1 · Person 2 · similarity 0.90 · 00:00:00.0")
    assert "similarity 0.80 · 00:00" in describe_bar(scene, styles, 1)
    assert "unassigned" in describe_bar(scene, styles, 2)


def test_footage_gaps_and_what_is_still_to_come():
    cameras = (Camera(1, "Lab 1", offset_ms=500.0),)
    sources = (
        facts(SourceState.DONE, 0, 1000),
        facts(SourceState.PARTIAL, 3000, 1000, seen=50, reason="It was cut off"),
        facts(SourceState.OPEN, 4000, 1000, seen=25),
        facts(SourceState.WAITING, 5000, 1000),
    )
    scene = make_scene(Snapshot("p", "p", cameras=cameras, sources=sources))
    row = scene.rows[0]
    assert row.footage == ((500, 1500), (3500, 4000), (4500, 5500), (5500, 6500))
    assert row.gaps == ((1500, 3500, "Not recorded between two files"), (4000, 4500, "It was cut off"))
    assert row.waiting == ((4750, 5500), (5500, 6500))
    assert row.status == "56 %"  # 1 + 1 + 0.25 + 0 of 4
    assert "cut off" in row.problem
    assert scene.extent_ms == (500, 6500)


def test_a_camera_that_is_done_says_nothing():
    scene = make_scene(
        Snapshot("p", "p", cameras=(Camera(1, "Lab 1"),), sources=(facts(SourceState.DONE, path="/"),))
    )
    assert (scene.rows[0].status, scene.rows[0].problem, scene.rows[0].gaps) == ("", "", ())
