"""Hits outside the travel times: said with the reason, dimmed, and hidden by one switch."""

from __future__ import annotations

import pytest

from app.loading import load_snapshot
from app.presenters.search import SearchPresenter
from app.result_list import Filters
from app.searching import find
from app.workspace import QueryState, Workspace
from reid_core.linking.travel import TravelTable, TravelWindow
from reid_core.pipeline.link_travel import set_travel
from tests.fakes.lanes import ImmediateLane
from tests.unit.app.test_search_presenter import FakeView
from tests.unit.reid_core.pipeline.link_site import site

QUERY = "c1s1t1"


@pytest.fixture
def project(tmp_path):
    """Everybody takes 18 s from camera to camera."""
    with site(tmp_path / "case.sightline") as opened:
        yield opened


def test_a_hit_says_why_nobody_could_have_been_there(project):
    assert not any(row.reason for row in find(project, QueryState((QUERY,))).rows)
    set_travel(project, TravelTable([TravelWindow("gate", "hall", min_ms=60_000)]))
    rows = find(project, QueryState((QUERY,))).rows
    assert {row.camera for row in rows if row.reason} == {"hall"}
    assert all(row.reason == "gate to hall in 0:18, minimum 1:00" for row in rows if row.reason)
    assert not any(row.reason for row in rows if row.is_impossible)


def test_one_switch_hides_them_and_another_table_searches_anew(project):
    view, workspace = FakeView(), Workspace()
    workspace.snapshot.set(load_snapshot(project))
    search = SearchPresenter(view, workspace, ImmediateLane(project))
    search.search_tracklets([QUERY])
    n_all = len(view.shown.ids)
    assert view.head.n_unreachable == 0
    set_travel(project, TravelTable([TravelWindow("gate", "hall", min_ms=60_000)]))
    workspace.snapshot.set(load_snapshot(project))
    assert view.head.n_unreachable == 3
    assert len(view.shown.ids) == n_all
    search.set_filters(without_unreachable=True)
    assert len(view.shown.ids) == n_all - 3
    assert Filters(without_unreachable=True).are_on
    search.clear_filters()
    assert len(view.shown.ids) == n_all
