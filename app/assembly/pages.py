"""All pages of the window, made once; projects come and go behind them."""

from __future__ import annotations

from collections.abc import Mapping
from functools import partial
from pathlib import Path
from typing import Protocol

from PySide6.QtCore import Qt
from PySide6.QtGui import QAction
from PySide6.QtWidgets import QApplication, QWidget

from app.assembly.about import About
from app.assembly.export import Export
from app.assembly.importing import Import
from app.assembly.investigate import Investigate
from app.assembly.links import Links
from app.assembly.models import Models
from app.assembly.people import People
from app.assembly.sources import Sources
from app.assembly.start import Start
from app.assembly.train import Train
from app.assembly.verify import Verify
from app.jobs.load import LoadMeter
from app.jobs.project_lane import OpenProjectLane
from app.jobs.queue import JobQueue
from app.presenters.jobs import JobsPresenter
from app.settings import Settings
from app.widgets.jobs_strip import JobsStrip
from app.workspace import Page, Workspace

PICTURES = frozenset({".png", ".jpg", ".jpeg", ".bmp", ".webp", ".tif", ".tiff"})


class Host(Protocol):
    """What pages need of the application."""

    workspace: Workspace
    reading: OpenProjectLane
    writing: OpenProjectLane
    drawing: OpenProjectLane
    exporting: OpenProjectLane
    linking: OpenProjectLane
    jobs: JobQueue

    @property
    def settings(self) -> Settings: ...  # noqa: D102

    def open_project(self, path: Path) -> None: ...  # noqa: D102
    def ask_new(self) -> None: ...  # noqa: D102
    def ask_open(self) -> None: ...  # noqa: D102
    def ask_footage(self) -> None: ...  # noqa: D102
    def new_project_of(self, paths: list[Path]) -> None: ...  # noqa: D102
    def show_page(self, page: Page) -> None: ...  # noqa: D102
    def refresh(self) -> None: ...  # noqa: D102


class Pages:
    """Every page of the rail, and the jobs strip."""

    def __init__(self, host: Host) -> None:
        self._host = host
        self.strip = JobsStrip()
        self._jobs = JobsPresenter(self.strip, host.workspace, host.jobs)
        self.strip.asked.connect(self._jobs.do)
        self.investigate = Investigate(
            host.workspace, host.reading, host.writing, host.drawing, host.jobs, host.refresh
        )
        self.verify = Verify(
            host.workspace, host.reading, host.writing, host.drawing, host.refresh, host.show_page
        )
        self.people = People(
            host.workspace,
            host.reading,
            host.writing,
            host.drawing,
            host.refresh,
            host.show_page,
            self.investigate,
            self.verify,
        )
        self.links = Links(
            host.workspace,
            host.linking,
            host.reading,
            host.writing,
            host.drawing,
            host.refresh,
            host.show_page,
            self.verify,
            self.people,
        )
        self.sources = Sources(host.workspace, host.writing, host.jobs, host.settings, host.refresh)
        self.train = Train(host.workspace, host.writing, host.jobs, host.settings, host.refresh)
        self.models = Models(host.workspace, host.reading, host.writing, host.jobs, host.refresh)
        self.start = Start(
            host.workspace,
            host.settings,
            host.ask_new,
            host.ask_open,
            host.ask_footage,
            host.open_project,
        )
        self.about = About(host.workspace, self.start.background)
        self._export = Export(host.workspace, host.exporting)
        self._import = Import(
            host.workspace, host.exporting, partial(self.sources.presenter.choose, "detector")
        )
        self._load = LoadMeter(host.workspace)
        self._load.measured.connect(self.strip.show_load)

    def by_name(self) -> Mapping[str, tuple[str, str, QWidget]]:
        """``name: (text, icon, widget)`` in the order of the rail."""
        return {
            "start": ("Start", "house", self.start.page),
            "sources": ("Sources", "cctv", self.sources.page),
            "investigate": ("Investigate", "scan-search", self.investigate.page),
            "verify": ("Verify", "git-compare", self.verify.page),
            "identities": ("Identities", "users", self.people.page),
            "links": ("Links", "link", self.links.page),
            "train": ("Train", "graduation-cap", self.train.page),
            "models": ("Models", "package", self.models.page),
        }

    def join(self, actions: Mapping[str, QAction], window: QWidget) -> None:
        """Let the actions do what they say, and dialogs stand over the window."""
        self._export.join(actions, window)
        self._import.join(actions, window)
        self.investigate.join(actions, self._host.show_page)
        self.verify.join(actions, self.investigate)
        self.people.join(actions)
        self.links.join(actions)
        self.sources.join(actions)
        self.train.join(actions)
        self.models.join(actions)
        actions["window.jobs"].triggered.connect(lambda _=False: self.strip.toggle_panel())

    def drop(self, paths: list[Path]) -> None:
        """Something was dropped on the window: a project opens, a picture is a query, the rest is footage."""
        project = next((path for path in paths if path.suffix == ".sightline"), None)
        if project is not None:
            self._host.open_project(project)
        elif self._host.workspace.page.value is Page.INVESTIGATE and is_picture(paths):
            self.investigate.search_file(paths[0])
        elif self._host.workspace.snapshot.value is None:
            self._host.new_project_of(paths)
        else:
            self._host.show_page(Page.SOURCES)
            self.sources.add(paths)

    def is_settled(self) -> bool:
        """Whether nothing that is shown is on its way."""
        page = self._host.workspace.page.value
        if page is Page.INVESTIGATE:
            return self.investigate.is_settled()
        if page is Page.VERIFY:
            return self.verify.is_settled
        if page is Page.IDENTITIES:
            return self.people.is_settled
        if page is Page.LINKS:
            return self.links.is_settled
        if page is Page.TRAIN:
            return self.train.is_settled
        if page is Page.MODELS:
            return self.models.is_settled
        return self.sources.is_settled if page is Page.SOURCES else self.start.is_settled

    def begin(self) -> None:
        """The window stands: look at what takes a while."""
        self.start.start()
        self.sources.start()

    def reset_layout(self) -> None:
        """Every panel back to its place."""
        self._host.settings.forget_layout()
        self.investigate.page.reset_layout()
        self.links.page.reset_layout()
        self.sources.restore(None)
        self.train.restore(None)

    def next_region(self) -> None:
        """Put the keyboard on the next region of the page."""
        self._go_region(1)

    def previous_region(self) -> None:
        """Put the keyboard on the region before."""
        self._go_region(-1)

    def _go_region(self, by: int) -> None:
        page = self.by_name()[str(self._host.workspace.page.value)][2]
        regions = [*self._regions(page), self.strip]
        focus = QApplication.focusWidget()
        here = next((n for n, region in enumerate(regions) if focus and region.isAncestorOf(focus)), -1)
        if here < 0:
            here = next((n for n, region in enumerate(regions) if region is focus), -1 if by > 0 else 0)
        target = regions[(here + by) % len(regions)]
        place = target if target.focusPolicy() else target.nextInFocusChain()
        if place is not None:
            place.setFocus(Qt.FocusReason.TabFocusReason)

    def _regions(self, page: QWidget) -> list[QWidget]:
        for each in (self.train.page, self.models.page):
            if page is each:
                return [region for region in each.regions() if region.isVisible()]
        return self.investigate.regions() if page is self.investigate.page else [page]

    def leave(self) -> None:
        """The project is about to be closed: what takes long is stopped, so that nobody waits for it."""
        if "links" in vars(self):
            self.links.presenter.stop()

    def remember(self, settings: Settings) -> None:
        """Keep the pages' layout."""
        self.investigate.remember(settings)
        self.sources.remember(settings)
        self.train.remember(settings)

    def restore(self, settings: Settings | None) -> None:
        """Lay the pages out as they were, or as they are meant."""
        self.investigate.restore(settings)
        self.sources.restore(settings)
        self.train.restore(settings)

    def close(self) -> None:
        """End what the pages run."""
        self._export.close()
        self._import.close()
        self.investigate.close()
        self.verify.close()
        self.people.close()
        self.links.close()
        self.sources.close()
        self.train.close()
        self.models.close()
        self.start.close()
        self._load.close()


def is_picture(paths: list[Path]) -> bool:
    """Whether exactly one picture file was meant."""
    return len(paths) == 1 and paths[0].is_file() and paths[0].suffix.lower() in PICTURES
