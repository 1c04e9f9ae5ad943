"""The first page as it is pressed and read."""

import pytest
from PySide6.QtCore import Qt
from PySide6.QtGui import QImage
from PySide6.QtWidgets import QApplication

from app.describe import describe
from app.jobs.recent import CardReader, examine_computer
from app.pages.start import N_CARDS, StartPage
from app.views.start import Card, ComputerFact
from reid_core.store.project import Project
from tests.fakes.footage import TWO_WALKERS, write_clip
from tests.fakes.ingest_child import run
from tests.gui.support import dress, drop

CARDS = tuple(
    Card(f"/p/{n}.sightline", f"Project {n}", "yesterday", "7 cameras, 12,406 tracklets, 57 identities",
         "46 decisions", "Ready", "check")
    for n in range(8)
)  # fmt: skip


@pytest.fixture
def page(qtbot):
    dress()
    page = StartPage()
    page.resize(1536, 936)
    page.show()
    yield page
    drop(page)


def find(page, name):
    found = page.findChild(object, name)
    assert found is not None
    return found


def test_cards_open_and_leave_the_list(qtbot, page):
    opened, forgotten = [], []
    page.project_chosen.connect(opened.append)
    page.forgotten.connect(forgotten.append)
    page.show_cards(CARDS)
    qtbot.mouseClick(find(page, "start.card.0"), Qt.MouseButton.LeftButton)
    qtbot.keyClick(find(page, "start.row.7"), Qt.Key.Key_Return)
    qtbot.keyClick(find(page, "start.card.1"), Qt.Key.Key_Delete)
    assert opened == ["/p/0.sightline", "/p/7.sightline"]
    assert forgotten == ["/p/1.sightline"]


def test_the_four_ways_to_begin(qtbot, page):
    asked = []
    for name, signal in (("new", page.new_asked), ("open", page.open_asked), ("add", page.footage_asked)):
        signal.connect(lambda name=name: asked.append(name))
        qtbot.mouseClick(find(page, f"start.{name}"), Qt.MouseButton.LeftButton)
    assert asked == ["new", "open", "add"]


def test_the_same_projects_keep_their_cards(page):
    page.show_cards(CARDS)
    before = find(page, "start.card.0")
    image = QImage(40, 80, QImage.Format.Format_RGB32)
    image.fill(0xFF336699)
    page.show_cards((Card(CARDS[0].path, "Project 0", "today", covers=(image,)), *CARDS[1:]))
    assert find(page, "start.card.0") is before
    assert "today" in before.accessibleName()
    QApplication.processEvents()
    assert before.grab().toImage().pixelColor(20, 40).name() == "#336699"


def test_recovery_bar(qtbot, page):
    assert not find(page, "start.recovery").isVisible()
    page.show_recovery("Building 4", "was not closed properly.")
    with qtbot.waitSignal(page.recovery_asked):
        qtbot.mouseClick(find(page, "start.recovery.open"), Qt.MouseButton.LeftButton)
    with qtbot.waitSignal(page.recovery_dismissed):
        qtbot.mouseClick(find(page, "start.recovery.close"), Qt.MouseButton.LeftButton)


def test_nothing_yet(qtbot, page):
    page.show_cards(())
    assert find(page, "start.empty").text() == "No projects yet"
    with qtbot.waitSignal(page.filtered):
        find(page, "start.find").setText("x")
    page.show_cards(())
    assert find(page, "start.empty").text() == "No project of that name"
    assert not find(page, "start.older").isVisible()


@pytest.mark.parametrize("size", [(1236, 736), (1536, 936)])
@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_nothing_is_cut_off(qtbot, page, size, scheme):
    dress(scheme)
    page.resize(*size)
    page.show_cards(CARDS)
    page.show_computer((ComputerFact("Model", "person-reidentification-retail-0277"),) * 5)
    page.show_recovery("Building 4", "was not closed properly. " * 9)
    QApplication.processEvents()
    assert [entry["object"] for entry in describe(page)["controls"] if entry["clipped"]] == []
    assert len(CARDS) > N_CARDS


def test_a_card_is_read_once_until_the_project_changes(tmp_path):
    path = tmp_path / "trial.sightline"
    clip = write_clip(tmp_path / "gate.mp4", TWO_WALKERS, 60)
    run(path, {"gate": (clip,)})
    reader = CardReader()
    facts = reader(str(path))
    assert (facts.n_cameras, facts.part, facts.sources) == (1, 1.0, (str(clip),))
    assert facts.n_tracklets == len(facts.covers) == 2
    assert reader(str(path)) is facts
    with Project.open(path) as project:
        project.set_clock("gate", 40.0)
    changed = reader(str(path))
    assert changed.last_action == "set the clock of gate"
    assert changed.last_at


def test_what_is_no_project_says_why(tmp_path):
    (tmp_path / "a.sightline").write_bytes(b"something else entirely" * 10)
    assert CardReader()(str(tmp_path / "a.sightline")).problem


def test_this_computer_is_real():
    facts = {fact.label: fact for fact in examine_computer()}
    assert set(facts) == {"Processor", "Memory", "Detector", "Model", "Disk"}
    assert "core" in facts["Processor"].value
    assert facts["Disk"].value.endswith("free")
