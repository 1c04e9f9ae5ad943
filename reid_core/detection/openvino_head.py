"""Cuts the output of an exported YOLO model down to the persons, inside the model."""

from __future__ import annotations

from typing import Any

from reid_core.errors import ModelRefusedError


def keep_persons(model: Any, person_idx: int, n_classes: int, name: str) -> Any:
    """The model with an output of ``(N, 5, A)`` as `PersonNetwork` has it.

    Args:
        model: An ``openvino.Model`` as ultralytics exports detectors, with an output of ``(N, 4 + classes,
            A)``.
        person_idx: Which class is the person.
        n_classes: How many there are.
        name: The file's name, for messages.

    Raises:
        ModelRefusedError: The output has another shape.
    """
    import numpy as np
    from openvino import Model
    from openvino import opset13 as ops

    shape = model.outputs[0].get_partial_shape()
    if len(model.outputs) != 1 or len(shape) != 3 or shape[1] != 4 + n_classes:
        raise ModelRefusedError(f"{name} has not the output of a YOLO detector. Export it again without NMS.")

    def rows(first: int, last: int) -> Any:
        return ops.slice(table, [first], [last], [1], [1])

    table = model.outputs[0].get_node().input_value(0)
    person = rows(4 + person_idx, 5 + person_idx)
    best = ops.reduce_max(rows(4, 4 + n_classes), np.array([1]), keep_dims=True)
    score = ops.select(ops.greater_equal(person, best), person, np.float32(0))
    return Model([ops.concat([rows(0, 4), score], 1)], model.get_parameters(), "persons")
