"""Readers of the other layouts, each on a small tree of the real form, and counts of real copies."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from tests.data import shared_data
from training.datasets.known import DATASETS, Counts, check_counts, count, read_dataset
from training.datasets.market import DatasetError, MarketSet, Picture, read_market
from training.datasets.vehicles import read_vehicle_id


def plant(root: Path, *names: str) -> Path:
    """Empty files of these names; listing a set reads no picture."""
    for name in names:
        path = root / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.touch()
    return root


def write(path: Path, *lines: str) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text("\n".join(lines) + "\n")


def rows(pictures):
    return [(picture.name, picture.pid, picture.camid) for picture in pictures]


@pytest.fixture
def msmt17(tmp_path):
    root = tmp_path / "MSMT17_V1"
    lists = {
        "list_train.txt": ["0000/0000_000_01_0303morning_0008_0.jpg 0"],
        "list_val.txt": ["0001/0001_004_15_0302noon_0077_2.jpg 1"],
        "list_query.txt": ["0000/0000_000_02_0303morning_0008_0.jpg 0"],
        "list_gallery.txt": [
            "0000/0000_001_03_0303afternoon_0031_1.jpg 0",
            "0002/0002_001_11_x_0031_1.jpg 2",
        ],
    }
    for name, lines in lists.items():
        write(root / name, *lines)
        folder = "train" if name in ("list_train.txt", "list_val.txt") else "test"
        plant(root / folder, *(line.split()[0] for line in lines))
    return tmp_path


def test_msmt17_counts_persons_from_one_and_reads_the_camera(msmt17):
    found = DATASETS["msmt17"].read(msmt17)
    assert [(p.pid, p.camid) for p in found.train] == [(1, 1), (2, 15)]
    assert rows(found.query) == [("0000_000_02_0303morning_0008_0.jpg", 1, 2)]
    assert [(p.pid, p.camid) for p in found.gallery] == [(1, 3), (3, 11)]
    assert all(p.path.is_file() for p in (*found.train, *found.query, *found.gallery))


def test_masked_msmt17_has_other_folders(msmt17):
    root = msmt17 / "MSMT17_V1"
    (root / "train").rename(root / "mask_train_v2")
    (root / "test").rename(root / "mask_test_v2")
    found = DATASETS["msmt17"].read(root)
    assert found.train[0].path.is_file()
    (root / "mask_test_v2").rename(root / "other")
    with pytest.raises(DatasetError, match="neither train and test nor"):
        DATASETS["msmt17"].read(root)


@pytest.mark.parametrize(
    ("line", "message"),
    [("0000/a.jpg 0", "does not name its camera"), ("0000/0000_000_01_x.jpg", "not a picture and a number")],
)
def test_odd_lines_of_msmt17_are_refused(msmt17, line, message):
    write(msmt17 / "MSMT17_V1" / "list_query.txt", line)
    with pytest.raises(DatasetError, match=message):
        DATASETS["msmt17"].read(msmt17)


@pytest.mark.parametrize("part", ["detected", "labeled"])
@pytest.mark.parametrize("inside", [False, True])
def test_cuhk03_np_is_market_once_per_part(tmp_path, part, inside):
    root = plant(
        tmp_path / "cuhk03-np",
        *(f"{p}/bounding_box_train/0003_c1_{i}.png" for p, i in (("detected", 21), ("labeled", 22))),
        *(f"{p}/query/0004_c2_31.png" for p in ("detected", "labeled")),
        *(f"{p}/bounding_box_test/0004_c1_32.png" for p in ("detected", "labeled")),
    )
    found = DATASETS[f"cuhk03_np_{part}"].read(root / part if inside else root)
    assert rows(found.train) == [(f"0003_c1_{21 if part == 'detected' else 22}.png", 3, 1)]
    assert rows(found.query) == [("0004_c2_31.png", 4, 2)]
    assert rows(found.gallery) == [("0004_c1_32.png", 4, 1)]


def test_occluded_duke_is_market(tmp_path):
    root = plant(
        tmp_path / "Occluded_Duke",
        "bounding_box_train/0001_c2_f0046182.jpg",
        "query/0021_c6_f0080000.jpg",
        "bounding_box_test/0021_c1_f0030133.jpg",
    )
    assert rows(DATASETS["occluded_duke"].read(root).query) == [("0021_c6_f0080000.jpg", 21, 6)]


@pytest.mark.parametrize(
    ("name", "query", "gallery"),
    [
        (
            "partial_reid",
            "Partial_REID/partial_body_images/001_001.jpg",
            "Partial_REID/whole_body_images/001_004.jpg",
        ),
        ("occluded_reid", "occluded_body_images/001/001_01.tif", "whole_body_images/001/001_01.tif"),
        ("occluded_reid", "OccludedREID/query/001_01.jpg", "OccludedREID/gallery/001_03.jpg"),
        ("partial_ilids", "Probe/001.jpg", "Gallery/001.jpg"),
    ],
)
def test_partial_sets_have_one_camera_for_queries_and_one_for_the_gallery(tmp_path, name, query, gallery):
    found = DATASETS[name].read(plant(tmp_path / "set", query, gallery))
    assert found.train == ()
    assert [(p.pid, p.camid) for p in found.query] == [(1, 0)]
    assert [(p.pid, p.camid) for p in found.gallery] == [(1, 1)]


def test_veri_has_its_own_folder_names(tmp_path):
    plant(
        tmp_path,
        "image_train/0001_c001_00016450_0.jpg",
        "image_query/0002_c002_00030600_0.jpg",
        "image_test/0002_c020_00030600_0.jpg",
        "image_test/-1_c003_00030600_0.jpg",
    )
    found = DATASETS["veri"].read(tmp_path)
    assert rows(found.gallery) == [("0002_c020_00030600_0.jpg", 2, 20)]
    assert rows(found.query) == [("0002_c002_00030600_0.jpg", 2, 2)]
    plant(tmp_path, "image_query/odd.jpg")
    with pytest.raises(DatasetError, match="not named as this data set"):
        DATASETS["veri"].read(tmp_path)


def test_vehicle_id_draws_one_picture_a_vehicle_as_gallery(tmp_path):
    lists = tmp_path / "VehicleID" / "train_test_split"
    plant(tmp_path / "VehicleID" / "image", "0000001.jpg")
    write(lists / "train_list.txt", "0000001 7")
    write(lists / "test_list_800.txt", *(f"{100 + i:07d} {1 + i % 3}" for i in range(12)))
    found = read_vehicle_id(tmp_path)
    assert rows(found.train) == [("0000001.jpg", 7, 1)]
    assert sorted(p.pid for p in found.gallery) == [1, 2, 3]
    assert len(found.query) == 9
    assert len({p.camid for p in (*found.query, *found.gallery)}) == 12  # nothing is junk
    draws = {tuple(p.name for p in read_vehicle_id(tmp_path, seed=seed).gallery) for seed in range(8)}
    assert len(draws) > 1
    assert read_vehicle_id(tmp_path) == found
    with pytest.raises(DatasetError, match=r"test_list_1600.txt cannot be read"):
        DATASETS["vehicle_id_medium"].read(tmp_path)


@pytest.mark.parametrize("name", DATASETS)
def test_an_empty_folder_is_refused_with_a_sentence(tmp_path, name):
    with pytest.raises(DatasetError, match=r"holds no|cannot be read"):
        read_dataset(name, tmp_path)


def test_a_part_of_a_documented_set_is_refused(tmp_path):
    plant(tmp_path, "query/0001_c1s1_1.jpg", "bounding_box_test/0001_c2s1_1.jpg")
    assert read_dataset("market", tmp_path).query[0].pid == 1
    with pytest.raises(DatasetError, match="1 pictures of query instead of 3368"):
        read_dataset("market1501", tmp_path)
    with pytest.raises(DatasetError, match="no data set 'market1502'"):
        read_dataset("market1502", tmp_path)


def test_counts_are_those_of_the_pictures():
    def picture(pid, camid):
        return Picture("x.jpg", pid, camid, Path("x.jpg"))

    found = MarketSet((picture(4, 1), picture(4, 2)), (picture(5, 1),), (picture(0, 3), picture(5, 2)))
    assert count(found) == Counts((2, 1, 2), (1, 1, 1), 3)
    check_counts(found, Counts((2, None, 2), n_cameras=3), "it")
    for wrong in (Counts((3, 1, 2)), Counts(persons=(1, 1, 2)), Counts(n_cameras=4)):
        with pytest.raises(DatasetError, match="not a whole copy"):
            check_counts(found, wrong, "it")


@pytest.mark.data
@pytest.mark.parametrize(
    ("tar", "documented"),
    [
        ("cuhk03/cuhk03-market-layout.tar", Counts((8486, 438, 1686), (881, 220, 220), 2)),
        ("cuhk01/cuhk01-400.tar", Counts((0, 800, 800), (0, 400, 400), 2)),
    ],
)
def test_counts_of_the_copies_here(tar, documented):
    check_counts(read_market(shared_data(f"reid/{tar}")), documented, tar)


@pytest.mark.data
@pytest.mark.parametrize("name", [name for name, known in DATASETS.items() if known.counts != Counts()])
def test_documented_counts_on_a_real_copy(name):
    folder = Path(os.environ.get("SIGHTLINE_REID_DATA", "")) / name
    if "SIGHTLINE_REID_DATA" not in os.environ or not folder.exists():
        pytest.skip(f"no copy of {name}: put it at SIGHTLINE_REID_DATA/{name}")
    read_dataset(name, folder)
