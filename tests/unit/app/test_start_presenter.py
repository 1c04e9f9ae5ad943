"""Recent projects in words, and what a crash left."""

from dataclasses import dataclass
from datetime import UTC, datetime

import pytest

from app.presenters.start import StartPresenter, recovery_text
from app.snapshot import Snapshot
from app.views.start import CardFacts, ComputerFact, make_card
from app.workspace import Page, Workspace
from tests.fakes.lanes import ImmediateBackground

NOW = datetime(2026, 11, 21, 15, 0, tzinfo=UTC)


@dataclass
class Entry:
    path: str
    opened_at: str = "2026-11-21T14:29:00+00:00"


class Memory:
    def __init__(self, *paths, unclean=""):
        self.paths, self.unclean = [str(path) for path in paths], str(unclean)

    def recent(self):
        return tuple(Entry(path) for path in self.paths)

    def forget_recent(self, path):
        self.paths.remove(path)

    def unclean_project(self):
        return self.unclean


class View:
    def __init__(self):
        self.recovery = ("", "")

    def show_cards(self, cards):
        self.cards = cards

    def show_computer(self, facts):
        self.computer = facts

    def show_recovery(self, name, text):
        self.recovery = (name, text)


FACTS = CardFacts(7, 38, 8, 46, 1.0, (), "accept T-1.24 as Person 1", "2026-11-21T14:29:41+00:00")


@pytest.fixture
def start(tmp_path):
    def start(facts=FACTS, *, unclean="", names=("Building 4", "Lab")):
        paths = []
        for name in names:
            (tmp_path / f"{name}.sightline").touch()
            paths.append(tmp_path / f"{name}.sightline")
        view, workspace = View(), Workspace()
        memory = Memory(*paths, unclean=unclean)
        presenter = StartPresenter(
            view,
            workspace,
            memory,
            ImmediateBackground(),
            lambda path: facts,
            lambda: (ComputerFact("Disk", "41 GB free"),),
            lambda: NOW,
        )
        presenter.start()
        return view, presenter, workspace

    return start


def test_a_card_says_what_is_in_the_project(start, tmp_path):
    footage = tmp_path / "gate.mp4"
    footage.touch()
    view, _, _ = start(CardFacts(7, 38, 8, 46, 1.0, (str(footage),)))
    card = view.cards[0]
    assert (card.name, card.when) == ("Building 4", "today 14:29")
    assert card.counts == "7 cameras, 38 tracklets, 8 identities"
    assert (card.decisions, card.state) == ("46 decisions", "Ready")
    assert view.computer[0].value == "41 GB free"


@pytest.mark.parametrize(
    ("facts", "state"),
    [
        (CardFacts(), "No footage yet"),
        (CardFacts(sources=("/gone.mp4",)), "1 file not found"),
        (CardFacts(sources=(__file__,), part=0.624), "Ingest stopped at 62 %"),
        (CardFacts(sources=(__file__,), part=0.0), "Not processed yet"),
        (CardFacts(problem="It is damaged."), "It is damaged."),
    ],
)
def test_states(start, facts, state):
    view, _, _ = start(facts)
    assert view.cards[0].state == state


def test_a_project_that_is_gone_is_shown_as_such(tmp_path):
    card = make_card(str(tmp_path / "gone.sightline"), "", None, NOW)
    assert (card.state, card.is_there) == ("Not found", False)
    card = make_card("/no/such/drive/x.sightline", "", None, NOW)
    assert card.state == "Drive or folder not connected"


def test_the_list_can_be_filtered_and_shortened(start):
    view, presenter, _ = start()
    presenter.filter(" lab ")
    assert [card.name for card in view.cards] == ["Lab"]
    presenter.filter("")
    presenter.forget(view.cards[0].path)
    assert [card.name for card in view.cards] == ["Lab"]


def test_a_crash_is_told_with_the_last_action(start, tmp_path):
    view, presenter, _ = start(unclean=tmp_path / "Building 4.sightline")
    assert view.recovery[0] == "Building 4"
    assert "“accept T-1.24 as Person 1”" in view.recovery[1]
    assert presenter.unclean_project.endswith("Building 4.sightline")
    presenter.dismiss_recovery()
    assert view.recovery == ("", "")


def test_opening_the_project_ends_the_message(start, tmp_path):
    path = tmp_path / "Building 4.sightline"
    view, _, workspace = start(unclean=path)
    workspace.snapshot.set(Snapshot(str(tmp_path / "Lab.sightline"), "Lab"))
    assert view.recovery[0] == "Building 4"
    workspace.snapshot.set(Snapshot(str(path), "Building 4"))
    assert view.recovery == ("", "")


def test_a_crash_before_anything_was_done():
    assert "Everything that was stored is there" in recovery_text(CardFacts())
    assert "It is damaged." in recovery_text(CardFacts(problem="It is damaged."))


def test_coming_back_reads_anew(start):
    view, presenter, workspace = start()
    presenter._read_card = lambda path: CardFacts(n_cameras=1)
    workspace.page.set(Page.SOURCES)
    workspace.page.set(Page.START)
    assert view.cards[0].counts.startswith("1 camera,")
