"""The timeline follows the workspace, and changes it."""

from datetime import datetime

import pytest

from app.presenters.timeline import TimelinePresenter
from app.snapshot import Person, Snapshot
from app.workspace import QueryState, ResultRow, Results, Workspace
from reid_core.store.records import Camera
from reid_core.types import Verdict
from tests.fakes.lanes import ImmediateLane
from tests.unit.app.test_timeline import tracklets


class View:
    def __init__(self):
        self.shown = {}

    def show_scene(self, scene, styles):
        self.scene, self.styles = scene, styles

    def show_styles(self, styles):
        self.styles = styles

    def __getattr__(self, name):
        if not name.startswith("show_"):
            raise AttributeError(name)
        return lambda *args, **more: self.shown.__setitem__(name[5:], (*args, *more.values()))


def snapshot(verdicts=None):
    columns = tracklets((0, 1000, 2000, 1), (0, 3000, 4000, 0), (1, 5000, 6000, 0))
    person = Person("P1", 1, "Person 1", (0,), ("Lab 1",), 1000.0, 2000.0, "c1s1t1", False)
    cameras = (Camera(1, "Lab 1"), Camera(2, "Lab 2"))
    return Snapshot("p", "p", cameras=cameras, tracklets=columns, persons=(person,), verdicts=verdicts or {})


@pytest.fixture
def joined():
    view, workspace = View(), Workspace()
    presenter = TimelinePresenter(view, workspace, ImmediateLane(None))
    workspace.snapshot.set(snapshot())
    return view, workspace, presenter


def results(*ids):
    rows = tuple(ResultRow(name, "Lab 1", 0.0, 1.0, 0.8) for name in ids)
    return Results(QueryState(("c1s1t1",)), rows)


def test_bars_follow_project_and_search(joined):
    view, workspace, _ = joined
    assert [row.name for row in view.scene.rows] == ["Lab 1", "Lab 2"]
    assert view.styles.style.tolist() == [1, 0, 0]
    workspace.results.set(results("c1s1t2", "c2s1t3"))
    assert view.styles.style.tolist() == [1, -1, -1]
    workspace.results.set(None)
    assert view.styles.style.tolist() == [1, 0, 0]


def test_what_was_rejected_is_no_proposal(joined):
    view, workspace, _ = joined
    pair = ("c1s1t1", "c1s1t2")
    verdicts = {pair: Verdict.DIFFERENT, pair[::-1]: Verdict.DIFFERENT}
    workspace.results.set(results("c1s1t2", "c2s1t3"))
    workspace.snapshot.set(snapshot(verdicts))
    assert view.styles.style.tolist() == [1, 0, -1]


def test_a_closed_project_leaves_nothing(joined):
    view, workspace, _ = joined
    workspace.snapshot.set(None)
    assert view.scene.rows == ()


def test_clicks_change_the_workspace(joined):
    view, workspace, presenter = joined
    presenter.choose("c1s1t2")
    assert workspace.selected.value == view.shown["selected"][0] == ("c1s1t2",)
    presenter.choose("c2s1t3", True)
    assert workspace.selected.value == ("c1s1t2", "c2s1t3")
    presenter.choose("c1s1t2", True)
    assert workspace.selected.value == ("c2s1t3",)
    presenter.open("c2s1t3")
    assert (workspace.playhead_ms.value, workspace.active_camera.value) == (5000.0, "Lab 2")
    assert (view.shown["playhead"], view.shown["active"]) == ((5000.0, False), ("Lab 2",))
    presenter.mark_range(1.0, 2.0)
    assert workspace.range_ms.value == view.shown["range"][0] == (1.0, 2.0)
    presenter.open("gone")
    assert workspace.playhead_ms.value == 5000.0


def test_time_of_day(joined):
    view, _, presenter = joined
    presenter.set_start(datetime(2026, 11, 21, 14, 2, 3))
    assert view.shown["start"] == (50_523_000.0,)
    presenter.set_start(None)
    assert view.shown["start"] == (0.0,)


def test_after_closing_nothing_is_heard(joined):
    view, workspace, presenter = joined
    presenter.close()
    workspace.playhead_ms.set(77.0)
    assert view.shown["playhead"] == (0.0, False)
