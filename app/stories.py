"""A person's way through all cameras in order of time, and which tracklet does not belong. Without Qt."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from app.lazy import Lazy
from app.snapshot import UNASSIGNED, Person, Snapshot, short_name
from app.views.people import Card, Clip, Entry
from app.wording import clock_label, count_label, length_label, similarity_label, span_label
from reid_core.store.project import Project

MIN_CLIP_MS = 400.0
"""Where the best view changes for less than this, it is not changed."""
MAX_CAMERAS_NAMED = 3


@dataclass(frozen=True, slots=True)
class Part:
    """A stretch of one tracklet, on the common clock."""

    tracklet: str
    camera: str
    start_ms: float
    end_ms: float


@dataclass(frozen=True, slots=True)
class Fit:
    """How a tracklet fits its person.

    Attributes:
        own: Mean similarity to the person's other tracklets; None without any.
        other: Number of the person whose tracklets it is nearest to, or 0.
        other_similarity: The mean similarity to them.
    """

    own: float | None
    other: int = 0
    other_similarity: float = 0.0

    @property
    def is_far(self) -> bool:
        """Whether it is nearer to somebody else."""
        return self.own is not None and self.other != UNASSIGNED and self.other_similarity > self.own


def parts_of(person: Person, snapshot: Snapshot, *, is_best: bool) -> tuple[Part, ...]:
    """The person's tracklets in order of time.

    Args:
        person: Who.
        snapshot: The project.
        is_best: Where several cameras see the person at once, only the one whose tracklet lasts longest from
            there on; the others are left out.
    """
    table = snapshot.tracklets
    parts = [
        Part(
            table.ids[row],
            snapshot.cameras[int(table.camera[row])].name,
            float(table.start_ms[row]),
            float(table.end_ms[row]),
        )
        for row in person.tracklets
    ]
    parts.sort(key=lambda part: (part.start_ms, part.end_ms, part.tracklet))
    return tuple(_best_views(parts)) if is_best else tuple(parts)


def _best_views(parts: Sequence[Part]) -> list[Part]:
    """As few changes of view as cover every moment at which the person is seen."""
    found: list[Part] = []
    left = list(parts)
    at_ms = -np.inf
    while left:
        left = [part for part in left if part.end_ms - max(at_ms, part.start_ms) > MIN_CLIP_MS or not found]
        seen = [part for part in left if part.start_ms <= at_ms]
        if not seen:
            if not left:
                break
            first_ms = min(part.start_ms for part in left)
            seen, at_ms = [part for part in left if part.start_ms <= first_ms], first_ms
        best = max(seen, key=lambda part: part.end_ms)
        found.append(Part(best.tracklet, best.camera, max(at_ms, best.start_ms), best.end_ms))
        at_ms = best.end_ms
        left.remove(best)
    return found


def clips_of(parts: Sequence[Part]) -> tuple[Clip, ...]:
    """The story's stretches in words."""
    made, end_ms = [], None
    for part in parts:
        gap = ""
        if end_ms is not None:
            unseen_ms = part.start_ms - end_ms
            gap = length_label(unseen_ms) if unseen_ms >= 50 else "at once" if unseen_ms > -50 else "also"
        made.append(
            Clip(
                part.tracklet,
                part.camera,
                short_name(part.tracklet),
                clock_label(part.start_ms),
                length_label(part.end_ms - part.start_ms),
                gap,
            )
        )
        end_ms = part.end_ms if end_ms is None else max(end_ms, part.end_ms)
    return tuple(made)


def total_of(parts: Sequence[Part]) -> str:
    """How long a story is, and in how many clips: ``26.8 s, 5 clips``."""
    length_ms = sum(part.end_ms - part.start_ms for part in parts)
    return f"{length_label(length_ms)}, {count_label(len(parts), 'clip')}" if parts else ""


def fits_of(project: Project, members: Mapping[int, Sequence[str]], number: int) -> dict[str, Fit]:
    """How each tracklet of a person fits the person, and whom else it is like; called in a lane.

    Similarities are cosines of descriptors in the space that is searched, means over tracklets.

    Args:
        project: The open project.
        members: Tracklets of every person, by number.
        number: The person.
    """
    from reid_core.pipeline.models import search_space

    if not project.spaces():
        return {}
    ids, matrix = project.descriptors(search_space(project, None).key)
    row_of = {name: row for row, name in enumerate(ids)}
    own = [name for name in members[number] if name in row_of]
    if not own:
        return {}
    vectors = np.asarray(matrix[[row_of[name] for name in own]], np.float32)
    sums = vectors @ vectors.sum(axis=0) - np.einsum("nd,nd->n", vectors, vectors)
    best, best_number = np.full(len(own), -np.inf), np.zeros(len(own), np.int64)
    for other, names in members.items():
        rows = [row_of[name] for name in names if name in row_of]
        if other in (number, UNASSIGNED) or not rows:
            continue
        means = vectors @ np.asarray(matrix[rows], np.float32).mean(axis=0)
        best_number = np.where(means > best, other, best_number)
        best = np.maximum(best, means)
    return {
        name: Fit(
            float(sums[n]) / (len(own) - 1) if len(own) > 1 else None,
            int(best_number[n]),
            float(best[n]) if best_number[n] else 0.0,
        )
        for n, name in enumerate(own)
    }


def cards_of(names: Sequence[str], snapshot: Snapshot, fits: Mapping[str, Fit]) -> tuple[Card, ...]:
    """Tracklets as cards, the one farthest from the rest first."""
    table = snapshot.tracklets
    rows = [table.row_of[name] for name in names if name in table.row_of]
    rows.sort(key=lambda row: (_rank(fits.get(table.ids[row])), float(table.start_ms[row])))
    return tuple(_card(row, snapshot, fits.get(table.ids[row])) for row in rows)


def free_cards(snapshot: Snapshot) -> Sequence[Card]:
    """Tracklets of nobody as cards, by time; made as they are looked at."""
    table = snapshot.tracklets
    free = np.flatnonzero(table.person == UNASSIGNED)
    rows = free[np.argsort(table.start_ms[free], kind="stable")]
    return Lazy(len(rows), lambda n: _card(int(rows[n]), snapshot, None))


def _card(row: int, snapshot: Snapshot, fit: Fit | None) -> Card:
    table = snapshot.tracklets
    name, start_ms, hint = table.ids[row], float(table.start_ms[row]), ""
    if fit is not None and fit.is_far and fit.other in snapshot.persons_by_number:
        other = snapshot.persons_by_number[fit.other].name
        hint = f"nearer to {other}, {similarity_label(fit.other_similarity)}"
    return Card(
        tracklet=name,
        label=short_name(name),
        camera=snapshot.cameras[int(table.camera[row])].name,
        when=f"{clock_label(start_ms)} · {length_label(float(table.end_ms[row]) - start_ms)}",
        fit="" if fit is None or fit.own is None else similarity_label(fit.own),
        hint=hint,
        is_far=bool(hint),
        nearer=fit.other if fit is not None and hint else 0,
        by_hand=name in snapshot.by_hand,
    )


def _rank(fit: Fit | None) -> float:
    return 2.0 if fit is None or fit.own is None else fit.own


def entries_of(
    snapshot: Snapshot, names: Mapping[int, str], find: str, problems: Mapping[int, str]
) -> tuple[Entry, ...]:
    """The people as rows, those first whose number is lowest, and at the end what belongs to nobody.

    Args:
        snapshot: The project.
        names: Names that are on their way into the project, by number.
        find: Only people whose name, tag or camera holds this, or whose number it is.
        problems: What contradicts itself, by number.
    """
    wanted = find.strip().casefold()
    entries = []
    for person in snapshot.persons:
        name = names.get(person.number, person.name)
        tags = [tag for note in snapshot.notes.get(person.id, ()) for tag in note.tags]
        words = " ".join([name, *person.cameras, *tags]).casefold()
        if wanted and wanted not in words and wanted != str(person.number):
            continue
        n_hand, n_all = verified_of(person, snapshot)
        entries.append(
            Entry(
                number=person.number,
                name=name,
                cover=person.cover,
                cameras=cameras_label(person.cameras),
                when=span_label(person.first_ms, person.last_ms, 0),
                count=count_label(n_all, "tracklet"),
                verified=f"{n_hand:,} of {n_all:,} by hand",
                share=n_hand / n_all if n_all else 0.0,
                problem=problems.get(person.number, ""),
            )
        )
    n_free = int(np.count_nonzero(snapshot.tracklets.person == UNASSIGNED))
    if n_free and not wanted:
        entries.append(Entry(0, "Unassigned", "", "", "", count_label(n_free, "tracklet"), "", 0.0))
    return tuple(entries)


def verified_of(person: Person, snapshot: Snapshot) -> tuple[int, int]:
    """How many of the person's tracklets were decided by hand, and how many there are."""
    ids = snapshot.tracklets.ids
    return sum(ids[row] in snapshot.by_hand for row in person.tracklets), len(person.tracklets)


def cameras_label(cameras: Sequence[str]) -> str:
    """Names of a few cameras, or how many.

    >>> cameras_label(["gate", "hall"]), cameras_label(list("abcd"))
    ('gate, hall', '4 cameras')
    """
    few = len(cameras) <= MAX_CAMERAS_NAMED
    return ", ".join(cameras) if few else count_label(len(cameras), "camera")


def move_objection(names: Sequence[str], members: Sequence[str], snapshot: Snapshot) -> str:
    """Why tracklets cannot belong to a person, a sentence; empty where nothing speaks against it.

    Args:
        names: Tracklets that are about to be moved.
        members: Tracklets of the person.
        snapshot: The project.
    """
    table = snapshot.tracklets
    for name in names:
        row = table.row_of[name]
        for other in members:
            held = table.row_of.get(other)
            if held is None or table.camera[held] != table.camera[row]:
                continue
            from_ms = max(float(table.start_ms[row]), float(table.start_ms[held]))
            if from_ms <= min(float(table.end_ms[row]), float(table.end_ms[held])):
                camera = snapshot.cameras[int(table.camera[row])].name
                return (
                    f"{short_name(name)} and {short_name(other)} are both in {camera} at "
                    f"{clock_label(from_ms)}. One person cannot be twice in one picture."
                )
    return ""


def merge_objection(names: Sequence[str], members: Sequence[str], snapshot: Snapshot) -> str:
    """Why two people cannot be one; as `move_objection`, and decisions that say so."""
    for name in names:
        for other in members:
            verdict = snapshot.verdicts.get((name, other))
            if verdict is not None and verdict.value == "different":
                return f"{short_name(name)} and {short_name(other)} were decided to be different people."
    return move_objection(names, members, snapshot)
