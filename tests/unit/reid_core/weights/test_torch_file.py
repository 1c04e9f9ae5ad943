"""State dicts come out of every usual container, and nothing else comes in."""

from __future__ import annotations

import collections
import re

import numpy as np
import pytest
import torch

from reid_core.errors import ModelRefusedError
from reid_core.weights import ModelFile, ModelFormat, load_state
from reid_core.weights.model_file import hash_model

STATE = {"conv1.weight": torch.arange(6.0).view(2, 3), "bn1.num_batches_tracked": torch.tensor(3)}


@pytest.mark.parametrize(
    "content",
    [
        STATE,
        collections.OrderedDict(STATE),
        {"state_dict": STATE, "epoch": 3, "rank1": np.float64(0.5), "optimizer": {"lr": 1e-3}},
        {"model": STATE, "iteration": 5},
        {f"module.{name}": value for name, value in STATE.items()},
    ],
    ids=["bare", "ordered", "state_dict", "model", "module"],
)
@pytest.mark.parametrize("is_zip", [True, False])
def test_containers_are_opened(tmp_path, content, is_zip):
    torch.save(content, tmp_path / "w.pth", _use_new_zipfile_serialization=is_zip)
    loaded = load_state(tmp_path / "w.pth")
    assert list(loaded) == list(STATE)
    for name, value in STATE.items():
        assert loaded[name].equal(value)


def test_safetensors_are_read(tmp_path):
    from safetensors.torch import save_file

    save_file(STATE, tmp_path / "w.bin")  # the content counts, not the name
    loaded = load_state(tmp_path / "w.bin")
    assert loaded["conv1.weight"].equal(STATE["conv1.weight"])


@pytest.mark.parametrize(
    ("content", "said"),
    [
        ({"a": torch.tensor([1.0, float("nan")])}, "not finite"),
        ({"a": torch.tensor([float("inf")])}, "not finite"),
        ({"a": torch.zeros(2, dtype=torch.complex64)}, "not finite"),
        ({"a": torch.zeros(2).to_sparse()}, "not plain"),
        ({"a": torch.zeros(1).expand(1000)}, "larger a than it holds"),
        ({"a": torch.zeros(2), "note": "text"}, "'note', which is no tensor"),
        ({3: torch.zeros(2)}, "3, which is no tensor"),
        ([torch.zeros(2)], "no state dict"),
        ({}, "no weights"),
    ],
)
def test_what_no_network_has_is_refused(tmp_path, content, said):
    torch.save(content, tmp_path / "w.pth")
    with pytest.raises(ModelRefusedError, match=said):
        load_state(tmp_path / "w.pth")


def test_the_meta_device_is_refused(tmp_path):
    torch.save({"a": torch.zeros(2, device="meta")}, tmp_path / "w.pth")
    with pytest.raises(ModelRefusedError):
        load_state(tmp_path / "w.pth")


def test_a_whole_module_is_refused_by_name(tmp_path):
    torch.save(torch.nn.Linear(2, 2), tmp_path / "w.pth")
    with pytest.raises(ModelRefusedError, match=re.escape("torch.nn.modules.linear.Linear")):
        load_state(tmp_path / "w.pth")


def test_a_file_that_changed_since_it_was_found_is_refused(tmp_path):
    path = tmp_path / "w.pth"
    torch.save(STATE, path)
    found = ModelFile(path, "w", "reid", ModelFormat.TORCH, hash_model(path), "test")
    assert load_state(found)
    torch.save({"conv1.weight": torch.zeros(3)}, path)
    with pytest.raises(ModelRefusedError, match="changed"):
        load_state(found)


def test_the_allow_list_of_one_file_does_not_outlive_it(tmp_path):
    from reid_core.weights.torch_file import read_torch

    torch.save({"a": torch.nn.Linear(1, 1)}, tmp_path / "w.pt")
    data = (tmp_path / "w.pt").read_bytes()
    before = set(torch.serialization.get_safe_globals())
    assert read_torch(data, "w.pt", ["torch.nn.modules.linear.Linear"])
    assert set(torch.serialization.get_safe_globals()) == before
    with pytest.raises(ModelRefusedError):
        read_torch(data, "w.pt", [])
