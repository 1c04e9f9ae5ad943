"""CVAT for video 1.1, one file a camera (docs.cvat.ai, "XML annotation format", video).

Frames and pixels count from 0. Each tracklet is a ``track`` of the label ``person``; every box is a key
frame, so that CVAT interpolates nothing of its own, and where a tracklet pauses or ends, an ``outside`` box
says so.
A track's id "does not have any special meaning" there: person, identity, name and tracklet are attributes.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from reid_core.pipeline.export.base import Format, Group, Point, converted, kept, lost
from reid_core.pipeline.export.facts import Facts
from reid_core.pipeline.export.tables import Person, Tables, filled_scores, frame_count, origins
from reid_core.pipeline.export.xml_text import allowed
from reid_core.store.records import Tracklet

if TYPE_CHECKING:  # the window lists the formats, and needs no XML for that
    from xml.sax.saxutils import XMLGenerator

LABEL = "person"
ATTRIBUTES = (
    ("person", False, "number", "1", "1\n1000000\n1"),
    ("identity", False, "text", "", ""),
    ("name", False, "text", "", ""),
    ("tracklet", False, "text", "", ""),
    ("origin", True, "select", "detected", "detected\ninterpolated\nedited"),
    ("score", True, "text", "", ""),
)
"""Name, whether it changes along the track, input, default and values of each attribute."""


class _Writer:
    """Writes elements with their indentation."""

    def __init__(self, generator: XMLGenerator) -> None:
        self._xml, self._depth = generator, 0

    def open(self, name: str, /, **attributes: object) -> None:
        self._indent()
        self._start(name, attributes)
        self._depth += 1

    def close(self, name: str) -> None:
        self._depth -= 1
        self._indent()
        self._xml.endElement(name)

    def leaf(self, name: str, text: object = "", /, **attributes: object) -> None:
        self._indent()
        self._start(name, attributes)
        self._xml.characters(allowed(str(text)))
        self._xml.endElement(name)

    def _start(self, name: str, attributes: Mapping[str, object]) -> None:
        from xml.sax.xmlreader import AttributesImpl

        values = {key: allowed(str(value)) for key, value in attributes.items()}
        self._xml.startElement(name, AttributesImpl(values))

    def _indent(self) -> None:
        self._xml.ignorableWhitespace("\n" + "  " * self._depth)


def write(tables: Tables, folder: Path) -> None:
    """Write ``<camera>.xml`` for every camera of the project."""
    from xml.sax.saxutils import XMLGenerator

    by_camera: dict[str, list[tuple[Person, Tracklet]]] = {name: [] for name in tables.cameras}
    for person, tracklet in tables.tracklets():
        by_camera[tracklet.camera].append((person, tracklet))
    done, total = 0, sum(map(len, by_camera.values()))
    for number, (camera, members) in enumerate(by_camera.items()):
        with (folder / f"{tables.files[camera]}.xml").open("w", encoding="utf-8", newline="\n") as file:
            generator = XMLGenerator(file, "utf-8", short_empty_elements=True)
            generator.startDocument()
            out = _Writer(generator)
            out.open("annotations")
            out.leaf("version", "1.1")
            n_frames = sum(frame_count(s) for s in tables.sources.values() if s.camera == camera)
            _write_meta(tables, out, number, camera, n_frames)
            for track, (person, tracklet) in enumerate(members):
                tables.watch(done, total)
                _write_track(tables, out, track, person, tracklet, n_frames)
                done += 1
            out.close("annotations")
            generator.endDocument()
    tables.watch(total, total)


def _write_meta(tables: Tables, out: _Writer, number: int, camera: str, n_frames: int) -> None:
    source = next((s for s in tables.sources.values() if s.camera == camera), None)
    out.open("meta")
    out.open("task")
    task = {"id": number, "name": camera, "size": n_frames, "mode": "interpolation", "overlap": 0}
    for key, value in (task | {"bugtracker": "", "flipped": "False", "created": "", "updated": ""}).items():
        out.leaf(key, value)
    out.open("labels")
    out.open("label")
    out.leaf("name", LABEL)
    out.open("attributes")
    for name, mutable, kind, default, values in ATTRIBUTES:
        out.open("attribute")
        out.leaf("name", name)
        out.leaf("mutable", mutable)
        out.leaf("input_type", kind)
        out.leaf("default_value", default)
        out.leaf("values", values)
        out.close("attribute")
    out.close("attributes")
    out.close("label")
    out.close("labels")
    out.open("segments")
    out.open("segment")
    for key, value in {"id": number, "start": 0, "stop": max(n_frames - 1, 0), "url": ""}.items():
        out.leaf(key, value)
    out.close("segment")
    out.close("segments")
    out.open("owner")
    out.leaf("username")
    out.leaf("email")
    out.close("owner")
    out.open("original_size")
    out.leaf("width", source.width if source else 0)
    out.leaf("height", source.height if source else 0)
    out.close("original_size")
    out.close("task")
    out.leaf("dumped")
    out.close("meta")


def _write_track(
    tables: Tables, out: _Writer, track: int, person: Person, tracklet: Tracklet, n_frames: int
) -> None:
    boxes = tables.boxes(tracklet)
    frames = tables.frames(tracklet, boxes)
    fixed = {
        "person": tables.numbers[tracklet.id],
        "identity": person.identity or "",
        "name": person.name,
        "tracklet": tracklet.id,
    }
    scores, whence = filled_scores(boxes), origins(boxes)
    out.open("track", id=track, label=LABEL, source="auto")
    for n, frame, outside in _shown(frames, n_frames):
        x1, y1, x2, y2 = (f"{float(value):.2f}" for value in boxes.xyxy[n])
        out.open(
            "box",
            frame=frame,
            outside=int(outside),
            occluded=0,
            keyframe=1,
            xtl=x1,
            ytl=y1,
            xbr=x2,
            ybr=y2,
            z_order=0,
        )
        for name, value in (fixed | {"origin": whence[n], "score": f"{scores[n]:.4f}"}).items():
            out.leaf("attribute", value, name=name)
        out.close("box")
    out.close("track")


def _shown(frames: np.ndarray, n_frames: int) -> Iterator[tuple[int, int, bool]]:
    """Row, frame and ``outside`` of each box, and of those that end a stretch."""
    for n, frame in enumerate(frames.tolist()):
        yield n, frame, False
        ends = n + 1 == len(frames) or int(frames[n + 1]) > frame + 1
        if ends and frame + 1 < n_frames:
            yield n, frame + 1, True


def _points(facts: Facts) -> list[Point]:
    return [
        kept("Boxes", "to a hundredth of a pixel, every one a key frame", facts.n_boxes),
        kept("Tracklets", "a track each", facts.n_tracklets),
        kept("Identities and names", "as attributes of the tracks", facts.n_identities),
        kept("Which boxes were interpolated", "attribute origin", facts.n_interpolated),
        converted("Seen twice in one frame", "attribute person differs", facts.n_overlaps),
        converted("Cameras with several files", "frame numbers go on over them", facts.n_long),
        converted("Time", "to frame numbers, in the order of presentation"),
        lost("Uneven frame rates", "frame numbers say nothing about time there", facts.n_vfr),
        lost("Camera clocks", "no field for offset and drift", facts.n_clocks),
        lost("Decisions", "no field for them", facts.n_verdicts),
        lost("Notes and tags", "no field for them", facts.n_notes),
    ]


CVAT = Format(
    key="cvat",
    title="CVAT for video 1.1",
    about="one XML file a camera",
    group=Group.TRACKING,
    names=lambda facts: [f"{camera}.xml" for camera in facts.files],
    points=_points,
    write=write,
)
