"""The Train page with everything that makes it work."""

from __future__ import annotations

from collections.abc import Callable, Mapping

from PySide6.QtCore import QTimer
from PySide6.QtGui import QAction

from app.jobs.asking import ChildAsker
from app.jobs.background import BackgroundThread
from app.jobs.file_pictures import FilePictures
from app.pages.train import TrainPage
from app.ports import Jobs, ProjectLane
from app.presenters.train_compare import ComparePresenter
from app.presenters.train_form import TrainFormPresenter
from app.presenters.train_runs import RunsPresenter
from app.settings import Settings
from app.workspace import Workspace

LAYOUT_KEY = "layout/train"
LOOK_EVERY_MS = 500


class Train:
    """Form, runs, comparison.

    Args:
        workspace: Shared state.
        writing: Keeps choices, and writes what was measured.
        jobs: Runs the children.
        settings: Knows how fast this computer was.
        refresh: Loads the snapshot anew.
        asker: Asks children single questions; tests put another in its place.
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
        self._files = BackgroundThread(workspace.notice.set, name="runs")
        self._asker = asker or ChildAsker()
        self._pictures = FilePictures(workspace)
        self.page = TrainPage(self._pictures.pixmap)
        self._pictures.ready.connect(self.page.repaint_pictures)
        self.runs = RunsPresenter(self.page, workspace, self._files, jobs)
        self.form = TrainFormPresenter(
            self.page, workspace, writing, self._files, self._asker, settings, self.runs.start
        )
        self.comparison = ComparePresenter(
            self.page, workspace, self.runs.current, writing, self._files, self._asker, jobs, refresh
        )
        self.comparison.drawn = self._pictures.forget
        self._timer = QTimer(self.page)
        self._timer.setInterval(LOOK_EVERY_MS)
        self._timer.timeout.connect(self._look)
        self._timer.start()
        self._join()

    def _join(self) -> None:
        page, form = self.page, self.page.form
        form.chosen.connect(self.form.choose)
        form.changed.connect(self.form.change)
        form.reset_asked.connect(self.form.reset)
        form.check_asked.connect(self.form.check)
        form.measure_asked.connect(self.form.toggle_measuring)
        form.start_asked.connect(self.form.start)
        page.head.selected.connect(self.runs.select)
        page.head.compared.connect(self.runs.compare)
        page.head.asked.connect(self._do)
        page.comparison.compare_asked.connect(self.comparison.compare)
        page.comparison.use_asked.connect(self.comparison.use)
        page.comparison.drop_asked.connect(self.comparison.drop)

    def join(self, actions: Mapping[str, QAction]) -> None:
        """Let the actions do what they say."""
        handlers: dict[str, Callable[[], None]] = {
            "tools.train": self.form.start,
            "tools.train_pause": lambda: self._do("go_on" if self.runs.is_paused else "pause"),
            "tools.train_stop": lambda: self._do("stop"),
            "tools.train_resume": lambda: self._do("resume"),
            "tools.train_check": self.form.check,
            "tools.train_compare": self.comparison.compare,
            "tools.train_use": self.comparison.use,
            "tools.train_log": self.page.log.toggle,
            "tools.train_next": lambda: self.runs.step(1),
            "tools.train_previous": lambda: self.runs.step(-1),
        }
        for action_id, handler in handlers.items():
            actions[action_id].triggered.connect(lambda _=False, handler=handler: handler())

    @property
    def is_settled(self) -> bool:
        """Whether nothing that the page shows is on its way."""
        return self._files.is_idle and self._asker.is_idle and self._pictures.is_idle

    def remember(self, settings: Settings) -> None:
        """Keep the page's layout."""
        settings.set_state(LAYOUT_KEY, self.page.save_layout())

    def restore(self, settings: Settings | None) -> None:
        """Lay the page out as it was, or as it is meant."""
        self.page.restore_layout(settings.state(LAYOUT_KEY) if settings is not None else None)

    def close(self) -> None:
        """End the threads and what was asked; runs are jobs, and end with them."""
        self._timer.stop()
        self.form.close()
        self._asker.close()
        self._pictures.close()
        self._files.close()

    def _look(self) -> None:
        if self.form.is_measuring:
            self.form.tick()
        if self.runs.is_live:
            self.runs.poll()

    def _do(self, verb: str) -> None:
        run = self.runs.current.value
        if verb == "remove":
            if run is None or not self.page.ask_remove(run.name):
                return
            self.comparison.let_go(run)
        self.runs.do(verb)
