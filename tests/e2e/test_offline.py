"""Packages that call home by default do not do it here: each is imported as the program imports it."""

import os
import subprocess
import sys

import pytest

WATCH = """
import threading, time
from tests.plugins import loopback
{code}
for thread in threading.enumerate():  # reports are sent in the background
    if thread is not threading.current_thread():
        thread.join(5)
print(loopback.attempts)
"""
PARTS = {
    "openvino": """
from reid_core.thirdparty import quiet_openvino
quiet_openvino()
import openvino
openvino.convert_model
""",
    "ultralytics": """
from reid_core.thirdparty import quiet_ultralytics
quiet_ultralytics()
import ultralytics.nn.tasks, ultralytics.utils.downloads
from ultralytics.utils import ONLINE, SETTINGS
assert not ONLINE and not SETTINGS["sync"]
""",
    "torch": "import torch, torchvision",
    "swallowed": """
import socket
try: socket.getaddrinfo("example.invalid", 80)
except RuntimeError: pass
""",
}


def attempts(part: str, home) -> str:
    # Some packages stay quiet where they see a CI job or a test: they must be quiet for users.
    hidden = {"CI", "PYTEST_CURRENT_TEST", "PYTEST_VERSION"}
    variables = {key: value for key, value in os.environ.items() if key not in hidden}
    variables |= {"HOME": str(home), "USERPROFILE": str(home), "SIGHTLINE_CACHE": str(home / "cache")}
    done = subprocess.run(
        [sys.executable, "-c", WATCH.format(code=PARTS[part])],
        env=variables,
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    return done.stdout.strip().splitlines()[-1]


@pytest.mark.parametrize("part", ["openvino", "ultralytics", "torch"])
def test_nothing_reaches_out(part, tmp_path):
    assert attempts(part, tmp_path) == "[]"
    assert [path.name for path in tmp_path.iterdir() if path.name != "cache"] == []  # nothing left at home


def test_an_attempt_that_is_swallowed_is_seen_all_the_same(tmp_path):
    assert "example.invalid" in attempts("swallowed", tmp_path)
