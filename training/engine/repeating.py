"""Same seed, same machine, same numbers."""

from __future__ import annotations

import os
import warnings
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import torch

_memory: Any = torch.utils.deterministic  # torch's own types leave its switch out


@contextmanager
def numbers_repeat(is_wanted: bool, device: str) -> Iterator[None]:
    """Deterministic kernels meanwhile; torch's own generators are put back afterwards."""
    before = (
        torch.are_deterministic_algorithms_enabled(),
        torch.is_deterministic_algorithms_warn_only_enabled(),
        torch.backends.cudnn.benchmark,
        _memory.fill_uninitialized_memory,
    )
    devices = list(range(torch.cuda.device_count())) if device == "cuda" else []
    with torch.random.fork_rng(devices=devices), warnings.catch_warnings():
        if is_wanted:
            os.environ.setdefault("CUBLAS_WORKSPACE_CONFIG", ":4096:8")
            warnings.filterwarnings("ignore", message=".*does not have a deterministic implementation.*")
            torch.use_deterministic_algorithms(True, warn_only=True)
        torch.backends.cudnn.benchmark = not is_wanted
        # Nothing here reads memory that it has not written; filling it would cost a tenth of every step.
        _memory.fill_uninitialized_memory = False
        try:
            yield
        finally:
            torch.use_deterministic_algorithms(before[0], warn_only=before[1])
            torch.backends.cudnn.benchmark = before[2]
            _memory.fill_uninitialized_memory = before[3]
