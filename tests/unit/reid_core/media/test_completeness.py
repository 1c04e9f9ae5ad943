"""Whether a file is whole, told from its bytes."""

from __future__ import annotations

import io

import pytest

from reid_core.media.completeness import missing_end, ts_layout, ts_stream_is_whole


class _Bytes(io.BytesIO):
    @property
    def size(self):
        return len(self.getvalue())


def _ts_packet(pid=256, adaptation=b"", start=False):
    header = bytes([0x47, (0x40 if start else 0) | pid >> 8, pid & 0xFF, 0x30 if adaptation else 0x10])
    return (header + adaptation).ljust(188, b"\xaa")


@pytest.mark.parametrize("step", [188, 192, 204])
@pytest.mark.parametrize("skipped", [0, 50])
def test_the_layout_of_a_transport_stream(step, skipped):
    packet = {188: b"", 192: b"time"}.get(step, b"") + _ts_packet() + (bytes(16) if step == 204 else b"")
    stream = (b"\x01" * skipped) + packet * 30
    assert ts_layout(_Bytes(stream)) == (step, skipped)
    assert missing_end(_Bytes(stream), "mpegts") == ""
    assert missing_end(_Bytes(stream[:-10]), "mpegts") == "it ends inside a transport packet"
    assert ts_layout(_Bytes(b"\x01" * 5000)) == (0, 0)


@pytest.mark.parametrize(
    ("adaptation", "is_whole"),
    [
        (b"", False),  # payload to the brim
        (b"\x00", True),  # one byte of stuffing
        (b"\x01\x00", False),  # flags that a muxer wrote without need: no stuffing
        (b"\x07\x10" + b"\x00" * 6, False),  # a clock reference fills the field
        (b"\x0a\x10" + b"\x00" * 6 + b"\xff" * 3, True),
        (b"\x14\x00" + b"\xff" * 19, True),
    ],
)
def test_stuffing_tells_the_end_of_a_picture(adaptation, is_whole):
    other = _ts_packet(pid=300)
    stream = _Bytes(_ts_packet(start=True) * 20 + _ts_packet(adaptation=adaptation) + other * 3)
    assert ts_stream_is_whole(stream, 256) is is_whole
    assert ts_stream_is_whole(_Bytes(stream.getvalue() + b"\x47\x41"), 256) is is_whole


def test_a_stream_that_is_not_there_is_not_whole():
    assert not ts_stream_is_whole(_Bytes(_ts_packet() * 20), 300)
    assert not ts_stream_is_whole(_Bytes(b"x" * 1000), 256)


def _box(kind, length, total=None):
    return (total or length + 8).to_bytes(4, "big") + kind + bytes(length)


@pytest.mark.parametrize(
    ("data", "container", "missing"),
    [
        (_box(b"ftyp", 12) + _box(b"mdat", 100), "mov", ""),
        (_box(b"ftyp", 12) + _box(b"mdat", 100, 1108), "mov", "1,000 of 1,128 bytes are missing at its end"),
        (_box(b"ftyp", 12) + b"\x00\x00\x00\x00mdat" + bytes(50), "mov", ""),
        (
            _box(b"ftyp", 12) + b"\x00\x00\x00\x01mdat" + (116).to_bytes(8, "big") + bytes(50),
            "mov",
            "50 of 136",
        ),
        (b"\x1a\x45\xdf\xa3\x83abc\x18\x53\x80\x67\x8a" + bytes(10), "matroska", ""),
        (b"\x1a\x45\xdf\xa3\x83abc\x18\x53\x80\x67\x8a" + bytes(4), "matroska", "6 of 23 bytes"),
        (b"\x1a\x45\xdf\xa3\x83abc\xec\x81x\x18\x53\x80\x67\x8a" + bytes(4), "matroska", "6 of 26 bytes"),
        (b"\x1a\x45\xdf\xa3\x83abc\x18\x53\x80\x67\x01" + b"\xff" * 7 + bytes(4), "matroska", ""),
        (b"\x1a\x45\xdf\xa3", "matroska", ""),
        (b"no matroska", "matroska", ""),
        (b"RIFF\x10\x00\x00\x00AVI " + bytes(12), "avi", ""),
        (b"RIFF\x10\x00\x00\x00AVI " + bytes(2), "avi", "10 of 24 bytes"),
        (b"RIFF\x00\x00\x00\x00AVI " + bytes(20), "avi", ""),
        (b"FLV" + bytes(10) + b"\x09\x00\x00\x05" + bytes(12) + b"\x00\x00\x00\x10", "flv", ""),
        (b"FLV" + bytes(10) + b"\x09\x00\x00\x05" + bytes(12) + b"\x00\x00", "flv", "it ends inside a tag"),
        (b"FLV", "flv", "it ends inside a tag"),
        (b"anything", "asf", ""),
    ],
)
def test_what_the_container_promises(data, container, missing):
    assert missing in missing_end(_Bytes(data), container)
    assert bool(missing) == bool(missing_end(_Bytes(data), container))
