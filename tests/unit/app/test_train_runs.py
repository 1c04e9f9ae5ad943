"""The runs of a project: started, watched, paused, stopped, resumed, removed, laid over each other."""

import json
import os

import pytest

from app.presenters.train_runs import RunsPresenter
from app.workspace import JobState, Page, Workspace
from tests.fakes.asking import Shown
from tests.fakes.jobs import FakeJobs
from tests.fakes.lanes import ImmediateBackground
from tests.fakes.projects import two_cameras


class World:
    def __init__(self, tmp_path):
        self.folder = tmp_path / "p.sightline.d" / "runs"
        self.view, self.workspace = Shown(), Workspace()
        self.jobs = FakeJobs(self.workspace)
        self.runs = RunsPresenter(self.view, self.workspace, ImmediateBackground(), self.jobs)
        snapshot = two_cameras()
        self.workspace.snapshot.set(
            type(snapshot)(**{**vars(snapshot), "path": str(tmp_path / "p.sightline")})
        )
        self.workspace.page.set(Page.TRAIN)

    def put(self, number, status="running", **state):
        folder = self.folder / str(number)
        folder.mkdir(parents=True, exist_ok=True)
        values = {"status": status, "pid": os.getpid(), "epoch": 1, "n_epochs": 4, "iteration": 10}
        (folder / "state.json").write_text(json.dumps({**values, "n_iterations": 40, **state}))
        self.runs.tick()

    def job(self, status, job_id=1, message=""):
        spec = self.jobs.specs[job_id - 1]
        self.jobs.put(JobState(job_id, spec.name, status=status, message=message))

    @property
    def head(self):
        return self.view.last["show_head"]


@pytest.fixture
def world(tmp_path):
    return World(tmp_path)


def test_without_a_run_it_says_so(world):
    assert world.head.number == 0
    assert world.view.last["show_runs"][0] == ()
    assert not world.runs.is_live


def test_a_run_is_a_job_in_a_folder_of_its_own(world):
    world.runs.start(lambda out: ("train", "bot", "--out", str(out)))
    (spec,) = world.jobs.specs
    assert spec.name == "Train Run 1"
    assert spec.module == "training"
    assert spec.arguments[-1] == str(world.folder / "1")
    assert spec.stop_file == world.folder / "1" / "stop"
    assert spec.project == world.folder  # runs go one after the other, and beside an ingest
    assert world.head.state == "preparing"
    assert world.runs.is_live
    world.put(1)
    assert world.head.state == "epoch 2 of 4"
    report = {"event": "Progress", "part": "Run 1", "done": 10, "total": 40, "unit": "batches"}
    assert world.jobs.reports[-1] == (1, report)


def test_pause_go_on_and_stop_are_asked_of_the_job(world):
    world.runs.start(lambda out: ("train",))
    world.put(1)
    world.runs.do("go_on")  # cannot be done
    world.runs.do("pause")
    world.job("paused")
    assert world.head.state == "epoch 2 of 4, paused"
    assert world.runs.is_paused
    world.runs.do("go_on")
    world.job("running")
    world.runs.do("stop")
    world.job("stopping")
    assert world.jobs.asked == [("pause", 1), ("resume", 1), ("cancel", 1)]
    assert world.head.state == "stopping after this batch"
    world.put(1, "stopped")
    world.workspace.jobs.set(())
    assert world.head.can == {"resume", "remove"}


def test_resume_goes_on_in_the_same_folder(world):
    world.put(1, "stopped")
    world.runs.do("resume")
    assert world.jobs.specs[0].arguments == ("resume", str(world.folder / "1"), "--events")


def test_a_crash_shows_the_last_lines(world, monkeypatch):
    world.runs.start(lambda out: ("train",))
    world.put(1)
    monkeypatch.setattr(world.jobs, "lines", lambda _: ("batch kept", "The loss is no number."))
    world.put(1, "failed", message="The loss is no number.")
    world.job("failed", message="The loss is no number.")
    assert "The loss is no number." in world.workspace.notice.value.text
    assert world.view.count["open_log"] == 1
    assert world.head.message == "The loss is no number."
    assert world.view.last["show_log"][-2:] == ("batch kept", "The loss is no number.")


def test_a_child_that_wrote_nothing_at_all_gives_its_last_line_too(world, monkeypatch):
    world.runs.start(lambda out: ("train",))
    monkeypatch.setattr(world.jobs, "lines", lambda _: ("There is no preset 'x'.",))
    world.job("failed", message="There is no preset 'x'.")
    assert world.head.message == "There is no preset 'x'."
    assert "resume" in world.head.can


def test_runs_of_another_window_can_be_stopped_by_the_file_only(world):
    world.put(1)
    assert world.head.can == {"stop"}
    world.runs.do("stop")
    assert (world.folder / "1" / "stop").exists()


def test_runs_are_chosen_stepped_through_and_laid_under(world):
    for number in (1, 2, 3):
        world.put(number, "done")
    world.runs.tick()
    assert world.head.number == 1  # the one in hand stays while others come
    world.runs.select(3)
    world.runs.step(-1)
    assert world.head.number == 2
    world.runs.compare(3, True)
    world.runs.compare(1, True)
    _, current, others, compared = world.view.last["show_runs"]
    assert current == "2"
    assert [number for number, _ in others] == ["3", "1"]
    assert compared == ("1", "3")
    world.runs.compare(3, False)
    world.runs.select(1)
    assert world.view.last["show_runs"][3] == ()


def test_what_is_chosen_while_the_folders_are_read_is_read_as_well(world, monkeypatch):
    for number in (1, 2):
        world.put(number, "done")
    rows = [{"row": "step", "iteration": 0, "loss": 1.0, "parts": {"a": 1.0}}]
    (world.folder / "2" / "log.jsonl").write_text(json.dumps(rows[0]) + "\n")
    late = []
    monkeypatch.setattr(
        world.runs._background, "ask", lambda work, then, failed=None, topic="": late.append((work, then))
    )
    world.runs.tick()
    world.runs.compare(2, True)
    while late:
        work, then = late.pop(0)
        then(work())
    assert [series.name for series in world.view.last["show_curves"].loss] == ["Run 2, sum"]


def test_removing_deletes_the_folder_and_takes_another_in_hand(world):
    for number in (1, 2):
        world.put(number, "done")
    world.runs.select(2)
    world.runs.do("remove")
    assert not (world.folder / "2").exists()
    assert world.runs.current.value.number == 1


def test_another_project_has_other_runs(world, tmp_path):
    world.put(1, "done")
    snapshot = world.workspace.snapshot.value
    world.workspace.snapshot.set(type(snapshot)(**{**vars(snapshot), "path": str(tmp_path / "q.sightline")}))
    assert world.head.number == 0
    world.workspace.snapshot.set(None)
    assert world.runs.current.value is None
