"""Which pictures are the same, to the byte or to the eye."""

from __future__ import annotations

import hashlib
from collections import defaultdict
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass

import cv2
import numpy as np

from reid_core.types import ImageArray, IntArray
from training.datasets.market import DatasetError, Picture, decode, read_bytes

SIDE = 32
N_BITS, MOST_BITS, MOST_LEVELS = 64, 6, 6.0
"""Length of a hash; near duplicates differ in at most so many bits, and by so many grey levels on average."""
_BANDS = tuple(
    (n * N_BITS // (MOST_BITS + 1), (n + 1) * N_BITS // (MOST_BITS + 1)) for n in range(MOST_BITS + 1)
)
_THUMB = (16, 32)
_N_THREADS = 4
_CHUNK = 256


@dataclass(frozen=True, slots=True)
class Fingerprints:
    """Of n pictures.

    Attributes:
        contents: Hash of each one's bytes; empty where it cannot be read.
        hashes: ``(n,)`` uint64 perceptual hashes.
        thumbs: ``(n, 32, 16)`` uint8 grey thumbnails.
        unreadable: Rows and reasons of those that are no pictures.
    """

    contents: tuple[str, ...]
    hashes: np.typing.NDArray[np.uint64]
    thumbs: ImageArray
    unreadable: tuple[tuple[int, str], ...]


def perceptual_hash(image: ImageArray) -> tuple[np.uint64, ImageArray]:
    """The 64-bit hash of an RGB picture ``(h, w, 3)``, and its grey thumbnail ``(32, 16)``.

    The picture is scaled to 32 x 32 grey; each bit says whether one of its 64 lowest cosine coefficients, the
    mean left out, lies above their median. Source: the "pHash" of Zauner, "Implementation and Benchmarking of
    Perceptual Image Hash Functions" (2010).
    """
    grey = cv2.cvtColor(image, cv2.COLOR_RGB2GRAY)
    small = cv2.resize(grey, (SIDE, SIDE), interpolation=cv2.INTER_AREA).astype(np.float32)
    low = np.asarray(cv2.dct(small))[:8, :8].flatten()
    bits = low > np.median(low[1:])
    value = np.packbits(bits).view(np.uint64)[0]
    return value, np.asarray(cv2.resize(grey, _THUMB, interpolation=cv2.INTER_AREA), np.uint8)


def fingerprint(
    pictures: Sequence[Picture], progress: Callable[[int, int], None] | None = None
) -> Fingerprints:
    """Read every picture once.

    Args:
        pictures: n of them.
        progress: Hears of pictures done and in all.
    """
    contents: list[str] = []
    hashes = np.zeros(len(pictures), np.uint64)
    thumbs = np.zeros((len(pictures), _THUMB[1], _THUMB[0]), np.uint8)
    unreadable: list[tuple[int, str]] = []
    with ThreadPoolExecutor(_N_THREADS) as pool:
        for start in range(0, len(pictures), _CHUNK):
            for content, value, thumb, reason in pool.map(_look, pictures[start : start + _CHUNK]):
                row = len(contents)
                contents.append(content)
                hashes[row], thumbs[row] = value, thumb
                if reason:
                    unreadable.append((row, reason))
            if progress is not None:
                progress(len(contents), len(pictures))
    return Fingerprints(tuple(contents), hashes, thumbs, tuple(unreadable))


def _look(picture: Picture) -> tuple[str, np.uint64, ImageArray, str]:
    try:
        data = read_bytes(picture)
        value, thumb = perceptual_hash(decode(data, picture))
    except DatasetError as error:
        return "", np.uint64(0), np.zeros((_THUMB[1], _THUMB[0]), np.uint8), str(error)
    return hashlib.blake2b(data, digest_size=16).hexdigest(), value, thumb, ""


def same_contents(prints: Fingerprints) -> Iterator[list[int]]:
    """Groups of rows whose files are equal to the byte, two rows or more each."""
    groups: dict[str, list[int]] = defaultdict(list)
    for row, content in enumerate(prints.contents):
        if content:
            groups[content].append(row)
    yield from (rows for rows in groups.values() if len(rows) > 1)


def near_duplicates(prints: Fingerprints, groups: IntArray) -> Iterator[tuple[int, int]]:
    """Pairs of rows that look the same and belong to different groups.

    Hashes that differ in at most 6 of 64 bits agree in one of seven bands at least, so only pictures that
    share a band are compared; then their thumbnails are.

    Args:
        prints: Of n pictures.
        groups: ``(n,)``; pairs inside one group, such as the frames of one person's track, are expected and
            left out.
    """
    bits = np.unpackbits(prints.hashes.view(np.uint8).reshape(-1, 8), axis=1)
    readable = np.array([bool(content) for content in prints.contents], np.bool_)
    seen: set[tuple[int, int]] = set()
    for first, last in _BANDS:
        band = bits[:, first:last] @ (1 << np.arange(last - first))
        order = np.lexsort((groups, band))
        order = order[readable[order]]
        edges = np.flatnonzero(np.diff(band[order])) + 1
        for rows in np.split(order, edges):
            if len(rows) > 1 and groups[rows[0]] != groups[rows[-1]]:
                for pair in _compare(prints, bits, groups, rows):
                    if pair not in seen:
                        seen.add(pair)
                        yield pair


def _compare(
    prints: Fingerprints, bits: ImageArray, groups: IntArray, rows: IntArray
) -> Iterator[tuple[int, int]]:
    for at, row in enumerate(rows[:-1]):
        others = rows[at + 1 :]
        others = others[groups[others] != groups[row]]
        close = others[(bits[others] != bits[row]).sum(axis=1) <= MOST_BITS]
        if len(close):
            levels = np.abs(prints.thumbs[close].astype(np.int16) - prints.thumbs[row]).mean(axis=(1, 2))
            for other in close[levels <= MOST_LEVELS].tolist():
                yield (min(int(row), other), max(int(row), other))
