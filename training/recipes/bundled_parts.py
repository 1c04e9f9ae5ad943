"""Train and export ``parts``: DPTI with adaptive part weighting on the network of ``light``.

Templates of parts are taken from each picture itself, and a part that is not seen weighs little. Stem and
first two stages are those of ``light`` and run in OpenVINO; its last stage goes on learning, DPTI's layers
start anew, and ``light`` teaches. The run can be stopped at any time; started again with the same folder
it goes on where it was.

    python -m training.recipes.bundled_parts train --data ../shared/data --work runs/parts
    python -m training.recipes.bundled_parts export --work runs/parts --out assets/models
    python -m training.recipes.bundled_reid_score --data ../shared/data --models accurate light parts
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any

import torch
from torch import Tensor, nn

from reid_core.models.backbones.build import BackboneSpec
from reid_core.models.dpti import DPTI
from reid_core.models.embedder import Preprocessing
from reid_core.models.methods import Method, NetworkSpec
from reid_core.models.networks import describe
from reid_core.models.osnet_lct import OSNetLCT
from reid_core.types import FloatArray
from training.engine.memory import keep_freed_memory
from training.losses.diversity import diversity_loss
from training.recipes import bundled_reid_data as material
from training.recipes.bundled_reid_run import (
    Learned,
    Pupil,
    Recipe,
    Teaching,
    begin,
    command_line,
    export,
    read_training_set,
    train,
    with_teacher,
)
from training.recipes.osnet_lct_front import LastStageTrunk, compile_front, read_bundled

RECIPE = Recipe(n_steps=800, height=160, width=80, lr=2e-4, weights={"mimic": 4.0, "relation": 8.0})
OPTIONS: Mapping[str, Any] = {
    "n_parts": 4, "dim": 100, "residual": "standard", "has_positions": True, "reduced": None
}  # fmt: skip
"""The whole descriptor, 5 x 100 values, is what is searched, as in the paper."""
TEACHER = "light"


class PartsPupil(Pupil):
    """DPTI behind the mid map, with its neck and classifier; a way to the teacher beside it.

    Args:
        net: The start of the backbone.
        n_classes: People.
        features: The teacher's, of all training pictures.
    """

    net: DPTI

    def __init__(self, net: OSNetLCT, n_classes: int, features: FloatArray) -> None:
        super().__init__()
        self.net = DPTI(LastStageTrunk.of(net), n_classes, **OPTIONS)
        self.to_teacher = nn.Linear(self.net.dim, features.shape[1])
        self.teaching = Teaching(features)

    def is_new(self, name: str) -> bool:
        """All but the backbone."""
        return not name.startswith("net.backbone.")

    def learn(self, inputs: Tensor, teacher: Tensor | None) -> Learned:
        """Mid maps ``(B, 384, 10, 5)`` to descriptors ``(B, 500)`` and logits ``(B, n_classes)``."""
        assert teacher is not None
        out = self.net.learn(inputs)
        parts = self.teaching.parts(self.to_teacher(out.full.embedding), teacher)
        return Learned(out.full.metric, out.full.logits, parts | {"diversity": diversity_loss(out.parts)})


def main(arguments: Sequence[str] | None = None) -> None:
    """The command line of the recipe."""
    chosen = command_line("parts", __doc__).parse_args(arguments)
    begin(chosen)
    if chosen.job == "export":
        spec = NetworkSpec(Method.DPTI, BackboneSpec("osnet_lct"), OPTIONS)
        description = describe(spec, Preprocessing(RECIPE.height, RECIPE.width))
        export(chosen.work, chosen.out / "parts.safetensors", description, is_half=True)
        return
    split = material.read_material(chosen.data)
    data = with_teacher(read_training_set(split), split, TEACHER, chosen.work / "teacher.npy")
    assert data.teacher is not None
    net = read_bundled(TEACHER)
    torch.manual_seed(RECIPE.seed)
    pupil = PartsPupil(net, data.n_classes, data.teacher)
    front = compile_front(net, chosen.threads, RECIPE.height, RECIPE.width)
    train(replace(RECIPE, n_steps=chosen.steps or RECIPE.n_steps), pupil, front, data, split, chosen.work)


if __name__ == "__main__":
    keep_freed_memory()
    main()
