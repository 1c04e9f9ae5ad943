"""A run in words and lines: its head, its curves, its log. Without Qt."""

from __future__ import annotations

import itertools
from collections.abc import Iterable, Mapping
from typing import Any

from app.presenters.runs import Run
from app.views.jobs import rough_label
from app.views.training import CurveSet, RunHead, Series

N_LINES = 400
N_POINTS = 600
"""Points of a line; more cannot be told apart on a screen."""
STATE_WORDS = {
    "preparing": "preparing",
    "preflight": "checking the data",
    "validating": "validating",
    "stopping": "stopping after this batch",
    "stopped": "stopped",
    "killed": "ended unexpectedly",
    "done": "done",
    "failed": "failed",
    "queued": "waits",
    "paused": "paused",
}


def curves_of(
    run: Run, rows: Iterable[Mapping[str, Any]], *, others: Iterable[tuple[Run, Iterable[Any]]] = ()
) -> CurveSet:
    """The lines of a run, with those of others dashed under them.

    Args:
        run: The run in hand.
        rows: Of its log.
        others: Runs to be laid under it, with the rows of their logs.
    """
    rows = list(rows)
    names = _part_names(rows)
    steps = [row for row in rows if row["row"] == "step"]
    x = _epochs(run, steps)
    parts = [
        _series(name, x, [_number(row.get("parts", {}).get(name)) for row in steps], place)
        for place, name in enumerate(names)
    ]
    validations = [row for row in rows if row["row"] == "validation"]
    epochs = [float(row.get("epoch") or 0) for row in validations]
    measured = [
        _series(words, epochs, [_number(row.get(key)) for row in validations], place)
        for place, (key, words) in enumerate((("map", "mAP"), ("rank1", "rank-1")))
    ]
    rate = [_series("pictures/s", x, [_number(row.get("images_per_s")) for row in steps], 1, digits=0)]
    n_epochs = run.n_epochs
    for other, its_rows in others:
        its_rows = list(its_rows)
        its_steps = [row for row in its_rows if row["row"] == "step"]
        its_x = _epochs(other, its_steps)
        parts.append(_other(f"{other.name}, sum", its_x, [_number(row.get("loss")) for row in its_steps]))
        found = [row for row in its_rows if row["row"] == "validation"]
        at = [float(row.get("epoch") or 0) for row in found]
        measured.append(_other(f"{other.name}, mAP", at, [_number(row.get("map")) for row in found]))
        rate.append(
            _other(other.name, its_x, [_number(row.get("images_per_s")) for row in its_steps], digits=0)
        )
        n_epochs = max(n_epochs, other.n_epochs)
    shown = [series for series in measured if series.x]
    note = "" if shown else _why_no_validation(run, rows)
    return CurveSet(
        tuple(series for series in parts if series.x),
        tuple(shown),
        tuple(series for series in rate if series.x),
        n_epochs,
        note,
    )


def head_of(run: Run | None, status: str = "", rows: Iterable[Mapping[str, Any]] = ()) -> RunHead:
    """A run in words.

    Args:
        run: The run, or None where there is none.
        status: What the window knows better: ``queued``, ``paused``; else empty.
        rows: Of its log.
    """
    if run is None:
        return RunHead(message="No run yet. Choose the data and start the first one.")
    status = status or run.status
    words = STATE_WORDS.get(status, "")
    epochs = f"epoch {min(run.epoch + 1, run.n_epochs)} of {run.n_epochs}"
    if status in ("running", "paused"):
        words = epochs if status == "running" else f"{epochs}, paused"
    elif status in ("stopped", "killed", "failed") and run.epoch:
        words = f"{words} after epoch {run.epoch} of {run.n_epochs}"
    total, done = int(run.state.get("n_iterations") or 0), int(run.state.get("iteration") or 0)
    is_moving = status in ("running", "validating")
    rate, left = run.state.get("rate"), run.state.get("eta_s")
    speed = [f"{float(rate):,.0f} pictures/s"] if is_moving and rate else []
    speed += [f"{rough_label(float(left))} left"] if is_moving and left else []
    message, level = _message(run, status)
    last = next((text for text in (line_of(row) for row in reversed(list(rows))) if text), "")
    return RunHead(
        number=run.number,
        name=run.name,
        about=run.about,
        state=words,
        part=min(done / total, 1.0) if total and status in ("running", "validating", "paused") else None,
        speed=", ".join(speed),
        message=message,
        level=level,
        can=_can(status),
        last_line=last,
    )


def line_of(row: Mapping[str, Any]) -> str:
    """A row of a log as a line for people; empty where it says nothing to them."""
    kind = row.get("row")
    if kind == "step":
        parts = " ".join(
            f"{name} {_words(_number(value))}" for name, value in dict(row.get("parts") or {}).items()
        )
        return (
            f"epoch {int(row.get('epoch') or 0) + 1} batch {int(row.get('iteration') or 0) + 1} "
            f"loss {_words(_number(row.get('loss')))} {parts} rate {_number(row.get('lr')) or 0:.1e}"
        )
    if kind == "epoch":
        return f"epoch {row.get('epoch')} finished in {rough_label(float(row.get('seconds') or 0))}"
    if kind == "validation":
        found = " ".join(
            f"{words} {_words(_number(row.get(key)))}" for key, words in (("map", "mAP"), ("rank1", "rank-1"))
        )
        return f"epoch {row.get('epoch')} validation {found}{' (best so far)' if row.get('is_best') else ''}"
    if kind in ("notice", "end"):
        return str(row.get("text") or "")
    if kind == "start":
        return (
            "resumed" if row.get("resumed") else f"started on {row.get('device')} in {row.get('precision')}"
        )
    return ""


def log_lines(rows: Iterable[Mapping[str, Any]], errors: Iterable[str] = ()) -> tuple[str, ...]:
    """The last lines of a run: its log, then what its process wrote at the end."""
    return (*[line for line in (line_of(row) for row in list(rows)[-N_LINES:]) if line], *errors)


def _message(run: Run, status: str) -> tuple[str, str]:
    text = str(run.state.get("message") or "")
    if status == "failed":
        return text or "The run failed without a word.", "bad"
    if status == "killed":
        after = f" after epoch {run.epoch}" if run.epoch else ""
        return (
            f"The process of this run ended unexpectedly{after}. Resume goes on from its checkpoint.",
            "warn",
        )
    if status == "stopping":
        return "Stopping after this batch; a checkpoint is kept.", "info"
    if status == "stopped":
        return "Stopped. Resume goes on from its checkpoint.", "info"
    return ("", "info") if status in ("done", "queued", "paused", "running") else (text, "info")


def _can(status: str) -> frozenset[str]:
    if status == "paused":
        return frozenset({"go_on", "stop"})
    if status in ("preparing", "preflight", "running", "validating"):
        return frozenset({"pause", "stop"})
    if status in ("stopped", "killed", "failed"):
        return frozenset({"resume", "remove"})
    if status == "queued":
        return frozenset({"stop"})
    return frozenset({"remove"}) if status == "done" else frozenset()


def _why_no_validation(run: Run, rows: list[Mapping[str, Any]]) -> str:
    if run.start and not run.start.get("n_validation_ids"):
        return "Nobody is held out, so nothing is validated"
    return "The first validation comes after an epoch" if rows or run.is_active else ""


def _part_names(rows: Iterable[Mapping[str, Any]]) -> list[str]:
    """Parts of the loss in the order in which they come up; the sum where there is only one part."""
    names: dict[str, None] = {}
    for row in rows:
        if row["row"] == "step" and isinstance(row.get("parts"), Mapping):
            names.update(dict.fromkeys(row["parts"]))
    return list(names)


def _epochs(run: Run, steps: list[Mapping[str, Any]]) -> list[float]:
    """Where steps stand on the axis of epochs."""
    total = int(run.state.get("n_iterations") or 0)
    per_epoch = max(total / run.n_epochs, 1.0)
    return [(int(row.get("iteration") or 0) + 1) / per_epoch for row in steps]


def _series(name: str, x: list[float], y: list[float | None], color: int, digits: int = 2) -> Series:
    known = [(at, value) for at, value in zip(x, y, strict=True) if value is not None]
    if len(known) > N_POINTS:  # each kept point is the mean of those that it stands for
        known = _thinned(known)
    last = f"{known[-1][1]:,.{digits}f}" if known else ""
    return Series(name, tuple(at for at, _ in known), tuple(value for _, value in known), color, False, last)


def _other(name: str, x: list[float], y: list[float | None], digits: int = 2) -> Series:
    found = _series(name, x, y, -1, digits)
    return Series(found.name, found.x, found.y, -1, True, found.last)


def _thinned(points: list[tuple[float, float]]) -> list[tuple[float, float]]:
    edges = [round(n * len(points) / N_POINTS) for n in range(N_POINTS + 1)]
    groups = [points[a:b] for a, b in itertools.pairwise(edges) if b > a]
    return [(group[-1][0], sum(value for _, value in group) / len(group)) for group in groups]


def _number(value: Any) -> float | None:
    is_number = isinstance(value, int | float) and not isinstance(value, bool) and abs(value) < 1e12
    return float(value) if is_number else None


def _words(value: float | None) -> str:
    return "–" if value is None else f"{value:.3f}"
