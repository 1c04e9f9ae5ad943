"""Market-1501's layout: persons and cameras from names, folders and tars alike, and clear refusals."""

from __future__ import annotations

import tarfile
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import cv2
import numpy as np
import pytest

from tests.data import shared_data
from training.datasets.market import (
    DISTRACTOR_PID,
    DatasetError,
    load_picture,
    read_market,
    relabel,
    with_pid_offset,
)

NAMES = {
    "bounding_box_train": ["0002_c1s1_000451_03.jpg", "0007_c12s3_000001_00.png", "0002_c3_f0001.jpg"],
    "query": ["0005_c2s1_000001_00.jpg"],
    "bounding_box_test": ["-1_c1s1_000401_03.jpg", "0000_c4s1_000002_00.jpg", "10001_c2s1_000002_00.jpg"],
}


def write_picture(path: Path, value: int) -> None:
    """A picture of one colour: red ``value``, green 10, blue 200."""
    path.parent.mkdir(parents=True, exist_ok=True)
    image = np.empty((16, 8, 3), np.uint8)
    image[:] = (200, 10, value)
    assert cv2.imwrite(str(path), image)


@pytest.fixture
def folder(tmp_path):
    for part, names in NAMES.items():
        for i, name in enumerate(names):
            write_picture(tmp_path / "set" / part / name, 40 * (i + 1))
    (tmp_path / "set" / "bounding_box_train" / "Thumbs.db").write_bytes(b"no picture")
    (tmp_path / "set" / "extra").mkdir()
    (tmp_path / "set" / "extra" / "readme.jpg").write_bytes(b"in no part of the set")
    return tmp_path / "set"


@pytest.fixture
def archive(folder):
    path = folder.parent / "set.tar"
    with tarfile.open(path, "w") as tar:
        tar.add(folder, arcname="market")
    return path


@pytest.mark.parametrize("kind", ["folder", "archive"])
def test_persons_and_cameras_come_from_the_names(kind, request):
    found = read_market(request.getfixturevalue(kind))
    assert [(p.pid, p.camid) for p in found.train] == [(2, 1), (2, 3), (7, 12)]
    assert [(p.pid, p.camid) for p in found.query] == [(5, 2)]
    # Junk (-1) is gone, background (0) stays, ids may have five digits.
    assert [(p.pid, p.camid) for p in found.gallery] == [(DISTRACTOR_PID, 4), (10001, 2)]


@pytest.mark.parametrize("kind", ["folder", "archive"])
def test_pictures_are_rgb_from_folder_and_tar(kind, request):
    for picture in read_market(request.getfixturevalue(kind)).train:
        image = load_picture(picture)
        assert image.shape == (16, 8, 3)
        assert image.dtype == np.uint8
        assert image[..., 2].mean() == pytest.approx(200, abs=3)
        assert image[..., 1].mean() == pytest.approx(10, abs=3)


def test_tar_can_be_read_from_many_threads(archive):
    pictures = [*read_market(archive).train] * 40
    alone = [load_picture(picture) for picture in pictures]
    with ThreadPoolExecutor(8) as pool:
        for expected, image in zip(alone, pool.map(load_picture, pictures), strict=True):
            np.testing.assert_array_equal(image, expected)


def test_parts_may_lie_at_the_top_or_one_level_down(folder):
    assert len(read_market(folder).train) == len(read_market(folder.parent).train) == 3


def test_sets_are_joined_by_an_offset_and_relabelled_by_sorted_person(folder):
    train = read_market(folder).train
    assert [p.pid for p in with_pid_offset(train, 1000)] == [1002, 1002, 1007]
    assert relabel(train + with_pid_offset(train, 1000)) == {2: 0, 7: 1, 1002: 2, 1007: 3}


def test_what_is_no_set_is_refused(tmp_path, folder):
    with pytest.raises(DatasetError, match="neither a folder nor a tar"):
        read_market(tmp_path / "absent")
    (tmp_path / "empty").mkdir()
    with pytest.raises(DatasetError, match="holds no pictures in bounding_box_train"):
        read_market(tmp_path / "empty")
    (tmp_path / "no.tar").write_bytes(b"x" * 2000)
    with pytest.raises(DatasetError, match="not an uncompressed tar"):
        read_market(tmp_path / "no.tar")
    write_picture(folder / "query" / "somebody.jpg", 1)
    with pytest.raises(DatasetError, match="does not start with person and camera"):
        read_market(folder)


def test_a_picture_that_cannot_be_read_says_which(folder):
    first, second, _ = read_market(folder).train
    first.path.write_bytes(b"no picture at all")
    with pytest.raises(DatasetError, match=r"0002_c1s1_000451_03\.jpg.*is no picture"):
        load_picture(first)
    first.path.write_bytes(b"")
    with pytest.raises(DatasetError, match="is no picture"):
        load_picture(first)
    second.path.unlink()
    with pytest.raises(DatasetError, match="cannot be read"):
        load_picture(second)


@pytest.mark.data
def test_counts_of_the_research_sets():
    cuhk03 = read_market(shared_data("reid/cuhk03/cuhk03-market-layout.tar"))
    assert (len(cuhk03.train), len(cuhk03.query), len(cuhk03.gallery)) == (8486, 438, 1686)
    assert len(relabel(cuhk03.train)) == 881
    assert len(relabel(cuhk03.query)) == 220
    assert not relabel(cuhk03.train).keys() & relabel(cuhk03.gallery).keys()
    cuhk01 = read_market(shared_data("reid/cuhk01/cuhk01-400.tar"))
    assert (len(cuhk01.train), len(cuhk01.query), len(cuhk01.gallery)) == (0, 800, 800)
    assert load_picture(cuhk03.query[0]).shape == (128, 64, 3)
    assert load_picture(cuhk01.query[0]).shape == (160, 60, 3)
