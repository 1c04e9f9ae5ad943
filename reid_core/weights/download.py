"""The last place where a detector is looked for: ultralytics' own download of its smallest model."""

from __future__ import annotations

import os
from pathlib import Path

from reid_core.paths import cache_dir
from reid_core.thirdparty import quiet_ultralytics

DOWNLOAD_NAME = "yolo11n"


def is_offline() -> bool:
    """Whether ``SIGHTLINE_OFFLINE`` forbids downloads."""
    return os.environ.get("SIGHTLINE_OFFLINE", "").strip().lower() not in {"", "0", "false", "no"}


def downloaded_detector() -> Path | None:
    """The detector of an earlier download."""
    file = _target()
    return file if file.is_file() else None


def download_detector() -> Path:
    """Fetch ``yolo11n.pt`` into our cache by ultralytics' own function; it is read as any other file.

    Raises:
        OSError: The download failed.
    """
    quiet_ultralytics()
    from ultralytics.utils.downloads import attempt_download_asset

    target = _target()
    target.parent.mkdir(parents=True, exist_ok=True)
    try:
        attempt_download_asset(target, progress=False)
    except Exception as error:  # ultralytics raises what its HTTP client raises
        raise OSError(str(error)) from error
    if not target.is_file():
        raise OSError("nothing arrived")
    return target


def _target() -> Path:
    return cache_dir() / "downloads" / f"{DOWNLOAD_NAME}.pt"
