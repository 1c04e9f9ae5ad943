"""Puts together what the panes show: picture, boxes of exactly that picture, words of the head."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime

from app.playback.boxes import TRAIL_MS, BoxCache, alive_rows, box_in, trail_to
from app.playback.decoder import Look
from app.playback.live import LiveBoxShape, LiveLook
from app.playback.marks import Marks
from app.playback.pending import PendingBoxes
from app.playback.picture import Shot
from app.playback.scene import BoxShape, Mark, PaneScene, Standing
from app.playback.timecode import offset_text, time_text
from app.ports import ProjectLane
from app.snapshot import Snapshot
from app.workspace import Workspace
from reid_core.store.records import Boxes
from reid_core.streams.errors import NOT_RECORDED

BUCKET_MS = 500.0
"""Who is there is looked up anew so often."""
LEAD_MS = 3000.0
"""Boxes of tracklets that begin so soon are loaded already."""
NO_DETECTIONS = "no detections yet"
UNRECORDED = "Not recorded: of this time only the pictures of people were kept"
JUST_CAME = "Just came; can be searched in a moment"
NEW = Mark("", Standing.UNASSIGNED, 0, "", is_selected=True, tip="New tracklet", spoken="new tracklet")
"""A tracklet that was drawn a moment ago."""


class Composer:
    """Makes a pane's scene of a look at its camera.

    Args:
        workspace: What is selected, searched for, decided.
        lane: Loads boxes.
        arrived: Called when boxes have come.

    Attributes:
        start: Wall-clock time of the common clock's 0, or None.
        with_names: Labels say names and tracklet numbers.
        pending: Corrections that the snapshot does not know yet.
    """

    def __init__(self, workspace: Workspace, lane: ProjectLane, arrived: Callable[[], None]) -> None:
        self.start: datetime | None = None
        self.with_names = False
        self.pending = PendingBoxes()
        self._workspace = workspace
        self._boxes = BoxCache(lane, arrived)
        self._marks: Marks | None = None
        self._alive: dict[str, tuple[int, list[int]]] = {}

    def refresh(self) -> None:
        """Something that marks are made of has changed."""
        self._marks = None
        self._alive.clear()

    def forget(self) -> None:
        """Another project."""
        self.refresh()
        self._boxes.clear()
        self.pending.clear()

    def keep(self, tracklet: str, revision: int, boxes: Boxes) -> None:
        """Boxes that a snapshot is about to ask for."""
        self._boxes.put((tracklet, revision), boxes)

    def gather(self, snapshot: Snapshot, cameras: tuple[str, ...], now_ms: float, rate: float) -> None:
        """Load the boxes around a moment for the cameras that are shown.

        Args:
            snapshot: The project.
            cameras: Names of those that are shown.
            now_ms: The moment, on the common clock.
            rate: Speed; more is loaded ahead when it is high.
        """
        bucket = int(now_ms // BUCKET_MS)
        is_new = False
        wanted: list[int] = []
        for row, camera in enumerate(snapshot.cameras):
            if camera.name not in cameras:
                continue
            if self._alive.get(camera.name, (None, None))[0] != bucket:
                is_new = True
                lead_ms = LEAD_MS * max(abs(rate), 1.0)
                from_ms = bucket * BUCKET_MS - max(TRAIL_MS, lead_ms if rate < 0 else 0.0)
                to_ms = (bucket + 1) * BUCKET_MS + (lead_ms if rate >= 0 else 0.0)
                rows = alive_rows(snapshot.tracklets, row, from_ms, to_ms).tolist()
                self._alive[camera.name] = (bucket, rows)
            wanted += self._alive[camera.name][1]
        if is_new:
            self._boxes.want(snapshot.tracklets, wanted)

    def again(self) -> None:
        """Ask for boxes once more at the next `gather`."""
        self._alive.clear()

    def scene(
        self, snapshot: Snapshot, camera: str, look: Look, shot: Shot | None, now_ms: float
    ) -> PaneScene:
        """What a pane shows.

        Args:
            snapshot: The project.
            camera: Name of the camera.
            look: What its decoder has.
            shot: The picture to show, which may be an older one; None for none.
            now_ms: The moment, on the common clock.
        """
        record = snapshot.camera(camera)
        is_active = self._workspace.active_camera.value == camera
        offset = offset_text(snapshot.shown_offset_ms(record))
        message = self._message(look, now_ms)
        if shot is None or message:
            return PaneScene(
                camera,
                is_active=is_active,
                offset=offset,
                time=time_text(now_ms, self.start),
                message=message,
                is_problem=bool(look.problem) and not _is_unrecorded(look),
            )
        return PaneScene(
            camera,
            shot,
            self._shapes(snapshot, camera, shot),
            is_active,
            offset,
            time_text(record.common_ms(shot.t_ms), self.start),
            f"frame {shot.frame_idx}",
            self._note(snapshot, camera, shot),
        )

    def live_scene(self, snapshot: Snapshot, camera: str, look: LiveLook, now_ms: float) -> PaneScene:
        """What a pane shows that follows its camera.

        Args:
            snapshot: The project.
            camera: Name of the camera.
            look: Its newest picture.
            now_ms: The moment of the other panes, on the common clock.
        """
        record, shot = snapshot.camera(camera), look.shot
        marks = self._marks_of(snapshot)
        shapes = [
            BoxShape(_live_mark(marks, snapshot, box), box.xyxy, box.trail)
            for box in (() if look.message else look.boxes)
        ]
        shapes.sort(key=_order)
        return PaneScene(
            camera,
            None if look.message else shot,
            tuple(shapes),
            self._workspace.active_camera.value == camera,
            offset_text(snapshot.shown_offset_ms(record)),
            time_text(now_ms if shot is None else record.common_ms(shot.t_ms), self.start),
            message=look.message,
            is_problem=look.is_lost,
            icon="wifi-off",
            is_live=shot is not None and not look.message,
        )

    def _message(self, look: Look, now_ms: float) -> str:
        if _is_unrecorded(look):
            return UNRECORDED
        if look.problem:
            return look.problem
        if not look.is_recorded:
            return f"Not recorded at {time_text(now_ms, self.start, tenths=False)}"
        return ""

    def _note(self, snapshot: Snapshot, camera: str, shot: Shot) -> str:
        facts = next(facts for facts in snapshot.sources_of[camera] if facts.source.id == shot.source_id)
        segment = facts.segment
        is_seen = segment is not None and shot.frame_idx < segment.next_frame_idx
        return "" if is_seen else NO_DETECTIONS

    def _shapes(self, snapshot: Snapshot, camera: str, shot: Shot) -> tuple[BoxShape, ...]:
        marks, tracklets = self._marks_of(snapshot), snapshot.tracklets
        on_the_way = self.pending.of(shot, snapshot.log_head)
        pending = {box.tracklet or f"new {n}": box for n, box in enumerate(on_the_way)}
        shapes = []
        for row in self._alive.get(camera, (0, []))[1]:
            if int(tracklets.source_id[row]) != shot.source_id or tracklets.ids[row] in pending:
                continue
            if not int(tracklets.start_idx[row]) <= shot.frame_idx <= int(tracklets.end_idx[row]):
                continue
            boxes = self._boxes.get((tracklets.ids[row], int(tracklets.revision[row])))
            xyxy = None if boxes is None else box_in(boxes, shot)
            if boxes is not None and xyxy is not None:
                shapes.append(BoxShape(marks.of_row(row), xyxy, trail_to(boxes, shot.frame_idx)))
        for name, box in pending.items():
            if box.xyxy is not None:
                known = tracklets.row_of.get(name)
                mark = NEW if known is None else marks.of_row(known)
                shapes.append(BoxShape(mark, box.xyxy))
        shapes.sort(key=_order)
        return tuple(shapes)

    def _marks_of(self, snapshot: Snapshot) -> Marks:
        if self._marks is None or self._marks.snapshot is not snapshot:
            self._marks = Marks.of(self._workspace, snapshot, start=self.start, with_names=self.with_names)
        return self._marks


def _is_unrecorded(look: Look) -> bool:
    """Whether a live camera was not to be recorded: nothing is wrong then."""
    return look.problem.startswith(NOT_RECORDED)


def _order(shape: BoxShape) -> tuple[bool, bool]:
    """What is painted later lies on top."""
    return shape.mark.is_query or shape.mark.is_selected, shape.mark.number > 0


def _live_mark(marks: Marks, snapshot: Snapshot, box: LiveBoxShape) -> Mark:
    """How somebody in a live picture is drawn; somebody who came a moment ago is not in the store yet."""
    row = snapshot.tracklets.row_of.get(box.tracklet)
    if row is not None:
        return marks.of_row(row)
    return Mark(box.tracklet, Standing.UNASSIGNED, 0, "", tip=JUST_CAME, spoken="somebody who just came")
