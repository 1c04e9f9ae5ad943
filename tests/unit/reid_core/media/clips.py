"""Clips for the tests, each picture carrying its number as a row of big black and white blocks.

The blocks survive compression, so that any decoded picture says which one it is.
"""

from __future__ import annotations

import struct
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from fractions import Fraction
from pathlib import Path

import av
import numpy as np

from reid_core.types import ImageArray

WIDTH, HEIGHT = 240, 128
_N_BITS = 12
_TOP = 8


def numbered(number: int, width: int = WIDTH, height: int = HEIGHT) -> ImageArray:
    """A picture ``(height, width, 3)`` that says its number (below 4096), with something moving below."""
    image = np.full((height, width, 3), 90, np.uint8)
    image[height // 2 :] = np.linspace(60, 190, width, dtype=np.uint8)[None, :, None]
    block = width // _N_BITS
    for bit in range(_N_BITS):
        image[_TOP : _TOP + block, bit * block : (bit + 1) * block] = 255 if number >> bit & 1 else 0
    x = number * 3 % (width - 20)
    image[height // 2 + 8 : height // 2 + 40, x : x + 20] = (200, 80, 40)
    return image


def number_in(image: ImageArray) -> int:
    """The number that a picture of any size says; the picture must be upright and uncropped."""
    block = image.shape[1] / _N_BITS
    scale = image.shape[1] / WIDTH
    row = image[round((_TOP + 6) * scale) : round((_TOP + 14) * scale)]
    bits = [
        row[:, round((bit + 0.3) * block) : round((bit + 0.7) * block)].mean() > 128 for bit in range(_N_BITS)
    ]
    return sum(int(bit) << i for i, bit in enumerate(bits))


def write_clip(
    path: Path,
    n: int = 120,
    codec: str = "libx264",
    *,
    container: str | None = None,
    gop: int = 40,
    b_frames: int = 3,
    rate: int = 25,
    options: dict[str, str] | None = None,
    muxing: dict[str, str] | None = None,
    pts: Sequence[int] | None = None,
    time_base: Fraction | None = None,
    first: int = 0,
    draw: Callable[[int], ImageArray] = numbered,
) -> Path:
    """Encode ``n`` pictures from number ``first``; ``pts`` are in ``time_base`` (one frame by default)."""
    time_base = time_base or Fraction(1, rate)
    with av.open(str(path), "w", format=container, options=muxing or {}) as out:
        stream = out.add_stream(codec, rate=rate, options=_FAST.get(codec, {}) | (options or {}))
        height, width = draw(first).shape[:2]
        stream.width, stream.height = width, height
        stream.pix_fmt = "yuvj420p" if codec == "mjpeg" else "yuv420p"
        stream.codec_context.gop_size = gop
        stream.codec_context.max_b_frames = b_frames
        stream.codec_context.time_base = time_base
        stream.codec_context.thread_count = 1
        for i in range(n):
            frame = av.VideoFrame.from_ndarray(draw(first + i), format="rgb24")
            frame.pts, frame.time_base = i if pts is None else pts[i], time_base
            out.mux(stream.encode(frame))
        out.mux(stream.encode(None))
    return path


_FAST = {
    "libx264": {"preset": "veryfast"},
    "libx265": {"preset": "ultrafast", "x265-params": "log-level=none:bframes=3:pools=1"},
    "libvpx": {"deadline": "realtime", "cpu-used": "8"},
    "libvpx-vp9": {"deadline": "realtime", "cpu-used": "8"},
}


def remux(source: Path, target: Path, *, start_s: float = 0.0, muxing: dict[str, str] | None = None) -> Path:
    """Copy the packets from the key packet at or before ``start_s`` on; that moment becomes 0."""
    with av.open(str(source)) as original, av.open(str(target), "w", options=muxing or {}) as out:
        stream = original.streams.video[0]
        copy = out.add_stream_from_template(stream)
        start = round(start_s / stream.time_base)
        if start:
            original.seek(start, stream=stream)
        for packet in original.demux(stream):
            if packet.size:
                packet.pts -= start
                packet.dts -= start
                packet.stream = copy
                out.mux(packet)
    return target


def cut_file(source: Path, target: Path, n_bytes: int) -> Path:
    """The first ``n_bytes`` of a file."""
    target.write_bytes(source.read_bytes()[:n_bytes])
    return target


def turn(path: Path, matrix: tuple[int, int, int, int]) -> Path:
    """Write the turn ``(a, b, c, d)`` into the track header of an MP4."""
    data = bytearray(path.read_bytes())
    at = data.index(b"tkhd") + 4 + 4 + 4 * 4 + 4 + 8 + 2 * 4
    a, b, c, d = (value * 0x10000 for value in matrix)
    data[at : at + 36] = struct.pack(">9i", a, b, 0, c, d, 0, 0, 0, 0x40000000)
    path.write_bytes(data)
    return path


@dataclass(frozen=True)
class Kind:
    """A kind of clip: how to write it, and which numbers its frames show by rank."""

    write: Callable[[Path], Path]
    numbers: Sequence[int] = range(120)


def _edit_list(folder: Path) -> Path:
    return remux(write_clip(folder / "whole.mp4"), folder / "edited.mp4", start_s=2.2)


def _open_gop_cut(folder: Path) -> Path:
    return remux(_open_gop(folder, "whole.mp4"), folder / "open-cut.mkv", start_s=1.6)


def _open_gop(folder: Path, name: str) -> Path:
    return write_clip(folder / name, options={"x264-params": "open-gop=1:keyint=20:min-keyint=20:scenecut=0"})


def _varying(folder: Path, name: str) -> Path:
    pts = np.cumsum(np.random.default_rng(5).integers(20, 90, 120)).tolist()
    return write_clip(folder / name, pts=pts, time_base=Fraction(1, 1000))


def _turned(folder: Path) -> Path:
    lying = write_clip(folder / "a.mp4", draw=lambda i: np.ascontiguousarray(np.rot90(numbered(i))))
    return turn(lying, (0, 1, -1, 0))


def _wrapping(folder: Path) -> Path:
    first = 2**33 - 50 * 3600
    return write_clip(
        folder / "wrapping.ts",
        pts=[first + i * 3600 for i in range(120)],
        time_base=Fraction(1, 90_000),
        muxing={"mpegts_copyts": "1", "avoid_negative_ts": "disabled"},
    )


def _joined(folder: Path) -> Path:
    parts = [write_clip(folder / f"part{i}.ts", 60, first=60 * i, gop=25) for i in range(2)]
    (folder / "joined.ts").write_bytes(b"".join(part.read_bytes() for part in parts))
    return folder / "joined.ts"


def _from_the_middle(folder: Path) -> Path:
    whole = write_clip(folder / "whole.ts").read_bytes()
    (folder / "from-the-middle.ts").write_bytes(whole[188 * 60 :])
    return folder / "from-the-middle.ts"


KINDS = {
    "mp4, B-frames, long GOP": Kind(lambda d: write_clip(d / "a.mp4", 300, gop=250), range(300)),
    "mp4, variable rate": Kind(lambda d: _varying(d, "a.mp4")),
    "mp4, edit list": Kind(_edit_list, range(55, 120)),
    "mp4, turned by 90 degrees": Kind(_turned),
    "mp4, open GOP": Kind(lambda d: _open_gop(d, "a.mp4")),
    "mp4, fragmented": Kind(
        lambda d: write_clip(d / "a.mp4", muxing={"movflags": "frag_keyframe+empty_moov"})
    ),
    "mp4, hevc": Kind(lambda d: write_clip(d / "a.mp4", codec="libx265")),
    "mp4, mpeg4": Kind(lambda d: write_clip(d / "a.mp4", codec="mpeg4", b_frames=2)),
    "mkv": Kind(lambda d: write_clip(d / "a.mkv")),
    "mkv, first pts not zero": Kind(
        lambda d: write_clip(
            d / "a.mkv", pts=[125 + i for i in range(120)], muxing={"avoid_negative_ts": "0"}
        )
    ),
    "mkv, variable rate": Kind(lambda d: _varying(d, "a.mkv")),
    "mkv, cut in an open GOP": Kind(_open_gop_cut, range(40, 120)),
    "webm, vp9": Kind(lambda d: write_clip(d / "a.webm", codec="libvpx-vp9", b_frames=0)),
    "webm, vp8": Kind(lambda d: write_clip(d / "a.webm", codec="libvpx", b_frames=0)),
    "ts": Kind(lambda d: write_clip(d / "a.ts")),
    "ts, hevc": Kind(lambda d: write_clip(d / "a.ts", codec="libx265")),
    "ts, mpeg2 (open GOP)": Kind(lambda d: write_clip(d / "a.ts", codec="mpeg2video", b_frames=2, gop=12)),
    "ts, open GOP": Kind(lambda d: _open_gop(d, "a.ts")),
    "ts, wrapping clock": Kind(_wrapping),
    "ts, joined": Kind(_joined),
    "ts, from the middle": Kind(_from_the_middle, range(40, 120)),
    "m2ts": Kind(lambda d: write_clip(d / "a.m2ts", container="mpegts", muxing={"mpegts_m2ts_mode": "1"})),
    "avi, h264 with B-frames, no pts": Kind(lambda d: write_clip(d / "a.avi")),
    "avi, mpeg4": Kind(lambda d: write_clip(d / "a.avi", codec="mpeg4", b_frames=2)),
    "avi, mjpeg": Kind(lambda d: write_clip(d / "a.avi", codec="mjpeg", b_frames=0)),
    "mpg, mpeg2": Kind(lambda d: write_clip(d / "a.mpg", codec="mpeg2video", container="vob", b_frames=2)),
    "flv": Kind(lambda d: write_clip(d / "a.flv")),
    "wmv": Kind(lambda d: write_clip(d / "a.wmv", codec="wmv2", b_frames=0)),
    "bare h264, no times": Kind(lambda d: write_clip(d / "a.h264", container="h264")),
    "bare hevc, no times": Kind(lambda d: write_clip(d / "a.265", codec="libx265", container="hevc")),
}
