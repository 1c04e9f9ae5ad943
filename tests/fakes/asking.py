"""Answers that children would give, handed over when the test says so."""

from __future__ import annotations

import json
from typing import Any

from app.ports import Answer


class FakeAsker:
    """`app.ports.Asker`; keeps the latest question of each topic open."""

    def __init__(self) -> None:
        self.open: dict[str, tuple[str, tuple[str, ...], Any]] = {}
        self.asked: list[tuple[str, tuple[str, ...]]] = []

    def ask(self, module: str, arguments: tuple[str, ...], then: Any, *, topic: str) -> None:
        self.open[topic] = (module, arguments, then)
        self.asked.append((topic, arguments))

    def cancel(self, topic: str) -> None:
        self.open.pop(topic, None)

    def answer(self, topic: str, value: Any = None, *, code: int = 0, lines: tuple[str, ...] = ()) -> None:
        """The child of a topic comes to its end."""
        _, _, then = self.open.pop(topic)
        then(Answer(code, "" if value is None else json.dumps(value), lines))

    def arguments(self, topic: str) -> tuple[str, ...]:
        """What the open question of a topic asks."""
        return self.open[topic][1]


class Shown:
    """A view that keeps the last of everything it was told to show."""

    def __init__(self) -> None:
        self.last: dict[str, Any] = {}
        self.count: dict[str, int] = {}

    def __getattr__(self, name: str) -> Any:
        if not name.startswith(("show_", "open_")):
            raise AttributeError(name)

        def show(*values: Any) -> None:
            self.last[name] = values[0] if len(values) == 1 else values
            self.count[name] = self.count.get(name, 0) + 1

        return show
