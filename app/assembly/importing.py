"""The import dialog with everything that makes it work."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING

from PySide6.QtGui import QAction
from PySide6.QtWidgets import QWidget

from app.jobs.project_lane import OpenProjectLane
from app.workspace import Workspace

if TYPE_CHECKING:
    from app.presenters.importing import ImportPresenter


class Import:
    """The dialog, made when it is first asked for.

    Args:
        workspace: Shared state.
        lane: Reads the file and measures; it may take a while.
        choose_detector: Lets the next ingest run with a detector.
        ingest: Starts an ingest.
        refresh: Loads the snapshot anew.
    """

    def __init__(
        self,
        workspace: Workspace,
        lane: OpenProjectLane,
        choose_detector: Callable[[str], None],
        ingest: Callable[[], None],
        refresh: Callable[[], None],
    ) -> None:
        self._workspace, self._lane = workspace, lane
        self._choose_detector, self._ingest, self._refresh = choose_detector, ingest, refresh
        self._presenter: ImportPresenter | None = None

    def join(self, actions: Mapping[str, QAction], window: QWidget) -> None:
        """Let the action do what it says, over the window."""
        actions["file.import"].triggered.connect(lambda _=False: self._made(window).open())

    def _made(self, window: QWidget) -> ImportPresenter:
        if self._presenter is None:
            from app.presenters.importing import ImportPresenter
            from app.widgets.import_dialog import ImportDialog

            dialog = ImportDialog(window)
            presenter = self._presenter = ImportPresenter(
                dialog, self._workspace, self._lane, self._choose_detector, self._ingest, self._refresh
            )
            dialog.file_chosen.connect(presenter.set_file)
            dialog.changed.connect(presenter.set_field)
            dialog.started.connect(presenter.start)
            dialog.cancelled.connect(presenter.cancel)
            dialog.used.connect(presenter.use)
            dialog.removed.connect(presenter.remove)
        return self._presenter

    def close(self) -> None:
        """Stop what is under way."""
        if self._presenter is not None:
            self._presenter.close()
