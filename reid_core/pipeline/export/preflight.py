"""Before anything is written: what will be there, and what becomes of what the project knows."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from reid_core.pipeline.export.base import Point, Result, converted, lost, stops, warns
from reid_core.pipeline.export.facts import Facts, count
from reid_core.pipeline.export.formats import FORMATS
from reid_core.pipeline.export.scope import Options, Scope
from reid_core.pipeline.export.tables import Tables, Watch, gather, unwatched
from reid_core.store.project import Project

ORDER = tuple(Result)


@dataclass(frozen=True, slots=True)
class Preflight:
    """What an export is going to be.

    Attributes:
        points: What becomes of each thing; what stops first, what is lost last.
        names: Files and folders that will be written.
        present: Those of them that are there already.
        facts: What was counted.
    """

    points: tuple[Point, ...]
    names: tuple[str, ...]
    present: tuple[str, ...]
    facts: Facts

    @property
    def stop(self) -> Point | None:
        """Why the export cannot be made, or None."""
        return next((point for point in self.points if point.result is Result.STOPS), None)

    def of(self, result: Result) -> tuple[Point, ...]:
        """The points of one kind."""
        return tuple(point for point in self.points if point.result is result)


def preflight(
    project: Project,
    key: str,
    folder: Path,
    scope: Scope | None = None,
    options: Options | None = None,
    watch: Watch = unwatched,
) -> Preflight:
    """Look at an export without writing anything; ``folder`` need not exist. See `write.export`."""
    with project.reading():
        return look(gather(project, scope, options, watch), key, folder)


def look(tables: Tables, key: str, folder: Path) -> Preflight:
    """The same of tables that are gathered."""
    made = FORMATS[key]
    facts = count(tables)
    points = [point for point in (*_of_scope(facts), *made.points(facts)) if point.number != 0]
    if tables.options.blur and "blur" in made.options:
        points += [
            converted("Everybody else", "covered, also where they hide the person"),
            warns("People whom nothing detected", "stay visible; look through it before you pass it on"),
        ]
    points.sort(key=lambda point: ORDER.index(point.result))
    names = tuple(made.names(facts))
    present = tuple(name for name in names if is_there(folder / name))
    return Preflight(tuple(points), names, present, facts)


def is_there(path: Path) -> bool:
    """Whether something of that name exists, also a link that leads nowhere."""
    return path.is_symlink() or path.exists()


def _of_scope(facts: Facts) -> list[Point]:
    return [
        *(() if facts.n_tracklets else (stops("Tracklets", "nobody is in this part of the project"),)),
        lost("Outside the chosen part", "these tracklets are left out", facts.n_left_out),
        converted("Tracklets over the ends of the range", "only their part inside it", facts.n_clipped),
    ]
