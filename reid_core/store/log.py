"""The event log: appending, the undo cursor, the hash chain. All of it is computed from the log."""

from __future__ import annotations

import getpass
import json
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from hashlib import sha256

from reid_core.errors import UsageError
from reid_core.store.codec import decode, encode
from reid_core.store.database import Database
from reid_core.store.events import FINAL, Event, Payload, Redone, Undone, Withdrawn
from reid_core.store.failures import NothingToRedoError, NothingToUndoError, damaged

_COLUMNS = "id, at_utc, actor, kind, payload, undoes, prev_hash, hash"


def utc_now() -> datetime:
    """The time, in UTC."""
    return datetime.now(UTC)


def default_actor() -> str:
    """The person at this computer, as the system knows them."""
    try:
        return getpass.getuser()
    except (OSError, KeyError, ImportError):  # no such user in this container
        return "unknown"


@dataclass(frozen=True, slots=True)
class Cursor:
    """What undo and redo would do next.

    Attributes:
        done: Actions that can be undone, oldest first.
        undone: ``(action, undo event)`` pairs that can be redone, oldest undo first.
        inactive: Every event that some active event takes back.
    """

    done: tuple[int, ...]
    undone: tuple[tuple[int, int], ...]
    inactive: frozenset[int]


def cursor(lines: Sequence[tuple[int, str, int | None]]) -> Cursor:
    """Where undo and redo stand after these ``(id, kind, undoes)`` lines of the log, oldest first.

    An action goes on the stack and cuts the redo branch; an undo takes the top off; a redo puts it back.
    What is `FINAL` never is on the stack: the pictures are gone. An event holds unless an event that holds
    takes it back; only later events can, so one pass from the end tells.
    """
    done: dict[int, None] = {}
    undone: list[tuple[int, int]] = []
    for event_id, kind, undoes in lines:
        if kind == Undone.kind and undoes is not None:
            done.pop(undoes, None)
            undone.append((undoes, event_id))
        elif kind == Redone.kind and undoes is not None:
            for action in [action for action, undo in undone if undo == undoes]:
                undone.remove((action, undoes))
                done[action] = None
        else:
            undone.clear()
            if kind not in FINAL:
                done[event_id] = None
    inactive: set[int] = set()
    for event_id, _, undoes in reversed(lines):
        if undoes is not None and event_id not in inactive:
            inactive.add(undoes)
    return Cursor(tuple(done), tuple(undone), frozenset(inactive))


class Log:
    """The event table of one open project."""

    def __init__(self, database: Database, now: Callable[[], datetime] = utc_now) -> None:
        self._database = database
        self._now = now

    def append(self, payload: Payload, actor: str = "", undoes: int | None = None) -> Event:
        """Add one event at the end; must run inside a transaction."""
        text = encode(payload)
        last = self._database.row("SELECT id, hash FROM event ORDER BY id DESC LIMIT 1")
        last_id, prev_hash = last if last is not None else (0, self._seed())
        at_utc = self._now().astimezone(UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")
        body = (last_id + 1, at_utc, actor or default_actor(), payload.kind, text, undoes, prev_hash)
        self._database.run("INSERT INTO event VALUES (?, ?, ?, ?, ?, ?, ?, ?)", (*body, _digest(body)))
        return Event(*body[:4], payload, *body[5:], hash=_digest(body))

    def undo(self, actor: str = "") -> tuple[Event, Event]:
        """Undo the last action: ``(the undone event, the undo)``; must run inside a transaction."""
        here = self.cursor()
        if not here.done:
            raise NothingToUndoError("There is nothing to undo.")
        action = self.event(here.done[-1])
        return action, self.append(Undone(), actor, action.id)

    def redo(self, actor: str = "") -> tuple[Event, Event]:
        """Redo the last undone action: ``(the action, the redo)``; must run inside a transaction."""
        here = self.cursor()
        if not here.undone:
            raise NothingToRedoError("There is nothing to redo.")
        action, undo = here.undone[-1]
        return self.event(action), self.append(Redone(), actor, undo)

    def withdraw(self, event_id: int, actor: str = "", reason: str = "") -> tuple[Event, Event]:
        """Take back an action out of order: ``(the action, the withdrawal)``; inside a transaction."""
        here = self.cursor()
        if event_id not in here.done or event_id in here.inactive:
            raise UsageError(
                f"Event {event_id} is no action that holds now, so it cannot be withdrawn. See: sightline log"
            )
        return self.event(event_id), self.append(Withdrawn(reason), actor, event_id)

    def cursor(self) -> Cursor:
        """Where undo and redo stand."""
        return cursor(self._database.rows("SELECT id, kind, undoes FROM event ORDER BY id"))

    def event(self, event_id: int) -> Event:
        """One event."""
        found = self._database.rows(f"SELECT {_COLUMNS} FROM event WHERE id = ?", (event_id,))  # noqa: S608
        if not found:
            raise UsageError(f"There is no event {event_id}. See: sightline log")
        return self._events(found)[0]

    def events(self) -> list[Event]:
        """Every event, oldest first."""
        return self._events(self._database.rows(f"SELECT {_COLUMNS} FROM event ORDER BY id"))  # noqa: S608

    def active(self, kinds: Sequence[str] = ()) -> list[Event]:
        """The events that hold, oldest first, of the given kinds or of all (without undos and redos)."""
        if kinds and not self._database.value(
            f"SELECT 1 FROM event WHERE kind IN ({','.join('?' * len(kinds))})",  # noqa: S608
            kinds,
        ):
            return []
        inactive = self.cursor().inactive
        wanted = set(kinds)
        rows = self._database.rows(f"SELECT {_COLUMNS} FROM event ORDER BY id")  # noqa: S608
        return self._events(
            row
            for row in rows
            if row[0] not in inactive
            and (row[3] in wanted if wanted else row[3] not in (Undone.kind, Redone.kind))
        )

    def verify(self) -> list[str]:
        """What is wrong with the chain, one sentence for each event; empty when it is whole.

        The last events could be cut off without a trace in the chain itself: compare the head (`head`) with
        one that was noted elsewhere, as case reports do.
        """
        problems = []
        expected = self._seed()
        rows = self._database.rows(f"SELECT {_COLUMNS} FROM event ORDER BY id")  # noqa: S608
        for place, row in enumerate(rows, start=1):
            *body, found = row
            if row[0] != place:
                problems.append(f"Event {place} is missing: the log goes on with {row[0]}.")
                return problems
            if row[6] != expected:
                problems.append(f"Event {place} does not follow from the event before it.")
            if _digest(tuple(body)) != found:
                problems.append(f"Event {place} was changed after it was recorded.")
            expected = found
        return problems

    def head(self) -> tuple[int, str]:
        """``(number of events, hash of the last)``: what a report notes to prove the log complete later."""
        last = self._database.row("SELECT id, hash FROM event ORDER BY id DESC LIMIT 1")
        return (last[0], last[1]) if last is not None else (0, self._seed())

    def _seed(self) -> str:
        uuid: str = self._database.value("SELECT uuid FROM project")
        return sha256(f"sightline project {uuid}".encode()).hexdigest()

    def _events(self, rows: Iterable[Sequence[object]]) -> list[Event]:
        try:
            return [
                Event(row[0], row[1], row[2], row[3], decode(row[3], row[4]), row[5], row[6], row[7])  # type: ignore[arg-type]
                for row in rows
            ]
        except ValueError as error:
            raise damaged(self._database.path, f"its log cannot be read: {error}") from error


def _digest(body: Sequence[object]) -> str:
    """Hash of an event: sha256 over the JSON list of its columns, the hash before included."""
    return sha256(json.dumps(list(body), ensure_ascii=False, separators=(",", ":")).encode()).hexdigest()
