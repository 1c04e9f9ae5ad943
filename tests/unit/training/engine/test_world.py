"""Two processes give the loss and the gradients of one that has the whole batch."""

from __future__ import annotations

import json
import os
import socket
import subprocess
import sys
import time

import pytest
import torch

from tests.data import ROOT
from tests.fakes.people import SMALL, write_market
from tests.unit.training.engine.world_child import CONFIGS, gradients

RTOL = 1e-5


def free_port():
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


def launch(*command):
    """Two processes, with the variables that torchrun gives its children."""
    shared = {"MASTER_ADDR": "127.0.0.1", "MASTER_PORT": str(free_port()), "WORLD_SIZE": "2"}
    shared |= {"OMP_NUM_THREADS": "1", "GLOO_SOCKET_IFNAME": "lo"}
    shared["PYTHONPATH"] = f"{os.environ['PYTHONPATH']}{os.pathsep}{ROOT}"
    return [
        subprocess.Popen(
            [sys.executable, "-m", *map(str, command)],
            env=os.environ | shared | {"RANK": str(rank), "LOCAL_RANK": str(rank)},
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
        )
        for rank in (0, 1)
    ]


def finish(children):
    """Exit codes and outputs."""
    outputs = [child.communicate(timeout=400)[0].decode() for child in children]
    return [child.returncode for child in children], outputs


@pytest.fixture(scope="module")
def of_two(tmp_path_factory):
    target = tmp_path_factory.mktemp("world") / "gradients.pt"
    codes, outputs = finish(launch("tests.unit.training.engine.world_child", target))
    assert codes == [0, 0], "\n".join(outputs)
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


def test_two_processes_share_a_run_stop_and_go_on(tmp_path):
    """One writes, both stop, both go on."""
    market = write_market(tmp_path / "set")
    out = tmp_path / "run"
    settings = [
        word for setting in (*SMALL, "batch.n_ids=4", "schedule.n_epochs=3") for word in ("--set", setting)
    ]
    command = ["training", "train", "bot", "--data", market, "--out", out, "--device", "cpu", *settings]
    children = launch(*command)
    while all(child.poll() is None for child in children) and not (out / "log.jsonl").exists():
        time.sleep(0.05)
    out.mkdir(exist_ok=True)
    (out / "stop").touch()
    codes, outputs = finish(children)
    assert codes in ([130, 130], [0, 0]), "\n".join(outputs)
    codes, outputs = finish(launch("training", "resume", out))
    assert codes == [0, 0], "\n".join(outputs)
    assert outputs[0].splitlines()[-1] == str(out / "model.safetensors")
    assert "safetensors" not in outputs[1]
    state = json.loads((out / "state.json").read_text())
    assert (state["status"], state["n_ids"]) == ("done", 4)
    rows = [json.loads(line) for line in (out / "log.jsonl").read_text().splitlines()]
    assert [row["iteration"] for row in rows if row["row"] == "step"] == list(range(state["iteration"]))
