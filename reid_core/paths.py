"""Where the program keeps its own files on this computer."""

from __future__ import annotations

import os
from importlib.resources import files
from pathlib import Path

import platformdirs


def cache_dir() -> Path:
    """Folder for what can be made again, such as converted models; ``SIGHTLINE_CACHE`` overrides it."""
    chosen = os.environ.get("SIGHTLINE_CACHE")
    folder = Path(chosen) if chosen else Path(platformdirs.user_cache_dir("sightline", appauthor=False))
    folder.mkdir(parents=True, exist_ok=True)
    return folder


def bundled_models_dir() -> Path:
    """``assets/models``: the models that ship inside the wheel."""
    return Path(str(files("assets"))) / "models"
