"""One class out of eighty, exactly: of YOLO's class head only the person's row of the last layer is kept.

The hidden width of that head follows from the number of classes (80 channels in YOLO11n for 80 classes, 64
for one), so a network built for one class could not take the public weights. In a file the network therefore
stays one of 80 outputs of which 79 are silenced; in memory, for training, they are left away.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import torch
from torch import Tensor, nn

SILENT_LOGIT = -30.0
"""Logit of a silenced class: a score of 1e-13."""


def keep_person(network: Any, person_idx: int) -> None:
    """Cut the class head of ultralytics' ``DetectionModel`` down to one output, in place.

    Args:
        network: Of the generation YOLOv8 or later, in any mode.
        person_idx: The class to keep; it becomes class 0.
    """
    head = network.model[-1]
    for branch in head.cv3:
        wide = branch[-1]
        row = nn.Conv2d(wide.in_channels, 1, 1)
        row.load_state_dict(
            {name: value[person_idx : person_idx + 1] for name, value in wide.state_dict().items()}
        )
        branch[-1] = row
    head.no += 1 - head.nc
    head.nc = 1
    network.names = {0: "person"}


def silence_others(state: Mapping[str, Tensor], n_classes: int) -> dict[str, Tensor]:
    """The state of a network after `keep_person`, padded to the layout of ``n_classes``.

    The person is class 0; the added rows have no weights and a bias of `SILENT_LOGIT`.
    """
    padded = dict(state)
    for name, value in state.items():
        if ".cv3." in name and name.endswith((".2.weight", ".2.bias")):
            fill = 0.0 if value.ndim > 1 else SILENT_LOGIT
            rest = value.new_full((n_classes - 1, *value.shape[1:]), fill)
            padded[name] = torch.cat([value, rest])
    return padded
