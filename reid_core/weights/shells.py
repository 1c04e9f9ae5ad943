"""Inert stand-ins for the objects in a checkpoint, so that reading one runs nothing of theirs.

A torch checkpoint may hold whole objects, and rebuilding them means calling what the file names. torch's
``weights_only`` reader calls only what is on an allow-list; here the list maps each allowed *name* to a
`Shell`, which takes any arguments, keeps its state and does nothing. So not even an allowed class runs with
arguments from the file.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from torch import Tensor

_MAX_DEPTH = 32


class Shell:
    """Stands for an object of a checkpoint.

    Attributes:
        state: The object's attributes as the file has them; empty if it has none.
    """

    __slots__ = ("state",)

    def __new__(cls, *_args: Any, **_kwargs: Any) -> Shell:
        """A shell without state, whatever the arguments."""
        shell = super().__new__(cls)
        shell.state = {}
        return shell

    def __init__(self, *_args: Any, **_kwargs: Any) -> None:
        pass

    def __setstate__(self, state: Any) -> None:
        self.state = state if isinstance(state, dict) else {}

    def part(self, name: str) -> dict[str, Any]:
        """An attribute that should be a dictionary; empty where it is not."""
        value = self.state.get(name)
        return value if isinstance(value, dict) else {}


def tensors_of(shell: Shell, prefix: str = "", depth: int = 0) -> Iterator[tuple[str, Tensor]]:
    """The tensors of a module's shell under the names that its state dict would give them.

    Raises:
        ValueError: The modules are nested too deep, or are not what a module is made of.
    """
    if depth > _MAX_DEPTH:
        raise ValueError("its modules are nested too deep")
    passing = shell.state.get("_non_persistent_buffers_set")
    skipped = passing if isinstance(passing, set) else set()
    for name, value in (*shell.part("_parameters").items(), *shell.part("_buffers").items()):
        if isinstance(value, Tensor) and name not in skipped:
            yield f"{prefix}{name}", value.detach()
    for name, child in shell.part("_modules").items():
        if isinstance(child, Shell):
            yield from tensors_of(child, f"{prefix}{name}.", depth + 1)
        elif child is not None:
            raise ValueError(f"its module {prefix}{name} is no module")


def _names(module: str, names: str) -> tuple[str, ...]:
    return tuple(f"{module}.{name}" for name in names.split())


_LAYERS = (
    *_names(
        "conv", "Concat Conv Conv2 ConvTranspose DWConv DWConvTranspose2d Focus GhostConv LightConv RepConv"
    ),
    *_names(
        "block",
        "A2C2f AAttn ABlock AConv ADown Attention Bottleneck BottleneckCSP C1 C2 C2PSA C2f C2fCIB C2fPSA C3 "
        "C3Ghost C3k C3k2 C3x CBFuse CBLinear CIB DFL ELAN1 GhostBottleneck PSA PSABlock RepBottleneck RepC3 "
        "RepCSP RepNCSPELAN4 RepVGGDW SCDown SPP SPPELAN SPPF Silence",
    ),
    *_names("head", "Detect v10Detect"),
)
NUMBER_GLOBALS = (
    "numpy.dtype",
    "numpy.core.multiarray.scalar",
    "numpy._core.multiarray.scalar",
)
"""What torch checkpoints hold beside tensors when a trainer saved a numpy number with them."""
YOLO_GLOBALS = (
    *NUMBER_GLOBALS,
    *_names("ultralytics.nn.tasks", "DetectionModel YOLOv10DetectionModel"),
    *(f"ultralytics.nn.modules.{layer}" for layer in _LAYERS),
    *(f"ultralytics.nn.modules.{layer.split('.')[1]}" for layer in _LAYERS),
    *_names("torch.nn.modules.activation", "GELU Hardswish LeakyReLU Mish ReLU ReLU6 SiLU Sigmoid"),
    *_names("torch.nn.modules.batchnorm", "BatchNorm2d"),
    *_names("torch.nn.modules.container", "ModuleList Sequential"),
    *_names("torch.nn.modules.conv", "Conv2d ConvTranspose2d"),
    *_names("torch.nn.modules.linear", "Identity Linear"),
    *_names("torch.nn.modules.loss", "BCEWithLogitsLoss"),
    *_names("torch.nn.modules.padding", "ZeroPad2d"),
    *_names("torch.nn.modules.pooling", "AvgPool2d MaxPool2d"),
    *_names("torch.nn.modules.upsampling", "Upsample"),
    *_names("ultralytics.utils.loss", "BboxLoss DFLoss E2EDetectLoss E2ELoss v10DetectLoss v8DetectionLoss"),
    *_names("ultralytics.utils.tal", "TaskAlignedAssigner"),
    "ultralytics.utils.IterableSimpleNamespace",
    "ultralytics.yolo.utils.IterableSimpleNamespace",
    "pathlib.PosixPath",
    "pathlib.WindowsPath",
    "pathlib._local.PosixPath",
    "pathlib._local.WindowsPath",
    "builtins.getattr",
)
"""Names that may stand in a YOLO checkpoint. All become shells, so ``getattr`` is one that gets nothing."""
