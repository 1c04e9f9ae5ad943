"""Full disks, broken disks, killed processes: what was committed stays, messages are clear."""

import errno
import json
import os
import subprocess
import sys
from collections.abc import Iterator
from contextlib import closing
from itertools import pairwise
from pathlib import Path
from sqlite3 import connect

import numpy as np
import pytest

from reid_core.errors import ReidError
from reid_core.store import Project, sidecar
from reid_core.store.failures import StoreError
from tests.unit.reid_core.store.build import (
    SPACE,
    add_source,
    embed_all,
    fill,
    frame,
    made,
    tracklet,
    vector,
)

KILLS = 40


@pytest.fixture
def project(tmp_path: Path) -> Iterator[Project]:
    with made(tmp_path / "p.sightline", ("gate",)) as project:
        yield project


def everything(project: Project) -> list[object]:
    """All that a reader can see."""
    with closing(connect(project.path)) as connection:
        tables = [
            connection.execute(f"SELECT * FROM {table}").fetchall()
            for table in (
                "segment",
                "frame",
                "detection",
                "tracklet",
                "member",
                "crop",
                "vector",
                "event",
                "sidecar",
            )
        ]
    return [tables, [[c.png for c in project.crops(t.id)] for t in project.tracklets()]]


# --- full and broken disks


@pytest.mark.parametrize("room", [0, 1, 3, 8, 20])
def test_full_disk_in_the_database(project: Project, room: int) -> None:
    """SQLite's own limit on pages gives the error of a full disk at many places of a transaction."""
    before = everything(project)
    pages = project._database.value("PRAGMA page_count")
    project._database.rows(f"PRAGMA max_page_count = {pages + room}")
    with project.engine() as engine:
        segment = engine.begin_segment(1, "d", "t")
        with pytest.raises(StoreError, match="disk is full"), engine.transaction():  # noqa: PT012 - may be any line
            engine.write_frames(segment.id, [frame(i, range(30), 64) for i in range(50, 150)])
            engine.write_tracklet(segment.id, tracklet(9, 0, range(50, 150), range(30)))
        assert everything(project) == before
        project._database.rows("PRAGMA max_page_count = 1000000")
        engine.write_frames(segment.id, [frame(i, range(30), 64) for i in range(50, 150)])
        engine.write_tracklet(segment.id, tracklet(9, 0, range(50, 150), range(30)))
    assert len(project.crops("c1s1t9")) == 2


def test_full_disk_for_a_decision(project: Project) -> None:
    project._database.rows(f"PRAGMA max_page_count = {project._database.value('PRAGMA page_count')}")
    with pytest.raises(StoreError, match="disk is full"):  # noqa: PT012
        for _ in range(200):
            project.decide("c1s1t1", "c1s1t2", "same", note="x" * 900)
    n = len(project.log())
    project._database.rows("PRAGMA max_page_count = 1000000")
    project.decide("c1s1t1", "c1s1t2", "same")
    assert len(project.log()) == n + 1
    assert project.verify_log() == []


class Broken:
    """Fails the n-th call of a system function, and all after it, with an error of the disk."""

    def __init__(self, real: object, nth: int, code: int) -> None:
        self.real, self.left, self.code = real, nth, code

    def __call__(self, *arguments: object) -> object:
        self.left -= 1
        if self.left < 0:
            raise OSError(self.code, os.strerror(self.code))
        return self.real(*arguments)  # type: ignore[operator]


@pytest.mark.parametrize("code", [errno.ENOSPC, errno.EIO])
@pytest.mark.parametrize("function", ["write", "fsync"])
@pytest.mark.parametrize("nth", [0, 1, 2, 3, 5])
def test_broken_disk_beside_the_database(
    project: Project, monkeypatch: pytest.MonkeyPatch, function: str, nth: int, code: int
) -> None:
    before = everything(project)
    broken = Broken(os.fsync if function == "fsync" else sidecar.SidecarWriter._write, nth, code)
    with project.engine() as engine, monkeypatch.context() as patch:
        segment = engine.begin_segment(1, "d", "t")
        engine.write_frames(segment.id, [frame(i, [0, 1, 2]) for i in range(50, 60)])
        before = everything(project)
        if function == "fsync":
            patch.setattr(sidecar.os, "fsync", broken)
        else:
            patch.setattr(sidecar.SidecarWriter, "_write", lambda *a: broken(*a))
        refused: list[StoreError] = []
        try:
            with engine.transaction():
                new = engine.write_tracklet(segment.id, tracklet(9, 0, range(50, 60), [0, 1, 2]))
                space = engine.ensure_space(SPACE)
                engine.write_vectors(space, new, np.array([vector("a"), vector("b")]), vector(new))
        except StoreError as error:
            refused.append(error)
        for error in refused:
            assert os.strerror(code) in str(error)
            assert "What was committed before is kept" in str(error)
            assert everything(project) == before
        assert refused or broken.left >= 0
    with project.engine() as engine:
        engine.write_tracklet(segment.id, tracklet(9, 0, range(50, 60), [0, 1, 2]))
        embed_all(project, engine)
    assert len(project.crops("c1s1t9")) == 2
    assert len(project.descriptors(SPACE.key)[0]) == 4
    assert project.problems() == []


def test_sidecars_reach_the_disk_before_the_database(
    project: Project, monkeypatch: pytest.MonkeyPatch
) -> None:
    """At the moment of the commit, pictures and vectors are written and synced."""
    seen: list[str] = []
    real_write, real_sync = sidecar.SidecarWriter._write, os.fsync
    monkeypatch.setattr(sidecar.SidecarWriter, "_write", lambda *a: (seen.append("write"), real_write(*a))[1])
    monkeypatch.setattr(sidecar.os, "fsync", lambda fd: (seen.append("sync"), real_sync(fd))[1])
    project._database._connection.set_trace_callback(lambda sql: seen.append(sql.split()[0]))
    with project.engine() as engine:
        segment = engine.begin_segment(1, "d", "t")
        seen.clear()
        engine.write_tracklet(segment.id, tracklet(2, 0, range(10), [0, 1, 2]))
    project._database._connection.set_trace_callback(None)
    commit = seen.index("COMMIT")
    assert "write" in seen[:commit]
    assert seen[:commit].index("write") < commit - seen[:commit][::-1].index("sync") - 1
    assert "write" not in seen[commit:]


# --- kill -9


KILLER = """
import json, os, random, signal, sys, time
from pathlib import Path
from reid_core.store import Project
from tests.unit.reid_core.store.build import *
import filelock

def work(path, out):
    with Project.open(path) as project, project.engine() as engine:
        assert engine.notices == ()
        space = engine.ensure_space(SPACE)
        segment = engine.begin_segment(1, "d", "t")
        at, order = segment.next_frame_idx, engine.count_tracklets(segment.id)
        os.write(out, b"%d %d %d\\n" % (at, order, len(project.log())))
        while True:
            with engine.transaction():  # ten frames and their tracklet belong together
                engine.write_frames(segment.id, [frame(i, [0, 1], 16) for i in range(at, at + 10)])
                order += 1
                row = tracklet(order, 0, range(at, at + 10), [0, 1], label=str(order))
                done = engine.write_tracklet(segment.id, row)
                engine.write_vectors(space, done, np.array([vector(done), vector("x" + done)]), vector(done))
            at += 10
            project.set_clock("gate", float(at))
            if order % 3 == 0:
                project.undo()
            os.write(out, b"%d %d %d\\n" % (at, order, len(project.log())))

rng, announced = random.Random(5), []
for kill in range(int(sys.argv[2])):
    out_read, out_write = os.pipe()
    child = os.fork()  # the modules are loaded once
    if child == 0:
        work(Path(sys.argv[1]), out_write)
    os.close(out_write)
    with os.fdopen(out_read) as out:
        first = out.readline()
        time.sleep(rng.uniform(0, 0.12))
        os.kill(child, signal.SIGKILL)
        lines = [first, *out]
    os.waitpid(child, 0)
    announced.append([[int(n) for n in line.split()] for line in lines if line.endswith("\\n")])
print(json.dumps(announced))
"""


@pytest.mark.skipif(os.name != "posix", reason="children are forked")
def test_killed_at_random_moments(tmp_path: Path) -> None:
    """Forty kills in a loop of transactions: all that was announced is there, nothing by halves."""
    path = tmp_path / "p.sightline"
    with Project.create(path) as project:
        add_source(project, "gate")
    killer = subprocess.run(
        [sys.executable, "-W", "ignore", "-c", KILLER, str(path), str(KILLS)],
        capture_output=True,
        text=True,
        check=False,
        env={**os.environ, "OPENBLAS_NUM_THREADS": "1"},
        timeout=300,
    )
    assert killer.returncode == 0, killer.stderr
    rounds = json.loads(killer.stdout)
    assert len(rounds) == KILLS
    for before, after in pairwise(rounds):
        assert all(a >= b for a, b in zip(after[0], before[-1], strict=True)), "something announced was lost"
    announced = rounds[-1][-1]
    with Project.open(path) as project, project.engine() as engine:
        assert engine.notices == ()
        segment = engine.segment_of(1)
        n_frames, n_tracklets, n_events = announced
        assert segment.n_frames == segment.next_frame_idx == 10 * segment.n_tracklets >= n_frames
        assert segment.n_tracklets >= n_tracklets
        assert len(project.log()) >= n_events
        assert project.verify_log() == []
        assert n_tracklets >= KILLS / 2
        found = project.tracklets()
        assert [t.id for t in found] == [f"c1s1t{n + 1}" for n in range(segment.n_tracklets)]
        assert all(len(project.crops(t.id)) == 2 for t in found)
        ids, matrix = project.descriptors(SPACE.key)
        assert ids == [t.id for t in found]
        assert matrix.shape == (len(found), 8)
        assert all(len(row.detections) == 2 for row in project.frame_rows(segment.id))
    # The same work without any kill leaves the same rows.
    with Project.create(tmp_path / "q.sightline") as calm:
        add_source(calm, "gate")
        with calm.engine() as engine:
            segment = engine.begin_segment(1, "d", "t")
            engine.write_frames(segment.id, [frame(i, [0, 1], 16) for i in range(10 * len(found))])
            for n in range(len(found)):
                row = tracklet(n + 1, 0, range(10 * n, 10 * n + 10), [0, 1], label=str(n + 1))
                engine.write_tracklet(segment.id, row)
    tables = ("frame", "detection", "appearance", "tracklet", "member")
    dumps = []
    for each in (path, tmp_path / "q.sightline"):
        with closing(connect(each)) as connection:
            dumps.append([connection.execute(f"SELECT * FROM {table}").fetchall() for table in tables])
    assert dumps[0] == dumps[1]


# --- every error is for people


def test_errors_are_one_sentence_or_two(project: Project) -> None:
    for ask in (
        lambda: project.decide("c1s1t1", "nobody", "same"),
        lambda: project.decide("c1s1t1", "c1s1t1", "same"),
        lambda: project.undo(),
        lambda: project.descriptors("none"),
        lambda: Project.create(project.path),
    ):
        with pytest.raises(ReidError) as refused:
            ask()
        message = str(refused.value)
        assert "\n" not in message
        assert len(message) < 300


def test_nothing_is_left_in_memory_after_failure(project: Project) -> None:
    """A failed transaction leaves no pictures behind that the next one would write."""
    with project.engine() as engine:
        segment = engine.begin_segment(1, "d", "t")
        size = (project.sidecar / "crops.pack").stat().st_size
        with pytest.raises(ValueError, match="frames"):
            engine.write_tracklet(segment.id, tracklet(7, 0, range(900, 910), [0]))
        with pytest.raises(ZeroDivisionError), engine.transaction():  # noqa: PT012 - fails after its writes
            engine.write_tracklet(segment.id, tracklet(7, 0, range(10), [0, 1, 2]))
            _ = 1 / 0
        engine.write_frames(segment.id, [frame(50, [0, 1, 2])])
        assert (project.sidecar / "crops.pack").stat().st_size == size


def test_fill_is_whole(project: Project) -> None:
    with project.engine() as engine:
        assert fill(project, engine, 1) == ["c1s1t1", "c1s1t2", "c1s1t3"]
