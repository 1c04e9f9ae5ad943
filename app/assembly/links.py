"""The Links page with everything that makes it work."""

from __future__ import annotations

from collections.abc import Callable, Mapping

from PySide6.QtGui import QAction

from app.assembly.people import People
from app.assembly.verify import CROP_BYTES, Verify
from app.jobs.thumbnails import Thumbnails
from app.pages.links import LinksPage
from app.ports import ProjectLane
from app.presenters.conflicts import ConflictsPresenter
from app.presenters.links import LinksPresenter
from app.workspace import Page, Workspace


class Links:
    """Proposals, contradictions, travel times.

    Args:
        workspace: Shared state.
        linking: Links; a lane of its own, for it may take minutes.
        reading: Reads contradictions.
        writing: Writes decisions.
        drawing: Reads crops.
        refresh: Loads the snapshot anew.
        show_page: Brings a page to the front.
        verify: Compares pairs.
        people: Asks why a person contradicts itself.
    """

    def __init__(
        self,
        workspace: Workspace,
        linking: ProjectLane,
        reading: ProjectLane,
        writing: ProjectLane,
        drawing: ProjectLane,
        refresh: Callable[[], None],
        show_page: Callable[[Page], None],
        verify: Verify,
        people: People,
    ) -> None:
        self._show_page = show_page
        self._thumbnails = Thumbnails(drawing, workspace, max_bytes=CROP_BYTES)
        self.page = LinksPage(self._thumbnails)
        self.presenter = LinksPresenter(self.page, workspace, linking, writing, verify.open_pairs, refresh)
        self.conflicts = ConflictsPresenter(
            self.page, workspace, reading, writing, verify.open_pairs, refresh
        )
        for panel in (verify.page.empty, people.page.empty):
            panel.buttons["links"].clicked.connect(lambda _=False: show_page(Page.LINKS))
        people.page.head.buttons["why"].clicked.connect(lambda _=False: self._show_why(people))
        self._join_page()

    def _show_why(self, people: People) -> None:
        self.conflicts.look_at(people.presenter.current.value)
        self._show_page(Page.LINKS)

    def _join_page(self) -> None:
        page, presenter, conflicts = self.page, self.presenter, self.conflicts
        page.selected.connect(presenter.select)
        page.opened.connect(lambda _: presenter.verify())
        page.bar.link_asked.connect(presenter.link)
        page.bar.slid.connect(presenter.slide)
        page.bar.accept_asked.connect(presenter.accept_all)
        page.bar.verify_asked.connect(presenter.verify_all)
        for name, handler in (
            ("accept", presenter.accept),
            ("reject", presenter.reject),
            ("verify", presenter.verify),
        ):
            page.ways[name].clicked.connect(lambda _=False, handler=handler: handler())
        page.conflict.stepped.connect(conflicts.step)
        page.conflict.solved.connect(conflicts.solve)
        page.conflict.kept.connect(conflicts.keep)
        page.conflict.compare_asked.connect(conflicts.compare)
        page.travel_model.time_set.connect(conflicts.set_time)
        page.travel_model.overlap_set.connect(conflicts.set_overlapping)
        page.travel.forgotten.connect(conflicts.forget_times)
        page.travel.learn_asked.connect(conflicts.learn)

    def join(self, actions: Mapping[str, QAction]) -> None:
        """Let the actions do what they say."""
        presenter = self.presenter
        handlers: dict[str, Callable[[], None]] = {
            "identity.link": self._link,
            "identity.link_accept": presenter.accept,
            "identity.link_reject": presenter.reject,
            "identity.link_verify": presenter.verify,
            "identity.link_accept_all": presenter.accept_all,
            "identity.link_verify_all": presenter.verify_all,
        }
        for action_id, handler in handlers.items():
            actions[action_id].triggered.connect(lambda _=False, handler=handler: handler())

    def _link(self) -> None:
        self._show_page(Page.LINKS)
        self.presenter.link()

    @property
    def is_settled(self) -> bool:
        """Whether nothing that the page shows is on its way."""
        return self._thumbnails.is_idle and self.presenter.is_settled

    def close(self) -> None:
        """Stop the linking."""
        self.presenter.close()
        self.conflicts.close()
