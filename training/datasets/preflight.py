"""What is wrong with a data set, found before the first epoch."""

from __future__ import annotations

import re
from collections import Counter, defaultdict
from collections.abc import Callable, Sequence
from dataclasses import asdict, dataclass
from enum import StrEnum
from typing import Any

import numpy as np

from training.datasets.fingerprints import Fingerprints, fingerprint, near_duplicates, same_contents
from training.datasets.market import DISTRACTOR_PID, MarketSet, Picture

N_EXAMPLES = 5
_TRACK = re.compile(r"-?\d+_c\d+s(\d+)")
PARTS = ("train", "query", "gallery")


class Level(StrEnum):
    """How bad it is."""

    FATAL = "fatal"
    WARNING = "warning"
    INFO = "info"


@dataclass(frozen=True, slots=True)
class Finding:
    """One thing that is wrong.

    Attributes:
        kind: What, as one word.
        level: How bad it is; a fatal one stops a training run.
        count: How many pictures, people or queries.
        of: Out of how many.
        sentence: What is wrong.
        advice: What to do.
        examples: A few, by name.
    """

    kind: str
    level: Level
    count: int
    of: int
    sentence: str
    advice: str
    examples: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Report:
    """What a preflight found.

    Attributes:
        data: Where the set is.
        dataset: As what it was read.
        counts: Pictures, ids and cameras of each part.
        findings: The worst first.
    """

    data: str
    dataset: str
    counts: dict[str, dict[str, int]]
    findings: tuple[Finding, ...]

    @property
    def is_fatal(self) -> bool:
        """Whether training, or its figures, would be worthless."""
        return any(finding.level is Level.FATAL for finding in self.findings)

    def as_dict(self) -> dict[str, Any]:
        """For JSON."""
        return {
            "data": self.data,
            "dataset": self.dataset,
            "is_fatal": self.is_fatal,
            "counts": self.counts,
            "findings": [asdict(finding) for finding in self.findings],
        }


def examine(
    found: MarketSet,
    *,
    data: str = "",
    dataset: str = "market",
    n_ids: int = 2,
    n_images: int = 4,
    progress: Callable[[int, int], None] | None = None,
) -> Report:
    """Look at every picture of a set.

    Args:
        found: The set.
        data: Where it is, for the report.
        dataset: As what it was read, for the report.
        n_ids: People in a batch.
        n_images: Pictures of each.
        progress: Hears of pictures read and in all.
    """
    pictures = (*found.train, *found.query, *found.gallery)
    parts = np.repeat(np.arange(3), [len(part) for part in (found.train, found.query, found.gallery)])
    prints = fingerprint(pictures, progress)
    findings = [
        *_unreadable(pictures, prints),
        *_people(found, n_ids, n_images),
        *_queries(found),
        *_shared_ids(found),
        *_shared_tracks(found),
        *_same_pictures(pictures, parts.tolist(), prints),
        *_near(pictures, parts.tolist(), prints),
    ]
    order = list(Level)
    findings.sort(key=lambda finding: order.index(finding.level))
    counts = {
        name: {
            "pictures": len(part),
            "ids": len({p.pid for p in part} - {DISTRACTOR_PID}),
            "cameras": len({p.camid for p in part}),
        }
        for name, part in zip(PARTS, (found.train, found.query, found.gallery), strict=True)
    }
    return Report(data, dataset, counts, tuple(findings))


def _unreadable(pictures: Sequence[Picture], prints: Fingerprints) -> list[Finding]:
    if not prints.unreadable:
        return []
    rows = prints.unreadable
    text = f"{len(rows)} files cannot be read as pictures."
    return [
        Finding(
            "unreadable_pictures", Level.FATAL, len(rows), len(pictures), text, "Replace or remove them.",
            tuple(pictures[row].name for row, _ in rows[:N_EXAMPLES]),
        )
    ]  # fmt: skip


def _people(found: MarketSet, n_ids: int, n_images: int) -> list[Finding]:
    counts = Counter(picture.pid for picture in found.train)
    cameras: dict[int, set[int]] = defaultdict(set)
    for picture in found.train:
        cameras[picture.pid].add(picture.camid)
    if not counts:
        text = "There are no training pictures."
        advice = "Give a set with bounding_box_train, or a project in which people were accepted."
        return [Finding("no_training_pictures", Level.FATAL, 0, 0, text, advice)]
    findings = []
    if len(counts) < n_ids:
        text = f"{len(counts)} people do not fill a batch of {n_ids}."
        advice = f"Set batch.n_ids to {max(2, len(counts))} or less, or add people."
        findings.append(Finding("too_few_ids", Level.FATAL, len(counts), n_ids, text, advice))
    single = sorted(pid for pid, seen in cameras.items() if len(seen) == 1)
    if single:
        text = f"{len(single)} of {len(counts)} people were seen by one camera only."
        advice = "They teach nothing about the change of camera; accept them under another one where you can."
        level = Level.WARNING if 2 * len(single) > len(counts) else Level.INFO
        names = tuple(f"person {pid}" for pid in single[:N_EXAMPLES])
        findings.append(Finding("one_camera_ids", level, len(single), len(counts), text, advice, names))
    tiny = sorted(pid for pid, n in counts.items() if n < n_images)
    if tiny:
        text = f"{len(tiny)} of {len(counts)} people have fewer than {n_images} pictures."
        advice = "Their pictures are repeated in each batch; add some, or set batch.n_images lower."
        names = tuple(f"person {pid} ({counts[pid]})" for pid in tiny[:N_EXAMPLES])
        findings.append(Finding("tiny_classes", Level.WARNING, len(tiny), len(counts), text, advice, names))
    return findings


def _queries(found: MarketSet) -> list[Finding]:
    if not found.query:
        return []
    seen: dict[int, set[int]] = defaultdict(set)
    for picture in found.gallery:
        seen[picture.pid].add(picture.camid)
    lost = [p for p in found.query if not seen.get(p.pid, set()) - {p.camid}]
    if not lost:
        return []
    text = f"{len(lost)} of {len(found.query)} queries have no picture under another camera in the gallery."
    advice = "They are skipped in every figure; check persons and cameras in the names of the files."
    level = Level.FATAL if len(lost) == len(found.query) else Level.WARNING
    names = tuple(picture.name for picture in lost[:N_EXAMPLES])
    return [Finding("queries_without_match", level, len(lost), len(found.query), text, advice, names)]


def _shared_ids(found: MarketSet) -> list[Finding]:
    train = {picture.pid for picture in found.train}
    both = sorted(train & {p.pid for p in (*found.query, *found.gallery)} - {DISTRACTOR_PID})
    if not both:
        return []
    text = f"{len(both)} numbers stand for people in training and in test."
    advice = "If they are the same people, the figures are worth nothing: split by person. Else leave it."
    names = tuple(f"person {pid}" for pid in both[:N_EXAMPLES])
    return [Finding("ids_in_two_splits", Level.WARNING, len(both), len(train), text, advice, names)]


def _shared_tracks(found: MarketSet) -> list[Finding]:
    def track(picture: Picture) -> tuple[int, int, str] | None:
        match = _TRACK.match(picture.name)
        return (picture.pid, picture.camid, match[1]) if match and picture.pid != DISTRACTOR_PID else None

    tested = {track(p): p for p in (*found.query, *found.gallery) if track(p)}
    shared = [p for p in found.train if track(p) in tested]
    if not shared:
        return []
    text = f"{len(shared)} training pictures come from tracks that are tested on."
    advice = "A track belongs to one part as a whole: move its pictures."
    names = tuple(f"{p.name} and {tested[track(p)].name}" for p in shared[:N_EXAMPLES])
    return [Finding("same_track_two_splits", Level.FATAL, len(shared), len(found.train), text, advice, names)]


def _same_pictures(pictures: Sequence[Picture], parts: Sequence[int], prints: Fingerprints) -> list[Finding]:
    leaks: list[tuple[int, int]] = []
    contradictions: list[tuple[int, int]] = []
    for rows in same_contents(prints):
        first = rows[0]
        for row in rows[1:]:
            a, b = pictures[first], pictures[row]
            is_junk = {parts[first], parts[row]} == {1, 2} and (a.pid, a.camid) == (b.pid, b.camid)
            if parts[first] != parts[row] and not is_junk:
                leaks.append((first, row))
            if a.pid != b.pid:
                contradictions.append((first, row))
    findings = []
    if leaks:
        text = f"{len(leaks)} pictures stand in two parts of the set."
        advice = "What is trained on cannot be tested on: remove them from one part."
        findings.append(
            Finding(
                "same_picture_two_splits", Level.FATAL, len(leaks), len(pictures), text, advice,
                _pairs(pictures, leaks),
            )
        )  # fmt: skip
    if contradictions:
        text = f"{len(contradictions)} pictures are said to show two different people."
        advice = "Keep the right one of each pair."
        findings.append(
            Finding(
                "same_picture_two_ids", Level.WARNING, len(contradictions), len(pictures), text, advice,
                _pairs(pictures, contradictions),
            )
        )  # fmt: skip
    return findings


def _near(pictures: Sequence[Picture], parts: Sequence[int], prints: Fingerprints) -> list[Finding]:
    """Alike, but not equal, across people or between training and test."""
    keys = {(p.pid, min(part, 1)): 0 for p, part in zip(pictures, parts, strict=True)}
    number = {key: n for n, key in enumerate(keys)}
    groups = np.array(
        [number[p.pid, min(part, 1)] for p, part in zip(pictures, parts, strict=True)], np.int64
    )
    pairs = [(a, b) for a, b in near_duplicates(prints, groups) if prints.contents[a] != prints.contents[b]]
    if not pairs:
        return []
    n = len({row for pair in pairs for row in pair})
    text = f"{n} pictures look the same as one of another person, or of the other of training and test."
    advice = "Look at the examples: the same person under two numbers teaches the wrong thing."
    return [
        Finding("near_duplicates", Level.WARNING, n, len(pictures), text, advice, _pairs(pictures, pairs))
    ]


def _pairs(pictures: Sequence[Picture], pairs: Sequence[tuple[int, int]]) -> tuple[str, ...]:
    return tuple(f"{pictures[a].name} and {pictures[b].name}" for a, b in pairs[:N_EXAMPLES])
