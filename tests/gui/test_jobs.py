"""Jobs are child processes: progress, pause, cancel within a second, crashes, queue, shutdown."""

import os
import signal
import sys
import time
from pathlib import Path

import psutil
import pytest

from app.jobs.queue import JobQueue
from app.jobs.runner import NICENESS, ChildJob, engine_arguments
from app.ports import JobSpec
from app.settings import Settings
from app.workspace import Workspace
from reid_core.store.project import Project
from tests.fakes import job_child

SCRIPT = job_child.__file__
pytestmark = pytest.mark.skipif(sys.platform == "win32", reason="signals of POSIX")


@pytest.fixture
def project(tmp_path):
    Project.create(tmp_path / "trial.sightline").close()
    return tmp_path / "trial.sightline"


@pytest.fixture
def made():
    return []


@pytest.fixture
def queue(qtbot, tmp_path, made):
    def make(spec):
        made.append(ChildJob([SCRIPT, *spec.arguments]))
        return made[-1]

    queue = JobQueue(Workspace(), Settings(tmp_path / "settings.ini"), make=make)
    yield queue
    queue.shutdown()


def states(queue):
    return [(job.name, job.status) for job in queue._workspace.jobs.value]


def spec(project, *arguments, name="Ingest", key=""):
    return JobSpec(name, arguments, project, {"gate: gate.mp4": (0, int(arguments[0]))}, key)


def wait_running(qtbot, queue, n_done=1):
    qtbot.waitUntil(lambda: queue._workspace.jobs.value[0].done >= n_done)


def test_a_job_counts_and_ends(qtbot, queue, project):
    seen, events = [], []
    queue._workspace.jobs.connect(lambda jobs: seen.extend(jobs[:1]))
    queue.listen(lambda job_id, event: events.append(event["event"]))
    queue.start(spec(project, "60", key="cpu"))
    assert seen[-1].status == "running"
    qtbot.waitUntil(lambda: states(queue) == [("Ingest", "done")])
    assert seen[-1].done == seen[-1].total == 60
    rates = [job.rate for job in seen if job.rate]
    assert 20 < rates[-1] < 60  # 50 a second, less what starting each sleep costs
    assert any(job.left_s for job in seen)
    assert events[0] == "Notice"
    assert events[-1] == "SourceFinished"
    assert 20 < queue._settings.speed("cpu") < 60


def test_the_child_steps_back(qtbot, queue, project, made):
    queue.start(spec(project, "500"))
    wait_running(qtbot, queue)
    assert psutil.Process(made[0].pid).nice() == os.nice(0) + NICENESS


def test_pause_halts_and_resume_goes_on(qtbot, queue, project, made):
    job_id = queue.start(spec(project, "500"))
    wait_running(qtbot, queue, 5)
    queue.pause(job_id)
    qtbot.wait(100)
    before = queue._workspace.jobs.value[0]
    assert psutil.Process(made[0].pid).status() == psutil.STATUS_STOPPED
    qtbot.wait(200)
    assert queue._workspace.jobs.value[0] == before
    assert before.status == "paused"
    queue.resume(job_id)
    qtbot.waitUntil(lambda: queue._workspace.jobs.value[0].done > before.done + 3)


def test_a_pause_never_leaves_the_project_locked(qtbot, queue, project, made):
    with Project.open(project) as writer:
        job_id = queue.start(spec(project, "500"))
        wait_running(qtbot, queue)
        with writer._database.transaction():  # stands for a child that is halted while it writes
            queue.pause(job_id)
            qtbot.waitUntil(lambda: queue._jobs[job_id].pause_tries >= 2)
    qtbot.waitUntil(lambda: psutil.Process(made[0].pid).status() == psutil.STATUS_STOPPED)


@pytest.mark.parametrize("is_paused", [False, True])
def test_cancel_within_a_second(qtbot, queue, project, is_paused):
    job_id = queue.start(spec(project, "500"))
    wait_running(qtbot, queue)
    if is_paused:
        queue.pause(job_id)
    began = time.monotonic()
    queue.cancel(job_id)
    assert states(queue) == [("Ingest", "stopping")]
    qtbot.waitUntil(lambda: states(queue) == [])
    assert time.monotonic() - began < 1


def test_a_child_that_does_not_listen_is_killed(qtbot, queue, project, monkeypatch):
    monkeypatch.setattr("app.jobs.runner.KILL_AFTER_MS", 1500)
    job_id = queue.start(spec(project, "500", "stubborn"))
    wait_running(qtbot, queue)
    began = time.monotonic()
    queue.cancel(job_id)
    second = queue.start(spec(project, "1", name="next"))
    qtbot.waitUntil(lambda: states(queue) == [("next", "queued")], timeout=1000)
    assert time.monotonic() - began < 1
    qtbot.waitUntil(lambda: states(queue) == [("next", "done")])
    assert second in queue._jobs


def test_a_killed_child_is_a_failed_row_that_can_go_on(qtbot, queue, project, made):
    job_id = queue.start(spec(project, "200"))
    wait_running(qtbot, queue)
    os.kill(made[0].pid, signal.SIGKILL)
    qtbot.waitUntil(lambda: states(queue) == [("Ingest", "failed")])
    assert "Resume" in queue._workspace.jobs.value[0].message
    queue.retry(job_id)
    wait_running(qtbot, queue)
    assert states(queue) == [("Ingest", "running")]
    assert len(made) == 2


def test_a_failure_says_its_last_line(qtbot, queue, project):
    job_id = queue.start(spec(project, "1", "end=1"))
    qtbot.waitUntil(lambda: states(queue) == [("Ingest", "failed")])
    assert queue._workspace.jobs.value[0].message == "The disk is full."
    assert queue.lines(job_id)[0] == "detector: test"
    queue.dismiss(job_id)
    assert states(queue) == []


def test_files_that_failed_are_said(qtbot, queue, project):
    queue.start(spec(project, "1", "end=3"))
    qtbot.waitUntil(lambda: states(queue) == [("Ingest", "done")])
    assert "could not be read" in queue._workspace.jobs.value[0].message


def test_one_at_a_time_in_a_project(qtbot, queue, project, tmp_path):
    Project.create(tmp_path / "other.sightline").close()
    first = queue.start(spec(project, "500", name="one"))
    second = queue.start(spec(project, "500", name="two"))
    queue.start(spec(tmp_path / "other.sightline", "500", name="three"))
    assert states(queue) == [("one", "running"), ("two", "queued"), ("three", "running")]
    queue.cancel(first)
    qtbot.waitUntil(lambda: states(queue) == [("two", "running"), ("three", "running")])
    fourth = queue.start(spec(project, "500", name="four"))
    queue.cancel(fourth)  # it only waits
    assert len(states(queue)) == 2
    assert second in queue._jobs


def test_shutdown_leaves_no_process(qtbot, queue, project, made):
    paused = queue.start(spec(project, "500"))
    queue.start(spec(project, "500"))
    wait_running(qtbot, queue)
    queue.pause(paused)
    process = psutil.Process(made[0].pid)
    assert queue.is_running
    queue.shutdown()
    assert not process.is_running()
    assert not queue.is_running
    assert states(queue) == []


def test_a_program_that_is_not_there(qtbot, tmp_path, monkeypatch):
    monkeypatch.setattr("app.jobs.runner.sys.executable", str(tmp_path / "nothing"))
    child = ChildJob(["x"])
    with qtbot.waitSignal(child.ended) as ended:
        child.start()
    assert ended.args == [1, False]
    assert "could not be started" in child.lines[0]


def test_the_engine_is_our_own_command(qtbot):
    child = ChildJob(engine_arguments(["ingest", "--help"]))
    with qtbot.waitSignal(child.ended, timeout=20_000) as ended:
        child.start()
    assert ended.args == [0, False]


def test_the_folder_of_the_window_is_not_searched_for_modules(tmp_path, qtbot, monkeypatch):
    (tmp_path / "reid_core.py").write_text("raise SystemExit(7)")
    monkeypatch.chdir(tmp_path)
    child = ChildJob(engine_arguments(["--help"]))
    with qtbot.waitSignal(child.ended, timeout=20_000) as ended:
        child.start()
    assert ended.args == [0, False]
    assert Path.cwd() == tmp_path
