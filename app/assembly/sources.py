"""The Sources page with everything that makes it work."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from pathlib import Path

from PySide6.QtGui import QAction

from app.jobs.asking import ChildAsker
from app.jobs.background import BackgroundThread
from app.jobs.clock_pictures import ClockPictures
from app.jobs.source_pictures import SourcePictures
from app.pages.sources import SourcesPage
from app.ports import Jobs, ProjectLane
from app.presenters.clock import ClockPresenter
from app.presenters.sources import SourcesPresenter
from app.presenters.streams import StreamAdder
from app.settings import Settings
from app.widgets.clock_tool import ClockTool
from app.workspace import Notice, Page, Workspace

LAYOUT_KEY = "layout/sources"


class Sources:
    """Table, inspector, how footage is processed, clock tool.

    Args:
        workspace: Shared state.
        writing: Adds and changes sources.
        jobs: Runs ingests.
        settings: Knows how fast this computer was.
        refresh: Loads the snapshot anew.
        asker: Tries addresses in a child process; tests put another in its place.
    """

    def __init__(
        self,
        workspace: Workspace,
        writing: ProjectLane,
        jobs: Jobs,
        settings: Settings,
        refresh: Callable[[], None],
        asker: ChildAsker | None = None,
    ) -> None:
        self._workspace = workspace
        self._disk = BackgroundThread(workspace.notice.set, name="disk")
        self._pictures = SourcePictures(workspace)
        self._clock = ClockTool()
        self._clock_pictures = ClockPictures(workspace)
        self.page = SourcesPage(self._clock)
        self.page.use_pictures(self._pictures.pixmap)
        self._pictures.ready.connect(self.page.repaint_pictures)
        self.presenter = SourcesPresenter(self.page, workspace, writing, self._disk, jobs, settings, refresh)
        self._asker = asker or ChildAsker()
        self.streams = StreamAdder(self.page, workspace, writing, self._disk, self._asker, refresh)
        self._join_streams()
        page, presenter = self.page, self.presenter
        page.chosen.connect(presenter.look_at)
        page.chosen_for.connect(presenter.look_at_for)
        page.added.connect(presenter.add)
        page.adding_cancelled.connect(presenter.cancel_adding)
        page.ingest_asked.connect(presenter.toggle_ingest)
        page.option_chosen.connect(presenter.choose)
        page.selected.connect(presenter.select)
        page.retry_asked.connect(presenter.retry)
        page.remove_asked.connect(presenter.remove)
        page.relinked.connect(presenter.relink)
        page.search_asked.connect(presenter.find_missing)
        page.site_changed.connect(presenter.set_site)
        page.removal_confirmed.connect(presenter.remove_now)
        page.renamed.connect(presenter.rename)
        page.start_changed.connect(presenter.set_start)
        self.clock = ClockPresenter(self._clock, workspace, writing, self._clock_pictures, refresh)
        self._join_clock()

    def _join_streams(self) -> None:
        self.page.stream_asked.connect(self.streams.open)
        panel = self.page.stream
        panel.tested.connect(self.streams.test)
        panel.added.connect(self.streams.add)
        panel.cancelled.connect(self.streams.cancel)

    def _join_clock(self) -> None:
        tool, clock = self._clock, self.clock
        tool.reference_chosen.connect(clock.set_reference)
        tool.activated.connect(clock.activate)
        tool.stepped.connect(clock.step)
        tool.sought.connect(clock.seek)
        tool.marked.connect(clock.mark)
        tool.same_asked.connect(clock.show_same_moment)
        tool.mark_removed.connect(clock.remove_mark)
        tool.nudged.connect(clock.nudge)
        tool.nudged_frames.connect(clock.nudge_frames)
        tool.applied.connect(clock.apply)
        tool.reset.connect(clock.reset)

    def start(self) -> None:
        """Look for models, once the window stands."""
        self.presenter.start()

    def join(self, actions: Mapping[str, QAction]) -> None:
        """Let the actions do what they say."""
        asking = {"file.add": self.page.ask_files, "file.add_folder": self.page.ask_folder}
        asking |= {"file.add_stream": self.streams.open, "file.find": self._ask_search}
        for action_id, ask in asking.items():
            actions[action_id].triggered.connect(lambda _=False, ask=ask: self._ask_here(ask))
        actions["file.ingest"].triggered.connect(lambda _=False: self.presenter.toggle_ingest())
        for action_id in self.clock.actions:
            actions[action_id].triggered.connect(
                lambda _=False, action_id=action_id: self.clock.do(action_id)
            )

    def _ask_here(self, ask: Callable[[], None]) -> None:
        """Ask on the page, where what comes of it is shown."""
        self._workspace.page.set(Page.SOURCES)
        ask()

    def _ask_search(self) -> None:
        snapshot = self._workspace.snapshot.value
        if snapshot is not None and any(facts.is_missing for facts in snapshot.sources):
            self.page.ask_search()
        else:
            self._workspace.notice.set(Notice("No file is missing.", "ok"))

    def remember(self, settings: Settings) -> None:
        """Keep the page's layout."""
        settings.set_state(LAYOUT_KEY, self.page.save_layout())

    def restore(self, settings: Settings | None) -> None:
        """Lay the page out as it was, or as it is meant."""
        self.page.restore_layout(settings.state(LAYOUT_KEY) if settings is not None else None)

    def add(self, paths: list[Path]) -> None:
        """Offer what was dropped for adding."""
        self.presenter.look_at(paths)

    @property
    def is_settled(self) -> bool:
        """Whether nothing that the page shows is on its way."""
        return (
            self._asker.is_idle
            and self._disk.is_idle
            and self._pictures.is_idle
            and self._clock_pictures.is_idle
        )

    def close(self) -> None:
        """End the threads."""
        self._asker.close()
        self._pictures.close()
        self._clock_pictures.close()
        self._disk.close()
