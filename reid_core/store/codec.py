"""Event payloads as JSON and back, checked field by field against their dataclasses: no pickle."""

from __future__ import annotations

import dataclasses
import json
import types
import typing
from enum import Enum
from functools import cache
from typing import Any

from reid_core.errors import UsageError
from reid_core.store.events import Payload

KINDS: dict[str, type[Payload]] = {cls.kind: cls for cls in typing.get_args(Payload)}


def encode(payload: Payload) -> str:
    """The payload as canonical JSON: sorted keys, no spaces, no NaN; checked by reading it back.

    Raises:
        UsageError: a field holds what its type does not allow.
    """
    try:
        text = json.dumps(
            _plain(payload), sort_keys=True, separators=(",", ":"), ensure_ascii=False, allow_nan=False
        )
        text.encode()  # refuses half characters
        decode(payload.kind, text)
    except (TypeError, ValueError) as error:
        raise UsageError(f"This {payload.kind} event cannot be recorded: {error}.") from error
    return text


def decode(kind: str, text: str) -> Payload:
    """The payload of a recorded event.

    Raises:
        ValueError: unknown kind, unknown or missing field, or a value of another type.
    """
    cls = KINDS.get(kind)
    if cls is None:
        raise ValueError(f"unknown kind {kind!r}")
    payload: Payload = _typed(cls, json.loads(text), kind)
    return payload


def _plain(value: Any) -> Any:
    if dataclasses.is_dataclass(value) and not isinstance(value, type):
        return {f.name: _plain(getattr(value, f.name)) for f in dataclasses.fields(value)}
    if isinstance(value, Enum):
        return value.value
    if isinstance(value, tuple | list):
        return [_plain(item) for item in value]
    return value


def _typed(kind: Any, value: Any, where: str) -> Any:
    """``value`` (parsed JSON) as an instance of the type ``kind``."""
    if dataclasses.is_dataclass(kind):
        return _dataclass(kind, value, where)
    origin, arguments = typing.get_origin(kind), typing.get_args(kind)
    if origin in (types.UnionType, typing.Union):
        return _union(arguments, value, where)
    if origin is tuple:
        if not isinstance(value, list):
            raise ValueError(f"{where} is not a list")
        if arguments[-1] is Ellipsis:
            return tuple(_typed(arguments[0], item, f"{where}[{i}]") for i, item in enumerate(value))
        if len(value) != len(arguments):
            raise ValueError(f"{where} needs {len(arguments)} values")
        return tuple(
            _typed(a, item, f"{where}[{i}]") for i, (a, item) in enumerate(zip(arguments, value, strict=True))
        )
    if isinstance(kind, type) and issubclass(kind, Enum):
        return kind(value)
    if kind is float and type(value) is int:
        return float(value)
    if type(value) is not kind:  # exactly: a bool is no int here
        raise ValueError(f"{where} is {value!r}, not a {getattr(kind, '__name__', kind)}")
    return value


def _dataclass(kind: Any, value: Any, where: str) -> Any:
    if not isinstance(value, dict):
        raise ValueError(f"{where} is not an object")
    fields = {f.name: f for f in dataclasses.fields(kind)}
    if unknown := sorted(set(value) - set(fields)):
        raise ValueError(f"{where} has an unknown field {unknown[0]!r}")
    hints = _hints(kind)
    missing = dataclasses.MISSING
    for name, field in fields.items():
        if name not in value and field.default is missing and field.default_factory is missing:
            raise ValueError(f"{where} lacks {name!r}")
    return kind(**{name: _typed(hints[name], item, f"{where}.{name}") for name, item in value.items()})


def _union(kinds: tuple[Any, ...], value: Any, where: str) -> Any:
    if value is None and type(None) in kinds:
        return None
    reasons = []
    for kind in kinds:
        if kind is type(None):
            continue
        try:
            return _typed(kind, value, where)
        except ValueError as error:
            reasons.append(str(error))
    raise ValueError(reasons[0])


@cache
def _hints(kind: type) -> dict[str, Any]:
    return typing.get_type_hints(kind)
