"""What a run leaves in its folder: it stops, goes on, says how it stands, and ends in a model with a card."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import time

import pytest
import torch

from reid_core.errors import CancelledError, ModelNotFoundError, UsageError
from reid_core.models.networks import read_network
from reid_core.weights.find import find_model
from tests.fakes.people import SMALL, write_market, write_project
from training.__main__ import main
from training.engine import trainer
from training.engine.checkpoints import read_checkpoint, write_checkpoint
from training.engine.control import run_lock
from training.engine.failures import MemoryExhaustedError, NotFiniteError, PreflightError, RunBusyError
from training.engine.presets import PRESETS, preset, read_config
from training.engine.settings import RunSettings, read_run, write_run
from training.engine.starting import start
from training.engine.step import split_batch


@pytest.fixture
def market(tmp_path):
    return write_market(tmp_path / "set")


def config(*settings):
    return read_config("bot", [*SMALL, "schedule.n_epochs=2", *settings])


def rows_of(folder, kind=None):
    rows = [json.loads(line) for line in (folder / "log.jsonl").read_text().splitlines()]
    return [row for row in rows if kind in (None, row["row"])]


def state_of(folder):
    return json.loads((folder / "state.json").read_text())


def flags(*settings):
    return [word for setting in settings for word in ("--set", setting)]


def test_a_stopped_run_says_so_and_goes_on_where_it_was(market, tmp_path, capsys):
    """Dropout, random patch, centres, running mean: everything that has a state."""
    given = config(
        "model.method=baseline", "model.options.head=reduction", "model.options.reduced=32", "engine.ema=0.9",
        "batch.patch_p=1.0", "loss.center_weight=0.0005",
    )  # fmt: skip
    settings = RunSettings(data=str(market), device="cpu", seed=5)
    whole = start(given, settings, tmp_path / "whole")

    def ask_after_the_second(row):
        if row["row"] == "step" and row["iteration"] == 1:
            (tmp_path / "cut" / "stop").touch()

    with pytest.raises(CancelledError, match="resume"):
        start(given, settings, tmp_path / "cut", echo=ask_after_the_second)
    stopped = state_of(tmp_path / "cut")
    assert (stopped["status"], stopped["exit_code"], stopped["iteration"]) == ("stopped", 130, 2)
    assert not (tmp_path / "cut" / "stop").exists()
    assert main(["resume", str(tmp_path / "cut")]) == 0
    capsys.readouterr()
    done = state_of(tmp_path / "cut")
    assert (done["status"], done["exit_code"], done["model"]) == ("done", 0, "model.safetensors")
    assert [row["iteration"] for row in rows_of(tmp_path / "cut", "step")] == list(range(8))
    assert [row["resumed"] for row in rows_of(tmp_path / "cut", "start")] == [False, True]
    for key in ("loss", "parts", "lr"):
        first, second = ([r[key] for r in rows_of(tmp_path / f, "step")] for f in ("whole", "cut"))
        assert first == second
    first, second = (read_checkpoint(tmp_path / f / "last.pt", "cpu") for f in ("whole", "cut"))
    for part in ("network", "ema", "centers"):
        assert all(torch.equal(first[part][name], second[part][name]) for name in first[part])
    mean = read_network(find_model("reid", whole)).network.state_dict()
    assert all(torch.equal(value, first["ema"][name]) for name, value in mean.items())
    assert any(not torch.equal(value, first["network"][name]) for name, value in mean.items())
    card = (tmp_path / "cut" / "card.md").read_text()
    assert "random weights" in card
    assert "4 identities, 16 pictures" in card
    with pytest.raises(UsageError, match="another config, data, first weights or seed"):
        start(given, RunSettings(data=str(market), device="cpu", seed=6), tmp_path / "cut")


def test_ctrl_c_stops_after_the_batch(market, tmp_path):
    out = tmp_path / "run"
    command = [sys.executable, "-m", "training", "train", "bot", "--data", str(market), "--out", str(out)]
    command += ["--device", "cpu", "--events", *flags(*SMALL, "schedule.n_epochs=500")]
    environment = os.environ | {"OMP_NUM_THREADS": "1"}
    child = subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, env=environment)
    assert child.stdout is not None
    for line in child.stdout:
        if json.loads(line)["row"] == "step":
            break
    began = time.monotonic()
    child.send_signal(signal.SIGINT)
    out_text, err_text = child.communicate(timeout=120)
    assert child.returncode == 130
    assert b"Traceback" not in err_text
    assert json.loads(out_text.splitlines()[-1])["status"] == "stopped"
    state = state_of(out)
    assert state["status"] == "stopped"
    checkpoint = read_checkpoint(out / "last.pt", "cpu")
    assert checkpoint["iteration"] == state["iteration"] > 0
    assert time.monotonic() - began < 120


def test_only_one_process_trains_in_a_folder(market, tmp_path):
    out = tmp_path / "run"
    with run_lock(out), pytest.raises(RunBusyError, match="Another process trains in"):
        start(config(), RunSettings(data=str(market)), out)


def test_validation_chooses_the_model_and_is_in_log_and_card(tmp_path):
    project = write_project(tmp_path / "p.sightline", n_ids=6, n_crops=2)
    out = tmp_path / "run"
    settings = RunSettings(project=str(project), device="cpu", validate=0.4)
    start(config("engine.validation_epochs=1"), settings, out)
    rows = rows_of(out, "validation")
    assert [row["epoch"] for row in rows] == [1, 2]
    assert rows[0]["is_best"]
    assert all(0 <= row[name] <= 1 for row in rows for name in ("rank1", "rank5", "map", "minp"))
    best = max(rows, key=lambda row: row["map"])
    assert state_of(out)["best"]["map"] == best["map"]
    assert read_checkpoint(out / "best.pt", "cpu")["best"]["map"] == best["map"]
    assert f"mAP {best['map']:.4f}" in (out / "card.md").read_text()
    assert json.loads((out / "preflight.json").read_text())["dataset"] == "project"
    assert rows_of(out, "start")[0]["n_validation_ids"] == 2


def test_a_loss_that_is_no_number_stops_with_the_batch_kept(market, tmp_path, monkeypatch):
    real, calls = trainer.take_step, []

    def breaks_at_the_third(run, given, images, *rest):
        calls.append(run.iteration)
        return real(run, given, images * float("nan") if len(calls) == 3 else images, *rest)

    monkeypatch.setattr(trainer, "take_step", breaks_at_the_third)
    out = tmp_path / "run"
    with pytest.raises(NotFiniteError, match=r"nan-batch\.pt") as caught:
        start(config(), RunSettings(data=str(market), device="cpu"), out)
    assert caught.value.exit_code == 7
    kept = torch.load(out / "nan-batch.pt", weights_only=True)
    assert kept["images"].shape == (4, 3, 64, 32)
    assert len(kept["names"]) == len(kept["labels"]) == 4
    assert state_of(out)["status"] == "failed"
    assert state_of(out)["exit_code"] == 7


def test_memory_that_runs_out_halves_the_parts(market, tmp_path, monkeypatch):
    real = trainer.take_step

    def needs_parts(run, *rest):
        if run.accumulation < 2:
            raise torch.OutOfMemoryError("CUDA out of memory. Tried to allocate 2 GiB")
        return real(run, *rest)

    monkeypatch.setattr(trainer, "take_step", needs_parts)
    out = tmp_path / "run"
    start(config("batch.n_ids=4", "schedule.n_epochs=1"), RunSettings(data=str(market), device="cpu"), out)
    assert read_checkpoint(out / "last.pt", "cpu")["accumulation"] == 2
    assert "in 2 parts of about 2 people" in rows_of(out, "notice")[0]["text"]
    with pytest.raises(MemoryExhaustedError, match="lower batch") as caught:
        start(config(), RunSettings(data=str(market), device="cpu"), tmp_path / "other")
    assert caught.value.exit_code == 8


def test_a_fatal_fault_of_the_data_stops_before_the_first_epoch(market, tmp_path):
    (market / "bounding_box_train" / "0001_c1s1_000000_00.png").write_bytes(b"no picture")
    out = tmp_path / "run"
    with pytest.raises(PreflightError, match=r"1 files cannot be read.*0001_c1s1_000000_00\.png"):
        start(config(), RunSettings(data=str(market), device="cpu"), out)
    assert (state_of(out)["status"], state_of(out)["exit_code"]) == ("failed", 3)
    assert not (out / "last.pt").exists()


def test_first_weights_are_recorded_everywhere(market, tmp_path):
    first = start(config("schedule.n_epochs=1"), RunSettings(data=str(market), device="cpu"), tmp_path / "a")
    out = tmp_path / "b"
    settings = RunSettings(data=str(market), device="cpu", init=str(first))
    start(config("schedule.n_epochs=1", "schedule.lr=1e-6"), settings, out)
    checkpoint = read_checkpoint(out / "last.pt", "cpu")
    sha256 = checkpoint["init"]["sha256"]
    assert len(sha256) == 64
    assert checkpoint["init"]["n_fresh"] == 1  # the classifier
    assert rows_of(out, "start")[0]["init_sha256"] == sha256
    assert sha256 in (out / "card.md").read_text()
    assert read_run(out / "config.toml")[1].init == str(first)
    first.unlink()  # a run that goes on does not need them any more
    start(config("schedule.n_epochs=1", "schedule.lr=1e-6"), settings, out)
    assert rows_of(out, "start")[-1]["init_sha256"] == sha256
    with pytest.raises(ModelNotFoundError, match=r"bundled:light"):
        start(config(), RunSettings(data=str(market), init="bundled:nothing", device="cpu"), tmp_path / "c")
    with pytest.raises(ModelNotFoundError, match="is no file"):
        start(config(), RunSettings(data=str(market), init="absent.pth", device="cpu"), tmp_path / "d")


def test_damaged_checkpoints_and_empty_folders_are_told(market, tmp_path, capsys):
    out = tmp_path / "run"
    start(config("schedule.n_epochs=1"), RunSettings(data=str(market), device="cpu"), out)
    (out / "last.pt").write_bytes(b"broken")
    assert main(["resume", str(out)]) == 1
    assert "not a sound checkpoint" in capsys.readouterr().err
    assert main(["resume", str(tmp_path / "nothing")]) == 2
    assert "holds no run" in capsys.readouterr().err


def test_a_run_begun_with_other_defaults_of_its_network_is_told_what_is_left_of_it(market, tmp_path, capsys):
    start(config(), RunSettings(data=str(market)), tmp_path / "run")
    state = read_checkpoint(tmp_path / "run" / "last.pt", "cpu")
    state["network"].popitem()
    state["ema"] = {}
    write_checkpoint(tmp_path / "run" / "last.pt", state)
    assert main(["resume", str(tmp_path / "run")]) == 1
    assert "model.safetensors as --init" in capsys.readouterr().err
    teach = ["distill", "bot", "--teacher", str(tmp_path / "run"), "--data", str(market)]
    assert main([*teach, "--out", str(tmp_path / "taught"), *flags(*SMALL)]) == 1
    assert "or as --teacher" in capsys.readouterr().err


@pytest.mark.parametrize("name", PRESETS)
def test_every_config_survives_the_way_through_its_file(name, tmp_path):
    settings = RunSettings(data=str(tmp_path), seed=3, validate=0.1)
    write_run(tmp_path / "config.toml", preset(name), settings)
    assert read_run(tmp_path / "config.toml") == (preset(name), settings)


def test_a_file_may_hold_everything_and_flags_go_first(market, tmp_path, capsys):
    file = tmp_path / "x.toml"
    file.write_text(
        'preset = "bot"\n[run]\ndata = "set"\ndevice = "cpu"\nseed = 1\n[schedule]\nn_epochs = 1\n'
        '[model.backbone]\nname = "osnet_x0_25"\n[batch]\nheight = 64\nwidth = 32\nn_ids = 2\nn_images = 2\n'
    )
    out = tmp_path / "run"
    assert main(["train", "--config", str(file), "--out", str(out), "--seed", "4", "--events"]) == 0
    rows = [json.loads(line) for line in capsys.readouterr().out.splitlines()]
    assert rows[0]["row"] == "start"
    assert rows[0]["seed"] == 4
    assert rows == rows_of(out)
    assert read_run(out / "config.toml")[1] == RunSettings(data=str(market), device="cpu", seed=4)
    for wrong, message in (
        (["train", "--out", str(out)], "Name one config"),
        (["train", "bot", "--out", str(tmp_path / "y")], "Name what to train on"),
    ):
        assert main(wrong) == 2
        assert message in capsys.readouterr().err


def test_tensorboard_is_optional_and_said_to_be_missing(market, tmp_path, monkeypatch):
    monkeypatch.setitem(sys.modules, "torch.utils.tensorboard", None)
    settings = RunSettings(data=str(market), device="cpu", has_tensorboard=True)
    with pytest.raises(UsageError, match="pip install tensorboard"):
        start(config(), settings, tmp_path / "run")


def test_pictures_of_one_person_stay_together_in_a_part():
    labels = torch.arange(12) // 2
    parts = [found for _, found in split_batch(torch.zeros(12, 3, 2, 2), labels, 2, 4)]
    assert [len(part) for part in parts] == [2, 4, 2, 4]
    assert torch.equal(torch.cat(parts), labels)
