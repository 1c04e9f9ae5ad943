"""The training set of the story: the project's export, with strangers of a public set to be tested on."""

from __future__ import annotations

import csv
import shutil
import tarfile
from pathlib import Path

from tests.data import shared_data

N_STRANGERS = 7
"""People of CUHK03's test part: with the one of the project who is kept for testing, eight."""
FIRST_PID = 100
"""The export numbers its people from 1."""


def write_set(export: Path, folder: Path) -> Path:
    """Copy an export in Market-1501's layout and add strangers to its test part."""
    shutil.copytree(export, folder)
    with (folder / "persons.csv").open(newline="") as file:
        parts = [row["part"] for row in csv.DictReader(file)]
    assert sorted(parts) == ["test", "train", "train"]
    archive = shared_data("reid/cuhk03/cuhk03-market-layout.tar")
    with tarfile.open(archive) as tar:
        members = [m for m in tar if m.isfile() and m.name.split("/")[1] in ("query", "bounding_box_test")]
        people = sorted({Path(member.name).name.partition("_")[0] for member in members})[:N_STRANGERS]
        numbers = {pid: f"{FIRST_PID + n:04d}" for n, pid in enumerate(people)}
        for member in members:
            pid, _, rest = Path(member.name).name.partition("_")
            if pid in numbers:
                data = tar.extractfile(member)
                assert data is not None
                (folder / member.name.split("/")[1] / f"{numbers[pid]}_{rest}").write_bytes(data.read())
    return folder
