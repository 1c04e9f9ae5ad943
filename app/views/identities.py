"""What the list of identities shows: plain data, without Qt."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Protocol

from app.snapshot import Snapshot, short_name
from app.wording import count_label, span_label
from reid_core.linking.identities import Conflict, ConflictKind

EMPTY = "Accept a result and its person appears here"


@dataclass(frozen=True, slots=True)
class PersonRow:
    """A person as a row.

    Attributes:
        number: Identity number, which decides the colour.
        name: What the person is called.
        cover: Tracklet whose best crop stands for the person.
        seen_in: For every camera of the project, whether the person was seen there.
        when: From the first to the last appearance.
        n_tracklets: How many tracklets.
        problem: What contradicts itself, a sentence; empty when nothing does.
    """

    number: int
    name: str
    cover: str
    seen_in: tuple[bool, ...]
    when: str
    n_tracklets: int
    problem: str = ""

    @property
    def cameras(self) -> str:
        """In how many cameras."""
        return count_label(sum(self.seen_in), "camera")

    @property
    def tracklets(self) -> str:
        """How many tracklets, in words."""
        return count_label(self.n_tracklets, "tracklet")

    @property
    def spoken(self) -> str:
        """The row in one sentence."""
        parts = [f"{self.number}", self.name, self.tracklets, self.cameras, self.when]
        return ", ".join(parts) + (f". Conflict: {self.problem}" if self.problem else "")


class IdentitiesView(Protocol):
    """The list."""

    def show_people(self, rows: Sequence[PersonRow], message: str) -> None:
        """These persons; the message stands where the list would be, if there is none."""

    def show_current(self, number: int) -> None:
        """Mark a person, or none where 0."""


def people(
    snapshot: Snapshot, names: Mapping[int, str], find: str = "", zero_ms: float = 0.0
) -> tuple[PersonRow, ...]:
    """The persons whose name or number is looked for.

    Args:
        snapshot: The project.
        names: New names by number that are on their way into the project.
        find: Part of a name, or a number; empty finds all.
        zero_ms: Time of day at 0 on the common clock.
    """
    problems = problems_of(snapshot, zero_ms)
    wanted = find.strip().casefold()
    rows = []
    for person in snapshot.persons:
        name = names.get(person.number, person.name)
        if wanted and wanted not in name.casefold() and wanted != str(person.number):
            continue
        rows.append(
            PersonRow(
                number=person.number,
                name=name,
                cover=person.cover,
                seen_in=tuple(camera.name in person.cameras for camera in snapshot.cameras),
                when=span_label(person.first_ms + zero_ms, person.last_ms + zero_ms, 0),
                n_tracklets=len(person.tracklets),
                problem=problems.get(person.number, ""),
            )
        )
    return tuple(rows)


def problems_of(snapshot: Snapshot, zero_ms: float = 0.0) -> dict[int, str]:
    """The first contradiction of each person, and how many more there are."""
    found: dict[int, list[str]] = {}
    for conflict in snapshot.conflicts:
        person = snapshot.person_of(conflict.a) or snapshot.person_of(conflict.b)
        if person is not None:
            found.setdefault(person.number, []).append(_sentence(conflict, zero_ms))
    return {
        number: all_of[0] + (f", and {len(all_of) - 1} more" if len(all_of) > 1 else "")
        for number, all_of in found.items()
    }


def _sentence(conflict: Conflict, zero_ms: float) -> str:
    a, b = (short_name(node) if node.startswith("c") else "a picture" for node in (conflict.a, conflict.b))
    if conflict.kind is ConflictKind.OVERLAP:
        when = span_label(conflict.from_ms + zero_ms, conflict.to_ms + zero_ms)
        return f"{a} and {b} are in {conflict.camera} at the same time, {when}"
    if conflict.kind is ConflictKind.ITSELF:
        return f"{a} was decided to differ from itself"
    return f"{a} and {b} were decided to be different people"
