"""Whether a file holds all that its container promises, told from a few of its bytes."""

from __future__ import annotations

from reid_core.media.sniff import ByteReader, boxes

_TS_SIZES = (188, 192, 204)
_SYNC = 0x47
_TAIL_BYTES = 2**21


def missing_end(file: ByteReader, container: str) -> str:
    """How much is missing at the end of a file, as a part of a sentence; empty when nothing is known to be.

    Args:
        file: The file.
        container: FFmpeg's name of its container.
    """
    if container == "mov":
        promised = max((end for _, _, end in boxes(file)), default=0)
    elif container == "matroska":
        promised = _segment_end(file)
    elif container == "avi":
        promised = _riff_end(file)
    elif container == "mpegts":
        step, first = ts_layout(file)
        return "it ends inside a transport packet" if step and (file.size - first) % step else ""
    elif container == "flv":
        return "" if _flv_ends_with_a_tag(file) else "it ends inside a tag"
    else:
        promised = 0
    missing = promised - file.size
    return f"{missing:,} of {promised:,} bytes are missing at its end" if missing > 0 else ""


def ts_layout(file: ByteReader) -> tuple[int, int]:
    """``(step, first)`` of a transport stream: packet size and offset of the first; ``(0, 0)`` if unknown.

    Packets have 188 bytes, 192 with a time code before each (M2TS), 204 with a checksum behind.
    """
    file.seek(0)
    head = file.read(4096)
    for step in _TS_SIZES:
        for first in range(step):
            at = head[first::step]
            if len(at) >= 4 and all(byte == _SYNC for byte in at):
                return step, first - (4 if step == 192 else 0)
    return 0, 0


def ts_stream_is_whole(file: ByteReader, pid: int) -> bool:
    """Whether the last picture of a transport stream is surely complete.

    Each PES packet begins in a transport packet of its own, so the one before it ends in stuffing, unless it
    fills its last transport packet exactly (one in 184 does). A picture that ends without stuffing may be cut
    off.

    Source: ISO/IEC 13818-1, 2.4.3.4 (adaptation field).
    """
    step, first = ts_layout(file)
    if not step:
        return False
    sync = first + (4 if step == 192 else 0)
    last = (file.size - sync - 188) // step
    low = max(0, last - _TAIL_BYTES // step)
    file.seek(sync + low * step)
    tail = file.read(min(file.size, (last - low) * step + 188))
    for i in range(last - low, -1, -1):
        packet = tail[i * step : i * step + 188]
        if len(packet) == 188 and packet[0] == _SYNC and int.from_bytes(packet[1:3], "big") & 0x1FFF == pid:
            return _has_stuffing(packet)
    return False


def _has_stuffing(packet: bytes) -> bool:
    if not packet[3] & 0x20:
        return False
    length = packet[4]
    if length == 0:
        return True  # the one byte of the length field is itself the stuffing
    flags = packet[5]
    needed = 1 + 6 * bool(flags & 0x10) + 6 * bool(flags & 0x08) + bool(flags & 0x04)
    if flags & 0x02:  # private data, its length in front
        needed += 1 + packet[min(5 + needed, 187)]
    if flags & 0x01:  # extension, its length in front
        needed += 1 + packet[min(5 + needed, 187)]
    return length > needed


def _segment_end(file: ByteReader) -> int:
    """Where the segment of a Matroska file ends; 0 when it does not say. Source: RFC 8794, RFC 9559."""
    file.seek(0)
    head = file.read(4096)
    if head[:4] != b"\x1a\x45\xdf\xa3":
        return 0
    length, offset = _ebml_size(head, 4)
    offset += length
    while head[offset : offset + 1] == b"\xec":  # Void
        length, offset = _ebml_size(head, offset + 1)
        offset += length
    if head[offset : offset + 4] != b"\x18\x53\x80\x67":
        return 0
    length, offset = _ebml_size(head, offset + 4)
    return offset + length if length else 0


def _ebml_size(data: bytes, offset: int) -> tuple[int, int]:
    """``(size, offset behind it)``; size 0 when it is unknown."""
    first = data[offset] if offset < len(data) else 0
    n_bytes = 9 - first.bit_length()
    if n_bytes > 8:
        return 0, offset + 1
    size = int.from_bytes(data[offset : offset + n_bytes], "big") & ((1 << 7 * n_bytes) - 1)
    return (0 if size == (1 << 7 * n_bytes) - 1 else size), offset + n_bytes


def _flv_ends_with_a_tag(file: ByteReader) -> bool:
    """Whether an FLV ends as it should: with the size of its last tag. Source: FLV 10.1, E.3."""
    file.seek(max(0, file.size - 4))
    length = int.from_bytes(file.read(4), "big")
    start = file.size - 4 - length
    if length < 11 or start < 0:
        return False
    file.seek(start)
    return int.from_bytes(file.read(4)[1:], "big") + 11 == length


def _riff_end(file: ByteReader) -> int:
    """Where the RIFF chunks of an AVI end; large files have several, one behind the other."""
    offset = 0
    while offset + 12 <= file.size:
        file.seek(offset)
        header = file.read(12)
        if header[:4] != b"RIFF":
            break
        length = int.from_bytes(header[4:8], "little")
        if not length:
            break  # never finished by its recorder: it does not say
        offset += 8 + length + length % 2
    return offset
