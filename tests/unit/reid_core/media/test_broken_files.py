"""Files that are cut or damaged: all good frames are given, the end says what is wrong."""

from __future__ import annotations

import random
from contextlib import closing

import numpy as np
import pytest

from reid_core.errors import SourceError
from reid_core.media import playback, probe, reader
from reid_core.media.container import GuardedFile, open_video
from reid_core.media.fingerprint import fingerprint
from reid_core.media.probe import build_index
from reid_core.media.sniff import boxes
from reid_core.media.source import SourceEnd, open_source
from tests.unit.reid_core.media.clips import cut_file, number_in, numbered, write_clip

CUT_KINDS = {
    "mp4": ("a.mp4", {"muxing": {"movflags": "faststart"}}),
    "fragmented mp4": ("a.mp4", {"muxing": {"movflags": "frag_keyframe+empty_moov"}}),
    "mkv": ("a.mkv", {}),
    "webm": ("a.webm", {"codec": "libvpx-vp9", "b_frames": 0}),
    "ts": ("a.ts", {}),
    "ts, hevc": ("a.ts", {"codec": "libx265"}),
    "ts, mpeg2": ("a.ts", {"codec": "mpeg2video", "b_frames": 2}),
    "avi": ("a.avi", {"codec": "mpeg4", "b_frames": 2}),
    "flv": ("a.flv", {}),
    "mpg": ("a.mpg", {"codec": "mpeg2video", "container": "vob", "b_frames": 2}),
    "bare h264": ("a.h264", {"container": "h264"}),
}


TELLS_NOTHING = ("mpg", "bare h264")
"""Cut between two pictures, these look whole."""


@pytest.fixture(scope="module")
def whole_of(tmp_path_factory):
    """The whole clip of a kind with its index and the picture of each pts."""
    made = {}

    def get(kind):
        if kind not in made:
            name, options = CUT_KINDS[kind]
            path = write_clip(tmp_path_factory.mktemp("whole") / name, 100, **options)
            source = open_source(path, "gate")
            made[kind] = path, build_index(path), {f.index: f.image for f in source.frames()}
            assert source.end is SourceEnd.ENDED
        return made[kind]

    return get


def _whole_packets(index, n_bytes):
    """How many packets, in decoding order, lie wholly inside the first ``n_bytes``."""
    ends = np.append(index.packets.pos[1:], n_bytes + 1)
    ends[ends < 0] = n_bytes + 1  # not told: it may be whole or not
    return int((np.minimum.accumulate(ends[::-1])[::-1] <= n_bytes).sum())


@pytest.mark.parametrize("kind", CUT_KINDS)
@pytest.mark.parametrize("seed", range(4))
def test_a_cut_file_gives_all_its_good_frames_and_is_marked(kind, seed, whole_of, tmp_path):
    path, index, images = whole_of(kind)
    size = path.stat().st_size
    n_bytes = random.Random(seed).randrange(size // 3, size * 9 // 10)
    source = open_source(cut_file(path, tmp_path / path.name, n_bytes), "gate")
    frames = list(source.frames())
    if kind not in TELLS_NOTHING or source.end is SourceEnd.BROKEN:
        assert source.end is SourceEnd.BROKEN
        assert source.end_reason.startswith("the file is damaged: ")
    assert source.info.n_frames == len(frames)
    shown = {number_in(f.image) for f in frames}
    surely_whole = set(np.argsort(index.packet)[: _whole_packets(index, n_bytes)].tolist())
    assert surely_whole <= shown
    assert len(shown) == len(frames)
    assert len(frames) <= len(surely_whole) + 1 or kind == "mpg"
    for frame in frames:
        assert np.array_equal(frame.image, images[number_in(frame.image)])
    for rank in random.Random(seed).choices(range(len(frames)), k=5):
        assert np.array_equal(source.read(rank).image, frames[rank].image)
    source.close()


@pytest.mark.parametrize("kind", CUT_KINDS)
def test_100_random_seeks_in_a_cut_file_find_0_wrong(kind, whole_of, tmp_path, monkeypatch):
    monkeypatch.setattr(playback, "_RECENT_BYTES", 0)  # no picture comes from memory
    path, _, images = whole_of(kind)
    source = open_source(cut_file(path, tmp_path / path.name, path.stat().st_size * 3 // 5), "gate")
    numbers = [number_in(frame.image) for frame in source.frames()]
    assert len(numbers) > 30
    ranks = random.Random(3).choices(range(len(numbers)), k=100)
    assert [r for r in ranks if not np.array_equal(source.read(r).image, images[numbers[r]])] == []
    source.close()


def test_a_fragmented_mp4_cut_anywhere_in_a_fragments_header_opens(whole_of, tmp_path):
    path, _, _ = whole_of("fragmented mp4")
    with closing(GuardedFile(path)) as file:
        _, second = [(begin, end) for name, begin, end in boxes(file) if name == b"moof"][:2]
    for n_bytes in range(second[0] + 1, second[1], 3):
        with open_video(cut_file(path, tmp_path / "cut.mp4", n_bytes)) as video:
            assert video.stream.codec_context.name == "h264"


def test_a_ts_cut_between_two_packets_of_a_picture_loses_only_that_picture(tmp_path):
    noise = np.random.default_rng(3).integers(0, 255, (40, 64, 240, 3), np.uint8)
    path = write_clip(tmp_path / "a.ts", 40, draw=lambda i: np.vstack([numbered(i)[:64], noise[i]]))
    whole = open_source(path, "gate")
    images = {f.index: f.image for f in whole.frames()}
    index = build_index(path)
    big = 25
    n_bytes = int(index.packets.pos[big]) + 188 * 5
    assert index.packets.size[big] > 188 * 10
    source = open_source(cut_file(path, tmp_path / "cut.ts", n_bytes), "gate")
    frames = list(source.frames())
    assert source.end is SourceEnd.BROKEN
    assert "inside a picture" in source.end_reason
    assert {number_in(f.image) for f in frames} == set(np.argsort(index.packet)[:big].tolist())
    assert all(np.array_equal(f.image, images[number_in(f.image)]) for f in frames)


def test_an_mp4_without_its_index_is_refused_with_advice(tmp_path):
    path = write_clip(tmp_path / "a.mp4")  # the index comes last
    cut_file(path, path, path.stat().st_size // 2)
    with pytest.raises(SourceError, match=r"without its index \(moov\).*cut off.*untrunc"):
        open_source(path, "gate")


def test_a_file_cut_inside_its_header_is_refused(plain_clip, tmp_path):
    with pytest.raises(SourceError, match="export it again"):
        open_source(cut_file(plain_clip, tmp_path / "a.mp4", 600), "gate")


@pytest.mark.parametrize("kind", ["mp4", "mkv", "ts", "avi"])
def test_damage_in_the_middle_loses_only_what_is_damaged(kind, whole_of, tmp_path):
    path, index, images = whole_of(kind)
    data = bytearray(path.read_bytes())
    key = int(np.flatnonzero(index.packets.key)[1])  # the whole second group is lost with its key picture
    at = int(index.packets.pos[key])
    data[at : at + int(index.packets.size[key])] = b"\x00" * int(index.packets.size[key])
    (tmp_path / path.name).write_bytes(data)
    source = open_source(tmp_path / path.name, "gate")
    frames = list(source.frames())
    assert source.end is SourceEnd.BROKEN
    assert "the file is damaged" in source.end_reason
    for number in range(36):
        assert np.array_equal(frames[number].image, images[number])
    if kind != "mkv":  # a broken block hides the rest of its cluster, here of the file
        for number in range(84, 100):
            assert np.array_equal(frames[number - 100].image, images[number])
    for frame in frames[:5] + frames[-5:]:
        assert np.array_equal(source.read(frame.index).image, frame.image)
    source.close()


def test_a_lost_frame_keeps_its_rank_and_cannot_be_read(whole_of, tmp_path):
    path, index, images = whole_of("mp4")
    packet = int(index.packet[90])
    data = bytearray(path.read_bytes())
    at, size = int(index.packets.pos[packet]), int(index.packets.size[packet])
    data[at : at + size] = b"\xff" * size
    (tmp_path / "a.mp4").write_bytes(data)
    source = open_source(tmp_path / "a.mp4", "gate")
    frames = list(source.frames())
    given = [f.index for f in frames]
    assert source.info.n_frames == 100
    assert 90 not in given
    assert given == sorted(given)
    assert given[:80] == list(range(80))
    assert source.end is SourceEnd.BROKEN
    assert "could not be decoded, the first at" in source.end_reason
    with pytest.raises(SourceError, match=r"frame 90 .* damaged"):
        source.read(90)
    assert np.array_equal(source.read(20).image, images[20])
    source.close()


def test_nothing_decoded_is_neither_ended_nor_broken(whole_of, tmp_path):
    path, index, _ = whole_of("mp4")
    data = bytearray(path.read_bytes())
    data[int(index.packets.pos.min()) :] = b"\x55" * (len(data) - int(index.packets.pos.min()))
    (tmp_path / "a.mp4").write_bytes(data)
    source = open_source(tmp_path / "a.mp4", "gate")
    assert list(source.frames()) == []
    assert source.end is SourceEnd.EMPTY
    assert "not one picture could be decoded" in source.end_reason
    assert source.info.n_frames == 0
    assert source.info.duration_ms == 0


def test_a_file_that_changes_while_it_is_read_is_noticed(plain_clip, tmp_path):
    path = tmp_path / "a.mp4"
    path.write_bytes(plain_clip.read_bytes())
    source = open_source(path, "gate")
    write_clip(path, 50, gop=10)
    with pytest.raises(SourceError, match="was changed"):
        list(source.frames())
    path.unlink()
    with pytest.raises(SourceError, match="does not exist"):
        list(source.frames())


@pytest.mark.parametrize("codec", ["libx264", "mpeg2video", "libx265"])
def test_a_whole_ts_without_stuffing_at_its_end_is_not_taken_for_a_cut_one(codec, tmp_path, monkeypatch):
    """One picture in 184 fills its last transport packet exactly: there the decoder decides."""
    monkeypatch.setattr(probe, "ts_stream_is_whole", lambda file, pid: False)
    source = open_source(write_clip(tmp_path / "a.ts", 50, codec, gop=12), "gate")
    assert [number_in(f.image) for f in source.frames()] == list(range(50))
    assert source.end is SourceEnd.ENDED


@pytest.mark.parametrize("is_cached", [True, False])
def test_a_file_that_goes_away_while_it_is_opened_is_a_source_error(tmp_path, monkeypatch, is_cached):
    path = write_clip(tmp_path / "a.mp4", 10)
    if is_cached:
        open_source(path, "gate", cache_dir=tmp_path / "cache").close()

    def fingerprint_then_lose(path):
        found = fingerprint(path)
        path.unlink()
        return found

    monkeypatch.setattr(reader, "fingerprint", fingerprint_then_lose)
    with pytest.raises(SourceError, match=r"a\.mp4' (does not exist|cannot be)"):
        open_source(path, "gate", cache_dir=tmp_path / "cache")
