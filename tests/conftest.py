"""What holds for every test: guards, folders of its own, markers from the place where a test stands."""

from __future__ import annotations

import os
import shutil
import tempfile
from pathlib import Path

import pytest
from hypothesis import settings

from tests.data import find_shared_data
from tests.plugins import loopback

TESTS = Path(__file__).resolve().parent
WINDOW_FOLDERS = (TESTS / "gui", TESTS / "screenshots")
collect_ignore = ["fakes/rtsp_server.py"]  # a program for the system's Python: it has GStreamer, ours has not

# The same examples in every run, and no deadline: machines of all speeds run these tests.
settings.register_profile("gates", derandomize=True, deadline=None, print_blob=True)
settings.load_profile("gates")


def pytest_configure(config: pytest.Config) -> None:
    """Guard this process and, through the environment, every Python that it starts."""
    loopback.install()
    inherited = os.environ.get("PYTHONPATH")
    os.environ["PYTHONPATH"] = os.pathsep.join([str(TESTS / "child"), *([inherited] if inherited else [])])
    os.environ.setdefault("QT_QPA_PLATFORM", "offscreen")
    os.environ["SIGHTLINE_OFFLINE"] = "1"
    os.environ.pop(
        "SIGHTLINE_MODELS", None
    )  # the same models for everyone: the research weights, or bundled ones
    if (data := find_shared_data()) is not None:
        os.environ["SIGHTLINE_MODELS"] = str(data / "weights")
    cache = tempfile.mkdtemp(prefix="sightline-tests-")
    os.environ["SIGHTLINE_CACHE"] = (
        cache  # converted models are shared by the tests of one run, and only there
    )
    config.add_cleanup(lambda: shutil.rmtree(cache, ignore_errors=True))


@pytest.hookimpl(tryfirst=True)
def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    """Mark the window's tests by their folder; leave the GPU's to `make test-gpu`."""
    gpu_asked = "gpu" in (config.getoption("-m") or "")
    for item in items:
        if any(folder in item.path.parents for folder in WINDOW_FOLDERS):
            item.add_marker(pytest.mark.gui)
        if item.get_closest_marker("gpu") and not gpu_asked:
            item.add_marker(pytest.mark.skip(reason="needs a CUDA device: make test-gpu"))
