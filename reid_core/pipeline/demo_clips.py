"""Footage for `sightline demo`: three "cameras" that pan and zoom over two photographs.

The photographs ship inside the ultralytics package, so nothing is downloaded, and each camera has its own
crop, scale and light, one of them a mirror. The same people stand in all three clips, in the same pose and
from the same side: finding them again is easy. It shows how the program is used and proves nothing about it.
"""

from __future__ import annotations

import importlib.util
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from reid_core.errors import ReidError
from reid_core.geometry import iou, xywh_from_xyxy
from reid_core.pipeline.demo_scene import BYSTANDERS, CAMERAS, PEOPLE, DemoCamera, film, true_boxes
from reid_core.types import FloatArray, ImageArray, IntArray

FPS = 10


@dataclass(frozen=True, slots=True)
class DemoClip:
    """One camera's clip and who stands where in it.

    Attributes:
        camera: The camera's name.
        path: The video file.
        names: Name of each box.
        frame_idx: ``(n,)`` int64, frame of each box, 0-based.
        xyxy: ``(n, 4)`` float32, the boxes, clipped to the picture.
    """

    camera: str
    path: Path
    names: tuple[str, ...]
    frame_idx: IntArray
    xyxy: FloatArray


@dataclass(frozen=True, slots=True)
class DemoTruth:
    """The clips, and who is in them."""

    clips: tuple[DemoClip, ...]

    @property
    def searched(self) -> tuple[str, ...]:
        """The people to search for: all but those whom the photograph cuts."""
        return tuple(name for people in PEOPLE.values() for name in people if name not in BYSTANDERS)

    def clip(self, camera: str) -> DemoClip:
        """The clip of a camera."""
        return next(clip for clip in self.clips if clip.camera == camera)

    def person_of(self, camera: str, frame_idx: Sequence[int], xyxy: FloatArray) -> str | None:
        """Whom a tracklet shows: the person of most of its boxes at IoU 0.5, or None where most show nobody.

        Args:
            camera: The camera's name.
            frame_idx: Frames of the boxes, 0-based.
            xyxy: ``(n, 4)`` boxes in pixels.
        """
        clip = self.clip(camera)
        votes: Counter[str | None] = Counter()
        for idx, box in zip(frame_idx, xyxy, strict=True):
            rows = np.flatnonzero(clip.frame_idx == idx)
            overlaps = iou(np.asarray(box, np.float32)[None], clip.xyxy[rows])[0]
            best = int(overlaps.argmax()) if len(rows) else -1
            votes[clip.names[rows[best]] if best >= 0 and overlaps[best] >= 0.5 else None] += 1
        return votes.most_common(1)[0][0] if votes else None

    def write_detections(self, folder: Path) -> None:
        """Write the true boxes as ``<camera>.txt`` in MOT form, for ``--detector replay:FOLDER``."""
        folder.mkdir(parents=True, exist_ok=True)
        for each in self.clips:
            lines = [
                f"{frame + 1},-1,{x:.2f},{y:.2f},{w:.2f},{h:.2f},1,-1,-1,-1\n"
                for frame, (x, y, w, h) in zip(each.frame_idx, xywh_from_xyxy(each.xyxy), strict=True)
            ]
            (folder / f"{each.camera}.txt").write_text("".join(lines), encoding="ascii")


def make_demo_clips(folder: Path) -> DemoTruth:
    """Write ``gate.mp4``, ``hall.mp4`` and ``yard.mp4`` into a folder, the same pictures every time.

    Raises:
        ReidError: The photographs are not where the ultralytics package keeps them.
    """
    photographs = {name: load_photograph(name) for name in PEOPLE}
    folder.mkdir(parents=True, exist_ok=True)
    return DemoTruth(tuple(_make_clip(camera, photographs, folder) for camera in CAMERAS))


def load_photograph(name: str) -> ImageArray:
    """One of the photographs of the ultralytics package, which is found but not imported.

    Raises:
        ReidError: It is not there.
    """
    import cv2

    spec = importlib.util.find_spec("ultralytics")
    places = (spec.submodule_search_locations or []) if spec else []
    file = next((path for place in places if (path := Path(place) / "assets" / name).is_file()), None)
    picture = None if file is None else cv2.imdecode(np.fromfile(file, np.uint8), cv2.IMREAD_COLOR_RGB)
    if picture is None:
        raise ReidError(
            f"The demo's photograph {name} is not in the ultralytics package. "
            "Install it again with: pip install --force-reinstall ultralytics"
        )
    image: ImageArray = picture
    return image


def _make_clip(camera: DemoCamera, photographs: Mapping[str, ImageArray], folder: Path) -> DemoClip:
    path = folder / f"{camera.name}.mp4"
    encode(path, film(camera, photographs), camera.width, camera.height)
    names, frames, boxes = true_boxes(camera)
    return DemoClip(camera.name, path, tuple(names), np.array(frames, np.int64), boxes)


def encode(path: Path, images: Iterable[ImageArray], width: int, height: int) -> None:
    """Write RGB frames as an MP4 at `FPS`: H.264 where the installed PyAV can, else MPEG-4 Part 2."""
    import av

    has_h264 = "libx264" in av.codecs_available
    with av.open(str(path), "w", format="mp4") as container:
        stream = container.add_stream("libx264" if has_h264 else "mpeg4", rate=FPS)
        stream.width, stream.height, stream.pix_fmt = width, height, "yuv420p"
        stream.thread_count = 1  # the same bytes on every computer
        if has_h264:
            # x264's macroblock tree reads memory that was never written where the CPU has AVX-512.
            stream.options = {"crf": "20", "preset": "veryfast", "x264-params": "mbtree=0"}
        else:
            stream.bit_rate = 2_000_000
        for image in images:
            container.mux(stream.encode(av.VideoFrame.from_ndarray(image, format="rgb24")))
        container.mux(stream.encode(None))
