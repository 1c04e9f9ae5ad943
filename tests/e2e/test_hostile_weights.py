"""A weights file that runs code when it is unpickled, through every way into the program: it never runs.

`tests/unit/reid_core/weights/test_hostile.py` tries many more files through the functions behind these ways.
"""

from __future__ import annotations

import hashlib
import json
import pickle
import shutil
from pathlib import Path

import numpy as np
import pytest
import torch

from reid_core import imaging
from reid_core.cli.main import main
from reid_core.pipeline.models import DETECTOR, MODEL
from reid_core.store import Project
from reid_core.weights import manifest
from reid_core.weights.known import KNOWN_MODELS
from tests.e2e.cli import sightline
from tests.fakes.checkpoints import Bomb, hostile_files
from tests.fakes.footage import TWO_WALKERS, render, write_boxes, write_clip
from tests.unit.reid_core.store.build import SPACE, made

FILES = {
    "bare_pickle_2": "mkdir",
    "zip_state_dict": "mkdir",
    "zip_optimizer": "mkdir",
    "legacy": "mkdir",
    "yolo_inside_layer": "mkdir|ultralytics.nn.tasks.DetectionModel",  # no weight where a re-ID model is read
    "crafted_loader": "ultralytics.nn.tasks.torch_safe_load",
    "torchscript": "TorchScript",
}
"""Hostile files, and what a message about each must name."""
DETECTOR_WAYS = {
    "ingest --detector": ("ingest", "{project}", "--detector", "{file}"),
    "ingest --detector, new camera": (
        ("ingest", "{project}", "--camera", "gate={home}/gate.mp4", "--detector", "{file}")
    ),
    "search --detector": ("search", "{project}", "--image", "{home}/query.png", "--detector", "{file}"),
}
MODEL_WAYS = {
    "ingest --model": ("ingest", "{project}", "--detector", "replay:{home}/boxes", "--model", "{file}"),
    "embed --model": ("embed", "{project}", "--model", "{file}"),
    "search --model": (
        ("search", "{project}", "--image", "{home}/query.png", "--box", "0,0,60,90", "--model", "{namesake}")
    ),
}
SETTING_WAYS = {
    DETECTOR: [("ingest", "{project}"), ("search", "{project}", "--image", "{home}/query.png")],
    MODEL: [("ingest", "{project}", "--detector", "replay:{home}/boxes"), ("embed", "{project}")],
    f"{MODEL}:{SPACE.key}": [
        ("search", "{project}", "--image", "{home}/query.png", "--box", "0,0,60,90"),
    ],
}


class World:
    """A project, footage, a query picture and hostile files; ``marker`` appears when one of them runs."""

    def __init__(self, home: Path) -> None:
        self.home = home
        self.project = home / "case.sightline"
        self.marker = home / "it ran"
        self.files = hostile_files(home / "files", self.marker)
        with made(self.project):
            pass
        write_clip(home / "gate.mp4", TWO_WALKERS, 20)
        write_boxes(home / "boxes", "gate", TWO_WALKERS, 20)
        (home / "query.png").write_bytes(imaging.encode_png(render(TWO_WALKERS, 12)))

    def run(self, way: tuple[str, ...], file: object = "") -> int:
        """Run a command in this process; ``{namesake}`` is the file under the name of the vectors."""
        namesake = self.home / "namesake" / f"{SPACE.name}.pt"
        if "{namesake}" in way:
            namesake.parent.mkdir(exist_ok=True)
            shutil.copy(str(file), namesake)
        return main(
            [part.format(project=self.project, home=self.home, file=file, namesake=namesake) for part in way]
        )

    def check_refused(self, way: tuple[str, ...], title: str, said: tuple[str, str], code: int) -> None:
        """One sentence that names what is wrong, no result, no trace of having run."""
        out, err = said
        assert not self.marker.exists(), f"{title} ran through {way}"
        assert code == 1, f"{title} through {way}: exit code {code}, {err}"
        assert "refused" in err or "not weights" in err, err
        assert any(offender in err for offender in FILES[title].split("|")), err
        assert "Traceback" not in err
        assert "went wrong inside" not in err, err
        for bypass in ("weights_only", "safe_globals", "--force", "SIGHTLINE_TRACE"):
            assert bypass not in err
        assert out == ""


@pytest.fixture(scope="module")
def whole(tmp_path_factory) -> World:
    return World(tmp_path_factory.mktemp("hostile"))


@pytest.fixture
def world(whole, tmp_path, monkeypatch) -> World:
    """The world with a fresh project; nothing but bundled models is found unless a test puts it there."""
    monkeypatch.delenv("SIGHTLINE_MODELS", raising=False)
    monkeypatch.delenv("SIGHTLINE_TRACE", raising=False)
    monkeypatch.setenv("TORCH_FORCE_NO_WEIGHTS_ONLY_LOAD", "1")
    yield whole
    assert not whole.marker.exists()
    with Project.open(whole.project) as project:
        for name in SETTING_WAYS:
            project.set_setting(name, None)


def test_the_bomb_is_live(tmp_path):
    pickle.loads(pickle.dumps(Bomb(tmp_path / "ran")))
    assert (tmp_path / "ran").exists()


@pytest.mark.parametrize("way", [*DETECTOR_WAYS, *MODEL_WAYS])
def test_no_flag_runs_it(way, world, capsys):
    command = {**DETECTOR_WAYS, **MODEL_WAYS}[way]
    for title in FILES:
        code = world.run(command, world.files[title])
        world.check_refused(command, title, tuple(capsys.readouterr()), code)


@pytest.mark.parametrize("way", [w for w in [*DETECTOR_WAYS, *MODEL_WAYS] if w != "search --model"])
@pytest.mark.parametrize("is_stem", [True, False])
def test_no_name_in_the_models_folder_runs_it(way, is_stem, world, capsys, monkeypatch):
    monkeypatch.setenv("SIGHTLINE_MODELS", str(world.home / "files"))
    command = {**DETECTOR_WAYS, **MODEL_WAYS}[way]
    for title in ("zip_state_dict", "yolo_inside_layer"):
        file = world.files[title]
        code = world.run(command, file.stem if is_stem else file.name)
        world.check_refused(command, title, tuple(capsys.readouterr()), code)


@pytest.mark.parametrize("setting", SETTING_WAYS)
def test_no_setting_of_a_project_runs_it(setting, world, capsys):
    """Projects come from strangers too."""
    for title in FILES:
        with Project.open(world.project) as project:
            project.set_setting(setting, str(world.files[title]))
        for command in SETTING_WAYS[setting]:
            code = world.run(command)
            world.check_refused(command, title, tuple(capsys.readouterr()), code)


def test_a_model_in_the_folder_under_the_name_of_the_vectors_does_not_run(
    world, capsys, monkeypatch, tmp_path
):
    shutil.copy(world.files["zip_state_dict"], tmp_path / f"{SPACE.name}.pth")
    monkeypatch.setenv("SIGHTLINE_MODELS", str(tmp_path))
    command = ("search", "{project}", "--image", "{home}/query.png", "--box", "0,0,60,90")
    for flags in ((), ("--model", SPACE.name)):
        code = world.run((*command, *flags))
        world.check_refused(command, "zip_state_dict", tuple(capsys.readouterr()), code)


def test_a_folder_full_of_them_is_passed_over(world, capsys, monkeypatch, tmp_path):
    """Unnamed, files count only by their hash; here they bear the names and sizes of known models."""
    bomb = world.files["yolo_inside_layer"].read_bytes()
    for known in KNOWN_MODELS:
        file = tmp_path / "models" / f"{known.name}.pt"
        file.parent.mkdir(exist_ok=True)
        file.write_bytes(bomb[: known.n_bytes].ljust(known.n_bytes, b"\0"))
    shutil.copy(world.files["yolo_inside_layer"], tmp_path / "models" / "yolo11n.pt")
    monkeypatch.setenv("SIGHTLINE_MODELS", str(tmp_path / "models"))
    monkeypatch.setattr(manifest, "bundled_models_dir", lambda: tmp_path / "nothing")
    for command in (("ingest", "{project}"), ("embed", "{project}")):
        assert world.run(command) == 4
        assert str(tmp_path / "models") in capsys.readouterr().err
    world.run(("doctor",))
    assert "Traceback" not in capsys.readouterr().err


@pytest.mark.parametrize("says_the_truth", [True, False])
@pytest.mark.parametrize("kind", ["detector", "reid"])
def test_a_file_among_the_bundled_models_does_not_run(
    kind, says_the_truth, world, capsys, monkeypatch, tmp_path
):
    """Even where the manifest lists the hostile file under its true hash."""
    title = "yolo_inside_layer" if kind == "detector" else "zip_state_dict"
    data = world.files[title].read_bytes()
    (tmp_path / f"{title}.pt").write_bytes(data)
    sha256 = hashlib.sha256(data if says_the_truth else b"another").hexdigest()
    (tmp_path / "models.toml").write_text(
        f'[[model]]\nname = "default"\nkind = "{kind}"\nfile = "{title}.pt"\nsha256 = "{sha256}"\n'
        'licence = "X"\ninput = "x"\nlayout = "x"\nis_default = true\n'
    )
    monkeypatch.setattr(manifest, "bundled_models_dir", lambda: tmp_path)
    command = ("ingest", "{project}") if kind == "detector" else ("embed", "{project}")
    code = world.run(command)
    said = capsys.readouterr()
    if says_the_truth:
        world.check_refused(command, title, tuple(said), code)
    else:
        assert code == 1
        assert "default is damaged" in said.err


def test_an_earlier_download_does_not_run(world, capsys, monkeypatch, tmp_path):
    monkeypatch.setenv("SIGHTLINE_CACHE", str(tmp_path))
    monkeypatch.setattr(manifest, "bundled_models_dir", lambda: tmp_path / "nothing")
    (tmp_path / "downloads").mkdir()
    shutil.copy(world.files["zip_model"], tmp_path / "downloads" / "yolo11n.pt")
    assert world.run(("ingest", "{project}")) == 1
    assert "mkdir" in capsys.readouterr().err


@pytest.mark.parametrize("is_sealed", [True, False])
@pytest.mark.parametrize("content", ["pickle", "extension"])
def test_a_poisoned_conversion_cache_does_not_run(content, is_sealed, world, monkeypatch, tmp_path):
    """Whatever lies in the cache, even under right hashes: the network is converted anew and works."""
    from reid_core.runtimes.conversion import Source, converted_model
    from reid_core.runtimes.openvino_runtime import OpenVinoRuntime, make_core
    from reid_core.runtimes.pictured import Pictured

    monkeypatch.setenv("SIGHTLINE_CACHE", str(tmp_path))
    built = []

    def build() -> Source:
        built.append(1)
        torch.manual_seed(1)
        network = torch.nn.Sequential(torch.nn.Conv2d(3, 4, 3), torch.nn.Flatten())
        return Source(Pictured(network, (0, 0, 0), (255, 255, 255)), (16, 16), {"height": 16})

    def run() -> np.ndarray:
        made = converted_model(core, {"kind": "test"}, build)
        assert made.facts == {"height": 16}
        return OpenVinoRuntime(core, made.model, (16, 16), 1).start(np.full((1, 16, 16, 3), 50, np.uint8))()

    core = make_core()
    wanted = run()
    (entry,) = (tmp_path / "models").iterdir()
    assert np.array_equal(run(), wanted)
    assert len(built) == 1
    poison = pickle.dumps(Bomb(world.marker))
    evil = (
        b'<net version="11"><layers><layer id="0" name="x" type="Evil" version="extension"/></layers></net>'
    )
    (entry / "model.xml").write_bytes(poison if content == "pickle" else evil)
    (entry / "facts.json").write_bytes(poison if content == "pickle" else b'{"height": 16}')
    (entry / "model.pkl").write_bytes(poison)
    if is_sealed:
        names = ("model.xml", "model.bin", "facts.json")
        seal = [hashlib.sha256((entry / name).read_bytes()).hexdigest() for name in names]
        (entry / "sha256.json").write_text(json.dumps(seal))
    assert np.array_equal(run(), wanted)
    assert len(built) == 2
    assert not world.marker.exists()


@pytest.mark.parametrize(
    "arguments",
    [
        ("ingest", "{project}", "--detector", "{file}"),
        ("embed", "{project}", "--model", "{file}"),
        ("search", "{project}", "--image", "{home}/query.png", "--detector", "{file}"),
    ],
)
def test_the_program_itself_refuses(arguments, world):
    file = world.files["yolo_inside_layer"]
    command = [part.format(project=world.project, home=world.home, file=file) for part in arguments]
    outcome = sightline(*command, expect=1)
    world.check_refused(arguments, "yolo_inside_layer", (outcome.out, outcome.err), outcome.code)
