"""People of noise and colour: data sets and projects that a network learns in a few steps."""

from __future__ import annotations

from pathlib import Path

import cv2
import numpy as np

from reid_core import imaging
from reid_core.store.project import Project
from reid_core.store.records import CropRow, FrameRow, TrackletRow
from reid_core.types import Detections, Verdict

PARTS = ("bounding_box_train", "query", "bounding_box_test")
SMALL = (
    "model.backbone.name=osnet_x0_25",
    "batch.height=64",
    "batch.width=32",
    "batch.n_ids=2",
    "batch.n_images=2",
)
"""Settings of the smallest network on the smallest batches."""


def person(pid: int, camera: int, number: int) -> np.ndarray:
    """``(48, 24, 3)`` RGB: a coat and trousers of the person's colours, light and noise of the shot."""
    own, shot = np.random.default_rng(pid), np.random.default_rng((pid, camera, number))
    image = np.zeros((48, 24, 3))
    image[:26], image[26:] = own.integers(30, 220, 3), own.integers(30, 220, 3)
    image[8 + pid % 12, 4:20] = own.integers(0, 256, 3)
    image = image * shot.uniform(0.85, 1.15) + shot.normal(0, 12, image.shape) + 6 * camera
    return image.clip(0, 255).astype(np.uint8)


def write_market(root: Path, n_ids: int = 4, n_test_ids: int = 4, cameras=(1, 2), n_each: int = 2) -> Path:
    """A set in Market-1501's layout; people of the test part are others than those of training."""
    for part in PARTS:
        (root / part).mkdir(parents=True, exist_ok=True)
    for pid in range(1, n_ids + n_test_ids + 1):
        for camera in cameras:
            for number in range(n_each):
                part = PARTS[0] if pid <= n_ids else PARTS[1] if number == 0 else PARTS[2]
                name = f"{pid:04d}_c{camera}s1_{number:06d}_00.png"
                cv2.imwrite(str(root / part / name), person(pid, camera, number)[..., ::-1])
    return root


def write_project(
    path: Path, n_ids: int = 4, cameras=("gate", "hall"), n_crops: int = 1, decide: bool = True
) -> Path:
    """A project in which every person walks past every camera once; the walks are accepted as theirs."""
    with Project.create(path) as project:
        walks: dict[int, list[str]] = {}
        for number, camera in enumerate(cameras, start=1):
            project.add_camera(camera)
            info = {
                "path": f"/footage/{camera}.mp4", "kind": "video", "fingerprint": f"{number:064d}",
                "width": 640, "height": 480, "fps": 25.0, "duration_ms": 2000.0, "codec": "h264",
            }  # fmt: skip
            source = project.add_source(camera, info)
            with project.engine() as engine:
                segment = engine.begin_segment(source.id, "d", "t")
                frames = range(n_crops * n_ids)
                with engine.transaction():
                    engine.write_frames(segment.id, [_frame(idx) for idx in frames])
                    for pid in range(1, n_ids + 1):
                        own = [idx for idx in frames if idx // n_crops == pid - 1]
                        walks.setdefault(pid, []).append(
                            engine.write_tracklet(segment.id, _walk(pid, number, own, n_crops))
                        )
                    engine.finish_segment(segment.id, "done")
        if decide:
            for ids in walks.values():
                for other in ids[1:]:
                    project.decide(project.anchor(ids[0]), project.anchor(other), Verdict.SAME)
    return path


def _frame(idx: int) -> FrameRow:
    return FrameRow(
        frame_idx=idx, pts=idx * 512, t_ms=idx * 40.0, detections=Detections.of([(10, 10, 34, 58)], [0.9]),
        quality=np.array([0.9], np.float32), appearance=None,
    )  # fmt: skip


def _walk(pid: int, camera: int, frames: list[int], n_crops: int) -> TrackletRow:
    n = len(frames)
    crops = tuple(
        CropRow(idx, 0, imaging.encode_png(person(pid, camera, idx)), (0.0, 0.0, 24.0, 48.0), 0.9)
        for idx in frames[:n_crops]
    )
    return TrackletRow(
        order=pid, frame_idx=np.array(frames, np.int64), detection_idx=np.zeros(n, np.int64),
        xyxy=np.tile(np.array([[10, 10, 34, 58]], np.float32), (n, 1)), crops=crops,
    )  # fmt: skip
