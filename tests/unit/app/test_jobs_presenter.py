"""Jobs in words, and what is asked of them."""

import pytest

from app.presenters.jobs import JobsPresenter
from app.views.jobs import job_line, job_lines, summary
from app.workspace import JobState, Workspace


class View:
    def __init__(self):
        self.log = None

    def show_jobs(self, lines, summary):
        self.lines, self.summary = lines, summary

    def show_log(self, name, text):
        self.log = (name, text)


class Jobs:
    def __init__(self):
        self.asked = []

    def lines(self, job_id):
        return ("one", "two") if job_id == 1 else ()

    def __getattr__(self, verb):
        return lambda job_id: self.asked.append((verb, job_id))


@pytest.fixture
def joined():
    view, workspace, jobs = View(), Workspace(), Jobs()
    return view, workspace, jobs, JobsPresenter(view, workspace, jobs)


def test_a_running_job_in_words():
    line = job_line(
        JobState(1, "Ingest gate.mp4", done=61, total=98, rate=38.4, left_s=1.1, status="running")
    )
    assert (line.count, line.rate, line.left) == ("61/98", "38 frames/s", "1 s left")
    assert line.part == pytest.approx(61 / 98)
    assert line.can == {"pause", "cancel"}


def test_what_is_unknown_is_left_out():
    line = job_line(JobState(1, "Ingest", status="running"))
    assert (line.part, line.count, line.rate, line.left) == (None, "", "", "")


def test_a_paused_job_has_no_rate():
    line = job_line(JobState(1, "x", done=5, total=10, rate=9, left_s=4, status="paused"))
    assert (line.rate, line.left, line.message) == ("", "", "paused")
    assert line.can == {"resume", "cancel"}


def test_failures_come_first_and_finished_jobs_last():
    jobs = [
        JobState(n, "x", status=status) for n, status in enumerate(("done", "queued", "running", "failed"))
    ]
    assert [line.status for line in job_lines(jobs)] == ["failed", "running", "queued", "done"]


def test_the_summary():
    running, queued = JobState(1, "a", status="running"), JobState(2, "b", status="queued")
    assert summary((running, queued)) == "1 queued"
    assert summary((running,) * 3) == "3 jobs"
    assert summary((running,)) == "Jobs"
    assert summary((JobState(1, "a", status="done"),)) == "All jobs done"


def test_the_strip_follows_the_jobs(joined):
    view, workspace, _, _ = joined
    assert (view.lines, view.summary) == ((), "No jobs running")
    workspace.jobs.set((JobState(1, "a", status="running"),))
    assert [line.name for line in view.lines] == ["a"]


@pytest.mark.parametrize("verb", ["pause", "resume", "cancel", "retry", "dismiss"])
def test_what_is_asked_is_handed_on(joined, verb):
    _, workspace, jobs, presenter = joined
    workspace.jobs.set((JobState(1, "a", status="running"),))
    presenter.do(verb, 1)
    presenter.do(verb, 9)  # it is gone
    assert jobs.asked == [(verb, 1)]


def test_the_log(joined):
    view, workspace, _, presenter = joined
    workspace.jobs.set((JobState(1, "a", status="failed"), JobState(2, "b", status="failed")))
    presenter.do("log", 1)
    assert view.log == ("a", "one\ntwo")
    presenter.do("log", 2)
    assert view.log == ("b", "It wrote nothing.")
