"""The curve of a run: one row of numbers a step in a CSV file, and the same in the log."""

from __future__ import annotations

import csv
import logging
from collections.abc import Mapping
from pathlib import Path

log = logging.getLogger(__name__)


def append_row(path: Path, row: Mapping[str, float]) -> None:
    """Add a row; the first one writes the header. The column ``step`` must be among them."""
    is_new = not path.exists()
    with path.open("a", newline="") as file:
        writer = csv.DictWriter(file, list(row))
        if is_new:
            writer.writeheader()
        writer.writerow({name: round(value, 6) for name, value in row.items()})
    log.info("%s", " ".join(f"{name}={value:.4g}" for name, value in row.items()))


def cut_after(path: Path, step: int) -> None:
    """Drop the rows after a step, which a resumed run is going to write again."""
    if not path.exists():
        return
    with path.open(newline="") as file:
        reader = csv.DictReader(file)
        names, rows = list(reader.fieldnames or ()), [row for row in reader if float(row["step"]) <= step]
    with path.open("w", newline="") as file:
        writer = csv.DictWriter(file, names)
        writer.writeheader()
        writer.writerows(rows)
