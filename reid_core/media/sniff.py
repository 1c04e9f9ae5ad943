"""Saying why a file is refused, from its own bytes."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Protocol

from reid_core.errors import SourceError
from reid_core.media.files import shown

_HEAD_BYTES = 4096
_ADVICE = "give the footage itself, for example as MP4"
_PLAYLISTS = (
    (rb"#EXTM3U", "an HLS or M3U playlist"),
    (rb"(ffconcat|file\s)", "a list of files to join"),
    (rb"v=0\s[\s\S]*^m=", "the description of a stream (SDP)"),
    (rb"<(\?xml[\s\S]*<)?(\w+:)?MPD\b", "a DASH manifest"),
    (rb"<(\?xml[\s\S]*<)?SmoothStreamingMedia\b", "a streaming manifest"),
    (rb"<smil\b|<asx\b|\[playlist\]|\[reference\]|RTSPtext|(https?|rtsps?|rtmp|ftp)://", "a playlist"),
)
_PICTURES = (
    (b"\xff\xd8\xff", "JPEG"),
    (b"\x89PNG", "PNG"),
    (b"GIF8", "GIF"),
    (b"BM", "BMP"),
    (b"II*\0", "TIFF"),
)


class ByteReader(Protocol):
    """The part of a file that is needed here."""

    @property
    def size(self) -> int: ...  # noqa: D102
    def read(self, n_bytes: int) -> bytes: ...  # noqa: D102
    def seek(self, offset: int, whence: int = 0) -> int: ...  # noqa: D102


def refuse_text(path: Path, file: ByteReader) -> None:
    """Refuse a file that is text, a playlist above all, before FFmpeg sees it; leaves the file at its start.

    Raises:
        SourceError: The file is text.
    """
    head = file.read(_HEAD_BYTES)
    file.seek(0)
    text = head.removeprefix(b"\xef\xbb\xbf").lstrip()
    for pattern, what in _PLAYLISTS:
        if re.match(pattern, text, re.IGNORECASE | re.MULTILINE):
            raise SourceError(f"{shown(path)} is {what}, whatever its name says; {_ADVICE}")
    if _is_text(head):
        raise SourceError(f"{shown(path)} is a text, not footage; {_ADVICE}")


def _is_text(head: bytes) -> bool:
    for encoding in ("utf-8", "utf-16"):
        try:
            text = head[: len(head) // 4 * 4].decode(encoding, "strict" if encoding == "utf-16" else "ignore")
        except UnicodeDecodeError:
            continue
        marked = encoding == "utf-8" or head[:2] in (b"\xff\xfe", b"\xfe\xff")
        n_printable = sum(c.isprintable() or c.isspace() for c in text)
        if marked and n_printable == len(text) and len(text) * 4 > len(head):
            return True
    return False


def explain_refusal(path: Path, file: ByteReader, error: Exception) -> SourceError:
    """Why FFmpeg did not open a file, and what to do about it, as an error to raise."""
    file.seek(0)
    head = file.read(_HEAD_BYTES)
    for magic, name in _PICTURES:
        if head.startswith(magic):
            return SourceError(
                f"{shown(path)} is a picture ({name}); put the pictures into a folder and give that"
            )
    if head[4:8] in (b"ftyp", b"mdat", b"moov", b"wide", b"free", b"skip"):
        names = {name for name, _, _ in boxes(file)}
        if b"moov" not in names:
            return SourceError(
                f"{shown(path)} is an MP4 without its index (moov): the recording was cut off before it was "
                "finished; export it again, or repair it with a tool such as untrunc"
            )
        return SourceError(f"{shown(path)} is an MP4 whose index (moov) is damaged; export it again")
    if not any(head):
        return SourceError(f"{shown(path)} begins with nothing but zeros; the recording or the copy failed")
    if isinstance(error, MemoryError):
        return SourceError(
            f"{shown(path)} asks for more than is allowed (streams or memory); convert it first"
        )
    return SourceError(
        f"{shown(path)} is damaged, or no video of a kind that is read "
        "(MP4, MOV, MKV, WebM, MPEG-TS, MPEG, AVI, FLV, WMV); convert it to MP4"
    )


def boxes(file: ByteReader) -> list[tuple[bytes, int, int]]:
    """The top-level boxes of an MP4: ``(type, offset, end)``, where ``end`` may lie beyond the file's.

    Source: ISO/IEC 14496-12, 4.2. At most 100,000 boxes are looked at.
    """
    found: list[tuple[bytes, int, int]] = []
    offset = 0
    while offset + 8 <= file.size and len(found) < 100_000:
        file.seek(offset)
        header = file.read(16)
        length = int.from_bytes(header[:4], "big")
        if length == 1:
            length = int.from_bytes(header[8:16], "big")
        elif length == 0:
            length = file.size - offset
        if length < 8:
            break
        found.append((header[4:8], offset, offset + length))
        offset += length
    return found
