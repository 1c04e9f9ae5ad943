"""Corrections of tracklets: what they do, that decisions, crops, vectors stay with the pixels, and undo."""

from collections.abc import Iterator
from contextlib import closing
from pathlib import Path
from sqlite3 import connect

import numpy as np
import pytest

from reid_core.errors import UsageError
from reid_core.store import Project, edits
from reid_core.store.records import CropRow
from reid_core.types import Anchor
from tests.unit.reid_core.store.build import (
    PTS,
    SPACE,
    add_source,
    box,
    embed_all,
    fill,
    frame,
    made,
    png,
    tracklet,
)

CACHES = ("current_tracklet", "current_box", "current_ghost")


def pts(frame_idx: int) -> int:
    return 1000 + frame_idx * PTS


@pytest.fixture
def project(tmp_path: Path) -> Iterator[Project]:
    """Two cameras; three people in each, whose walks are cut in two at frame 25."""
    with made(tmp_path / "p.sightline", cuts=[25]) as project:
        yield project


def state(project: Project) -> dict[str, list[tuple[int, tuple[float, ...]]]]:
    """Frames and boxes of every current tracklet."""
    found = {}
    for t in project.tracklets():
        b = project.boxes(t.id)
        found[t.id] = [(int(f), tuple(x)) for f, x in zip(b.frame_idx, b.xyxy.tolist(), strict=True)]
        assert (t.start_idx, t.end_idx, t.n_boxes) == (b.frame_idx[0], b.frame_idx[-1], len(b))
        assert (t.start_pts, t.end_pts) == (b.pts[0], b.pts[-1])
        assert t.n_detections == int(((b.detection_idx >= 0) | b.edited).sum())
    return found


def caches(project: Project) -> list[list[tuple[object, ...]]]:
    with closing(connect(project.path)) as connection:
        return [sorted(connection.execute(f"SELECT * FROM {table}").fetchall(), key=repr) for table in CACHES]


def check_rebuild(project: Project) -> None:
    before = caches(project), state(project)
    project.rebuild()
    assert (caches(project), state(project)) == before


def spans(project: Project, camera: str = "gate") -> dict[str, tuple[int, int]]:
    return {t.id: (t.start_idx, t.end_idx) for t in project.tracklets() if t.camera == camera}


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


# --- re-tracking: edits and decisions stay with the pixels


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


# --- forgetting


def test_forget(tmp_path: Path) -> None:
    with made(tmp_path / "p.sightline", ("gate",), dim=6) as project:
        ids, matrix = project.descriptors(SPACE.key)
        bytes_of = {i: bytes(m) for i, m in zip(ids, np.asarray(matrix), strict=True)}
        crop_vectors = bytes(project.crop_vectors(SPACE.key, "c1s1t2"))
        appearance = next(project.frame_rows(project.segments()[0].id)).appearance
        assert appearance is not None
        kept = project.tracklets()
        project.decide("c1s1t2", "c1s1t1", "same")
        event = project.forget(["c1s1t2"], reason="asked for", actor="Ana")
        assert [t.id for t in project.tracklets()] == [t.id for t in kept if t.id != "c1s1t2"]
        assert event.payload.reason == "asked for"
        assert project.undo().kind == "decided"  # a tombstone is no step to undo
        project.redo()
        (judgement,), _ = project.judgements()
        assert judgement.a.startswith("lost:")
        with pytest.raises(UsageError):
            project.crops("c1s1t2")
        assert len(project.crops("c1s1t1")) == 2
        assert project.verify_log() == []
        after = next(project.frame_rows(project.segments()[0].id)).appearance
        assert after is not None
        assert after[1].tolist() == [0] * 6
        assert np.array_equal(after[[0, 2]], appearance[[0, 2]])
    everything = b"".join(p.read_bytes() for p in tmp_path.rglob("*") if p.is_file())
    for gone in (
        png("gate 1 0"),
        png("gate 1 25"),
        bytes_of["c1s1t2"],
        crop_vectors,
        appearance[1].tobytes(),
    ):
        assert gone not in everything
    for kept_bytes in (png("gate 0 0"), bytes_of["c1s1t1"]):
        assert kept_bytes in everything


def test_forgetting_is_completed_after_a_kill(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    from reid_core.store import forget

    with made(tmp_path / "p.sightline") as project:
        with monkeypatch.context() as broken:
            broken.setattr(forget, "overwrite", lambda database: None)
            project.forget(["c1s1t2"])
        assert png("gate 1 0") in (project.sidecar / "crops.pack").read_bytes()
        with project.engine():
            pass
        assert png("gate 1 0") not in (project.sidecar / "crops.pack").read_bytes()


def test_the_forgotten_stay_forgotten_when_tracked_again(tmp_path: Path) -> None:
    with made(tmp_path / "p.sightline") as project:
        project.forget(["c1s1t2"])
        with project.engine() as engine:
            segment = engine.begin_segment(1, "d", "again")
            with engine.transaction():
                for order in (1, 2, 3):
                    row = tracklet(order, order - 1, range(50), [0, 1, 2], label="again")
                    engine.write_tracklet(segment.id, row)
        assert spans(project) == {"c1s1t1": (0, 49), "c1s1t3": (0, 49)}
        assert png("again 1 0") not in (project.sidecar / "crops.pack").read_bytes()
        assert png("again 2 0") in (project.sidecar / "crops.pack").read_bytes()


def test_forget_part_of_a_tracklet(project: Project) -> None:
    event = edits.split(project, "c1s1t1", pts(10))
    project.forget([f"c1s1e{event.id}"])
    assert [c.png for c in project.crops("c1s1t1")] == [png("gate 0 0")]
    assert png("gate 0 12") not in (project.sidecar / "crops.pack").read_bytes()
    project.undo()  # without the split the whole tracklet holds the forgotten place: nothing of it is shown
    assert "c1s1t1" not in spans(project)
    project.redo()
    assert [c.png for c in project.crops("c1s1t1")] == [png("gate 0 0")]


def test_forget_a_picture(project: Project) -> None:
    picture = project.add_image(b"query picture of somebody" * 40)
    with project.engine() as engine:
        engine.forget([picture])
    project.close()
    everything = b"".join(p.read_bytes() for p in project.path.parent.rglob("*") if p.is_file())
    assert b"query picture of somebody" not in everything


def test_frames_exist() -> None:
    assert frame(3, [0, 1]).detections.xyxy[1].tolist() == list(box(1, 3))
