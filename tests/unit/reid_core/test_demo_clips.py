"""The demo's clips: the same every time, with everyone in every camera where the truth says."""

import hashlib
import os
import subprocess
import sys

import av
import numpy as np
import pytest

from reid_core.errors import ReidError
from reid_core.pipeline import demo_clips
from reid_core.pipeline.demo_clips import FPS, load_photograph, make_demo_clips
from reid_core.pipeline.demo_scene import (
    CAMERAS,
    N_FRAMES_PER_SHOT,
    PEOPLE,
    DemoCamera,
    Shot,
    Window,
    film,
    true_boxes,
)

N_FRAMES = 2 * N_FRAMES_PER_SHOT


@pytest.fixture(scope="module")
def truth(tmp_path_factory):
    return make_demo_clips(tmp_path_factory.mktemp("demo"))


def test_clips_are_short_videos_of_three_cameras(truth):
    assert [clip.camera for clip in truth.clips] == ["gate", "hall", "yard"]
    for clip, camera in zip(truth.clips, CAMERAS, strict=True):
        with av.open(str(clip.path)) as container:
            stream = container.streams.video[0]
            assert (stream.width, stream.height) == (camera.width, camera.height)
            assert stream.average_rate == FPS
            assert sum(1 for _ in container.decode(stream)) == N_FRAMES


def test_the_same_bytes_every_time(truth, tmp_path):
    again = make_demo_clips(tmp_path)
    for old, new in zip(truth.clips, again.clips, strict=True):
        assert (
            hashlib.sha256(old.path.read_bytes()).digest() == hashlib.sha256(new.path.read_bytes()).digest()
        )


FILM = """
import hashlib, pathlib, sys
from reid_core.pipeline.demo_clips import make_demo_clips
for clip in make_demo_clips(pathlib.Path(sys.argv[1])).clips:
    print(hashlib.sha256(clip.path.read_bytes()).hexdigest())
"""


def test_what_lay_in_memory_before_does_not_matter(truth, tmp_path):
    """With fresh memory full of a pattern, an encoder that reads what it never wrote gives itself away."""
    found = subprocess.run(
        [sys.executable, "-c", FILM, str(tmp_path)],
        env=os.environ | {"MALLOC_PERTURB_": "17"},
        check=True,
        capture_output=True,
        text=True,
    )
    expected = [hashlib.sha256(clip.path.read_bytes()).hexdigest() for clip in truth.clips]
    assert found.stdout.split() == expected


def test_everyone_is_in_every_camera_for_a_second_and_large_enough(truth):
    for clip in truth.clips:
        for name in truth.searched:
            boxes = clip.xyxy[[each == name for each in clip.names]]
            assert len(boxes) >= FPS, (clip.camera, name)
            assert (boxes[:, 3] - boxes[:, 1]).min() >= 200


@pytest.mark.parametrize("camera", CAMERAS, ids=lambda camera: camera.name)
def test_the_true_boxes_lie_where_the_people_are_filmed(camera):
    """Photographs with a bright rectangle for one person at a time: the camera sees it in the true box."""
    name = "black coat"
    x1, y1, x2, y2 = (int(value) for value in PEOPLE["bus.jpg"][name])
    painted = {
        "bus.jpg": np.zeros((1080, 810, 3), np.uint8),
        "zidane.jpg": np.zeros((720, 1280, 3), np.uint8),
    }
    painted["bus.jpg"][y1:y2, x1:x2] = 255
    names, frames, boxes = true_boxes(camera)
    of_person = {frame: box for each, frame, box in zip(names, frames, boxes, strict=True) if each == name}
    for frame_idx, image in enumerate(film(camera, painted)):
        if frame_idx not in of_person:
            continue
        rows, columns = np.nonzero(image[..., 1] > 100)
        seen = [columns.min(), rows.min(), columns.max() + 1, rows.max() + 1]
        np.testing.assert_allclose(seen, of_person[frame_idx], atol=1.6)


def test_light_and_mirror_change_the_picture():
    photographs = {name: load_photograph(name) for name in PEOPLE}
    shots = (Shot("bus.jpg", Window(0, 330, 600), Window(0, 330, 600)),)
    plain = DemoCamera("a", 320, 240, False, (1, 1, 1), 1.0, 0.0, shots)
    dark = DemoCamera("b", 320, 240, False, (1, 1, 1), 1.5, 0.0, shots)
    mirrored = DemoCamera("c", 320, 240, True, (1, 1, 1), 1.0, 0.0, shots)
    first = {camera.name: next(film(camera, photographs)).astype(int) for camera in (plain, dark, mirrored)}
    assert first["b"].mean() < first["a"].mean() - 10
    assert np.abs(first["c"][:, ::-1] - first["a"]).mean() < 1
    assert np.abs(first["c"] - first["a"]).mean() > 20


def test_a_tracklet_shows_the_person_of_most_of_its_boxes(truth):
    clip = truth.clip("gate")
    rows = [row for row, name in enumerate(clip.names) if name == "beige coat"][:5]
    frames = clip.frame_idx[rows].tolist()
    boxes = clip.xyxy[rows]
    assert truth.person_of("gate", frames, boxes + 3) == "beige coat"
    nowhere = np.full((3, 4), [600, 0, 610, 10], np.float32)
    assert truth.person_of("gate", [*frames, 0, 1, 2], np.concatenate([boxes, nowhere])) == "beige coat"
    assert truth.person_of("gate", [*frames[:2], 0, 1, 2], np.concatenate([boxes[:2], nowhere])) is None
    assert truth.person_of("gate", [], np.zeros((0, 4), np.float32)) is None


def test_true_boxes_can_be_replayed_as_detections(truth, tmp_path):
    truth.write_detections(tmp_path)
    clip = truth.clip("hall")
    rows = np.loadtxt(tmp_path / "hall.txt", delimiter=",")
    assert sorted(path.name for path in tmp_path.iterdir()) == ["gate.txt", "hall.txt", "yard.txt"]
    np.testing.assert_array_equal(rows[:, 0], clip.frame_idx + 1)
    np.testing.assert_allclose(rows[:, 2:4] + rows[:, 4:6], clip.xyxy[:, 2:], atol=0.02)


def test_a_missing_photograph_says_what_to_install(monkeypatch):
    monkeypatch.setattr(demo_clips.importlib.util, "find_spec", lambda name: None)
    with pytest.raises(ReidError, match="pip install"):
        load_photograph("bus.jpg")
