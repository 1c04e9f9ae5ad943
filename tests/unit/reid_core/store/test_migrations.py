"""Old projects open in newer versions: steps in order, a backup first, nothing by halves."""

import struct
import zipfile
from contextlib import closing
from pathlib import Path
from sqlite3 import connect

import pytest

from reid_core.errors import ProjectUnreadableError
from reid_core.pipeline.identities import identities
from reid_core.store import Project
from reid_core.store.database import Database
from reid_core.store.failures import StoreError
from reid_core.store.migrations import MIGRATIONS, Migration, backup_path
from reid_core.store.opening import close_database, open_database
from tests.unit.reid_core.store.build import SPACE, hashes, made

FIXTURES = Path(__file__).resolve().parents[3] / "fixtures" / "projects"


def _second(database: Database) -> None:
    database.run("CREATE TABLE extra (a INTEGER) STRICT")
    database.run("INSERT INTO extra VALUES (2)")


def _third(database: Database) -> None:
    database.run("ALTER TABLE extra ADD COLUMN b INTEGER")
    database.run("UPDATE extra SET b = 3")


def _broken(database: Database) -> None:
    database.run("DROP TABLE extra")
    raise StoreError("the third step fails")


LATER = (*MIGRATIONS, Migration(2, "second", _second), Migration(3, "third", _third))


@pytest.fixture
def path(tmp_path: Path) -> Path:
    with made(tmp_path / "p.sightline", ("gate",)) as project:
        project.decide("c1s1t1", "c1s1t2", "same")
    return tmp_path / "p.sightline"


def version(path: Path) -> int:
    return int(struct.unpack(">i", path.read_bytes()[60:64])[0])


def test_versions_rise_by_one() -> None:
    assert [m.version for m in MIGRATIONS] == list(range(1, len(MIGRATIONS) + 1))
    assert len({m.name for m in MIGRATIONS}) == len(MIGRATIONS)


def test_steps_run_in_order_with_a_backup_first(path: Path) -> None:
    database = open_database(path, migrations=LATER)
    assert database.rows("SELECT a, b FROM extra") == [(2, 3)]
    close_database(database)
    assert version(path) == 3
    backup = backup_path(path, path.with_name(path.name + ".d"), 1)
    assert version(backup) == 1
    with closing(connect(backup)) as connection:
        assert connection.execute("SELECT count(*) FROM event").fetchone() == (1,)
        assert connection.execute("SELECT count(*) FROM sqlite_schema WHERE name = 'extra'").fetchone() == (
            0,
        )
    database = open_database(path, migrations=LATER)  # and once only
    assert database.rows("SELECT a, b FROM extra") == [(2, 3)]
    close_database(database)


def test_a_migrated_project_is_newer_for_this_version(path: Path) -> None:
    close_database(open_database(path, migrations=LATER))
    before = hashes(path)
    with pytest.raises(ProjectUnreadableError, match="newer Sightline"):
        Project.open(path)
    assert hashes(path) == before


def test_a_failing_step_leaves_the_step_before(path: Path) -> None:
    broken = (*LATER[:2], Migration(3, "broken", _broken))
    with pytest.raises(StoreError, match="third step"):
        open_database(path, migrations=broken)
    database = open_database(path, migrations=LATER[:2])
    assert database.rows("SELECT a FROM extra") == [(2,)]
    close_database(database)
    database = open_database(path, migrations=LATER)
    assert database.rows("SELECT a, b FROM extra") == [(2, 3)]
    close_database(database)


def test_no_backup_no_migration(path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def full(database: Database, target: Path) -> None:
        raise StoreError("The disk is full")

    monkeypatch.setattr(Database, "back_up", full)
    with pytest.raises(StoreError, match="disk is full"):
        open_database(path, migrations=LATER)
    assert version(path) == 1
    Project.open(path).close()


def test_an_old_project_in_a_read_only_folder_says_so(path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    from reid_core.store import opening

    monkeypatch.setattr(opening, "writable", lambda path: False)
    before = hashes(path)
    with pytest.raises(StoreError, match="read-only"):
        open_database(path, migrations=LATER)
    assert hashes(path) == before


@pytest.mark.parametrize("archive", sorted(FIXTURES.glob("*.zip")), ids=lambda p: p.stem)
def test_every_released_format_opens(archive: Path, tmp_path: Path) -> None:
    """Projects that released versions left behind; see ``tests/fixtures/projects/make_fixture.py``."""
    with zipfile.ZipFile(archive) as packed:
        packed.extractall(tmp_path)
    (path,) = tmp_path.glob("*.sightline")
    assert version(path) == int(archive.stem.removeprefix("format"))
    with Project.open(path) as project:
        assert project.problems() == []
        assert project.verify_log() == []
        assert {t.id for t in project.tracklets()} == {"c1s1t1", "c1s1e4", "c1s1t2", "c2s1t1", "c2s1t2"}
        assert [i.tracklets for i in identities(project).identities] == [("c1s1t1", "c2s1t1")]
        assert identities(project).identities[0].name == "Ana"
        assert project.cameras()[1].offset_ms == 250.0
        assert [t for t in project.tracklets() if project.crops(t.id)] == project.tracklets()
        ids, matrix = project.descriptors(SPACE.key)
        assert sorted(ids) == ["c1s1t2", "c2s1t1", "c2s1t2"]
        assert matrix.shape == (3, 8)
        assert project.redo().kind == "clock_set"
        project.undo()
        with project.engine() as engine:
            assert engine.notices == ()
        before = [(t.id, project.boxes(t.id).xyxy.tolist()) for t in project.tracklets()]
        project.rebuild()
        assert [(t.id, project.boxes(t.id).xyxy.tolist()) for t in project.tracklets()] == before


def test_the_newest_format_has_a_fixture() -> None:
    assert (FIXTURES / f"format{MIGRATIONS[-1].version}.zip").is_file()
