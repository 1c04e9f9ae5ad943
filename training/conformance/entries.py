"""The file: a JSON list of entries with inputs, parameters and expected values."""

from __future__ import annotations

import json
import math
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from reid_core.errors import UsageError

_KEYS = ("op", "inputs", "params", "expected", "atol")


@dataclass(frozen=True, slots=True)
class Entry:
    """One known answer.

    Attributes:
        name: A label for people; nothing depends on it.
        op: Which operation.
        inputs: By name.
        params: By name.
        expected: A number, or lists of numbers of one shape, alone or under names, nested.
        atol: Largest difference that passes.
    """

    name: str
    op: str
    inputs: Mapping[str, Any]
    params: Mapping[str, Any]
    expected: Any
    atol: float


def read_entries(path: Path) -> list[Entry]:
    """All entries of a file, in order.

    Raises:
        UsageError: The file is absent, not JSON or empty, or an entry lacks something or is of a wrong kind.
    """
    try:
        content = json.loads(path.read_text(encoding="utf-8"))
    except OSError as error:
        raise UsageError(f"Cannot read {path}: {error.strerror or error}.") from error
    except (UnicodeDecodeError, json.JSONDecodeError, RecursionError) as error:
        raise UsageError(f"{path} is not a JSON file: {error}.") from error
    if not isinstance(content, list) or not content:
        raise UsageError(f"{path} holds no list of known answers; see docs/methods.md for the format.")
    return [_entry(raw, f"{path}, entry {number}") for number, raw in enumerate(content, start=1)]


def _entry(raw: Any, where: str) -> Entry:
    if not isinstance(raw, dict):
        raise UsageError(f"{where} is not an object with {', '.join(_KEYS)}.")
    missing = [key for key in _KEYS if key not in raw]
    if missing:
        raise UsageError(f"{where} lacks {', '.join(missing)}.")
    op, inputs, params, expected, atol = (raw[key] for key in _KEYS)
    if not isinstance(op, str) or not isinstance(inputs, dict) or not isinstance(params, dict):
        raise UsageError(f"{where}: op must be a text, inputs and params must be objects.")
    if isinstance(atol, bool) or not isinstance(atol, int | float) or not (math.isfinite(atol) and atol >= 0):
        raise UsageError(f"{where}: atol must be a number that is not negative.")
    if not _has_values(expected):
        raise UsageError(f"{where}: expected holds nothing to compare with.")
    return Entry(str(raw.get("name", op)), op, inputs, params, expected, float(atol))


def _has_values(expected: Any) -> bool:
    """Whether there is a number in every branch."""
    if isinstance(expected, dict):
        return bool(expected) and all(_has_values(value) for value in expected.values())
    if isinstance(expected, list):
        return bool(expected)
    return isinstance(expected, int | float)
