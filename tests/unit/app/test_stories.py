"""Stories, cards and rows of people are plain arithmetic."""

from __future__ import annotations

from dataclasses import replace
from itertools import pairwise

import numpy as np
import pytest

from app.loading import load_snapshot
from app.stories import (
    Fit,
    Part,
    cards_of,
    clips_of,
    entries_of,
    fits_of,
    merge_objection,
    move_objection,
    parts_of,
    total_of,
)
from reid_core.store.records import Camera
from reid_core.types import Verdict
from tests.fakes.projects import facts, snapshot_of, source
from tests.unit.reid_core.store.build import made


def snapshot(*tracklets):
    cameras = (Camera(1, "Gate"), Camera(2, "Hall"), Camera(3, "Yard"))
    sources = tuple(facts(source(camera.id, camera.name)) for camera in cameras)
    return snapshot_of(cameras, sources, tracklets)


def story(*spans, is_best=True):
    """Spans are ``(camera row, start, end)``; everything is person 1."""
    ordered = sorted(spans)
    rows = [(f"c{c + 1}s1t{n}", c, s, e, 1) for n, (c, s, e) in enumerate(ordered, start=1)]
    project = snapshot(*rows)
    return [
        (part.camera, part.start_ms, part.end_ms)
        for part in parts_of(project.persons[0], project, is_best=is_best)
    ]


def test_clips_follow_one_another_through_the_cameras():
    spans = [(0, 0.0, 2000.0), (1, 5000.0, 7000.0), (0, 9000.0, 9900.0)]
    wanted = [("Gate", 0.0, 2000.0), ("Hall", 5000.0, 7000.0), ("Gate", 9000.0, 9900.0)]
    assert story(*spans) == story(*spans, is_best=False) == wanted


def test_one_view_at_a_time_covers_all_that_is_seen_with_few_changes():
    spans = [(0, 0.0, 4000.0), (1, 1000.0, 9000.0), (2, 2000.0, 3000.0)]
    assert story(*spans) == [("Gate", 0.0, 4000.0), ("Hall", 4000.0, 9000.0)]
    assert len(story(*spans, is_best=False)) == 3


def test_a_view_does_not_change_for_a_blink():
    assert story((0, 0.0, 4000.0), (1, 1000.0, 4100.0)) == [("Gate", 0.0, 4000.0)]


@pytest.mark.parametrize("seed", range(5))
def test_no_seen_moment_is_left_out_and_none_is_shown_twice(seed):
    rng = np.random.default_rng(seed)
    starts = rng.uniform(0, 60_000, 12)
    spans = [(int(n % 3), float(s), float(s + rng.uniform(1000, 9000))) for n, s in enumerate(starts)]
    found = story(*spans)
    assert all(a[2] <= b[1] for a, b in pairwise(found))
    for moment in np.arange(0, 70_000, 250.0):
        is_seen = any(s <= moment <= e for _, s, e in spans)
        is_shown = any(s - 401 <= moment <= e + 401 for _, s, e in found)
        assert is_shown or not is_seen


def test_gaps_are_told_and_overlaps_named():
    clips = clips_of([Part("c1s1t1", "Gate", 0, 2000), Part("c2s1t1", "Hall", 1000, 3000),
                      Part("c1s1t2", "Gate", 7500, 8000), Part("c3s1t1", "Yard", 8000, 9000)])  # fmt: skip
    assert [clip.gap for clip in clips] == ["", "also", "4.5 s", "at once"]
    assert [clip.length for clip in clips] == ["2.0 s", "2.0 s", "0.5 s", "1.0 s"]
    assert total_of([Part("a", "b", 0, 1500), Part("a", "b", 0, 500)]) == "2.0 s, 2 clips"
    assert total_of(()) == ""


def test_the_odd_one_stands_first_and_says_whom_it_is_nearer_to():
    project = snapshot(
        ("c1s1t1", 0, 0.0, 1000.0, 1), ("c1s1t2", 0, 2000.0, 3000.0, 1), ("c2s1t1", 1, 0.0, 900.0, 2)
    )
    fits = {"c1s1t1": Fit(0.8, 2, 0.3), "c1s1t2": Fit(0.5, 2, 0.7)}
    cards = cards_of(["c1s1t1", "c1s1t2", "gone"], project, fits)
    assert [card.label for card in cards] == ["T-1.2", "T-1.1"]
    assert cards[0].hint == "nearer to Person 2, 0.70"
    assert (cards[0].nearer, cards[0].is_far, cards[1].is_far) == (2, True, False)
    assert "similarity to the rest 0.50" in cards[0].spoken


def test_rows_find_names_cameras_numbers_and_count_what_is_free():
    project = snapshot(
        ("c1s1t1", 0, 0.0, 1000.0, 1), ("c2s1t1", 1, 0.0, 900.0, 2), ("c3s1t1", 2, 0.0, 900.0, 0)
    )
    people = tuple(
        replace(person, cameras=("Gate",) if person.number == 1 else ("Hall",)) for person in project.persons
    )
    project = replace(project, persons=people, by_hand=frozenset({"c1s1t1"}))
    rows = entries_of(project, {1: "Ann"}, "", {2: "wrong"})
    assert [(row.number, row.name, row.verified) for row in rows] == [
        (1, "Ann", "1 of 1 by hand"), (2, "Person 2", "0 of 1 by hand"), (0, "Unassigned", ""),
    ]  # fmt: skip
    assert rows[1].problem == "wrong"
    assert [row.number for row in entries_of(project, {1: "Ann"}, "ann", {})] == [1]
    assert [row.number for row in entries_of(project, {}, "hall", {})] == [2]
    assert [row.number for row in entries_of(project, {}, "2", {})] == [2]


def test_nobody_is_twice_in_one_picture():
    project = snapshot(
        ("c1s1t1", 0, 0.0, 1000.0, 1), ("c1s1t2", 0, 500.0, 3000.0, 2), ("c2s1t1", 1, 0.0, 900.0, 2)
    )
    assert "twice in one picture" in move_objection(["c1s1t1"], ["c2s1t1", "c1s1t2"], project)
    assert move_objection(["c1s1t1"], ["c2s1t1"], project) == ""
    decided = replace(project, verdicts={("c1s1t1", "c2s1t1"): Verdict.DIFFERENT})
    assert "different people" in merge_objection(["c1s1t1"], ["c2s1t1"], decided)


def test_how_well_tracklets_fit_is_the_mean_cosine_to_the_others(tmp_path):
    with made(tmp_path / "p.sightline", ("one", "two"), people=(0, 1, 2)) as project:
        ids, matrix = project.descriptors(project.spaces()[0].key)
        vectors = dict(zip(ids, np.asarray(matrix, np.float32), strict=True))
        members = {1: ("c1s1t1", "c1s1t2", "c2s1t1"), 2: ("c1s1t3", "c2s1t3")}
        found = fits_of(project, members, 1)
        own = np.mean([vectors["c1s1t1"] @ vectors[name] for name in ("c1s1t2", "c2s1t1")])
        other = np.mean([vectors["c1s1t1"] @ vectors[name] for name in members[2]])
        assert found["c1s1t1"].own == pytest.approx(own, abs=1e-3)
        assert (found["c1s1t1"].other, found["c1s1t1"].other_similarity) == (
            2,
            pytest.approx(other, abs=1e-3),
        )
        assert fits_of(project, {1: ("c1s1t1",)}, 1)["c1s1t1"].own is None
        assert load_snapshot(project).by_hand == frozenset()
