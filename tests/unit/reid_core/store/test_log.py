from collections.abc import Iterator
from contextlib import closing
from dataclasses import fields, replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from sqlite3 import DatabaseError, connect
from typing import get_args

import pytest

from reid_core.errors import ProjectUnreadableError, UsageError
from reid_core.store import Project, codec, events
from reid_core.store.events import (
    BoxAt,
    BoxesEdited,
    ClockSet,
    Decided,
    Forgotten,
    IdentityNamed,
    LinkedPair,
    LinksAccepted,
    PtsRange,
    Tagged,
    TopologySet,
    TrackletsMerged,
    TrackletSplit,
    TracksSwapped,
    TravelTime,
)
from reid_core.store.failures import NothingToRedoError, NothingToUndoError
from reid_core.store.log import cursor
from reid_core.types import Anchor, ImageAnchor, Verdict

A = Anchor("gate", "f" * 64, 100, (1.0, 2.0, 3.5, 4.0))
B = Anchor("hall", "e" * 64, 200, (5.0, 6.0, 7.0, 8.0))
A2 = replace(A, pts=300)
PICTURE = ImageAnchor("ab" * 32)
EXAMPLES = [
    Decided(A, B, Verdict.SAME),
    Decided(A, PICTURE, Verdict.UNSURE, (3, 4), "too dark \u2019"),
    BoxesEdited(A, "gate", A.source, (BoxAt(1, (0.0, 0.0, 1.0, 1.5)),), (PtsRange(1, 5),)),
    BoxesEdited(None, "gate", A.source, (BoxAt(1, (0.0, 0.0, 1.0, 1.0)),)),
    BoxesEdited(A, "gate", A.source, whole=True),
    TrackletSplit(A, A2),
    TrackletsMerged((A, A2)),
    TracksSwapped(A, replace(A, pts=101), 200, A2, None),
    IdentityNamed(A, "Ana", "#00ff00"),
    Tagged("moment", A, ("bag", "red"), "note"),
    events.CameraRenamed("gate", "north gate"),
    events.SourceRemoved("gate", "f" * 64, "gate.mp4"),
    ClockSet("gate", -1500.0, 3.25, (ClockSet("hall", 2.0),), "2026-11-21"),
    TopologySet(
        (TravelTime("gate", "hall", 1000.0, 2000.0, 9000.0), TravelTime("gate", "yard", overlapping=True))
    ),
    LinksAccepted((LinkedPair(A, B, 0.9), LinkedPair(A, PICTURE)), 0.8, "model"),
    events.Regrouped((Decided(A, B, Verdict.DIFFERENT, (2,)),), (IdentityNamed(B, "Bo"),), "split"),
    Forgotten((A, PICTURE), "asked for"),
    events.Undone(),
    events.Redone(),
    events.Withdrawn("wrong"),
]


@pytest.fixture
def project(tmp_path: Path) -> Iterator[Project]:
    ticks = iter(range(10**6))
    start = datetime(2026, 1, 2, 3, 4, 5, 678000, UTC)
    with Project.create(
        tmp_path / "p.sightline", now=lambda: start + timedelta(seconds=next(ticks))
    ) as project:
        project.add_camera("gate")
        yield project


def clock(project: Project, offset_ms: float) -> int:
    return project.set_clock("gate", offset_ms).id


def offset(project: Project) -> float:
    return project.cameras()[0].offset_ms


# --- payloads


def test_every_kind_has_an_example() -> None:
    assert {type(example) for example in EXAMPLES} == set(get_args(events.Payload))
    assert len(codec.KINDS) == 17


@pytest.mark.parametrize("payload", EXAMPLES, ids=lambda p: p.kind)
def test_payloads_round_trip(payload: events.Payload) -> None:
    text = codec.encode(payload)
    assert codec.decode(payload.kind, text) == payload
    assert codec.encode(codec.decode(payload.kind, text)) == text


@pytest.mark.parametrize(
    ("kind", "text", "words"),
    [
        ("nonsense", "{}", "unknown kind"),
        ("clock_set", "[]", "not an object"),
        ("clock_set", '{"camera": "a"}', "lacks 'offset_ms'"),
        ("clock_set", '{"camera": "a", "offset_ms": "b"}', "offset_ms is 'b'"),
        ("clock_set", '{"camera": "a", "offset_ms": true}', "offset_ms is True"),
        ("clock_set", '{"camera": "a", "offset_ms": 1, "x": 2}', "unknown field 'x'"),
        ("clock_set", "{", "Expecting"),
        ("decided", '{"a": {"sha256": "x"}, "b": {"sha256": 1}, "verdict": "same"}', "unknown field|lacks"),
        ("decided", '{"a": {"sha256": "x"}, "b": {"sha256": "y"}, "verdict": "maybe"}', "maybe"),
        (
            "decided",
            '{"a": {"sha256": "x"}, "b": {"sha256": "y"}, "verdict": "same", "supersedes": 1}',
            "not a list",
        ),
        (
            "identity_named",
            '{"name": "x", "place": {"camera": "c", "source": "s", "pts": 1, "xyxy": [1, 2, 3]}}',
            ".",
        ),
    ],
)
def test_bad_payloads(kind: str, text: str, words: str) -> None:
    with pytest.raises(ValueError, match=words):
        codec.decode(kind, text)


@pytest.mark.parametrize(
    "make",
    [
        lambda: Decided(A, A, Verdict.SAME),
        lambda: BoxesEdited(A, "gate", A.source),
        lambda: BoxesEdited(None, "gate", A.source, deleted=(PtsRange(0, 1),)),
        lambda: BoxesEdited(A, "gate", "other", whole=True),
        lambda: BoxAt(0, (2.0, 0.0, 1.0, 1.0)),
        lambda: BoxAt(0, (0.0, 0.0, float("nan"), 1.0)),
        lambda: PtsRange(2, 1),
        lambda: TrackletSplit(A, A),
        lambda: TrackletSplit(A, B),
        lambda: TrackletsMerged((A,)),
        lambda: TrackletsMerged((A, B)),
        lambda: TracksSwapped(A, A2, 200, A2, None),
        lambda: TracksSwapped(A, A, 200, None, None),
        lambda: TracksSwapped(A, B, 200, A2, None),
        lambda: Tagged("camera", A),
        lambda: ClockSet("gate", float("inf")),
        lambda: ClockSet("gate", 0.0, -1e6),
        lambda: ClockSet("gate", 0.0, day="21.11.2026"),
        lambda: TravelTime("a", "b", 5.0, 4.0),
        lambda: TravelTime("a", "b", -5.0),
        lambda: TopologySet((TravelTime("a", "b"), TravelTime("b", "a"))),
        lambda: LinksAccepted(()),
        lambda: events.Regrouped(()),
        lambda: LinkedPair(A, A),
        lambda: LinkedPair(A, B, 1.5),
        lambda: Forgotten(()),
    ],
)
def test_payloads_are_validated(make) -> None:
    with pytest.raises(UsageError, match="cannot be recorded"):
        make()


def test_appending_checks_types(project: Project) -> None:
    with pytest.raises(UsageError, match="cannot be recorded"):
        project.append(IdentityNamed(A, 7))  # type: ignore[arg-type]
    with pytest.raises(UsageError, match="cannot be recorded"):
        project.append(ClockSet("\ud800", 1.0))
    assert project.log() == []


# --- the log


def test_events(project: Project) -> None:
    event = project.append(EXAMPLES[0], actor="Ana")
    assert (event.id, event.at_utc, event.actor, event.kind, event.undoes) == (
        1,
        "2026-01-02T03:04:05.678Z",
        "Ana",
        "decided",
        None,
    )
    assert project.log() == [event]
    assert project.event(1) == event
    assert project.log_head() == (1, event.hash)
    second = project.append(EXAMPLES[0])
    assert second.prev_hash == event.hash
    assert second.actor
    with pytest.raises(UsageError, match="no event 9"):
        project.event(9)


def test_events_of_all_kinds_survive_reopening(project: Project) -> None:
    recorded = [project.append(p) for p in EXAMPLES if p.kind not in events.EDITS and p.kind in codec.KINDS]
    with Project.open(project.path) as other:
        assert other.log() == recorded
        assert other.verify_log() == []


REST = "at_utc, 'x', kind, payload, undoes, prev_hash, hash FROM event WHERE id = 1"


@pytest.mark.parametrize(
    "statement",
    [
        "UPDATE event SET actor = 'x' WHERE id = 1",
        "DELETE FROM event WHERE id = 2",
        "DELETE FROM event",
        f"INSERT OR REPLACE INTO event SELECT 1, {REST}",
        f"INSERT INTO event SELECT 9, {REST}",
        "UPDATE OR REPLACE event SET id = 1 WHERE id = 2",
    ],
)
def test_the_log_is_append_only(project: Project, statement: str) -> None:
    clock(project, 1), clock(project, 2)
    before = project.log()
    with closing(connect(project.path)) as other, pytest.raises(DatabaseError, match="events are"):
        other.execute(statement)
    assert project.log() == before


@pytest.mark.parametrize("column", [f.name for f in fields(events.Event)])
def test_tampering_is_found(project: Project, column: str) -> None:
    for i in range(5):
        clock(project, i)
    project.undo()
    assert project.verify_log() == []
    change = {
        "id": "9",
        "kind": "'decided'",
        "undoes": "1",
        "payload": "replace(payload, '2', '7')",
        "at_utc": "'2020-01-01T00:00:00.000Z'",
    }.get(column, "'x'")
    with closing(connect(project.path)) as other:
        other.execute("DROP TRIGGER event_is_not_updated")
        other.execute(f"UPDATE event SET {column} = {change} WHERE id = 3")
        other.commit()
    problems = project.verify_log()
    assert problems
    assert problems[0].startswith("Event 3")


def test_a_removed_event_is_found(project: Project) -> None:
    for i in range(5):
        clock(project, i)
    with closing(connect(project.path)) as other:
        other.execute("DROP TRIGGER event_is_not_deleted")
        other.execute("DELETE FROM event WHERE id = 2")
        other.commit()
    assert project.verify_log() == ["Event 2 is missing: the log goes on with 3."]


def test_a_cut_off_end_shows_against_a_noted_head(project: Project) -> None:
    for i in range(3):
        clock(project, i)
    noted = project.log_head()
    with closing(connect(project.path)) as other:
        other.execute("DROP TRIGGER event_is_not_deleted")
        other.execute("DELETE FROM event WHERE id = 3")
        other.commit()
    assert project.verify_log() == []
    assert project.log_head() != noted


def test_chains_of_two_projects_differ(project: Project, tmp_path: Path) -> None:
    with Project.create(tmp_path / "q.sightline", now=lambda: datetime(2026, 1, 2, tzinfo=UTC)) as other:
        assert other.log_head()[1] != project.log_head()[1]


def test_an_unreadable_payload_is_damage(project: Project) -> None:
    clock(project, 1)
    with closing(connect(project.path)) as other:
        other.execute("DROP TRIGGER event_is_not_updated")
        other.execute("UPDATE event SET payload = '{}'")
        other.commit()
    with pytest.raises(ProjectUnreadableError, match="log cannot be read"):
        project.log()


# --- undo and redo


def test_undo_and_redo(project: Project) -> None:
    first, second = clock(project, 1), clock(project, 2)
    assert project.undo().id == second
    assert offset(project) == 1
    assert project.undo().id == first
    assert offset(project) == 0
    with pytest.raises(NothingToUndoError, match="nothing to undo"):
        project.undo()
    assert project.redo().id == first
    assert project.redo().id == second
    assert offset(project) == 2
    with pytest.raises(NothingToRedoError, match="nothing to redo"):
        project.redo()
    kinds = [(e.kind, e.undoes) for e in project.log()[2:]]
    assert kinds == [("undone", 2), ("undone", 1), ("redone", 4), ("redone", 3)]
    assert project.verify_log() == []


def test_undo_twice_over_the_same_action(project: Project) -> None:
    clock(project, 1)
    for _ in range(4):
        project.undo()
        assert offset(project) == 0
        project.redo()
        assert offset(project) == 1
    assert len(project.log()) == 9


def test_a_new_action_cuts_the_redo_branch(project: Project) -> None:
    clock(project, 1), clock(project, 2)
    project.undo()
    clock(project, 3)
    with pytest.raises(NothingToRedoError):
        project.redo()
    project.undo()
    assert offset(project) == 1
    project.redo()
    assert offset(project) == 3


def test_the_cursor_survives_reopening(project: Project) -> None:
    clock(project, 1), clock(project, 2)
    project.undo()
    with Project.open(project.path) as other:
        assert other.cursor() == project.cursor()
        assert other.redo().id == 2
    assert offset(project) == 2
    with pytest.raises(NothingToRedoError):
        project.redo()


def test_withdrawal_out_of_order(project: Project) -> None:
    first, second = clock(project, 1), clock(project, 2)
    assert project.withdraw(second).id == second
    assert offset(project) == 1
    project.withdraw(first, reason="wrong camera")
    assert offset(project) == 0
    assert project.active_events("clock_set") == []
    assert project.undo().payload == events.Withdrawn("wrong camera")
    assert offset(project) == 1
    project.undo()
    assert offset(project) == 2
    project.redo(), project.redo()
    assert offset(project) == 0
    with pytest.raises(UsageError, match="cannot be withdrawn"):
        project.withdraw(first)
    with pytest.raises(UsageError, match="cannot be withdrawn"):
        project.withdraw(99)


def test_a_withdrawn_withdrawal(project: Project) -> None:
    first = clock(project, 1)
    withdrawal = next(e for e in [project.withdraw(first)] and project.log() if e.kind == "withdrawn")
    project.withdraw(withdrawal.id)
    assert offset(project) == 1


def test_forgetting_is_not_undone() -> None:
    here = cursor([(1, "decided", None), (2, "forgotten", None)])
    assert here.done == (1,)
    assert cursor([(1, "decided", None), (2, "undone", 1), (3, "forgotten", None)]).undone == ()


def test_active_events_by_kind(project: Project) -> None:
    project.append(IdentityNamed(A, "Ana"))
    clock(project, 5)
    project.append(IdentityNamed(A, "Bea"))
    project.undo()
    assert [e.id for e in project.active_events()] == [1, 2]
    assert [e.id for e in project.active_events("identity_named")] == [1]
    assert project.active_events("tagged") == []
