"""One run of one system for `benchmarks.pipeline`, in a process of its own: ``SYSTEM OUTCOME.json``."""

from __future__ import annotations

import argparse
import json
import shutil
import tempfile
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import numpy as np

from benchmarks import lab4
from reid_core.device import n_cores
from reid_core.types import Frame
from tests.data import find_shared_data

WIDTH, HEIGHT = 1288, 728
PICTURE = (384, 640)
"""What a frame of lab4 becomes for the network, height and width."""

Timed = dict[str, float]


OURS = "person-yolo11n"
"""The bundled detector: the rivals' weights, the person class alone, as it runs on this device by default."""


def main() -> None:
    """Run and write the outcome."""
    parser = argparse.ArgumentParser()
    parser.add_argument("system", choices=("ours", "torch", "torch-all-cores", "openvino", "stages"))
    parser.add_argument("out", type=Path)
    parser.add_argument("--stride", type=int, default=1)
    arguments = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        if arguments.system == "ours":
            outcome = run_ours(Path(folder), arguments.stride)
        elif arguments.system == "stages":
            from benchmarks.stages import measure

            outcome = {"stages": measure(Path(folder), OURS)}
        else:
            outcome = run_rival(Path(folder), arguments.system)
    arguments.out.write_text(json.dumps(outcome))


def weights() -> Path:
    """The YOLO11n file, after a look at its hash: ultralytics runs code that it finds in a file."""
    from reid_core.weights.find import find_model

    data = find_shared_data()
    if data is None:
        raise SystemExit("The research weights are absent: put them at ../shared/data/weights.")
    model = find_model("detector", data / "weights" / "detector" / "yolo11n.pt")
    if model.name not in ("yolo11n", "yolo11n-from-int8"):
        raise SystemExit(f"{model.path} is not a YOLO11n that is known.")
    return model.path


def timed(work: Callable[[], None]) -> Timed:
    """Wall and CPU seconds, the latter of all threads."""
    wall, cpu = time.perf_counter(), time.process_time()
    work()
    return {"wall_s": time.perf_counter() - wall, "cpu_s": time.process_time() - cpu}


def consume(job: Iterator[object]) -> None:
    """Run a job to its end."""
    for _ in job:
        pass


def run_ours(folder: Path, stride: int) -> dict[str, Any]:
    """Our ingest of the four cameras."""
    from reid_core.detection.load import load_detector
    from reid_core.models.load import load_embedder
    from reid_core.pipeline.ingest import IngestConfig, ingest
    from reid_core.pipeline.sources import register_cameras
    from reid_core.progress import CancelToken
    from reid_core.store.project import Project

    cancel = CancelToken()
    detector, embedder = load_detector(OURS), load_embedder()
    picture = np.zeros((HEIGHT, WIDTH, 3), np.uint8)
    detector.detect([Frame("", i, i, 0.0, picture) for i in range(detector.batch_size)])
    embedder.embed([picture])
    with Project.open(folder / "lab4.sightline", create=True) as project:
        clips = {camera: (file,) for camera, file in lab4.footage().items()}
        for _ in register_cameras(project, clips, fps=None, cancel=cancel):
            pass
        job = ingest(project, detector, embedder, IngestConfig(stride=stride), cancel)
        spent = timed(lambda: consume(job))
        rows: dict[str, list[lab4.Row]] = {camera: [] for camera in lab4.CAMERAS}
        for number, tracklet in enumerate(project.tracklets()):
            boxes = project.boxes(tracklet.id)
            for frame, box in zip(boxes.frame_idx.tolist(), boxes.xyxy.tolist(), strict=True):
                rows[tracklet.camera].append((frame, number, *box))
        n_frames = sum(segment.n_frames for segment in project.segments())
    notes = [detector.device_note, embedder.device_note]
    return {**spent, "n_frames": n_frames, "rows": rows, "notes": notes}


def run_rival(folder: Path, system: str) -> dict[str, Any]:
    """``model.track`` of the four cameras, one after the other."""
    from reid_core.thirdparty import quiet_openvino, quiet_ultralytics

    quiet_ultralytics()
    quiet_openvino()
    import torch
    from ultralytics import YOLO
    from ultralytics.utils import YAML
    from ultralytics.utils.checks import check_yaml

    file = Path(shutil.copy(weights(), folder / "yolo11n.pt"))
    tracker = YAML.load(check_yaml("botsort.yaml"))
    if system == "openvino":
        file = Path(YOLO(file).export(format="openvino", imgsz=PICTURE, verbose=False))
    tracker["with_reid"] = system != "openvino"
    settings = folder / "tracker.yaml"
    YAML.save(settings, tracker)
    model = YOLO(file, task="detect")
    options: dict[str, Any] = {"imgsz": PICTURE, "classes": [0], "verbose": False}
    model.predict(np.zeros((HEIGHT, WIDTH, 3), np.uint8), **options)
    if system == "torch-all-cores":  # the package leaves a core free, and says so anew whenever it starts
        model.add_callback("on_predict_start", lambda _: torch.set_num_threads(n_cores()))
    rows: dict[str, list[lab4.Row]] = {}
    n_frames = 0

    def track() -> None:
        nonlocal n_frames
        for camera, clip in lab4.footage().items():
            found: list[lab4.Row] = []
            results = model.track(str(clip), stream=True, tracker=str(settings), **options)
            for frame, result in enumerate(results):
                n_frames += 1
                if result.boxes.id is not None:
                    ids, boxes = result.boxes.id.int().tolist(), result.boxes.xyxy.tolist()
                    found += [(frame, number, *box) for number, box in zip(ids, boxes, strict=True)]
            rows[camera] = found

    spent = timed(track)
    return {**spent, "n_frames": n_frames, "rows": rows}


if __name__ == "__main__":
    main()
