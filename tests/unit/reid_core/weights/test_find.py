"""Models are looked for where the user would expect, in that order, and the message says where."""

from __future__ import annotations

import hashlib
import shutil
from pathlib import Path

import pytest

from reid_core.errors import ModelNotFoundError, ModelRefusedError
from reid_core.weights import ModelFormat, find, find_model, list_models, manifest
from reid_core.weights.known import KNOWN_MODELS, KnownModel
from tests.data import shared_data

TORCH_LIKE = b"PK\x03\x04"


@pytest.fixture
def world(tmp_path, monkeypatch):
    """A models folder, an empty set of bundled models and a table of made-up known files."""
    models, bundled = tmp_path / "models", tmp_path / "bundled"
    models.mkdir()
    bundled.mkdir()
    monkeypatch.setenv("SIGHTLINE_MODELS", str(models))
    monkeypatch.setenv("SIGHTLINE_OFFLINE", "1")
    monkeypatch.setenv("SIGHTLINE_CACHE", str(tmp_path / "cache"))
    monkeypatch.setattr(manifest, "bundled_models_dir", lambda: bundled)
    monkeypatch.setattr(
        find,
        "KNOWN_MODELS",
        tuple(
            KnownModel(name, kind, sha(TORCH_LIKE + name.encode()), len(TORCH_LIKE) + len(name), rank, "X")
            for name, kind, rank in (
                ("nano", "detector", 0),
                ("int8", "detector", 7),
                ("intel", "reid", 0),
                ("osnet", "reid", 21),
            )
        ),
    )
    return tmp_path


@pytest.fixture
def nothing_bundled(tmp_path, monkeypatch):
    """As if no model came with Sightline."""
    monkeypatch.setattr(manifest, "bundled_models_dir", lambda: tmp_path / "nothing")


def sha(data: bytes) -> str:
    return hashlib.sha256(data).hexdigest()


def put(path: Path, name: str) -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(TORCH_LIKE + name.encode())
    return path


def bundle(world: Path, name: str = "light", kind: str = "reid") -> Path:
    file = put(world / "bundled" / f"{name}.pt", name)
    (world / "bundled" / "models.toml").write_text(
        f'[[model]]\nname="{name}"\nkind="{kind}"\nfile="{file.name}"\nsha256="{sha(file.read_bytes())}"\n'
        'licence="MIT"\ninput="x"\nlayout="y"\nis_default=true\n'
    )
    return file


def test_what_is_named_wins(world):
    put(world / "models" / "a.pt", "nano")
    named, setting = put(world / "named.pt", "x"), put(world / "setting.pt", "y")
    assert find_model("detector", named, setting).path == named
    assert find_model("detector", str(named), setting).path == named
    assert find_model("detector", None, setting).path == setting
    assert find_model("detector", "", str(setting)).path == setting
    assert find_model("detector").path == world / "models" / "a.pt"


def test_known_files_are_told_by_their_hash_whatever_they_are_called(world):
    path = put(world / "models" / "deep" / "down" / "renamed.pth", "intel")
    put(world / "models" / "intel.pt", "other content")
    found = find_model("reid")
    assert (found.path, found.name, found.licence) == (path, "intel", "X")
    assert found.sha256 == sha(path.read_bytes())
    assert found.format is ModelFormat.TORCH


def test_unknown_files_count_only_when_they_are_named(world):
    path = put(world / "models" / "sub" / "mine.pth", "mine")
    with pytest.raises(ModelNotFoundError):
        find_model("reid")
    for wanted in ("mine", "mine.pth"):
        assert find_model("reid", wanted).path == path
        assert find_model("reid", None, wanted).path == path


def test_the_best_of_several_is_taken(world):
    put(world / "models" / "a.pt", "osnet")
    assert find_model("reid").name == "osnet"
    bundle(world)
    assert find_model("reid").name == "light"
    put(world / "models" / "z.pt", "intel")
    assert find_model("reid").name == "intel"
    assert [model.name for model in list_models("reid")] == ["intel", "light", "osnet"]


def test_kinds_are_kept_apart(world):
    put(world / "models" / "a.pt", "osnet")
    with pytest.raises(ModelNotFoundError):
        find_model("detector")


def test_bundled_models_are_found_by_name_and_without(world):
    file = bundle(world)
    for wanted in (None, "light", "light.pt"):
        assert find_model("reid", wanted).path == file
    assert "comes with" in find_model("reid").origin


def test_a_damaged_bundled_model_is_refused(world):
    bundle(world).write_bytes(TORCH_LIKE + b"changed")
    with pytest.raises(ModelRefusedError, match="light is damaged"):
        find_model("reid")


@pytest.mark.parametrize(("kind", "flag"), [("detector", "--detector"), ("reid", "--model")])
def test_the_message_lists_the_places_and_says_what_to_do(world, kind, flag):
    put(world / "models" / "x.pt", "unknown")
    with pytest.raises(ModelNotFoundError) as caught:
        find_model(kind)
    text = str(caught.value)
    assert caught.value.exit_code == 4
    for part in (
        flag,
        "project's setting",
        f"SIGHTLINE_MODELS ({world / 'models'}: 1 model files",
        "come with Sightline",
    ):
        assert part in text
    assert "set SIGHTLINE_MODELS to that folder" in text
    assert ("SIGHTLINE_OFFLINE" in text) == (kind == "detector")


def test_the_message_names_what_was_not_found(world):
    with pytest.raises(ModelNotFoundError, match=r"'gone.pt', named by --detector, is neither a file"):
        find_model("detector", "gone.pt")
    with pytest.raises(ModelNotFoundError, match=r"named by the project's setting"):
        find_model("reid", None, str(world / "gone.pth"))


@pytest.mark.parametrize("value", ["", "/does/not/exist"])
def test_a_folder_that_is_not_there_is_said(world, monkeypatch, value):
    monkeypatch.setenv("SIGHTLINE_MODELS", value)
    with pytest.raises(ModelNotFoundError, match=r"not set|is no folder"):
        find_model("reid")


def test_links_to_folders_are_not_followed(world):
    outside = world / "outside"
    put(outside / "a.pt", "nano")
    (world / "models" / "loop").symlink_to(world / "models")
    (world / "models" / "out").symlink_to(outside)
    with pytest.raises(ModelNotFoundError):
        find_model("detector")


def test_the_download_is_the_last_place_and_never_offline(world, monkeypatch):
    calls = []

    def download() -> Path:
        calls.append(1)
        return put(world / "cache" / "downloads" / "yolo11n.pt", "nano")

    monkeypatch.setattr(find, "download_detector", download)
    for wanted in (None, "yolo11n", "yolo11n.pt"):
        with pytest.raises(ModelNotFoundError, match="SIGHTLINE_OFFLINE is set"):
            find_model("detector", wanted)
    assert calls == []
    monkeypatch.delenv("SIGHTLINE_OFFLINE")
    with pytest.raises(ModelNotFoundError):
        find_model("reid")
    assert calls == []
    assert find_model("detector").origin == "downloaded by ultralytics"
    assert calls == [1]
    assert find_model("detector").path.name == "yolo11n.pt"  # found where it arrived, not fetched again
    assert calls == [1]
    put(world / "models" / "b.pt", "int8")
    assert find_model("detector").name == "int8"


def test_a_failed_download_is_said(world, monkeypatch):
    def download() -> Path:
        raise OSError("no route")

    monkeypatch.setattr(find, "download_detector", download)
    monkeypatch.delenv("SIGHTLINE_OFFLINE")
    with pytest.raises(ModelNotFoundError, match=r"download of yolo11n.pt failed \(no route\)"):
        find_model("detector")


def test_the_table_has_no_two_entries_of_a_name_and_sound_hashes():
    assert len({known.name for known in KNOWN_MODELS}) == len(KNOWN_MODELS)
    assert len({known.sha256 for known in KNOWN_MODELS}) == len(KNOWN_MODELS)
    for known in KNOWN_MODELS:
        assert len(known.sha256) == 64
        assert int(known.sha256, 16)


@pytest.mark.data
def test_the_research_weights_are_known(monkeypatch, nothing_bundled):
    monkeypatch.setenv("SIGHTLINE_MODELS", str(shared_data("weights")))
    assert [model.name for model in list_models("reid")] == [
        "person-reidentification-retail-0277",
        "osnet_x0_25_msmt17",
        "osnet_x0_25_market1501",
    ]
    assert [model.name for model in list_models("detector")] == [
        "yolo11n-from-int8",
        "yolov8n-from-int8",
        "yolo11n-int8",
    ]
    assert find_model("detector", "yolo11n.pt").name == "yolo11n-from-int8"
    assert find_model("detector", "yolo11n_int8_openvino_model").format is ModelFormat.OPENVINO


@pytest.mark.data
def test_half_of_a_known_pair_is_not_that_model(tmp_path, monkeypatch, nothing_bundled):
    home = shared_data("weights/reid/person-reidentification-retail-0277")
    shutil.copy(home / "person-reidentification-retail-0277.xml", tmp_path)
    monkeypatch.setenv("SIGHTLINE_MODELS", str(tmp_path))
    assert list_models("reid") == []
    (tmp_path / "person-reidentification-retail-0277.bin").write_bytes(b"other")
    assert list_models("reid") == []
