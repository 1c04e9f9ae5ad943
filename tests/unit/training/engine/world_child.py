"""One of several processes that compute the gradient of one batch; `test_world` starts them."""

from __future__ import annotations

import os
import sys
from pathlib import Path

import torch

from training.engine.presets import read_config
from training.engine.run import Run, start_run
from training.engine.step import _set_modes, compute_terms
from training.engine.world import ALONE, World, open_world
from training.losses.objectives import total

N = 8
LABELS = torch.tensor([0, 0, 1, 1, 2, 2, 3, 3])
BATCH = (
    "batch.height=96",
    "batch.width=32",
    "batch.n_ids=4",
    "batch.n_images=2",
    "engine.has_frozen_norms=true",
)
SMALL = (*BATCH, "model.backbone.name=osnet_x0_25")
PLAIN = (*SMALL, "model.backbone.stem=standard")
CONFIGS = {
    "bot": ("bot", SMALL),
    "weighted": ("agw", (*PLAIN, "model.backbone.non_local=false")),
    "circle": ("bagtricks", (*PLAIN, "loss.metric=circle", "loss.identity=circle")),
    "cbdb": ("ide_cbdb", SMALL),
    "dpti": ("dpti", (*SMALL, "model.options.dim=16", "model.options.reduced=8")),
    "channel_groups": ("channel_groups", SMALL),
    "osnet": ("osnet", SMALL),
}  # fmt: skip


def gradients(name: str, world: World = ALONE) -> dict[str, torch.Tensor]:
    """The terms and all gradients of the joined batch, in float64."""
    preset, settings = CONFIGS[name]
    config = read_config(preset, settings)
    torch.set_default_dtype(torch.float64)
    run: Run = start_run(config, 4, world=world)
    _set_modes(run, config)
    images = (
        torch.randn(N, 3, 96, 32, generator=torch.Generator().manual_seed(1)) + LABELS[:, None, None, None]
    )
    mine = slice(world.rank * N // world.size, (world.rank + 1) * N // world.size)
    terms, _, labels = compute_terms(run, config, images[mine], LABELS[mine], world)
    assert torch.equal(labels, LABELS)
    total(terms).backward()
    found = {f"term {key}": value.detach() for key, value in terms.items()}
    return found | {n: p.grad for n, p in run.network.named_parameters() if p.grad is not None}


if __name__ == "__main__":
    torch.set_num_threads(1)
    with open_world("cpu") as here:
        assert here.any(here.rank == 1)
        assert not here.any(False)
        everything = {name: gradients(name, here) for name in CONFIGS}
        if here.is_first:
            torch.save(everything, Path(sys.argv[1]))
    assert os.environ["WORLD_SIZE"] == "2"
