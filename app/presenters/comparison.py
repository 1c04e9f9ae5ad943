"""The active model and a run's, side by side: what was measured, in words. Without Qt; reads files."""

from __future__ import annotations

import json
import tomllib
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from app.presenters.runs import Run
from app.views.ranking import RankedQuery, ranked_queries
from app.views.training import MeasureLine
from app.wording import count_label, similarity_label

RESULT = "comparison.json"
INSPECTION = "inspection"
"""Folder of rank lists inside a run's."""
MAX_BYTES = 32 << 20
_MEASURES = (("map", "mAP"), ("rank1", "rank-1"), ("rank5", "rank-5"), ("minp", "mINP"))


@dataclass(frozen=True, slots=True)
class Comparison:
    """What a run's folder says of it against another model.

    Attributes:
        key: Space of the model that it was compared with.
        epoch: Finished epochs of the run at that time.
        found: What `compare` printed.
        queries: Those that changed most first; empty while they are not drawn.
        folder: Where their pictures are.
    """

    key: str = ""
    epoch: int = 0
    found: Mapping[str, Any] = field(default_factory=dict)
    queries: tuple[RankedQuery, ...] = ()
    folder: Path = field(default_factory=Path)


def held_out_data(run: Run) -> tuple[str, str] | None:
    """``(folder, layout)`` of the people that a run was not trained on, or None where there are none.

    A project's run keeps the held-out identities as query and gallery in its own folder; one of a data set,
    or of both where the project's people are too few, has the set's.
    """
    own = run.path / "data"
    if any((own / "query").glob("*.png")):
        return str(own), "market"
    try:
        given = tomllib.loads((run.path / "config.toml").read_text(encoding="utf-8")).get("run", {})
    except (OSError, ValueError):
        return None
    data = given.get("data") if isinstance(given, Mapping) else None
    return (str(data), str(given.get("dataset") or "market")) if data else None


def compare_arguments(active: str, model: Path, data: tuple[str, str]) -> tuple[str, ...]:
    """The command that gives figures with intervals."""
    return ("compare", active, str(model), "--data", data[0], "--dataset", data[1], "--json")


def inspect_arguments(models: tuple[str, ...], data: tuple[str, str], out: Path) -> tuple[str, ...]:
    """The command that draws rank lists."""
    return ("inspect", *models, "--data", data[0], "--dataset", data[1], "--out", str(out))


def write_comparison(run: Run, key: str, found: Mapping[str, Any]) -> None:
    """Keep what was measured in the run's folder."""
    text = json.dumps({"key": key, "epoch": run.epoch, "found": dict(found)}, indent=1)
    beside = run.path / f".{RESULT}.part"
    beside.write_text(text + "\n", encoding="utf-8")
    beside.replace(run.path / RESULT)


def read_comparison(run: Run) -> Comparison:
    """What was measured of a run; empty where nothing was, or nothing that can be read."""
    kept = read_json(run.path / RESULT)
    found = kept.get("found")
    if not isinstance(found, Mapping):
        return Comparison()
    folder = run.path / INSPECTION
    queries: tuple[RankedQuery, ...] = ()
    try:
        lists = read_json(folder / "inspection.json")
        if len(lists.get("models", ())) == 2:
            queries = ranked_queries(lists)
    except (KeyError, TypeError, ValueError):
        queries = ()
    epoch = kept.get("epoch")
    return Comparison(
        str(kept.get("key", "")), epoch if isinstance(epoch, int) else 0, found, queries, folder
    )


def read_json(path: Path) -> Mapping[str, Any]:
    """A JSON object; empty where there is none."""
    try:
        if path.stat().st_size > MAX_BYTES:
            return {}
        found = json.loads(path.read_text(encoding="utf-8"))
    except (OSError, ValueError, RecursionError):
        return {}
    return found if isinstance(found, Mapping) else {}


def measure_lines(found: Mapping[str, Any]) -> tuple[MeasureLine, ...]:
    """The rows of the table."""
    old, new, changes = found.get("a"), found.get("b"), found.get("difference")
    if not isinstance(old, Mapping) or not isinstance(new, Mapping):
        return ()
    lines = []
    for key, name in _MEASURES:
        before, after = _number(old.get(key)), _number(new.get(key))
        if before is None or after is None:
            continue
        change = changes.get(key) if isinstance(changes, Mapping) else None
        lines.append(_line(name, before, after, change if isinstance(change, Mapping) else {}))
    return tuple(lines)


def _line(name: str, before: float, after: float, change: Mapping[str, Any]) -> MeasureLine:
    value = _number(change.get("value"))
    low, high = _number(change.get("low")), _number(change.get("high"))
    difference = after - before if value is None else value
    interval, level = "", ""
    if low is not None and high is not None:
        interval = f"{signed(low)} to {signed(high)}"
        level = "ok" if low > 0 else "bad" if high < 0 else ""
    return MeasureLine(
        name, similarity_label(before), similarity_label(after), signed(difference), interval, level
    )


def signed(value: float) -> str:
    """A change with its sign.

    >>> signed(0.0712), signed(-0.004), signed(-0.02)
    ('+0.07', '0.00', '−0.02')
    """
    text = f"{value:+.2f}"
    return "0.00" if text in ("+0.00", "-0.00") else text.replace("-", "−")


def verdict_words(found: Mapping[str, Any], new: str) -> tuple[str, str]:
    """What follows from the intervals, and its level."""
    match found.get("verdict"):
        case "b is better":
            return f"{new} is better: the interval of mAP leaves out 0.", "ok"
        case "a is better":
            return "The active model is better: the interval of mAP leaves out 0.", "bad"
        case "no evidence":
            return "The interval of mAP holds 0, so this may be chance.", "info"
    return "", "info"


def intro_words(found: Mapping[str, Any]) -> str:
    """What was measured on."""
    n_ids, n_query = found.get("n_ids"), found.get("n_query")
    if not isinstance(n_ids, int) or not isinstance(n_query, int):
        return ""
    people = count_label(n_ids, "person", "people")
    queries = count_label(n_query, "query", "queries")
    return f"{people} that the run was not trained on, {queries}; 95 % intervals over people."


def metrics_of(found: Mapping[str, Any], side: str, on: str) -> dict[str, Any] | None:
    """What is kept of a model's figures beside its space, or None."""
    entry = found.get(side)
    n_ids = found.get("n_ids")
    if not isinstance(entry, Mapping) or not isinstance(n_ids, int):
        return None
    value, rank1 = _number(entry.get("map")), _number(entry.get("rank1"))
    if value is None or rank1 is None:
        return None
    return {"map": value, "rank1": rank1, "n_ids": n_ids, "on": on}


def _number(value: Any) -> float | None:
    is_number = isinstance(value, int | float) and not isinstance(value, bool)
    return float(value) if is_number else None
