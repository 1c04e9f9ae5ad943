"""What a run leaves: the bundle that Sightline takes, and a card that says where it is from."""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from torch import nn

from reid_core.models.embedder import Preprocessing
from reid_core.models.networks import describe
from reid_core.weights.safetensors_file import save_bundle
from training.config import TrainingConfig
from training.engine.run import Run
from training.engine.settings import RunSettings

BUNDLE, CARD = "model.safetensors", "card.md"


def save_model(
    network: nn.Module, config: TrainingConfig, path: Path, facts: Mapping[str, Any] | None = None
) -> Path:
    """Write the network, without its classifiers, as a bundle; returns ``path``."""
    state = {name: value.cpu() for name, value in network.state_dict().items() if "classifier" not in name}
    description = describe(config.model, Preprocessing(config.batch.height, config.batch.width))
    save_bundle(path, state, description | ({"training": dict(facts)} if facts else {}))
    return path


def facts_of(run: Run, config: TrainingConfig) -> dict[str, Any]:
    """Where a run's weights are from, for bundles, logs and checkpoints."""
    return {
        "config": config.key,
        "init": run.init.spec,
        "init_sha256": run.init.sha256,
        "init_licence": run.init.licence,
        "seed": run.seed,
        "epochs": run.epoch,
        "n_ids": len(run.pids),
        "teachers": list(config.distillation.teachers),
    }


def write_card(
    path: Path, run: Run, config: TrainingConfig, settings: RunSettings, counts: Mapping[str, int]
) -> None:
    """Write the card: short, and only what is known."""
    source = settings.source or "pictures that a program passed in"
    layout = settings.layout or settings.dataset
    network = f"{config.model.method} on {config.model.backbone.name}"
    first = run.init
    start = "random weights" if first.spec == "none" else f"`{first.spec}` (SHA-256 `{first.sha256}`)"
    if first.licence:
        start += f", licence {first.licence}, which binds what is made of it"
    measured = (
        f"rank-1 {run.best['rank1']:.4f}, mAP {run.best['map']:.4f}, mINP {run.best['minp']:.4f} on "
        f"{counts['validation_ids']} held-out identities after epoch {int(run.best['epoch'])}"
        if run.best
        else "nothing was held out; measure it with `python -m training evaluate`"
    )
    teachers = ", ".join(config.distillation.teachers) or "none"
    batch = f"batches of {config.batch.n_ids} x {config.batch.n_images}"
    schedule = f"{config.schedule.rate}, lr {config.schedule.lr}, {config.schedule.optimizer}, {batch}"
    seconds = f"seed {run.seed}, {run.elapsed_s:.0f} s, ema {config.engine.ema}"
    options = json.dumps(dict(config.model.options)) if config.model.options else "the method's defaults"
    text = f"""# {path.parent.name}

A re-identification model, trained by `python -m training train`.

| | |
|---|---|
| network | {network}, {run.network.dim} dimensions, {config.batch.height}x{config.batch.width}; {options} |
| data | {source} (read as {layout}): {counts["ids"]} identities, {counts["pictures"]} pictures |
| first weights | {start}: {first.n_loaded} tensors taken over, {first.n_fresh} drawn |
| teachers | {teachers} |
| schedule | {run.epoch} epochs, {schedule} |
| computed | {run.precision} on {run.device}, {seconds} |
| config | `config.toml`, key `{config.key[:16]}` |
| measured | {measured} |

Limits: it knows how the people of its data looked, under those cameras. On other cameras and crowds it does
worse, and errors are not spread evenly over people. A similarity is likeness, no identity. The data's licence
binds this model.
"""
    beside = path.with_name(f".{path.name}.part")
    beside.write_text(text, encoding="utf-8")
    beside.replace(path)
