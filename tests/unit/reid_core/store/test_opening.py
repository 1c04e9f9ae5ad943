import os
import shutil
import sqlite3
import struct
import subprocess
import sys
import textwrap
from contextlib import closing
from pathlib import Path

import numpy as np
import pytest

from reid_core.errors import ProjectUnreadableError
from reid_core.store import Project
from reid_core.store.failures import StoreError
from reid_core.store.header import APPLICATION_ID, wal_path
from reid_core.store.places import network_warning
from tests.unit.reid_core.store.build import hashes, made


def patch(path: Path, offset: int, data: bytes) -> None:
    with path.open("r+b") as file:
        file.seek(offset)
        file.write(data)


@pytest.fixture
def path(tmp_path: Path) -> Path:
    """A closed, whole project."""
    path = tmp_path / "Ä 测试 ’.sightline"
    with made(path, ("gate",)) as project:
        project.decide("c1s1t1", "c1s1t2", "different")
    return path


def refuse(path: Path, words: str) -> str:
    """Opening is refused with these words, twice, and changes nothing on the disk."""
    before = hashes(path)
    message = ""
    for _ in range(2):
        with pytest.raises(ProjectUnreadableError, match=words) as refused:
            Project.open(path)
        message = str(refused.value)
        assert refused.value.exit_code == 6
    assert hashes(path) == before
    assert str(path) in message
    return message


def run(code: str, *arguments: object) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-c", textwrap.dedent(code), *map(str, arguments)],
        capture_output=True,
        text=True,
        check=True,
    )


def leave_open(path: Path) -> None:
    """Write to a project in a process that dies without closing it: the log stays behind."""
    run(
        """
        import os, sys
        from pathlib import Path
        from reid_core.store import Project
        project = Project.open(Path(sys.argv[1]))
        project.set_setting("left", list(range(3000)))
        os._exit(0)
        """,
        path,
    )
    assert wal_path(path).stat().st_size > 0


def test_opens_what_it_made(path: Path) -> None:
    with Project.open(path) as project:
        assert len(project.tracklets()) == 3
        assert len(project.log()) == 1
        assert not project.read_only
    assert not wal_path(path).exists()


def test_absent(tmp_path: Path) -> None:
    with pytest.raises(ProjectUnreadableError, match="no project at"):
        Project.open(tmp_path / "none.sightline")
    assert list(tmp_path.iterdir()) == []


def test_folder(tmp_path: Path) -> None:
    with pytest.raises(ProjectUnreadableError, match="is a folder"):
        Project.open(tmp_path)


def test_zero_bytes(path: Path) -> None:
    path.write_bytes(b"")
    refuse(path, "is empty")


@pytest.mark.parametrize("content", [b"x", b"no database at all" * 100, b"SQLite format 3", b"\x00" * 8192])
def test_foreign(path: Path, content: bytes) -> None:
    path.write_bytes(content)
    refuse(path, "no Sightline project|damaged")


def test_another_programs_database(path: Path, tmp_path: Path) -> None:
    path.unlink()
    with closing(sqlite3.connect(path)) as other:
        other.execute("CREATE TABLE t (a)")
        other.execute("PRAGMA application_id = 77")
        other.commit()
    refuse(path, "another program")


def test_newer(path: Path) -> None:
    patch(path, 60, struct.pack(">i", 99))
    assert "Update Sightline" in refuse(path, "newer")


def test_newer_in_the_log_only(path: Path) -> None:
    """A newer version wrote to it and was killed: its number stands in the write-ahead log."""
    run(
        """
        import os, sqlite3, sys
        c = sqlite3.connect(sys.argv[1])
        c.execute("PRAGMA wal_autocheckpoint = 0")
        c.execute("PRAGMA user_version = 99")
        os._exit(0)
        """,
        path,
    )
    assert struct.unpack(">i", path.read_bytes()[60:64]) == (1,)
    refuse(path, "newer")


def test_uncommitted_newer_number_is_not_believed(path: Path) -> None:
    run(
        """
        import os, sqlite3, sys
        c = sqlite3.connect(sys.argv[1], isolation_level=None)
        c.execute("PRAGMA cache_size = 1")
        c.execute("BEGIN IMMEDIATE")
        c.execute("PRAGMA user_version = 99")
        numbers = "WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i+1 FROM n WHERE i<5000)"
        c.execute(f"CREATE TABLE big AS {numbers} SELECT i, randomblob(100) FROM n")
        os._exit(0)
        """,
        path,
    )
    assert wal_path(path).stat().st_size > 0
    with Project.open(path) as project:
        assert len(project.tracklets()) == 3


def test_version_zero(path: Path) -> None:
    patch(path, 60, struct.pack(">i", 0))
    refuse(path, "damaged")


def test_truncated_everywhere(path: Path) -> None:
    whole = path.read_bytes()
    for size in range(0, len(whole), 4096 * 3 + 512):
        path.write_bytes(whole[:size])
        refuse(path, "empty|damaged|no Sightline project")


def test_random_damage_is_refused_or_harmless(path: Path) -> None:
    """Bytes overwritten anywhere: refused as damaged, or harmless; never another error, never a change."""
    whole = path.read_bytes()
    rng = np.random.default_rng(3)
    n_refused = 0
    for _ in range(60):
        at = int(rng.integers(0, len(whole) // 512)) * 512
        path.write_bytes(whole[:at] + rng.bytes(4096) + whole[at + 4096 :])
        before = hashes(path)
        try:
            with Project.open(path) as project:
                project.tracklets()
                project.verify_log()
        except ProjectUnreadableError:
            n_refused += 1
            assert hashes(path) == before
    assert n_refused > 30


def test_lost_pages_zeroed(path: Path) -> None:
    patch(path, 4096 * 2, bytes(4096 * 3))
    refuse(path, "damaged")


def test_damage_beside_a_log_left_by_a_kill(path: Path) -> None:
    """SQLite would replay the log into the damaged file; it is examined on a copy instead."""
    leave_open(path)
    patch(path, 4096 * 2, b"\xff" * 4096 * 3)
    shm = path.with_name(path.name + "-shm")
    assert shm.exists()
    refuse(path, "damaged")


def test_log_left_by_a_kill_is_replayed(path: Path) -> None:
    leave_open(path)
    with Project.open(path) as project:
        assert project.setting("left") == list(range(3000))


def test_garbage_log(path: Path) -> None:
    """A log that is no log holds nothing that was committed; the file itself is whole."""
    wal_path(path).write_bytes(b"garbage" * 1000)
    with Project.open(path) as project:
        assert len(project.tracklets()) == 3


def test_lost_log_loses_only_what_was_in_it(path: Path) -> None:
    leave_open(path)
    wal_path(path).unlink()
    with Project.open(path) as project:
        assert project.setting("left") is None
        assert len(project.tracklets()) == 3


def test_lacking_tables(path: Path) -> None:
    with closing(sqlite3.connect(path)) as other:
        other.execute("DROP TABLE current_ghost")
        other.commit()
    refuse(path, "lacks current_ghost")


def test_lacking_triggers(path: Path) -> None:
    with closing(sqlite3.connect(path)) as other:
        other.execute("DROP TRIGGER event_is_not_deleted")
        other.commit()
    refuse(path, "lacks event_is_not_deleted")


def test_a_whole_file_is_read_through_once(path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    calls = []
    from reid_core.store import examine

    real = examine._examine
    monkeypatch.setattr(examine, "_examine", lambda *a, **k: calls.append(a) or real(*a, **k))
    with Project.open(path) as project:
        project.set_setting("a", 1)
    Project.open(path).close()
    assert calls == []  # closed properly each time
    path.touch()
    Project.open(path).close()
    assert len(calls) == 1


def test_create_refuses_what_exists(path: Path) -> None:
    before = hashes(path)
    with pytest.raises(StoreError, match="exists already"):
        Project.create(path)
    assert hashes(path) == before


def test_create_refuses_the_folder_of_another(path: Path) -> None:
    path.unlink()
    with pytest.raises(StoreError, match="another project"):
        Project.create(path)


def test_create_in_no_folder(tmp_path: Path) -> None:
    with pytest.raises(StoreError, match="cannot be used"):
        Project.create(tmp_path / "none" / "a.sightline")


def test_open_create(tmp_path: Path) -> None:
    with Project.open(tmp_path / "a.sightline", create=True) as project:
        project.add_camera("gate")
    with Project.open(tmp_path / "a.sightline", create=True) as project:
        assert [c.name for c in project.cameras()] == ["gate"]
    assert sorted(p.name for p in tmp_path.iterdir()) == ["a.sightline", "a.sightline.d"]


def test_file_format(path: Path) -> None:
    data = path.read_bytes()
    assert struct.unpack(">I", data[68:72]) == (APPLICATION_ID,)
    assert struct.unpack(">i", data[60:64]) == (1,)
    assert data[18:20] == b"\x02\x02"  # write-ahead logging
    with closing(sqlite3.connect(path)) as connection:
        tables = connection.execute(
            "SELECT name FROM pragma_table_list WHERE NOT strict AND schema = 'main'"
        ).fetchall()
    assert [name for (name,) in tables if not name.startswith("sqlite_")] == []


OPEN = """
import sys; from pathlib import Path; from reid_core.store import Project
project = Project.open(Path(sys.argv[1]))
"""


def test_second_opening_in_one_process_keeps_the_locks(path: Path) -> None:
    """Looking at the bytes of an open file would drop its POSIX locks; another process closing the project
    would then take itself for the last user and delete the log under our feet."""
    with Project.open(path) as writer:
        writer.set_setting("a", 1)
        Project.open(path).close()
        run(
            OPEN + "project.close()",
            path,
        )
        assert wal_path(path).exists()
        writer.set_setting("b", 2)
        seen = run(
            OPEN + "print(project.setting('b'))",
            path,
        )
        assert seen.stdout.strip() == "2"


def test_closing_twice(path: Path) -> None:
    project = Project.open(path)
    project.close()
    project.close()


AS_NOBODY = """
import json, os, sys
import filelock, psutil  # before the rights are given up
from pathlib import Path
from reid_core.errors import ReidError
from reid_core.store import Project
os.umask(0)
if os.getuid() == 0:
    os.setgid(65534); os.setuid(65534)
out = {}
try:
    with Project.open(Path(sys.argv[1])) as project:
        out["read_only"] = project.read_only
        out["n"] = len(project.tracklets())
        out["crops"] = len(project.crops("c1s1t1"))
        out["problems"] = project.problems()
        for name, do in (
            ("decide", lambda: project.decide("c1s1t1", "c1s1t2", "same")),
            ("engine", lambda: project.engine().__enter__()),
            ("undo", lambda: project.undo()),
        ):
            try:
                do()
                out[name] = "done"
            except ReidError as error:
                out[name] = f"{type(error).__name__}: {error}"
except ReidError as error:
    out["error"] = f"{type(error).__name__}: {error}"
print(json.dumps(out))
"""


@pytest.fixture
def shared(path: Path) -> Path:
    """The project in a folder that everybody may read and nobody may write."""
    import tempfile

    folder = Path(tempfile.mkdtemp(prefix="sightline-read-only-"))
    target = folder / "p.sightline"
    shutil.copy(path, target)
    shutil.copytree(path.with_name(path.name + ".d"), folder / "p.sightline.d")
    yield target
    for each in [folder, *folder.rglob("*")]:
        each.chmod(0o755)
    shutil.rmtree(folder)


def lock_down(target: Path) -> None:
    for each in [*target.parent.rglob("*"), target.parent]:
        each.chmod(0o555 if each.is_dir() else 0o444)


@pytest.mark.skipif(os.name != "posix", reason="permissions are POSIX here")
def test_read_only_folder(shared: Path) -> None:
    import json

    lock_down(shared)
    before = hashes(shared)
    out = json.loads(run(AS_NOBODY, shared).stdout)
    assert hashes(shared) == before
    assert out["read_only"] is True
    assert (out["n"], out["crops"]) == (3, 2)
    assert any("read-only" in p for p in out["problems"])
    for name in ("decide", "engine", "undo"):
        assert out[name].startswith("StoreError"), out
        assert "read-only" in out[name], out


@pytest.mark.skipif(os.name != "posix", reason="permissions are POSIX here")
def test_read_only_folder_with_a_log(shared: Path) -> None:
    import json

    leave_open(shared)
    lock_down(shared)
    before = hashes(shared)
    out = json.loads(run(AS_NOBODY, shared).stdout)
    assert hashes(shared) == before
    assert "read-only" in out["error"]


@pytest.mark.skipif(os.name != "posix", reason="permissions are POSIX here")
def test_unreadable_file(shared: Path) -> None:
    import json

    shared.chmod(0o200)
    shared.parent.chmod(0o755)
    out = json.loads(run(AS_NOBODY, shared).stdout)
    assert out["error"].startswith("ProjectUnreadableError")
    assert "ermission" in out["error"]


def test_network_folders_are_named() -> None:
    mounts = [("/", "ext4"), ("/mnt/share", "nfs4"), ("/mnt/share/local", "xfs")]
    assert "network folder" in (network_warning(Path("/mnt/share/a.sightline"), mounts) or "")
    assert network_warning(Path("/mnt/share/local/a.sightline"), mounts) is None
    assert network_warning(Path("/home/a.sightline"), mounts) is None
    assert network_warning(Path("/a.sightline"), []) is None


def test_missing_sidecar_is_reported(path: Path) -> None:
    shutil.rmtree(path.with_name(path.name + ".d"))
    with Project.open(path) as project:
        problems = project.problems()
        assert len(problems) == 3
        assert "sightline ingest" in problems[0]
        assert "sightline embed" in problems[1]
        assert len(project.tracklets()) == 3
        with pytest.raises(StoreError, match="lost or damaged"):
            project.crops("c1s1t1")
