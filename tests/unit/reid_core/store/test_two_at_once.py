"""Two engines, two programs that write: who comes second is told who was first, or waits."""

import json
import os
import signal
import subprocess
import sys
import textwrap
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path
from sqlite3 import connect

import pytest

from reid_core.errors import ProjectBusyError
from reid_core.store import Project, lock
from reid_core.store.failures import StoreError
from tests.unit.reid_core.store.build import made


@pytest.fixture
def project(tmp_path: Path) -> Iterator[Project]:
    with made(tmp_path / "p.sightline", ("gate",)) as project:
        yield project


def start(code: str, *arguments: object) -> subprocess.Popen[str]:
    return subprocess.Popen(
        [sys.executable, "-c", textwrap.dedent(code), *map(str, arguments)],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )


HOLD = """
import sys
from pathlib import Path
from reid_core.store import Project
project = Project.open(Path(sys.argv[1]))
with project.engine():
    print("held", flush=True)
    sys.stdin.read()
"""


def test_a_second_engine_is_refused_and_told_who_holds_it(project: Project) -> None:
    holder = subprocess.Popen(
        [sys.executable, "-c", HOLD, str(project.path), "rtsp://user:secret@camera/1"],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    )
    assert holder.stdin is not None
    assert holder.stdout is not None
    try:
        assert holder.stdout.readline() == "held\n"
        with pytest.raises(ProjectBusyError) as refused, project.engine():
            pass
        assert refused.value.exit_code == 5
        assert f"process {holder.pid} on " in str(refused.value)
        assert "since 20" in str(refused.value)
        assert "secret" not in str(refused.value)
        assert "rtsp://***camera/1" in str(refused.value)
        project.decide("c1s1t1", "c1s1t2", "same")  # events need no engine
        holder.send_signal(signal.SIGKILL)
        holder.wait()
        assert (project.sidecar / "engine.json").exists()  # the note of the killed blocks nobody
        with project.engine():
            assert json.loads((project.sidecar / "engine.json").read_text())["pid"] == os.getpid()
    finally:
        holder.kill()
        holder.wait()
        holder.stdin.close()
        holder.stdout.close()


def test_a_note_of_a_reused_process_number_blocks_nobody(project: Project) -> None:
    (project.sidecar / "engine.json").write_text(json.dumps({"pid": os.getpid(), "host": "x"}))
    with project.engine():
        pass
    assert not (project.sidecar / "engine.json").exists()


def test_two_engines_in_one_process(project: Project) -> None:
    with project.engine(), Project.open(project.path) as other:
        with pytest.raises(ProjectBusyError, match=f"process {os.getpid()} on "), other.engine():
            pass
        (project.sidecar / "engine.json").write_text("garbage")
        with pytest.raises(ProjectBusyError, match="just started"), other.engine():
            pass


def test_a_folder_without_locks(project: Project, monkeypatch: pytest.MonkeyPatch) -> None:
    import filelock

    def refuse(self: object) -> None:
        raise NotImplementedError("no locks here")

    monkeypatch.setattr(filelock.FileLock, "acquire", refuse)
    with pytest.raises(StoreError, match="cannot be locked"), project.engine():
        pass


@pytest.mark.parametrize(
    ("text", "clean"),
    [
        ("ingest p --camera a=rtsp://u:p@h/x", "ingest p --camera a=rtsp://***h/x"),
        ("http://h/x?user=a&password=b&z=1", "http://h/x?user=a&password=***&z=1"),
        ("rtsp://u:p@w@h/x", "rtsp://***h/x"),
        ("nothing to hide", "nothing to hide"),
    ],
)
def test_redaction(text: str, clean: str) -> None:
    assert lock.redact(text) == clean


APPEND = """
import sys
from pathlib import Path
from reid_core.store import Project
with Project.open(Path(sys.argv[1])) as project:
    print("ready", flush=True)
    for i in range(40):
        project.set_clock("gate", float(i), actor=sys.argv[2])
        if i % 5 == 4:
            project.undo(actor=sys.argv[2])
"""


def test_two_processes_record_events_at_once(project: Project) -> None:
    writers = [start(APPEND, project.path, name) for name in ("Ana", "Bea")]
    for writer in writers:
        _, stderr = writer.communicate(timeout=60)
        assert writer.returncode == 0, stderr
    log = project.log()
    assert [e.id for e in log] == list(range(1, 97))
    assert {e.actor for e in log} == {"Ana", "Bea"}
    assert project.verify_log() == []


def test_a_writer_that_does_not_end_is_named(project: Project, monkeypatch: pytest.MonkeyPatch) -> None:
    project._database.rows("PRAGMA busy_timeout = 50")
    with closing(connect(project.path, isolation_level=None)) as other:
        other.execute("BEGIN IMMEDIATE")
        with pytest.raises(ProjectBusyError, match="Another program"):
            project.decide("c1s1t1", "c1s1t2", "same")
        other.execute("ROLLBACK")
    project.decide("c1s1t1", "c1s1t2", "same")


def test_a_write_waits_for_another(project: Project) -> None:
    assert project._database.value("PRAGMA busy_timeout") == 5000
