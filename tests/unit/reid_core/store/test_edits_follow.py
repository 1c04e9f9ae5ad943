"""Decisions, corrections, crops and vectors stay with the pixels, whatever is tracked again or corrected."""

from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest

from reid_core.store import Project, edits
from reid_core.store.records import CropRow
from tests.unit.reid_core.store.build import (
    SPACE,
    box,
    check_rebuild,
    embed_all,
    fill,
    made,
    png,
    pts,
    spans,
    state,
    tracklet,
)


@pytest.fixture
def project(tmp_path: Path) -> Iterator[Project]:
    """Two cameras; three people in each, whose walks are cut in two at frame 25."""
    with made(tmp_path / "p.sightline", cuts=[25]) as project:
        yield project


def retrack(project: Project, cuts: list[int], key: str, people: tuple[int, ...] = (0, 1, 2)) -> None:
    with project.engine() as engine:
        fill(project, engine, 1, people=people, cuts=cuts, tracklets_key=key)


def test_decisions_follow_the_pixels_through_retracking(project: Project) -> None:
    project.decide("c1s1t3", "c2s1t3", "same")
    place = project.anchor("c1s1t3")
    retrack(project, [5, 15], "other")
    (judgement,), _ = project.judgements()
    assert (judgement.a, judgement.b) == (project.resolve(place), "c2s1t3")
    assert judgement.a == "c1s1t4"
    retrack(project, [], "third", people=(0, 2))
    (judgement,), _ = project.judgements()
    assert judgement.a.startswith("lost:gate@1000:")  # nobody holds that place now; it is kept
    retrack(project, [25], "t")
    (judgement,), _ = project.judgements()
    assert judgement.a == "c1s1t3"


def test_edits_apply_to_what_retracking_makes(project: Project) -> None:
    edits.split(project, "c1s1t1", pts(10))
    edits.swap(project, "c1s1t3", "c1s1t5", pts(10))
    retrack(project, [], "longer")
    now = state(project)
    assert spans(project) == {"c1s1t1": (0, 9), "c1s1e1": (10, 49), "c1s1t2": (0, 49), "c1s1t3": (0, 49)}
    assert now["c1s1t2"][10] == (10, box(2, 10))
    check_rebuild(project)


def test_edits_that_came_true_do_nothing(project: Project) -> None:
    edits.split(project, "c1s1t1", pts(10))
    edits.merge(project, ["c1s1t3", "c1s1t4"])
    retrack(project, [10], "cuts at ten")
    assert spans(project)["c1s1t1"] == (0, 9)
    assert spans(project)["c1s1t2"] == (10, 49)
    assert spans(project)["c1s1t3"] == (0, 49)
    assert len(project.log()) == 2


def test_edits_arrive_while_the_segment_grows(project: Project) -> None:
    """A tracklet that the engine adds later meets the edits that are there already."""
    edits.merge(project, ["c1s1t1", "c1s1t2"])
    with project.engine() as engine:
        segment = engine.begin_segment(1, "d", "again")
        assert spans(project) == {}
        engine.write_tracklet(segment.id, tracklet(1, 0, range(25), [0, 1, 2]))
        assert spans(project) == {"c1s1t1": (0, 24)}
        engine.write_tracklet(segment.id, tracklet(2, 0, range(25, 50), [0, 1, 2]))
        assert spans(project) == {"c1s1t1": (0, 49)}
    check_rebuild(project)


# --- crops and vectors follow


def test_crops_follow_the_pixels(project: Project) -> None:
    assert [c.member.frame_idx for c in project.crops("c1s1t1")] == [0, 12]
    event = edits.split(project, "c1s1t1", pts(10))
    assert [c.png for c in project.crops("c1s1t1")] == [png("gate 0 0")]
    assert [c.png for c in project.crops(f"c1s1e{event.id}")] == [png("gate 0 12")]
    edits.merge(project, ["c1s1t1", "c1s1t2"])
    assert {c.member.frame_idx for c in project.crops("c1s1t1")} == {0, 25, 37}


def test_vectors_of_edited_tracklets_are_made_again_and_come_back_with_undo(project: Project) -> None:
    ids, before = project.descriptors(SPACE.key)
    row = before[ids.index("c1s1t1")].tolist()
    event = edits.split(project, "c1s1t1", pts(10))
    new = f"c1s1e{event.id}"
    ids, _ = project.descriptors(SPACE.key)
    assert "c1s1t1" not in ids
    assert len(ids) == 11
    assert project.undescribed_tracklets(SPACE.key) == ["c1s1e1", "c1s1t1"]
    assert project.crop_vectors(SPACE.key, "c1s1t1").shape == (0, 8)
    project.undo()
    ids, matrix = project.descriptors(SPACE.key)
    assert matrix[ids.index("c1s1t1")].tolist() == row
    project.redo()
    with project.engine() as engine:
        embed_all(project, engine)
    ids, matrix = project.descriptors(SPACE.key)
    assert {"c1s1t1", new} <= set(ids)
    assert project.undescribed_tracklets(SPACE.key) == []
    assert project.crop_vectors(SPACE.key, new).shape == (1, 8)


def test_vectors_that_come_too_late_are_not_kept(project: Project) -> None:
    edits.split(project, "c1s1t1", pts(10))
    with project.engine() as engine:
        space = engine.ensure_space(SPACE)
        assert not engine.write_vectors(space, "c1s1t1", np.ones((2, 8), np.float32), np.ones(8, np.float32))
    assert "c1s1t1" not in project.descriptors(SPACE.key)[0]


def test_cropping_anew_after_an_edit(project: Project) -> None:
    edits.edit_boxes(project, "c1s1t1", [(pts(0), (300.0, 300.0, 340.0, 380.0))])
    assert [c.member.frame_idx for c in project.crops("c1s1t1")] == [12]
    with project.engine() as engine:
        engine.write_crops("c1s1t1", [CropRow(0, -1, png("edited"), (1.0, 1.0, 9.0, 9.0), 0.7)])
    (crop,) = project.crops("c1s1t1")
    assert (crop.png, crop.member.detection_idx) == (png("edited"), -1)
    assert project.anchor("c1s1t1").xyxy == (300, 300, 340, 380)
    project.undo()
    assert len(project.crops("c1s1t1")) == 2


def test_a_drawn_tracklet_has_no_crops_until_it_is_cropped(project: Project) -> None:
    source = project.sources("gate")[0].fingerprint
    event = edits.draw(project, "gate", source, [(pts(0), (400.0, 400.0, 440.0, 470.0))])
    new = f"c1s1e{event.id}"
    assert project.crops(new) == []
    assert project.undescribed_tracklets(SPACE.key) == []
    with project.engine() as engine:
        engine.write_crops(new, [CropRow(0, -1, png("drawn"), (1.0, 1.0, 9.0, 9.0), 0.7)])
        assert project.undescribed_tracklets(SPACE.key) == [new]
        embed_all(project, engine)
    assert new in project.descriptors(SPACE.key)[0]
