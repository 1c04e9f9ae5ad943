"""Clips that several tests use, encoded once."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.unit.reid_core.media.clips import KINDS, Kind, write_clip


@pytest.fixture(scope="session")
def clip_of(tmp_path_factory: pytest.TempPathFactory):
    """Gives the clip of a kind, ``(path, kind)``."""
    made: dict[str, Path] = {}

    def get(name: str) -> tuple[Path, Kind]:
        if name not in made:
            made[name] = KINDS[name].write(tmp_path_factory.mktemp("clip"))
        return made[name], KINDS[name]

    return get


@pytest.fixture(scope="session")
def plain_clip(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """120 pictures as MP4, with its index in front; never change it."""
    return write_clip(tmp_path_factory.mktemp("plain") / "plain.mp4", muxing={"movflags": "faststart"})
