"""One warm child describes pictures; it is started again when it dies, and ends with the window."""

from __future__ import annotations

import json
import os
import signal
from pathlib import Path

import numpy as np
import psutil
import pytest

from app.jobs.query_engine import STOPPED, QueryEngine
from app.views.results import Described, SeveralPeople

CHILD = """
import base64, json, os, sys
for line in sys.stdin:
    request = json.loads(line)
    picture = base64.b64decode(request["data"])
    if picture == b"die":
        os._exit(3)
    print("a library talks", flush=True)
    answer = {"id": request["id"]}
    if picture == b"nobody":
        answer["error"] = "The picture is no picture."
    elif picture == b"crowd" and "box" not in request:
        answer |= {"error": "2 people", "boxes": [[0, 0, 9, 9], [10, 0, 19, 9]], "width": 20, "height": 10,
                   "preview": base64.b64encode(b"small").decode()}
    elif picture == b"odd":
        answer["vector"] = "?"
    else:
        answer |= {"space": "s", "vector": [0.6, 0.8], "crop": base64.b64encode(picture[:4]).decode()}
    print(json.dumps(answer), flush=True)
"""


@pytest.fixture
def engine(qapp):
    made = QueryEngine(command=lambda project: ["-c", CHILD])
    made.open(Path("case.sightline"))
    yield made
    made.close()


def ask(qtbot, engine: QueryEngine, picture: bytes, box=None):
    got: list = []
    engine.describe(picture, box, got.append, got.append)
    qtbot.waitUntil(lambda: bool(got), timeout=20_000)
    return got[0]


def test_a_picture_is_described_and_the_child_stays_warm(engine, qtbot):
    assert not engine.is_running
    answer = ask(qtbot, engine, b"picture")
    assert isinstance(answer, Described)
    assert (answer.space, answer.crop) == ("s", b"pict")
    np.testing.assert_allclose(answer.vector, [0.6, 0.8])
    first = engine.pid
    ask(qtbot, engine, b"another")
    assert engine.pid == first


def test_several_people_and_problems_come_back_as_such(engine, qtbot):
    people = ask(qtbot, engine, b"crowd")
    assert isinstance(people, SeveralPeople)
    assert people.boxes == ((0, 0, 9, 9), (10, 0, 19, 9))
    assert (people.width, people.height, people.preview) == (20, 10, b"small")
    assert isinstance(ask(qtbot, engine, b"crowd", (0, 0, 9, 9)), Described)
    assert str(ask(qtbot, engine, b"nobody")) == "The picture is no picture."
    assert "makes no sense" in str(ask(qtbot, engine, b"odd"))


def test_a_dead_child_is_replaced(engine, qtbot):
    ask(qtbot, engine, b"picture")
    first = engine.pid
    os.kill(first, signal.SIGTERM)
    assert isinstance(ask(qtbot, engine, b"picture"), Described)
    assert engine.pid != first


def test_a_picture_that_kills_it_twice_is_given_up(engine, qtbot):
    assert str(ask(qtbot, engine, b"die")) == STOPPED
    assert isinstance(ask(qtbot, engine, b"picture"), Described)


def test_what_was_cancelled_is_not_answered(engine, qtbot):
    got: list = []
    engine.describe(b"first", None, got.append, got.append)
    engine.cancel()
    assert isinstance(ask(qtbot, engine, b"second"), Described)
    assert not got


def test_the_child_ends_with_the_window_and_with_the_project(engine, qtbot):
    ask(qtbot, engine, b"picture")
    first = engine.pid
    engine.open(Path("other.sightline"))
    assert not psutil.pid_exists(first)
    ask(qtbot, engine, b"picture")
    second = engine.pid
    engine.close()
    assert not psutil.pid_exists(second)
    got: list = []
    engine.describe(b"picture", None, got.append, got.append)
    assert str(got[0]).startswith("Open a project first")


def test_the_usual_command_is_the_hidden_one(qapp):
    made = QueryEngine()
    assert made._command(Path("p.sightline")) == ["-P", "-m", "reid_core", "query-engine", "p.sightline"]
    assert json.dumps(made.pid) == "0"
