"""Which processor runs the models, and why."""

from __future__ import annotations

import ctypes
import os
import platform
from dataclasses import dataclass
from typing import Literal

from reid_core.errors import UsageError

DeviceKind = Literal["cpu", "cuda", "mps"]
DEVICE_SETTINGS = ("auto", "cpu", "cuda", "mps")
"""What a user may ask for."""
_DRIVERS = {"Linux": "libcuda.so.1", "Windows": "nvcuda.dll"}


@dataclass(frozen=True, slots=True)
class Device:
    """The processor that runs the models.

    Attributes:
        kind: ``cpu`` (OpenVINO), ``cuda`` (torch, half precision) or ``mps`` (torch).
        reason: Why this one, for people to read.
    """

    kind: DeviceKind
    reason: str


def choose_device(setting: str = "auto") -> Device:
    """The device for a setting; ``auto`` takes CUDA, then Apple's GPU, then the CPU.

    torch, slow to import, is only asked where a GPU driver is present.

    Raises:
        UsageError: The setting is unknown, or names a device that this computer lacks.
    """
    if setting not in DEVICE_SETTINGS:
        raise UsageError(f"There is no device {setting!r}. Choose one of {', '.join(DEVICE_SETTINGS)}.")
    if setting == "cpu":
        return Device("cpu", "the CPU was asked for")
    cuda, mps = cuda_state(), mps_state()
    states: dict[DeviceKind, tuple[bool, str]] = {"cuda": cuda, "mps": mps}
    if setting == "auto":
        for kind, (is_usable, text) in states.items():
            if is_usable:
                return Device(kind, text)
        return Device("cpu", f"{cuda[1]}; {mps[1]}")
    kind = "cuda" if setting == "cuda" else "mps"
    is_usable, text = states[kind]
    if not is_usable:
        raise UsageError(f"The device {kind} cannot be used: {text}. Choose --device auto or cpu.")
    return Device(kind, f"{text}, as asked for")


def cuda_state() -> tuple[bool, str]:
    """Whether CUDA can be used, and the sentence that says why or why not."""
    if not has_nvidia_driver():
        return False, "no NVIDIA driver on this computer"
    import torch

    if torch.version.cuda is None:
        return False, "an NVIDIA driver is present, but this torch was built without CUDA"
    if not torch.cuda.is_available():
        return False, "an NVIDIA driver is present, but torch finds no usable CUDA device"
    return True, f"CUDA device {torch.cuda.get_device_name(0)}"


def mps_state() -> tuple[bool, str]:
    """Whether Apple's GPU can be used, and the sentence that says why or why not."""
    if platform.system() != "Darwin":
        return False, "no Apple GPU"
    import torch

    if not torch.backends.mps.is_available():
        return False, "torch finds no usable Apple GPU"
    return True, "Apple GPU"


def n_cores() -> int:
    """Processor cores that this process may use."""
    if hasattr(os, "sched_getaffinity"):
        return len(os.sched_getaffinity(0))
    return os.cpu_count() or 1


def has_nvidia_driver() -> bool:
    """Whether the driver's library can be loaded; torch is not asked."""
    library = _DRIVERS.get(platform.system())
    if library is None:
        return False
    try:
        ctypes.CDLL(library)
    except OSError:
        return False
    return True
