"""``link``, ``travel`` and ``search --reachable`` as a user types them."""

from __future__ import annotations

import json

import pytest

from reid_core.cli.main import main
from tests.unit.reid_core.pipeline.link_site import site


@pytest.fixture
def project(tmp_path):
    path = tmp_path / "case.sightline"
    with site(path):
        pass
    return path


@pytest.fixture
def run(project, capsys):
    def run(command: str, *arguments: str, code: int = 0) -> str:
        try:
            found = main([command, str(project), *arguments])
        except SystemExit as refused:
            found = refused.code
        captured = capsys.readouterr()
        assert found == code, captured.err
        return captured.out if code == 0 else captured.err

    return run


def test_proposals_as_json(run):
    proposals = json.loads(run("link", "--json"))
    assert len(proposals) == 3
    for proposal in proposals:
        assert len(proposal["tracklets"]) == 3
        assert proposal["cameras"] == ["gate", "hall", "yard"]
        assert proposal["probability"] is None
        assert all(isinstance(reason, str) for reason in proposal["reasons"])
    assert json.loads(run("identities", "--json")) == []


def test_apply_is_one_step(run):
    applied = json.loads(run("link", "--apply", "0.5", "--json"))
    found = json.loads(run("identities", "--json"))
    assert sorted(p["tracklets"] for p in applied) == sorted(i["tracklets"] for i in found)
    assert json.loads(run("link", "--json")) == []
    run("undo")
    assert json.loads(run("identities", "--json")) == []


def test_people_are_told_what_they_see_and_what_to_do(run):
    out = run("link")
    assert "Nothing is applied. Accept them: sightline link" in out
    assert "No probability yet: 0 decided pairs, 30 needed." in out
    assert "3 proposals. Identities: 0 before, 3 with them; 0 of 9 tracklets stay unassigned." in out
    assert "0 proposals" in run("link", "--threshold", "0.99")
    assert "Nothing to accept" in run("link", "--apply", "0.99")
    assert "Take it back with: sightline undo" in run("link", "--apply", "0.5")


@pytest.mark.parametrize(
    "wrong", [("--apply", "2"), ("--apply", "nan"), ("--apply", "0.5", "--threshold", "0.5")]
)
def test_wrong_thresholds_are_refused(run, wrong):
    run("link", *wrong, code=2)


def test_travel_times_are_set_shown_forgotten_and_undone(run):
    assert "No travel times yet" in run("travel")
    out = run("travel", "--set", "hall:gate=5,20,90", "--overlapping", "gate:yard")
    assert "set by hand" in out
    assert "1:30" in out
    windows = json.loads(run("travel", "--json"))
    assert windows[0] == {
        "a": "gate", "b": "hall", "min_ms": 5000.0, "typical_ms": 20000.0, "max_ms": 90000.0,
        "overlapping": False, "n_learnt": 0,
    }  # fmt: skip
    assert (windows[1]["b"], windows[1]["overlapping"]) == ("yard", True)
    assert len(json.loads(run("travel", "--forget", "yard:gate", "--json"))) == 1
    run("undo")
    assert len(json.loads(run("travel", "--json"))) == 2
    assert json.loads(run("travel", "--set", "gate:hall=,,60.5", "--json"))[0]["max_ms"] == 60_500.0


def test_travel_times_are_learnt(run):
    assert "Nothing new could be learnt" in run("travel", "--set", "gate:yard=1,2,99") + run(
        "travel", "--learn"
    )
    run("link", "--apply", "0.5")
    assert "learnt from 3" in run("travel", "--learn")


@pytest.mark.parametrize(
    "wrong",
    [
        ("--set", "gate:hall=20,5,90"),
        ("--set", "gate:hall=1,2"),
        ("--set", "gate:hall=-1,2,3"),
        ("--set", "gate:hall=a,b,c"),
        ("--set", "gate=1,2,3"),
        ("--set", "gate:gate=1,2,3"),
        ("--set", "gate:cellar=1,2,3"),
        ("--overlapping", "gate"),
        ("--forget", "gate:hall"),
    ],
)
def test_wrong_travel_times_are_refused(run, wrong):
    err = run("travel", *wrong, code=2)
    assert "Traceback" not in err
    assert json.loads(run("travel", "--json")) == []


def test_search_says_why_a_hit_is_unlikely(run):
    run("travel", "--set", "gate:hall=30,40,90")
    hits = json.loads(run("search", "--tracklet", "c1s1t1", "--json"))
    assert {hit["reason"] for hit in hits if hit["camera"] == "hall"} == {
        "gate to hall in 0:18, minimum 0:30"
    }
    assert {hit["reason"] for hit in hits if hit["camera"] == "yard"} == {None}
    hits = json.loads(run("search", "--tracklet", "c1s1t1", "--reachable", "--json"))
    assert {hit["camera"] for hit in hits} == {"yard"}
    assert "3 left out: outside their travel window." in run("search", "--tracklet", "c1s1t1", "--reachable")
    assert "minimum 0:30" in run("search", "--tracklet", "c1s1t1")
