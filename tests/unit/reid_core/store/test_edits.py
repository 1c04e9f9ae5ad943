"""Corrections of tracklets: what they do, and undo."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from reid_core.errors import UsageError
from reid_core.store import Project, edits
from reid_core.types import Anchor
from tests.unit.reid_core.store.build import (
    SPACE,
    add_source,
    box,
    caches,
    check_rebuild,
    fill,
    frame,
    made,
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


def anchor(project: Project, person: int, frame_idx: int, camera: str = "gate") -> Anchor:
    source = project.sources(camera)[0]
    return Anchor(camera, source.fingerprint, pts(frame_idx), box(person, frame_idx))


# --- split


def test_split(project: Project) -> None:
    before = state(project)
    event = edits.split(project, "c1s1t1", pts(10))
    assert spans(project)["c1s1t1"] == (0, 9)
    assert spans(project)[f"c1s1e{event.id}"] == (10, 24)
    now = state(project)
    assert now["c1s1t1"] + now[f"c1s1e{event.id}"] == before["c1s1t1"]
    assert {k: v for k, v in now.items() if k in before and k != "c1s1t1"} == {
        k: v for k, v in before.items() if k != "c1s1t1"
    }
    check_rebuild(project)
    project.undo()
    assert state(project) == before
    assert caches(project) == [[], [], []]
    project.redo()
    assert state(project) == now


def test_split_of_a_split(project: Project) -> None:
    first = edits.split(project, "c1s1t1", pts(10))
    second = edits.split(project, f"c1s1e{first.id}", pts(20))
    assert spans(project)[f"c1s1e{second.id}"] == (20, 24)
    project.withdraw(first.id)
    assert spans(project)["c1s1t1"] == (0, 19)
    check_rebuild(project)


@pytest.mark.parametrize("at", [0, 25, 40])
def test_split_needs_boxes_on_both_sides(project: Project, at: int) -> None:
    with pytest.raises(UsageError, match="one side"):
        edits.split(project, "c1s1t1", pts(at))
    assert project.log() == []


# --- merge


def test_merge(project: Project) -> None:
    edits.merge(project, ["c1s1t1", "c1s1t2"])
    assert spans(project)["c1s1t1"] == (0, 49)
    assert "c1s1t2" not in spans(project)
    for ask in (project.boxes, project.crops, project.anchor):
        with pytest.raises(UsageError, match="no tracklet"):
            ask("c1s1t2")
    check_rebuild(project)
    project.undo()
    assert spans(project)["c1s1t2"] == (25, 49)


def test_merge_where_both_have_boxes_the_first_stays(project: Project) -> None:
    edits.merge(project, ["c1s1t3", "c1s1t1", "c1s1t2"])
    now = state(project)["c1s1t3"]
    assert [f for f, _ in now] == list(range(50))
    assert now[10][1] == box(1, 10)
    assert now[30][1] == box(0, 30)
    assert project.resolve(anchor(project, 0, 10)) == "c1s1t3"  # the covered box is still answered for
    check_rebuild(project)


def test_merge_undoes_a_split(project: Project) -> None:
    before = state(project)
    event = edits.split(project, "c1s1t1", pts(10))
    edits.merge(project, ["c1s1t1", f"c1s1e{event.id}"])
    assert state(project) == before


def test_merges_that_mean_nothing(project: Project) -> None:
    with pytest.raises(UsageError, match="at least two"):
        edits.merge(project, ["c1s1t1", "c1s1t1"])
    with pytest.raises(UsageError, match="same person instead"):
        edits.merge(project, ["c1s1t1", "c2s1t1"])
    with pytest.raises(UsageError, match="no tracklet"):
        edits.merge(project, ["c1s1t1", "c1s1t99"])


# --- swap


def test_swap(project: Project) -> None:
    edits.swap(project, "c1s1t1", "c1s1t3", pts(10))
    now = state(project)
    assert now["c1s1t1"][9:11] == [(9, box(0, 9)), (10, box(1, 10))]
    assert now["c1s1t3"][9:11] == [(9, box(1, 9)), (10, box(0, 10))]
    check_rebuild(project)
    edits.swap(project, "c1s1t1", "c1s1t3", pts(10))
    assert state(project)["c1s1t1"][10] == (10, box(0, 10))
    project.undo(), project.undo()
    assert caches(project) == [[], [], []]


def test_swap_with_one_that_ends(project: Project) -> None:
    edits.edit_boxes(project, "c1s1t3", deleted=[(pts(10), pts(24))])
    edits.swap(project, "c1s1t1", "c1s1t3", pts(10))
    assert spans(project)["c1s1t1"] == (0, 9)
    assert spans(project)["c1s1t3"] == (0, 24)


def test_swaps_that_mean_nothing(project: Project) -> None:
    with pytest.raises(UsageError, match="cannot be swapped"):
        edits.swap(project, "c1s1t1", "c1s1t3", pts(0))
    with pytest.raises(UsageError, match="cannot be swapped"):
        edits.swap(project, "c1s1t1", "c1s1t3", pts(25))
    with pytest.raises(UsageError, match="different recordings"):
        edits.swap(project, "c1s1t1", "c2s1t1", pts(10))
    with pytest.raises(UsageError, match="changes nothing"):
        edits.swap(project, "c1s1t1", "c1s1t1", pts(10))


# --- boxes


def test_move_a_box(project: Project) -> None:
    edits.edit_boxes(project, "c1s1t1", [(pts(3), (300.0, 300.0, 340.0, 380.0))])
    boxes = project.boxes("c1s1t1")
    assert boxes.xyxy[3].tolist() == [300, 300, 340, 380]
    assert boxes.edited.tolist() == [False] * 3 + [True] + [False] * 21
    assert boxes.scores[3] == 1
    assert boxes.detection_idx[3] == -1
    assert project.resolve(anchor(project, 0, 3)) == "c1s1t1"  # a decision on the old box stays with it
    check_rebuild(project)


def test_add_boxes_beyond_the_end(project: Project) -> None:
    edits.edit_boxes(project, "c1s1t1", [(pts(30), (300.0, 300.0, 340.0, 380.0))])
    assert spans(project)["c1s1t1"] == (0, 30)
    assert project.tracklet("c1s1t1").n_detections == 26


def test_delete_boxes_trims(project: Project) -> None:
    edits.edit_boxes(project, "c1s1t1", deleted=[(pts(0), pts(4)), (pts(20), pts(99))])
    assert spans(project)["c1s1t1"] == (5, 19)
    assert project.resolve(anchor(project, 0, 2)) == "c1s1t1"
    check_rebuild(project)


def test_the_last_box_is_not_deleted(project: Project) -> None:
    with pytest.raises(UsageError, match="last box"):
        edits.edit_boxes(project, "c1s1t1", deleted=[(pts(0), pts(99))])
    assert project.log() == []
    assert spans(project)["c1s1t1"] == (0, 24)


def test_delete_a_tracklet(project: Project) -> None:
    place = project.anchor("c1s1t1")
    edits.delete(project, "c1s1t1")
    assert "c1s1t1" not in spans(project)
    assert project.resolve(place) is None
    assert "c1s1t1" not in project.descriptors(SPACE.key)[0]
    assert "c1s1t1" not in project.undescribed_tracklets(SPACE.key)
    assert [i for i, _ in project.boxes_at(1, 3)] == ["c1s1t3", "c1s1t5"]
    check_rebuild(project)
    project.undo()
    assert project.resolve(place) == "c1s1t1"


def test_draw_a_tracklet(project: Project) -> None:
    source = project.sources("gate")[0]
    event = edits.draw(
        project, "gate", source.fingerprint, [(pts(i), (400.0, 400.0, 440.0, 470.0)) for i in range(5)]
    )
    assert spans(project)[f"c1s1e{event.id}"] == (0, 4)
    assert project.anchor(f"c1s1e{event.id}").xyxy == (400, 400, 440, 470)
    assert [i for i, _ in project.boxes_at(1, 3)][-1] == "c1s1t5" or f"c1s1e{event.id}" in dict(
        project.boxes_at(1, 3)
    )
    check_rebuild(project)


def test_redrawing_a_deleted_tracklet_takes_its_decisions_over(project: Project) -> None:
    place = project.anchor("c1s1t1")
    edits.delete(project, "c1s1t1")
    x1, y1, x2, y2 = place.xyxy
    event = edits.draw(project, "gate", place.source, [(place.pts, (x1 + 4, y1, x2 + 4, y2))])
    assert project.resolve(place) == f"c1s1e{event.id}"


def test_edits_that_change_nothing_are_refused(project: Project) -> None:
    source = project.sources("gate")[0].fingerprint
    with pytest.raises(UsageError, match="changes nothing"):
        edits.edit_boxes(project, "c1s1t1", deleted=[(pts(30), pts(40))])
    with pytest.raises(UsageError, match="changes nothing"):
        edits.draw(project, "gate", source, [(10**9, (0.0, 0.0, 5.0, 5.0))])
    with pytest.raises(UsageError, match="changes nothing"):
        edits.draw(project, "gate", "unknown source", [(pts(1), (0.0, 0.0, 5.0, 5.0))])
    assert project.log() == []
    assert caches(project) == [[], [], []]


# --- anchors


def test_anchors(project: Project) -> None:
    place = project.anchor("c2s1t4")
    assert place == Anchor("hall", project.sources("hall")[0].fingerprint, pts(25), box(1, 25))
    assert project.resolve(place) == "c2s1t4"
    assert project.anchor_at("c2s1t4", 3).pts == pts(28)


def test_an_anchor_finds_the_best_overlap(project: Project) -> None:
    x1, y1, x2, y2 = box(1, 10)
    source = project.sources("gate")[0].fingerprint
    assert project.resolve(Anchor("gate", source, pts(10), (x1 + 10, y1 + 5, x2 + 10, y2 + 5))) == "c1s1t3"
    assert project.resolve(Anchor("gate", source, pts(10), (x1 + 300, y1, x2 + 300, y2))) is None
    assert project.resolve(Anchor("gate", source, pts(99), box(1, 10))) is None
    assert project.resolve(Anchor("gate", "unknown", pts(10), box(1, 10))) is None


def test_an_anchor_where_the_frame_has_no_box_finds_the_nearest(project: Project) -> None:
    with project.engine() as engine:
        segment = engine.begin_segment(1, "d", "sparse")
        engine.write_tracklet(segment.id, tracklet(1, 1, [0, 8, 20], [0, 1, 2]))
    assert project.resolve(anchor(project, 1, 10)) == "c1s1t1"
    assert project.resolve(anchor(project, 0, 10)) is None


def test_one_file_in_two_cameras(tmp_path: Path) -> None:
    with Project.create(tmp_path / "p.sightline") as project:
        add_source(project, "gate")
        project.add_camera("twin")
        source = project.sources()[0]
        info = {
            k: getattr(source, k)
            for k in ("path", "kind", "fingerprint", "width", "height", "fps", "duration_ms")
        }
        project.add_source("twin", info)
        with project.engine() as engine:
            fill(project, engine, 1, people=[0])
            fill(project, engine, 2, people=[0])
        assert project.resolve(project.anchor("c2s1t1")) == "c2s1t1"
        assert project.resolve(project.anchor("c1s1t1")) == "c1s1t1"
        edits.split(project, "c2s1t1", pts(10))
        assert [t.camera for t in project.tracklets()] == ["gate", "twin", "twin"]


def test_frames_exist() -> None:
    assert frame(3, [0, 1]).detections.xyxy[1].tolist() == list(box(1, 3))
