"""Edits one after the other leave the caches as if all were folded from the start, and stay quick."""

from __future__ import annotations

import random
from contextlib import suppress

import pytest

from reid_core.errors import ReidError
from reid_core.pipeline import annotate
from reid_core.store import Project, folding, tracks
from tests.unit.reid_core.store.build import box, fill, made
from tests.unit.reid_core.store.test_edits import caches, check_rebuild, state


@pytest.fixture
def project(tmp_path):
    with made(tmp_path / "p.sightline", cuts=[25]) as opened:
        yield opened


def correct(project: Project, chance: random.Random) -> None:
    """Some edit, which may be refused."""
    ids = [t.id for t in project.tracklets() if t.camera == "gate"]
    one, other, frame_idx = chance.choice(ids), chance.choice(ids), chance.randrange(50)
    xyxy = (*(float(v) for v in box(chance.randrange(3), frame_idx)),)
    edits = (
        lambda: annotate.place(project, one, frame_idx, (xyxy[0] + 9, *xyxy[1:])),
        lambda: annotate.delete_boxes(project, one, frame_idx, frame_idx + 3),
        lambda: annotate.split(project, one, frame_idx),
        lambda: annotate.merge(project, [one, other]),
        lambda: annotate.swap(project, one, other, frame_idx),
        lambda: annotate.draw(project, 1, frame_idx, xyxy, chance.choice([None, one])),
        lambda: annotate.end_here(project, one, frame_idx),
        project.undo,
        project.redo,
    )
    with suppress(ReidError):
        chance.choice(edits)()


@pytest.mark.parametrize("seed", range(6))
def test_any_edits_in_any_order_equal_a_fold_from_the_start(project, seed):
    chance = random.Random(seed)
    for _ in range(25):
        correct(project, chance)
    check_rebuild(project)


def test_a_refused_edit_leaves_nothing_behind(project):
    annotate.split(project, "c1s1t1", 10)
    before = caches(project)
    with pytest.raises(ReidError):
        project.append(project.log()[-1].payload)  # it is split there already
    assert caches(project) == before
    annotate.split(project, "c1s1t1", 5)
    check_rebuild(project)


def test_edits_of_another_connection_are_not_forgotten(project):
    annotate.split(project, "c1s1t1", 10)
    with Project.open(project.path) as window:
        annotate.end_here(window, "c1s1t1", 7)
        annotate.split(project, "c1s1t2", 40)
        annotate.end_here(window, "c1s1t1", 6)
        assert state(project) == state(window)
    annotate.split(project, "c1s1t3", 10)
    assert state(project)["c1s1t1"][-1][0] == 6
    check_rebuild(project)


def test_an_ingest_in_between_is_not_forgotten(project):
    annotate.split(project, "c1s1t1", 10)
    with project.engine() as engine:
        fill(project, engine, 1, cuts=[25, 30], tracklets_key="other")
    annotate.split(project, "c1s1t1", 5)
    check_rebuild(project)


def test_the_next_edit_does_not_fold_from_the_start(project, monkeypatch):
    annotate.split(project, "c1s1t1", 10)
    monkeypatch.setattr(folding, "refold", lambda *_: pytest.fail("folded from the start"))
    annotate.split(project, "c1s1t1", 5)
    annotate.merge(project, ["c1s1t2", "c1s1t3"])


def test_without_room_for_it_nothing_is_kept(project, monkeypatch):
    monkeypatch.setattr(folding, "MAX_KEPT_BOXES", 10)
    annotate.split(project, "c1s1t1", 10)
    annotate.split(project, "c1s1t1", 5)
    assert project._folding._kept is None
    check_rebuild(project)


def test_listing_edited_tracklets_reads_no_table_from_end_to_end(project):
    plan = project._database.rows(f"EXPLAIN QUERY PLAN {tracks._EDITED_TRACKLETS}")
    steps = [step[-1] for step in plan]
    assert [step for step in steps if step.startswith("SCAN")] == ["SCAN c"], steps
