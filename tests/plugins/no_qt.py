"""The no-Qt job, ``pytest -p tests.plugins.no_qt``: all tests but the window's, with Qt not importable.

The import contracts read the source; this proves the same at run time, child processes included.
"""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from tests.plugins import hide_qt

TESTS = Path(__file__).resolve().parent.parent
WINDOW_FOLDERS = (TESTS / "gui", TESTS / "screenshots")


def pytest_addoption(pluginmanager: pytest.PytestPluginManager) -> None:
    """Hide Qt before any plugin can load it, and leave out pytest-qt, which cannot do without."""
    pluginmanager.set_blocked("pytest-qt")
    os.environ[hide_qt.VARIABLE] = "1"
    hide_qt.install()


def pytest_ignore_collect(collection_path: Path) -> bool | None:
    """Do not even import the window's tests."""
    in_a_window_folder = any(collection_path.is_relative_to(folder) for folder in WINDOW_FOLDERS)
    return True if in_a_window_folder else None


def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    """Leave out what is marked as the window's elsewhere."""
    windowed = [item for item in items if item.get_closest_marker("gui")]
    if windowed:
        config.hook.pytest_deselected(items=windowed)
        items[:] = [item for item in items if not item.get_closest_marker("gui")]
