"""The recipes by name, and how a config is read: a preset, a TOML file, single settings."""

from __future__ import annotations

import tomllib
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any

from reid_core.errors import UsageError
from training.config import TrainingConfig, change

_BOT = {"loss": {"center_weight": 5e-4}}
_NON_LOCAL = {"non_local": True}
_FASTREID_LOSS = {"identity": "cross_entropy_fastreid"}
_SBS_LOSS = {"identity": "circle", "metric": "triplet", "is_soft_margin": True}
_SBS_RATE = {"rate": "fastreid_delayed_cosine", "n_epochs": 60, "n_frozen": 1000}
_SBS_BATCH = {"height": 384, "n_ids": 4, "n_images": 16, "auto_augment_p": 0.1}
_SBS_OPTIONS = {"aggregation": "gem", "is_metric_after_neck": True}

PRESETS: Mapping[str, Mapping[str, Any]] = {
    # Luo et al., "Bag of Tricks": everything on.
    "bot": _BOT,
    # Tan et al., CBDB-Net as its text says it, with one un-dropped branch more, and as its code is.
    "cbdb": {
        "model": {"method": "cbdb"},
        "schedule": {"rate": "cbdb", "n_epochs": 400},
        "batch": {"height": 384, "erasing_p": 0.0, "pad_px": 0, "cutout_p": 0.5},
    },
    "ide_cbdb": {
        "model": {"method": "cbdb", "options": {"has_global_branch": True}},
        "schedule": {"rate": "cbdb", "n_epochs": 400},
        "batch": {"height": 384, "erasing_p": 0.0, "pad_px": 0, "cutout_p": 0.5},
    },
    "cbdb_released": {
        "model": {"method": "cbdb", "options": {"drop_at": "layer3_output", "rows": "released"}},
        "schedule": {"rate": "constant", "lr": 1e-4, "n_epochs": 60},
        "batch": {"height": 384, "n_ids": 8, "erasing_p": 0.0, "pad_px": 0, "cutout_p": 0.5},
    },
    # "Dynamic Template Initialization": a reconstruction on BoT's schedule.
    "dpti": {"model": {"method": "dpti"}},
    # "In Defense of the Classification Loss": a reconstruction on BoT's schedule.
    "channel_groups": {
        "model": {"method": "channel_groups"},
        "loss": {"smoothing": 0.0, "metric": "none"},
    },
    # The four ablations: groups and branches, one of them, neither.
    "channel_groups_only": {
        "model": {"method": "channel_groups", "options": {"n_groups": 4, "n_branches": 1}},
        "loss": {"smoothing": 0.0, "metric": "none"},
    },
    "channel_branches_only": {
        "model": {"method": "channel_groups", "options": {"n_groups": 1, "n_branches": 3}},
        "loss": {"smoothing": 0.0, "metric": "none"},
    },
    "ide": {
        "model": {"method": "channel_groups", "options": {"n_groups": 1, "n_branches": 1}},
        "loss": {"smoothing": 0.0, "metric": "none"},
    },
    # FastReID's recipes.
    "bagtricks": {
        "model": {"method": "baseline", "backbone": {"stem": "ceil"}},
        "loss": _FASTREID_LOSS,
        "schedule": {"rate": "fastreid_multi_step"},
    },
    "agw": {
        "model": {
            "method": "baseline",
            "backbone": {"stem": "ceil", **_NON_LOCAL},
            "options": {"aggregation": "gem_fixed"},
        },
        "loss": {**_FASTREID_LOSS, "is_weighted_mining": True, "is_soft_margin": True},
        "schedule": {"rate": "fastreid_multi_step"},
    },
    "sbs": {
        "model": {
            "method": "baseline",
            "backbone": {"stem": "ceil", **_NON_LOCAL},
            "options": _SBS_OPTIONS,
        },
        "loss": _SBS_LOSS,
        "schedule": _SBS_RATE,
        "batch": _SBS_BATCH,
    },
    "mgn": {
        "model": {"method": "mgn", "backbone": {"stem": "ceil", "ibn": "a"}, "options": _SBS_OPTIONS},
        "loss": _SBS_LOSS,
        "schedule": _SBS_RATE,
        "batch": _SBS_BATCH,
    },
    # FastReID's partial re-identification: a foreground mask beside the global vector.
    "dsr": {
        "model": {"method": "dsr", "backbone": {"stem": "ceil", "ibn": "a"}},
        "loss": {"smoothing": 0.12},
        "schedule": {
            "rate": "fastreid_delayed_cosine",
            "lr": 7e-4,
            "n_epochs": 60,
            "delay": 20,
            "n_warmup": 500,
        },
        "batch": {"height": 384, "n_ids": 64},
    },
    # Zhou et al., OSNet with its own head.
    "osnet": {
        "model": {"method": "osnet", "backbone": {"name": "osnet_x1_0"}},
        "loss": {"metric": "none"},
    },
    # The bundled model `light` trained further: its network and size, batches for few people, BoT's losses.
    "light": {
        "model": {
            "method": "osnet",
            "backbone": {"name": "osnet_lct"},
            "options": {"has_neck": True},
        },
        "schedule": {"n_epochs": 20},
        "batch": {"height": 160, "width": 80, "n_ids": 8},
    },
}
"""What each recipe changes of `TrainingConfig`, whose own values are BoT without its centre loss."""


def preset(name: str) -> TrainingConfig:
    """A recipe.

    Raises:
        UsageError: There is none of that name.
    """
    if name not in PRESETS:
        raise UsageError(f"There is no preset {name!r}. Known: {', '.join(PRESETS)}.")
    return change(TrainingConfig(), PRESETS[name])


def read_config(source: str | Path, settings: Iterable[str] = ()) -> TrainingConfig:
    """The config that a command line asks for.

    Args:
        source: A preset's name, or a TOML file.
        settings: ``part.name=value`` each, with the value as TOML writes it (a bare word is a text).

    Raises:
        UsageError: The file cannot be read, or a name or value is unknown.
    """
    config = _read_file(Path(source)) if str(source).endswith(".toml") else preset(str(source))
    for setting in settings:
        path, has_value, text = setting.partition("=")
        if not has_value:
            raise UsageError(f"{setting!r} sets nothing: write part.name=value.")
        value: Any = _parse(text.strip())
        for name in reversed(path.strip().split(".")):
            value = {name: value}
        config = change(config, value)
    return config


def _read_file(path: Path) -> TrainingConfig:
    try:
        content = tomllib.loads(path.read_text(encoding="utf-8"))
    except OSError as error:
        raise UsageError(f"Cannot read {path}: {error.strerror or error}.") from error
    except (UnicodeDecodeError, tomllib.TOMLDecodeError) as error:
        raise UsageError(f"{path} is not a TOML file: {error}.") from error
    content.pop("run", None)  # what a run is started with, see `training.engine.settings`
    name = content.pop("preset", None)
    base = TrainingConfig() if name is None else preset(str(name))
    return change(base, content)


def _parse(text: str) -> Any:
    try:
        return tomllib.loads(f"value = {text}")["value"]
    except tomllib.TOMLDecodeError:
        return text
