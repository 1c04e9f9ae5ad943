"""Contradictions with the chain of decisions that makes them, and the way out; and travel times."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace
from typing import TYPE_CHECKING

from app.ports import ProjectLane
from app.proposals import conflict_shown, read_time, travel_rows
from app.snapshot import Snapshot
from app.views.links import LinksView
from app.views.verify import Pair
from app.workspace import Notice, Workspace
from reid_core.errors import ReidError
from reid_core.linking.travel import TravelTable, TravelWindow
from reid_core.pipeline.link_travel import learn_travel, set_travel
from reid_core.store.project import Project

if TYPE_CHECKING:
    from reid_core.pipeline.link_review import Contradiction

COLUMNS = ("least", "typical", "most")


class ConflictsPresenter:
    """Shows one contradiction of all, and solves it; each way out is one undo step.

    Args:
        view: The page.
        workspace: Shared state.
        lane: Reads contradictions.
        writing: Writes.
        verify: Compares pairs, under a title.
        changed: Called after every write, so that the project is read anew.
    """

    def __init__(
        self,
        view: LinksView,
        workspace: Workspace,
        lane: ProjectLane,
        writing: ProjectLane,
        verify: Callable[[str, Sequence[Pair]], None],
        changed: Callable[[], None],
    ) -> None:
        self._view, self._workspace, self._verify = view, workspace, verify
        self._lane, self._writing, self._changed = lane, writing, changed
        self._found: tuple[Contradiction, ...] = ()
        self._at, self._head, self._path = 0, -1, ""
        self._ends = [workspace.snapshot.connect(self._on_snapshot, now=True)]

    def close(self) -> None:
        """Hear of nothing any more."""
        for end in self._ends:
            end()
        self._ends.clear()

    def step(self, by: int) -> None:
        """Another contradiction."""
        if self._found:
            self._at = (self._at + by) % len(self._found)
            self._show()

    def look_at(self, identity: str) -> None:
        """The first contradiction of a person, by its id."""
        found = next((n for n, one in enumerate(self._found) if one.identity == identity), None)
        if found is not None:
            self._at = found
            self._show()

    def solve(self, way: int) -> None:
        """Go a way out."""
        if self._found and way < len(self._found[self._at].ways):
            chosen = self._found[self._at].ways[way]

            def work(project: Project) -> object:
                from reid_core.pipeline.link_review import take_way_out

                return take_way_out(project, chosen)

            self._write(work)

    def keep(self, reason: str) -> None:
        """Let it stand, for a reason."""
        if self._found:
            chosen = self._found[self._at]

            def work(project: Project) -> object:
                from reid_core.pipeline.link_review import keep

                return keep(project, chosen, reason)

            self._write(work)

    def compare(self) -> None:
        """Look at the two that cannot be one person."""
        if self._found:
            conflict = self._found[self._at].conflict
            self._verify("Contradiction", (Pair(conflict.a, conflict.b, note="They cannot be one person"),))

    def _on_snapshot(self, snapshot: Snapshot | None) -> None:
        path, head = ("", -1) if snapshot is None else (snapshot.path, snapshot.log_head)
        if path != self._path:
            self._path, self._found, self._at = path, (), 0
        if snapshot is None or not snapshot.conflicts:
            self._found, self._at, self._head = (), 0, head
        elif head != self._head:
            self._head = head
            self._lane.ask(find_contradictions, self._take, topic="contradictions")
        self._show()
        self._view.show_travel(() if snapshot is None else travel_rows(snapshot))

    def _take(self, found: tuple[Contradiction, ...]) -> None:
        self._found = found
        self._at = min(self._at, max(len(found) - 1, 0))
        self._show()

    def _show(self) -> None:
        snapshot = self._workspace.snapshot.value
        shown = None if snapshot is None else conflict_shown(self._found, self._at, snapshot)
        self._view.show_conflict(shown)

    # --- travel times

    def set_time(self, a: str, b: str, column: str, text: str) -> None:
        """Type a travel time; an empty one makes it unknown."""
        try:
            t_ms = read_time(text)
        except ReidError as error:
            self._refuse(str(error))
            return
        field = {"least": "min_ms", "typical": "typical_ms", "most": "max_ms"}[column]
        self._edit(a, b, **{field: t_ms})

    def set_overlapping(self, a: str, b: str, is_on: bool) -> None:
        """Whether one person can be in both at once."""
        self._edit(a, b, overlapping=is_on)

    def forget_times(self, a: str, b: str) -> None:
        """Nothing is known of two cameras any more."""
        table = self._table()
        if table.between(a, b) is not None:
            self._store(table.without(a, b))

    def learn(self) -> None:
        """Take what the people found so far teach; windows that were set by hand stay."""
        before = self._table()

        def work(project: Project) -> bool:
            learnt = learn_travel(project)
            if learnt == before:
                return False
            set_travel(project, learnt)
            return True

        def done(is_new: bool) -> None:
            self._changed()
            if not is_new:
                text = "Nothing new to learn: at least three journeys between two cameras are needed."
                self._workspace.notice.set(Notice(text))

        self._writing.ask(work, done)

    def _edit(self, a: str, b: str, **changes: object) -> None:
        table = self._table()
        window = table.between(a, b) or TravelWindow(a, b)
        edited = replace(window, **changes, n_learnt=0)  # type: ignore[arg-type]
        if replace(window, n_learnt=0) == edited:
            return
        known = [t for t in (edited.min_ms, edited.typical_ms, edited.max_ms) if t is not None]
        if known != sorted(known):
            self._refuse("Travel times must rise from minimum over typical to maximum.")
        elif not known and not edited.overlapping and window.overlapping:
            self._store(table.without(a, b))
        else:
            self._store(table.with_window(edited))

    def _store(self, table: TravelTable) -> None:
        self._write(lambda project: set_travel(project, table))

    def _table(self) -> TravelTable:
        snapshot = self._workspace.snapshot.value
        return TravelTable() if snapshot is None else snapshot.travel

    def _refuse(self, text: str) -> None:
        self._workspace.notice.set(Notice(text, "warn"))
        snapshot = self._workspace.snapshot.value
        self._view.show_travel(() if snapshot is None else travel_rows(snapshot))

    def _write(self, work: Callable[[Project], object]) -> None:
        self._writing.ask(work, lambda _: self._changed())


def find_contradictions(project: Project) -> tuple[Contradiction, ...]:
    """Every contradiction; imports in the lane what compares vectors."""
    from reid_core.pipeline.link_review import contradictions

    return contradictions(project)
