"""What can end a run, and the exit code that says so."""

from __future__ import annotations

from reid_core.errors import ReidError


class PreflightError(ReidError):
    """The data set has a fault that would make the run, or its figures, worthless."""

    exit_code = 3


class RunBusyError(ReidError):
    """Another process trains in the same folder."""

    exit_code = 5


class NotFiniteError(ReidError):
    """The loss or its gradient is no number."""

    exit_code = 7


class MemoryExhaustedError(ReidError):
    """Not even the smallest part of a batch fits in memory."""

    exit_code = 8


def is_out_of_memory(error: BaseException) -> bool:
    """Whether an error says that memory ran out, on a GPU or in the computer."""
    import torch

    if isinstance(error, torch.OutOfMemoryError | MemoryError):
        return True
    text = str(error).lower()
    return isinstance(error, RuntimeError) and (
        "out of memory" in text or "can't allocate memory" in text or "not enough memory" in text
    )
