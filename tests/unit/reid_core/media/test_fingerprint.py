"""Fingerprints: equal for equal content wherever it lies, different otherwise, fast for large files."""

from __future__ import annotations

import os
import time

import pytest
from PIL import Image

from reid_core.errors import SourceError
from reid_core.media.fingerprint import fingerprint


def test_it_is_of_the_content_not_of_the_name(tmp_path):
    (tmp_path / "a").write_bytes(b"x" * 1000)
    (tmp_path / "b").write_bytes(b"x" * 1000)
    (tmp_path / "c").write_bytes(b"x" * 1001)
    assert fingerprint(tmp_path / "a") == fingerprint(tmp_path / "b") != fingerprint(tmp_path / "c")
    assert len(fingerprint(tmp_path / "a")) == 40
    assert set(fingerprint(tmp_path / "a")) <= set("0123456789abcdef")


@pytest.mark.parametrize("at", [0, 2**20 - 1, 9_000_000, -1])
def test_a_change_at_the_ends_or_in_a_sampled_piece_changes_it(at, tmp_path):
    data = bytearray(os.urandom(12 * 2**20))
    (tmp_path / "a").write_bytes(data)
    before = fingerprint(tmp_path / "a")
    gap = (len(data) - 2 * 2**20) // 15
    data[at if at != 9_000_000 else 2**20 + gap * 5 + 100] ^= 1
    (tmp_path / "a").write_bytes(data)
    assert fingerprint(tmp_path / "a") != before


def test_100_gb_take_no_time(tmp_path):
    with (tmp_path / "a").open("wb") as file:
        file.write(b"head")
        file.truncate(100 * 10**9)  # sparse: takes no room
    started = time.perf_counter()
    fingerprint(tmp_path / "a")
    assert time.perf_counter() - started < 2


def test_folders_differ_by_names_sizes_and_content(tmp_path):
    def make(name, colors):
        folder = tmp_path / name
        folder.mkdir()
        for i, color in enumerate(colors):
            Image.new("RGB", (8, 8), color).save(folder / f"{i}.png")
        return folder

    a, b = make("a", ["red", "blue"]), make("b", ["red", "blue"])
    assert fingerprint(a) == fingerprint(b)
    assert fingerprint(a) != fingerprint(make("c", ["red"]))
    assert fingerprint(a) != fingerprint(make("d", ["red", "lime"]))
    (b / "1.png").rename(b / "2.png")
    assert fingerprint(a) != fingerprint(b)
    (a / "notes.txt").write_text("x")
    assert fingerprint(a) == fingerprint(make("e", ["red", "blue"]))
    (a / "0.png").write_bytes(b"")
    assert len(fingerprint(a)) == 40


def test_what_is_absent_is_an_error(tmp_path):
    with pytest.raises(SourceError, match="does not exist"):
        fingerprint(tmp_path / "a")
    with pytest.raises(SourceError, match="holds no pictures"):
        fingerprint(tmp_path)
