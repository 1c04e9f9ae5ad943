"""Folders of pictures as footage."""

from __future__ import annotations

import os
import random
import sys

import numpy as np
import pytest
from PIL import Image

from reid_core.errors import SourceError
from reid_core.media import limits
from reid_core.media.folder import list_pictures, natural_key
from reid_core.media.images import read_picture
from reid_core.media.source import SourceEnd, open_source
from tests.unit.reid_core.media.clips import number_in, numbered


def _fill(folder, names, **options):
    folder.mkdir(parents=True, exist_ok=True)
    for i, name in enumerate(names):
        Image.fromarray(numbered(i)).save(folder / name, **options)
    return folder


def test_pictures_come_in_natural_order(tmp_path):
    folder = _fill(
        tmp_path, ["f1.jpg", "f2.JPG", "f9.jpeg", "F10.png", "f11.bmp", "f100.webp", "g1.tif", "g02.tiff"]
    )
    source = open_source(folder, "gate")
    frames = list(source.frames())
    assert [number_in(f.image) for f in frames] == list(range(8))
    assert [f.index for f in frames] == [f.pts for f in frames] == list(range(8))
    assert (source.end, source.end_reason, source.notices) == (SourceEnd.ENDED, "", ())
    assert (source.info.kind, source.info.container, source.info.codec) == ("images", "folder", "jpeg")
    assert (source.info.width, source.info.height, source.info.n_frames) == (240, 128, 8)
    assert [number_in(source.read(i).image) for i in (7, 0, 3)] == [7, 0, 3]


def test_100_random_seeks_find_0_wrong(tmp_path):
    source = open_source(_fill(tmp_path, [f"{i}.jpg" for i in range(60)]), "gate")
    ranks = random.Random(7).choices(range(60), k=100)
    assert [rank for rank in ranks if number_in(source.read(rank).image) != rank] == []
    source.close()


def test_natural_order_is_total():
    names = ["a10", "A2", "a2", "a02", "b", "", "10", "9", "a", "é1"]
    assert sorted(names, key=natural_key) == ["", "9", "10", "a", "A2", "a02", "a2", "a10", "b", "é1"]


def test_other_files_and_folders_are_left_alone(tmp_path):
    folder = _fill(tmp_path, ["1.png", "2.png"])
    (folder / "notes.txt").write_text("x")
    (folder / "._1.png").write_bytes(b"x")
    _fill(folder / "sub", ["3.png"])
    (folder / "d.png").mkdir()
    assert open_source(folder, "gate").info.n_frames == 2


@pytest.mark.skipif(sys.platform == "win32", reason="no pipes in folders")
@pytest.mark.timeout(20)
def test_pipes_and_devices_among_the_pictures_are_left_alone(tmp_path):
    folder = _fill(tmp_path, ["1.png"])
    os.mkfifo(folder / "2.png")
    (folder / "3.png").symlink_to("/dev/zero")
    assert open_source(folder, "gate").info.n_frames == 1


@pytest.mark.parametrize(
    ("given", "text", "expected"),
    [
        (None, None, 25),
        (7.5, None, 7.5),
        (None, "[Sequence]\nframeRate=7\n", 7),
        (None, "[Sequence]\nframeRate=29.97\n", 29.97),
        (12, "[Sequence]\nframeRate=7\n", 12),
        (None, "[Sequence]\nname=x\n", 25),
    ],
)
def test_the_rate_is_given_or_in_seqinfo_or_25(given, text, expected, tmp_path):
    folder = _fill(tmp_path, ["1.png", "2.png", "3.png"])
    if text:
        (folder / "seqinfo.ini").write_text(text)
    source = open_source(folder, "gate", fps=given)
    assert source.info.fps == pytest.approx(expected)
    assert source.info.duration_ms == pytest.approx(3000 / expected)
    assert source.times()[1] == pytest.approx(np.arange(3) * 1000 / expected)
    assert source.read(2).t_ms == pytest.approx(2000 / expected)
    assert source.times()[0].tolist() == [0, 1, 2]


@pytest.mark.parametrize(
    ("text", "notice"),
    [
        ("[Sequence]\nframeRate=0\n", "is no frame rate; 25 fps assumed"),
        ("[Sequence]\nframeRate=nan\n", "is no frame rate"),
        ("[Sequence]\nframeRate=fast\n", "is no frame rate"),
        ("frameRate=7\n", "cannot be read"),
        ("\x00\xff", "cannot be read"),
        ("[Sequence]\nseqLength=9\n", "promises 9 pictures, the folder holds 1"),
    ],
)
def test_a_bad_seqinfo_is_said_and_stops_nothing(text, notice, tmp_path):
    folder = _fill(tmp_path, ["1.png"])
    (folder / "seqinfo.ini").write_bytes(text.encode("latin-1"))
    source = open_source(folder, "gate")
    assert source.info.fps == 25
    assert notice in source.notices[0]


def test_a_mot_sequence_is_opened_by_its_folder_or_its_picture_folder(tmp_path):
    _fill(tmp_path / "seq" / "img1", ["000001.jpg", "000002.jpg"])
    (tmp_path / "seq" / "seqinfo.ini").write_text("[Sequence]\nimDir=img1\nframeRate=14\nseqLength=2\n")
    for path in (tmp_path / "seq", tmp_path / "seq" / "img1"):
        source = open_source(path, "gate")
        assert (source.info.n_frames, source.info.fps, source.notices) == (2, 14, ())
    fingerprints = {
        open_source(p, "g").info.fingerprint for p in (tmp_path / "seq", tmp_path / "seq" / "img1")
    }
    assert len(fingerprints) == 1


@pytest.mark.parametrize("inner", ["../other", "..", ".", "/etc", "a\\b", ""])
def test_seqinfo_leads_nowhere_else(inner, tmp_path):
    _fill(tmp_path / "other", ["1.png"])
    (tmp_path / "seq").mkdir()
    (tmp_path / "seq" / "seqinfo.ini").write_text(f"[Sequence]\nimDir={inner}\n")
    with pytest.raises(SourceError, match="holds no pictures"):
        open_source(tmp_path / "seq", "gate")


def test_a_seqinfo_beside_counts_only_for_the_folder_it_names(tmp_path):
    _fill(tmp_path / "det", ["1.png"])
    (tmp_path / "seqinfo.ini").write_text("[Sequence]\nimDir=img1\nframeRate=7\n")
    assert list_pictures(tmp_path / "det").fps is None


def test_the_first_picture_decides_the_size_and_others_are_scaled_with_a_notice(tmp_path):
    folder = _fill(tmp_path, ["1.png", "2.png"])
    Image.fromarray(numbered(2, 480, 256)).save(folder / "3.png")
    Image.fromarray(numbered(3, 120, 160)).save(folder / "4.png")
    source = open_source(folder, "gate")
    frames = list(source.frames())
    assert {f.image.shape for f in frames} == {(128, 240, 3)}
    assert [number_in(f.image) for f in frames[:3]] == [0, 1, 2]
    assert number_in(frames[3].image[:, 72:168]) == 3
    assert source.notices == (
        "2 pictures have another size than the first and were scaled into its 240 x 128 px",
    )


@pytest.mark.parametrize(
    ("tag", "store"),
    [
        (2, lambda image: image[:, ::-1]),
        (3, lambda image: np.rot90(image, 2)),
        (4, lambda image: image[::-1]),
        (5, lambda image: image.transpose(1, 0, 2)),
        (6, lambda image: np.rot90(image, 1)),
        (8, lambda image: np.rot90(image, -1)),
    ],
)
@pytest.mark.parametrize("suffix", ["jpg", "png", "webp", "tif"])
def test_exif_orientation_is_honoured(tag, store, suffix, tmp_path):
    exif = Image.Exif()
    exif[0x0112] = tag
    Image.fromarray(np.ascontiguousarray(store(numbered(77)))).save(tmp_path / f"1.{suffix}", exif=exif)
    source = open_source(tmp_path, "gate")
    assert (source.info.width, source.info.height) == (240, 128)
    image = source.read(0).image
    assert image.shape == (128, 240, 3)
    assert number_in(image) == 77
    assert np.abs(image.astype(int) - numbered(77)).mean() < 4
    assert source.notices == ()


def test_an_unreadable_picture_is_skipped_and_reported(tmp_path):
    folder = _fill(tmp_path, [f"{i}.png" for i in range(10)])
    (folder / "3.png").write_bytes(b"not a picture")
    whole = (folder / "6.png").read_bytes()
    (folder / "6.png").write_bytes(whole[: len(whole) // 2])
    (folder / "7.png").write_bytes(b"")
    source = open_source(folder, "gate")
    frames = list(source.frames())
    assert [f.index for f in frames] == [number_in(f.image) for f in frames] == [0, 1, 2, 4, 5, 8, 9]
    assert source.end is SourceEnd.BROKEN
    assert source.end_reason == "3 of 10 pictures could not be read: '3.png', '6.png', '7.png'"
    with pytest.raises(SourceError, match="damaged"):
        source.read(6)
    assert source.info.n_frames == 10
    assert list(source.frames(8)) != []
    assert source.end is SourceEnd.ENDED


def test_a_jpeg_whose_end_is_missing_is_not_shown_half_grey(tmp_path):
    folder = _fill(tmp_path, ["1.jpg", "2.jpg"])
    whole = (folder / "2.jpg").read_bytes()
    (folder / "2.jpg").write_bytes(whole[: len(whole) * 2 // 3])
    source = open_source(folder, "gate")
    assert [f.index for f in source.frames()] == [0]
    assert source.end is SourceEnd.BROKEN


@pytest.mark.skipif(sys.platform == "win32", reason="links need rights there")
def test_a_broken_link_is_a_lost_picture(tmp_path):
    folder = _fill(tmp_path, ["1.png"])
    (folder / "2.png").symlink_to(folder / "absent.png")
    source = open_source(folder, "gate")
    assert len(list(source.frames())) == 1
    assert source.end is SourceEnd.BROKEN


def test_no_readable_picture_at_all_is_empty(tmp_path):
    for name in ("1.png", "2.png"):
        (tmp_path / name).write_bytes(b"not a picture")
    source = open_source(tmp_path, "gate")
    assert list(source.frames()) == []
    assert source.end is SourceEnd.EMPTY


def test_steps_open_no_other_picture(tmp_path, monkeypatch):
    from reid_core.media import images

    opened = []
    read = images.read_picture
    monkeypatch.setattr(images, "read_picture", lambda path: opened.append(path.name) or read(path))
    source = open_source(_fill(tmp_path, [f"{i}.png" for i in range(9)]), "gate")
    opened.clear()
    assert [f.index for f in source.frames(1, step=3)] == [1, 4, 7]
    assert opened == ["1.png", "4.png", "7.png"]


@pytest.mark.parametrize(
    ("picture", "expected"),
    [
        (Image.new("L", (8, 8), 77), (77, 77, 77)),
        (Image.new("1", (8, 8), 1), (255, 255, 255)),
        (Image.new("P", (8, 8), 0), (0, 0, 0)),
        (Image.new("RGBA", (8, 8), (10, 20, 30, 0)), (10, 20, 30)),
        (Image.new("LA", (8, 8), (40, 128)), (40, 40, 40)),
        (Image.fromarray(np.full((8, 8), 0x8040, np.uint16)), (0x80, 0x80, 0x80)),
    ],
)
def test_every_kind_of_picture_becomes_rgb(picture, expected, tmp_path):
    picture.save(tmp_path / "1.png")
    image = read_picture(tmp_path / "1.png")
    assert image.dtype == np.uint8
    assert image.flags.c_contiguous
    assert image.flags.writeable
    assert (image == expected).all()


def test_too_large_a_picture_is_refused_before_it_is_decoded(tmp_path, monkeypatch):
    folder = _fill(tmp_path, ["1.png"])
    monkeypatch.setattr(limits, "MAX_PIXELS", 240 * 128 - 1)
    with pytest.raises(SourceError, match="240 x 128 pixels"):
        read_picture(folder / "1.png")


def test_a_picture_that_claims_to_be_huge_is_refused(tmp_path):
    _fill(tmp_path, ["1.png"])
    data = bytearray((tmp_path / "1.png").read_bytes())
    data[16:24] = (60_000).to_bytes(4, "big") * 2
    (tmp_path / "1.png").write_bytes(data)
    with pytest.raises(SourceError):
        read_picture(tmp_path / "1.png")


def test_the_content_decides_not_the_suffix(tmp_path):
    Image.fromarray(numbered(5)).save(tmp_path / "a.gif")
    (tmp_path / "a.gif").rename(tmp_path / "2.jpg")
    Image.fromarray(numbered(5)).save(tmp_path / "1.png")
    (tmp_path / "1.png").rename(tmp_path / "1.jpg")
    source = open_source(tmp_path, "gate")
    assert [f.index for f in source.frames()] == [0]  # PNG is read, GIF is not
    assert source.info.codec == "png"


@pytest.mark.parametrize("fps", [0, -1, 1001, float("nan")])
def test_an_impossible_rate_is_refused(fps, tmp_path):
    with pytest.raises(SourceError, match="no frame rate"):
        open_source(_fill(tmp_path, ["1.png"]), "gate", fps=fps)


def test_pictures_beyond_the_ends_are_refused(tmp_path):
    source = open_source(_fill(tmp_path, ["1.png"]), "gate")
    with pytest.raises(SourceError, match="has 1"):
        source.read(1)
    with pytest.raises(ValueError, match="expected"):
        source.frames(0, 0)


def test_a_name_in_any_script(tmp_path):
    folder = _fill(tmp_path / "Ä 测试 ’", ["ß1.jpg", "人2.jpg"])
    assert [number_in(f.image) for f in open_source(folder, "gate").frames()] == [0, 1]
