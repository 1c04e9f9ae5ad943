"""The guards around the tests do guard."""

import importlib
import os
import socket
import subprocess
import sys

import pytest

from tests.plugins import hide_qt
from tests.plugins.loopback import OutsideReachedError, is_loopback

OUTSIDE = "192.0.2.1"  # an address reserved for documentation


def child(code: str, **variables: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-c", code], env=os.environ | variables, capture_output=True, text=True, timeout=60
    )


@pytest.mark.parametrize(
    ("address", "stays"),
    [
        (("127.0.0.1", 80), True),
        (("127.8.9.1", 80), True),
        (("::1", 80, 0, 0), True),
        ("localhost", True),
        ("/run/some.sock", True),
        (None, True),
        ((OUTSIDE, 80), False),
        ("example.invalid", False),
        (("0.0.0.0", 80), False),
    ],
)
def test_loopback_is_told_from_outside(address, stays):
    assert is_loopback(address) is stays


def test_loopback_connections_work():
    with socket.create_server(("127.0.0.1", 0)) as server:
        socket.create_connection(server.getsockname(), timeout=5).close()


def test_a_connection_to_the_outside_is_refused():
    with (
        socket.socket() as outgoing,
        pytest.warns(UserWarning, match=OUTSIDE),
        pytest.raises(RuntimeError, match=OUTSIDE),
    ):
        outgoing.connect((OUTSIDE, 80))


@pytest.mark.parametrize(
    "reach",
    [
        lambda outgoing: outgoing.connect_ex((OUTSIDE, 80)),
        lambda outgoing: outgoing.sendto(b"hello", (OUTSIDE, 80)),
        lambda outgoing: socket.getaddrinfo("example.invalid", 80),
    ],
    ids=["connect_ex", "sendto", "getaddrinfo"],
)
def test_what_pytest_socket_leaves_open_is_refused_as_well(reach):
    with (
        socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as outgoing,
        pytest.raises(OutsideReachedError, match="loopback only"),
    ):
        reach(outgoing)


def test_child_processes_are_guarded():
    done = child(f"import socket; socket.create_connection(('{OUTSIDE}', 80), timeout=5)")
    assert done.returncode == 1
    assert "OutsideReachedError" in done.stderr


@pytest.mark.parametrize("name", sorted(hide_qt.HIDDEN))
def test_the_no_qt_job_hides_qt_from_children(name):
    done = child(f"import {name}", **{hide_qt.VARIABLE: "1"})
    assert done.returncode == 1
    assert "ModuleNotFoundError" in done.stderr


@pytest.mark.skipif(not os.environ.get(hide_qt.VARIABLE), reason="this is not the no-Qt job")
@pytest.mark.parametrize("name", sorted(hide_qt.HIDDEN))
def test_the_no_qt_job_has_no_qt(name):
    assert name not in sys.modules
    with pytest.raises(ModuleNotFoundError):
        importlib.import_module(name)
