"""CVAT for video 1.1, one file a camera (docs.cvat.ai, "XML annotation format", video).

Frames and pixels count from 0. Each tracklet is a ``track`` of the label ``person``; every box is a key
frame, so that CVAT interpolates nothing of its own, and where a tracklet pauses or ends, an ``outside`` box
says so. A track's id "does not have any special meaning" there: person, identity, name and tracklet are
attributes.
"""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import numpy as np

from reid_core.pipeline.export.base import Format, Group, Point, converted, kept, lost
from reid_core.pipeline.export.facts import Facts
from reid_core.pipeline.export.tables import Person, Tables, filled_scores, frame_count, origins
from reid_core.pipeline.export.xml_text import HEAD, element, elements, words
from reid_core.store.records import Tracklet

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


def write(tables: Tables, folder: Path) -> None:
    """Write ``<camera>.xml`` for every camera of the project, track by track."""
    by_camera: dict[str, list[tuple[Person, Tracklet]]] = {name: [] for name in tables.cameras}
    for person, tracklet in tables.tracklets():
        by_camera[tracklet.camera].append((person, tracklet))
    done, total = 0, sum(map(len, by_camera.values()))
    for number, (camera, members) in enumerate(by_camera.items()):
        n_frames = sum(frame_count(s) for s in tables.sources.values() if s.camera == camera)
        with (folder / f"{tables.files[camera]}.xml").open("w", encoding="utf-8", newline="\n") as file:
            file.write(f"{HEAD}<annotations>\n{element('version', '1.1')}\n")
            file.write(_meta(tables, number, camera, n_frames) + "\n")
            for track, (person, tracklet) in enumerate(members):
                tables.watch(done, total)
                file.write(_track(tables, track, person, tracklet, n_frames))
                done += 1
            file.write("</annotations>\n")
    tables.watch(total, total)


def _meta(tables: Tables, number: int, camera: str, n_frames: int) -> str:
    source = next((s for s in tables.sources.values() if s.camera == camera), None)
    names = ("name", "mutable", "input_type", "default_value", "values")
    attributes = [
        element("attribute", elements(dict(zip(names, values, strict=True)))) for values in ATTRIBUTES
    ]
    label = element("label", element("name", LABEL), element("attributes", *attributes))
    size = {"width": source.width if source else 0, "height": source.height if source else 0}
    task = element(
        "task",
        elements({"id": number, "name": camera, "size": n_frames, "mode": "interpolation", "overlap": 0}),
        elements({"bugtracker": "", "flipped": "False", "created": "", "updated": ""}),
        element("labels", label),
        element("segments", element("segment", elements(_segment(number, n_frames)))),
        element("owner", elements({"username": "", "email": ""})),
        element("original_size", elements(size)),
    )
    return element("meta", task, element("dumped"))


def _segment(number: int, n_frames: int) -> dict[str, object]:
    return {"id": number, "start": 0, "stop": max(n_frames - 1, 0), "url": ""}


def _track(tables: Tables, track: int, person: Person, tracklet: Tracklet, n_frames: int) -> str:
    boxes = tables.boxes(tracklet)
    frames, corners = tables.frames(tracklet, boxes), boxes.xyxy.tolist()
    fixed = {
        "person": tables.numbers[tracklet.id],
        "identity": person.identity or "",
        "name": person.name,
        "tracklet": tracklet.id,
    }
    same = "".join(element("attribute", words(value), name=name) for name, value in fixed.items())
    scores, whence = filled_scores(boxes).tolist(), origins(boxes)
    lines = [f'<track id="{track}" label="{LABEL}" source="auto">']
    for n, frame, outside in _shown(frames, n_frames):
        x1, y1, x2, y2 = corners[n]
        lines.append(
            f'<box frame="{frame}" outside="{outside:d}" occluded="0" keyframe="1" xtl="{x1:.2f}" '
            f'ytl="{y1:.2f}" xbr="{x2:.2f}" ybr="{y2:.2f}" z_order="0">{same}'
            f'<attribute name="origin">{whence[n]}</attribute>'
            f'<attribute name="score">{scores[n]:.4f}</attribute></box>'
        )
    return "\n".join((*lines, "</track>\n"))


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
