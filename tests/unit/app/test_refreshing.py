"""Crops and vectors are brought up to date once the edits have come to rest, and not again and again."""

from __future__ import annotations

import pytest

from app.loading import load_snapshot
from app.presenters.refreshing import QUIET_S, RefreshPresenter
from app.workspace import JobState, Workspace
from reid_core.pipeline import annotate
from reid_core.store.project import Project
from tests.fakes.jobs import FakeJobs
from tests.fakes.lanes import ImmediateLane
from tests.unit.reid_core.store.build import made


class Clock:
    """Time that passes when a test says so."""

    def __init__(self) -> None:
        self.now_s = 0.0
        self._waiting = []

    def later(self, seconds, call):
        self._waiting.append((self.now_s + seconds, call))

    def pass_(self, seconds):
        self.now_s += seconds
        due = [call for at_s, call in self._waiting if at_s <= self.now_s]
        self._waiting = [(at_s, call) for at_s, call in self._waiting if at_s > self.now_s]
        for call in due:
            call()


class Bench:
    def __init__(self, project: Project) -> None:
        self.project, self.workspace, self.clock = project, Workspace(), Clock()
        self.jobs = FakeJobs(self.workspace)
        self.presenter = RefreshPresenter(self.workspace, ImmediateLane(project), self.jobs, self.clock.later)

    def look(self, seconds: float = 0.0) -> None:
        self.workspace.snapshot.set(load_snapshot(self.project))
        self.clock.pass_(seconds)

    @property
    def names(self) -> list[str]:
        return [spec.name for spec in self.jobs.specs]


@pytest.fixture
def bench(tmp_path):
    with made(tmp_path / "p.sightline") as project:
        yield Bench(project)


def test_without_edits_nothing_is_started(bench):
    bench.look(60)
    assert bench.names == []


def test_one_job_for_edits_that_follow_each_other(bench):
    annotate.end_here(bench.project, "c1s1t1", 30)
    bench.look(QUIET_S - 0.1)
    annotate.end_here(bench.project, "c1s1t2", 30)
    bench.look(QUIET_S - 0.1)
    assert bench.names == []
    bench.clock.pass_(0.2)
    assert bench.names == ["Refresh 2 tracklets"]
    (spec,) = bench.jobs.specs
    assert spec.arguments == ("refresh", str(bench.project.path), "--events")


def test_what_a_job_left_is_not_tried_for_ever(bench):
    annotate.end_here(bench.project, "c1s1t1", 30)
    bench.look(QUIET_S)
    bench.jobs.put(JobState(1, "Refresh", status="failed"))
    bench.look(60)
    assert len(bench.names) == 1
    annotate.end_here(bench.project, "c1s1t1", 20)
    bench.look(QUIET_S)
    assert len(bench.names) == 2


def test_a_job_that_still_waits_takes_later_edits_with_it(bench):
    annotate.end_here(bench.project, "c1s1t1", 30)
    bench.look(QUIET_S)
    bench.jobs.put(JobState(1, "Refresh", status="queued"))
    annotate.end_here(bench.project, "c1s1t2", 20)
    bench.look(60)
    assert len(bench.names) == 1


def test_undo_is_followed_by_a_job_too(bench):
    annotate.end_here(bench.project, "c1s1t1", 30)
    bench.project.undo()
    bench.look(60)
    assert bench.names == []  # nothing was made of the edit in between
    assert bench.project.stored.outdated() == []


def test_what_a_kill_left_over_is_done_when_the_project_is_opened_again(bench):
    annotate.end_here(bench.project, "c1s1t1", 30)
    bench.look(1)
    again = Bench(bench.project)
    again.look(QUIET_S)
    assert again.names == ["Refresh 1 tracklet"]


def test_a_closed_project_starts_nothing(bench):
    annotate.end_here(bench.project, "c1s1t1", 30)
    bench.look()
    bench.workspace.snapshot.set(None)
    bench.clock.pass_(60)
    assert bench.names == []
    bench.presenter.close()
    bench.look(60)
    assert bench.names == []
