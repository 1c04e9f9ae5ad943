"""Computes entries and compares: every key of what is expected, in float64, against every implementation."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import torch

from training.conformance import losses, models, recipes, search
from training.conformance.entries import Entry
from training.conformance.operation import Answer, Given, Operation

FAMILIES = (losses.OPERATIONS, models.OPERATIONS, search.OPERATIONS, recipes.OPERATIONS)
"""What each module computes. Where two do, as for distances in training and in search, both must be right."""


@dataclass(frozen=True, slots=True)
class Outcome:
    """What became of one entry.

    Attributes:
        entry: Which one.
        difference: Largest absolute difference; None where nothing could be compared.
        problem: Why it failed, or an empty string when it passed.
    """

    entry: Entry
    difference: float | None
    problem: str

    @property
    def passed(self) -> bool:
        """Whether everything was within the tolerance."""
        return not self.problem


def operations_of(op: str) -> list[Operation]:
    """All our implementations of an operation; an unknown one has none."""
    return [family[op] for family in FAMILIES if op in family]


def check_all(entries: Sequence[Entry]) -> Iterator[Outcome]:
    """Check one entry after the other."""
    return (check(entry) for entry in entries)


def check(entry: Entry) -> Outcome:
    """Compute one entry with every implementation of its operation; the first that fails decides."""
    operations = operations_of(entry.op)
    if not operations:
        return Outcome(entry, None, f"unknown op {entry.op}")
    worst = 0.0
    for operation in operations:
        outcome = _check_one(entry, operation)
        if not outcome.passed or outcome.difference is None:
            return outcome
        worst = max(worst, outcome.difference)
    return Outcome(entry, worst, "")


def _check_one(entry: Entry, operation: Operation) -> Outcome:
    inputs, params = Given(entry.inputs), Given(entry.params)
    try:
        answer = operation(inputs, params)
    except Exception as error:  # whatever an input provokes is this entry's failure, not the run's
        return Outcome(entry, None, f"{type(error).__name__}: {' '.join(str(error).split())}")
    unread = inputs.unread + params.unread
    if unread:
        return Outcome(entry, None, f"does not know {', '.join(unread)}")
    worst = 0.0
    for place, difference, problem in _compare(entry.expected, answer, "", entry.atol):
        if problem:
            return Outcome(entry, difference, f"{place}: {problem}" if place else problem)
        worst = max(worst, difference or 0.0)
    return Outcome(entry, worst, "")


def _compare(
    expected: Any, answer: Answer, place: str, atol: float
) -> Iterator[tuple[str, float | None, str]]:
    """The place, largest difference and problem of every leaf that is expected."""
    if isinstance(expected, dict):
        for key, value in expected.items():
            inside = f"{place}.{key}" if place else key
            if not isinstance(answer, Mapping) or key not in answer:
                yield inside, None, "is not computed"
            else:
                yield from _compare(value, answer[key], inside, atol)
        return
    if isinstance(answer, Mapping):
        yield place, None, f"is one value in the file, but {', '.join(answer)} here"
        return
    try:
        wanted, got = _numbers(expected), _numbers(answer)
    except (TypeError, ValueError) as error:
        yield place, None, f"is not an array of numbers ({error})"
        return
    if wanted.shape != got.shape:
        yield place, None, f"has shape {got.shape}, expected {wanted.shape}"
        return
    if not np.isfinite(got).all() or not np.isfinite(wanted).all():
        yield place, None, "is not finite"
        return
    difference = float(np.abs(got - wanted).max(initial=0.0))
    problem = "" if difference <= atol else f"differs by {difference:.3g}, allowed {atol:.3g}"
    yield place, difference, problem


def _numbers(value: Any) -> np.typing.NDArray[np.float64]:
    if isinstance(value, torch.Tensor):
        value = value.detach().numpy()
    return np.asarray(value, dtype=np.float64)
