"""Accept, reject, unsure, skip, previous; each stored at once; undo and redo that show their place."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Protocol

from app.foresight import objection
from app.observed import Observed
from app.ports import ProjectLane
from app.result_list import ResultList, image_node, query_nodes
from app.searching import nearest_example
from app.snapshot import Snapshot
from app.wording_events import place_edited, places_of
from app.workspace import Notice, QueryState, Workspace
from reid_core.errors import ReidError
from reid_core.store.events import Event, Place
from reid_core.store.project import Project
from reid_core.store.records import Source
from reid_core.types import Anchor, Verdict

ANYWAY = {Verdict.SAME: "Accept anyway", Verdict.DIFFERENT: "Reject anyway"}
OVERRULED = "decided in spite of the warning: "


class DecisionView(Protocol):
    """Where warnings are shown."""

    def show_warning(self, text: str, button: str = "Accept anyway") -> None:
        """Ask before something impossible is stored; an empty text takes the question away."""


class Hits(Protocol):
    """The results that are decided about; `app.presenters.search.SearchPresenter` is one."""

    shown: Observed[ResultList]
    pending: Observed[dict[str, Verdict]]

    def select(self, tracklet_id: str) -> None:
        """Take a row in hand."""


@dataclass(frozen=True, slots=True)
class Wish:
    """A decision about to be stored."""

    query: QueryState
    tracklet: str
    verdict: Verdict


@dataclass(frozen=True, slots=True)
class Shown:
    """Where an undone or redone action is to be seen.

    Attributes:
        tracklets: What it is about, the one to look at first in front.
        at_ms: Its moment on the common clock, or None.
        camera: Its camera, or empty.
    """

    tracklets: tuple[str, ...]
    at_ms: float | None
    camera: str


class DecisionsPresenter:
    """Decides about the row in hand, and goes on to the next one.

    Args:
        view: Shows warnings.
        workspace: Shared state.
        hits: The list that is decided about.
        lane: Writes, one thing after the other.
        changed: Called after every write, so that the project is read anew.
    """

    def __init__(
        self,
        view: DecisionView,
        workspace: Workspace,
        hits: Hits,
        lane: ProjectLane,
        changed: Callable[[], None],
    ) -> None:
        self._view, self._workspace, self._hits = view, workspace, hits
        self._lane, self._changed = lane, changed
        self.revisited: Observed[tuple[str, ...]] = Observed(())
        """Tracklets of the action that was undone or redone last."""
        self._trail: list[str] = []
        self._wish: Wish | None = None
        self._note = ""
        self._stored: dict[str, int] = {}
        self._sides: dict[str, str] = {}
        self._query: QueryState | None = None
        self._ends = [
            workspace.snapshot.connect(self._on_snapshot),
            workspace.current.connect(lambda _: self.cancel()),
            workspace.query.connect(self._on_query),
        ]

    def close(self) -> None:
        """Hear nothing any more."""
        for end in self._ends:
            end()
        self._ends.clear()

    # --- decisions

    def accept(self) -> None:
        """The row in hand is the person."""
        self._decide(Verdict.SAME)

    def reject(self) -> None:
        """The row in hand is somebody else."""
        self._decide(Verdict.DIFFERENT)

    def unsure(self) -> None:
        """Nobody can tell."""
        self._decide(Verdict.UNSURE)

    def skip(self) -> None:
        """The next undecided row, and nothing about this one."""
        current = self._workspace.current.value
        if current in self._hits.shown.value.place_of:
            self._go_on(current, self._following(current))

    def previous(self) -> None:
        """The row that was in hand before this one."""
        shown = self._hits.shown.value
        while self._trail:
            name = self._trail.pop()
            if name in shown.place_of:
                self._hits.select(name)
                return
        above = shown.neighbour(self._workspace.current.value, -1)
        if above:
            self._hits.select(above)

    def confirm(self) -> None:
        """Store what was warned of."""
        wish, note = self._wish, self._note
        self.cancel()
        if wish is not None:
            self._store(wish, OVERRULED + note)

    def cancel(self) -> None:
        """Do not store what was warned of."""
        if self._wish is not None:
            self._wish, self._note = None, ""
            self._view.show_warning("")

    def _decide(self, verdict: Verdict) -> None:
        self.cancel()
        query, snapshot = self._workspace.query.value, self._workspace.snapshot.value
        current = self._workspace.current.value
        if query is None or snapshot is None or current not in self._hits.shown.value.place_of:
            return
        wish = Wish(query, current, verdict)
        nodes = query_nodes(query)
        side = self._sides.get(current) or next(
            (node for node in nodes if (node, current) in snapshot.verdicts), nodes[0]
        )
        text = objection(query, current, verdict, side, snapshot, self._hits.pending.value)
        if text:
            self._wish, self._note = wish, text
            self._view.show_warning(text, ANYWAY[verdict])
        else:
            self._store(wish, "")

    def _store(self, wish: Wish, note: str) -> None:
        snapshot, name = self._workspace.snapshot.value, wish.tracklet
        sides = () if snapshot is None else decided_sides(wish, snapshot)
        if not sides and name in self._sides:
            sides = (self._sides[name],)
        following = self._following(name)
        self._stored.pop(name, None)
        self._hits.pending.set({**self._hits.pending.value, name: wish.verdict})

        def stored(result: tuple[str, int]) -> None:
            side, event_id = result
            if self._query is wish.query:
                self._sides[name] = side
            self._stored[name] = event_id
            self._changed()

        def failed(error: ReidError) -> None:
            self._forget_pending({name})
            self._workspace.notice.set(Notice(str(error), "bad"))

        self._lane.ask(lambda project: write(project, wish, sides, note), stored, failed)
        self._go_on(name, following)

    def _following(self, name: str) -> str:
        shown = self._hits.shown.value
        return shown.neighbour(name, 1, undecided=True) or self._first_undecided(name, shown)

    @staticmethod
    def _first_undecided(name: str, shown: ResultList) -> str:
        found = shown.neighbour("", 1, undecided=True)
        return found if found != name else ""

    def _go_on(self, name: str, following: str) -> None:
        self._trail.append(name)
        if following:
            self._hits.select(following)
        elif (n_shown := self._hits.shown.value.n_shown) > 0:
            self._workspace.notice.set(
                Notice(f"Nothing undecided is left among the {n_shown:,} shown.", "ok")
            )

    # --- undo and redo

    def undo(self) -> None:
        """Take back the last action, whoever did it and when, and show where it was."""
        self._move_in_log(Project.undo, "Undone")

    def redo(self) -> None:
        """Bring back what was undone last, and show where it is."""
        self._move_in_log(Project.redo, "Done again")

    def _move_in_log(self, move: Callable[[Project], Event], word: str) -> None:
        self.cancel()
        snapshot = self._workspace.snapshot.value
        text = "" if snapshot is None else snapshot.undo_text if word == "Undone" else snapshot.redo_text

        def done(shown: Shown) -> None:
            self._forget_pending(set(shown.tracklets))
            self._changed()
            self._show_place(shown)
            self.revisited.set(())
            self.revisited.set(shown.tracklets)
            if text:
                self._workspace.notice.set(Notice(f"{word}: {text}"))

        def failed(error: ReidError) -> None:
            self._workspace.notice.set(Notice(str(error)))

        self._lane.ask(lambda project: place_of_action(project, move(project)), done, failed)

    def _show_place(self, shown: Shown) -> None:
        if not shown.camera:
            return
        if shown.tracklets and shown.tracklets[0] in self._hits.shown.value.place_of:
            self._hits.select(shown.tracklets[0])
        self._workspace.is_playing.set(False)
        self._workspace.selected.set(shown.tracklets)
        self._workspace.active_camera.set(shown.camera)
        if shown.at_ms is not None:
            self._workspace.playhead_ms.set(shown.at_ms)

    # --- what changes around

    def _on_query(self, query: QueryState | None) -> None:
        before, self._query = self._query, query
        self.cancel()
        if (
            before is None
            or query is None
            or (before.tracklets, before.image) != (query.tracklets, query.image)
        ):
            self._trail.clear()
            self._sides.clear()

    def _on_snapshot(self, snapshot: Snapshot | None) -> None:
        if snapshot is None:
            self._stored.clear()
        else:
            self._forget_pending({name for name, event in self._stored.items() if event <= snapshot.log_head})

    def _forget_pending(self, names: set[str]) -> None:
        for name in names:
            self._stored.pop(name, None)
        pending = self._hits.pending.value
        if names & pending.keys():
            self._hits.pending.set({name: held for name, held in pending.items() if name not in names})


def decided_sides(wish: Wish, snapshot: Snapshot) -> tuple[str, ...]:
    """Examples about which and the hit a verdict holds already: the new one replaces it."""
    return tuple(node for node in query_nodes(wish.query) if (node, wish.tracklet) in snapshot.verdicts)


def write(project: Project, wish: Wish, sides: tuple[str, ...], note: str) -> tuple[str, int]:
    """Record a decision between the query and a hit; runs in the lane.

    Args:
        project: The open project.
        wish: What was decided.
        sides: Examples that it joins the hit with; none takes the one that is most like it.
        note: Why, in words.

    Returns:
        The example that it was joined with, and the number of the event.
    """
    query, event_id = wish.query, 0
    image = "" if query.image is None else image_node(query.image)
    for side in sides or (nearest_example(project, query, wish.tracklet) or image,):
        place: str | Place = side
        if side == image and query.image is not None:
            place = project.add_image(query.image)
        event_id = project.decide(place, wish.tracklet, wish.verdict, note=note).id
    return side, event_id


def place_of_action(project: Project, event: Event) -> Shown:
    """Where an action is to be seen; runs in the lane."""
    places = [place for place in places_of(event) if isinstance(place, Anchor)]
    names = [project.resolve(place) for place in places]
    found = [place for name, place in zip(names, places, strict=True) if name is not None]
    place = place_edited(event) or next(iter(found), None)
    source = None if place is None else _source_of(project, place)
    if place is None or source is None:
        return Shown((), None, "")
    t_ms = project.stored.time_at(source.id, place.pts)
    camera = next(camera for camera in project.cameras() if camera.name == source.camera)
    at_ms = None if t_ms is None else camera.common_ms(source.start_ms + t_ms)
    return Shown(tuple(dict.fromkeys(name for name in names if name is not None)), at_ms, camera.name)


def _source_of(project: Project, place: Anchor) -> Source | None:
    """The source of a place; where several cameras share the footage, the named one's."""
    sources = [source for source in project.sources() if source.fingerprint == place.source]
    own = [source for source in sources if source.camera == place.camera]
    return next(iter(own or sources), None)


def undo_label(snapshot: Snapshot | None) -> str:
    """Text of the undo action: what it would take back."""
    return f"Undo {snapshot.undo_text}" if snapshot is not None and snapshot.undo_text else "Undo"


def redo_label(snapshot: Snapshot | None) -> str:
    """Text of the redo action: what it would bring back."""
    return f"Redo {snapshot.redo_text}" if snapshot is not None and snapshot.redo_text else "Redo"
