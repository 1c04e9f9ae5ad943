"""A snapshot is the project as it is: times on the common clock, people by number, verdicts both ways."""

import numpy as np
import pytest

from app.loading import load_snapshot
from app.snapshot import SourceState
from reid_core.types import Verdict
from tests.unit.reid_core.store.build import made


def test_tracklets_stand_in_columns_by_camera_and_start(tmp_path):
    with made(tmp_path / "p.sightline") as project:
        project.set_clock("hall", 5000.0)
        snapshot = load_snapshot(project)
    assert snapshot.name == "p"
    assert [camera.name for camera in snapshot.cameras] == ["gate", "hall"]
    columns = snapshot.tracklets
    assert columns.ids == ("c1s1t1", "c1s1t2", "c1s1t3", "c2s1t1", "c2s1t2", "c2s1t3")
    np.testing.assert_array_equal(columns.camera, [0, 0, 0, 1, 1, 1])
    np.testing.assert_allclose(columns.start_ms, [0, 0, 0, 5000, 5000, 5000])
    assert snapshot.extent_ms == pytest.approx((0.0, 7000.0))
    assert not columns.person.any()
    assert {facts.state for facts in snapshot.sources} == {SourceState.DONE}
    assert all(facts.is_missing for facts in snapshot.sources)


def test_decisions_make_people_and_are_known_from_both_sides(tmp_path):
    with made(tmp_path / "p.sightline") as project:
        project.decide("c1s1t1", "c2s1t2", Verdict.SAME)
        project.decide("c1s1t1", "c2s1t3", Verdict.DIFFERENT)
        snapshot = load_snapshot(project)
    (person,) = snapshot.persons
    assert (person.number, person.name, person.cameras) == (1, "Person 1", ("gate", "hall"))
    assert snapshot.person_of("c1s1t1") is snapshot.person_of("c2s1t2") is person
    assert snapshot.person_of("c2s1t3") is None
    assert snapshot.verdicts["c2s1t2", "c1s1t1"] is Verdict.SAME
    assert snapshot.verdicts["c1s1t1", "c2s1t3"] is Verdict.DIFFERENT
    assert snapshot.undo_text
    assert not snapshot.redo_text
