"""Live cameras on the command line, against GStreamer's RTSP server."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from itertools import pairwise
from pathlib import Path
from typing import Any

import pytest
from PIL import Image

from reid_core.pipeline.sources import open_footage
from reid_core.store.project import Project
from reid_core.streams.address import parse_address
from reid_core.streams.credentials import hand_over
from tests.e2e.cli import sightline
from tests.fakes import cameras
from tests.fakes.footage import TWO_WALKERS, read_code, render, write_boxes

USER, PASSWORD = "ann", "p@ss:w/ö#%rd 1"
N_PICTURES, FPS = 90, 10


@pytest.fixture(scope="module")
def port(tmp_path_factory):
    folder = tmp_path_factory.mktemp("pictures")
    for n in range(N_PICTURES):
        Image.fromarray(render(TWO_WALKERS, n)).save(folder / f"{n:04d}.jpg", quality=92)
    mounts = {"/live": cameras.clip(folder, N_PICTURES, FPS)}
    with cameras.rtsp_server(mounts, users=[(USER, PASSWORD)]) as port:
        yield port


@pytest.fixture(scope="module")
def boxes(tmp_path_factory):
    return write_boxes(tmp_path_factory.mktemp("boxes"), "lobby", TWO_WALKERS, N_PICTURES)


class Job:
    """``sightline ingest ... --events`` in a process of its own."""

    def __init__(self, *arguments: object) -> None:
        command = [sys.executable, "-m", "app", "ingest", *map(str, arguments), "--events"]
        self.process = subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
        self.lines: list[str] = []

    def until(self, enough: Callable[[list[dict[str, Any]]], bool]) -> None:
        """Read events until there is enough of them."""
        assert self.process.stdout is not None
        deadline = time.monotonic() + 120
        while not enough([json.loads(line) for line in self.lines]):
            assert time.monotonic() < deadline, self.lines
            line = self.process.stdout.readline()
            assert line, (self.lines, self.process.communicate())
            self.lines.append(line)

    def stop(self) -> str:
        """Press Ctrl-C; everything that it wrote."""
        self.process.send_signal(signal.SIGINT)
        out, err = self.process.communicate(timeout=120)
        assert self.process.returncode == 0, err
        assert "Traceback" not in err
        return "".join(self.lines) + out + err


def has_looked_at(n_frames: int) -> Callable[[list[dict[str, Any]]], bool]:
    return lambda events: any(e["event"] == "Progress" and e["done"] >= n_frames for e in events)


def holds_password(text: str | bytes) -> bool:
    data = text.encode() if isinstance(text, str) else text
    return PASSWORD.encode() in data or b"p%40ss" in data or b"p@ss" in data


@pytest.mark.slow
def test_a_camera_is_watched_recorded_stopped_and_taken_up_again(port, boxes, tmp_path, monkeypatch):
    monkeypatch.setenv("LOBBY_PASSWORD", PASSWORD)
    path = tmp_path / "p.sightline"
    address = f"rtsp://{USER}:env:LOBBY_PASSWORD@127.0.0.1:{port}/live"
    detector = ("--detector", f"replay:{boxes}")
    sightline(
        "ingest",
        path,
        "--camera",
        f"lobby={address}",
        "--record",
        "lobby=1GB,1h",
        "--stop-after",
        "1s",
        "--stall-after",
        "30s",
        *detector,
    )
    job = Job(path, *detector)  # the project knows its camera
    job.until(has_looked_at(30))
    lines = [
        (entry / "cmdline").read_bytes()
        for entry in Path("/proc").iterdir()
        if entry.name.isdigit() and (entry / "cmdline").exists()
    ]
    written = job.stop()
    assert not any(holds_password(line) for line in lines)
    assert not holds_password(written)
    assert '"state": "live"' in written
    assert '"state": "stopped"' in written
    for file in tmp_path.rglob("*"):
        assert not file.is_file() or not holds_password(file.read_bytes()), file
    with Project.open(path) as project:
        takes = [source for source in project.sources() if source.info["n_frames"]]
        assert {take.path for take in takes} == {address}
        assert project.tracklets()
        source = open_footage(project, takes[-1])
        t_ms = source.times()[1]
        codes = [read_code(source.read(idx).image) for idx in range(3, 28, 4)]
        assert [(b - a) % N_PICTURES for a, b in pairwise(codes)] == [4] * 6
        assert t_ms[20] - t_ms[10] == pytest.approx(1000, abs=5)
        source.close()
    for format_ in ("csv", "json"):
        sightline("export", path, "--format", format_, "--out", tmp_path / format_)
        for file in (tmp_path / format_).rglob("*"):
            assert not file.is_file() or not holds_password(file.read_bytes())


@pytest.mark.parametrize(
    ("login", "result", "code"),
    [
        (f"{USER}:env:LOBBY_PASSWORD@", "ok 320x240", 0),
        (f"{USER}:not-this-one@", "authentication failed", 7),
        ("", "authentication failed", 7),
    ],
)
def test_an_address_is_tried(port, login, result, code, monkeypatch):
    monkeypatch.setenv("LOBBY_PASSWORD", PASSWORD)
    tried = sightline("stream-test", f"rtsp://{login}127.0.0.1:{port}/live", expect=code)
    assert result in tried.out
    assert not holds_password(tried.out + tried.err)
    assert "not-this-one" not in tried.out + tried.err


def test_a_password_that_the_window_hands_over_reaches_its_children(port):
    address = parse_address(f"rtsp://{USER}@127.0.0.1:{port}/live").address
    before = set(os.environ)
    hand_over(address, PASSWORD)
    (name,) = set(os.environ) - before
    try:
        assert "ok 320x240" in sightline("stream-test", address).out
    finally:
        del os.environ[name]


def test_an_address_where_nobody_is_is_unreachable():
    assert "unreachable" in sightline("stream-test", "rtsp://127.0.0.1:9/x", expect=8).out


@pytest.mark.parametrize(
    "arguments",
    [
        ("ingest", "p", "--camera", "lobby=rtsp://ann:ssw0rd/x@127.0.0.1/x"),
        ("ingest", "p", "--camera", "rtsp://ann:ssw0rd@127.0.0.1/x"),
        ("ingest", "p", "--camera", "lo/bby=rtsp://ann:ssw0rd@127.0.0.1/x"),
        ("ingest", "p", "--kamera", "lobby=rtsp://ann:ssw0rd@127.0.0.1/x"),
        ("ingest", "p", "--record", "lobby=rtsp://ann:ssw0rd@127.0.0.1/x"),
        ("stream-test", "rtmp://ann:ssw0rd@127.0.0.1/x"),
        ("stream-test", "rtsp://ann:ssw0rd@127.0.0.1:99999/x"),
        ("rtsp://ann:ssw0rd@127.0.0.1/x",),
    ],
)
def test_what_is_refused_repeats_no_password(arguments, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("PYTHONPATH", f"{Path(__file__).parents[2]}{os.pathsep}{os.environ['PYTHONPATH']}")
    refused = sightline(*arguments, expect=2)
    assert "ssw0rd" not in refused.out + refused.err
