"""Children that are asked one question each."""

import sys

import pytest

from app.jobs.asking import CRASHED, ChildAsker
from app.jobs.runner import WAIT_POLICY

PATIENCE_MS = 60_000


@pytest.fixture
def asker(qtbot):
    made = ChildAsker(command=lambda _, arguments: ["-c", *arguments])
    yield made
    made.close()


def ask(asker, qtbot, code, topic="x"):
    answers = []
    asker.ask("training", (code,), answers.append, topic=topic)
    qtbot.waitUntil(lambda: bool(answers), timeout=PATIENCE_MS)
    return answers[0]


def test_an_answer_has_what_was_printed_and_the_code(asker, qtbot):
    answer = ask(asker, qtbot, "import sys; print('{}'); sys.stderr.write('one\\n\\ntwo\\n'); sys.exit(3)")
    assert (answer.code, answer.text.strip(), answer.lines) == (3, "{}", ("one", "two"))
    assert asker.is_idle


@pytest.mark.skipif(sys.platform == "win32", reason="signals")
def test_a_crash_is_told_from_an_end(asker, qtbot):
    answer = ask(asker, qtbot, "import os; os.kill(os.getpid(), 9)")
    assert answer.code == -1
    assert answer.lines[-1] == CRASHED


def test_the_latest_question_of_a_topic_is_answered(asker, qtbot):
    old, new, other = [], [], []
    asker.ask("x", ("import time; time.sleep(60)",), old.append, topic="a")
    asker.ask("x", ("print(1)",), other.append, topic="b")
    asker.ask("x", ("print(2)",), new.append, topic="a")
    qtbot.waitUntil(lambda: bool(new) and bool(other), timeout=PATIENCE_MS)
    assert old == []
    assert (new[0].text.strip(), other[0].text.strip()) == ("2", "1")


def test_closing_ends_what_still_runs(asker):
    asker.ask("x", ("import time; time.sleep(60)",), lambda _: None, topic="a")
    asker.close()
    assert asker.is_idle


def test_children_that_wait_do_not_spin(asker, qtbot, monkeypatch):
    code = f"import os; print(os.environ['{WAIT_POLICY}'])"
    assert ask(asker, qtbot, code).text.strip() == "PASSIVE"
    monkeypatch.setenv(WAIT_POLICY, "ACTIVE")
    assert ask(asker, qtbot, code).text.strip() == "ACTIVE"
