"""Who is searched for, what was found, and which of it is shown."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

from app.observed import Observed
from app.ports import ProjectLane
from app.presenters.past import Past
from app.presenters.pictures import DescribedPictures
from app.result_list import Filters, Order, ResultList, arrange, decided, left_of, numbers_of
from app.searching import find, load_engine, read_picture
from app.snapshot import Snapshot
from app.views.results import (
    Box,
    Described,
    Head,
    PictureEngine,
    SearchView,
    SeveralPeople,
    head_text,
    message_of,
    n_new_since,
    query_shown,
)
from app.workspace import QueryState, Results, Workspace
from reid_core.errors import ReidError
from reid_core.types import Verdict


class SearchPresenter:
    """Searches, remembers past searches, filters what was found.

    Args:
        view: The results panel.
        workspace: Shared state; this fills ``query``, ``results``, ``current``.
        lane: Where searches run; the latest replaces those that wait.
        engine: Describes pictures, or None where none can be described.
    """

    def __init__(
        self, view: SearchView, workspace: Workspace, lane: ProjectLane, engine: PictureEngine | None = None
    ) -> None:
        self._view, self._workspace, self._lane = view, workspace, lane
        self.shown: Observed[ResultList] = Observed(ResultList())
        self.pending: Observed[dict[str, Verdict]] = Observed({})
        """Verdicts about hits that are on their way into the project."""
        self._filters, self._order, self._is_grouped = Filters(), Order.BEST, True
        self._past = Past()
        self._asked = 0
        self.pictures = DescribedPictures(engine)
        self._choosing: QueryState | None = None
        self._left_ms: list[float] = []
        snapshot = workspace.snapshot.value
        self._places = None if snapshot is None else (snapshot.cameras, snapshot.travel)
        self._log_head, self._path = -1, "" if snapshot is None else snapshot.path
        self._ends = [
            workspace.snapshot.connect(self._on_snapshot),
            workspace.range_ms.connect(lambda _: self.set_filters()),
            workspace.current.connect(view.show_current),
            self.pending.connect(lambda _: self._arrange(only_state=True)),
        ]
        self._show_all()

    def warm_up(self) -> None:
        """Load in the lane what the first search needs, so that it is as quick as the others."""
        self._lane.ask(lambda _: load_engine(), lambda _: None, lambda _: None, topic="warm up")

    def close(self) -> None:
        """Hear nothing any more."""
        self._asked += 1
        for end in self._ends:
            end()
        self._ends.clear()

    # --- what is searched for

    def search_tracklets(self, tracklet_ids: Sequence[str], *, add: bool = False) -> None:
        """Search for the person in these tracklets; with ``add``, besides the examples there are.

        An example that is added again is taken away.
        """
        query = self._workspace.query.value
        if not add or query is None:
            self._search(QueryState(tuple(dict.fromkeys(tracklet_ids))))
            return
        kept = [name for name in query.tracklets if name not in tracklet_ids]
        added = [name for name in tracklet_ids if name not in query.tracklets]
        if kept or added or query.image is not None:
            dropped = frozenset(entry for entry in query.dropped if entry[0] in {*kept, *added})
            self._search(replace(query, tracklets=(*kept, *added), dropped=dropped))
        else:
            self.clear()

    def search_person(self, number: int) -> None:
        """Search for an identity by all its tracklets."""
        snapshot = self._workspace.snapshot.value
        person = None if snapshot is None else snapshot.persons_by_number.get(number)
        if snapshot is not None and person is not None:
            self._search(QueryState(tuple(snapshot.tracklets.ids[row] for row in person.tracklets)))

    def search_picture(
        self, picture: bytes, *, box: Box | None = None, label: str = "", add: bool = False
    ) -> None:
        """Search for the person in a picture file's bytes; without a box, who that is is found out first."""
        query = self._workspace.query.value
        tracklets = query.tracklets if add and query is not None else ()
        self._search(QueryState(tracklets, picture, box=box, label=label))

    def search_file(self, path: Path, *, add: bool = False) -> None:
        """Search for the person in a picture file."""

        def show(picture: bytes) -> None:
            self.search_picture(picture, label=path.name, add=add)

        self._lane.ask(lambda _: read_picture(path), show, topic="picture")

    def choose_person(self, box: Box) -> None:
        """Of several people in a query picture, this one."""
        if self._choosing is not None:
            self._search(replace(self._choosing, box=box), is_new=False)

    def drop_crop(self, tracklet_id: str, rank: int) -> None:
        """Leave a crop out of the query, or use it again."""
        query = self._workspace.query.value
        if query is not None and tracklet_id in query.tracklets:
            self._search(replace(query, dropped=query.dropped ^ {(tracklet_id, rank)}), is_new=False)

    def again(self) -> None:
        """Search the same once more, in what there is now."""
        if (query := self._workspace.query.value) is not None:
            self.pictures.forget(query)
            self._search(query, is_new=False)

    def stop(self) -> None:
        """Do not wait for the answer; what was found before stays."""
        self._asked += 1
        self.pictures.cancel()
        results = self._workspace.results.value
        if results is not None and results.is_searching:
            self._take(replace(results, is_searching=False, problem="" if results.rows else "Stopped."))

    def clear(self) -> None:
        """No query any more; past searches can be gone back to."""
        self._asked += 1
        self._end_choosing()
        self._workspace.query.set(None)
        self._workspace.results.set(None)
        self._workspace.current.set("")
        self._show_all()

    def back(self) -> None:
        """The search before this one."""
        self._go_in_past(0 if self._workspace.query.value is None else -1)

    def forward(self) -> None:
        """The search after this one."""
        self._go_in_past(1)

    # --- which hits are shown

    def set_order(self, order: Order) -> None:
        """Best first, or by time."""
        self._order = order
        self._show_order()

    def set_grouped(self, is_grouped: bool) -> None:
        """Hits under the heads of their cameras, or one list."""
        self._is_grouped = is_grouped
        self._show_order()

    def set_cameras(self, cameras: frozenset[str]) -> None:
        """Only hits of these cameras; none means all."""
        self.set_filters(cameras=cameras)

    def set_min_similarity(self, least: float | None) -> None:
        """Only hits from this similarity on."""
        self.set_filters(min_similarity=least)

    def set_verdicts(self, verdicts: frozenset[Verdict | None]) -> None:
        """Only hits that were decided so; none means all."""
        self.set_filters(verdicts=verdicts)

    def set_with_impossible(self, is_on: bool) -> None:
        """Also hits in the query's camera at the query's time."""
        self.set_filters(with_impossible=is_on)

    def set_range_around(self, length_ms: float) -> None:
        """Only hits this close to the playhead: the marked stretch of time, which the timeline shows too."""
        middle = self._workspace.playhead_ms.value
        self._workspace.range_ms.set((middle - length_ms / 2, middle + length_ms / 2))

    def clear_range(self) -> None:
        """Hits of any time."""
        self._workspace.range_ms.set(None)

    def clear_filters(self) -> None:
        """Show all hits."""
        self._filters = Filters(with_impossible=self._filters.with_impossible)
        self._workspace.range_ms.set(None)
        self.set_filters()

    # --- the row in hand

    def select(self, tracklet_id: str) -> None:
        """Take a row in hand."""
        self._workspace.current.set(tracklet_id)

    def step(self, by: int) -> None:
        """The row below (1) or above (-1)."""
        if following := self.shown.value.neighbour(self._workspace.current.value, by):
            self.select(following)

    def go_to(self, tracklet_id: str = "") -> None:
        """Send every pane to where a hit begins (that in hand where none is named)."""
        name = tracklet_id or self._workspace.current.value
        snapshot = self._workspace.snapshot.value
        row = None if snapshot is None else snapshot.tracklets.row_of.get(name)
        if snapshot is None or row is None:
            return
        self._left_ms.append(self._workspace.playhead_ms.value)
        self._workspace.is_playing.set(False)
        self._workspace.selected.set((name,))
        self._workspace.active_camera.set(snapshot.cameras[int(snapshot.tracklets.camera[row])].name)
        self._workspace.playhead_ms.set(float(snapshot.tracklets.start_ms[row]))

    def go_back(self) -> None:
        """The moment that was shown before the last `go_to`."""
        if self._left_ms:
            self._workspace.playhead_ms.set(self._left_ms.pop())

    # --- searching

    def _search(self, query: QueryState, *, is_new: bool = True) -> None:
        self._end_choosing()
        self._asked += 1
        asked = self._asked
        before = self._workspace.query.value
        if is_new and query != before:
            self._past.add(query)
        else:
            self._past.replace(query)
        is_other = before is None or (query.tracklets, query.image) != (before.tracklets, before.image)
        self._workspace.query.set(query)
        self._workspace.selected.set(query.tracklets)
        if is_other:
            self.pending.set({})
            self._workspace.current.set("")
        old = self._workspace.results.value
        kept = () if old is None or is_other else old.rows
        self._take(Results(query, kept, is_searching=True))
        if query.image is None:
            self._find(query, None, asked)
        else:
            self._describe(query, asked)

    def _describe(self, query: QueryState, asked: int) -> None:
        def found(described: Described) -> None:
            if asked == self._asked:
                self._show_query()
                self._find(query, described, asked)

        def failed(error: ReidError) -> None:
            if asked != self._asked:
                return
            self._fail(query, asked, str(error))
            if isinstance(error, SeveralPeople):
                self._choosing = query
                self._view.show_people(error)

        self.pictures.describe(query, found, failed)

    def _find(self, query: QueryState, picture: Described | None, asked: int) -> None:
        if asked != self._asked:
            return

        def found(results: Results) -> None:
            if asked == self._asked:
                self._take(results)
                self._take_first()

        def failed(error: ReidError) -> None:
            self._fail(query, asked, str(error))

        self._lane.ask(lambda project: find(project, query, picture), found, failed, topic="search")

    def _fail(self, query: QueryState, asked: int, text: str) -> None:
        if asked == self._asked:
            self._take(Results(query, problem=text))

    def _take(self, results: Results) -> None:
        self._workspace.results.set(results)
        self._show_all()

    def _take_first(self) -> None:
        current, shown = self._workspace.current.value, self.shown.value
        if current not in shown.place_of and shown.ids:
            self._workspace.current.set(shown.neighbour("", 1, undecided=True) or shown.ids[0])

    def _end_choosing(self) -> None:
        if self._choosing is not None:
            self._choosing = None
            self._view.show_people(None)

    def _go_in_past(self, by: int) -> None:
        if (query := self._past.move(by)) is not None:
            self._search(query, is_new=False)

    # --- showing

    def _on_snapshot(self, snapshot: Snapshot | None) -> None:
        path = "" if snapshot is None else snapshot.path
        if path != self._path:
            self._path, self._log_head, self._places = path, -1, None
            self._past, self._filters = Past(), Filters()
            self.pictures.clear()
            self._left_ms.clear()
            self.pending.set({})
            self.clear()
        if snapshot is None:
            return
        self._filters = self._filters.renamed(snapshot.former_names)
        before, self._places = self._places, (snapshot.cameras, snapshot.travel)
        query = self._workspace.query.value
        kept, is_stale = left_of(query, self._workspace.results.value, snapshot)
        if kept is None and query is not None:
            self.clear()
        elif kept is not None and (is_stale or before not in (None, self._places)):
            self._search(kept, is_new=False)  # other times, other hits that are impossible
        elif snapshot.log_head != self._log_head:
            self._log_head = snapshot.log_head
            self._show_query()
            self._arrange(only_state=True)
        self._show_head()

    def set_filters(self, **changes: object) -> None:
        """Change fields of `Filters`; the marked stretch of time always holds."""
        range_ms = self._workspace.range_ms.value
        self._filters = replace(self._filters, range_ms=range_ms, **changes)  # type: ignore[arg-type]
        self._arrange()

    def _show_all(self) -> None:
        self._show_query()
        self._show_head()
        self._show_order()

    def _show_order(self) -> None:
        self._view.show_order(self._order, self._is_grouped)
        self._arrange()

    def _arrange(self, *, only_state: bool = False) -> None:
        results, snapshot = self._workspace.results.value, self._workspace.snapshot.value
        shown = ResultList()
        if results is not None and snapshot is not None:
            verdicts = {**decided(results.query, snapshot), **self.pending.value}
            numbers = numbers_of(snapshot)
            if only_state and not self._filters.verdicts:
                shown = self.shown.value.with_state(verdicts, numbers)
            else:
                shown = arrange(
                    results,
                    self._filters,
                    self._order,
                    is_grouped=self._is_grouped,
                    verdicts=verdicts,
                    numbers=numbers,
                )
        self.shown.set(shown)
        cameras = () if snapshot is None else tuple(camera.name for camera in snapshot.cameras)
        has_rows = results is not None and bool(results.rows)
        count = f"{shown.n_shown:,} of {shown.n_all:,}" if has_rows else ""
        self._view.show_filters(self._filters, cameras, count)
        self._view.show_list(shown)
        self._view.show_message(message_of(results, shown, self._filters))
        self._view.show_current(self._workspace.current.value)

    def _show_head(self) -> None:
        results = self._workspace.results.value
        step = 0 if self._workspace.query.value is None else -1
        self._view.show_head(
            Head(
                text=head_text(results, self._workspace.snapshot.value),
                can_go_back=self._past.can_move(step),
                can_go_forward=self._past.can_move(1),
                is_searching=results is not None and results.is_searching,
                n_impossible=0 if results is None else results.n_impossible,
                n_unreachable=0 if results is None else sum(bool(row.reason) for row in results.rows),
                can_search_again=n_new_since(results, self._workspace.snapshot.value) > 0,
            )
        )

    def _show_query(self) -> None:
        query, snapshot = self._workspace.query.value, self._workspace.snapshot.value
        if query is None or snapshot is None:
            self._view.show_query(None)
            return
        described = self.pictures.known(query)
        self._view.show_query(query_shown(query, snapshot, b"" if described is None else described.crop))
