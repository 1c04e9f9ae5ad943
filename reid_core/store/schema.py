"""The tables of format 1. Times are ms, boxes absolute pixels; a number that may be absent is NULL.

Engine output (``camera`` to ``crop_vector``) is written by the one engine. ``event`` is what people and rules
did, append-only. The ``current_*`` tables are caches: engine output with the active events applied, kept only
where the two differ, and made again from the log at any time.
"""

from __future__ import annotations

import re

from reid_core.store.header import APPLICATION_ID

_BOX = "x1 REAL NOT NULL, y1 REAL NOT NULL, x2 REAL NOT NULL, y2 REAL NOT NULL"

STATEMENTS: tuple[str, ...] = (
    f"PRAGMA application_id = {APPLICATION_ID}",
    "CREATE TABLE project (one INTEGER PRIMARY KEY CHECK (one = 1), uuid TEXT NOT NULL) STRICT",
    "CREATE TABLE setting (key TEXT PRIMARY KEY, value TEXT NOT NULL) STRICT, WITHOUT ROWID",
    # --- what was loaded
    """CREATE TABLE camera (id INTEGER PRIMARY KEY, name TEXT NOT NULL UNIQUE, color TEXT NOT NULL,
         site TEXT NOT NULL, offset_ms REAL NOT NULL, drift_ppm REAL NOT NULL) STRICT""",
    """CREATE TABLE source (id INTEGER PRIMARY KEY, camera_id INTEGER NOT NULL REFERENCES camera,
         number INTEGER NOT NULL, path TEXT NOT NULL, kind TEXT NOT NULL, fingerprint TEXT NOT NULL,
         width INTEGER NOT NULL, height INTEGER NOT NULL, fps REAL NOT NULL, duration_ms REAL NOT NULL,
         start_ms REAL NOT NULL, info TEXT NOT NULL,
         UNIQUE (camera_id, number), UNIQUE (camera_id, fingerprint)) STRICT""",
    "CREATE INDEX source_by_fingerprint ON source (fingerprint)",
    "CREATE TABLE image (sha256 TEXT PRIMARY KEY, data BLOB NOT NULL) STRICT",
    # --- what the engine found
    """CREATE TABLE segment (id INTEGER PRIMARY KEY, name TEXT NOT NULL UNIQUE,
         source_id INTEGER NOT NULL REFERENCES source, detections_key TEXT NOT NULL,
         tracklets_key TEXT NOT NULL,
         state TEXT NOT NULL CHECK (state IN ('open', 'done', 'partial', 'failed')),
         reason TEXT NOT NULL, generation INTEGER NOT NULL DEFAULT 0) STRICT""",
    "CREATE INDEX segment_by_source ON segment (source_id)",
    """CREATE TABLE frame (segment_id INTEGER NOT NULL REFERENCES segment, frame_idx INTEGER NOT NULL,
         pts INTEGER NOT NULL, t_ms REAL NOT NULL, processed INTEGER NOT NULL, cut INTEGER NOT NULL,
         motion BLOB,
         PRIMARY KEY (segment_id, frame_idx)) STRICT, WITHOUT ROWID""",
    "CREATE UNIQUE INDEX frame_by_pts ON frame (segment_id, pts)",
    f"""CREATE TABLE detection (segment_id INTEGER NOT NULL, frame_idx INTEGER NOT NULL,
         detection_idx INTEGER NOT NULL, {_BOX}, score REAL NOT NULL, quality REAL NOT NULL,
         PRIMARY KEY (segment_id, frame_idx, detection_idx),
         FOREIGN KEY (segment_id, frame_idx) REFERENCES frame) STRICT, WITHOUT ROWID""",
    """CREATE TABLE appearance (segment_id INTEGER NOT NULL, frame_idx INTEGER NOT NULL, dim INTEGER NOT NULL,
         vectors BLOB NOT NULL, PRIMARY KEY (segment_id, frame_idx),
         FOREIGN KEY (segment_id, frame_idx) REFERENCES frame) STRICT""",
    """CREATE TABLE tracklet (segment_id INTEGER NOT NULL REFERENCES segment, ord INTEGER NOT NULL,
         id TEXT NOT NULL UNIQUE, start_idx INTEGER NOT NULL, end_idx INTEGER NOT NULL,
         start_pts INTEGER NOT NULL, end_pts INTEGER NOT NULL, start_t_ms REAL NOT NULL,
         end_t_ms REAL NOT NULL,
         n_detections INTEGER NOT NULL, n_boxes INTEGER NOT NULL,
         PRIMARY KEY (segment_id, ord)) STRICT, WITHOUT ROWID""",
    f"""CREATE TABLE member (segment_id INTEGER NOT NULL, ord INTEGER NOT NULL, frame_idx INTEGER NOT NULL,
         detection_idx INTEGER, {_BOX}, PRIMARY KEY (segment_id, ord, frame_idx),
         FOREIGN KEY (segment_id, ord) REFERENCES tracklet,
         FOREIGN KEY (segment_id, frame_idx) REFERENCES frame) STRICT, WITHOUT ROWID""",
    "CREATE INDEX member_by_frame ON member (segment_id, frame_idx)",
    f"""CREATE TABLE crop (tracklet_id TEXT NOT NULL, revision INTEGER NOT NULL, rank INTEGER NOT NULL,
         segment_id INTEGER NOT NULL REFERENCES segment, frame_idx INTEGER NOT NULL, detection_idx INTEGER,
         offset INTEGER NOT NULL, n_bytes INTEGER NOT NULL, crc INTEGER NOT NULL, {_BOX},
         quality REAL NOT NULL,
         PRIMARY KEY (tracklet_id, revision, rank)) STRICT, WITHOUT ROWID""",
    "CREATE INDEX crop_by_frame ON crop (segment_id, frame_idx)",
    # --- vectors
    """CREATE TABLE space (id INTEGER PRIMARY KEY, key TEXT NOT NULL UNIQUE, name TEXT NOT NULL,
         dim INTEGER NOT NULL, crop_dim INTEGER NOT NULL, height INTEGER NOT NULL,
         width INTEGER NOT NULL) STRICT""",
    """CREATE TABLE vector (space_id INTEGER NOT NULL REFERENCES space, tracklet_id TEXT NOT NULL,
         segment_id INTEGER NOT NULL REFERENCES segment, revision INTEGER NOT NULL, row INTEGER NOT NULL,
         crop_row INTEGER NOT NULL, n_crops INTEGER NOT NULL,
         PRIMARY KEY (space_id, tracklet_id)) STRICT, WITHOUT ROWID""",
    "CREATE INDEX vector_by_segment ON vector (segment_id)",
    "CREATE TABLE sidecar (name TEXT PRIMARY KEY, n_bytes INTEGER NOT NULL) STRICT, WITHOUT ROWID",
    # --- what people and rules did
    """CREATE TABLE event (id INTEGER PRIMARY KEY, at_utc TEXT NOT NULL, actor TEXT NOT NULL,
         kind TEXT NOT NULL, payload TEXT NOT NULL, undoes INTEGER REFERENCES event, prev_hash TEXT NOT NULL,
         hash TEXT NOT NULL) STRICT""",
    "CREATE INDEX event_by_kind ON event (kind)",
    """CREATE TRIGGER event_is_appended BEFORE INSERT ON event
         WHEN NEW.id <> (SELECT coalesce(max(id), 0) + 1 FROM event)
         BEGIN SELECT RAISE(ABORT, 'events are only appended, without gaps'); END""",
    """CREATE TRIGGER event_is_not_updated BEFORE UPDATE ON event
         BEGIN SELECT RAISE(ABORT, 'events are never changed'); END""",
    """CREATE TRIGGER event_is_not_deleted BEFORE DELETE ON event
         BEGIN SELECT RAISE(ABORT, 'events are never deleted'); END""",
    # --- caches of the fold
    """CREATE TABLE current_tracklet (id TEXT PRIMARY KEY, segment_id INTEGER NOT NULL REFERENCES segment,
         revision INTEGER NOT NULL, gone INTEGER NOT NULL) STRICT, WITHOUT ROWID""",
    "CREATE INDEX current_tracklet_by_segment ON current_tracklet (segment_id)",
    f"""CREATE TABLE current_box (segment_id INTEGER NOT NULL,
         tracklet_id TEXT NOT NULL REFERENCES current_tracklet,
         frame_idx INTEGER NOT NULL, detection_idx INTEGER, {_BOX}, edited INTEGER NOT NULL,
         PRIMARY KEY (tracklet_id, frame_idx)) STRICT, WITHOUT ROWID""",
    "CREATE INDEX current_box_by_frame ON current_box (segment_id, frame_idx)",
    f"""CREATE TABLE current_ghost (segment_id INTEGER NOT NULL,
         tracklet_id TEXT NOT NULL REFERENCES current_tracklet,
         frame_idx INTEGER NOT NULL, {_BOX}) STRICT""",
    "CREATE INDEX current_ghost_by_frame ON current_ghost (segment_id, frame_idx)",
)

NAMES: tuple[str, ...] = tuple(
    found[1] for statement in STATEMENTS if (found := re.match(r"CREATE (?:TABLE|TRIGGER) (\w+)", statement))
)
"""Tables and triggers that a project must have."""
