"""Notes and tags: who wrote what, where they go when identities change, undo."""

from __future__ import annotations

import pytest

from reid_core.errors import UsageError
from reid_core.pipeline import annotate
from reid_core.pipeline.identities import identities
from reid_core.pipeline.notes import notes, notes_of, write_identity_note, write_note
from reid_core.types import Verdict
from tests.unit.reid_core.store.build import made


@pytest.fixture
def project(tmp_path):
    with made(tmp_path / "p.sightline") as opened:
        opened.decide("c1s1t1", "c2s1t1", Verdict.SAME)
        yield opened


def written(project):
    return {
        key: [note.text for note in found]
        for key, found in notes_of(identities(project), notes(project)).items()
    }


def first(project):
    return identities(project).identities[0]


def test_a_note_says_who_wrote_it_and_when(project):
    event = write_identity_note(project, first(project), "red bag ", ["bag", " bag", ""], actor="Ana")
    (note,) = notes(project)
    assert (note.text, note.tags, note.author, note.at_utc) == ("red bag", ("bag",), "Ana", event.at_utc)
    assert note.as_dict() == {"text": "red bag", "tags": ["bag"], "author": "Ana", "at_utc": event.at_utc}


def test_the_next_note_replaces_it_an_empty_one_takes_it_away_and_undo_brings_it_back(project):
    write_identity_note(project, first(project), "one")
    write_identity_note(project, first(project), "two")
    assert written(project) == {first(project).id: ["two"]}
    write_identity_note(project, first(project), "")
    assert written(project) == {}
    project.undo()
    assert written(project) == {first(project).id: ["two"]}
    with pytest.raises(UsageError, match="changes nothing"):
        write_identity_note(project, first(project), "two")


def test_an_identity_made_of_two_has_the_notes_of_both(project):
    project.decide("c1s1t2", "c2s1t2", Verdict.SAME)
    for number, identity in enumerate(identities(project).identities):
        write_identity_note(project, identity, f"note {number}")
    project.decide("c1s1t1", "c2s1t2", Verdict.SAME)
    assert written(project) == {first(project).id: ["note 0", "note 1"]}


def test_a_note_goes_with_the_person_through_corrections(project):
    write_identity_note(project, first(project), "red bag")
    annotate.split(project, "c1s1t1", 30)
    annotate.swap(project, "c1s1t1", "c1s1t2", 10)
    assert written(project) == {first(project).id: ["red bag"]}


def test_notes_on_tracklets_are_apart_from_those_on_identities(project):
    write_note(project, "c1s1t1", "seen from behind")
    assert written(project) == {}
    assert [(note.target, note.tracklet) for note in notes(project)] == [("tracklet", "c1s1t1")]
    with pytest.raises(UsageError, match="no tracklet"):
        write_note(project, "c9s9t9", "nobody")
