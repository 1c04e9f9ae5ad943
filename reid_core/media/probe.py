"""Making the frame index of a video file: which frames it will really show, when, and how to get at each.

The packets are read once, without decoding. Then the decoder is asked about what packets alone cannot answer:
the head (pictures before the first complete group are not shown) and the last picture of a file that may be
cut. Where packets and pictures do not correspond one to one, or timestamps are absent or out of order, the
whole file is decoded once.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from fractions import Fraction
from pathlib import Path

import av
import numpy as np

from reid_core.media import limits
from reid_core.media.completeness import missing_end, ts_stream_is_whole
from reid_core.media.container import OpenVideo, open_video
from reid_core.media.decoder import DecodeFaultError, Decoder
from reid_core.media.frame_index import FrameIndex, VideoTrack
from reid_core.media.packets import Demuxed, PacketTable, last_time_s, read_packets
from reid_core.media.picture import IDENTITY, Orientation, orientation_of
from reid_core.media.timestamps import (
    NO_PTS,
    display_order,
    fill_missing,
    is_plausible_order,
    make_increasing,
    start_packets,
    unwrap,
)
from reid_core.types import BoolArray, IntArray

_HEAD_PACKETS = 64
_MAX_TAIL_PACKETS = 1000
_REPORT_EVERY = 256
_TELLTALE_CODECS = ("h264", "mpeg1video", "mpeg2video", "mpeg4", "mjpeg")
"""Codecs whose decoder notices that the end of a picture is missing."""

_HIDING_CODECS = ("vp8", "mpeg4", "msmpeg4v3", "vc1", "wmv3")
"""Codecs that have packets which show nothing."""

OnProgress = Callable[[float], None]


@dataclass(frozen=True, slots=True)
class _Survey:
    """What the packets and the container tell; ``last_is_whole`` is None where only the decoder can tell."""

    container: str
    codec: str
    stream_idx: int
    size: tuple[int, int]
    time_base: Fraction
    rate: Fraction
    demuxed: Demuxed
    cut: str
    last_is_whole: bool | None
    notices: tuple[str, ...]


@dataclass(slots=True)
class _Decoded:
    """What the decoder gave for a range of packets."""

    order: list[int] = field(default_factory=list)  # numbers of the packets in output order
    damaged: set[int] = field(default_factory=set)  # of these, the ones with errors
    faults: list[int] = field(default_factory=list)  # packets that could not be decoded at all
    size: tuple[int, int] | None = None
    orientation: Orientation = IDENTITY


@dataclass(frozen=True, slots=True)
class _Showing:
    """The frames in display order; ``place`` (P,) rises in display order, for `start_packets`."""

    packet: IntArray
    pts: IntArray
    place: IntArray
    decoded: _Decoded
    cut: str = ""
    notices: tuple[str, ...] = ()


def build_index(path: Path, on_progress: OnProgress | None = None) -> FrameIndex:
    """Index a video file.

    Args:
        path: The file.
        on_progress: Told the part that is done, 0..1; starts anew when the file has to be decoded.

    Raises:
        SourceError: The file cannot be opened, see `open_video`.
    """
    survey = _survey(path, on_progress)
    table = survey.demuxed.table
    cut, last_is_whole = survey.cut, survey.last_is_whole
    if last_is_whole is None:
        last_is_whole = _is_last_decodable(path, survey.stream_idx, table)
        cut = cut or ("" if last_is_whole else "it ends inside a picture")
    table.feed[-1:] = last_is_whole
    showing = _by_timestamps(path, survey) or _by_decoding(path, survey, on_progress)
    track = VideoTrack(
        survey.container,
        survey.codec,
        survey.stream_idx,
        *(showing.decoded.size or survey.size),
        showing.decoded.orientation,
        survey.time_base,
        survey.rate,
    )
    return FrameIndex(
        packets=table,
        pts=make_increasing(showing.pts),
        packet=showing.packet,
        start=start_packets(showing.packet, table.key & table.feed, showing.place),
        track=track,
        cut="; ".join(filter(None, (cut, showing.cut))),
        notices=survey.notices + showing.notices,
    )


def _survey(path: Path, on_progress: OnProgress | None) -> _Survey:
    with open_video(path) as video:
        stream = video.stream
        codec = str(stream.codec_context.codec.canonical_name)
        rate = Fraction(stream.guessed_rate or stream.average_rate or 25)
        demuxed = read_packets(video, on_progress)
        cut = _why_cut(video, demuxed)
        return _Survey(
            container=video.format,
            codec=codec,
            stream_idx=stream.index,
            size=(stream.codec_context.width, stream.codec_context.height),
            time_base=Fraction(stream.time_base),
            rate=rate if 0 < rate <= limits.MAX_FPS else Fraction(25),
            demuxed=demuxed,
            cut=cut,
            last_is_whole=_is_last_whole(video, demuxed, codec, bool(cut)),
            notices=video.notices,
        )


def _why_cut(video: OpenVideo, demuxed: Demuxed) -> str:
    """Why the file is not whole, as a part of a sentence, or an empty string."""
    if reason := missing_end(video.file, video.format):
        return reason
    if demuxed.error:
        return f"it cannot be read to its end ({demuxed.error})"
    if demuxed.last_is_partial:
        return "its last packet is incomplete"
    return _missing_time(video, demuxed.table) if video.format in limits.TIMED_CONTAINERS else ""


def _missing_time(video: OpenVideo, table: PacketTable) -> str:
    """How much shorter the file is than its header says: damage can hide all that follows it.

    The stated length is that of the longest stream, so all streams are read when the video is too short.
    """
    stated_s = (video.container.duration or 0) / av.time_base
    tolerance_s = max(1.0, 0.02 * stated_s)
    start_s = min(0, video.container.start_time or 0) / av.time_base  # a late start counts as length in MKV
    known = table.pts[table.pts != NO_PTS]
    seen_s = float(known.max() * video.stream.time_base) - start_s if len(known) else 0.0
    if stated_s - seen_s > tolerance_s and len(video.container.streams) > 1:
        with open_video(video.file.path) as again:
            seen_s = max(seen_s, last_time_s(again) - start_s)
    if stated_s - seen_s <= tolerance_s:
        return ""
    return f"it should last {stated_s:.1f} s and ends at {seen_s:.1f} s"


def _is_last_whole(video: OpenVideo, demuxed: Demuxed, codec: str, is_cut: bool) -> bool | None:
    """Whether the last packet is complete; None when only the decoder can tell."""
    if demuxed.last_is_partial or not len(demuxed.table):
        return not demuxed.last_is_partial
    if video.format not in limits.UNMEASURED_CONTAINERS:
        return True
    if video.format == "mpegts":
        if ts_stream_is_whole(video.file, video.stream.id):
            return True
        if is_cut:
            return False
        return None if codec in _TELLTALE_CODECS else True
    return None


def _is_last_decodable(path: Path, stream_idx: int, table: PacketTable) -> bool:
    """Whether the decoder finds no fault with the last packet, or with the one before it as well."""
    n = len(table)
    keys = np.flatnonzero(table.key)
    # From the last key packet but one: the last packet may be a leading picture of the last one.
    first = int(keys[-2]) if len(keys) > 1 else 0
    if n - first > _MAX_TAIL_PACKETS:
        return True
    decoded = _decode(path, stream_idx, table, first, n)
    good = set(decoded.order) - decoded.damaged
    return n - 1 in good or (n - 1 > first and n - 2 not in good)


def _by_timestamps(path: Path, survey: _Survey) -> _Showing | None:
    """The frames in the order of their pts; None when the decoder's output contradicts it."""
    table = survey.demuxed.table
    keys = np.flatnonzero(table.key & table.feed)
    if not len(keys):
        return None
    pts, notices = _rising_pts(survey)
    head = _decode(path, survey.stream_idx, table, 0, min(len(table), int(keys[0]) + _HEAD_PACKETS))
    shown = _shown_packets(table, pts, table.feed & ~survey.demuxed.hidden, head)
    if shown is None:
        return None
    frames = np.flatnonzero(shown)
    in_time = frames[display_order(pts[frames])]
    if (pts[frames] == NO_PTS).any() or not is_plausible_order(np.argsort(in_time)):
        return None
    return _Showing(in_time.astype(np.int64), pts[in_time], pts, head, notices=notices)


def _shown_packets(
    table: PacketTable, pts: IntArray, expected: BoolArray, head: _Decoded
) -> BoolArray | None:
    """``(P,)`` whether a packet's picture is shown, from what the decoder gave for the head of the file.

    Pictures before the first key packet, in either order, may be lacking or damaged: they are not shown. None
    when packets and pictures do not otherwise correspond one to one in the order of their pts.
    """
    number = np.arange(len(table))
    first_key = int(np.flatnonzero(table.key & table.feed)[0])
    leading = (number < first_key) | (pts < pts[first_key])
    order = [n for n in head.order if not (n in head.damaged and leading[n])]
    given = np.zeros(len(table), np.bool_)
    given[order] = True
    absent = expected & ~given & (number < first_key + _HEAD_PACKETS)
    if len(set(order)) < len(order) or (absent & ~leading).any() or (np.diff(pts[order]) < 0).any():
        return None
    return expected & ~absent


def _by_decoding(path: Path, survey: _Survey, on_progress: OnProgress | None) -> _Showing:
    """The frames as the decoder gives them for the whole file, their times completed."""
    table, n = survey.demuxed.table, len(survey.demuxed.table)
    try:
        decoded = _decode(path, survey.stream_idx, table, 0, n, on_progress, frame_threads=True)
    except DecodeFaultError:
        decoded = _decode(path, survey.stream_idx, table, 0, n, on_progress)
    # A packet with several pictures counts once: after a seek they could not be told apart.
    packet = np.array(list(dict.fromkeys(decoded.order)), np.int64)
    place = np.full(n, -1, np.int64)
    place[packet] = np.arange(len(packet))
    pts, notices = _rising_pts(survey)
    times = pts[packet]
    if (times == NO_PTS).all():
        times = np.sort(table.dts[packet])
    if len(times) and (times == NO_PTS).all():
        notices += (f"it holds no times at all; {float(survey.rate):g} frames per second are assumed",)
    elif (times == NO_PTS).any() or (np.diff(times) <= 0).any():
        notices += ("some of its times are missing or out of order; they were filled in",)
    cut = _why_damaged(survey, packet, decoded.faults)
    return _Showing(packet, fill_missing(times, _interval(survey)), place, decoded, cut, notices)


def _why_damaged(survey: _Survey, packet: IntArray, faults: list[int]) -> str:
    """What a complete decoding says of damage, as a part of a sentence, or an empty string.

    Packets before the first picture are the tail of something that is not in the file. Otherwise a packet
    without a picture is damage, unless many are: then the file holds the two fields of a picture in a packet
    each, or hidden pictures.
    """
    table, n = survey.demuxed.table, len(survey.demuxed.table)
    empty = table.feed & ~survey.demuxed.hidden
    empty[packet] = False
    empty[: packet[0] if len(packet) else n] = False
    n_bad = int(empty.sum())
    expects_one_each = survey.codec not in _HIDING_CODECS and n_bad < n / 4
    n_bad = n_bad if expects_one_each else sum(fault > packet[0] for fault in faults) if len(packet) else 0
    return f"{n_bad} of its {n} packets are damaged" if n_bad else ""


def _rising_pts(survey: _Survey) -> tuple[IntArray, tuple[str, ...]]:
    """``(P,)`` pts on one scale, and notices."""
    table = survey.demuxed.table
    if survey.container not in ("mpegts", "mpeg"):
        return table.pts, ()
    pts, n_joints = unwrap(table.pts, table.dts, survey.time_base, _interval(survey))
    joined = f"its clock starts anew {n_joints} times; its parts were put one behind the other"
    return pts, (joined,) if n_joints else ()


def _interval(survey: _Survey) -> int:
    return max(1, round(1 / survey.rate / survey.time_base))


def _decode(
    path: Path,
    stream_idx: int,
    table: PacketTable,
    first: int,
    last: int,
    on_progress: OnProgress | None = None,
    *,
    frame_threads: bool = False,
) -> _Decoded:
    decoded = _Decoded()
    with Decoder(path, stream_idx, table, frame_threads=frame_threads) as decoder:
        for number, frame in decoder.pictures(first, last):
            if decoded.size is None and not frame.is_corrupt:
                decoded.size = (frame.width, frame.height)
                decoded.orientation = orientation_of(frame)
            decoded.order.append(number)
            if frame.is_corrupt:
                decoded.damaged.add(number)
            if on_progress is not None and len(decoded.order) % _REPORT_EVERY == 0:
                on_progress(min(1.0, decoder.next_packet / max(1, last - first)))
        decoded.faults = decoder.faults
    return decoded
