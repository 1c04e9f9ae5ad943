"""IDF1, HOTA and identity switches, computed by trackeval."""

from __future__ import annotations

import contextlib
import io
from collections.abc import Sequence as Rows
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from benchmarks.tracking_data import Sequence
from reid_core.geometry import iou, xyxy_from_xywh

Tracks = list[list[tuple[int, np.ndarray]]]
"""For each frame the ``(identity, xyxy)`` of each box."""
_LEAST_IOU = 0.5


@dataclass(frozen=True)
class Score:
    """How well people are followed in a sequence or in a group of them.

    Attributes:
        idf1: Share of boxes with the right identity (Ristani et al. 2016), 0..1.
        hota: Higher order tracking accuracy (Luiten et al. 2021), mean over its thresholds, 0..1.
        n_switches: How often a person's identity changes.
        parts: What trackeval needs to combine sequences.
    """

    idf1: float
    hota: float
    n_switches: int
    parts: tuple[dict[str, Any], dict[str, Any], dict[str, Any]]


def score(sequence: Sequence, tracks: Tracks) -> Score:
    """Judge the tracks of one sequence."""
    truth, ignored = _read_truth(sequence.truth, len(tracks))
    data = _pair(truth, ignored, tracks, only_known=sequence.is_identity_only)
    hota, clear, identity = _metrics()
    with contextlib.redirect_stdout(io.StringIO()):
        return _score((hota.eval_sequence(data), clear.eval_sequence(data), identity.eval_sequence(data)))


def idf1(sequence: Sequence, tracks: Tracks) -> float:
    """IDF1 alone of one sequence, 0..1."""
    truth, ignored = _read_truth(sequence.truth, len(tracks))
    data = _pair(truth, ignored, tracks, only_known=sequence.is_identity_only)
    identity = _metrics()[2]
    return float(identity.eval_sequence(data)["IDF1"])


def combine(scores: Rows[Score]) -> Score:
    """One score for several sequences: their boxes are counted together."""
    if len(scores) == 1:
        return scores[0]
    found = []
    with contextlib.redirect_stdout(io.StringIO()):
        for n, metric in enumerate(_metrics()):
            found.append(metric.combine_sequences({str(k): one.parts[n] for k, one in enumerate(scores)}))
    hota, clear, identity = found
    return _score((hota, clear, identity))


def _score(parts: tuple[dict[str, Any], dict[str, Any], dict[str, Any]]) -> Score:
    hota, clear, identity = parts
    return Score(float(identity["IDF1"]), float(np.mean(hota["HOTA"])), int(clear["IDSW"]), parts)


def _metrics() -> tuple[Any, Any, Any]:
    from trackeval.metrics import CLEAR, HOTA, Identity

    quiet = {"PRINT_CONFIG": False}
    return HOTA(quiet), CLEAR(quiet), Identity(quiet)


def _read_truth(path: Path, n_frames: int) -> tuple[Tracks, Tracks]:
    """People who are judged, and those who are to be ignored (confidence 0), by frame."""
    rows = np.loadtxt(path, delimiter=",", ndmin=2)
    judged: Tracks = [[] for _ in range(n_frames)]
    ignored: Tracks = [[] for _ in range(n_frames)]
    for row, box in zip(rows, xyxy_from_xywh(rows[:, 2:6]), strict=True):
        if row[0] <= n_frames:
            (judged if row[6] > 0 else ignored)[int(row[0]) - 1].append((int(row[1]), box))
    return judged, ignored


def _is_judged(real: np.ndarray, ignored: np.ndarray, given: np.ndarray, *, only_known: bool) -> np.ndarray:
    """Which of the given boxes count.

    Boxes that are matched to people to be ignored do not, as in MOTChallenge's treatment of distractors.
    Where the truth names some people alone, boxes that cover none of them do not either.
    """
    from scipy.optimize import linear_sum_assignment

    if only_known:
        covers: np.ndarray = (iou(real, given) >= _LEAST_IOU).any(axis=0)
        return covers
    shared = iou(np.concatenate([real, ignored]), given)
    shared[shared < _LEAST_IOU] = 0
    judged = np.ones(len(given), bool)
    for row, column in zip(*linear_sum_assignment(-shared), strict=True):
        judged[column] = row < len(real) or shared[row, column] == 0
    return judged


def _pair(truth: Tracks, ignored: Tracks, tracks: Tracks, *, only_known: bool) -> dict[str, Any]:
    """The two in trackeval's form, identities counted from 0."""
    people: dict[int, int] = {}
    followed: dict[int, int] = {}
    gt_ids, tracker_ids, similarities = [], [], []
    for real, others, given in zip(truth, ignored, tracks, strict=True):
        judged = _is_judged(_boxes(real), _boxes(others), _boxes(given), only_known=only_known)
        given = [one for one, counts in zip(given, judged, strict=True) if counts]
        gt_ids.append(np.array([people.setdefault(one, len(people)) for one, _ in real], int))
        tracker_ids.append(np.array([followed.setdefault(one, len(followed)) for one, _ in given], int))
        similarities.append(iou(_boxes(real), _boxes(given)))
    return {
        "gt_ids": gt_ids,
        "tracker_ids": tracker_ids,
        "similarity_scores": similarities,
        "num_timesteps": len(truth),
        "num_gt_ids": len(people),
        "num_tracker_ids": len(followed),
        "num_gt_dets": sum(map(len, gt_ids)),
        "num_tracker_dets": sum(map(len, tracker_ids)),
    }


def _boxes(rows: list[tuple[int, np.ndarray]]) -> np.ndarray:
    return np.array([box for _, box in rows], np.float64).reshape(-1, 4)
