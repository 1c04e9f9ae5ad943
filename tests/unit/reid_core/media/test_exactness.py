"""Every kind of container and timing: reading in order and seeking give exactly the frame asked for."""

from __future__ import annotations

import itertools
import random

import numpy as np
import pytest

from reid_core.errors import SourceError
from reid_core.media import playback
from reid_core.media.source import SourceEnd, open_source
from tests.unit.reid_core.media.clips import KINDS, number_in


@pytest.mark.parametrize("kind", KINDS)
def test_sequential_reading_gives_every_frame_in_order(kind, clip_of):
    path, expected = clip_of(kind)
    source = open_source(path, "gate")
    frames = list(source.frames())
    assert [number_in(f.image) for f in frames] == list(expected.numbers)
    assert [f.index for f in frames] == list(range(source.info.n_frames))
    assert (source.end, source.end_reason) == (SourceEnd.ENDED, "")
    pts, t_ms = source.times()
    assert [f.pts for f in frames] == pts.tolist()
    assert [f.t_ms for f in frames] == t_ms.tolist()
    assert (np.diff(pts) > 0).all()
    assert t_ms[0] == 0
    assert pts[0] == source.info.first_pts
    assert {f.camera for f in frames} == {"gate"}
    source.close()


@pytest.mark.parametrize("kind", KINDS)
def test_100_random_seeks_find_0_wrong(kind, clip_of, monkeypatch):
    monkeypatch.setattr(playback, "_RECENT_BYTES", 0)  # no picture comes from memory
    path, expected = clip_of(kind)
    source = open_source(path, "gate")
    ranks = random.Random(7).choices(range(source.info.n_frames), k=100)
    wrong = [r for r in ranks if number_in(source.read(r).image) != expected.numbers[r]]
    assert wrong == []
    source.close()


@pytest.mark.parametrize("kind", KINDS)
def test_reading_may_start_anywhere(kind, clip_of):
    path, expected = clip_of(kind)
    source = open_source(path, "gate")
    n = source.info.n_frames
    for start in (1, n // 3, n // 2, n - 1):
        frames = list(itertools.islice(source.frames(start), 12))
        assert [f.index for f in frames] == list(range(start, min(n, start + 12)))
        assert [number_in(f.image) for f in frames] == list(expected.numbers[start : start + 12])
    source.close()


def test_a_frame_is_the_same_however_it_is_reached(clip_of):
    source = open_source(clip_of("ts, open GOP")[0], "gate")
    for frame in source.frames():
        if frame.index % 7 == 3:
            assert np.array_equal(source.read(frame.index).image, frame.image)
    source.close()


def test_steps_give_every_nth_frame_and_convert_no_other(clip_of, monkeypatch):
    from reid_core.media.picture import PictureConverter

    converted = []
    convert = PictureConverter.convert
    monkeypatch.setattr(PictureConverter, "convert", lambda self, f: converted.append(1) or convert(self, f))
    source = open_source(clip_of("mp4, B-frames, long GOP")[0], "gate")
    frames = list(source.frames(10, step=7))
    assert [f.index for f in frames] == list(range(10, 300, 7))
    assert [number_in(f.image) for f in frames] == list(range(10, 300, 7))
    assert len(converted) == len(frames)
    assert source.end is SourceEnd.ENDED
    source.close()


def test_reading_on_in_order_does_not_seek_again(clip_of, monkeypatch):
    from reid_core.media.decoder import Decoder

    sought = []
    go_to = Decoder._go_to
    monkeypatch.setattr(Decoder, "_go_to", lambda self, n: sought.append(n) or go_to(self, n))
    source = open_source(clip_of("mp4, B-frames, long GOP")[0], "gate")
    assert [number_in(source.read(i).image) for i in range(20, 60)] == list(range(20, 60))
    assert number_in(source.read(59).image) == 59
    assert number_in(source.read(30).image) == 30  # still in memory
    assert len(sought) == 2  # once while the head was probed, once to begin
    source.close()


def test_two_readers_and_random_access_do_not_disturb_each_other(clip_of):
    source = open_source(clip_of("mkv")[0], "gate")
    for a, b in zip(source.frames(), source.frames(5), strict=False):
        assert (number_in(a.image), number_in(b.image)) == (a.index, b.index)
        assert number_in(source.read(119 - a.index).image) == 119 - a.index
    source.close()


def test_the_end_is_open_until_the_last_frame_is_taken(clip_of):
    source = open_source(clip_of("mkv")[0], "gate")
    frames = source.frames()
    next(frames)
    assert source.end is None
    frames.close()
    assert source.end is None
    assert list(source.frames(120)) == []
    assert source.end is SourceEnd.ENDED
    source.close()


@pytest.mark.parametrize("frame_idx", [-1, 120])
def test_a_frame_beyond_the_ends_is_refused_with_the_count(frame_idx, clip_of):
    source = open_source(clip_of("mkv")[0], "gate")
    with pytest.raises(SourceError, match="has 120"):
        source.read(frame_idx)
    source.close()


@pytest.mark.parametrize(("start_idx", "step"), [(-1, 1), (0, 0)])
def test_impossible_ranges_are_refused_at_once(start_idx, step, clip_of):
    source = open_source(clip_of("mkv")[0], "gate")
    with pytest.raises(ValueError, match="expected"):
        source.frames(start_idx, step)


def test_images_belong_to_the_caller(clip_of):
    source = open_source(clip_of("mkv")[0], "gate")
    image = source.read(3).image
    assert image.dtype == np.uint8
    assert image.flags.c_contiguous
    image[:] = 0
    assert number_in(source.read(3).image) == 3
    source.close()


@pytest.mark.parametrize(
    ("kind", "fps", "is_vfr", "duration_ms"),
    [
        ("mp4, B-frames, long GOP", 25, False, 12_000),
        ("mkv", 25, False, 4_800),
        ("ts", 25, False, 4_800),
        ("ts, wrapping clock", 25, False, 4_800),
        ("ts, joined", 25, False, 4_800),
        ("mkv, first pts not zero", 25, False, 4_800),
        ("avi, h264 with B-frames, no pts", 25, False, 4_800),
        ("mpg, mpeg2", 25, False, 4_800),
        ("bare h264, no times", 25, False, 4_800),
        ("mp4, edit list", 25, False, 2_600),
    ],
)
def test_times_and_rate(kind, fps, is_vfr, duration_ms, clip_of):
    source = open_source(clip_of(kind)[0], "gate")
    info = source.info
    assert info.fps == pytest.approx(fps, rel=1e-3)
    assert info.is_vfr is is_vfr
    assert info.duration_ms == pytest.approx(duration_ms, rel=1e-3)
    assert np.allclose(source.times()[1], np.arange(info.n_frames) * 40, atol=1)


@pytest.mark.parametrize("container", ["mp4", "mkv"])
def test_variable_rate_keeps_its_times(container, clip_of):
    source = open_source(clip_of(f"{container}, variable rate")[0], "gate")
    expected = np.cumsum(np.random.default_rng(5).integers(20, 90, 120))
    assert source.info.is_vfr
    assert np.allclose(source.times()[1], expected - expected[0], atol=1)


def test_first_pts_not_zero_is_kept_and_time_starts_at_zero(clip_of):
    source = open_source(clip_of("mkv, first pts not zero")[0], "gate")
    assert source.info.first_pts * source.info.time_base == 5
    assert source.read(0).t_ms == 0
    source.close()


def test_what_was_repaired_is_said(clip_of):
    assert open_source(clip_of("mkv")[0], "g").notices == ()
    assert "starts anew 1 times" in open_source(clip_of("ts, joined")[0], "g").notices[0]
    assert (
        "25 frames per second are assumed" in open_source(clip_of("bare h264, no times")[0], "g").notices[0]
    )
    assert "ignored" in open_source(clip_of("mkv")[0], "g", fps=10).notices[0]
