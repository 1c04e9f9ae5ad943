"""The page of methods is alive: its files, operations, presets and settings exist, and none is left out."""

from __future__ import annotations

import dataclasses
import json
import re

from tests.data import ROOT
from training.config import BatchConfig, LossConfig, ScheduleConfig, TrainingConfig
from training.engine.presets import PRESETS

PAGE = (ROOT / "docs" / "methods.md").read_text(encoding="utf-8")
ROWS = [line for line in PAGE.splitlines() if line.startswith("| ") and ".py`" in line]
CODE = set(re.findall(r"`([^`]+)`", PAGE))


def test_every_operation_of_the_known_answers_has_a_row_and_no_other_is_named():
    entries = json.loads((ROOT / "tests" / "golden" / "known_answers.json").read_text())
    operations = {entry["op"] for entry in entries}
    families = {op.partition("/")[0] for op in operations}
    named = {
        c
        for row in ROWS
        for c in re.findall(r"`([a-z_]+/[a-z0-9_]+)`", row)
        if c.partition("/")[0] in families
    }
    assert operations - named == set()
    assert named - operations == set()


def test_every_file_exists_and_every_method_of_a_folder_has_one():
    named = {name for name in CODE if name.endswith(".py") and " " not in name}
    assert [name for name in sorted(named) if not (ROOT / name).is_file()] == []
    folders = {
        "training/losses": {"__init__"},
        "training/distillation": {"__init__", "ema"},
        "training/samplers": {"__init__"},
        "reid_core/models/backbones": {"__init__", "build"},
    }
    for folder, helpers in folders.items():
        files = {p.stem for p in (ROOT / folder).glob("*.py")} - helpers
        assert {f"{folder}/{stem}.py" for stem in files} - named == set()


def test_every_row_says_how_sure_it_is():
    known = (
        "verified",
        "read",
        "reconstruction",
        "both kept",
        "ours",
        "timm's",
        "torchvision",
        "formula",
        "tested",
        "checked",
    )
    assert ROWS
    assert [row for row in ROWS if not any(word in row.rsplit("|", 2)[1] for word in known)] == []


def test_every_preset_and_every_switch_is_named():
    assert [name for name in PRESETS if f"`{name}`" not in PAGE] == []
    parts = {"loss": LossConfig, "schedule": ScheduleConfig, "batch": BatchConfig}
    assert set(parts) < {field.name for field in dataclasses.fields(TrainingConfig)}
    for part, name in re.findall(r"`(loss|schedule|batch)\.(\w+)", PAGE):
        assert name in {field.name for field in dataclasses.fields(parts[part])}
