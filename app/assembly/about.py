"""The about dialog with what fills it."""

from __future__ import annotations

from pathlib import Path

from PySide6.QtWidgets import QWidget

from app.jobs.background import BackgroundThread
from app.presenters.about import about_text
from app.presenters.model_words import list_installed
from app.widgets.about_dialog import AboutDialog
from app.workspace import Workspace
from reid_core.store.opening import sidecar_of
from reid_core.weights.library import MODELS_FOLDER


class About:
    """Made when it is first asked for.

    Args:
        workspace: Says which project's models are there as well.
        background: Reads packages and models.
    """

    def __init__(self, workspace: Workspace, background: BackgroundThread) -> None:
        self._workspace, self._background = workspace, background
        self._dialog: AboutDialog | None = None

    def open(self, window: QWidget) -> None:
        """Bring the dialog up; its text follows."""
        if self._dialog is None:
            self._dialog = AboutDialog(window)
        dialog, snapshot = self._dialog, self._workspace.snapshot.value
        own = sidecar_of(Path(snapshot.path)) / MODELS_FOLDER if snapshot is not None else None
        self._background.ask(lambda: about_text(list_installed(own)), dialog.show_text, topic="about")
        dialog.open_about()
