"""From a snapshot to the rows of the Sources page. Without Qt."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from datetime import date, datetime, time, timedelta
from pathlib import Path

from app.adding import Rejected
from app.playback.live import lost_label
from app.snapshot import Snapshot, SourceFacts, SourceState, StreamFacts
from app.views.sources import CameraFacts, SourceLine
from app.wording import clock_label, count_label, length_label, percent_label
from reid_core.store.records import Camera

CODECS = {"h264": "H.264", "hevc": "H.265", "mpeg4": "MPEG-4", "mjpeg": "M-JPEG", "vp9": "VP9", "av1": "AV1"}
STREAM_KEY = "c"
"""What the key of a live camera's row begins with."""
PPM_PER_MS_A_MINUTE = 1000 / 60
Progress = Mapping[str, tuple[int, int]]
"""``(done, total)`` frames by `part_name`, of what a job works on now."""


def part_name(facts: SourceFacts) -> str:
    """What a job calls a source in its progress."""
    return f"{facts.source.camera}: {Path(facts.source.path).name}"


def present_part(snapshot: Snapshot | None, part: str) -> str:
    """A job's name for a part, with what its camera is called now: it may have been renamed meanwhile."""
    camera, colon, file = part.partition(": ")
    return f"{snapshot.present_name(camera)}{colon}{file}" if snapshot is not None and colon else part


def summary_text(snapshot: Snapshot, n_rows: int) -> str:
    """What stands beside the title: ``3 cameras, 4 files``."""
    n_files = n_rows - len(snapshot.streams)
    files = count_label(n_files, "file") if n_files or not snapshot.streams else "live"
    return f"{count_label(len(snapshot.cameras), 'camera')}, {files}" if n_rows else ""


def footer_text(snapshot: Snapshot, n_missing: int, n_rejected: int) -> str:
    """The line under the table."""
    said = []
    if n_missing:
        said.append(f"{count_label(n_missing, 'file')} could not be found.")
    if n_rejected:
        said.append(f"{count_label(n_rejected, 'file')} could not be opened.")
    if any(stream.is_recorded for stream in snapshot.streams):
        return " ".join([*said, "Files are never changed; recordings lie in the project's folder."])
    return " ".join([*said, "Media is read only and never copied or changed."])


def source_lines(
    snapshot: Snapshot, rejected: tuple[Rejected, ...], progress: Progress, is_running: bool
) -> tuple[SourceLine, ...]:
    """All rows: the sources by camera, each refused file behind its camera's."""
    lines = []
    streams = {stream.camera: stream for stream in snapshot.streams}
    for camera in snapshot.cameras:
        if camera.name in streams:
            lines.append(stream_line(snapshot, streams[camera.name], is_running))
            continue
        lines += [
            _line(snapshot, facts, progress, is_running)
            for facts in snapshot.sources
            if facts.source.camera == camera.name
        ]
        lines += [_refused(entry) for entry in rejected if entry.camera == camera.name]
    known = {camera.name for camera in snapshot.cameras}
    return (*lines, *(_refused(entry) for entry in rejected if entry.camera not in known))


def _line(snapshot: Snapshot, facts: SourceFacts, progress: Progress, is_running: bool) -> SourceLine:
    source = facts.source
    state, icon, role, part = _state(facts, progress, is_running)
    problem, level, can = _problem(facts)
    return SourceLine(
        key=f"s{source.id}",
        source_id=source.id,
        camera=source.camera,
        file=Path(source.path).name,
        path=source.path,
        codec=codec_label(str(source.info.get("codec", ""))),
        size=f"{source.width}×{source.height}",
        rate=f"{source.fps:.2f} VFR" if source.info.get("is_vfr") else f"{source.fps:.2f}",
        length=length_label(source.duration_ms),
        first_time=clock_label(snapshot.span_ms(facts)[0]),
        clock=_clock_of(snapshot, source.camera),
        state=state,
        icon=icon,
        role=role,
        part=part,
        problem=problem,
        level=level,
        can=can,
    )


def stream_line(snapshot: Snapshot, stream: StreamFacts, is_running: bool) -> SourceLine:
    """A live camera in one row, however often it was connected."""
    takes = snapshot.sources_of[stream.camera]
    state, icon, role = _stream_state(snapshot, takes, is_running or snapshot.is_watched)
    clock = _clock_of(snapshot, stream.camera)
    line = SourceLine(
        key=f"{STREAM_KEY}{stream.camera}",
        source_id=takes[-1].source.id if takes else 0,
        camera=stream.camera,
        file=stream.address,
        path=stream.address,
        clock=clock,
        state=state,
        icon=icon,
        role=role,
    )
    if not takes:
        return line
    last = takes[-1].source
    return replace(
        line,
        codec=codec_label(str(last.info.get("codec", ""))),
        size=f"{last.width}×{last.height}",
        rate=f"{last.fps:.2f}",
        length=length_label(sum(facts.source.duration_ms for facts in takes)),
        first_time=clock_label(snapshot.span_ms(takes[0])[0]),
    )


def _stream_state(
    snapshot: Snapshot, takes: tuple[SourceFacts, ...], is_running: bool
) -> tuple[str, str, str]:
    found = count_label(sum(facts.n_tracklets for facts in takes), "tracklet")
    if not takes:
        return ("Connecting" if is_running else "Not watched yet"), "circle", "text3"
    last = takes[-1]
    if is_running and last.state is SourceState.OPEN:
        return f"Live, {found}", "circle-check", "ok"
    if last.state is SourceState.DONE:
        return f"{'Connecting' if is_running else 'Off'}, {found}", "circle-check", "ok"
    return f"Lost since {lost_label(last, snapshot.span_ms(last)[1])}", "triangle-alert", "warn"


def _state(facts: SourceFacts, progress: Progress, is_running: bool) -> tuple[str, str, str, float | None]:
    """``(words, icon, colour role, part done)``."""
    found = count_label(facts.n_tracklets, "tracklet")
    if facts.state is SourceState.DONE:
        return f"Ready, {found}", "circle-check", "ok", None
    if facts.state is SourceState.PARTIAL:
        return f"Cut off, {found}", "triangle-alert", "warn", None
    done, total = progress.get(part_name(facts), (facts.n_frames, facts.total_frames))
    part = done / total if total else 0.0
    if is_running and part_name(facts) in progress:
        return percent_label(part), "", "text2", part
    if is_running:
        return "Waits", "clock", "text2", None
    if facts.n_frames:
        return f"Stopped at {percent_label(part)}", "pause", "text2", None
    return "Not processed", "circle", "text3", None


def _problem(facts: SourceFacts) -> tuple[str, str, tuple[str, ...]]:
    """``(reason, level, buttons)``."""
    if facts.is_missing:
        kept = ""
        if facts.n_tracklets:
            kept = f" Its {count_label(facts.n_tracklets, 'tracklet')} can still be searched."
        return f"Not found in {Path(facts.source.path).parent}.{kept}", "warn", ("relink", "remove")
    if facts.state is SourceState.FAILED:
        return facts.reason or "Nothing could be read.", "bad", ("retry", "relink", "remove")
    return "", "", ()


def _refused(entry: Rejected) -> SourceLine:
    return SourceLine(
        key=f"r{entry.path}",
        source_id=0,
        camera=entry.camera,
        file=Path(entry.path).name,
        path=entry.path,
        state="Refused",
        problem=without_path(entry.reason, entry.path),
        level="bad",
        can=("retry", "relink", "remove"),
    )


def without_path(reason: str, path: str) -> str:
    """A reason in a row that names the file already.

    >>> without_path("'/a/b.mp4' is empty; copy it again", "/a/b.mp4")
    'This file is empty; copy it again'
    """
    begin = next((text for text in (f"'{path}' ", f"{path} ") if reason.startswith(text)), "")
    return f"This file {reason.removeprefix(begin)}" if begin else reason


def codec_label(name: str) -> str:
    """A codec as people write it.

    >>> codec_label("h264"), codec_label("png"), codec_label("")
    ('H.264', 'PNG', '')
    """
    return CODECS.get(name.lower(), name.upper())


def _clock_of(snapshot: Snapshot, name: str) -> str:
    camera, first = snapshot.camera(name), snapshot.cameras[0]
    shown = [replace(each, offset_ms=snapshot.shown_offset_ms(each)) for each in (camera, first)]
    return camera_clock_label(shown[0], shown[1])


def camera_clock_label(camera: Camera, first: Camera) -> str:
    """A camera's clock against the common one.

    >>> camera_clock_label(Camera(2, "b", offset_ms=-120, drift_ppm=6.7), Camera(1, "a"))
    '−120 ms, +0.4 ms/min'
    """
    if camera == first and not camera.offset_ms and not camera.drift_ppm:
        return "reference"
    drift = camera.drift_ppm / PPM_PER_MS_A_MINUTE
    return signed(camera.offset_ms, 0, "ms") + (f", {signed(drift, 1, 'ms/min')}" if camera.drift_ppm else "")


def signed(value: float, decimals: int, unit: str) -> str:
    """A number with its sign and unit.

    >>> signed(40, 0, "ms"), signed(-0.2, 0, "ms"), signed(-1234.5, 1, "ms")
    ('+40 ms', '0 ms', '−1,234.5 ms')
    """
    text = f"{abs(value):,.{decimals}f}"
    is_zero = not any(digit in text for digit in "123456789")
    return f"{'' if is_zero else '−' if value < 0 else '+'}{text if not is_zero else '0'} {unit}"


def camera_facts(snapshot: Snapshot, line: SourceLine, notices: tuple[tuple[str, str], ...]) -> CameraFacts:
    """What the inspector says of a row."""
    if line.key.startswith(STREAM_KEY):
        return _stream_facts(snapshot, line, notices)
    if not line.source_id:
        rows: tuple[tuple[str, str], ...] = (("File", line.file), ("Folder", str(Path(line.path).parent)))
        return CameraFacts(line.key, line.camera, "", rows, (("bad", line.problem),), line.path, False)
    facts = next(facts for facts in snapshot.sources if facts.source.id == line.source_id)
    source, info = facts.source, facts.source.info
    is_video = source.kind == "video"
    start_ms, end_ms = snapshot.span_ms(facts)
    rows = (
        ("File", line.file),
        ("Folder", str(Path(source.path).parent)),
        ("Kind", f"{line.codec} in {info.get('container', '')}" if is_video else f"Folder of {line.codec}"),
        ("Size", line.size + (f", turned {info['rotation']}°" if info.get("rotation") else "")),
        ("Frames", f"{facts.total_frames:,} at {line.rate.removesuffix(' VFR')} a second"),
        ("Intervals", "vary (VFR)" if info.get("is_vfr") else "even"),
        ("Length", line.length),
        ("Common clock", f"{clock_label(start_ms)} – {clock_label(end_ms)}"),
        ("Clock", line.clock),
        ("Tracklets", f"{facts.n_tracklets:,}"),
        ("Processed", f"{facts.n_frames:,} of {facts.total_frames:,} frames"),
        ("Fingerprint", source.fingerprint[:12]),
    )
    told = list(notices)
    if line.problem:
        told.insert(0, (line.level, line.problem))
    elif facts.reason:
        told.insert(0, ("warn", facts.reason))
    camera = snapshot.camera(source.camera)
    start = "" if snapshot.day is None else start_text(snapshot.day, camera.offset_ms)
    why_not = ""
    if snapshot.day is None and _watched(snapshot):
        why_not = "Times count from the first picture of the live cameras"
    return CameraFacts(
        line.key, source.camera, camera.site, rows, tuple(told), source.path, True, start, why_not
    )


def start_text(day: date, offset_ms: float) -> str:
    """When a camera began, as it is typed.

    >>> start_text(date(2026, 11, 21), 50_530_000), start_text(date(2026, 11, 21), 86_400_500)
    ('2026-11-21 14:02:10', '2026-11-22 00:00:00.5')
    """
    start = datetime.combine(day, time()) + timedelta(milliseconds=round(offset_ms))
    if not start.microsecond:
        return start.isoformat(" ", "seconds")
    return start.isoformat(" ", "milliseconds").rstrip("0")


def _watched(snapshot: Snapshot) -> list[str]:
    """The live cameras that were ever connected."""
    return [stream.camera for stream in snapshot.streams if snapshot.sources_of[stream.camera]]


def _stream_facts(snapshot: Snapshot, line: SourceLine, notices: tuple[tuple[str, str], ...]) -> CameraFacts:
    takes = snapshot.sources_of[line.camera]
    stream = next(stream for stream in snapshot.streams if stream.camera == line.camera)
    n_dropped = sum(int(facts.source.info.get("n_dropped", 0)) for facts in takes)
    rows = [
        ("Address", stream.address),
        ("State", line.state),
        ("Recorded", "yes" if stream.is_recorded else "no, only pictures of people are kept"),
        ("Connected", count_label(len(takes), "time")),
    ]
    if takes:
        start_ms, end_ms = snapshot.span_ms(takes[0])[0], snapshot.span_ms(takes[-1])[1]
        rows += [
            ("Kind", f"{line.codec} over {takes[-1].source.info.get('container', '')}"),
            ("Size", f"{line.size} at {line.rate} a second"),
            ("Seen", line.length),
            ("Common clock", f"{clock_label(start_ms)} – {clock_label(end_ms)}"),
            ("Left out", f"{n_dropped:,} frames that came too fast"),
        ]
    told = list(notices)
    if takes and takes[-1].reason:
        told.insert(0, ("warn", f"The camera was lost: {takes[-1].reason}."))
    site = snapshot.camera(line.camera).site
    why_not = "A live camera has the time of this computer"
    return CameraFacts(line.key, line.camera, site, tuple(rows), tuple(told), "", True, "", why_not, True)
