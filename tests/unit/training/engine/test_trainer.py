"""Every preset takes steps; a run that was cut off ends as one that was not; its bundle is a model."""

from __future__ import annotations

import json

import numpy as np
import pytest
import torch

from reid_core.errors import CancelledError, ModelRefusedError, UsageError
from reid_core.models.networks import read_network
from reid_core.weights.find import find_model
from tests.fakes.people import SMALL, write_market
from training.__main__ import main
from training.datasets.market import read_market
from training.engine.control import StopRequest
from training.engine.presets import PRESETS, read_config
from training.engine.rates import rate_at
from training.engine.run import start_run
from training.engine.step import take_step
from training.engine.trainer import train

LABELS = torch.tensor([0, 0, 1, 1])
BACKBONES = {
    "agw": "resnet50",
    "sbs": "resnet50",
    "mgn": "resnet18",
    "bagtricks": "resnet18",
    "dsr": "resnet18",
}


@pytest.fixture
def market(tmp_path):
    return write_market(tmp_path / "set")


def images(seed=0, height=96):
    generator = torch.Generator().manual_seed(seed)
    return torch.randn(4, 3, height, 32, generator=generator) + LABELS[:, None, None, None]


def settings_of(name):
    backbone = BACKBONES.get(name, "osnet_x0_25")
    extra = [f"model.backbone.name={backbone}", "schedule.n_frozen=0", "schedule.has_warmup=false"]
    if name in ("mgn", "dsr"):
        extra.append("model.backbone.ibn=none")
    return extra


@pytest.mark.parametrize("name", PRESETS)
def test_every_preset_takes_a_step_that_moves_all_that_it_trains(name):
    config = read_config(name, settings_of(name))
    run = start_run(config, 3)
    before = {n: p.detach().clone() for n, p in run.network.named_parameters()}
    terms = take_step(run, config, images(), LABELS, 10)
    assert run.iteration == 1
    assert all(np.isfinite(value) for value in terms.values())
    still = {n for n, p in run.network.named_parameters() if p.requires_grad and torch.equal(p, before[n])}
    # A non-local block starts as the identity: at first its inside hears nothing. A gate's ReLU may be off.
    assert {n for n in still if ".non_local." not in n and ".gate.fc1." not in n} == set()
    bias = [n for n in before if n.endswith("neck.bias")]
    assert all(not before[n].any() and not run.network.get_parameter(n).any() for n in bias)


def test_loss_falls_over_some_steps():
    config = read_config("bot", [*SMALL, "schedule.has_warmup=false", "loss.smoothing=0.0"])
    run = start_run(config, 2)
    losses = [take_step(run, config, images(), LABELS, 10)["identity"] for _ in range(12)]
    assert losses[-1] < 0.7 * losses[0]


def test_frozen_backbone_stands_still_with_its_statistics():
    config = read_config(
        "sbs", [*settings_of("bagtricks"), "model.backbone.non_local=false", "schedule.n_frozen=1"]
    )
    run = start_run(config, 3)
    state = {n: v.clone() for n, v in run.network.backbone.state_dict().items()}
    head = run.network.head.classifier.weight.detach().clone()
    take_step(run, config, images(), LABELS, 10)
    assert all(torch.equal(v, state[n]) for n, v in run.network.backbone.state_dict().items())
    assert not torch.equal(run.network.head.classifier.weight, head)
    take_step(run, config, images(), LABELS, 10)
    assert not torch.equal(run.network.backbone.bn1.running_mean, state["bn1.running_mean"])
    frozen = read_config("osnet", ["model.backbone.name=osnet_x0_25", "schedule.n_frozen=5"])
    run = start_run(frozen, 3)
    with pytest.raises(UsageError, match="no backbone apart"):
        take_step(run, frozen, images(), LABELS, 10)


def test_centres_move_with_the_features():
    config = read_config("bot", SMALL)
    run = start_run(config, 2)
    before = run.centers.values.clone()
    terms = take_step(run, config, images(), LABELS, 10)
    assert terms["center"] > 0
    assert not torch.equal(run.centers.values, before)
    assert start_run(read_config("bot", [*SMALL, "loss.center_weight=0"]), 2).centers is None


@pytest.mark.parametrize("sampling", ["identity", "balanced"])
def test_a_run_that_was_cut_off_ends_like_one_that_was_not(market, tmp_path, sampling):
    def config(n_epochs):
        return read_config("bot", [*SMALL, f"schedule.n_epochs={n_epochs}", f"batch.sampling={sampling}"])

    pictures = read_market(market).train
    whole = train(config(2), pictures, tmp_path / "whole")
    stop = StopRequest(tmp_path / "cut")

    def after_the_sixth(row):
        if row["row"] == "step" and row["iteration"] == 5:
            stop.ask()

    with pytest.raises(CancelledError, match="Stopped in epoch 2 of 2"):
        train(config(2), pictures, tmp_path / "cut", echo=after_the_sixth, stop=stop)
    again = train(config(2), pictures, tmp_path / "cut")
    first, second = (read_network(find_model("reid", path)).network.state_dict() for path in (whole, again))
    assert all(torch.equal(first[name], second[name]) for name in first)
    with pytest.raises(UsageError, match="another config"):
        train(config(3), pictures, tmp_path / "whole")


def test_train_and_evaluate_on_the_command_line(market, tmp_path, capsys):
    settings = [*SMALL, "schedule.n_epochs=1", "batch.height=96"]
    small = [word for setting in settings for word in ("--set", setting)]
    out = tmp_path / "run"
    assert main(["train", "cbdb", "--data", str(market), "--out", str(out), "--device", "cpu", *small]) == 0
    assert capsys.readouterr().out.splitlines()[-1] == str(out / "model.safetensors")
    rows = [json.loads(line) for line in (out / "log.jsonl").read_text().splitlines()]
    steps = [row for row in rows if row["row"] == "step"]
    assert 1 <= len(steps) <= 4
    assert set(steps[0]["parts"]) == {"identity", "elastic"}
    model = ["--model", str(out / "model.safetensors"), "--device", "cpu"]
    assert main(["evaluate", *model, "--data", str(market), "--json"]) == 0
    assert json.loads(capsys.readouterr().out)["n_query"] == 8


def test_pictures_that_a_network_cannot_take_are_told(market, tmp_path, capsys):
    small = [word for setting in SMALL for word in ("--set", setting)]
    assert main(["train", "cbdb", "--data", str(market), "--out", str(tmp_path / "run"), *small]) == 2
    assert "6 patches do not fit on 4 rows" in capsys.readouterr().err


def test_too_few_people_are_told(market, tmp_path):
    with pytest.raises(UsageError, match="4 people do not fill a batch of 16"):
        train(read_config("bot"), read_market(market).train, tmp_path / "run")


def test_first_weights_come_from_any_known_layout(tmp_path):
    config = read_config("bot", ["model.backbone.name=resnet18"])
    source = start_run(config, 2, seed=1).network.backbone.state_dict()
    torch.save(
        {f"base.{n}": v for n, v in source.items()} | {"bottleneck.weight": torch.ones(512)},
        tmp_path / "a.pth",
    )
    torch.save(source, tmp_path / "b.pth")
    for name in ("a.pth", "b.pth"):
        run = start_run(config, 2, init=str(tmp_path / name))
        assert all(torch.equal(v, source[n]) for n, v in run.network.backbone.state_dict().items())
    mgn = ["model.backbone.name=resnet18", "model.backbone.ibn=none", "model.backbone.stem=standard"]
    network = start_run(read_config("mgn", mgn), 2, init=str(tmp_path / "a.pth")).network
    assert all(
        torch.equal(network.branches[b][1][0].conv1.weight, source["layer4.0.conv1.weight"])
        for b in network.branches
    )
    assert torch.equal(network.branches["b2"][0][0].conv2.weight, source["layer3.1.conv2.weight"])
    other = read_config("bot", ["model.backbone.name=resnet34"])
    with pytest.raises(ModelRefusedError, match="does not fit the backbone: it lacks"):
        start_run(other, 2, init=str(tmp_path / "b.pth"))


@pytest.mark.parametrize(
    ("name", "iteration", "expected"),
    [
        ("bot", 0, 3.5e-4 * (0.01 * 0.9 + 0.1)),
        ("bot", 200, 3.5e-4),
        ("bot", 450, 3.5e-5),
        ("bagtricks", 0, 3.5e-5),
        ("sbs", 2000, 3.5e-4),
        ("cbdb", 0, 1e-4),
        ("cbdb_released", 77, 1e-4),
    ],
)
def test_rates_of_the_recipes(name, iteration, expected):
    per_epoch = 100 if name == "sbs" else 10
    assert rate_at(read_config(name).schedule, iteration // per_epoch, iteration, per_epoch) == pytest.approx(
        expected
    )
    warm = read_config(name, ["schedule.has_warmup=false"]).schedule
    if "cbdb" not in name and iteration == 0:
        assert rate_at(warm, 0, 0, per_epoch) == pytest.approx(warm.lr)
