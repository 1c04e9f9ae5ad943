"""A case report: one HTML file that holds all it shows, and that can be checked against the project's log.

For each person: the query, every decision with its author, and the hits with their crops. At the end the
sources and models with their hashes, the settings, and the head of the log's hash chain: whoever has the
project can tell later whether decisions were altered or cut off since.
"""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path

from reid_core.pipeline.export import page
from reid_core.pipeline.export.base import Format, Group, Point, converted, kept, lost, shown
from reid_core.pipeline.export.facts import Facts
from reid_core.pipeline.export.matches import Similarities
from reid_core.pipeline.export.pictures import pictures
from reid_core.pipeline.export.tables import Person, Tables
from reid_core.pipeline.export.tabular import note_of
from reid_core.pipeline.identities import identities
from reid_core.pipeline.models import DETECTOR, MODEL
from reid_core.pipeline.start_times import clock_day
from reid_core.pipeline.wording import clock_text
from reid_core.store.decisions import IMAGE, Judgement
from reid_core.store.records import Space, Tracklet
from reid_core.types import ImageAnchor, Verdict

FILE = "report.html"
CROPS_PER_TRACKLET = 6
PICTURE_PX = 240
JPEG_QUALITY = 85


def write(tables: Tables, folder: Path) -> None:
    """Write ``report.html``."""
    tables = tables.of_people()
    title = f"Case report: {tables.project.path.stem}"
    with (folder / FILE).open("w", encoding="utf-8", newline="\n") as file:
        file.write(page.head(title) + page.heading(1, title))
        for part in _parts(tables):
            file.write(part)
        file.write(page.TAIL)


def _parts(tables: Tables) -> Iterator[str]:
    yield page.paragraph(
        "Similarity says how alike two crops look to a model. It is no probability and no confirmed "
        "identity; a decision is the judgement of the person named beside it.",
        "quiet",
    )
    yield page.table(("", ""), _about(tables))
    similarities, judgements = Similarities(tables), tables.judgements()
    done, total = 0, sum(len(person.tracklets) for person in tables.persons)
    for person in tables.persons:
        own = [j for j in judgements if {j.a, j.b} & person.everywhere]
        query = _query(person, own)
        known = person.identity or "no identity"
        yield page.heading(2, person.label if person.label == known else f"{person.label} ({known})")
        yield from _query_part(tables, query)
        yield page.heading(3, f"Decisions ({len(own)})")
        yield page.table(
            ("event", "when (UTC)", "by", "query", "hit", "verdict", "similarity", "note"),
            (_decision(j, similarities) for j in own),
        )
        for note in tables.notes():
            if note.tracklet in person.everywhere:
                tags = f" [{', '.join(note.tags)}]" if note.tags else ""
                yield page.paragraph(f"Note of {note.author}, {note.at_utc}: {note.text}{tags}")
        yield page.heading(3, f"Tracklets ({len(person.tracklets)})")
        for tracklet in person.tracklets:
            tables.watch(done, total)
            done += 1
            yield _tracklet_part(tables, person, tracklet, query, similarities)
    yield from _origins(tables)
    tables.watch(total, total)


def _decision(j: Judgement, similarities: Similarities) -> tuple[object, ...]:
    event, similarity = j.event, _number(similarities.of(j.a, j.b))
    return event.id, event.at_utc, event.actor, j.a, j.b, j.verdict, similarity, note_of(j)


def _about(tables: Tables) -> list[tuple[str, object]]:
    n_events, head = tables.project.log_head()
    scope = tables.scope
    limits = [clock_text(value) if value is not None else "open" for value in (scope.from_ms, scope.to_ms)]
    faults = tables.project.verify_log()
    day = clock_day(tables.project)
    return [
        ("Project", tables.project.path.name),
        ("Written", datetime.now(UTC).isoformat(timespec="seconds")),
        ("Program", f"Sightline {_version()}"),
        ("Times", "from 0" if day is None else f"time of day, from midnight of {day} on"),
        ("Persons", len(tables.persons)),
        ("Part of the footage", "everything" if limits == ["open", "open"] else " to ".join(limits)),
        ("Everybody else", "made unrecognisable" if tables.options.blur else "shown as recorded"),
        ("Events in the log", n_events),
        ("Head of the event chain", head),
        ("Chain", "whole" if not faults else "; ".join(faults)),
    ]


def _version() -> str:
    try:
        return version("sightline-reid")
    except PackageNotFoundError:
        return "of a checkout"


def _query(person: Person, own: list[Judgement]) -> str:
    """Whom the person was searched by: the first side of the first "same", else the first tracklet."""
    return next((j.a for j in own if j.verdict is Verdict.SAME), person.tracklets[0].id)


def _query_part(tables: Tables, query: str) -> Iterator[str]:
    yield page.heading(3, f"Query: {query}")
    if not query.startswith(IMAGE):
        yield page.paragraph("A tracklet of this project; its crops stand below.", "quiet")
        return
    data = _jpeg_of(tables.project.image(ImageAnchor(query.removeprefix(IMAGE))))
    yield page.picture(data, query) if data else page.paragraph("The picture cannot be shown.", "warn")


def _jpeg_of(picture: bytes) -> bytes | None:
    """A stored query picture as JPEG; None where it cannot be decoded."""
    import cv2
    import numpy as np

    from reid_core import imaging

    image = cv2.imdecode(np.frombuffer(picture, np.uint8), cv2.IMREAD_COLOR_RGB)
    if image is None:
        return None
    return imaging.encode_jpeg(imaging.thumbnail(image, 2 * PICTURE_PX, 2 * PICTURE_PX), JPEG_QUALITY)


def _tracklet_part(
    tables: Tables, person: Person, tracklet: Tracklet, query: str, similarities: Similarities
) -> str:
    from reid_core import imaging

    camera = tables.cameras[tracklet.camera]
    facts = (
        f"{tracklet.id}, {tracklet.camera}{f' ({camera.site})' if camera.site else ''}, "
        f"{clock_text(tracklet.start_ms)} to {clock_text(tracklet.end_ms)}, {tracklet.n_boxes} boxes"
    )
    similarity = similarities.of(query, tracklet.id)
    if similarity is not None and query != tracklet.id:
        facts += f", similarity to the query {_number(similarity)}"
    out = page.paragraph(facts)
    for found in pictures(tables, person, tracklet, CROPS_PER_TRACKLET):
        small = imaging.thumbnail(found.image, PICTURE_PX, PICTURE_PX)
        words = f"{tracklet.camera} {clock_text(found.common_ms)}"
        out += page.picture(imaging.encode_jpeg(small, JPEG_QUALITY), words)
    return out


def _origins(tables: Tables) -> Iterator[str]:
    project = tables.project
    conflicts = identities(project).conflicts
    if conflicts:
        sentence = f"{len(conflicts)} contradictions among the decisions of this project are not solved."
        yield page.paragraph(sentence, "warn")
    yield page.heading(2, "Sources")
    yield page.table(
        ("camera", "file", "fingerprint", "size", "frames/s", "length", "clock"),
        (
            (
                s.camera,
                Path(s.path).name,
                s.fingerprint,
                f"{s.width} x {s.height}",
                f"{s.fps:g}",
                clock_text(s.duration_ms),
                f"{tables.cameras[s.camera].offset_ms:+g} ms, {tables.cameras[s.camera].drift_ppm:+g} ppm",
            )
            for s in tables.sources.values()
        ),
    )
    yield page.paragraph(
        "A fingerprint is a SHA-256 over the size and evenly spread parts of a file.", "quiet"
    )
    yield page.heading(2, "Models and settings")
    yield page.table(
        ("what", "name", "hash"),
        [
            *(("re-identification", s.name, s.key) for s in project.spaces()),
            *(("searched with", s.name, s.key) for s in _searched(tables)),
            *(("detection of " + s.name, s.camera, s.detections_key) for s in project.segments()),
            *(("tracking of " + s.name, s.camera, s.tracklets_key) for s in project.segments()),
        ],
    )
    settings = {name: project.setting(name) for name in (DETECTOR, MODEL)}
    yield page.table(("setting", "value"), ((k, v if v else "default") for k, v in settings.items()))


def _searched(tables: Tables) -> list[Space]:
    space = Similarities(tables).space
    return [space] if space is not None else []


def _number(similarity: float | None) -> str:
    return "unknown" if similarity is None else f"{similarity:.3f}"


def _points(facts: Facts) -> list[Point]:
    return [
        *shown(facts),
        kept("Persons", "with query, decisions and tracklets", facts.n_shown_persons),
        kept("Decisions", "with author, time and note", facts.n_verdicts),
        kept("Hashes", "of sources, models and the event chain"),
        converted("Pictures", f"up to {CROPS_PER_TRACKLET} crops of a tracklet, as JPEG"),
        lost("Boxes", "only crops", facts.n_boxes),
        kept("Notes and tags", "under their person", facts.n_notes),
    ]


REPORT = Format(
    key="report",
    title="Case report",
    about="one HTML file with crops, decisions and hashes",
    group=Group.PEOPLE,
    names=lambda facts: [FILE],
    points=_points,
    write=write,
    options=("blur",),
)
