"""The Identities page with everything that makes it work."""

from __future__ import annotations

from collections.abc import Callable, Mapping

from PySide6.QtGui import QAction

from app.assembly.investigate import Investigate
from app.assembly.verify import CROP_BYTES, FRAME_PX, Verify
from app.jobs.clock_pictures import ClockPictures
from app.jobs.thumbnails import Thumbnails
from app.pages.identities import IdentitiesPage
from app.ports import ProjectLane
from app.presenters.people import PeoplePresenter, Ways
from app.workspace import Page, Workspace


class People:
    """The list, the person that is looked at, and who corrects.

    Args:
        workspace: Shared state.
        reading: Reads tracklets and similarities.
        writing: Writes corrections.
        drawing: Reads crops.
        refresh: Loads the snapshot anew.
        show_page: Brings a page to the front.
        investigate: Searches for a person.
        verify: Compares tracklets.
    """

    def __init__(
        self,
        workspace: Workspace,
        reading: ProjectLane,
        writing: ProjectLane,
        drawing: ProjectLane,
        refresh: Callable[[], None],
        show_page: Callable[[Page], None],
        investigate: Investigate,
        verify: Verify,
    ) -> None:
        self._workspace, self._show_page, self._investigate = workspace, show_page, investigate
        self._thumbnails = Thumbnails(drawing, workspace, max_bytes=CROP_BYTES)
        self._frames = ClockPictures(workspace, FRAME_PX, "story pictures")
        self.page = IdentitiesPage(self._thumbnails)
        ways = Ways(self._search, verify.open_pairs)
        self.presenter = PeoplePresenter(self.page, workspace, reading, writing, self._frames, ways, refresh)
        verify.page.empty.buttons["people"].clicked.connect(lambda _=False: show_page(Page.IDENTITIES))
        self._join_page()

    def _join_page(self) -> None:
        page, presenter = self.page, self.presenter
        page.chosen.connect(presenter.choose)
        page.find_changed.connect(presenter.find)
        page.renamed.connect(presenter.rename)
        page.selected.connect(presenter.select)
        page.dropped.connect(presenter.drop)
        page.answered.connect(presenter.answer)
        page.opened.connect(self._go_there)
        page.ticked.connect(presenter.story.tick)
        page.notes.written.connect(presenter.annotate)
        page.strip.chosen.connect(presenter.story.go)
        page.player.play_asked.connect(presenter.story.toggle)
        page.player.stepped.connect(presenter.story.step)
        page.story_head.play.clicked.connect(lambda _=False: presenter.story.toggle())
        page.story_head.best_chosen.connect(presenter.set_best)
        page.warning.confirmed.connect(presenter.corrections.confirm)
        page.warning.cancelled.connect(presenter.corrections.cancel)
        for buttons, name, handler in (
            (page.head.buttons, "search", presenter.search),
            (page.head.buttons, "verify", presenter.verify),
            (page.head.buttons, "merge", presenter.ask_merge),
            (page.fixes, "move", presenter.ask_move),
            (page.fixes, "split", presenter.split),
            (page.fixes, "take_out", presenter.take_out),
        ):
            buttons[name].clicked.connect(lambda _=False, handler=handler: handler())
        page.empty.buttons["search"].clicked.connect(lambda _=False: self._show_page(Page.INVESTIGATE))

    def join(self, actions: Mapping[str, QAction]) -> None:
        """Let the actions do what they say."""
        presenter, page = self.presenter, self.page
        handlers: dict[str, Callable[[], None]] = {
            "identity.person_rename": page.head.rename,
            "identity.merge": presenter.ask_merge,
            "identity.move": presenter.ask_move,
            "identity.split": presenter.split,
            "identity.take_out": presenter.take_out,
            "identity.story": presenter.story.toggle,
            "identity.clip_back": lambda: presenter.story.step(-1),
            "identity.clip_forward": lambda: presenter.story.step(1),
            "identity.search": presenter.search,
            "identity.verify": presenter.verify,
            "identity.find": page.focus_find,
        }
        for action_id, handler in handlers.items():
            actions[action_id].triggered.connect(lambda _=False, handler=handler: handler())

    def _search(self, number: int) -> None:
        self._investigate.search.search_person(number)
        self._show_page(Page.INVESTIGATE)

    def _go_there(self, tracklet: str) -> None:
        """Every pane to where a tracklet begins."""
        self._investigate.search.go_to(tracklet)
        self._show_page(Page.INVESTIGATE)

    @property
    def is_settled(self) -> bool:
        """Whether nothing that the page shows is on its way."""
        return self._frames.is_idle and self._thumbnails.is_idle and self.presenter.is_settled

    def close(self) -> None:
        """End the threads."""
        self.presenter.close()
        self._frames.close()
