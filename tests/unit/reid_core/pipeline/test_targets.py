"""Places worth a look are found where they are, and nowhere else."""

from __future__ import annotations

import pytest

from reid_core.errors import CancelledError
from reid_core.pipeline import annotate, targets
from reid_core.pipeline.targets import TargetKind, find_targets
from reid_core.progress import CancelToken
from reid_core.types import Verdict
from tests.unit.reid_core.store.build import box, made


@pytest.fixture
def project(tmp_path):
    """Scores are 0.50 for the first person of each camera, 0.51 and 0.52 for the others; no gaps."""
    with made(tmp_path / "p.sightline") as opened:
        yield opened


def places(project, kind):
    return [(t.camera, t.frame_idx, t.tracklets) for t in find_targets(project, kind)]


def test_starts_and_ends_by_camera_then_time(project):
    annotate.end_here(project, "c1s1t2", 20)
    project.set_clock("hall", -60_000)  # an earlier clock does not bring a camera to the front
    ends = places(project, TargetKind.END)
    assert ends[0] == ("gate", 20, ("c1s1t2",))
    assert [end[0] for end in ends] == ["gate"] * 3 + ["hall"] * 3
    assert [start[1] for start in places(project, TargetKind.START)] == [0] * 6


def test_gaps_are_stretches_without_real_boxes(project):
    assert places(project, TargetKind.GAP) == []
    annotate.delete_boxes(project, "c1s1t1", 20, 25)
    annotate.delete_boxes(project, "c1s1t2", 20, 40)
    assert places(project, TargetKind.GAP) == [("gate", 19, ("c1s1t2",))]
    assert find_targets(project, TargetKind.GAP)[0].at_ms == pytest.approx(19 * 40.0)


def test_crossings_are_where_two_overlap_most(project):
    assert places(project, TargetKind.CROSSING) == []
    annotate.place(project, "c1s1t1", 10, (32, 120, 72, 200))
    annotate.place(project, "c1s1t1", 11, (33, 101, 73, 181))
    assert places(project, TargetKind.CROSSING) == [("gate", 11, ("c1s1t1", "c1s1t2"))]


def test_low_scores_are_the_worst_of_each_stretch(project, monkeypatch):
    assert places(project, TargetKind.LOW_SCORE) == []
    monkeypatch.setattr(targets, "LOW_SCORE", 0.505)
    assert places(project, TargetKind.LOW_SCORE) == [("gate", 0, ("c1s1t1",)), ("hall", 0, ("c2s1t1",))]
    annotate.place(project, "c1s1t1", 30, (0, 0, 40, 80))  # drawn by a person: beyond doubt
    annotate.place(project, "c1s1t1", 20, (0, 0, 40, 80))
    found = [place[1] for place in places(project, TargetKind.LOW_SCORE) if place[0] == "gate"]
    assert found == [0]  # stretches of detections: a drawn box between them parts none


def test_undecided_are_those_of_nobody(project):
    project.decide("c1s1t1", "c2s1t1", Verdict.SAME)
    found = {name for place in places(project, TargetKind.UNDECIDED) for name in place[2]}
    assert found == {"c1s1t2", "c1s1t3", "c2s1t2", "c2s1t3"}


def test_a_moment_is_on_the_common_clock(project):
    project.set_clock("hall", 500.0, 1000.0)
    annotate.delete_boxes(project, "c2s1t3", 26, 44)
    (gap,) = find_targets(project, TargetKind.GAP)
    assert (gap.frame_idx, gap.at_ms) == (25, pytest.approx(500 + 1000 * 1.001))


def test_a_search_can_be_stopped(project):
    cancel = CancelToken()
    cancel.cancel()
    with pytest.raises(CancelledError):
        find_targets(project, TargetKind.GAP, cancel)


def test_a_drawn_tracklet_is_a_target_too(project):
    drawn = annotate.draw(project, project.sources("gate")[0].id, 5, box(4, 5)).tracklets
    assert ("gate", 5, drawn) in places(project, TargetKind.START)
