"""Checks of what lies on the disk: folders that must be writable, free space, and the models."""

from __future__ import annotations

import os
import shutil
import tempfile
from pathlib import Path

from reid_core.errors import ModelNotFoundError
from reid_core.paths import cache_dir
from reid_core.pipeline.doctor import Check, State
from reid_core.weights import ModelKind, find_model, list_models
from reid_core.weights.download import is_offline
from reid_core.weights.find import MODELS_VARIABLE, models_folder

LITTLE_SPACE_BYTES = 2 << 30
NO_SPACE_BYTES = 100 << 20
_TITLES: dict[ModelKind, str] = {"detector": "detector", "reid": "re-ID model"}


def check_folders() -> list[Check]:
    """The folders that are written to: whether that works, and how much space is left."""
    return [
        folder_check("cache folder", cache_folder(), "failed", "Set SIGHTLINE_CACHE to a folder that is."),
        folder_check("temporary folder", Path(tempfile.gettempdir()), "failed", "Set TMPDIR to one that is."),
        folder_check("current folder", Path.cwd(), "warning", "Make projects in another folder."),
    ]


def cache_folder() -> Path | None:
    """The program's cache, or None where it cannot be made."""
    try:
        return cache_dir()
    except OSError:
        return None


def folder_check(name: str, folder: Path | None, state: State, advice: str) -> Check:
    """Whether a folder can be written to and has space.

    Args:
        name: The check's name.
        folder: The folder, None where it cannot even be made.
        state: What it means when the folder cannot be written to.
        advice: What to do then.
    """
    if folder is None:
        return Check(name, state, "cannot be made", f"It must be writable. {advice}")
    try:
        with tempfile.TemporaryFile(dir=folder) as file:
            file.write(b"sightline")
        n_free = shutil.disk_usage(folder).free
    except OSError as error:
        return Check(name, state, f"{folder}: {error.strerror or error}", f"It is not writable. {advice}")
    found = f"{folder}, {n_free / (1 << 30):.1f} GiB free"
    if n_free < NO_SPACE_BYTES:
        return Check(name, state, found, f"The disk is full. Make room. {advice}")
    if n_free < LITTLE_SPACE_BYTES:
        return Check(name, "warning", found, "Little space is left: an hour of footage may need more.")
    return Check(name, "ok", found)


def check_models() -> list[Check]:
    """Every model that would be found without being named, with its hash; the first of a kind is used."""
    checks = []
    folder = models_folder()
    if folder is not None and not folder.is_dir():
        advice = f"Set {MODELS_VARIABLE} to the folder that holds your models, or unset it."
        checks.append(Check(MODELS_VARIABLE, "warning", f"{folder} is no folder", advice))
    for kind in _TITLES:
        checks += _models_of(kind)
    return checks


def _models_of(kind: ModelKind) -> list[Check]:
    name = _TITLES[kind]
    found = [
        Check(name, "ok", f"{model.name}, {model.origin}: {os.fspath(model.path)}, sha256 {model.sha256}")
        for model in list_models(kind)
    ]
    if found:
        return found
    if kind == "detector" and not is_offline():
        advice = (
            "ultralytics' download is tried when a detector is first needed; SIGHTLINE_OFFLINE=1 forbids it."
        )
        return [Check(name, "warning", "none on this computer", advice)]
    try:
        find_model(kind)
    except ModelNotFoundError as error:
        return [Check(name, "failed", "none", str(error))]
    return []
