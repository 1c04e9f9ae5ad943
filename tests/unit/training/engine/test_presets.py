"""Recipes by name, files and single settings: every trick can be switched off alone, mistakes are told."""

from __future__ import annotations

import json

import pytest
import torch

from reid_core.errors import ModelRefusedError, UsageError
from reid_core.models.methods import Method, build_network
from reid_core.weights.find import find_model
from reid_core.weights.torch_file import load_state
from training.__main__ import main
from training.config import IdentityLoss, MetricLoss, Rate, TrainingConfig, as_dict, change
from training.engine.first_weights import load_first
from training.engine.objective import network_spec
from training.engine.presets import PRESETS, preset, read_config

TRICKS = {
    "schedule.has_warmup=false": ("schedule", "has_warmup", False),
    "batch.erasing_p=0.0": ("batch", "erasing_p", 0.0),
    "loss.smoothing=0.0": ("loss", "smoothing", 0.0),
    "loss.center_weight=0": ("loss", "center_weight", 0.0),
}


@pytest.mark.parametrize("setting", TRICKS)
def test_each_trick_of_bot_is_switched_off_alone(setting):
    part, name, value = TRICKS[setting]
    whole, without = preset("bot"), read_config("bot", [setting])
    assert getattr(getattr(without, part), name) == value != getattr(getattr(whole, part), name)
    assert change(without, {part: {name: getattr(getattr(whole, part), name)}}) == whole


def test_stride_and_neck_of_bot_are_switched_off_in_its_model():
    changed = read_config("bot", ["model.backbone.last_stride=2", "model.options.has_neck=false"])
    assert changed.model.backbone.last_stride == 2
    assert changed.model.options == {"has_neck": False}
    assert preset("bot").model.backbone.last_stride == 1


def test_bot_is_the_papers():
    bot = preset("bot")
    assert (bot.batch.n_ids, bot.batch.n_images, bot.batch.height, bot.batch.width) == (16, 4, 256, 128)
    assert (bot.schedule.rate, bot.schedule.lr, bot.schedule.n_epochs) == (Rate.BOT, 3.5e-4, 120)
    assert (bot.loss.smoothing, bot.loss.margin, bot.loss.center_weight) == (0.1, 0.3, 5e-4)
    assert bot.loss.metric is MetricLoss.TRIPLET


@pytest.mark.parametrize("name", PRESETS)
def test_every_preset_survives_the_way_through_plain_values(name):
    config = preset(name)
    assert change(TrainingConfig(), as_dict(config)) == config
    assert change(TrainingConfig(), json.loads(json.dumps(as_dict(config)))).key == config.key


def test_presets_differ():
    assert len({preset(name).key for name in PRESETS}) == len(PRESETS)
    assert {preset(name).model.method for name in PRESETS} == set(Method)


def test_file_with_preset_and_changes(tmp_path):
    path = tmp_path / "run.toml"
    path.write_text('preset = "sbs"\n[model.backbone]\nname = "resnest50"\n[loss]\nmargin = 0.2\n')
    config = read_config(path, ["model.backbone.non_local=false", "loss.identity=arcface"])
    assert config.model.backbone.name == "resnest50"
    assert not config.model.backbone.non_local
    assert config.loss.identity is IdentityLoss.ARCFACE
    assert config.loss.margin == 0.2
    assert config.schedule == preset("sbs").schedule
    path.write_text("[schedule]\nn_epochs = 3\n")
    assert read_config(path).schedule.n_epochs == 3


def test_another_method_drops_the_options_of_the_first():
    assert read_config("sbs", ["model.method=bot"]).model.options == {}
    assert read_config("cbdb", ["model.options.m=4"]).model.options == {"m": 4}


@pytest.mark.parametrize(
    ("settings", "message"),
    [
        (["loss.centre_weight=0"], "no setting loss.centre_weight. Known here: identity"),
        (["los.center_weight=0"], "no setting los"),
        (["loss.identity=arc"], "cannot be 'arc'. Known: cross_entropy"),
        (["loss.smoothing=high"], "must be of type float, not 'high'"),
        (["schedule.n_epochs=true"], "must be of type int"),
        (["schedule.n_epochs=2.5"], "must be of type int"),
        (["loss=3"], "loss is a table"),
        (["loss.smoothing"], "sets nothing"),
    ],
)
def test_mistakes_are_told(settings, message):
    with pytest.raises(UsageError) as caught:
        read_config("bot", settings)
    assert message in str(caught.value)


def test_unknown_presets_and_files_are_told(tmp_path):
    with pytest.raises(UsageError, match=r"no preset 'bott'\. Known: bot, cbdb"):
        read_config("bott")
    with pytest.raises(UsageError, match="Cannot read"):
        read_config(tmp_path / "absent.toml")
    (tmp_path / "odd.toml").write_text("= 3")
    with pytest.raises(UsageError, match="not a TOML file"):
        read_config(tmp_path / "odd.toml")


def test_a_loss_with_a_margin_gets_its_cosine_classifier():
    assert network_spec(preset("sbs")).options["is_cosine"]
    assert network_spec(preset("bagtricks")) == preset("bagtricks").model
    with pytest.raises(UsageError, match="needs a cosine classifier: baseline or mgn"):
        network_spec(read_config("bot", ["loss.identity=cosface"]))


def test_describe_lists_the_names_and_shows_a_config(capsys):
    assert main(["describe"]) == 0
    listed = capsys.readouterr().out
    assert all(name in listed for name in (*PRESETS, "channel_groups", "resnest50", "timm/NAME"))
    settings = [
        "--set",
        "model.backbone.name=osnet_x0_25",
        "--set",
        "batch.height=64",
        "--set",
        "batch.width=32",
    ]
    assert main(["describe", "bot", *settings]) == 0
    shown = json.loads(capsys.readouterr().out)
    assert shown["loss"]["center_weight"] == 5e-4
    assert shown["size"]["dim"] == 128
    assert shown["size"]["parameters"] > 100_000
    assert main(["describe", "nothing"]) == 2
    assert "no preset" in capsys.readouterr().err


@pytest.mark.parametrize("settings", [(), ("model.method=bot",), ("model.method=dpti",)])
def test_the_bundled_model_is_where_its_preset_and_other_methods_on_its_backbone_begin(settings):
    config = read_config("light", settings)
    network = build_network(network_spec(config), 5)
    first = load_first(network, "bundled:light", config)
    given = load_state(find_model("reid", "light"))
    prefix = "" if config.model.method is Method.OSNET else "backbone."
    kept = {name for name in network.state_dict() if name.removeprefix(prefix) in given}
    assert first.n_loaded == len(kept) >= 257
    for name in kept:
        assert torch.equal(network.state_dict()[name], given[name.removeprefix(prefix)].float())


def test_a_bundled_model_on_another_backbone_is_refused_with_advice():
    config = read_config("osnet")
    with pytest.raises(ModelRefusedError, match="Take the backbone that it was trained with"):
        load_first(build_network(network_spec(config), 5), "bundled:light", config)
