"""Short pieces of footage whose people are known, and who a tracklet truly is."""

from __future__ import annotations

from collections import Counter
from pathlib import Path

import av
import numpy as np

from reid_core.geometry import iou
from reid_core.store.project import Project
from tests.e2e.test_scenes import read_truth

N_FRAMES = {"cam0": 80, "cam1": 80, "cam2": 80, "cam3": 80, "camA": 60, "camB": 60}
"""First frames of each camera: a room with two men; another one with a man in both cameras, and one more."""
FILES = {"camA": "room2/camA-single.mp4", "camB": "room2/camB-double.mp4"}
IN_CAM_B = {"P": (655, 185), "Q": (411, 100)}
"""Where the two people of camB stand in the last frame of the piece, in pixels; looked at by eye."""
MIN_IOU = 0.5
LEAST_BOXES = 20
"""A tracklet of fewer is too short to be counted as somebody who must be found."""


def write_pieces(footage: Path, folder: Path) -> list[Path]:
    """Copy the first frames of each camera, without encoding them anew."""
    folder.mkdir(parents=True)
    paths = []
    for camera, n_frames in N_FRAMES.items():
        source = footage / FILES.get(camera, f"lab4/{camera}.mp4")
        paths.append(_cut(source, folder / f"{camera}.mp4", n_frames))
    return paths


def _cut(source: Path, target: Path, n_frames: int) -> Path:
    """At least so many frames: a piece ends where no frame of it is still to come."""
    with av.open(str(source)) as given, av.open(str(target), "w") as made:
        stream = given.streams.video[0]
        copied = made.add_stream_from_template(stream)
        times: list[int] = []
        for packet in given.demux(stream):
            if packet.pts is None:
                break
            times.append(packet.pts)
            packet.stream = copied
            made.mux(packet)
            step = (max(times) - min(times)) / max(len(times) - 1, 1)
            if len(times) >= n_frames and round(step * stream.time_base * stream.average_rate, 3) == 1:
                break
    return target


class Truth:
    """Who is who in the pieces.

    Args:
        footage: The folder of scenes.
    """

    def __init__(self, footage: Path) -> None:
        self._lab = {
            camera: read_truth(footage / "lab4" / "identity" / f"{camera}.txt")
            for camera in N_FRAMES
            if camera not in FILES
        }

    def boxes(self, project: Project, tracklet: str, camera: str) -> list[tuple[int, str]]:
        """Frame and person of each box; empty for nobody who is known."""
        boxes = project.boxes(tracklet)
        frames = boxes.frame_idx.tolist()
        if camera == "camA":
            return [(frame, "P") for frame in frames]
        if camera == "camB":
            x1, y1, x2, y2 = boxes.xyxy[-1].tolist()
            inside = [who for who, (x, y) in IN_CAM_B.items() if x1 < x < x2 and y1 < y < y2]
            return [(frame, inside[0] if inside else "") for frame in frames]
        return [
            (frame, self._at(camera, frame, xyxy)) for frame, xyxy in zip(frames, boxes.xyxy, strict=True)
        ]

    def _at(self, camera: str, frame: int, xyxy: np.ndarray) -> str:
        known = self._lab[camera].get(frame + 1, [])
        if not known:
            return ""
        overlaps = iou(xyxy[None], np.array([box for _, box in known], np.float32))[0]
        best = int(overlaps.argmax())
        return str(known[best][0]) if overlaps[best] >= MIN_IOU else ""

    def people(self, project: Project) -> dict[str, str]:
        """The person of each tracklet, by most of its boxes; empty for nobody who is known."""
        found = {}
        for tracklet in project.tracklets():
            people = [who for _, who in self.boxes(project, tracklet.id, tracklet.camera)]
            who, n = Counter(people).most_common(1)[0]
            found[tracklet.id] = who if n >= len(people) / 2 else ""
        return found

    def longest(self, project: Project, person: str, camera: str) -> str:
        """A person's longest tracklet in a camera."""
        people = self.people(project)
        own = [t for t in project.tracklets() if people[t.id] == person and t.camera == camera]
        return max(own, key=lambda tracklet: tracklet.n_detections).id

    def switch(self, project: Project) -> tuple[str, str, int]:
        """Tracklet, camera, and frame from which it goes on without its person: the longest such end."""
        found = []
        people = self.people(project)
        for tracklet in project.tracklets():
            person = people[tracklet.id]
            boxes = self.boxes(project, tracklet.id, tracklet.camera)
            own = [n for n, (_, who) in enumerate(boxes) if who and who == person]
            if len(own) >= LEAST_BOXES and own[-1] + 1 < len(boxes):
                end = own[-1] + 1
                found.append((len(boxes) - end, tracklet.id, tracklet.camera, boxes[end][0]))
        assert found, "the tracker made no mistake that could be corrected"
        _, tracklet_id, camera, frame_idx = max(found)
        return tracklet_id, camera, frame_idx
