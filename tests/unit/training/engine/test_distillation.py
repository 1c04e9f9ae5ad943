"""Students learn from teachers by name, each loss is switched alone, who cannot teach is refused."""

from __future__ import annotations

import json

import pytest
import torch

from reid_core.errors import UsageError
from tests.fakes.people import SMALL, write_market
from training.__main__ import main
from training.engine.presets import read_config
from training.engine.run import start_run
from training.engine.settings import RunSettings
from training.engine.starting import start
from training.engine.step import take_step

LABELS = torch.tensor([0, 0, 1, 1])
RESNET = (
    "model.backbone.name=resnet18",
    "batch.height=64",
    "batch.width=32",
    "batch.n_ids=2",
    "batch.n_images=2",
)


def images():
    return torch.randn(4, 3, 64, 32, generator=torch.Generator().manual_seed(0)) + LABELS[:, None, None, None]


def flags(*settings):
    return [word for setting in settings for word in ("--set", setting)]


@pytest.fixture(scope="module")
def market(tmp_path_factory):
    return write_market(tmp_path_factory.mktemp("data") / "set", n_ids=2, n_test_ids=2)


@pytest.fixture(scope="module")
def teacher(market, tmp_path_factory):
    """The folder of a run on the same people, on a larger size of pictures."""
    out = tmp_path_factory.mktemp("teacher") / "run"
    given = read_config("bot", [*SMALL, "schedule.n_epochs=1", "batch.height=80"])
    start(given, RunSettings(data=str(market), device="cpu"), out)
    return out


def test_several_teachers_teach_a_student_on_the_command_line(market, teacher, tmp_path, capsys):
    out = tmp_path / "student"
    settings = [
        *SMALL,
        "schedule.n_epochs=1",
        "distillation.js=1.0",
        "distillation.logit_l1=0.5",
        "engine.ema=0.9",
    ]
    command = ["distill", "channel_groups", "--data", str(market), "--out", str(out), "--device", "cpu"]
    assert main([*command, "--teacher", str(teacher), "--teacher", "self", *flags(*settings)]) == 0
    capsys.readouterr()
    rows = [json.loads(line) for line in (out / "log.jsonl").read_text().splitlines()]
    step = next(row for row in rows if row["row"] == "step")
    assert set(step["parts"]) == {"identity", "js", "logit_l1"}
    assert str(teacher) in (out / "card.md").read_text()
    assert str(teacher) in (out / "config.toml").read_text()


def test_a_model_by_name_teaches_by_its_features_alone(teacher):
    model = str(teacher / "model.safetensors")
    settings = [*SMALL, f'distillation.teachers=["{model}"]', "distillation.pkt=2.0"]
    run = start_run(read_config("channel_groups", settings), 2)
    terms = take_step(run, read_config("channel_groups", settings), images(), LABELS, 10)
    assert set(terms) == {"identity", "pkt", "lr"}
    assert terms["pkt"] > 0
    with pytest.raises(UsageError, match=r"can only teach distillation\.pkt"):
        start_run(read_config("bot", [*settings, "distillation.js=1.0"]), 2)


def test_a_student_that_is_its_teacher_has_nothing_to_learn():
    """The student's own mean teaches: it starts as the student, so the losses start at zero."""
    settings = [
        *RESNET, 'distillation.teachers=["self"]', "engine.ema=0.99", "distillation.pkt=1.0",
        "distillation.js=1.0", "distillation.logit_l1=1.0", "distillation.overhaul=1.0",
        "engine.has_frozen_norms=true",
    ]  # fmt: skip
    config = read_config("bot", settings)
    run = start_run(config, 2)
    before = {name: value.clone() for name, value in run.learner.overhauls.state_dict().items()}
    terms = take_step(run, config, images(), LABELS, 10)
    assert {"pkt", "js", "logit_l1", "overhaul"} < set(terms)
    assert terms["pkt"] == pytest.approx(0, abs=1e-6)
    assert terms["js"] == pytest.approx(0, abs=1e-6)
    assert terms["logit_l1"] == pytest.approx(0, abs=1e-4)
    assert terms["overhaul"] > 0  # its connectors are drawn at random
    after = run.learner.overhauls.state_dict()
    moved = [
        name for name in before if name.endswith("0.weight") and not torch.equal(before[name], after[name])
    ]
    assert len(moved) == 4
    assert any(name.startswith("network.") for name, _ in run.learner.named_parameters())
    assert all(parameter.grad is None for parameter in run.ema.parameters())


@pytest.mark.parametrize(
    ("settings", "message"),
    [
        (["distillation.pkt=1.0"], "needs teachers and losses"),
        (['distillation.teachers=["self"]'], "needs teachers and losses"),
        (['distillation.teachers=["self"]', "distillation.pkt=1.0"], "set engine.ema"),
        (
            ['distillation.teachers=["self"]', "engine.ema=0.9", "distillation.overhaul=1.0"],
            "compares the stages of ResNets",
        ),
        (["distillation.teachers=3"], "must be a list of texts"),
    ],
)
def test_what_cannot_teach_is_refused(settings, message):
    with pytest.raises(UsageError, match=message):
        start_run(read_config("bot", [*SMALL, *settings]), 2)


def test_a_student_has_no_non_local_blocks_and_a_classifier_needs_the_same_people(teacher):
    given = [f'distillation.teachers=["{teacher}"]', "distillation.js=1.0"]
    with pytest.raises(UsageError, match="non-local"):
        start_run(read_config("agw", ["model.backbone.name=resnet50", *given]), 2)
    with pytest.raises(UsageError, match="other identities"):
        start_run(read_config("bot", [*SMALL, *given]), [7, 8])
