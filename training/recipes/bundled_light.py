"""Train and export ``light``: the network of ``accurate`` for smaller pictures, taught by it.

The whole network learns to say of 160 x 80 pixels what its teacher says of 256 x 128, and to tell our people
apart; first with 128 x 64, which takes half the time. Each run can be stopped at any time; started again with
the same folder it goes on where it was.

    python -m training.recipes.bundled_light train --data ../shared/data --work runs/first
    python -m training.recipes.bundled_light continue --work runs/light --first runs/first
    python -m training.recipes.bundled_light export --work runs/light --out assets/models
    python -m training.recipes.bundled_reid_score --data ../shared/data --models accurate light
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

import torch
from torch import Tensor
from torch.nn import functional as F

from reid_core.models.heads import make_classifier, make_neck
from reid_core.models.osnet_lct import OSNetLCT
from reid_core.types import FloatArray
from training.engine.memory import keep_freed_memory
from training.recipes import bundled_reid_data as material
from training.recipes.bundled_reid_run import (
    Learned,
    Pupil,
    Recipe,
    Teaching,
    begin,
    command_line,
    export,
    read_average,
    read_training_set,
    train,
    with_teacher,
)
from training.recipes.osnet_lct_front import read_bundled

FIRST = Recipe(n_steps=500, height=128, width=64, lr=3e-4, weights={"mimic": 4.0, "relation": 8.0})
SECOND = replace(FIRST, n_steps=400, height=160, width=80, seed=1)
"""From the first run's averaged network."""
TEACHER = "accurate"


class LightPupil(Pupil):
    """The teacher's network, all of which learns; a neck and a classifier beside it.

    Args:
        net: The start.
        n_classes: People.
        features: The teacher's, of all training pictures.
    """

    def __init__(self, net: OSNetLCT, n_classes: int, features: FloatArray) -> None:
        super().__init__()
        self.net = net.to(memory_format=torch.channels_last)
        self.neck = make_neck(net.dim)
        self.classifier = make_classifier(net.dim, n_classes, deviation=0.001)
        self.teaching = Teaching(features)

    def learn(self, inputs: Tensor, teacher: Tensor | None) -> Learned:
        """Pictures ``(B, 3, H, W)`` to embeddings ``(B, 256)`` and logits ``(B, n_classes)``.

        Student and teacher share one space, so the teacher's mean is the student's.
        """
        assert teacher is not None
        embeddings = self.net(inputs)
        parts = self.teaching.parts(F.normalize(embeddings) - self.teaching.mean, teacher)
        return Learned(embeddings, self.classifier(self.neck(embeddings)), parts)


def main(arguments: Sequence[str] | None = None) -> None:
    """The command line of the recipe."""
    parser = command_line("light", __doc__, "continue")
    parser.add_argument("--first", type=Path, default=Path("runs/first"), help="the run to go on from")
    chosen = parser.parse_args(arguments)
    begin(chosen)
    if chosen.job == "export":
        size = {"height": SECOND.height, "width": SECOND.width}
        description = {"network": "osnet_lct", "options": {}, "preprocessing": size}
        export(chosen.work, chosen.out / "light.safetensors", description, is_half=True)
        return
    split = material.read_material(chosen.data)
    data = with_teacher(read_training_set(split), split, TEACHER, chosen.work / "teacher.npy")
    assert data.teacher is not None
    recipe, net = FIRST, read_bundled(TEACHER)
    if chosen.job == "continue":
        recipe = SECOND
        net.load_state_dict(read_average(chosen.first))
    torch.manual_seed(recipe.seed)
    pupil = LightPupil(net, data.n_classes, data.teacher)
    recipe = replace(recipe, n_steps=chosen.steps or recipe.n_steps)
    train(recipe, pupil, torch.from_numpy, data, split, chosen.work)


if __name__ == "__main__":
    keep_freed_memory()
    main()
