"""Two tracklets side by side, one verdict after the other: of search results, and of link proposals.

How to join it (in the composition root, once)::

    presenter = VerifyPresenter(page, workspace, reading, writing, frames, refresh)
    presenter.open_results(query, rows)              # search results, in the order of their list
    presenter.open_pairs("Link proposals", pairs)    # anything else
    presenter.revisit(tracklets)                     # an action about these was undone or redone
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from itertools import chain

from app.foresight import objection
from app.pairing import Sight, nearest_examples, sight_of, write_verdict
from app.ports import ProjectLane
from app.presenters.looks import Looks
from app.presenters.scrubbing import Frames, Scrubber
from app.result_list import decided, query_persons
from app.snapshot import Snapshot
from app.verdicts import facts_of, head_of, message_of, query_name, rows_of, verdict_of
from app.views.verify import LEFT, RIGHT, Pair, VerifyView
from app.workspace import Notice, QueryState, ResultRow, Workspace
from reid_core.errors import ReidError
from reid_core.types import Verdict

ANYWAY = {Verdict.SAME: "Same person anyway", Verdict.DIFFERENT: "Different anyway"}
OVERRULED = "decided in spite of the warning: "


class VerifyPresenter:
    """Goes through pairs; each verdict is stored at once, and the next undecided pair is taken.

    Args:
        view: The page.
        workspace: Shared state.
        lane: Reads tracklets.
        writing: Writes decisions, one after the other.
        frames: Decodes single frames.
        changed: Called after every write, so that the project is read anew.
    """

    def __init__(
        self,
        view: VerifyView,
        workspace: Workspace,
        lane: ProjectLane,
        writing: ProjectLane,
        frames: Frames,
        changed: Callable[[], None],
    ) -> None:
        self._view, self._workspace = view, workspace
        self._lane, self._writing, self._changed = lane, writing, changed
        self.sides = tuple(
            Scrubber(side, view, workspace, frames, lane, self._arrived) for side in (LEFT, RIGHT)
        )
        self.looks = Looks(view)
        self._title, self._query = "", QueryState()
        self._picture = b""
        self._pairs: tuple[Pair, ...] = ()
        self._at = -1
        self._asked = 0
        self._trail: list[int] = []
        self._pending: dict[Pair, Verdict] = {}
        self._stored: dict[Pair, int] = {}
        self._wish: tuple[Pair, Verdict, str] | None = None
        self._verdicts: list[Verdict | None] = []
        snapshot = workspace.snapshot.value
        self._path = "" if snapshot is None else snapshot.path
        self._ends = [workspace.snapshot.connect(self._on_snapshot)]
        self._show_all()

    def close(self) -> None:
        """Hear of nothing any more."""
        self._view.set_ticking(False)
        for end in self._ends:
            end()
        self._ends.clear()

    # --- what is verified

    def open_results(self, query: QueryState, rows: Sequence[ResultRow], picture: bytes = b"") -> None:
        """Verify the hits of a search, best first; ``picture`` is the person in the query's picture."""
        if not rows:
            self._workspace.notice.set(Notice("There is no result to verify."))
            return
        rows = sorted(rows, key=lambda row: -row.similarity)
        hits = [row.tracklet for row in rows]

        def paired(examples: tuple[str, ...]) -> None:
            pairs = tuple(
                Pair(example, row.tracklet, row.similarity, None, row.reason, bool(row.reason))
                for example, row in zip(examples, rows, strict=True)
            )
            self._open("", pairs, query, picture)

        self._lane.ask(lambda project: nearest_examples(project, query, hits), paired, topic="verify")

    def open_pairs(self, title: str, pairs: Sequence[Pair]) -> None:
        """Verify these pairs."""
        self._open(title, tuple(pairs), QueryState(), b"")

    def _open(self, title: str, pairs: tuple[Pair, ...], query: QueryState, picture: bytes) -> None:
        self.cancel()
        self._title, self._pairs, self._query, self._picture = title, pairs, query, picture
        self._trail.clear()
        self._pending.clear()
        self._stored.clear()
        self._judge()
        self._at = -1
        self._show_rows()
        self._go(self._undecided(-1), is_new=True)

    # --- the pair in hand

    def select(self, index: int) -> None:
        """Take a pair in hand, by its row from 0."""
        if 0 <= index < len(self._pairs) and index != self._at:
            self._keep_trail()
            self._go(index)

    def step(self, by: int) -> None:
        """The pair below (1) or above (-1), decided or not."""
        self.select(min(max(self._at + by, 0), len(self._pairs) - 1) if self._at >= 0 else 0)

    def same(self) -> None:
        """One person."""
        self._decide(Verdict.SAME)

    def different(self) -> None:
        """Two people."""
        self._decide(Verdict.DIFFERENT)

    def unsure(self) -> None:
        """Nobody can tell."""
        self._decide(Verdict.UNSURE)

    def skip(self) -> None:
        """The next undecided pair, and nothing about this one."""
        if self._at >= 0:
            self.cancel()
            self._keep_trail()
            following = self._undecided(self._at)
            self._go(following if following != self._at else -1)

    def previous(self) -> None:
        """The pair that was in hand before this one."""
        self.cancel()
        if self._trail:
            self._go(self._trail.pop())
        elif self._at > 0:
            self._go(self._at - 1)

    def confirm(self) -> None:
        """Store what was warned of."""
        wish = self._wish
        self.cancel()
        if wish is not None:
            self._store(wish[0], wish[1], OVERRULED + wish[2])

    def cancel(self) -> None:
        """Do not store what was warned of."""
        if self._wish is not None:
            self._wish = None
            self._view.show_warning("")

    def revisit(self, tracklets: Sequence[str]) -> None:
        """An action about these was undone or redone: go back to that pair, if it is one of these."""
        named = set(tracklets)
        for index, pair in enumerate(self._pairs):
            if pair.right in named and (pair.left in named or not pair.left.startswith("c")):
                self.cancel()
                self._forget({pair})
                self._go(index)
                return

    def _decide(self, verdict: Verdict) -> None:
        self.cancel()
        snapshot = self._workspace.snapshot.value
        if snapshot is None or self._at < 0:
            return
        pair = self._pairs[self._at]
        text = objection(
            self._side_query(pair), pair.right, verdict, pair.left, snapshot, self._pending_beside(pair)
        )
        if text:
            self._wish = pair, verdict, text
            self._view.show_warning(text, ANYWAY[verdict])
        else:
            self._store(pair, verdict, "")

    def _store(self, pair: Pair, verdict: Verdict, note: str) -> None:
        index, picture = self._at, self._query.image
        self._stored.pop(pair, None)
        self._pending[pair] = verdict
        self._judge()

        def stored(event_id: int) -> None:
            self._stored[pair] = event_id
            self._changed()

        def failed(error: ReidError) -> None:
            self._forget({pair})
            self._workspace.notice.set(Notice(str(error), "bad"))

        self._writing.ask(
            lambda project: write_verdict(project, pair, verdict, picture, note), stored, failed
        )
        self._keep_trail()
        self._show_rows()
        self._go(self._undecided(index))

    def _undecided(self, after: int) -> int:
        """The next undecided pair below, else the first of all; -1 where none is left."""
        n = len(self._pairs)
        order = chain(range(after + 1, n), range(min(after + 1, n)))
        return next((index for index in order if self._verdicts[index] is None), -1)

    def _keep_trail(self) -> None:
        if self._at >= 0:
            self._trail.append(self._at)

    def _go(self, index: int, *, is_new: bool = False) -> None:
        is_other = is_new or index != self._at
        self._at = index
        self._asked += 1
        self._view.show_current(index)
        self._show_head()
        if index < 0:
            self._close_sides()
        elif is_other:
            self._load(self._pairs[index], self._asked)
        self._show_facts()
        self._show_message()

    # --- both pictures

    def _load(self, pair: Pair, asked: int) -> None:
        self._view.set_ticking(False)
        self.looks.recentre()
        snapshot = self._workspace.snapshot.value
        for side, node in ((self.sides[LEFT], pair.left), (self.sides[RIGHT], pair.right)):
            person = None if snapshot is None else snapshot.person_of(node)
            number = 0 if person is None else person.number
            if not node.startswith("c"):
                side.open_picture(self._picture, self._query.label or "Picture", number)
                continue
            self._load_side(side, node, number, asked)

    def _load_side(self, side: Scrubber, node: str, number: int, asked: int) -> None:
        side.still, side.is_waiting = None, True

        def found(sight: Sight) -> None:
            if asked == self._asked:
                side.open(sight, number)

        def failed(error: ReidError) -> None:
            if asked == self._asked:
                side.fail(str(error))

        self._lane.ask(lambda project: sight_of(project, node), found, failed, topic=f"side {side.side}")

    def _arrived(self) -> None:
        """One side has its first picture; both appear together."""
        if self._at >= 0 and not any(side.is_waiting for side in self.sides):
            for side in self.sides:
                side.release()
            self._show_facts()

    def _close_sides(self) -> None:
        self._view.set_ticking(False)
        for side in self.sides:
            side.close()
            side.release()

    def scrub(self, side: int, place: int) -> None:
        """Stand at a box of one side."""
        self.looks.activate(side)
        self.sides[side].go(place)

    def scrub_by(self, by: int) -> None:
        """So many boxes on, on the active side."""
        side = self.sides[self.looks.active]
        if side.is_playing:
            self.play(self.looks.active)
        side.go(side.place + by)

    def play(self, side: int | None = None) -> None:
        """Let one side run (both where none is named), or stop it."""
        chosen = self.sides if side is None else (self.sides[side],)
        is_on = not any(one.is_playing for one in chosen)
        for one in chosen:
            one.play(is_on)
        self._view.set_ticking(any(one.is_playing for one in self.sides))

    def tick(self, now_s: float) -> None:
        """Time has passed; called while the view ticks."""
        for side in self.sides:
            side.tick(now_s)

    @property
    def is_settled(self) -> bool:
        """Whether nothing that is shown is on its way."""
        return not any(side.is_waiting for side in self.sides)

    # --- what changes around

    def _on_snapshot(self, snapshot: Snapshot | None) -> None:
        path = "" if snapshot is None else snapshot.path
        if path != self._path or snapshot is None:
            self._path = path
            self._open("", (), QueryState(), b"")
            return
        self._forget({pair for pair, event in self._stored.items() if event <= snapshot.log_head}, show=False)
        self._judge()
        self._show_rows()
        self._show_head()
        self._show_message()
        for side in self.sides:
            if not side.is_waiting and self._at >= 0:
                side.show()
        self._show_facts()

    def _forget(self, pairs: set[Pair], *, show: bool = True) -> None:
        for pair in pairs:
            self._stored.pop(pair, None)
            self._pending.pop(pair, None)
        if show:
            self._judge()
            self._show_rows()
            self._show_head()

    def _judge(self) -> None:
        """What holds about every pair now."""
        snapshot = self._workspace.snapshot.value
        if snapshot is not None and (self._query.tracklets or self._query.image is not None):
            held: dict[str, Verdict | None] = dict(decided(self._query, snapshot))
            held.update((pair.right, verdict) for pair, verdict in self._pending.items())
            self._verdicts = [held.get(pair.right) for pair in self._pairs]
        else:
            self._verdicts = [self._pending.get(pair) or verdict_of(pair, snapshot) for pair in self._pairs]

    def _side_query(self, pair: Pair) -> QueryState:
        """The query as it is known about the pair: for what contradicts what."""
        if pair.left.startswith("c"):
            return QueryState((pair.left,))
        return QueryState((), self._query.image)

    def _pending_beside(self, pair: Pair) -> dict[str, Verdict]:
        return {p.right: v for p, v in self._pending.items() if p.left == pair.left}

    # --- showing

    def _show_all(self) -> None:
        self._show_rows()
        self._show_head()
        self._show_facts()
        self._show_message()

    def _show_rows(self) -> None:
        self._view.show_rows(rows_of(self._pairs, self._verdicts, self._workspace.snapshot.value))
        self._view.show_current(self._at)

    def _show_head(self) -> None:
        snapshot = self._workspace.snapshot.value
        numbers = sorted(query_persons(self._query, snapshot)) if snapshot is not None else []
        number = numbers[0] if numbers else 0
        title = self._title or (f"Results for {query_name(self._query, snapshot)}" if self._pairs else "")
        self._view.show_head(head_of(title, number, self._at, self._verdicts))

    def _show_facts(self) -> None:
        snapshot = self._workspace.snapshot.value
        if snapshot is None or self._at < 0:
            self._view.show_facts(())
            return
        pair = self._pairs[self._at]
        against = objection(
            self._side_query(pair), pair.right, Verdict.SAME, pair.left, snapshot, self._pending_beside(pair)
        )
        self._view.show_facts(facts_of(pair, snapshot, against))

    def _show_message(self) -> None:
        self._view.show_message(*message_of(self._at, self._verdicts))
