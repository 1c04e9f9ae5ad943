"""The Models page with everything that makes it work."""

from __future__ import annotations

from collections.abc import Callable, Mapping

from PySide6.QtGui import QAction

from app.jobs.asking import ChildAsker
from app.jobs.background import BackgroundThread
from app.jobs.file_pictures import FilePictures
from app.pages.models import ModelsPage
from app.ports import Jobs, ProjectLane
from app.presenters.active_model import ActiveModelPresenter
from app.presenters.evaluate import EvaluatePresenter
from app.presenters.models import ModelsPresenter
from app.workspace import Workspace


class Models:
    """List, card, evaluation; and which model is the active one.

    Args:
        workspace: Shared state.
        reading: Reads the project.
        writing: Writes what was measured, drops vectors.
        jobs: Describes, exports, measures.
        refresh: Loads the snapshot anew.
        asker: Imports in a child process; tests put another in its place.
    """

    def __init__(
        self,
        workspace: Workspace,
        reading: ProjectLane,
        writing: ProjectLane,
        jobs: Jobs,
        refresh: Callable[[], None],
        asker: ChildAsker | None = None,
    ) -> None:
        self._files = BackgroundThread(workspace.notice.set, name="models")
        self._asker = asker or ChildAsker()
        self._pictures = FilePictures(workspace)
        self.page = ModelsPage(self._pictures.pixmap)
        self._pictures.ready.connect(self.page.repaint_pictures)
        self.active = ActiveModelPresenter(workspace, reading)
        self.presenter = ModelsPresenter(
            self.page, workspace, writing, self._files, self._asker, jobs, refresh
        )
        self.evaluation = EvaluatePresenter(
            self.page,
            workspace,
            self.presenter.current,
            writing,
            self._files,
            jobs,
            self.active.refresh,
        )
        self.evaluation.drawn = self._pictures.forget
        self._join()

    def _join(self) -> None:
        page, presenter = self.page, self.presenter
        page.selected.connect(presenter.select)
        page.imported.connect(presenter.import_file)
        page.use_asked.connect(presenter.use)
        page.drop_asked.connect(presenter.drop)
        page.export_asked.connect(presenter.export)
        page.remove_asked.connect(presenter.remove)
        page.evaluation.chosen.connect(self.evaluation.choose)
        page.evaluation.start_asked.connect(self.evaluation.start)

    def join(self, actions: Mapping[str, QAction]) -> None:
        """Let the actions do what they say."""
        handlers: dict[str, Callable[[], None]] = {
            "tools.model_import": self.page.ask_import,
            "tools.model_use": self.presenter.use,
            "tools.model_onnx": lambda: self.page.ask_export("onnx"),
            "tools.model_openvino": lambda: self.page.ask_export("openvino"),
            "tools.model_evaluate": self._evaluate,
        }
        for action_id, handler in handlers.items():
            actions[action_id].triggered.connect(lambda _=False, handler=handler: handler())

    @property
    def is_settled(self) -> bool:
        """Whether nothing that the page shows is on its way."""
        return self._files.is_idle and self._asker.is_idle and self._pictures.is_idle

    def close(self) -> None:
        """End the threads and what was asked."""
        self._asker.close()
        self._pictures.close()
        self._files.close()

    def _evaluate(self) -> None:
        self.page.show_tab(1)
        self.evaluation.start()
