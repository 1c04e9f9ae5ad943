"""All pages of the window, made when they are needed or once the window stands; projects come and go."""

from __future__ import annotations

from collections.abc import Mapping
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Any, Protocol, TypeVar

from PySide6.QtCore import Qt, QTimer
from PySide6.QtGui import QAction
from PySide6.QtWidgets import QApplication, QWidget

from app.assembly.start import Start
from app.jobs.load import LoadMeter
from app.jobs.project_lane import OpenProjectLane
from app.jobs.queue import JobQueue
from app.presenters.jobs import JobsPresenter
from app.settings import Settings
from app.widgets.jobs_strip import JobsStrip
from app.workspace import Page, Workspace

if TYPE_CHECKING:
    from app.assembly.about import About
    from app.assembly.export import Export
    from app.assembly.importing import Import
    from app.assembly.investigate import Investigate
    from app.assembly.links import Links
    from app.assembly.models import Models
    from app.assembly.people import People
    from app.assembly.sources import Sources
    from app.assembly.train import Train
    from app.assembly.verify import Verify
    from app.main_window import MainWindow

RAIL = {
    "start": ("Start", "house"),
    "sources": ("Sources", "cctv"),
    "investigate": ("Investigate", "scan-search"),
    "verify": ("Verify", "git-compare"),
    "identities": ("Identities", "users"),
    "links": ("Links", "link"),
    "train": ("Train", "graduation-cap"),
    "models": ("Models", "package"),
}
"""``name: (text, icon)`` of each page in the order of the rail."""
Part = TypeVar("Part")
PARTS = {"identities": "people"}
"""Pages whose part of `Pages` is called otherwise."""
STEP_MS = 30
"""Between the making of two pages the window draws and answers."""
LATER = (
    "sources", "investigate", "verify", "people", "links", "train", "models", "export", "importing",
)  # fmt: skip
"""The parts that are made later, in this order."""
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
    """Every page of the rail, and the jobs strip.

    The first page is made at once. The others are made when they are asked for, and all of them before a
    project opens, so that each hears of everything that happens in it.

    Args:
        host: The application.
    """

    def __init__(self, host: Host) -> None:
        self._host = host
        self.strip = JobsStrip()
        self._jobs = JobsPresenter(self.strip, host.workspace, host.jobs)
        self.strip.asked.connect(self._jobs.do)
        self.start = Start(
            host.workspace,
            host.settings,
            host.ask_new,
            host.ask_open,
            host.ask_footage,
            host.open_project,
        )
        self._load = LoadMeter(host.workspace)
        self._load.measured.connect(self.strip.show_load)
        self._window: MainWindow | None = None
        self._actions: Mapping[str, QAction] = {}
        self._remembered: Settings | None = None
        self._is_laid_out = False
        self._steps = QTimer(interval=STEP_MS)
        self._steps.timeout.connect(self._make_next)

    # --- parts, each made once

    @cached_property
    def investigate(self) -> Investigate:
        """Panes, timeline, results and identities."""
        from app.assembly.investigate import Investigate

        host = self._host
        part = Investigate(host.workspace, host.reading, host.writing, host.drawing, host.jobs, host.refresh)
        part.join(self._actions, host.show_page)
        return self._put("investigate", part)

    @cached_property
    def verify(self) -> Verify:
        """Two tracklets side by side."""
        from app.assembly.verify import Verify

        host = self._host
        part = Verify(host.workspace, host.reading, host.writing, host.drawing, host.refresh, host.show_page)
        part.join(self._actions, self.investigate)
        return self._put("verify", part)

    @cached_property
    def people(self) -> People:
        """The identities, one by one."""
        from app.assembly.people import People

        host = self._host
        part = People(
            host.workspace,
            host.reading,
            host.writing,
            host.drawing,
            host.refresh,
            host.show_page,
            self.investigate,
            self.verify,
        )
        part.join(self._actions)
        return self._put("identities", part)

    @cached_property
    def links(self) -> Links:
        """Proposals across cameras, and travel times."""
        from app.assembly.links import Links

        host = self._host
        part = Links(
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
        part.join(self._actions)
        return self._put("links", part)

    @cached_property
    def sources(self) -> Sources:
        """Cameras, their footage, and what is to be done with it."""
        from app.assembly.sources import Sources

        host = self._host
        part = Sources(host.workspace, host.writing, host.jobs, host.settings, host.refresh)
        part.join(self._actions)
        part.start()
        return self._put("sources", part)

    @cached_property
    def train(self) -> Train:
        """Runs of training."""
        from app.assembly.train import Train

        host = self._host
        part = Train(host.workspace, host.writing, host.jobs, host.settings, host.refresh)
        part.join(self._actions)
        return self._put("train", part)

    @cached_property
    def models(self) -> Models:
        """Models that are installed, and their cards."""
        from app.assembly.models import Models

        host = self._host
        part = Models(host.workspace, host.reading, host.writing, host.jobs, host.refresh)
        part.join(self._actions)
        return self._put("models", part)

    @cached_property
    def about(self) -> About:
        """The dialog of licences."""
        from app.assembly.about import About

        return About(self._host.workspace, self.start.background)

    @cached_property
    def export(self) -> Export:
        """The dialog of formats."""
        from app.assembly.export import Export

        part = Export(self._host.workspace, self._host.exporting)
        part.join(self._actions, self._window_there)
        return part

    @cached_property
    def importing(self) -> Import:
        """The dialog for labels."""
        from app.assembly.importing import Import

        part = Import(
            self._host.workspace,
            self._host.exporting,
            lambda name: self.sources.presenter.choose("detector", name),
            self.sources.presenter.start_ingest,
            self._host.refresh,
        )
        part.join(self._actions, self._window_there)
        return part

    @property
    def _window_there(self) -> MainWindow:
        assert self._window is not None, "parts are made after `join`"
        return self._window

    def _put(self, name: str, part: Part) -> Part:
        """Put a new part's page in its place, laid out as it was when the window was last open."""
        made: Any = part
        self._window_there.put_page(name, made.page)
        if self._is_laid_out and hasattr(made, "restore"):  # once it has its size
            QTimer.singleShot(0, made.page, lambda: made.restore(self._remembered))
        return part

    def _made(self) -> list[Any]:
        """The parts that were made so far, in the order of making."""
        return [vars(self)[name] for name in LATER if name in vars(self)]

    def _make_next(self) -> None:
        missing = [name for name in LATER if name not in vars(self)]
        if missing:
            getattr(self, missing[0])
        if len(missing) < 2:
            self._steps.stop()

    def make_all(self) -> None:
        """Make what is not there yet."""
        self._steps.stop()
        for name in LATER:
            getattr(self, name)

    def make(self, page: Page) -> Any:
        """The part of a page, made where it is not there yet."""
        return getattr(self, PARTS.get(str(page), str(page)))

    # --- the window

    def join(self, actions: Mapping[str, QAction], window: MainWindow) -> None:
        """Let the actions do what they say, and dialogs stand over the window."""
        self._actions, self._window = actions, window
        window.put_page("start", self.start.page)
        actions["window.jobs"].triggered.connect(lambda _=False: self.strip.toggle_panel())

    def begin(self) -> None:
        """The window stands: look at what takes a while, and make the other pages one after the other."""
        self.start.start()
        self._steps.start()

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
        settled = self.make(self._host.workspace.page.value).is_settled
        return bool(settled() if callable(settled) else settled)

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
        page = self.make(self._host.workspace.page.value).page
        regions = [*self._regions(page), self.strip]
        focus = QApplication.focusWidget()
        here = next((n for n, region in enumerate(regions) if focus and region.isAncestorOf(focus)), -1)
        if here < 0:
            here = next((n for n, region in enumerate(regions) if region is focus), -1 if by > 0 else 0)
        target = regions[(here + by) % len(regions)]
        place = target if target.focusPolicy() else target.nextInFocusChain()
        if place is not None:
            place.setFocus(Qt.FocusReason.TabFocusReason)

    def _regions(self, page: Any) -> list[QWidget]:
        if "investigate" in vars(self) and page is self.investigate.page:
            return self.investigate.regions()
        if hasattr(page, "regions"):
            return [region for region in page.regions() if region.isVisible()]
        return [page]

    def leave(self) -> None:
        """The project is about to be closed: what takes long is stopped, so that nobody waits for it."""
        if "links" in vars(self):
            self.links.presenter.stop()

    def remember(self, settings: Settings) -> None:
        """Keep the pages' layout."""
        for part in self._made():
            if hasattr(part, "remember"):
                part.remember(settings)

    def restore(self, settings: Settings | None) -> None:
        """Lay the pages out as they were, or as they are meant; later ones when they are made."""
        self._remembered, self._is_laid_out = settings, True
        for part in self._made():
            if hasattr(part, "restore"):
                part.restore(settings)

    def close(self) -> None:
        """End what the pages run."""
        self._steps.stop()
        for part in self._made():
            if hasattr(part, "close"):
                part.close()
        self.start.close()
        self._load.close()


def is_picture(paths: list[Path]) -> bool:
    """Whether exactly one picture file was meant."""
    return len(paths) == 1 and paths[0].is_file() and paths[0].suffix.lower() in PICTURES
