"""Joins everything: the one place that knows widgets, presenters, jobs and the open project."""

from __future__ import annotations

import sys
from collections.abc import Callable
from functools import partial
from pathlib import Path

from PySide6.QtCore import QObject, Qt, QTimer
from PySide6.QtGui import QGuiApplication
from PySide6.QtWidgets import QApplication, QFileDialog, QMessageBox

from app.assembly.pages import RAIL, Pages
from app.jobs.lanes import SnapshotFeed
from app.jobs.project_lane import OpenProjectLane
from app.jobs.queue import JobQueue
from app.main_window import MainWindow
from app.options import WindowOptions, apply_scale
from app.screenshot import Photographer
from app.settings import Settings
from app.snapshot import Snapshot
from app.theme.theme import theme
from app.workspace import ActiveModel, Notice, Page, Workspace
from reid_core.errors import ReidError

DEFAULT_SIZE = (1600, 1000)
NEED_A_PROJECT = (
    *("file.add", "file.add_folder", "file.add_stream", "file.find"),
    *("file.ingest", "file.export", "file.import", "file.close"),
)
PROJECT_FILTER = "Sightline projects (*.sightline)"


class Application(QObject):
    """The window with everything behind it.

    Args:
        options: How it opens.
        settings: What it remembers.
    """

    def __init__(self, options: WindowOptions, settings: Settings) -> None:
        super().__init__()
        self._options, self._settings = options, settings
        self.workspace = Workspace()
        self.reading = OpenProjectLane(self.workspace, "read")
        self.writing = OpenProjectLane(self.workspace, "write")
        self.drawing = OpenProjectLane(self.workspace, "pictures")
        self.exporting = OpenProjectLane(self.workspace, "export")
        self.linking = OpenProjectLane(self.workspace, "link")
        self._lanes = (self.reading, self.writing, self.drawing, self.exporting, self.linking)
        self.jobs = JobQueue(self.workspace, settings)
        self._feed: SnapshotFeed | None = None
        self._opened: Path | None = None
        self.pages = Pages(self)
        self.window = MainWindow(RAIL, self.pages.strip)
        self.pages.join(self.window.actions_by_id, self.window)
        self._join()
        self._restore()

    @property
    def settings(self) -> Settings:
        """What the window remembers."""
        return self._settings

    def start(self) -> None:
        """Show the window, and open what was asked for."""
        self.window.show()
        self.show_page(Page.START)
        self.pages.begin()
        if self._options.project is not None:
            self.open_project(self._options.project)
        if self._options.is_picture:
            photographer = Photographer(
                self.window, self.is_settled, self._options.screenshot, self._options.describe
            )
            photographer.done.connect(self._picture_done)

    # --- projects

    def open_project(self, path: Path) -> None:
        """Open a project instead of the one that is open; where it cannot be read, a sentence says why."""
        path = path.absolute()
        self.close_project()
        self.pages.make_all()
        self._opened = path
        self._feed = SnapshotFeed(path, self.workspace, failed=partial(self._cannot_open, path))
        for lane in self._lanes:
            lane.open(path)
        self._settings.keep_recent(path)
        self._settings.begin_project(path)

    def close_project(self) -> None:
        """Close the project that is open, if any; everything is saved already."""
        if self._opened is None:
            return
        self._settings.keep_recent(
            self._opened, page=str(self.workspace.page.value), position_ms=self.workspace.playhead_ms.value
        )
        self._settings.end_project()
        self._opened = None
        if self._feed is not None:
            self._feed.close()
            self._feed = None
        self.pages.leave()
        for lane in self._lanes:
            lane.close()
        self.workspace.is_playing.set(False)
        self.workspace.snapshot.set(None)

    def new_project(self, path: Path, then: Callable[[], None] = lambda: None) -> None:
        """Make an empty project, open it, and go on from there."""

        def made(_: None) -> None:
            self.open_project(path)
            self.show_page(Page.SOURCES)
            then()

        self.pages.start.background.ask(lambda: make_project(path), made)

    def refresh(self) -> None:
        """Load the snapshot anew at once."""
        if self._feed is not None:
            self._feed.refresh()

    def ask_new(self, then: Callable[[], None] = lambda: None) -> None:
        """Let the user say where a new project shall be."""
        name, _ = QFileDialog.getSaveFileName(self.window, "New project", "", PROJECT_FILTER)
        if name:
            path = Path(name)
            self.new_project(path if path.suffix else path.with_suffix(".sightline"), then)

    def ask_open(self) -> None:
        """Let the user choose a project."""
        name, _ = QFileDialog.getOpenFileName(self.window, "Open project", "", PROJECT_FILTER)
        if name:
            self.open_project(Path(name))

    def ask_footage(self) -> None:
        """Add footage to the open project; without one, first make it."""
        if self._opened is None:
            self.ask_new(self._choose_footage)
        else:
            self._choose_footage()

    def _choose_footage(self) -> None:
        self.show_page(Page.SOURCES)
        self.pages.sources.page.ask_files()

    def new_project_of(self, paths: list[Path]) -> None:
        """Footage was dropped where no project is open: it makes one."""
        first = paths[0]
        proposed = str(first.with_suffix(".sightline") if first.is_file() else first / "project.sightline")
        name, _ = QFileDialog.getSaveFileName(self.window, "New project", proposed, PROJECT_FILTER)
        if name:
            self.new_project(Path(name), lambda: self.pages.sources.add(paths))

    def _cannot_open(self, path: Path, error: ReidError) -> None:
        self.workspace.notice.set(Notice(str(error), "bad"))
        if self._opened == path and self.workspace.snapshot.value is None:
            self.close_project()
            self.show_page(Page.START)

    # --- pages

    def show_page(self, page: Page) -> None:
        """Bring a page to the front; without a project, the first."""
        self.workspace.page.set(page if self._opened is not None else Page.START)
        self.pages.make(self.workspace.page.value)
        self.window.show_page(str(self.workspace.page.value))

    def is_settled(self) -> bool:
        """Whether nothing that is on the screen is on its way."""
        is_loaded = self._opened is None or self.workspace.snapshot.value is not None
        is_loading = self._feed is not None and not self._feed.is_idle
        return (
            is_loaded
            and not is_loading
            and all(lane.is_idle for lane in self._lanes)
            and self.pages.is_settled()
        )

    # --- what happens

    def _join(self) -> None:
        window, workspace = self.window, self.workspace
        window.page_chosen.connect(lambda name: self.show_page(Page(name)))
        window.close_asked.connect(self._closing)
        window.dropped.connect(lambda paths: self.pages.drop([Path(path) for path in paths]))
        handlers: dict[str, Callable[[], None]] = {
            "file.new": self.ask_new,
            "file.open": self.ask_open,
            "file.close": self._close_and_start,
            "file.quit": self._quit,
            "window.start": lambda: self.show_page(Page.START),
            "window.sources": lambda: self.show_page(Page.SOURCES),
            "window.investigate": lambda: self.show_page(Page.INVESTIGATE),
            "window.verify": lambda: self.show_page(Page.VERIFY),
            "window.identities": lambda: self.show_page(Page.IDENTITIES),
            "window.links": lambda: self.show_page(Page.LINKS),
            "window.train": lambda: self.show_page(Page.TRAIN),
            "window.models": lambda: self.show_page(Page.MODELS),
            "window.reset": self.pages.reset_layout,
            "window.next_region": self.pages.next_region,
            "window.previous_region": self.pages.previous_region,
            "help.keys": window.show_keys,
            "help.about": self._about,
            "view.theme_system": lambda: self._choose_theme(""),
            "view.theme_light": lambda: self._choose_theme("light"),
            "view.theme_dark": lambda: self._choose_theme("dark"),
        }
        for action_id, handler in handlers.items():
            window.actions_by_id[action_id].triggered.connect(lambda _=False, handler=handler: handler())
        window.actions_by_id["view.full_screen"].toggled.connect(self._full_screen)
        workspace.snapshot.connect(self._show_project, now=True)
        workspace.model.connect(self._show_model, now=True)
        window.header.model_asked.connect(lambda: self.show_page(Page.MODELS))
        workspace.notice.connect(self._show_notice)

    def _show_project(self, snapshot: Snapshot | None) -> None:
        first = snapshot is not None and self.window.windowTitle() == "Sightline"
        if snapshot is None:
            self.window.show_project("")
            self.window.show_history("", "")
        else:
            self.window.show_project(snapshot.name)
            self.window.show_history(snapshot.undo_text, snapshot.redo_text)
        for action_id in (*NEED_A_PROJECT, "identity.link"):
            self.window.actions_by_id[action_id].setEnabled(snapshot is not None)
        if first and snapshot is not None:
            self._show_first(snapshot)

    def _show_model(self, model: ActiveModel | None) -> None:
        if model is None:
            self.window.header.show_model("", "", "")
        else:
            self.window.header.show_model(model.name, model.metrics, model.about)

    def _show_first(self, snapshot: Snapshot) -> None:
        """A project was opened: go where the user was in it, or where there is something to do."""
        path = str(self._opened)
        known = next((recent for recent in self._settings.recent() if recent.path == path), None)
        usual = Page.INVESTIGATE if len(snapshot.tracklets) else Page.SOURCES
        page = self._options.page or (Page(known.page) if known and known.page in list(Page) else usual)
        start = snapshot.extent_ms[0]
        self.workspace.playhead_ms.set(known.position_ms if known and known.position_ms else start)
        self.show_page(usual if page is Page.START and self._options.page is None else page)
        self.pages.start.presenter.refresh()

    def _show_notice(self, notice: Notice | None) -> None:
        if notice is not None:
            self.window.notice.tell(notice.text, notice.level)
            self.workspace.notice.set(None)

    def _close_and_start(self) -> None:
        self.close_project()
        self.show_page(Page.START)

    def _quit(self) -> None:
        self.window.close()

    def _choose_theme(self, scheme: str) -> None:
        self._settings.set_text("theme", scheme)
        theme().choose(scheme or None)

    def _full_screen(self, is_on: bool) -> None:
        if is_on:
            self.window.showFullScreen()
        else:
            self.window.showNormal()

    def _about(self) -> None:
        self.pages.about.open(self.window)

    # --- coming and going

    def _restore(self) -> None:
        chosen = self._options.theme or self._settings.text("theme") or None
        theme().choose(chosen)
        action = {"light": "view.theme_light", "dark": "view.theme_dark"}.get(
            chosen or "", "view.theme_system"
        )
        self.window.actions_by_id[action].setChecked(True)
        geometry = self._settings.state("layout/window")
        if self._options.size is not None:
            self.window.resize(*self._options.size)
        elif geometry is None or not self.window.restoreGeometry(geometry):
            screen = self.window.screen().availableGeometry()
            self.window.resize(min(DEFAULT_SIZE[0], screen.width()), min(DEFAULT_SIZE[1], screen.height()))
        # Panels are laid out within the size that the window really gets.
        remembered = None if self._options.is_picture else self._settings
        QTimer.singleShot(0, self.window, lambda: self.pages.restore(remembered))

    def _closing(self) -> None:
        """The window is about to close: ask where a job would be lost, then end everything."""
        if self.jobs.is_running and not self._options.is_picture and not self._may_stop_jobs():
            self.window.keep_open()
            return
        if not self._options.is_picture:
            self._settings.set_state("layout/window", self.window.saveGeometry())
            self.pages.remember(self._settings)
        self.jobs.shutdown()
        self.pages.close()
        self.close_project()
        self._settings.sync()

    def _may_stop_jobs(self) -> bool:
        answer = QMessageBox.question(
            self.window,
            "A job is running",
            "A job is running. What it has done so far is kept, and it can be resumed later.",
            QMessageBox.StandardButton.Close | QMessageBox.StandardButton.Cancel,
            QMessageBox.StandardButton.Cancel,
        )
        return answer == QMessageBox.StandardButton.Close

    def _picture_done(self, is_written: bool) -> None:
        if not is_written:
            sys.stderr.write("The page did not settle, or its picture could not be written.\n")
        self.window.close()
        QTimer.singleShot(0, lambda: QApplication.exit(0 if is_written else 1))


def make_project(path: Path) -> None:
    """Make an empty project; called off the GUI thread, for it waits for the disk.

    Raises:
        ReidError: There is something else at that place, or it cannot be written.
    """
    from reid_core.store.project import Project

    Project.open(path, create=True).close()


def run_window(options: WindowOptions) -> int:
    """Open the window and stay until it is closed; the exit code."""
    apply_scale(options)
    if options.is_picture:
        QGuiApplication.setHighDpiScaleFactorRoundingPolicy(Qt.HighDpiScaleFactorRoundingPolicy.PassThrough)
    app = QApplication.instance()
    if not isinstance(app, QApplication):
        app = QApplication(sys.argv[:1])
    app.setApplicationName("sightline")
    app.setApplicationDisplayName("Sightline")
    theme().start(app, options.theme, bundled_font=options.is_picture)
    application = Application(options, Settings(_scratch() if options.is_picture else None))
    application.start()
    return app.exec()


def _scratch() -> Path:
    """Pictures start from a window that remembers nothing, and leave nothing behind."""
    import tempfile

    return Path(tempfile.mkdtemp(prefix="sightline-picture-")) / "settings.ini"
