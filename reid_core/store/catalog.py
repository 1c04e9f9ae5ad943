"""What was loaded: cameras, sources, segments, spaces, settings, query pictures."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import fields
from hashlib import sha256
from typing import Any

from reid_core.errors import UsageError
from reid_core.store.database import Database
from reid_core.store.events import ClockSet
from reid_core.store.failures import StoreError
from reid_core.store.log import Log
from reid_core.store.records import PROVISIONAL_ORDER, Camera, Segment, SegmentState, Source, Space
from reid_core.types import ImageAnchor

_SOURCE_FIELDS = ("path", "kind", "fingerprint", "width", "height", "fps", "duration_ms", "start_ms")


def cameras(database: Database, log: Log) -> list[Camera]:
    """All cameras by id, with the clock that holds now."""
    clocks: dict[str, ClockSet] = {}
    for event in log.active((ClockSet.kind,)):
        assert isinstance(event.payload, ClockSet)
        clocks[event.payload.camera] = event.payload
    found = []
    for row in database.rows("SELECT id, name, color, site, offset_ms, drift_ppm FROM camera ORDER BY id"):
        camera_id, name, color, site, offset_ms, drift_ppm = row
        if (clock := clocks.get(name)) is not None:
            offset_ms, drift_ppm = clock.offset_ms, clock.drift_ppm
        found.append(Camera(camera_id, name, color, site, offset_ms, drift_ppm))
    return found


def add_camera(database: Database, camera: Camera) -> None:
    """Add a camera under the next number, unless one of that name exists."""
    if not camera.name.strip():
        raise UsageError("A camera needs a name.")
    with database.transaction():
        database.run(
            """INSERT INTO camera SELECT coalesce(max(id), 0) + 1, ?, ?, ?, ?, ? FROM camera
               WHERE true ON CONFLICT (name) DO NOTHING""",
            (camera.name, camera.color, camera.site, camera.offset_ms, camera.drift_ppm),
        )


def describe_camera(database: Database, name: str, color: str, site: str) -> None:
    """Renew what people wrote about a camera."""
    with database.transaction():
        if not database.run("UPDATE camera SET color = ?, site = ? WHERE name = ?", (color, site, name)):
            raise UsageError(f"There is no camera {name!r}.")


def sources(database: Database) -> list[Source]:
    """All sources in order of adding."""
    return [
        Source(*row, info=json.loads(info))  # type: ignore[misc]
        for *row, info in database.rows(
            """SELECT source.id, camera.name, number, path, kind, fingerprint, width, height, fps,
                 duration_ms, start_ms, info
               FROM source JOIN camera ON source.camera_id = camera.id ORDER BY source.id"""
        )
    ]


def add_source(database: Database, camera: str, info: Mapping[str, Any]) -> int:
    """Add a source to a camera, or find it by fingerprint and renew its path; returns its number."""
    with database.transaction():
        camera_id = database.value("SELECT id FROM camera WHERE name = ?", (camera,))
        if camera_id is None:
            raise UsageError(f"There is no camera {camera!r}. Add it first.")
        known = database.value(
            "SELECT id FROM source WHERE camera_id = ? AND fingerprint = ?", (camera_id, info["fingerprint"])
        )
        if known is not None:
            database.run("UPDATE source SET path = ? WHERE id = ?", (str(info["path"]), known))
            return int(known)
        source_id = int(database.value("SELECT coalesce(max(id), 0) + 1 FROM source"))
        number, end_ms = database.row(  # type: ignore[misc]
            "SELECT count(*) + 1, coalesce(max(start_ms + duration_ms), 0) FROM source WHERE camera_id = ?",
            (camera_id,),
        )
        other = {key: value for key, value in info.items() if key not in _SOURCE_FIELDS}
        database.run(
            "INSERT INTO source VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)",
            (
                source_id,
                camera_id,
                number,
                str(info["path"]),
                str(info["kind"]),
                info["fingerprint"],
                int(info["width"]),
                int(info["height"]),
                float(info["fps"]),
                float(info["duration_ms"] or 0.0),
                float(info.get("start_ms", end_ms)),
                json.dumps(other, sort_keys=True, allow_nan=False),
            ),
        )
    return source_id


def extend_source(database: Database, source_id: int, duration_ms: float, info: Mapping[str, Any]) -> None:
    """Renew the length of a source that is still coming in, and add to what is known of it."""
    with database.transaction():
        known = database.value("SELECT info FROM source WHERE id = ?", (source_id,))
        if known is None:
            raise ValueError(f"there is no source {source_id}")
        text = json.dumps({**json.loads(known), **info}, sort_keys=True, allow_nan=False)
        database.run(
            "UPDATE source SET duration_ms = ?, info = ? WHERE id = ?", (float(duration_ms), text, source_id)
        )


def segments(database: Database, only: int | None = None) -> list[Segment]:
    """All segments, by camera and number, or the one of a key."""
    names = [field.name for field in fields(Segment)]
    found = [
        dict(zip(names, row, strict=True))
        for row in database.rows(
            """SELECT s.id, s.name, s.source_id, camera.name, s.detections_key, s.tracklets_key,
                 s.state, s.reason,
                 (SELECT count(*) FROM frame WHERE segment_id = s.id),
                 (SELECT coalesce(max(frame_idx) + 1, 0) FROM frame WHERE segment_id = s.id),
                 (SELECT pts FROM frame WHERE segment_id = s.id ORDER BY frame_idx DESC LIMIT 1),
                 (SELECT count(*) FROM tracklet WHERE segment_id = s.id AND ord < ?)
               FROM segment s JOIN source ON s.source_id = source.id
               JOIN camera ON source.camera_id = camera.id WHERE ? IS NULL OR s.id = ? ORDER BY s.id""",
            (PROVISIONAL_ORDER, only, only),
        )
    ]
    return [Segment(**{**values, "state": SegmentState(values["state"])}) for values in found]


def spaces(database: Database) -> list[Space]:
    """All spaces in order of adding."""
    return [
        Space(*row)
        for row in database.rows("SELECT id, name, key, dim, crop_dim, height, width FROM space ORDER BY id")
    ]


def space(database: Database, key: str) -> Space:
    """The space of a key."""
    for found in spaces(database):
        if found.key == key:
            return found
    raise StoreError(
        f"This project holds no vectors of the space {key[:12]!r}. "
        f"Compute them with: sightline embed {database.path} --model MODEL"
    )


def setting(database: Database, key: str, default: Any) -> Any:
    """A setting, or ``default``."""
    text = database.value("SELECT value FROM setting WHERE key = ?", (key,))
    return default if text is None else json.loads(text)


def set_setting(database: Database, key: str, value: Any) -> None:
    """Keep a JSON value; None removes it."""
    with database.transaction():
        if value is None:
            database.run("DELETE FROM setting WHERE key = ?", (key,))
        else:
            text = json.dumps(value, sort_keys=True, allow_nan=False)
            database.run(
                "INSERT INTO setting VALUES (?, ?) ON CONFLICT (key) DO UPDATE SET value = excluded.value",
                (key, text),
            )


def add_image(database: Database, data: bytes) -> ImageAnchor:
    """Keep a query picture under its hash."""
    anchor = ImageAnchor(sha256(data).hexdigest())
    with database.transaction():
        database.run("INSERT INTO image VALUES (?, ?) ON CONFLICT DO NOTHING", (anchor.sha256, data))
    return anchor


def image(database: Database, anchor: ImageAnchor) -> bytes:
    """The bytes of a query picture."""
    data = database.value("SELECT data FROM image WHERE sha256 = ?", (anchor.sha256,))
    if data is None:
        raise StoreError(f"The project holds no query picture {anchor.sha256[:12]}.")
    return bytes(data)
