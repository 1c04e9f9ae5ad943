"""Who may be one person across cameras: proposals at a threshold, accepted, rejected or verified.

How to join it (in the composition root, once)::

    presenter = LinksPresenter(page, workspace, linking, writing, verify, refresh)
    page.link_asked.connect(presenter.link)
"""

from __future__ import annotations

from collections.abc import Callable, Sequence

from app.ports import ProjectLane
from app.proposals import (
    note_text,
    pairs_of,
    place_of,
    preview_text,
    proposal_rows,
    threshold_at,
)
from app.snapshot import Snapshot
from app.views.links import NEVER, NEVER_MORE, NONE_LEFT, LinkHead, LinksView
from app.views.verify import Pair
from app.wording import count_label, similarity_label
from app.workspace import Notice, Workspace
from reid_core.errors import CancelledError, ReidError
from reid_core.linking.plan import LinkPlan, Proposal, Scale
from reid_core.progress import CancelToken
from reid_core.store.project import Project
from reid_core.types import Verdict

Proposals = tuple[Proposal, ...]


class LinksPresenter:
    """Runs the linking off the GUI thread and shows what it proposes; nothing is applied by itself.

    Args:
        view: The page.
        workspace: Shared state.
        lane: Links; it may take minutes.
        writing: Writes decisions.
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
        self._plan: LinkPlan | None = None
        self._threshold = 0.0
        self._proposals: Proposals = ()
        self._current: tuple[str, ...] = ()
        self._token: CancelToken | None = None
        self._planned_at = 0
        self._asked = 0
        self._path = ""
        self._ends = [workspace.snapshot.connect(self._on_snapshot, now=True)]

    def close(self) -> None:
        """Stop the linking, and hear of nothing any more."""
        self.stop()
        for end in self._ends:
            end()
        self._ends.clear()

    @property
    def is_settled(self) -> bool:
        """Whether nothing that is shown is on its way."""
        return self._token is None

    # --- linking

    def link(self) -> None:
        """Plan links anew; while it runs, asking again stops it."""
        snapshot = self._workspace.snapshot.value
        if self._token is not None:
            self.stop()
            return
        if snapshot is None:
            return
        token = self._token = CancelToken()
        chosen, head = self._threshold if self._plan is not None else None, snapshot.log_head

        def work(project: Project) -> tuple[LinkPlan, Proposals, int]:
            from reid_core.pipeline.link import plan_links  # with what searches vectors

            plan = plan_links(project, cancel=token)
            plan.preview()
            wanted = plan.default_threshold if chosen is None else chosen
            return plan, plan.proposals(wanted), max(head, project.log_head()[0])

        def planned(found: tuple[LinkPlan, Proposals, int]) -> None:
            if token is not self._token:
                return
            self._token = None
            is_first = self._plan is None or self._plan.scale is not found[0].scale
            self._plan, self._proposals, self._planned_at = found
            if is_first:
                self._threshold = self._plan.default_threshold
            self._asked += 1
            self._show()
            if is_first:
                self._propose()

        def failed(error: ReidError) -> None:
            if token is not self._token:
                return
            self._token = None
            self._show()
            if not isinstance(error, CancelledError):
                self._workspace.notice.set(Notice(str(error), "bad"))

        self._show_head()
        self._lane.ask(work, planned, failed, topic="link")

    def stop(self) -> None:
        """Let the linking end without an answer."""
        if self._token is not None:
            self._token.cancel()
            self._token = None
            self._show_head()

    def slide(self, place: int) -> None:
        """Another threshold: what it would leave is told at once, its proposals follow."""
        if self._plan is not None:
            self._threshold = threshold_at(self._plan, place)
            self._show_head()
            self._propose()

    def _propose(self) -> None:
        plan, threshold = self._plan, self._threshold
        if plan is None:
            return
        self._asked += 1
        asked = self._asked

        def found(proposals: Proposals) -> None:
            if asked == self._asked:
                self._proposals = proposals
                self._show()

        self._lane.ask(lambda _: plan.proposals(threshold), found, topic="proposals")

    # --- decisions

    def select(self, key: tuple[str, ...]) -> None:
        """Take a proposal in hand."""
        self._current = key
        self._view.show_current(key)

    def accept_all(self) -> None:
        """Record everything at the threshold: one event, one undo step."""
        if self._proposals:
            self._accept(self._proposals, self._threshold)

    def accept(self) -> None:
        """Record the proposal in hand."""
        proposal = self._in_hand()
        if proposal is not None:
            self._accept((proposal,), None)

    def reject(self) -> None:
        """The weakest link of the proposal in hand joins two people."""
        proposal = self._in_hand()
        if proposal is None:
            return
        weakest = min(proposal.links, key=lambda link: link.similarity)
        self._write(
            lambda project: project.decide(weakest.a, weakest.b, Verdict.DIFFERENT, note="link rejected")
        )

    def verify_all(self) -> None:
        """Compare the pairs of everything at the threshold."""
        self._compare(self._proposals)

    def verify(self) -> None:
        """Compare the pairs of the proposal in hand."""
        proposal = self._in_hand()
        if proposal is not None:
            self._compare((proposal,))

    def _compare(self, proposals: Proposals) -> None:
        snapshot = self._workspace.snapshot.value
        if snapshot is not None and proposals:
            self._verify("Link proposals", pairs_of(proposals, snapshot))

    def _accept(self, proposals: Proposals, threshold: float | None) -> None:
        snapshot = self._workspace.snapshot.value
        model = snapshot.spaces[-1][1] if snapshot is not None and snapshot.spaces else ""

        def work(project: Project) -> object:
            from reid_core.pipeline.link import accept_links

            return accept_links(project, proposals, threshold=threshold, model=model)

        self._write(
            work,
            f"{count_label(len(proposals), 'proposal')} accepted; undo takes all of it back.",
        )

    def _write(self, work: Callable[[Project], object], told: str = "") -> None:
        self.stop()

        def stored(_: object) -> None:
            self._changed()
            if told:
                self._workspace.notice.set(Notice(told, "ok"))
            self.link()

        def failed(error: ReidError) -> None:
            self._show()
            self._workspace.notice.set(Notice(str(error), "bad"))

        self._writing.ask(work, stored, failed)

    def _in_hand(self) -> Proposal | None:
        return next((one for one in self._proposals if one.tracklets == self._current), None)

    # --- what changes around

    def _on_snapshot(self, snapshot: Snapshot | None) -> None:
        path = "" if snapshot is None else snapshot.path
        if path != self._path:
            self._path = path
            self.stop()
            self._plan, self._proposals, self._current = None, (), ()
        self._show()

    def _show(self) -> None:
        self._show_head()
        snapshot = self._workspace.snapshot.value
        rows = () if snapshot is None else proposal_rows(self._proposals, snapshot)
        self._view.show_proposals(rows)
        keys = [row.key for row in rows]
        if self._current not in keys:
            self._current = keys[0] if keys else ()
        self._view.show_current(self._current)
        if self._plan is None:
            self._view.show_message(NEVER, NEVER_MORE)
        elif not rows:
            lower = "Move the threshold down to see less likely ones." if self._plan.thresholds else ""
            self._view.show_message(NONE_LEFT, lower or "Nobody is left who could be linked.")
        else:
            self._view.show_message("", "")

    def _show_head(self) -> None:
        plan, snapshot = self._plan, self._workspace.snapshot.value
        if plan is None or snapshot is None:
            self._view.show_head(LinkHead(is_running=self._token is not None))
            return
        preview = plan.preview(self._threshold)
        is_stale = self._token is None and snapshot.log_head > self._planned_at
        self._view.show_head(
            LinkHead(
                is_running=self._token is not None,
                is_ready=True,
                is_stale=is_stale,
                place=place_of(plan, self._threshold),
                threshold=f"≥ {similarity_label(self._threshold)}",
                scale="Probability" if plan.scale is Scale.PROBABILITY else "Similarity",
                preview=preview_text(preview, plan.before),
                note="Something was decided since. Link again." if is_stale else note_text(plan),
                n_shown=preview.n_proposals,
            )
        )
