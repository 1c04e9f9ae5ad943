"""YOLO checkpoints are read as data: the same tensors, a checked architecture, the class of persons."""

from __future__ import annotations

import copy

import pytest
import torch

from reid_core.errors import ModelRefusedError
from reid_core.weights.safetensors_file import save_bundle
from reid_core.weights.yolo_architecture import LAYERS, clean_architecture
from reid_core.weights.yolo_file import class_names, find_person, read_yolo
from tests.fakes.checkpoints import TINY_ARCHITECTURE, TINY_NAMES, save_yolo, tiny_yolo


@pytest.fixture(scope="module")
def checkpoint(tmp_path_factory):
    network = tiny_yolo()
    path = save_yolo(tmp_path_factory.mktemp("yolo") / "tiny.pt", network)
    return path, {name: value.float() for name, value in network.state_dict().items()}


def test_tensors_are_those_of_the_state_dict(checkpoint):
    path, expected = checkpoint
    weights = read_yolo(path)
    assert set(weights.state) == set(expected)
    for name, value in expected.items():
        assert weights.state[name].float().equal(value), name
        assert weights.state[name].dtype in (torch.float32, torch.int64)


def test_architecture_and_names_come_along(checkpoint):
    path, _ = checkpoint
    weights = read_yolo(path)
    assert weights.architecture == clean_architecture(TINY_ARCHITECTURE)
    assert weights.names == TINY_NAMES
    assert weights.person_idx == 1


def test_the_averaged_network_comes_first(tmp_path):
    network = tiny_yolo()
    averaged = tiny_yolo()
    with torch.no_grad():
        averaged.model[0].conv.weight.fill_(0.5)
    path = save_yolo(tmp_path / "last.pt", network, ema=averaged.half(), model=None)
    assert read_yolo(path).state["model.0.conv.weight"].unique().tolist() == [0.5]


def test_a_trained_checkpoint_with_its_loss_and_numbers_is_read(tmp_path):
    """What ultralytics leaves on a network after training: options, loss, assigner; numpy numbers."""
    import numpy as np
    from ultralytics.utils import IterableSimpleNamespace
    from ultralytics.utils.loss import v8DetectionLoss

    network = tiny_yolo()
    network.args = IterableSimpleNamespace(box=7.5, cls=0.5, dfl=1.5, overlap_mask=True)
    network.criterion = v8DetectionLoss(network)
    path = save_yolo(tmp_path / "best.pt", network, best_fitness=np.float64(0.4), save_dir=tmp_path)
    assert read_yolo(path).person_idx == 1


def test_a_bundle_is_the_same_detector(checkpoint, tmp_path):
    path, _ = checkpoint
    weights = read_yolo(path)
    save_bundle(tmp_path / "tiny.safetensors", weights.state, weights.describe())
    again = read_yolo(tmp_path / "tiny.safetensors")
    assert (again.architecture, again.names, again.person_idx) == (
        weights.architecture,
        weights.names,
        weights.person_idx,
    )
    assert all(again.state[name].equal(value) for name, value in weights.state.items())


def test_damage_is_refused(checkpoint, tmp_path):
    network = tiny_yolo()
    with torch.no_grad():
        network.model[0].conv.weight[0] = float("nan")
    with pytest.raises(ModelRefusedError, match="not finite"):
        read_yolo(save_yolo(tmp_path / "nan.pt", network))
    cut = tmp_path / "cut.pt"
    cut.write_bytes(checkpoint[0].read_bytes()[:-5000])
    with pytest.raises(ModelRefusedError, match="damaged"):
        read_yolo(cut)


@pytest.mark.parametrize("names", [{0: "cat", 1: "dog"}, {}, None, ["a", "b"], {"x": "person"}])
def test_a_detector_without_persons_is_refused(tmp_path, names):
    network = tiny_yolo()
    network.names = names
    with pytest.raises(ModelRefusedError, match="class"):
        read_yolo(save_yolo(tmp_path / "cats.pt", network))


def test_names_of_persons():
    assert find_person({0: "dog", 5: "Person "}) == 5
    assert find_person({0: "car", 1: "pedestrian"}) == 1
    assert find_person({0: "head"}) == 0  # the only class is what the detector is for
    assert class_names(["a", "b"]) == {0: "a", 1: "b"}
    assert class_names({"0": "a"}) == {0: "a"}


def change(path: list, value: object) -> dict:
    given = copy.deepcopy(TINY_ARCHITECTURE)
    place = given
    for key in path[:-1]:
        place = place[key]
    place[path[-1]] = value
    return given


@pytest.mark.parametrize(
    ("given", "said"),
    [
        (None, "dictionary"),
        ("yolo11n.yaml", "dictionary"),
        (change(["nc"], 0), "number of classes"),
        (change(["nc"], True), "number of classes"),
        (change(["backbone"], []), "backbone"),
        (change(["backbone"], "Conv"), "backbone"),
        (change(["head", -1, 2], "Segment"), "Segment"),
        (change(["head", -1, 2], "Conv"), "no detection network"),
        (change(["backbone", 0, 2], "Detect"), "no detection network"),
        (change(["backbone", 0, 2], "eval"), "'eval' belongs to no"),
        (change(["backbone", 0, 2], ["Conv"]), "belongs to no"),
        (change(["backbone", 0], ["Conv"]), "not given as"),
        (change(["backbone", 0, 0], "-1"), "layer index"),
        (change(["backbone", 0, 0], []), "takes nothing"),
        (change(["backbone", 0, 1], 10**9), "repeats"),
        (change(["backbone", 0, 3], "abc"), "no list"),
        (change(["backbone", 0, 3], ["exec('x')"]), "none that a layer takes"),
        (change(["backbone", 0, 3], [float("inf")]), "none that a layer takes"),
        (change(["backbone", 0, 3], [10**9]), "none that a layer takes"),
        (change(["backbone", 0, 3], [[[1]]]), "nested"),
        (change(["activation"], "nn.SiLU().__class__"), "activation"),
        (change(["activation"], "nn.SiLU(__import__('os'))"), "activation"),
        (change(["scale"], "zz"), "which of its scales"),
        (change(["scale"], None), "which of its scales"),
        (change(["scales"], {"n": [1, 2]}), "depth, width, channels"),
        (change(["scales"], {"n": [9, 1, 64]}), "out of range"),
        (change(["scales"], [1]), "no table"),
        (change(["scales"], {"nano": [1, 1, 64]}), "not named"),
        (change(["channels"], 4), "three colours"),
        (change(["reg_max"], 10**6), "box bins"),
        (change(["width_multiple"], float("nan")), "out of range"),
    ],
)
def test_architectures_that_no_detector_has_are_refused(given, said):
    with pytest.raises(ValueError, match=said):
        clean_architecture(given)


@pytest.mark.parametrize(
    "name", ["8/yolov8n", "9/yolov9t", "10/yolov10n", "11/yolo11n", "12/yolo12n", "26/yolo26n"]
)
def test_every_generation_of_ultralytics_passes(name):
    """The architectures that the installed package ships are the real test of the list of layers."""
    tiny_yolo()  # quiets the package before its first import
    from ultralytics.nn.tasks import yaml_model_load

    given = yaml_model_load(f"{name.split('/')[1]}.yaml")
    clean = clean_architecture(given)
    assert len(clean["backbone"]) == len(given["backbone"])
    assert {layer[2] for layer in (*clean["backbone"], *clean["head"])} <= LAYERS
