"""Train and export ``accurate``: Intel's person-reidentification-retail-0277, trained further on our people.

The published network is the start (`training.recipes.retail_0277`). Stem and first two stages stay what they
are and run in OpenVINO; the last stage, the pooling and the embedding layer learn, with a BNNeck and a
classifier that serve the training alone. The run can be stopped at any time; started again with the same
folder it goes on where it was.

    python -m training.recipes.bundled_accurate train --data ../shared/data --work runs/accurate
    python -m training.recipes.bundled_accurate export --work runs/accurate --out assets/models
    python -m training.recipes.bundled_reid_score --data ../shared/data --models accurate light
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

import torch
from torch import Tensor

from reid_core.models.heads import make_classifier, make_neck
from reid_core.models.osnet_lct import HEIGHT, WIDTH
from training.engine.memory import keep_freed_memory
from training.recipes import bundled_reid_data as material
from training.recipes.bundled_reid_run import (
    Learned,
    Pupil,
    Recipe,
    begin,
    command_line,
    export,
    read_training_set,
    train,
)
from training.recipes.osnet_lct_front import LastStage, compile_front
from training.recipes.retail_0277 import read_retail_0277

RECIPE = Recipe(n_steps=700)
"""Gentle: the start knows most already."""


class AccuratePupil(Pupil):
    """The published network, whose front stays as it is; a neck and a classifier beside it.

    Args:
        net: The start.
        n_classes: People.
    """

    def __init__(self, net: LastStage, n_classes: int) -> None:
        super().__init__()
        self.net = net
        self.neck = make_neck(net.dim)
        self.classifier = make_classifier(net.dim, n_classes, deviation=0.001)

    def learn(self, inputs: Tensor, _teacher: Tensor | None) -> Learned:
        """Mid maps ``(B, 384, 16, 8)`` to embeddings ``(B, 256)`` and logits ``(B, n_classes)``."""
        embeddings = self.net(inputs)
        return Learned(embeddings, self.classifier(self.neck(embeddings)))


def main(arguments: Sequence[str] | None = None) -> None:
    """The command line of the recipe."""
    chosen = command_line("accurate", __doc__).parse_args(arguments)
    begin(chosen)
    if chosen.job == "export":
        size = {"height": HEIGHT, "width": WIDTH}
        description = {"network": "osnet_lct", "options": {}, "preprocessing": size}
        export(chosen.work, chosen.out / "accurate.safetensors", description)
        return
    split = material.read_material(chosen.data)
    data = read_training_set(split)
    net = read_retail_0277(chosen.data / material.TEACHER)
    start = LastStage.of(net)
    torch.manual_seed(RECIPE.seed)
    pupil = AccuratePupil(start, data.n_classes)
    front = compile_front(net, chosen.threads)
    train(replace(RECIPE, n_steps=chosen.steps or RECIPE.n_steps), pupil, front, data, split, chosen.work)


if __name__ == "__main__":
    keep_freed_memory()
    main()
