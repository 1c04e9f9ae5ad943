"""Commands on a project that cannot be read, or that another engine holds: a sentence, a code, no change."""

from __future__ import annotations

import os
import struct
import subprocess
import sys
from pathlib import Path

import pytest

from reid_core.cli.main import main
from reid_core.store import Project
from tests.unit.reid_core.store.build import hashes, made

COMMANDS = {
    "ingest": ("ingest", "{project}", "--detector", "replay:{folder}"),
    "ingest more": ("ingest", "{project}", "--camera", "gate={folder}/gate.mp4"),
    "embed": ("embed", "{project}"),
    "search": ("search", "{project}", "--tracklet", "c1s1t1"),
    "tracklets": ("tracklets", "{project}", "--json"),
    "decide": ("decide", "{project}", "c1s1t1", "c2s1t1", "same"),
    "undo": ("undo", "{project}"),
    "redo": ("redo", "{project}"),
    "identities": ("identities", "{project}"),
    "log": ("log", "{project}"),
    "export": ("export", "{project}", "--format", "csv", "--out", "{folder}/out"),
    "import": ("import", "{project}", "x.txt", "--format", "mot", "--camera", "gate", "--as", "truth"),
    "score": ("score", "{project}"),
}
PAGE = 4096


@pytest.fixture
def whole(tmp_path: Path) -> Path:
    """A project with tracklets, vectors and an event, left by a kill: its log is still beside it."""
    path = tmp_path / "case" / "case.sightline"
    path.parent.mkdir()
    with made(path) as project:
        project.decide("c1s1t1", "c2s1t1", "same")
    code = (
        "import os, sys; from pathlib import Path; from reid_core.store import Project\n"
        "Project.open(Path(sys.argv[1])).decide('c1s1t2', 'c2s1t2', 'different'); os._exit(0)"
    )
    subprocess.run([sys.executable, "-c", code, str(path)], check=True)
    assert path.with_name("case.sightline-wal").stat().st_size > 0
    return path


def write_at(path: Path, offset: int, data: bytes) -> None:
    with path.open("r+b") as file:
        file.seek(offset)
        file.write(data)


SPOIL = {
    "empty": lambda path: os.truncate(path, 0),
    "cut off": lambda path: os.truncate(path, path.stat().st_size // 2 // PAGE * PAGE),
    "damaged": lambda path: write_at(path, 2 * PAGE, b"\xff" * 3 * PAGE),
    "future": lambda path: write_at(path, 60, struct.pack(">i", 99)),
    "another program's": lambda path: write_at(path, 68, struct.pack(">i", 77)),
    "noise": lambda path: path.write_bytes(bytes(range(256)) * 64),
}


@pytest.mark.parametrize("kind", SPOIL)
def test_no_command_changes_what_it_cannot_read(kind, whole, tmp_path, capsys):
    if kind == "future":  # a log with the old number would stand for the file
        with Project.open(whole):
            pass
    SPOIL[kind](whole)
    before = hashes(whole)
    for name, template in COMMANDS.items():
        command = [part.format(project=whole, folder=tmp_path) for part in template]
        code = main(command)
        said = capsys.readouterr()
        assert code == 6, f"{name}: {said}"
        assert whole.name in said.err
        assert said.out == ""
        assert hashes(whole) == before, name
    assert sorted(path.name for path in tmp_path.iterdir()) == ["case"]


def test_the_same_commands_read_the_whole_project(whole, tmp_path, capsys):
    """The test above means something: unspoilt, the project opens with all that was committed."""
    for name in ("tracklets", "search", "identities", "log", "undo", "redo", "export"):
        command = [part.format(project=whole, folder=tmp_path) for part in COMMANDS[name]]
        assert main(command) == 0, capsys.readouterr()
    with Project.open(whole) as project:
        assert len(project.log()) == 4


def test_a_second_engine_is_refused_while_people_go_on(whole, capsys):
    with Project.open(whole) as project, project.engine():
        for command in (["ingest", str(whole)], ["embed", str(whole)]):
            code = main(command)
            said = capsys.readouterr().err
            assert code == 5, said
            assert str(os.getpid()) in said
        for command in (
            ["decide", str(whole), "c1s1t3", "c2s1t3", "same"],
            ["undo", str(whole)],
            ["redo", str(whole)],
        ):
            assert main(command) == 0
        assert len(project.log()) == 5
