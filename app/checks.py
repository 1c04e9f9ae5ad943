"""The window's part of `sightline doctor`: whether Qt starts here. Qt is asked in a child process only."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Mapping
from importlib import metadata

from reid_core.pipeline.doctor import Check

NAME = "Qt (window)"
PROBE_TIMEOUT_S = 60
XCB_PACKAGES = (
    "libxcb-cursor0 libxcb-icccm4 libxcb-image0 libxcb-keysyms1 libxcb-render-util0 libxcb-shape0 "
    "libxcb-util1 libxcb-xkb1 libxkbcommon-x11-0"
)


def check_qt() -> list[Check]:
    """Whether a window could open; the commands work without."""
    try:
        version = metadata.version("PySide6-Essentials")
    except metadata.PackageNotFoundError:
        advice = "The commands work without it. For the window: pip install 'PySide6-Essentials>=6.8,<6.12'"
        return [Check(NAME, "warning", "PySide6 is missing", advice)]
    if drops_none(version, sys.version_info[:2]):
        advice = "PySide6 6.12 aborts on Python 3.11: pip install 'PySide6-Essentials>=6.8,<6.12'"
        return [Check(NAME, "failed", f"PySide6 {version}", advice)]
    return [qt_check(version, probe(os.environ), probe({**os.environ, "QT_QPA_PLATFORM": "offscreen"}))]


def drops_none(version: str, python: tuple[int, int]) -> bool:
    """Whether this PySide6 loses references to None until the interpreter aborts (Python 3.11 only).

    >>> drops_none("6.12.0", (3, 11)), drops_none("6.11.3", (3, 11)), drops_none("6.12.0", (3, 12))
    (True, False, False)
    """
    major, minor = (int(part) for part in version.split(".")[:2])
    return python < (3, 12) and (major, minor) >= (6, 12)


def probe(environment: Mapping[str, str]) -> tuple[str, str]:
    """Start Qt in a child process: the name of its platform plugin and "", or "" and why it did not start."""
    kept = {
        key: value for key, value in environment.items() if not (key.startswith("QT_QPA_") and "cv2" in value)
    }
    command = [sys.executable, "-m", "app.qt_probe"]
    try:
        done = subprocess.run(
            command, env=kept, capture_output=True, text=True, timeout=PROBE_TIMEOUT_S, check=False
        )
    except subprocess.TimeoutExpired:
        return "", f"no answer within {PROBE_TIMEOUT_S} s"
    if done.returncode:
        return "", first_reason(done.stderr) or f"ended with code {done.returncode}"
    return str(json.loads(done.stdout)["platform"]), ""


def first_reason(errors: str) -> str:
    """The line of a child's errors that says why: Qt's first one, or a traceback's last one."""
    lines = [line for line in errors.splitlines() if line.strip()]
    if not lines:
        return ""
    return lines[-1] if lines[0].startswith("Traceback") else lines[0]


def qt_check(version: str, as_it_is: tuple[str, str], offscreen: tuple[str, str]) -> Check:
    """Judge what two starts of Qt gave, with the environment as it is and without a display.

    Args:
        version: Version of PySide6.
        as_it_is: What `probe` gave for the environment as it is.
        offscreen: What it gave with the ``offscreen`` platform.
    """
    platform, failure = as_it_is
    if platform:
        return Check(NAME, "ok", f"PySide6 {version}, platform {platform}")
    found = f"PySide6 {version}: {failure}"
    if not offscreen[0]:
        advice = (
            "Qt does not start at all. On Debian: apt-get install libgl1 libegl1 libxkbcommon0 libdbus-1-3 "
            "libfontconfig1 libfreetype6. The commands work without."
        )
        return Check(NAME, "warning", found, advice)
    advice = (
        "No window can open here; the commands work. Where there is a display, on Debian: "
        f"apt-get install {XCB_PACKAGES}"
    )
    return Check(NAME, "warning", found, advice)
