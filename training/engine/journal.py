"""What a run says about itself: ``log.jsonl`` for every number, ``state.json`` for how it stands now."""

from __future__ import annotations

import json
import os
import time
from collections.abc import Callable, Mapping
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from reid_core.errors import UsageError

LOG_FILE, STATE_FILE = "log.jsonl", "state.json"
STATE_S = 1.0
_FIRST_STEPS, _STEP_EVERY = 20, 50

Echo = Callable[[Mapping[str, Any]], None]


def utc_now() -> str:
    """Now, as ISO 8601 in UTC."""
    return datetime.now(UTC).isoformat(timespec="milliseconds")


class Journal:
    """The log and the state of one run; silent in all processes but the first.

    Args:
        folder: Of the run; None writes nothing.
        echo: Hears of every row as well.
        has_tensorboard: Whether TensorBoard's files are written.

    Raises:
        UsageError: TensorBoard is wanted and not installed.
    """

    def __init__(
        self, folder: Path | None, echo: Echo | None = None, *, has_tensorboard: bool = False
    ) -> None:
        self._folder, self._echo = folder, echo
        self._state: dict[str, Any] = {"pid": os.getpid(), "started": utc_now()}
        self._state_s, self._step_s = 0.0, 0.0
        self._board = _open_board(folder) if folder is not None and has_tensorboard else None

    def close(self) -> None:
        """Write what waits."""
        if self._board is not None:
            self._board.close()

    def cut(self, iteration: int) -> None:
        """Drop the rows from an iteration on, which a resumed run is going to write again."""
        if self._folder is None or not (self._folder / LOG_FILE).exists():
            return
        kept = []
        for line in (self._folder / LOG_FILE).read_text(encoding="utf-8").splitlines():
            try:
                row = json.loads(line)
            except ValueError:  # a row that a power cut left half written
                continue
            after = row.get("row") in ("step", "end") and row.get("iteration", 0) >= iteration
            if not after and row.get("iteration", 0) <= iteration:
                kept.append(line)
        beside = self._folder / f".{LOG_FILE}.part"
        beside.write_text("".join(f"{line}\n" for line in kept), encoding="utf-8")
        beside.replace(self._folder / LOG_FILE)

    def row(self, kind: str, **fields: Any) -> None:
        """Add a row."""
        row = {"row": kind, "t": utc_now(), **fields}
        if self._folder is not None:
            with (self._folder / LOG_FILE).open("a", encoding="utf-8") as log:
                log.write(json.dumps(row) + "\n")
            if self._echo is not None:
                self._echo(row)
        if self._board is not None:
            _draw(self._board, row)

    def step(self, iteration: int, **fields: Any) -> None:
        """Add a row for a step, where one is due: the first ones all, then one a second, and every 50th."""
        now = time.monotonic()
        if iteration >= _FIRST_STEPS and iteration % _STEP_EVERY and now - self._step_s < STATE_S:
            return
        self._step_s = now
        self.row("step", iteration=iteration, **fields)

    def state(self, *, at_once: bool = False, **changes: Any) -> None:
        """Say how it stands; written at most once a second unless it has to be at once."""
        self._state |= changes
        now = time.monotonic()
        if self._folder is None or (not at_once and now - self._state_s < STATE_S):
            return
        self._state_s = now
        self._state["updated"] = utc_now()
        beside = self._folder / f".{STATE_FILE}.part"
        beside.write_text(json.dumps(self._state, indent=1) + "\n", encoding="utf-8")
        beside.replace(self._folder / STATE_FILE)


def _open_board(folder: Path) -> Any:
    try:
        from torch.utils.tensorboard import SummaryWriter
    except ImportError as error:
        raise UsageError(
            "TensorBoard's files need the package tensorboard: install it with `pip install tensorboard`, or "
            "leave --tensorboard out; log.jsonl has the same numbers."
        ) from error
    return SummaryWriter(str(folder / "tensorboard"))


def _draw(board: Any, row: Mapping[str, Any]) -> None:
    if row["row"] == "step":
        for name, value in row["parts"].items():
            board.add_scalar(f"loss/{name}", value, row["iteration"])
        for name in ("loss", "lr", "images_per_s"):
            if row[name] is not None:
                board.add_scalar(name, row[name], row["iteration"])
    elif row["row"] == "validation":
        for name in ("rank1", "rank5", "map", "minp"):
            board.add_scalar(f"validation/{name}", row[name], row["iteration"])
