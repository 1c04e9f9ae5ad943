"""How each tracklet is drawn: whom it shows, and what the running search says of it."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from app.playback.scene import Mark, Standing
from app.playback.timecode import time_text
from app.snapshot import UNASSIGNED, Snapshot, short_name
from app.workspace import Workspace
from reid_core.types import Verdict


@dataclass(frozen=True)
class Marks:
    """The marks of all tracklets as things stand; made anew when anything of it changes.

    Attributes:
        snapshot: The project.
        query: Ids of the tracklets that are searched for.
        similarity: Of the running search's results, by tracklet id.
        selected: Ids that are highlighted.
        start: Wall-clock time of the common clock's 0, or None.
        with_names: Labels say names and tracklet numbers.
    """

    snapshot: Snapshot
    query: tuple[str, ...]
    similarity: dict[str, float]
    selected: frozenset[str]
    start: datetime | None
    with_names: bool
    made: dict[int, Mark]

    @classmethod
    def of(
        cls, workspace: Workspace, snapshot: Snapshot, *, start: datetime | None, with_names: bool
    ) -> Marks:
        """The marks by what the workspace says."""
        query, results = workspace.query.value, workspace.results.value
        rows = () if results is None or query is None else results.rows
        current = workspace.current.value
        return cls(
            snapshot,
            () if query is None else query.tracklets,
            {row.tracklet: row.similarity for row in rows},
            frozenset((*workspace.selected.value, *((current,) if current else ()))),
            start,
            with_names,
            {},
        )

    def of_row(self, row: int) -> Mark:
        """The mark of a row of `Snapshot.tracklets`."""
        if row not in self.made:
            self.made[row] = self._make(row)
        return self.made[row]

    def _make(self, row: int) -> Mark:
        tracklets = self.snapshot.tracklets
        tracklet = tracklets.ids[row]
        number = int(tracklets.person[row])
        similarity = self.similarity.get(tracklet)
        is_query = tracklet in self.query
        if number != UNASSIGNED:
            standing, label = Standing.DECIDED, str(number)
            if self.with_names:
                label = self.snapshot.persons_by_number[number].name
        elif similarity is not None and not is_query:
            standing, number = Standing.CANDIDATE, self._query_number()
            label = f"{number or ''}? {similarity:.2f}"
        else:
            standing = Standing.UNASSIGNED
            label = tracklets.label(row) if self.with_names else ""
        is_dimmed = any(
            self.snapshot.verdicts.get((example, tracklet)) == Verdict.DIFFERENT for example in self.query
        )
        start_ms, end_ms = float(tracklets.start_ms[row]), float(tracklets.end_ms[row])
        span = f"{time_text(start_ms, self.start)} – {time_text(end_ms, self.start)}"
        tip = f"{short_name(tracklet)} · {span} · {(end_ms - start_ms) / 1000:.1f} s"
        is_selected = tracklet in self.selected
        spoken = ", ".join(
            part
            for part in (
                short_name(tracklet),
                self._who(standing, number, similarity),
                "the query" if is_query else "",
                "rejected" if is_dimmed else "",
                "selected" if is_selected else "",
            )
            if part
        )
        return Mark(tracklet, standing, number, label, is_dimmed, is_query, is_selected, tip, spoken)

    def _query_number(self) -> int:
        """The person who is searched for, if it is known who that is."""
        row_of = self.snapshot.tracklets.row_of
        numbers = [int(self.snapshot.tracklets.person[row_of[t]]) for t in self.query if t in row_of]
        return next((number for number in numbers if number != UNASSIGNED), 0)

    def _who(self, standing: Standing, number: int, similarity: float | None) -> str:
        if standing is Standing.DECIDED:
            return self.snapshot.persons_by_number[number].name
        if standing is Standing.CANDIDATE:
            return f"similarity {similarity:.2f}, undecided"
        return "unassigned"
