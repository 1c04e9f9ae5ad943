"""The cache of frame indexes: used when it fits, made again when it does not, never trusted."""

from __future__ import annotations

import os
import pickle
import zipfile

import numpy as np
import pytest

from reid_core.media import reader
from reid_core.media.frame_index import load_index, save_index
from reid_core.media.probe import build_index
from reid_core.media.source import open_source
from tests.unit.reid_core.media.clips import KINDS, number_in


@pytest.fixture
def built(monkeypatch):
    """Counts how often an index was made."""
    made = []
    monkeypatch.setattr(reader, "build_index", lambda *a: made.append(1) or build_index(*a))
    return made


def _same(a, b):
    columns = ("pos", "size", "pts", "dts", "key", "feed")
    return (
        all(np.array_equal(getattr(a.packets, c), getattr(b.packets, c)) for c in columns)
        and all(np.array_equal(getattr(a, c), getattr(b, c)) for c in ("pts", "packet", "start"))
        and (a.track, a.cut, a.notices) == (b.track, b.cut, b.notices)
    )


@pytest.mark.parametrize("kind", ["mp4, edit list", "mkv", "ts, joined", "avi, h264 with B-frames, no pts"])
def test_an_index_comes_back_as_it_was(kind, clip_of, tmp_path):
    index = build_index(clip_of(kind)[0])
    assert save_index(index, tmp_path / "a.npz")
    assert _same(load_index(tmp_path / "a.npz"), index)
    assert os.listdir(tmp_path) == ["a.npz"]  # noqa: PTH208


def test_a_known_file_is_not_indexed_again_wherever_it_lies(plain_clip, tmp_path, built):
    cache = tmp_path / "cache" / "deep"
    first = open_source(plain_clip, "gate", cache_dir=cache)
    copy = tmp_path / "other name"
    copy.write_bytes(plain_clip.read_bytes())
    second = open_source(copy, "hall", cache_dir=cache)
    assert len(built) == 1
    assert [f.name for f in cache.iterdir()] == [f"{first.info.fingerprint}.frames.npz"]
    assert first.times()[0].tolist() == second.times()[0].tolist()
    assert number_in(second.read(77).image) == 77
    second.close()
    open_source(plain_clip, "gate")
    assert len(built) == 2  # no cache folder, no cache


@pytest.mark.parametrize(
    "damage", ["empty", "half", "flipped", "text", "pickle", "version", "order", "range", "shape"]
)
def test_a_damaged_cache_is_made_again(damage, plain_clip, tmp_path, built):
    source = open_source(plain_clip, "gate", cache_dir=tmp_path)
    cached = next(tmp_path.iterdir())
    data = cached.read_bytes()
    if damage in ("version", "order", "range", "shape", "pickle"):
        with np.load(cached) as stored:
            arrays = dict(stored)
        if damage == "version":
            arrays["header"] = np.frombuffer(
                bytes(arrays["header"]).replace(b'"made_by": [1', b'"made_by": [0'), np.uint8
            )
        if damage == "order":
            arrays["pts"] = arrays["pts"][::-1]
        if damage == "range":
            arrays["packet"] = arrays["packet"] + 1000
        if damage == "shape":
            arrays["start"] = arrays["start"][:-1]
        if damage == "pickle":
            arrays["pts"] = np.array([_Bomb(tmp_path / "bomb")], object)
        np.savez(cached, **arrays)
    else:
        middle = bytearray(data)
        middle[len(data) // 2] ^= 0xFF
        cached.write_bytes(
            {"empty": b"", "half": data[: len(data) // 2], "flipped": middle, "text": b"{}"}[damage]
        )
    again = open_source(plain_clip, "gate", cache_dir=tmp_path)
    assert len(built) == 2
    assert again.times()[0].tolist() == source.times()[0].tolist()
    assert load_index(cached) is not None
    assert not (tmp_path / "bomb").exists()


class _Bomb:
    def __init__(self, path):
        self.path = path

    def __reduce__(self):
        return (os.mkdir, (str(self.path),))


def test_the_bomb_of_these_tests_works(tmp_path):
    pickle.loads(pickle.dumps(_Bomb(tmp_path / "bomb")))
    assert (tmp_path / "bomb").exists()


def test_a_cache_holds_no_pickle(plain_clip, tmp_path):
    open_source(plain_clip, "gate", cache_dir=tmp_path)
    with zipfile.ZipFile(next(tmp_path.iterdir())) as archive:
        for name in archive.namelist():
            assert b"'descr': '|O'" not in archive.read(name)[:128]


def test_a_cache_that_cannot_be_written_is_no_error(plain_clip, tmp_path):
    (tmp_path / "file").write_text("")
    source = open_source(plain_clip, "gate", cache_dir=tmp_path / "file" / "cache")
    assert source.info.n_frames == 120


def test_an_interrupted_write_leaves_no_half_cache(plain_clip, tmp_path, monkeypatch):
    index = build_index(plain_clip)

    def fail(*_):
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(os, "fsync", fail)
    assert not save_index(index, tmp_path / "a.npz")
    assert list(tmp_path.iterdir()) == []


def test_progress_is_told_and_can_stop_the_work(clip_of):
    told = []
    open_source(clip_of("bare h264, no times")[0], "gate", on_progress=told.append)
    assert all(0 <= part <= 1 for part in told)

    class Stop(Exception):
        pass

    def stop(_):
        raise Stop

    with pytest.raises(Stop):
        open_source(clip_of("bare h264, no times")[0], "gate", on_progress=stop)


def test_every_frame_starts_at_a_key_packet_at_or_before_its_own(clip_of):
    for kind in list(KINDS)[::3]:
        index = build_index(clip_of(kind)[0])
        assert (index.start <= index.packet).all()
        assert (index.packets.key[index.start] | (index.start == 0)).all()
        assert len(set(index.packet.tolist())) == len(index)
