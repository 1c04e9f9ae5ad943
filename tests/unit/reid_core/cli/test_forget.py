"""``forget`` as a user types it: first what would go, then gone for good."""

from __future__ import annotations

import json

import pytest

from reid_core.cli.main import main
from reid_core.store.project import Project
from tests.unit.reid_core.store.build import made, png


@pytest.fixture
def project(tmp_path):
    path = tmp_path / "case.sightline"
    with made(path) as opened:
        opened.decide("c1s1t2", "c2s1t2", "same")
    return path


@pytest.fixture
def run(project, capsys):
    def run(*arguments: str, code: int = 0) -> str:
        assert main(["forget", str(project), *arguments]) == code
        captured = capsys.readouterr()
        return captured.err if code else captured.out

    return run


def person(project):
    from reid_core.pipeline.identities import identities

    with Project.open(project) as opened:
        return identities(opened).identities[0].id


def ids(project):
    with Project.open(project) as opened:
        return {tracklet.id for tracklet in opened.tracklets()}


def test_without_yes_nothing_is_erased(run, project):
    before = ids(project)
    out = run(person(project))
    assert "would erase 2 tracklets (c1s1t2 c2s1t2) with 4 pictures for good. Do it with --yes." in out
    assert ids(project) == before


def test_a_person_is_erased_with_every_picture(run, project, tmp_path):
    before = ids(project)
    found = json.loads(run(person(project), "--yes", "--reason", "asked for", "--json"))
    assert found == {"erased": True, "tracklets": ["c1s1t2", "c2s1t2"], "n_pictures": 4}
    assert ids(project) == before - {"c1s1t2", "c2s1t2"}
    everything = b"".join(path.read_bytes() for path in tmp_path.rglob("*") if path.is_file())
    assert png("gate 1 0") not in everything
    assert png("gate 0 0") in everything
    with Project.open(project) as opened:
        assert opened.log()[-1].payload.reason == "asked for"
        assert opened.verify_log() == []


def test_the_query_pictures_of_a_person_go_too(run, project, tmp_path):
    picture = png("somebody in the street")
    with Project.open(project) as opened:
        opened.decide(opened.add_image(picture), "c1s1t2", "same")
    assert "with 5 pictures" in run(person(project), "--yes")
    everything = b"".join(path.read_bytes() for path in tmp_path.rglob("*") if path.is_file())
    assert picture not in everything


def test_a_tracklet_that_is_named_twice_is_erased_once(run):
    assert "Erased 1 tracklets (c1s1t1) with 2 pictures" in run("c1s1t1", "c1s1t1", "--yes")


def test_who_is_not_there_is_said(run):
    assert "There is no identity P99. See: sightline identities" in run("P99", "--yes", code=2)
    assert "c9s9t9" in run("c9s9t9", "--yes", code=2)
