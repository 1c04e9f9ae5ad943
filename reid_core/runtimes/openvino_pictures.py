"""Gives a ready OpenVINO model the face that our own networks have: pictures as bytes, one output."""

from __future__ import annotations

from typing import Any

from reid_core.errors import ModelRefusedError
from reid_core.weights.openvino_file import OpenVinoFile


def load_model(core: Any, file: OpenVinoFile) -> Any:
    """The ``openvino.Model`` of a checked file.

    Raises:
        ModelRefusedError: OpenVINO does not accept it, or it has not one picture as its input.
    """
    try:
        model = core.read_model(file.xml, file.weights)
    except RuntimeError as error:
        raise ModelRefusedError(f"{file.name} is not accepted by OpenVINO. Get the model again.") from error
    shape = model.inputs[0].get_partial_shape() if len(model.inputs) == 1 else None
    if shape is None or shape.rank.is_dynamic or len(shape) != 4 or shape[1] != 3:
        raise ModelRefusedError(f"{file.name} does not take one picture of three colours (N, 3, H, W).")
    return model


def fixed_size(model: Any) -> tuple[int, int] | None:
    """``(H, W)`` that the model insists on, or None if it takes several sizes."""
    height, width = (model.inputs[0].get_partial_shape()[axis] for axis in (2, 3))
    return None if height.is_dynamic or width.is_dynamic else (height.get_length(), width.get_length())


def take_pictures(model: Any, *, is_bgr: bool, scale: float) -> Any:
    """The model with an input of ``(N, H, W, 3)`` RGB uint8.

    Args:
        model: One input ``(N, 3, H, W)``; it is changed.
        is_bgr: Whether it wants blue first.
        scale: What its input is divided by.
    """
    from openvino import Layout, Type
    from openvino.preprocess import ColorFormat, PrePostProcessor

    steps = PrePostProcessor(model)
    given = steps.input().tensor()
    given.set_element_type(Type.u8).set_layout(Layout("NHWC")).set_color_format(ColorFormat.RGB)
    steps.input().model().set_layout(Layout("NCHW"))
    changes = steps.input().preprocess().convert_element_type(Type.f32)
    if is_bgr:
        changes.convert_color(ColorFormat.BGR)
    if scale != 1:
        changes.scale(scale)
    return steps.build()
