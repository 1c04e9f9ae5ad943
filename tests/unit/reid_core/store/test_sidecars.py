"""What is cut off, lost or damaged in the log and beside the database: at most the last transaction goes."""

import json
import shutil
import subprocess
import sys
import textwrap
from pathlib import Path

import pytest

from reid_core.store import Project
from reid_core.store.failures import StoreError
from reid_core.store.header import wal_path
from reid_core.store.sidecar import CROPS, HEADER_BYTES, SidecarKind, SidecarWriter, available_bytes
from tests.unit.reid_core.store.build import SPACE, embed_all, hashes, made, png, tracklet, vector

UUID = "0123456789abcdef" * 2
STEP = 512


@pytest.fixture(scope="module")
def killed(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, dict[str, int], dict[str, int]]:
    """A project whose engine was killed after its last transaction; its files' sizes before and after."""
    path = tmp_path_factory.mktemp("killed") / "p.sightline"
    code = """
        import json, os, sys
        from pathlib import Path
        import numpy as np
        from reid_core.store import Project
        from tests.unit.reid_core.store.build import *
        path = Path(sys.argv[1])
        names = {
            "wal": path.with_name(path.name + "-wal"),
            "crops": path.with_name(path.name + ".d") / "crops.pack",
            "rows": path.with_name(path.name + ".d") / "vectors" / (SPACE.key[:16] + ".f16"),
            "crop rows": path.with_name(path.name + ".d") / "vectors" / (SPACE.key[:16] + ".crops.f16"),
        }
        def sizes():
            print(json.dumps({name: file.stat().st_size for name, file in names.items()}))
        project = Project.create(path)
        engine = project.engine().__enter__()
        fill(project, engine, add_source(project, "gate"), people=[0, 1])
        project.decide("c1s1t1", "c1s1t2", "different", actor="a")
        sizes()
        with engine.transaction():  # the last transaction
            segment = engine.begin_segment(1, "d", "t").id
            engine.write_frames(segment, [frame(i, [0, 1]) for i in range(50, 60)])
            row = tracklet(3, 0, range(50, 60), [0, 1], label="last")
            engine.write_tracklet(segment, row)
            space = engine.ensure_space(SPACE)
            engine.write_vectors(space, "c1s1t3", np.array([vector("a"), vector("b")]), vector("c1s1t3"))
        sizes()
        os._exit(9)
    """
    child = subprocess.run(
        [sys.executable, "-c", textwrap.dedent(code), str(path)], capture_output=True, text=True, check=False
    )
    assert child.returncode == 9, child.stderr
    before, after = map(json.loads, child.stdout.splitlines())
    return path, before, after


def copy_of(path: Path, folder: Path) -> Path:
    shutil.rmtree(folder, ignore_errors=True)
    shutil.copytree(path.parent, folder)
    (folder / (path.name + "-shm")).unlink(missing_ok=True)
    return folder / path.name


def cut(file: Path, size: int) -> None:
    with file.open("r+b") as f:
        f.truncate(size)


def check_earlier(project: Project) -> None:
    """Everything before the last transaction is there."""
    assert {"c1s1t1", "c1s1t2"} <= {t.id for t in project.tracklets()}
    assert [c.png for c in project.crops("c1s1t1")] == [png("gate 0 0"), png("gate 0 25")]
    ids, matrix = project.descriptors(SPACE.key)
    for tracklet_id in ("c1s1t1", "c1s1t2"):
        assert matrix[ids.index(tracklet_id)].tolist() == vector(tracklet_id).astype("f2").tolist()
        assert project.crop_vectors(SPACE.key, tracklet_id).shape == (2, 8)
    assert len(project.log()) == 1
    assert project.verify_log() == []


def test_truncated_log(killed: tuple[Path, dict[str, int], dict[str, int]], tmp_path: Path) -> None:
    path, before, after = killed
    assert after["wal"] > before["wal"]
    outcomes = set()
    for size in [*range(before["wal"], after["wal"], STEP), after["wal"]]:
        copy = copy_of(path, tmp_path / "copy")
        cut(wal_path(copy), size)
        with Project.open(copy) as project:
            check_earlier(project)
            n = len(project.tracklets())
            n_frames = project.segments()[0].n_frames
            assert (n, n_frames) in ((2, 50), (3, 60))
            outcomes.add(n)
            if n == 3:
                assert len(project.crops("c1s1t3")) == 2
    assert outcomes == {2, 3}


def test_a_tail_that_the_database_does_not_know_is_cut_by_the_engine_only(
    killed: tuple[Path, dict[str, int], dict[str, int]], tmp_path: Path
) -> None:
    path, before, _ = killed
    copy = copy_of(path, tmp_path / "copy")
    cut(wal_path(copy), before["wal"])
    pack = copy.with_name(copy.name + ".d") / "crops.pack"
    size = pack.stat().st_size
    assert size > before["crops"]
    with Project.open(copy) as project:
        check_earlier(project)
        assert pack.stat().st_size == size
        assert project.problems() == []
        with project.engine() as engine:
            assert engine.notices == ()
            segment = engine.begin_segment(1, "d", "t")
            engine.write_tracklet(segment.id, tracklet(3, 0, range(40, 50), [0, 1], label="new"))
            embed_all(project, engine)
        check_earlier(project)
        assert project.crops("c1s1t3")[0].png == png("new 0 40")
        assert len(project.descriptors(SPACE.key)[0]) == 3
    assert pack.stat().st_size == size  # two crops of the same size took the place of the tail


@pytest.mark.parametrize("name", ["crops", "rows", "crop rows"])
def test_truncated_sidecar(
    killed: tuple[Path, dict[str, int], dict[str, int]], tmp_path: Path, name: str
) -> None:
    """The database is whole, a sidecar lost its end: only the last transaction's pictures or vectors go."""
    path, before, after = killed
    step = STEP if name == "crops" else 1 if after[name] - before[name] < 64 else 8
    sizes = [*range(before[name], after[name], step), after[name]]
    assert len(sizes) >= 3
    for size in sizes:
        copy = copy_of(path, tmp_path / "copy")
        folder = copy.with_name(copy.name + ".d")
        file = folder / "crops.pack"
        if name != "crops":
            file = folder / "vectors" / f"{SPACE.key[:16]}{'.crops' if name == 'crop rows' else ''}.f16"
        cut(file, size)
        lost = size < after[name]
        with Project.open(copy) as project:
            check_earlier(project)
            problems = project.problems()
            assert len(problems) == lost
            if name == "crops" and lost:
                assert "sightline ingest" in problems[0]
                with pytest.raises(StoreError, match="lost or damaged"):
                    project.crops("c1s1t3")
            elif lost:
                assert "sightline embed" in problems[0]
                assert project.undescribed_tracklets(SPACE.key) == ["c1s1t3"]
            with project.engine() as engine:
                assert engine.notices == tuple(problems)
                if name == "crops" and lost:  # tracked again from its frames, which cuts the pictures again
                    assert engine.segment_of(1).state == "open"
                    assert engine.begin_segment(1, "d", "t").n_frames == 60
                else:
                    embed_all(project, engine)
                    check_earlier(project)
                    assert len(project.descriptors(SPACE.key)[0]) == 3
            assert project.problems() == []


def test_reading_changes_nothing(tmp_path: Path) -> None:
    path = tmp_path / "p.sightline"
    with made(path):
        pass
    with (tmp_path / "p.sightline.d" / "crops.pack").open("ab") as pack:
        pack.write(b"tail")
    before = hashes(path)
    with Project.open(path) as project:
        project.crops("c1s1t1")
        project.descriptors(SPACE.key)
        project.judgements()
        project.problems()
    assert hashes(path) == before


def test_lost_folder_is_made_again(tmp_path: Path) -> None:
    path = tmp_path / "p.sightline"
    with made(path):
        pass
    shutil.rmtree(tmp_path / "p.sightline.d")
    with Project.open(path) as project:
        assert project.descriptors(SPACE.key)[0] == []
        with project.engine() as engine:
            assert len(engine.notices) == 3
            for source_id in (1, 2):
                segment = engine.begin_segment(source_id, "d", "t")
                assert (segment.state, segment.n_frames, segment.n_tracklets) == ("open", 50, 0)
                for order in (1, 2, 3):
                    engine.write_tracklet(segment.id, tracklet(order, order - 1, range(50), [0, 1, 2]))
            embed_all(project, engine)
        assert project.problems() == []
        assert len(project.descriptors(SPACE.key)[0]) == 6
        assert len(project.crops("c2s1t3")) == 2


def test_lost_vectors_alone_are_computed_again(tmp_path: Path) -> None:
    path = tmp_path / "p.sightline"
    with made(path):
        pass
    for file in (tmp_path / "p.sightline.d" / "vectors").iterdir():
        file.write_bytes(b"something else altogether, as long as the header is" * 9)
    with Project.open(path) as project:
        assert len(project.problems()) == 2
        assert project.descriptors(SPACE.key)[0] == []
        assert len(project.undescribed_tracklets(SPACE.key)) == 6
        with project.engine() as engine:
            embed_all(project, engine)
        assert len(project.descriptors(SPACE.key)[0]) == 6


def test_a_folder_of_another_project_is_not_believed(tmp_path: Path) -> None:
    for name in ("a", "b"):
        (tmp_path / name).mkdir()
        with made(tmp_path / name / "p.sightline"):
            pass
    shutil.rmtree(tmp_path / "a" / "p.sightline.d")
    shutil.copytree(tmp_path / "b" / "p.sightline.d", tmp_path / "a" / "p.sightline.d")
    with Project.open(tmp_path / "a" / "p.sightline") as project:
        assert "another project's" in project.problems()[0]
        assert project.descriptors(SPACE.key)[0] == []


def test_damaged_picture(tmp_path: Path) -> None:
    with made(tmp_path / "p.sightline", ("gate",)) as project:
        pack = project.sidecar / "crops.pack"
        data = bytearray(pack.read_bytes())
        data[HEADER_BYTES + 10] ^= 1
        pack.write_bytes(data)
        with pytest.raises(StoreError, match="lost or damaged"):
            project.crops("c1s1t1")
        assert len(project.crops("c1s1t2")) == 2


# --- the writer itself


def test_writer(tmp_path: Path) -> None:
    kind, path = SidecarKind(CROPS, UUID), tmp_path / "new" / "f"
    assert available_bytes(path, kind) == 0
    writer = SidecarWriter(path, kind, 0)
    assert [writer.append(b"abc"), writer.append(b"de")] == [HEADER_BYTES, HEADER_BYTES + 3]
    assert path.stat().st_size == HEADER_BYTES
    writer.flush()
    assert path.read_bytes()[HEADER_BYTES:] == b"abcde"
    writer.roll_back()
    assert writer.append(b"x") == HEADER_BYTES
    writer.flush()
    writer.commit()
    assert writer.append(b"yz") == HEADER_BYTES + 1
    writer.flush()
    writer.commit()
    writer.close()
    assert path.read_bytes()[HEADER_BYTES:] == b"xyzde"  # beyond the committed size, nobody reads
    SidecarWriter(path, kind, HEADER_BYTES + 3).close()
    assert path.read_bytes()[HEADER_BYTES:] == b"xyz"
    assert available_bytes(path, SidecarKind(CROPS, UUID[::-1])) == 0
