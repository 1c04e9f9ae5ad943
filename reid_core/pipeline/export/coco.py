"""COCO with track ids, one JSON file (cocodataset.org/#format-data, and TAO's ``videos`` and ``tracks``).

Frames and pixels count from 0; ``bbox`` is left, top, width, height. Each camera is a video; a track is one
person in one video, and ``attributes`` hold identity, tracklet, timestamp and time. Frames without anybody
have no image.
"""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any, TextIO

from reid_core.pipeline.export.base import Format, Group, Point, converted, kept, lost
from reid_core.pipeline.export.facts import Facts
from reid_core.pipeline.export.tables import Tables, filled_scores, frame_count, origins
from reid_core.store.records import Tracklet

FILE = "coco.json"
CATEGORY = 1


class _Ids:
    """Numbers of images and tracks, from 1 in the order in which they come."""

    def __init__(self, tables: Tables) -> None:
        self._tables = tables
        self.videos = {camera: n for n, camera in enumerate(tables.cameras, 1)}
        self.images: dict[tuple[str, int], dict[str, Any]] = {}
        self.tracks: dict[tuple[str, int], dict[str, Any]] = {}

    def image(self, tracklet: Tracklet, frame: int, pts: int, t_ms: float) -> int:
        key = (tracklet.camera, frame)
        if key not in self.images:
            source = self._tables.sources[tracklet.source_id]
            self.images[key] = {
                "id": len(self.images) + 1,
                "width": source.width,
                "height": source.height,
                "file_name": f"{self._tables.files[tracklet.camera]}/{frame:06d}.jpg",
                "video_id": self.videos[tracklet.camera],
                "frame_index": frame,
                "attributes": {"pts": pts, "t_ms": round(t_ms, 3)},
            }
        return int(self.images[key]["id"])

    def track(self, tracklet: Tracklet, name: str) -> int:
        key = (tracklet.camera, self._tables.numbers[tracklet.id])
        if key not in self.tracks:
            self.tracks[key] = {
                "id": len(self.tracks) + 1,
                "category_id": CATEGORY,
                "video_id": self.videos[tracklet.camera],
                "attributes": {"person": key[1], "name": name},
            }
        return int(self.tracks[key]["id"])


def write(tables: Tables, folder: Path) -> None:
    """Write ``coco.json``; annotations go out one by one, so that they need not fit into memory."""
    ids = _Ids(tables)
    with (folder / FILE).open("w", encoding="utf-8", newline="\n") as file:
        file.write('{\n"annotations": [')
        n_boxes = 0
        for person, tracklet in tables.watched():
            n_boxes = _write_boxes(tables, ids, file, tracklet, person.identity, person.name, n_boxes)
        file.write("\n]")
        for key, value in _rest(tables, ids).items():
            file.write(f',\n"{key}": {_json(value)}')
        file.write("\n}\n")


def _write_boxes(
    tables: Tables,
    ids: _Ids,
    file: TextIO,
    tracklet: Tracklet,
    identity: str | None,
    name: str,
    n_before: int,
) -> int:
    """Write a tracklet's annotations; how many there are now."""
    boxes = tables.boxes(tracklet)
    track = ids.track(tracklet, name)
    frames, common_ms = tables.frames(tracklet, boxes), tables.common_ms(tracklet, boxes.t_ms)
    scores, whence = filled_scores(boxes), origins(boxes)
    for n in range(len(boxes)):
        x1, y1, x2, y2 = boxes.xyxy[n].tolist()
        width, height = round(x2 - x1, 2), round(y2 - y1, 2)
        annotation = {
            "id": n_before + n + 1,
            "image_id": ids.image(tracklet, int(frames[n]), int(boxes.pts[n]), float(common_ms[n])),
            "category_id": CATEGORY,
            "bbox": [round(x1, 2), round(y1, 2), width, height],
            "area": round(width * height, 4),
            "iscrowd": 0,
            "segmentation": [],
            "track_id": track,
            "score": round(float(scores[n]), 4),
            "attributes": {"identity": identity, "tracklet": tracklet.id, "origin": whence[n]},
        }
        file.write(("," if n_before + n else "") + "\n" + _json(annotation))
    return n_before + len(boxes)


def _rest(tables: Tables, ids: _Ids) -> dict[str, Any]:
    sources = tuple(tables.sources.values())
    videos = []
    for camera, number in ids.videos.items():
        own = [source for source in sources if source.camera == camera]
        videos.append(
            {
                "id": number,
                "name": camera,
                "width": own[0].width if own else 0,
                "height": own[0].height if own else 0,
                "annotation_fps": own[0].fps if own else 0,
                "metadata": {
                    "n_frames": sum(map(frame_count, own)),
                    "offset_ms": tables.cameras[camera].offset_ms,
                    "drift_ppm": tables.cameras[camera].drift_ppm,
                    "fingerprints": [source.fingerprint for source in own],
                },
            }
        )
    return {
        "info": {"description": tables.project.path.stem, "version": "sightline/1"},
        "licenses": [],
        "categories": [{"id": CATEGORY, "name": "person", "supercategory": "person"}],
        "videos": videos,
        "tracks": list(ids.tracks.values()),
        "images": list(ids.images.values()),
    }


def _json(value: object) -> str:
    return json.dumps(value, ensure_ascii=False, allow_nan=False)


def _points(facts: Facts) -> list[Point]:
    return [
        kept("Boxes", "to a hundredth of a pixel, from 0", facts.n_boxes),
        kept("Persons", "a track in each camera; person and identity as attributes", facts.n_persons),
        kept("Time", "timestamp and common clock as attributes of the images"),
        kept("Camera clocks", "as metadata of the videos", facts.n_clocks),
        converted("Seen twice in one frame", "these tracklets have a track of their own", facts.n_overlaps),
        converted("Cameras with several files", "frame numbers go on over them", facts.n_long),
        lost("Pictures", "not written; file names stand for frames"),
        lost("Frames without anybody", "no image is listed for them"),
        lost("Decisions", "no field for them", facts.n_verdicts),
        lost("Notes and tags", "no field for them", facts.n_notes),
    ]


COCO = Format(
    key="coco",
    title="COCO with tracks",
    about="one JSON file",
    group=Group.TRACKING,
    names=lambda facts: [FILE],
    points=_points,
    write=write,
)
