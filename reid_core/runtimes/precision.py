"""Chooses the arithmetic on the CPU: bfloat16 where the CPU has it, and where it is exact and fast enough."""

from __future__ import annotations

import json
import time
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from reid_core.paths import cache_dir
from reid_core.runtimes.base import PictureBatch, Runtime
from reid_core.runtimes.openvino_runtime import BFLOAT16, FLOAT32
from reid_core.types import FloatArray

_MIN_SPEEDUP = 1.1
_N_TIMED_RUNS = 3


@dataclass(frozen=True, slots=True)
class Precision:
    """The arithmetic of a model on this CPU.

    Attributes:
        name: `FLOAT32` or `BFLOAT16`.
        reason: Why, for people to read.
    """

    name: str
    reason: str


def choose_precision(
    core: Any,
    key: str,
    prepare: Callable[[str], Runtime],
    probe: Callable[[], PictureBatch],
    is_exact: Callable[[FloatArray, FloatArray], bool],
) -> Precision:
    """Decide by measurement, once per model and CPU; the verdict is kept in the cache.

    Args:
        core: From `make_core`.
        key: Hash that names the model.
        prepare: Makes the runtime in a precision.
        probe: Makes the pictures to compare on.
        is_exact: Whether the second output is close enough to the first, which is that of float32.
    """
    if "BF16" not in core.get_property("CPU", "OPTIMIZATION_CAPABILITIES"):
        return Precision(FLOAT32, "fp32, for this CPU has no bf16 arithmetic")
    cpu = core.get_property("CPU", "FULL_DEVICE_NAME")
    file = cache_dir() / "models" / f"precision-{key[:32]}.json"
    try:
        verdict = json.loads(file.read_text(encoding="utf-8"))
        if verdict["cpu"] == cpu:
            return Precision(str(verdict["name"]), str(verdict["reason"]))
    except (OSError, ValueError, KeyError, TypeError):
        pass  # not decided yet, or the note is damaged
    chosen = _measure(prepare, probe(), is_exact)
    try:
        file.parent.mkdir(parents=True, exist_ok=True)
        text = json.dumps({"cpu": cpu, "name": chosen.name, "reason": chosen.reason})
        file.write_text(text, encoding="utf-8")
    except OSError:
        pass  # measured again next time
    return chosen


def _measure(
    prepare: Callable[[str], Runtime],
    pictures: PictureBatch,
    is_exact: Callable[[FloatArray, FloatArray], bool],
) -> Precision:
    exact, exact_s = _run(prepare(FLOAT32), pictures)
    fast, fast_s = _run(prepare(BFLOAT16), pictures)
    if not is_exact(exact, fast):
        return Precision(FLOAT32, "fp32, for bf16 changes this model's results too much")
    speedup = exact_s / fast_s
    if speedup < _MIN_SPEEDUP:
        return Precision(FLOAT32, f"fp32, for bf16 is not faster on this CPU ({speedup:.1f}x)")
    return Precision(BFLOAT16, f"bf16, measured exact enough and {speedup:.1f}x faster on this CPU")


def _run(runtime: Runtime, pictures: PictureBatch) -> tuple[FloatArray, float]:
    out = runtime.start(pictures)()
    times_s = []
    for _ in range(_N_TIMED_RUNS):
        start = time.perf_counter()
        runtime.start(pictures)()
        times_s.append(time.perf_counter() - start)
    return out, min(times_s)
