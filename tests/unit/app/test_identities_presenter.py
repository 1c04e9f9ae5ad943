"""The list of identities: rows, finding, choosing, names that are stored as events."""

from dataclasses import replace

import pytest

from app.loading import load_snapshot
from app.presenters.identities import IdentitiesPresenter, store_name
from app.snapshot import Person, Snapshot
from app.views.identities import EMPTY, people
from app.workspace import Workspace
from reid_core.errors import ReidError
from reid_core.linking.identities import Conflict, ConflictKind
from reid_core.store.records import Camera
from reid_core.types import Verdict
from tests.fakes.lanes import ImmediateLane
from tests.unit.app.test_timeline import tracklets
from tests.unit.reid_core.store.build import made


class View:
    current = 0

    def show_people(self, rows, message):
        self.rows, self.message = rows, message

    def show_current(self, number):
        self.current = number

    @property
    def names(self):
        return [row.name for row in self.rows]


class Lane:
    """Keeps what it is asked for."""

    def __init__(self):
        self.asked = []

    def ask(self, work, then, failed=None, *, topic=""):
        self.asked.append((work, then, failed))


def make_snapshot(**changes):
    columns = tracklets((0, 1000, 2000, 1), (0, 3000, 4000, 1), (1, 5000, 6000, 2), (1, 7000, 8000, 0))
    persons = (
        Person("P1", 1, "Person 1", (0, 1), ("Lab 1",), 1000.0, 4000.0, "c1s1t1", True),
        Person("P2", 2, "Man in black", (2,), ("Lab 2",), 5000.0, 6000.0, "c2s1t3", False),
    )
    cameras = (Camera(1, "Lab 1"), Camera(2, "Lab 2"))
    snapshot = Snapshot("p", "p", cameras=cameras, tracklets=columns, persons=persons)
    return replace(snapshot, **changes)


@pytest.fixture
def joined():
    view, workspace, lane, calls = View(), Workspace(), Lane(), []
    presenter = IdentitiesPresenter(
        view, workspace, lane, lambda number: calls.append(number), lambda: calls.append("changed")
    )
    workspace.snapshot.set(make_snapshot())
    return view, workspace, lane, calls, presenter


def test_rows_say_who_where_and_when(joined):
    view = joined[0]
    first, second = view.rows
    assert (first.name, first.when, first.seen_in) == ("Person 1", "00:00:01 – 00:00:04", (True, False))
    assert (first.tracklets, first.cameras, second.tracklets) == ("2 tracklets", "1 camera", "1 tracklet")
    assert second.spoken == "2, Man in black, 1 tracklet, 1 camera, 00:00:05 – 00:00:06"
    assert view.message == ""


@pytest.mark.parametrize(
    ("kind", "sentence"),
    [
        (ConflictKind.OVERLAP, "T-1.1 and T-1.2 are in Lab 1 at the same time, 00:00:01.0 – 00:00:01.5"),
        (ConflictKind.DIFFERENT, "T-1.1 and T-1.2 were decided to be different people"),
        (ConflictKind.ITSELF, "T-1.1 was decided to differ from itself"),
    ],
)
def test_a_conflict_is_a_sentence(kind, sentence):
    conflict = Conflict(kind, "c1s1t1", "c1s1t2", None, (), "Lab 1", 1000.0, 1500.0)
    rows = people(make_snapshot(conflicts=(conflict,)), {})
    assert (rows[0].problem, rows[1].problem) == (sentence, "")
    assert rows[0].spoken.endswith(f"Conflict: {sentence}")
    assert people(make_snapshot(conflicts=(conflict, conflict)), {})[0].problem == f"{sentence}, and 1 more"


def test_finding_by_name_and_number(joined):
    view, *_, presenter = joined
    for text, names in (
        ("black", ["Man in black"]),
        (" 1 ", ["Person 1"]),
        ("", ["Person 1", "Man in black"]),
    ):
        presenter.find(text)
        assert view.names == names
    presenter.find("zz ")
    assert view.message == "Nobody is called “zz”"


def test_without_persons_it_says_how_one_appears(joined):
    view, workspace, *_ = joined
    workspace.snapshot.set(None)
    assert (view.rows, view.message) == ((), EMPTY)


def test_choosing_highlights_everything_of_a_person(joined):
    view, workspace, _, calls, presenter = joined
    presenter.choose(1)
    assert workspace.selected.value == ("c1s1t1", "c1s1t2")
    assert view.current == 1
    workspace.selected.set(("c2s1t3",))
    assert view.current == 2
    workspace.selected.set(("c2s1t3", "c1s1t1"))
    assert view.current == 0
    workspace.selected.set(("c2s1t4",))
    assert view.current == 0
    presenter.search(2)
    presenter.search(9)
    assert calls == [2]


def test_a_name_shows_at_once_and_goes_when_it_cannot_be_stored(joined):
    view, workspace, lane, calls, presenter = joined
    presenter.rename(1, "  Red   coat ")
    assert view.names == ["Red coat", "Man in black"]
    _, _, failed = lane.asked.pop()
    failed(ReidError("The disk is full."))
    assert view.names == ["Person 1", "Man in black"]
    assert workspace.notice.value.text == "The disk is full."
    presenter.rename(2, "Man in black")
    assert lane.asked == []
    assert calls == []


def test_a_stored_name_gives_way_to_what_the_project_says(joined):
    view, workspace, lane, calls, presenter = joined
    presenter.rename(1, "Red coat")
    lane.asked[0][1](None)
    assert calls == ["changed"]
    workspace.snapshot.set(make_snapshot())  # as after an undo
    assert view.names == ["Person 1", "Man in black"]


@pytest.fixture
def small_project(tmp_path):
    with made(tmp_path / "p.sightline") as project:
        yield project


def test_a_name_in_a_real_project(small_project):
    ids = ("c1s1t1", "c2s1t2")
    small_project.decide(*ids, Verdict.SAME)
    view, workspace = View(), Workspace()

    def refresh():
        workspace.snapshot.set(load_snapshot(small_project))

    presenter = IdentitiesPresenter(view, workspace, ImmediateLane(small_project), lambda _: None, refresh)
    refresh()
    assert view.names == ["Person 1"]
    presenter.rename(1, "Red coat")
    assert view.names == ["Red coat"]
    small_project.undo()
    refresh()
    assert view.names == ["Person 1"]
    store_name(small_project, ids[1], "Again")
    presenter.rename(1, "")
    assert workspace.snapshot.value.persons[0].name == "Person 1"
