"""Two processes give the loss and the gradients of one that has the whole batch."""

from __future__ import annotations

import os
import socket
import subprocess
import sys

import pytest
import torch

from tests.data import ROOT
from tests.unit.training.engine.world_child import CONFIGS, gradients

RTOL = 1e-5


@pytest.fixture(scope="module")
def of_two(tmp_path_factory):
    target = tmp_path_factory.mktemp("world") / "gradients.pt"
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    shared = {"MASTER_ADDR": "127.0.0.1", "MASTER_PORT": str(port), "WORLD_SIZE": "2", "OMP_NUM_THREADS": "1"}
    shared |= {"GLOO_SOCKET_IFNAME": "lo", "PYTHONPATH": f"{os.environ['PYTHONPATH']}{os.pathsep}{ROOT}"}
    command = [sys.executable, "-m", "tests.unit.training.engine.world_child", str(target)]
    children = [
        subprocess.Popen(
            command, cwd=ROOT, env=os.environ | shared | {"RANK": str(rank), "LOCAL_RANK": str(rank)},
            stdout=subprocess.PIPE, stderr=subprocess.STDOUT,
        )
        for rank in (0, 1)
    ]  # fmt: skip
    outputs = [child.communicate(timeout=400)[0].decode() for child in children]
    assert [child.returncode for child in children] == [0, 0], "\n".join(outputs)
    return torch.load(target, weights_only=True)


@pytest.fixture(autouse=True)
def default_dtype():
    yield
    torch.set_default_dtype(torch.float32)


@pytest.mark.parametrize("name", CONFIGS)
def test_loss_and_gradients_of_two_processes_are_those_of_one(of_two, name):
    alone, together = gradients(name), of_two[name]
    assert set(alone) == set(together)
    assert any(key.startswith("term") for key in alone)
    for key, value in alone.items():
        torch.testing.assert_close(together[key], value, rtol=RTOL, atol=1e-12, msg=key)
