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
from reid_core.store.naming import former_names, present_name
from reid_core.store.records import PROVISIONAL_ORDER, STREAMS, Camera, Segment, SegmentState, Source, Space
from reid_core.types import ImageAnchor

IS_HERE = "json_extract(source.info, '$.removed') IS NULL"
"""Of a source that was not taken out; its row stays, so that its number is never another's."""
_SOURCE_FIELDS = ("path", "kind", "fingerprint", "width", "height", "fps", "duration_ms", "start_ms")


def cameras(database: Database, log: Log, *, with_emptied: bool = False) -> list[Camera]:
    """All cameras by id, with the clock that holds now; without those whose footage was all taken out."""
    names = former_names(database)
    clocks: dict[str, ClockSet] = {}
    for event in log.active((ClockSet.kind,)):
        assert isinstance(event.payload, ClockSet)
        for clock in (event.payload, *event.payload.also):
            clocks[names.get(clock.camera, clock.camera)] = clock
    live = {names.get(name, name) for name in setting(database, STREAMS, {})}
    emptied = set() if with_emptied else _emptied(database)
    found = []
    for row in database.rows("SELECT id, name, color, site, offset_ms, drift_ppm FROM camera ORDER BY id"):
        camera_id, name, color, site, offset_ms, drift_ppm = row
        if camera_id in emptied and name not in live:
            continue
        if name in clocks:
            offset_ms, drift_ppm = clocks[name].offset_ms, clocks[name].drift_ppm
        found.append(Camera(camera_id, name, color, site, offset_ms, drift_ppm))
    return found


def _emptied(database: Database) -> set[int]:
    """Numbers of the cameras whose sources were all taken out."""
    rows = database.rows(f"SELECT camera_id, max({IS_HERE}) FROM source GROUP BY camera_id")  # noqa: S608
    return {camera_id for camera_id, is_any_here in rows if not is_any_here}


def add_camera(database: Database, camera: Camera) -> None:
    """Add a camera under the next number, unless one has that name or had it."""
    if not camera.name.strip():
        raise UsageError("A camera needs a name.")
    with database.transaction():
        if camera.name in former_names(database):
            return
        database.run(
            """INSERT INTO camera SELECT coalesce(max(id), 0) + 1, ?, ?, ?, ?, ? FROM camera
               WHERE true ON CONFLICT (name) DO NOTHING""",
            (camera.name, camera.color, camera.site, camera.offset_ms, camera.drift_ppm),
        )


def drop_camera(database: Database, name: str) -> None:
    """Delete a camera that never had a source."""
    with database.transaction():
        database.run(
            "DELETE FROM camera WHERE name = ? AND id NOT IN (SELECT camera_id FROM source)",
            (present_name(database, name),),
        )


def describe_camera(database: Database, name: str, color: str, site: str) -> None:
    """Renew what people wrote about a camera."""
    with database.transaction():
        values = (color, site, present_name(database, name))
        if not database.run("UPDATE camera SET color = ?, site = ? WHERE name = ?", values):
            raise UsageError(f"There is no camera {name!r}.")


def sources(database: Database) -> list[Source]:
    """All sources in order of adding."""
    return [
        Source(*row, info=json.loads(info))  # type: ignore[misc]
        for *row, info in database.rows(
            f"""SELECT source.id, camera.name, number, path, kind, fingerprint, width, height, fps,
                 duration_ms, start_ms, info
               FROM source JOIN camera ON source.camera_id = camera.id
               WHERE {IS_HERE} ORDER BY source.id"""  # noqa: S608
        )
    ]


def add_source(database: Database, camera: str, info: Mapping[str, Any]) -> int:
    """Add a source to a camera, or find it by fingerprint and renew its path; returns its number.

    One that was taken out comes back under its old number, behind what the camera has now.
    """
    with database.transaction():
        camera_id = database.value("SELECT id FROM camera WHERE name = ?", (present_name(database, camera),))
        if camera_id is None:
            raise UsageError(f"There is no camera {camera!r}. Add it first.")
        known = database.value(
            "SELECT id FROM source WHERE camera_id = ? AND fingerprint = ?", (camera_id, info["fingerprint"])
        )
        end_ms = database.value(
            "SELECT coalesce(max(start_ms + duration_ms), 0) FROM source "  # noqa: S608
            f"WHERE camera_id = ? AND {IS_HERE}",
            (camera_id,),
        )
        if known is not None:
            database.run(
                """UPDATE source SET start_ms = ?, info = json_remove(info, '$.removed')
                   WHERE id = ? AND json_extract(info, '$.removed') IS NOT NULL""",
                (float(info.get("start_ms", end_ms)), known),
            )
            database.run("UPDATE source SET path = ? WHERE id = ?", (str(info["path"]), known))
            return int(known)
        source_id = int(database.value("SELECT coalesce(max(id), 0) + 1 FROM source"))
        number = database.value("SELECT count(*) + 1 FROM source WHERE camera_id = ?", (camera_id,))
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
            f"""SELECT s.id, s.name, s.source_id, camera.name, s.detections_key, s.tracklets_key,
                 s.state, s.reason,
                 (SELECT count(*) FROM frame WHERE segment_id = s.id),
                 (SELECT coalesce(max(frame_idx) + 1, 0) FROM frame WHERE segment_id = s.id),
                 (SELECT pts FROM frame WHERE segment_id = s.id ORDER BY frame_idx DESC LIMIT 1),
                 (SELECT count(*) FROM tracklet WHERE segment_id = s.id AND ord < ?)
               FROM segment s JOIN source ON s.source_id = source.id
               JOIN camera ON source.camera_id = camera.id
               WHERE s.id = ? OR (? IS NULL AND {IS_HERE}) ORDER BY s.id""",  # noqa: S608
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
