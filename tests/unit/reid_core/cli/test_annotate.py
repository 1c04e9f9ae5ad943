"""``edit``, ``refresh`` and ``note`` as they are typed."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from reid_core.cli.main import main
from reid_core.store import Project
from reid_core.types import Verdict
from tests.unit.reid_core.store.build import made


@pytest.fixture
def path(tmp_path) -> Path:
    with made(tmp_path / "p.sightline") as project:
        project.decide("c1s1t1", "c2s1t1", Verdict.SAME)
        return project.path


def typed(capsys, *words: object, expect: int = 0):
    """What a command with ``--json`` prints; where it fails, its sentence."""
    code = main([*map(str, words), *([] if expect else ["--json"])])
    out = capsys.readouterr()
    assert code == expect, out
    return out.err if expect else json.loads(out.out)


@pytest.mark.parametrize(
    ("words", "kind", "tracklets"),
    [
        (["draw", "gate", "--at", 5, "--box", "300,0,340,80"], "boxes_edited", ["c1s1e2"]),
        (["draw", "hall", "--at", 5, "--box", "300,0,340,80"], "boxes_edited", ["c2s1e2"]),
        (["move", "c1s1t1", "--at", 5, "--box", "300,0,340,80"], "boxes_edited", ["c1s1t1"]),
        (["delete", "c1s1t1", "--at", 5, "--to", 9], "boxes_edited", ["c1s1t1"]),
        (["delete", "c1s1t1", "--whole"], "boxes_edited", []),
        (["split", "c1s1t1", "--at", 5], "tracklet_split", ["c1s1e2", "c1s1t1"]),
        (["merge", "c1s1t1", "c1s1t2"], "tracklets_merged", ["c1s1t1"]),
        (["swap", "c1s1t1", "c1s1t2", "--at", 5], "tracks_swapped", ["c1s1t1", "c1s1t2"]),
        (["trim", "c1s1t1", "--at", 5], "boxes_edited", ["c1s1t1"]),
        (["end", "c1s1t1", "--at", 5], "boxes_edited", ["c1s1t1"]),
    ],
)
def test_every_verb_is_one_event_that_undo_takes_back(path, capsys, words, kind, tracklets):
    before = typed(capsys, "tracklets", path)
    done = typed(capsys, "edit", path, *words)
    assert done == {"event": 2, "kind": kind, "tracklets": tracklets}
    assert typed(capsys, "tracklets", path) != before or words[0] in ("move", "swap")
    typed(capsys, "undo", path)
    assert typed(capsys, "tracklets", path) == before


def test_people_are_told_how_to_go_on(path, capsys):
    assert main(["edit", str(path), "split", "c1s1t1", "--at", "5"]) == 0
    out = capsys.readouterr().out
    assert "sightline undo" in out
    assert "sightline refresh" in out


@pytest.mark.parametrize(
    ("words", "why"),
    [
        (["draw", "nowhere", "--at", 5, "--box", "0,0,9,9"], "project has: gate, hall"),
        (["draw", "gate", "--file", 2, "--at", 5, "--box", "0,0,9,9"], "no file 2"),
        (["split", "c1s1t1", "--at", 0], "both parts"),
        (["end", "c7s7t7", "--at", 5], "no tracklet"),
    ],
)
def test_what_cannot_be_is_one_sentence(path, capsys, words, why):
    error = typed(capsys, "edit", path, *words, expect=2)
    assert why in error
    assert "Traceback" not in error


@pytest.mark.parametrize("at", ["-1", "soon", "1e3", str(2**40)])
def test_what_is_no_frame_is_refused(path, capsys, at):
    with pytest.raises(SystemExit):
        main(["edit", str(path), "split", "c1s1t1", f"--at={at}"])
    assert "whole number from 0" in capsys.readouterr().err.replace("\n", " ")


def test_a_note_stands_in_the_list_of_identities(path, capsys):
    typed(capsys, "note", path, "P1", "red bag", "--tag", "bag")
    (identity,) = typed(capsys, "identities", path)
    assert identity["tags"] == ["bag"]
    assert [(note["text"], note["tags"]) for note in identity["notes"]] == [("red bag", ["bag"])]
    assert identity["notes"][0]["at_utc"].endswith("Z")
    main(["identities", str(path)])
    assert "red bag #bag" in capsys.readouterr().out
    typed(capsys, "undo", path)
    assert typed(capsys, "identities", path)[0]["notes"] == []
    assert "no tracklet" in typed(capsys, "note", path, "P9", "nobody", expect=2)


def test_refresh_without_edits_does_nothing(path, capsys):
    assert typed(capsys, "refresh", path) == {"refreshed": [], "left": [], "problems": []}


def test_refresh_says_what_it_lacks(path, capsys):
    typed(capsys, "edit", path, "split", "c1s1t1", "--at", 5)
    error = typed(capsys, "refresh", path, expect=4)  # the model of these vectors does not exist
    assert "fake" in error
    with Project.open(path) as project:
        assert len(project.stored.outdated()) == 2
