"""Lanes answer in the GUI thread, in order; nothing that goes wrong in them is lost."""

import threading

import pytest

from app.jobs.background import BackgroundThread
from app.jobs.lanes import SnapshotFeed, ThreadLane
from app.workspace import JobState, Workspace
from reid_core.errors import ReidError
from reid_core.store.project import Project


@pytest.fixture
def path(tmp_path):
    with Project.create(tmp_path / "trial.sightline") as project:
        project.add_camera("gate")
    return tmp_path / "trial.sightline"


@pytest.fixture
def thread(qtbot):
    notices = []
    thread = BackgroundThread(notices.append, name="test")
    thread.notices = notices
    yield thread
    thread.close()


def test_answers_come_in_order_and_in_the_gui_thread(qtbot, thread):
    answers, works = [], []

    def work(n):
        works.append(threading.current_thread())
        return n

    for n in range(20):
        thread.ask(lambda n=n: work(n), lambda n: answers.append((n, threading.current_thread())))
    qtbot.waitUntil(lambda: len(answers) == 20)
    assert answers == [(n, threading.main_thread()) for n in range(20)]
    assert set(works) != {threading.main_thread()}
    assert len(set(works)) == 1


def test_waiting_work_of_a_topic_is_replaced(qtbot, thread):
    gate, answers = threading.Event(), []
    thread.ask(gate.wait, lambda _: None)
    for n in range(5):
        thread.ask(lambda n=n: n, answers.append, topic="seek")
    thread.ask(lambda: "other", answers.append)
    gate.set()
    qtbot.waitUntil(lambda: "other" in answers)
    assert answers == [4, "other"]


def test_errors_go_to_failed_or_become_notices(qtbot, thread):
    def refuse():
        raise ReidError("The disk is full.")

    def break_down():
        raise KeyError("x")

    failures = []
    thread.ask(refuse, lambda _: None, failures.append)
    thread.ask(refuse, lambda _: None)
    thread.ask(break_down, lambda _: None, failures.append)
    qtbot.waitUntil(lambda: len(thread.notices) == 2)
    assert [str(error) for error in failures] == ["The disk is full."]
    assert thread.notices[0].text == "The disk is full."
    assert "KeyError" in thread.notices[1].text
    assert {notice.level for notice in thread.notices} == {"bad"}


def test_an_unexpected_error_is_logged_with_its_place(qtbot, thread, caplog):
    thread.ask(lambda: 1 // 0, lambda _: None)
    qtbot.waitUntil(lambda: bool(thread.notices))
    assert "ZeroDivisionError" in caplog.text
    assert "Traceback" in caplog.text


def test_closing_ends_the_thread_and_drops_answers(qtbot, thread):
    started, gate, answers = threading.Event(), threading.Event(), []

    def work():
        started.set()
        gate.wait()

    thread.ask(work, answers.append)
    thread.ask(lambda: 2, answers.append)
    started.wait()
    threading.Timer(0.05, gate.set).start()
    thread.close()
    thread.close()
    thread.ask(lambda: 3, answers.append)
    qtbot.wait(50)
    assert answers == []
    assert "test" not in {running.name for running in threading.enumerate()}


def test_a_lane_has_a_connection_of_its_own(qtbot, path):
    lane, names = ThreadLane(path, Workspace()), []
    lane.ask(lambda project: [camera.name for camera in project.cameras()], names.append)
    qtbot.waitUntil(lambda: bool(names))
    lane.close()
    assert names == [["gate"]]
    with Project.open(path) as project:  # the lane's connection is gone
        project.add_camera("hall")


def test_a_project_that_cannot_be_opened_fails_each_work(qtbot, tmp_path):
    lane, failures = ThreadLane(tmp_path / "absent.sightline", Workspace()), []
    for _ in range(2):
        lane.ask(lambda project: None, lambda _: None, failures.append)
    qtbot.waitUntil(lambda: len(failures) == 2)
    lane.close()


def test_the_feed_sees_what_others_change(qtbot, path):
    workspace, seen = Workspace(), []
    workspace.snapshot.connect(lambda snapshot: seen.append([camera.name for camera in snapshot.cameras]))
    feed = SnapshotFeed(path, workspace)
    qtbot.waitUntil(lambda: seen == [["gate"]])
    feed.poll()
    qtbot.wait(100)
    assert len(seen) == 1  # nothing has changed
    with Project.open(path) as project:
        project.add_camera("hall")
    feed.poll()
    qtbot.waitUntil(lambda: seen[1:] == [["gate", "hall"]])
    feed.close()


def test_the_feed_sees_a_file_go(qtbot, path, tmp_path):
    footage = tmp_path / "gate.mp4"
    footage.write_bytes(b"x")
    with Project.open(path) as project:
        project.add_source(
            "gate",
            {
                "path": footage,
                "kind": "video",
                "fingerprint": "f",
                "width": 4,
                "height": 4,
                "fps": 10,
                "duration_ms": 100,
            },
        )
    workspace = Workspace()
    feed = SnapshotFeed(path, workspace)
    qtbot.waitUntil(lambda: workspace.snapshot.value is not None)
    assert not workspace.snapshot.value.sources[0].is_missing
    footage.unlink()
    feed.poll()
    qtbot.waitUntil(lambda: workspace.snapshot.value.sources[0].is_missing)
    feed.close()


def test_the_feed_looks_more_often_while_a_job_runs(qtbot, path):
    workspace = Workspace()
    feed = SnapshotFeed(path, workspace)
    idle = feed._timer.interval()
    workspace.jobs.set((JobState(1, "Ingest", status="running"),))
    assert feed._timer.interval() < idle
    workspace.jobs.set((JobState(1, "Ingest", status="done"),))
    assert feed._timer.interval() == idle
    feed.close()
    feed.close()
