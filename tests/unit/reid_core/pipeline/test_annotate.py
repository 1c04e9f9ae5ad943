"""Corrections by frame: what they do, that decisions stay with the people, undo, and clear refusals."""

from __future__ import annotations

import numpy as np
import pytest

from reid_core.errors import UsageError
from reid_core.pipeline import annotate
from reid_core.pipeline.identities import identities
from reid_core.store import Project
from reid_core.types import Verdict
from tests.unit.reid_core.store.build import box, made


@pytest.fixture
def project(tmp_path):
    """Two cameras of 50 frames, three people in each: c1s1t1..3 and c2s1t1..3."""
    with made(tmp_path / "p.sightline") as opened:
        yield opened


def walks(project: Project) -> dict[str, tuple[tuple[int, tuple[float, ...]], ...]]:
    found = {}
    for tracklet in project.tracklets():
        boxes = project.boxes(tracklet.id)
        rounded = [tuple(round(v, 2) for v in row) for row in boxes.xyxy.tolist()]
        found[tracklet.id] = tuple(zip(boxes.frame_idx.tolist(), rounded, strict=True))
    return found


def frames(project: Project, tracklet_id: str) -> list[int]:
    return project.boxes(tracklet_id).frame_idx.tolist()


def gate(project: Project) -> int:
    return project.sources("gate")[0].id


def edits():
    """Every correction, each on the tracklets of the first camera."""
    return {
        "draw": lambda p: annotate.draw(p, gate(p), 5, (300, 10, 340, 90)),
        "place": lambda p: annotate.place(p, "c1s1t1", 7, (20, 5, 66, 90)),
        "delete_boxes": lambda p: annotate.delete_boxes(p, "c1s1t1", 7, 9),
        "delete": lambda p: annotate.delete(p, "c1s1t1"),
        "start_here": lambda p: annotate.start_here(p, "c1s1t1", 20),
        "end_here": lambda p: annotate.end_here(p, "c1s1t1", 20),
        "split": lambda p: annotate.split(p, "c1s1t1", 20),
        "merge": lambda p: annotate.merge(p, ["c1s1t1", "c1s1t2"]),
        "swap": lambda p: annotate.swap(p, "c1s1t1", "c1s1t2", 20),
    }


@pytest.mark.parametrize("name", list(edits()))
def test_each_is_one_event_that_undo_and_redo_move_as_a_whole_and_a_new_start_keeps(project, name):
    before, n_events = walks(project), len(project.log())
    edit = edits()[name](project)
    after = walks(project)
    assert len(project.log()) == n_events + 1
    assert after != before
    assert set(edit.tracklets) <= set(after)
    project.undo()
    assert walks(project) == before
    project.redo()
    assert walks(project) == after
    with Project.open(project.path) as again:  # what is committed needs no farewell
        assert walks(again) == after
        again.undo()
        assert walks(again) == before


def test_a_drawn_box_is_a_tracklet_of_its_own_cut_to_the_picture(project):
    edit = annotate.draw(project, gate(project), 5, (-20, 400, 30, 900))
    boxes = project.boxes(edit.tracklets[0])
    assert boxes.xyxy.tolist() == [[0, 400, 30, 480]]
    assert (boxes.frame_idx.tolist(), boxes.edited.tolist()) == ([5], [True])


def test_a_box_drawn_into_a_tracklet_fills_the_way_to_it(project, monkeypatch):
    drawn = annotate.draw(project, gate(project), 10, (300, 0, 340, 80)).tracklets[0]
    edit = annotate.draw(project, gate(project), 14, (320, 8, 360, 88), drawn)
    assert edit.n_filled == 3
    assert project.boxes(drawn).xyxy[:, 0].tolist() == [300, 305, 310, 315, 320]
    far = annotate.draw(project, gate(project), 2, (300, 0, 340, 80)).tracklets[0]
    later = annotate.draw(project, gate(project), 49, (300, 0, 340, 80))
    assert later.n_filled == 0
    assert annotate.draw(project, gate(project), 49, (0, 0, 9, 9), far).n_filled == 46
    undrawn = annotate.draw(project, gate(project), 2, (300, 0, 340, 80)).tracklets[0]
    monkeypatch.setattr(annotate, "KEY_MS", 40 * 46.0)
    assert annotate.draw(project, gate(project), 49, (0, 0, 9, 9), undrawn).n_filled == 0


def test_a_detected_neighbour_is_bridged_over_two_seconds_at_most(project, monkeypatch):
    annotate.end_here(project, "c1s1t1", 9)
    monkeypatch.setattr(annotate, "FILL_MS", 40 * 20.0)
    assert annotate.draw(project, gate(project), 30, box(0, 30), "c1s1t1").n_filled == 0
    project.undo()
    assert annotate.draw(project, gate(project), 29, box(0, 29), "c1s1t1").n_filled == 19


def test_what_was_filled_follows_a_key_frame_and_detections_do_not(project):
    drawn = annotate.draw(project, gate(project), 0, (300, 0, 340, 80)).tracklets[0]
    annotate.draw(project, gate(project), 20, (320, 0, 360, 80), drawn)
    edit = annotate.place(project, drawn, 10, (330, 0, 370, 80))
    assert edit.n_filled == 18
    assert project.boxes(drawn).xyxy[:, 0].tolist() == [*range(300, 331, 3), *range(329, 319, -1)]
    again = annotate.place(project, drawn, 20, (340, 0, 380, 80))
    assert again.n_filled == 9  # as far as the key frame
    assert project.boxes(drawn).xyxy[10:, 0].tolist() == list(range(330, 341))
    assert annotate.place(project, "c1s1t1", 7, (20, 5, 66, 90)).n_filled == 0
    project.undo()
    assert project.boxes(drawn).xyxy[10:, 0].tolist() == list(range(330, 341))


def test_a_hole_is_filled_from_both_sides(project):
    annotate.delete_boxes(project, "c1s1t1", 20, 28)
    edit = annotate.draw(project, gate(project), 24, box(0, 24), "c1s1t1")
    assert edit.n_filled == 8
    assert walks(project)["c1s1t1"] == tuple((n, box(0, n)) for n in range(50))


def test_trim_and_end_keep_the_frame_that_is_shown(project):
    annotate.start_here(project, "c1s1t1", 20)
    annotate.end_here(project, "c1s1t1", 30)
    assert frames(project, "c1s1t1") == list(range(20, 31))


def test_split_begins_the_new_tracklet_with_the_frame_that_is_shown(project):
    edit = annotate.split(project, "c1s1t1", 20)
    assert (edit.tracklets[1], frames(project, "c1s1t1")) == ("c1s1t1", list(range(20)))
    assert frames(project, edit.tracklets[0]) == list(range(20, 50))


def test_decisions_stay_with_the_people(project):
    project.decide("c1s1t1", "c2s1t1", Verdict.SAME)
    project.decide("c1s1t2", "c2s1t2", Verdict.SAME)
    crop = project.crops("c1s1t1")[0].member.frame_idx
    new = annotate.split(project, "c1s1t1", crop).tracklets[0] if crop else "c1s1t1"
    assert {frozenset(i.tracklets) for i in identities(project).identities} == {
        frozenset((new, "c2s1t1")),
        frozenset(("c1s1t2", "c2s1t2")),
    }
    annotate.delete_boxes(project, new, crop)  # the very box that was decided about
    annotate.place(project, "c1s1t2", project.crops("c1s1t2")[0].member.frame_idx, (300, 300, 340, 380))
    assert len(identities(project).identities) == 2


def test_the_last_box_stays(project):
    drawn = annotate.draw(project, gate(project), 5, (300, 0, 340, 80)).tracklets[0]
    with pytest.raises(UsageError, match="last box"):
        annotate.delete_boxes(project, drawn, 5)
    with pytest.raises(UsageError, match="last box"):
        annotate.delete_boxes(project, "c1s1t1", 0, 49)
    assert drawn in walks(project)


@pytest.mark.parametrize(
    ("correct", "why"),
    [
        (lambda p: annotate.draw(p, gate(p), 500, (0, 0, 9, 9)), "not processed"),
        (lambda p: annotate.draw(p, gate(p), 5, (700, 0, 740, 80)), "not lie in the picture"),
        (lambda p: annotate.draw(p, gate(p), 5, (float("nan"), 0, 9, 9)), "not lie in the picture"),
        (lambda p: annotate.draw(p, gate(p), 5, (0, 0, 9, 9), "c1s1t1"), "already"),
        (lambda p: annotate.draw(p, gate(p), 5, (0, 0, 9, 9), "c2s1t1"), "another recording"),
        (lambda p: annotate.draw(p, 99, 5, (0, 0, 9, 9)), "no source"),
        (lambda p: annotate.place(p, "c1s1t1", 77, (0, 0, 9, 9)), "no box in frame 77"),
        (lambda p: annotate.place(p, "c1s1t1", 7, box(0, 7)), "already"),
        (lambda p: annotate.delete_boxes(p, "c1s1t1", 77), "no box in frame 77"),
        (lambda p: annotate.start_here(p, "c1s1t1", 0), "nothing to trim"),
        (lambda p: annotate.start_here(p, "c1s1t1", 50), "over before"),
        (lambda p: annotate.end_here(p, "c1s1t1", 49), "ends here already"),
        (lambda p: annotate.split(p, "c1s1t1", 0), "both parts"),
        (lambda p: annotate.split(p, "c1s1t1", 50), "both parts"),
        (lambda p: annotate.merge(p, ["c1s1t1"]), "at least two"),
        (lambda p: annotate.merge(p, ["c1s1t1", "c2s1t1"]), "cannot be merged"),
        (lambda p: annotate.swap(p, "c1s1t1", "c1s1t1", 5), "two different"),
        (lambda p: annotate.swap(p, "c1s1t1", "c2s1t1", 5), "different recordings"),
        (lambda p: annotate.swap(p, "c1s1t1", "c1s1t2", 0), "begins no earlier"),
        (lambda p: annotate.swap(p, "c1s1t1", "c1s1t2", 50), "both are over"),
        (lambda p: annotate.delete(p, "c9s9t9"), "no tracklet"),
    ],
)
def test_what_cannot_be_is_refused_with_the_reason_and_leaves_no_trace(project, correct, why):
    before, n_events = walks(project), len(project.log())
    with pytest.raises(UsageError, match=why):
        correct(project)
    assert (walks(project), len(project.log())) == (before, n_events)


def test_qualities_are_those_of_the_detections(project):
    annotate.place(project, "c1s1t2", 3, (20, 5, 66, 90))
    qualities = project.stored.qualities("c1s1t2")
    assert np.isnan(qualities[3])
    np.testing.assert_allclose(np.delete(qualities, 3), 0.11, atol=1e-6)
