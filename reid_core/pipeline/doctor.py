"""Examines this computer for `sightline doctor`: what is there, what is wrong with it, and what to do.

Every check is data; the command line prints it. What could crash while it is looked at (OpenMP runtimes, the
window's toolkit) is looked at in a child process. Layers above the core add checks of their own through the
entry-point group `CHECKS_GROUP`, so that the core imports none of them.
"""

from __future__ import annotations

import platform
import sys
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from importlib import import_module, metadata
from typing import Literal

from reid_core.errors import ReidError

DISTRIBUTION = "sightline-reid"
CHECKS_GROUP = "sightline.checks"
SUPPORTED_PYTHON = ((3, 11), (3, 13))

State = Literal["ok", "warning", "failed"]


@dataclass(frozen=True, slots=True)
class Check:
    """One thing that was looked at.

    Attributes:
        name: What was looked at, e.g. ``FFmpeg in PyAV``.
        state: ``ok``; ``warning``: the program runs, with a limit; ``failed``: it cannot run like this.
        found: What is there: a version, a path, a hash.
        advice: What to do, one or two sentences; empty where nothing has to be done.
    """

    name: str
    state: State
    found: str
    advice: str = ""


CheckFunction = Callable[[], Iterable[Check]]


def examine() -> list[Check]:
    """Every check, in the order in which a person would read them; none of them raises."""
    checks = [check for name, load in _CHECKS.items() for check in _guarded(name, load)]
    for point in sorted(metadata.entry_points(group=CHECKS_GROUP), key=lambda point: point.name):
        checks += _guarded(point.name, point.load)
    return checks


def _guarded(name: str, load: Callable[[], CheckFunction]) -> list[Check]:
    """The checks of a function; an exception of it, or while it is loaded, is a finding too."""
    try:
        return list(load()())
    except ReidError as error:
        return [Check(name, "failed", "could not be examined", str(error))]
    except Exception as error:  # a broken installation breaks in many ways
        return [Check(name, "failed", f"{type(error).__name__}: {error}", _REINSTALL)]


_REINSTALL = f"Install again: pip install --force-reinstall {DISTRIBUTION}"


def check_python() -> list[Check]:
    """The interpreter, and whether the dependencies support it."""
    found = f"{platform.python_version()} on {platform.platform()}, {sys.executable}"
    lowest, highest = SUPPORTED_PYTHON
    if lowest <= sys.version_info[:2] <= highest:
        return [Check("Python", "ok", found)]
    return [
        Check("Python", "failed", found, "Install Python 3.11, 3.12 or 3.13 and set Sightline up with it.")
    ]


def check_packages() -> list[Check]:
    """Sightline itself and each package that it needs, with its version."""
    try:
        version, requirements = metadata.version(DISTRIBUTION), metadata.requires(DISTRIBUTION) or []
    except metadata.PackageNotFoundError:
        advice = "Run from an installation: pip install -c constraints.txt -e . in the checkout."
        return [Check("Sightline", "failed", "not installed as a package", advice)]
    checks = [Check("Sightline", "ok", version)]
    for requirement in requirements:
        if "extra ==" in requirement:
            continue
        name = requirement_name(requirement)
        try:
            checks.append(Check(f"package {name}", "ok", metadata.version(name)))
        except metadata.PackageNotFoundError:
            advice = f"Install it: pip install '{requirement}'"
            checks.append(Check(f"package {name}", "failed", "missing", advice))
    return checks


def requirement_name(requirement: str) -> str:
    """The package's name in a requirement.

    >>> requirement_name("PySide6-Essentials<6.12,>=6.8")
    'PySide6-Essentials'
    """
    letters = 0
    while letters < len(requirement) and (requirement[letters].isalnum() or requirement[letters] in "-_."):
        letters += 1
    return requirement[:letters]


def _part(module: str, function: str) -> Callable[[], CheckFunction]:
    """Loads a check of another file, which may not even import where the installation is broken."""

    def load() -> CheckFunction:
        check: CheckFunction = getattr(import_module(f"reid_core.pipeline.{module}"), function)
        return check

    return load


_CHECKS: dict[str, Callable[[], CheckFunction]] = {
    "Python": lambda: check_python,
    "packages": lambda: check_packages,
    "device": _part("doctor_runtimes", "check_device"),
    "decoders": _part("doctor_runtimes", "check_decoders"),
    "OpenMP": _part("doctor_runtimes", "check_openmp"),
    "folders": _part("doctor_files", "check_folders"),
    "models": _part("doctor_files", "check_models"),
}
