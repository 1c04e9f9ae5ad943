"""Orientation, colours, sizes and the choice of the stream."""

from __future__ import annotations

from fractions import Fraction

import av
import numpy as np
import pytest

from reid_core.errors import SourceError
from reid_core.media.picture import IDENTITY, clockwise_degrees, fit, upright
from reid_core.media.source import open_source
from tests.unit.reid_core.media.clips import number_in, numbered, turn, write_clip

# (a, b, c, d) of the track header -> degrees clockwise, and numpy's way to do the same to the stored picture
TURNS = {
    (0, 1, -1, 0): (90, lambda image: np.rot90(image, -1)),
    (-1, 0, 0, -1): (180, lambda image: np.rot90(image, 2)),
    (0, -1, 1, 0): (270, lambda image: np.rot90(image, 1)),
    (-1, 0, 0, 1): (0, lambda image: image[:, ::-1]),
    (1, 0, 0, -1): (180, lambda image: image[::-1]),
}


@pytest.mark.parametrize("matrix", TURNS)
def test_rotation_and_mirroring_are_honoured(matrix, tmp_path):
    degrees, do = TURNS[matrix]
    stored = open_source(write_clip(tmp_path / "a.mp4", 10), "gate").read(3).image
    source = open_source(turn(tmp_path / "a.mp4", matrix), "gate")
    frame = source.read(3)
    assert np.array_equal(frame.image, do(stored))
    assert frame.image.flags.c_contiguous
    assert frame.image.shape == (source.info.height, source.info.width, 3)
    assert source.info.rotation == degrees
    assert [f.image.shape for f in source.frames()] == [frame.image.shape] * 10


def test_rotation_agrees_with_ffmpegs_own_reading_of_it(tmp_path):
    """A phone held upright writes a turn of 90 degrees clockwise: FFmpeg calls that -90 counterclockwise."""
    path = turn(write_clip(tmp_path / "a.mp4", 10), (0, 1, -1, 0))
    with av.open(str(path)) as container:
        assert next(container.decode(video=0)).rotation == -90
    assert open_source(path, "gate").info.rotation == 90


@pytest.mark.parametrize("orientation", [*TURNS, IDENTITY, (0, 1, 1, 0), (0, -1, -1, 0)])
def test_upright_moves_each_pixel_as_the_matrix_says(orientation):
    image = np.arange(2 * 3 * 3, dtype=np.uint8).reshape(2, 3, 3)
    a, b, c, d = orientation
    places = {(x, y): (a * x + c * y, b * x + d * y) for x in range(3) for y in range(2)}
    left, top = min(x for x, _ in places.values()), min(y for _, y in places.values())
    turned = upright(image, orientation)
    for (x, y), (to_x, to_y) in places.items():
        assert turned[to_y - top, to_x - left].tolist() == image[y, x].tolist()
    assert turned.shape[:2] == ((3, 2) if clockwise_degrees(orientation) % 180 else (2, 3))


def test_an_orientation_that_is_none_is_refused():
    with pytest.raises(KeyError):
        clockwise_degrees((1, 1, 0, 1))


def test_fit_keeps_the_shape_of_things():
    image = np.full((100, 50, 3), 200, np.uint8)
    fitted = fit(image, 80, 80)
    assert fitted.shape == (80, 80, 3)
    assert (fitted[:, 20:60] == 200).all()
    assert not fitted[:, :20].any()
    assert not fitted[:, 60:].any()
    assert fit(image, 50, 100) is image


@pytest.mark.parametrize("color", [(255, 255, 255), (0, 0, 0), (200, 30, 30), (30, 160, 60), (40, 60, 200)])
def test_colours_come_back_as_rgb_of_full_range(color, tmp_path):
    path = write_clip(tmp_path / "a.mp4", 3, draw=lambda i: np.full((64, 64, 3), color, np.uint8))
    middle = open_source(path, "gate").read(1).image[20:40, 20:40].mean(axis=(0, 1))
    assert np.abs(middle - color).max() < 5


def test_a_change_of_size_is_scaled_into_the_first_size_and_said(tmp_path):
    wide = write_clip(tmp_path / "wide.ts", 30, gop=10)
    big = write_clip(tmp_path / "big.ts", 30, gop=10, first=30, draw=lambda i: numbered(i, 480, 256))
    tall = write_clip(tmp_path / "tall.ts", 30, gop=10, first=60, draw=lambda i: numbered(i, 120, 160))
    path = tmp_path / "all.ts"
    path.write_bytes(b"".join(p.read_bytes() for p in (wide, big, tall)))
    source = open_source(path, "gate")
    before = source.notices
    frames = list(source.frames())
    assert len(frames) == 90
    assert {f.image.shape for f in frames} == {(128, 240, 3)}
    assert [number_in(f.image) for f in frames[:60]] == list(range(60))
    inner = frames[75].image[:, 72:168]  # 120 x 160 becomes 96 x 128, in the middle
    assert number_in(inner) == 75
    assert not frames[75].image[:, :70].any()
    assert number_in(source.read(45).image) == 45
    assert "were scaled into its 240 x 128 px" in source.notices[-1]
    assert len(source.notices) == len(before) + 1
    source.close()


def _with_streams(path, *streams):
    """An MP4 with one video stream per ``(codec, width, height)``; the codec ``cover`` is a cover picture."""
    with av.open(str(path), "w") as out:
        made = []
        for codec, width, height in streams:
            stream = out.add_stream("mjpeg" if codec == "cover" else codec, rate=25)
            stream.width, stream.height = width, height
            stream.pix_fmt = "yuvj420p" if codec == "cover" else "yuv420p"
            if codec == "cover":
                stream.disposition = av.stream.Disposition.attached_pic
            made.append(stream)
        for stream, (codec, width, height) in zip(made, streams, strict=True):
            for i in range(1 if codec == "cover" else 20):
                frame = av.VideoFrame.from_ndarray(numbered(i, width, height), format="rgb24")
                frame.pts, frame.time_base = i, Fraction(1, 25)
                out.mux(stream.encode(frame))
            out.mux(stream.encode(None))
    return path


def test_the_largest_of_several_video_streams_is_used_and_said(tmp_path):
    path = _with_streams(tmp_path / "a.mp4", ("mpeg4", 240, 128), ("libx264", 480, 256), ("mpeg4", 120, 64))
    source = open_source(path, "gate")
    assert (source.info.width, source.info.height, source.info.codec) == (480, 256, "h264")
    assert [number_in(f.image) for f in source.frames()] == list(range(20))
    assert number_in(source.read(7).image) == 7
    assert "3 video streams; the largest one, stream 1" in source.notices[0]
    source.close()


def test_a_cover_picture_is_no_video(tmp_path):
    source = open_source(
        _with_streams(tmp_path / "a.mp4", ("cover", 960, 512), ("libx264", 240, 128)), "gate"
    )
    assert (source.info.width, source.info.n_frames, source.notices) == (240, 20, ())
    with pytest.raises(SourceError, match="holds no video"):
        open_source(_with_streams(tmp_path / "b.mp4", ("cover", 960, 512)), "gate")


def test_a_sound_file_is_refused(tmp_path):
    with av.open(str(tmp_path / "a.mp4"), "w") as out:
        stream = out.add_stream("aac", rate=8000)
        for _ in range(10):
            frame = av.AudioFrame.from_ndarray(np.zeros((1, 1024), np.float32), format="fltp", layout="mono")
            frame.sample_rate = 8000
            out.mux(stream.encode(frame))
        out.mux(stream.encode(None))
    with pytest.raises(SourceError, match=r"holds no video \(found: audio\)"):
        open_source(tmp_path / "a.mp4", "gate")


@pytest.mark.parametrize("pix_fmt", ["yuv444p", "yuv420p10le", "gray"])
def test_other_pixel_formats_become_rgb(pix_fmt, tmp_path):
    with av.open(str(tmp_path / "a.mkv"), "w") as out:
        stream = out.add_stream("ffv1", rate=25)
        stream.width, stream.height, stream.pix_fmt = 240, 128, pix_fmt
        for i in range(5):
            out.mux(
                stream.encode(
                    av.VideoFrame.from_ndarray(numbered(i), format="rgb24").reformat(format=pix_fmt)
                )
            )
        out.mux(stream.encode(None))
    frames = list(open_source(tmp_path / "a.mkv", "gate").frames())
    assert [number_in(f.image) for f in frames] == list(range(5))
    assert frames[0].image.dtype == np.uint8
