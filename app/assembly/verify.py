"""The Verify page with everything that makes it work."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence

from PySide6.QtGui import QAction

from app.assembly.investigate import Investigate
from app.jobs.clock_pictures import ClockPictures
from app.jobs.thumbnails import Thumbnails
from app.pages.verify import VerifyPage
from app.ports import ProjectLane
from app.presenters.verify import VerifyPresenter
from app.views.verify import Pair
from app.workspace import Page, Workspace

CROP_BYTES = 32 * 2**20
"""Memory for the crops of a page."""
FRAME_PX = (1920, 1200)
"""Frames are decoded within this; what is larger is seen at this size."""


class Verify:
    """Both sides, the pairs, and who decides about them.

    Args:
        workspace: Shared state.
        reading: Reads tracklets.
        writing: Writes decisions.
        drawing: Reads crops.
        refresh: Loads the snapshot anew.
        show_page: Brings a page to the front.
    """

    def __init__(
        self,
        workspace: Workspace,
        reading: ProjectLane,
        writing: ProjectLane,
        drawing: ProjectLane,
        refresh: Callable[[], None],
        show_page: Callable[[Page], None],
    ) -> None:
        self._workspace, self._show_page = workspace, show_page
        self._thumbnails = Thumbnails(drawing, workspace, max_bytes=CROP_BYTES)
        self._frames = ClockPictures(workspace, FRAME_PX, "compared pictures")
        self.page = VerifyPage(self._thumbnails)
        self.presenter = VerifyPresenter(self.page, workspace, reading, writing, self._frames, refresh)
        self._join_page()

    def _join_page(self) -> None:
        page, presenter = self.page, self.presenter
        page.selected.connect(presenter.select)
        page.scrubbed.connect(presenter.scrub)
        page.play_asked.connect(presenter.play)
        page.activated.connect(presenter.looks.activate)
        page.zoomed.connect(presenter.looks.zoom)
        page.shifted.connect(presenter.looks.shift)
        page.whole_asked.connect(presenter.looks.toggle_whole)
        page.adjust.linked.connect(presenter.looks.set_linked)
        page.adjust.lightened.connect(presenter.looks.set_brightness)
        page.adjust.contrasted.connect(presenter.looks.set_contrast)
        page.adjust.zoomed.connect(presenter.looks.set_zoom)
        page.adjust.reset.connect(presenter.looks.reset)
        page.empty.buttons["search"].clicked.connect(lambda _=False: self._show_page(Page.INVESTIGATE))
        page.ticked.connect(presenter.tick)
        bar = page.decisions
        bar.accepted.connect(presenter.same)
        bar.rejected.connect(presenter.different)
        bar.unsure.connect(presenter.unsure)
        bar.skipped.connect(presenter.skip)
        bar.previous.connect(presenter.previous)
        bar.confirmed.connect(presenter.confirm)
        bar.cancelled.connect(presenter.cancel)

    def join(self, actions: Mapping[str, QAction], investigate: Investigate) -> None:
        """Let the actions do what they say, and undo find its pair."""
        presenter = self.presenter
        handlers: dict[str, Callable[[], object]] = {
            "verify.same": presenter.same,
            "verify.different": presenter.different,
            "verify.unsure": presenter.unsure,
            "verify.skip": presenter.skip,
            "verify.previous": presenter.previous,
            "verify.down": lambda: presenter.step(1),
            "verify.up": lambda: presenter.step(-1),
            "verify.swap": presenter.looks.swap_active,
            "verify.frame_back": lambda: presenter.scrub_by(-1),
            "verify.frame_forward": lambda: presenter.scrub_by(1),
            "verify.ten_back": lambda: presenter.scrub_by(-10),
            "verify.ten_forward": lambda: presenter.scrub_by(10),
            "verify.play": presenter.play,
            "verify.zoom_in": lambda: presenter.looks.zoom(1.1),
            "verify.zoom_out": lambda: presenter.looks.zoom(1 / 1.1),
            "verify.whole": presenter.looks.toggle_whole,
            "verify.reset": presenter.looks.reset,
            "verify.linked": presenter.looks.toggle_linked,
        }
        for action_id, handler in handlers.items():
            actions[action_id].triggered.connect(lambda _=False, handler=handler: handler())
        self.page.set_actions(actions)
        actions["search.verify"].triggered.connect(lambda _=False: self._verify_results(investigate))
        investigate.results.verify_wanted.connect(lambda: self._verify_results(investigate))
        investigate.decisions.revisited.connect(self._revisit)

    def open_pairs(self, title: str, pairs: Sequence[Pair]) -> None:
        """Compare these, and bring the page to the front."""
        self.presenter.open_pairs(title, pairs)
        self._show_page(Page.VERIFY)

    def _verify_results(self, investigate: Investigate) -> None:
        query, search = self._workspace.query.value, investigate.search
        if query is None:
            return
        rows = [row for group in search.shown.value.groups for row in group.rows]
        known = search.pictures.known(query)
        self.presenter.open_results(query, rows, b"" if known is None else known.crop)
        if rows:
            self._show_page(Page.VERIFY)

    def _revisit(self, tracklets: tuple[str, ...]) -> None:
        if tracklets and self._workspace.page.value is Page.VERIFY:
            self.presenter.revisit(tracklets)

    @property
    def is_settled(self) -> bool:
        """Whether nothing that the page shows is on its way."""
        return self._frames.is_idle and self._thumbnails.is_idle and self.presenter.is_settled

    def close(self) -> None:
        """End the threads."""
        self.presenter.close()
        self._frames.close()
