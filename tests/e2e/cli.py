"""Runs the command line in a process of its own, as a user does."""

from __future__ import annotations

import json
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path
from typing import Any


@dataclass(frozen=True)
class Outcome:
    """What a command left behind."""

    code: int
    out: str
    err: str

    @property
    def json(self) -> Any:
        """Standard output as JSON."""
        return json.loads(self.out)


def sightline(*arguments: object, expect: int | None = 0, timeout_s: float = 300) -> Outcome:
    """Run ``sightline ARGUMENTS``; fails when the exit code is another than expected."""
    command = [sys.executable, "-m", "app", *map(str, arguments)]
    done = subprocess.run(command, capture_output=True, timeout=timeout_s)
    outcome = Outcome(done.returncode, done.stdout.decode(), done.stderr.decode())
    assert "Traceback" not in outcome.err, outcome.err
    if expect is not None:
        assert outcome.code == expect, f"{command} gave {outcome.code}\n{outcome.out}\n{outcome.err}"
    return outcome


def read_mot(file: Path) -> dict[int, list[tuple[int, float, float, float, float]]]:
    """Rows of a MOT file by frame: id, left, top, width, height."""
    rows: dict[int, list[tuple[int, float, float, float, float]]] = {}
    for line in file.read_text().splitlines():
        frame, number, left, top, width, height, *_ = (float(part) for part in line.split(","))
        rows.setdefault(int(frame), []).append((int(number), left, top, width, height))
    return rows
