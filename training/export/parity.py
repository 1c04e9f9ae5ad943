"""Whether an exported file is the network that it was made of: same vectors, same ranking."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import numpy as np

from reid_core.errors import ReidError
from reid_core.types import FloatArray

LEAST_COSINE = 0.9999
N_PROBES = 16
_TIE = 1e-5


class ExportError(ReidError):
    """A written file does not give the network's embeddings."""


@dataclass(frozen=True, slots=True)
class Parity:
    """How close an exported file is.

    Attributes:
        file: The file.
        format: ``onnx``, ``openvino`` or ``tensorrt``.
        precision: Of its arithmetic.
        runtime: What ran it.
        n_pictures: Pictures that were compared.
        least_cosine: Between its vectors and the network's.
        mean_cosine: The same, on average.
        same_ranking: Whether every picture ranks the others alike; near ties may change places.
    """

    file: str
    format: str
    precision: str
    runtime: str
    n_pictures: int
    least_cosine: float
    mean_cosine: float
    same_ranking: bool

    def as_dict(self) -> dict[str, Any]:
        """For JSON."""
        return asdict(self)


def probes(height: int, width: int, n: int = N_PROBES) -> FloatArray:
    """Pictures to compare by, ``(n, 3, height, width)`` float32 RGB 0..255: smooth noise, not alike."""
    import cv2

    rng = np.random.default_rng(0)
    coarse = rng.uniform(0, 255, (n, 9, 5, 3)).astype(np.float32)
    pictures = [cv2.resize(one, (width, height), interpolation=cv2.INTER_CUBIC) for one in coarse]
    return np.ascontiguousarray(np.stack(pictures).clip(0, 255).transpose(0, 3, 1, 2))


def cosines(x: FloatArray, y: FloatArray) -> FloatArray:
    """``(N,)`` cosines between rows of equal number, ``(N, D)`` each."""
    lengths = np.linalg.norm(x, axis=1) * np.linalg.norm(y, axis=1)
    return np.asarray((x * y).sum(axis=1) / np.maximum(lengths, 1e-12), np.float32)


def same_ranking(x: FloatArray, y: FloatArray) -> bool:
    """Whether each row ranks the others by cosine in the same order in both sets.

    Neighbours whose similarities differ by less than 1e-5 in the first set may change places.
    """
    first, second = (v / np.maximum(np.linalg.norm(v, axis=1, keepdims=True), 1e-12) for v in (x, y))
    ours, theirs = first @ first.T, second @ second.T
    order = np.argsort(-theirs, axis=1, kind="stable")
    reread = np.take_along_axis(ours, order, axis=1)
    return bool((np.diff(reread, axis=1) <= _TIE).all())


def check_parity(
    path: Path,
    kind: str,
    precision: str,
    runtime: str,
    expected: FloatArray,
    run: Callable[[], FloatArray],
    *,
    least: float = LEAST_COSINE,
) -> Parity:
    """Run an exported file and compare; a file that fails is deleted.

    Args:
        path: The file.
        kind: Its format.
        precision: Its arithmetic.
        runtime: What runs it.
        expected: ``(N, D)`` of the network.
        run: Gives the file's ``(N, D)``.
        least: Cosine that it must reach.

    Raises:
        ExportError: Its embeddings or its ranking are not the network's.
    """
    found = np.asarray(run(), np.float32)
    near = cosines(expected, found)
    parity = Parity(
        str(path), kind, precision, runtime, len(expected), round(float(near.min()), 8),
        round(float(near.mean()), 8), same_ranking(expected, found),
    )  # fmt: skip
    if not parity.least_cosine >= least or not (parity.same_ranking or precision != "fp32"):
        for written in (path, path.with_suffix(".bin")):
            written.unlink(missing_ok=True)
        what = "" if parity.same_ranking else ", and another ranking"
        raise ExportError(
            f"{path.name} was not kept: its embeddings have a cosine of only {parity.least_cosine:.6f} to "
            f"ours{what}."
        )
    return parity
