"""Nothing that a model file holds is ever run, by whichever way the file comes in."""

from __future__ import annotations

import os
import pickle
from collections.abc import Callable
from pathlib import Path

import pytest

from reid_core.detection import DetectorConfig, load_detector
from reid_core.errors import ReidError
from reid_core.models import load_embedder
from reid_core.weights import find_model, list_models, load_state, manifest
from reid_core.weights.model_file import resolve_model_path
from reid_core.weights.openvino_file import read_openvino
from reid_core.weights.yolo_file import read_yolo
from tests.fakes.checkpoints import Bomb, hostile_files

ENTRIES: dict[str, Callable[[Path], object]] = {
    "load_state": lambda path: load_state(resolve_model_path(path)),
    "read_yolo": lambda path: read_yolo(resolve_model_path(path)),
    "read_openvino": lambda path: read_openvino(resolve_model_path(path)),
    "--detector": lambda path: load_detector(path, device="cpu"),
    "the project's detector": lambda path: load_detector(project_setting=str(path), config=DetectorConfig()),
    "--detector by name": lambda path: load_detector(path.name),
    "--model": lambda path: load_embedder(path, device="cpu"),
    "the project's model": lambda path: load_embedder(project_setting=str(path)),
    "--model by name": lambda path: load_embedder(path.stem),
}
SOUND_BUT_UNFIT = {("read_yolo", "yolo_layer_size")}
"""Plain data as far as this entry looks; refused when the network is built, before it takes any memory."""
NAMED_IN_THE_MESSAGE = {
    "bare_pickle_2": "mkdir",
    "bare_pickle_4": "mkdir",
    "zip_state_dict": "mkdir",
    "zip_optimizer": "mkdir",
    "legacy": "mkdir",
    "yolo_optimizer": "mkdir",
    "yolo_inside_layer": "mkdir",
    "crafted_eval": "eval",
    "crafted_own_module": "torch.nn.modules.evil.Sequential",
    "crafted_loader": "ultralytics.nn.tasks.torch_safe_load",
    "crafted_through_module": "torch.os.system",
}


@pytest.fixture(scope="module")
def trap(tmp_path_factory):
    """A folder of hostile files, and the folder that would appear if one of them ran."""
    root = tmp_path_factory.mktemp("trap")
    marker = root / "it ran"
    files = hostile_files(root / "models", marker)
    assert not marker.exists()
    return files, marker


def snapshot(folder: Path) -> dict[str, int]:
    return {str(path.relative_to(folder)): path.lstat().st_mtime_ns for path in folder.rglob("*")}


def refusal(entry: Callable[[Path], object], path: Path) -> str:
    """What the user is told; empty when the file was accepted. Any other error is a failure."""
    try:
        entry(path)
    except ReidError as error:
        return str(error)
    return ""


def test_the_bomb_is_live(tmp_path):
    """The other tests mean nothing if the trap could not go off."""
    pickle.loads(pickle.dumps(Bomb(tmp_path / "ran")))
    assert (tmp_path / "ran").is_dir()


@pytest.mark.parametrize("entry", ENTRIES)
def test_no_hostile_file_leaves_a_trace(trap, entry, monkeypatch):
    files, marker = trap
    before = snapshot(marker.parent)
    monkeypatch.setenv("SIGHTLINE_MODELS", str(marker.parent))
    monkeypatch.setenv("TORCH_FORCE_NO_WEIGHTS_ONLY_LOAD", "1")
    for title, path in files.items():
        if (entry, title) in SOUND_BUT_UNFIT:
            continue
        message = refusal(ENTRIES[entry], path)
        assert not marker.exists(), f"{title} ran through {entry}"
        assert message, f"{title} was accepted by {entry}"
        assert "\n" not in message, f"{title}: {message}"
    assert snapshot(marker.parent) == before


def test_messages_name_the_offending_object_and_offer_no_bypass(trap):
    files, _ = trap
    for title, offender in NAMED_IN_THE_MESSAGE.items():
        with pytest.raises(ReidError) as caught:
            read_yolo(files[title])
        text = str(caught.value)
        assert offender in text, text
        for bypass in ("weights_only", "safe_globals", "trust", "--force"):
            assert bypass not in text


def test_a_folder_of_them_gives_no_candidate(trap, monkeypatch, tmp_path):
    _, marker = trap
    monkeypatch.setattr(manifest, "bundled_models_dir", lambda: tmp_path / "nothing")
    monkeypatch.setenv("SIGHTLINE_MODELS", str(marker.parent))
    assert list_models("detector") == []
    assert list_models("reid") == []
    for kind in ("detector", "reid"):
        with pytest.raises(ReidError, match="SIGHTLINE_MODELS"):
            find_model(kind)
    assert not marker.exists()


def test_devices_and_pipes_are_not_read(tmp_path):
    pipe = tmp_path / "pipe.pt"
    os.mkfifo(pipe)
    for path in (pipe, Path("/dev/zero")):
        with pytest.raises(ReidError):
            load_state(path)
        with pytest.raises(ReidError):
            load_detector(path)
