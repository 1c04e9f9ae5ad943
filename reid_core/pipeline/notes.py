"""Notes and tags on identities and tracklets: who wrote what when. Each is an event and one undo step."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from reid_core.errors import UsageError
from reid_core.linking.identities import Identities, Identity
from reid_core.store import edits
from reid_core.store.decisions import node_of
from reid_core.store.events import Event, Tagged
from reid_core.store.project import Project

IDENTITY, TRACKLET = "identity", "tracklet"


@dataclass(frozen=True, slots=True)
class Note:
    """What stands on an identity or a tracklet.

    Attributes:
        target: ``identity`` or ``tracklet``.
        tracklet: Id of the tracklet that it was written at, as it is called now.
        text: The note; may be empty.
        tags: The tags.
        author: Who wrote it.
        at_utc: When, ISO 8601 in UTC.
        event: Number of the event.
    """

    target: str
    tracklet: str
    text: str
    tags: tuple[str, ...]
    author: str
    at_utc: str
    event: int

    def as_dict(self) -> dict[str, Any]:
        """The note as ``--json`` prints it."""
        return {"text": self.text, "tags": list(self.tags), "author": self.author, "at_utc": self.at_utc}


def notes(project: Project) -> tuple[Note, ...]:
    """Every note that holds, oldest first; of several at one tracklet the last one, unless it is empty."""
    held: dict[tuple[str, str], Note] = {}
    for event in project.active_events(Tagged.kind):
        tagged = event.payload
        if isinstance(tagged, Tagged) and tagged.target in (IDENTITY, TRACKLET):
            key = tagged.target, node_of(tagged.place, project.resolve)
            held.pop(key, None)
            if tagged.note or tagged.tags:
                held[key] = Note(*key, tagged.note, tagged.tags, event.actor, event.at_utc, event.id)
    return tuple(held.values())


def notes_of(found: Identities, written: Sequence[Note]) -> Mapping[str, tuple[Note, ...]]:
    """Notes by identity id: where two identities became one, those of both."""
    grouped: dict[str, tuple[Note, ...]] = {}
    for note in written:
        identity = found.of(note.tracklet) if note.target == IDENTITY else None
        if identity is not None:
            grouped[identity.id] = (*grouped.get(identity.id, ()), note)
    return grouped


def write_note(
    project: Project, tracklet_id: str, text: str, tags: Sequence[str] = (), *, actor: str = ""
) -> Event:
    """Set the note and tags of one tracklet; they replace what stood there, and empty ones take it away."""
    return _write(project, TRACKLET, tracklet_id, text, tags, actor)


def write_identity_note(
    project: Project, identity: Identity, text: str, tags: Sequence[str] = (), *, actor: str = ""
) -> Event:
    """Set the note and tags of an identity; they replace its latest ones, and empty ones take them away.

    Raises:
        UsageError: The identity has no tracklet, or nothing would change.
    """
    if not identity.tracklets:
        raise UsageError(f"{identity.name or identity.id} has no tracklet now, so no note can stand on it.")
    own = [n for n in notes(project) if n.target == IDENTITY and n.tracklet in identity.tracklets]
    place = own[-1].tracklet if own else identity.tracklets[0]
    return _write(project, IDENTITY, place, text, tags, actor)


def _write(
    project: Project, target: str, tracklet_id: str, text: str, tags: Sequence[str], actor: str
) -> Event:
    cleaned = tuple(dict.fromkeys(tag.strip() for tag in tags if tag.strip()))
    key = target, project.tracklet(tracklet_id).id
    held = next((note for note in notes(project) if (note.target, note.tracklet) == key), None)
    before = (held.text, held.tags) if held is not None else ("", ())
    if before == (text.strip(), cleaned):
        raise UsageError("This note changes nothing: the same stands there already.")
    return edits.tag(project, target, tracklet_id, cleaned, text.strip(), actor=actor)
