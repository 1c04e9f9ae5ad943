"""Where the research footage lies that some tests need; it is never part of the repository."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parent.parent


def find_shared_data() -> Path | None:
    """The data folder, from ``SIGHTLINE_TEST_DATA`` or ``../shared/data`` beside the checkout."""
    chosen = os.environ.get("SIGHTLINE_TEST_DATA")
    folder = Path(chosen) if chosen else ROOT.parent / "shared" / "data"
    return folder if (folder / "MANIFEST.md").is_file() else None


def shared_data(part: str = "") -> Path:
    """A path inside the shared data; skips the test where the data is absent."""
    folder = find_shared_data()
    if folder is None:
        pytest.skip("research footage is absent: put it at ../shared/data or set SIGHTLINE_TEST_DATA")
    return folder / part
