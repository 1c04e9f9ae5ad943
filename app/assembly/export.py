"""The export dialog with everything that makes it work."""

from __future__ import annotations

from collections.abc import Mapping

from PySide6.QtGui import QAction
from PySide6.QtWidgets import QWidget

from app.jobs.project_lane import OpenProjectLane
from app.presenters.export import ExportPresenter
from app.widgets.export_dialog import ExportDialog
from app.workspace import Workspace


class Export:
    """The dialog, and a lane of its own: an export can take minutes.

    Args:
        workspace: Shared state.
        lane: Reads the project.
    """

    def __init__(self, workspace: Workspace, lane: OpenProjectLane) -> None:
        self._dialog = ExportDialog()
        self._presenter = ExportPresenter(self._dialog, workspace, lane)
        dialog, presenter = self._dialog, self._presenter
        dialog.format_chosen.connect(presenter.set_format)
        dialog.what_chosen.connect(presenter.set_what)
        dialog.folder_chosen.connect(presenter.set_folder)
        dialog.replacing_chosen.connect(presenter.set_replacing)
        dialog.started.connect(presenter.start)
        dialog.cancelled.connect(presenter.cancel)
        dialog.ticked.connect(presenter.tick)

    def join(self, actions: Mapping[str, QAction], window: QWidget) -> None:
        """Let the action do what it says, over the window."""
        self._dialog.setParent(window, self._dialog.windowFlags())
        actions["file.export"].triggered.connect(lambda _=False: self._presenter.open())

    def close(self) -> None:
        """Stop an export under way; nothing of it is left behind."""
        self._presenter.close()
