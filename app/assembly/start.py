"""The Start page with everything that makes it work."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

from app.jobs.background import BackgroundThread
from app.jobs.recent import CardReader, examine_computer
from app.pages.start import StartPage
from app.presenters.start import StartPresenter
from app.settings import Settings
from app.workspace import Workspace


class Start:
    """Recent projects, new ones, this computer.

    Args:
        workspace: Shared state.
        settings: Knows the recent projects.
        new: Lets the user make a project.
        open_: Lets the user choose a project.
        footage: Lets the user choose footage, for a project that is made of it.
        open_path: Opens a project.

    Attributes:
        background: Waits for the disk.
    """

    def __init__(
        self,
        workspace: Workspace,
        settings: Settings,
        new: Callable[[], None],
        open_: Callable[[], None],
        footage: Callable[[], None],
        open_path: Callable[[Path], None],
    ) -> None:
        self.background = BackgroundThread(workspace.notice.set, name="recent projects")
        self.page = StartPage()
        self.presenter = StartPresenter(
            self.page, workspace, settings, self.background, CardReader(), examine_computer
        )
        page, presenter = self.page, self.presenter
        page.new_asked.connect(new)
        page.open_asked.connect(open_)
        page.footage_asked.connect(footage)
        page.project_chosen.connect(lambda path: open_path(Path(path)))
        page.forgotten.connect(presenter.forget)
        page.filtered.connect(presenter.filter)
        page.recovery_asked.connect(lambda: open_path(Path(presenter.unclean_project)))
        page.recovery_dismissed.connect(presenter.dismiss_recovery)

    def start(self) -> None:
        """Read projects and look at the computer, once the window stands."""
        self.presenter.start()

    @property
    def is_settled(self) -> bool:
        """Whether nothing that the page shows is on its way."""
        return self.background.is_idle

    def close(self) -> None:
        """End the thread."""
        self.background.close()
