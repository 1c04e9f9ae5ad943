"""Start page: recent projects, what this computer offers, what a crash left behind."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime
from functools import partial
from pathlib import Path
from typing import Protocol

from app.ports import Background
from app.snapshot import Snapshot
from app.views.start import Card, CardFacts, ComputerFact, StartView, make_card
from app.workspace import Page, Workspace


class Opened(Protocol):
    """A project that was open once."""

    @property
    def path(self) -> str: ...  # noqa: D102
    @property
    def opened_at(self) -> str: ...  # noqa: D102


class Memory(Protocol):
    """What the window remembers."""

    def recent(self) -> tuple[Opened, ...]:
        """Projects that were open, the latest first."""
        ...

    def forget_recent(self, path: str) -> None:
        """Take a project off the list."""
        ...

    def unclean_project(self) -> str:
        """Project that was open when the window ended unexpectedly, or empty."""
        ...


def local_now() -> datetime:
    """Now, in the time zone of this computer."""
    return datetime.now().astimezone()


class StartPresenter:
    """Decides what the Start page shows.

    Args:
        view: The page.
        workspace: Says when the page is in front.
        memory: Recent projects.
        background: Reads projects and looks at the computer.
        read_card: Reads one project, in the background; says in its facts what is wrong with it.
        examine: Looks at this computer, in the background.
        now: The time.
    """

    def __init__(
        self,
        view: StartView,
        workspace: Workspace,
        memory: Memory,
        background: Background,
        read_card: Callable[[str], CardFacts],
        examine: Callable[[], tuple[ComputerFact, ...]],
        now: Callable[[], datetime] = local_now,
    ) -> None:
        self._view, self._workspace, self._memory = view, workspace, memory
        self._background, self._read_card, self._examine, self._now = background, read_card, examine, now
        self._facts: dict[str, CardFacts] = {}
        self._filter = ""
        self._unclean = memory.unclean_project()  # before any project is opened
        workspace.page.connect(self._turn)
        workspace.snapshot.connect(self._take_snapshot)

    def start(self) -> None:
        """Show what is remembered; read the rest once the window stands."""
        self.refresh()
        self._background.ask(self._examine, self._view.show_computer)

    def refresh(self) -> None:
        """Read the recent projects anew."""
        self._show()
        for entry in self._memory.recent():
            if Path(entry.path).exists():
                self._background.ask(
                    partial(self._read_card, entry.path),
                    partial(self._take, entry.path),
                    topic=f"card {entry.path}",
                )

    def filter(self, text: str) -> None:
        """Show only projects whose name holds the text."""
        self._filter = text.strip().casefold()
        self._show()

    def forget(self, path: str) -> None:
        """Take a project off the list; its file stays."""
        self._memory.forget_recent(path)
        self._facts.pop(path, None)
        self._show()

    def dismiss_recovery(self) -> None:
        """The bar was closed, or its project was opened."""
        self._unclean = ""
        self._view.show_recovery("", "")

    @property
    def unclean_project(self) -> str:
        """Project that was not closed properly, or empty."""
        return self._unclean

    def _take(self, path: str, facts: CardFacts) -> None:
        self._facts[path] = facts
        self._show()
        if path == self._unclean:
            self._view.show_recovery(Path(path).stem, recovery_text(facts))

    def _take_snapshot(self, snapshot: Snapshot | None) -> None:
        if snapshot is not None and snapshot.path == self._unclean:
            self.dismiss_recovery()

    def _turn(self, page: Page) -> None:
        if page is Page.START:
            self.refresh()

    def _show(self) -> None:
        now = self._now()
        cards: list[Card] = [
            make_card(entry.path, entry.opened_at, self._facts.get(entry.path), now)
            for entry in self._memory.recent()
            if self._filter in Path(entry.path).stem.casefold()
        ]
        self._view.show_cards(tuple(cards))


def recovery_text(facts: CardFacts) -> str:
    """What the bar says behind the project's name."""
    if facts.problem:
        return f"was not closed properly. {facts.problem}"
    if not facts.last_action:
        return "was not closed properly. Everything that was stored is there."
    at = f" at {datetime.fromisoformat(facts.last_at).astimezone():%H:%M:%S}" if facts.last_at else ""
    return f"was not closed properly. Everything is there up to your last action, “{facts.last_action}”{at}."
