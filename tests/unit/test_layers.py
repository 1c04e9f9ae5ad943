"""What the import contracts cannot see: what is really loaded, and when."""

import subprocess
import sys

import pytest

from tests.data import ROOT

HEAVY = {
    "torch",
    "torchvision",
    "ultralytics",
    "openvino",
    "faiss",
    "cv2",
    "av",
    "scipy",
    "PySide6",
    "pyqtgraph",
}
MAX_LINES = 400


def loaded_after(code: str) -> set[str]:
    """Top-level packages that a fresh interpreter has loaded after some code."""
    tail = "\nimport sys; print(*sorted({name.partition('.')[0] for name in sys.modules}))"
    done = subprocess.run(
        [sys.executable, "-W", "error", "-c", code + tail],
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    return set(done.stdout.split())


@pytest.mark.parametrize("module", ["reid_core.__main__", "app.__main__", "reid_core.cli.main"])
def test_the_command_line_starts_without_heavy_packages(module):
    assert loaded_after(f"import {module}") & HEAVY == set()


def test_no_module_loads_what_is_above_it_or_qt():
    code = """
import importlib, pkgutil
def load(package):
    for found in pkgutil.walk_packages(package.__path__, package.__name__ + "."):
        if not found.name.endswith("__main__"):
            importlib.import_module(found.name)
import reid_core
load(reid_core)
import sys
assert not {"training", "app"} & set(sys.modules), "the core loads what is above it"
import training
load(training)
"""
    assert loaded_after(code) & {"app", "PySide6", "shiboken6", "pyqtgraph"} == set()


def test_files_can_be_read_in_one_sitting():
    long = {
        path.relative_to(ROOT).as_posix(): n_lines
        for package in ("app", "reid_core", "training")
        for path in (ROOT / package).rglob("*.py")
        if (n_lines := len(path.read_text(encoding="utf-8").splitlines())) > MAX_LINES
    }
    assert long == {}
