"""What the command line prints: JSON for programs, tables and progress bars for people."""

from __future__ import annotations

import json
import sys
from collections.abc import Iterable, Sequence
from typing import Any

from rich.console import Console
from rich.progress import (
    BarColumn,
    MofNCompleteColumn,
    Progress,
    SpinnerColumn,
    TaskID,
    TextColumn,
    TimeRemainingColumn,
)
from rich.table import Table
from rich.text import Text

from reid_core import progress as events
from reid_core.pipeline.wording import clock_text
from reid_core.redaction import redact

__all__ = ["EventPrinter", "clock_text", "print_error", "print_json", "print_table", "print_text"]

STYLES = {"info": "", "warning": "yellow", "error": "red"}


def print_json(value: Any) -> None:
    """Print a value as JSON on standard output."""
    json.dump(redact.value(value), sys.stdout, ensure_ascii=False, indent=2, allow_nan=False)
    sys.stdout.write("\n")


def print_text(text: str) -> None:
    """Print a line for people on standard output."""
    Console(highlight=False, soft_wrap=True).print(Text(redact(text)))


def print_error(text: str) -> None:
    """Print a message on standard error."""
    Console(stderr=True, highlight=False, soft_wrap=True).print(Text(redact(text), style="red"))


def print_table(headers: Sequence[str], rows: Iterable[Sequence[object]]) -> None:
    """Print rows under headers; numbers stand on the right."""
    table = Table(box=None, pad_edge=False, header_style="bold")
    rows = [list(row) for row in rows]
    for column, header in enumerate(headers):
        numeric = all(isinstance(row[column], int | float) for row in rows)
        table.add_column(header, justify="right" if numeric else "left", no_wrap=True)
    for row in rows:
        table.add_row(*(Text(_cell(value)) for value in row))
    console = Console(highlight=False)
    if not console.is_terminal:  # a file or a pipe has room for every column
        console = Console(highlight=False, width=max(Console(width=9999).measure(table).maximum, 1))
    console.print(table)


def _cell(value: object) -> str:
    return f"{value:.3f}" if isinstance(value, float) else redact(str(value))


class EventPrinter:
    """Shows a running job: bars with rate and time left on standard error, or its events as JSON lines."""

    def __init__(self, *, as_json_lines: bool, quiet: bool) -> None:
        self._lines = as_json_lines
        self._console = Console(stderr=True, highlight=False, quiet=quiet or as_json_lines, soft_wrap=True)
        self._bars = Progress(
            SpinnerColumn(),
            TextColumn("{task.description}"),
            BarColumn(),
            MofNCompleteColumn(),
            TextColumn("{task.fields[rate]}"),
            TimeRemainingColumn(),
            console=self._console,
            disable=quiet or as_json_lines or not self._console.is_terminal,
        )
        self._tasks: dict[str, TaskID] = {}

    def __enter__(self) -> EventPrinter:
        self._bars.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._bars.stop()

    def show(self, event: events.Event) -> None:
        """Show one event."""
        if self._lines:
            sys.stdout.write(json.dumps(redact.value(event.as_dict()), ensure_ascii=False) + "\n")
            sys.stdout.flush()
        elif isinstance(event, events.Progress):
            self._advance(event)
        elif isinstance(event, events.Notice):
            prefix = f"{event.part}: " if event.part else ""
            self._console.print(Text(redact(prefix + event.text), style=STYLES[event.level]))

    def _advance(self, event: events.Progress) -> None:
        task = self._tasks.get(event.part)
        if task is None:
            task = self._bars.add_task(
                event.part, total=event.total, completed=event.done, rate=f"- {event.unit}/s"
            )
            self._tasks[event.part] = task
        self._bars.update(task, completed=event.done, total=event.total)
        speed = self._bars.tasks[self._bars.task_ids.index(task)].speed
        if speed:
            self._bars.update(task, rate=f"{speed:.0f} {event.unit}/s")
