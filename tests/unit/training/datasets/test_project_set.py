"""A project's accepted identities become a data set: the crops that are searched, split by identity."""

from __future__ import annotations

import json

import numpy as np
import pytest

from reid_core.store.project import Project
from reid_core.types import Verdict
from tests.fakes.people import person, write_project
from training.__main__ import main
from training.datasets.market import DatasetError, load_picture, read_market
from training.datasets.project import write_project_set


def test_crops_of_accepted_identities_are_written_as_they_are_searched(tmp_path):
    project = write_project(tmp_path / "p.sightline", n_ids=3, n_crops=2)
    written = write_project_set(project, tmp_path / "set", share=0.0)
    assert (written.n_ids, written.n_validation_ids, written.n_pictures) == (3, 0, 12)
    pictures = read_market(tmp_path / "set").train
    assert {(p.pid, p.camid) for p in pictures} == {(pid, camera) for pid in (1, 2, 3) for camera in (1, 2)}
    first = next(p for p in pictures if p.pid == 2 and p.camid == 1)
    np.testing.assert_array_equal(load_picture(first), person(2, 1, 2))
    table = json.loads((tmp_path / "set" / "ids.json").read_text())
    assert table["1"]["tracklets"] == ["c1s1t1", "c2s1t1"]


def test_validation_is_split_off_by_identity(tmp_path):
    project = write_project(tmp_path / "p.sightline", n_ids=8)
    written = write_project_set(project, tmp_path / "set", share=0.25)
    assert (written.n_ids, written.n_validation_ids) == (6, 2)
    found = read_market(tmp_path / "set")
    held = {p.pid for p in (*found.query, *found.gallery)}
    assert len(held) == 2
    assert held.isdisjoint({p.pid for p in found.train})
    assert {p.camid for p in found.query} == {p.camid for p in found.gallery} == {1, 2}


def test_who_is_in_conflict_or_undecided_is_left_out(tmp_path):
    path = write_project(tmp_path / "p.sightline", n_ids=3)
    with Project.open(path) as project:
        project.decide("c1s1t1", "c2s1t2", Verdict.SAME)
        project.decide("c2s1t1", "c1s1t2", Verdict.DIFFERENT)
    written = write_project_set(path, tmp_path / "set", share=0.0)
    assert (written.n_ids, written.n_conflicted) == (1, 1)
    undecided = write_project(tmp_path / "u.sightline", n_ids=2, decide=False)
    with pytest.raises(DatasetError, match="holds nobody who was accepted"):
        write_project_set(undecided, tmp_path / "other")
    with Project.open(undecided) as project:
        project.decide("c1s1t1", "c2s1t1", Verdict.SAME)
        project.decide("c2s1t1", "c1s1t2", Verdict.SAME)
        project.decide("c1s1t1", "c1s1t2", Verdict.DIFFERENT)
    with pytest.raises(DatasetError, match="contradict each other"):
        write_project_set(undecided, tmp_path / "other")
    assert not (tmp_path / "other").exists()


def test_the_command_writes_once_and_never_over_a_folder(tmp_path, capsys):
    project = write_project(tmp_path / "p.sightline", n_ids=2)
    command = ["dataset", "--project", str(project), "--out", str(tmp_path / "set")]
    assert main([*command, "--json"]) == 0
    assert json.loads(capsys.readouterr().out)["n_pictures"] == 4
    assert main(command) == 1
    assert "is not empty" in capsys.readouterr().err
    assert main(["dataset", "--project", str(tmp_path / "no.sightline"), "--out", str(tmp_path / "x")]) == 6
