"""The export dialog with everything that makes it work."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING

from PySide6.QtGui import QAction
from PySide6.QtWidgets import QWidget

from app.jobs.project_lane import OpenProjectLane
from app.workspace import Workspace

if TYPE_CHECKING:
    from app.presenters.export import ExportPresenter


class Export:
    """The dialog, made when it is first asked for, and a lane of its own: an export can take minutes.

    Args:
        workspace: Shared state.
        lane: Reads the project.
    """

    def __init__(self, workspace: Workspace, lane: OpenProjectLane) -> None:
        self._workspace, self._lane = workspace, lane
        self._presenter: ExportPresenter | None = None

    def join(self, actions: Mapping[str, QAction], window: QWidget) -> None:
        """Let the action do what it says, over the window."""
        actions["file.export"].triggered.connect(lambda _=False: self._made(window).open())

    def _made(self, window: QWidget) -> ExportPresenter:
        if self._presenter is None:
            from app.presenters.export import ExportPresenter
            from app.widgets.export_dialog import ExportDialog

            dialog = ExportDialog(window)
            presenter = self._presenter = ExportPresenter(dialog, self._workspace, self._lane)
            dialog.format_chosen.connect(presenter.set_format)
            dialog.what_chosen.connect(presenter.set_what)
            dialog.option_chosen.connect(presenter.set_option)
            dialog.folder_chosen.connect(presenter.set_folder)
            dialog.replacing_chosen.connect(presenter.set_replacing)
            dialog.started.connect(presenter.start)
            dialog.cancelled.connect(presenter.cancel)
            dialog.ticked.connect(presenter.tick)
            dialog.hidden.connect(presenter.rest)
        return self._presenter

    def close(self) -> None:
        """Stop an export under way; nothing of it is left behind."""
        if self._presenter is not None:
            self._presenter.close()
