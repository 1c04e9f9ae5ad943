"""Pictures over UDP, from GStreamer's RTSP server on loopback."""

from __future__ import annotations

import os
import socket
import threading
import time
from contextlib import closing
from itertools import pairwise
from urllib.parse import quote

import psutil
import pytest

from reid_core.streams.address import parse_address
from reid_core.streams.check import check_stream
from reid_core.streams.connection import Patience, Switch
from reid_core.streams.credentials import find_login
from reid_core.streams.opening import connector
from reid_core.streams.rtsp_udp import UdpPath
from reid_core.streams.sockets import Line
from reid_core.streams.watch import Picture, TakeBegan, TakeEnded, Watch
from tests.fakes import cameras

QUICK = Patience(connect_s=5, read_s=5, first_frame_s=20, frame_s=5, first_wait_s=0.05, longest_wait_s=0.2)


def connect(address):
    return connector(find_login(parse_address(address)), QUICK)


def n_udp_ports():
    return sum(one.type == socket.SOCK_DGRAM for one in psutil.Process(os.getpid()).net_connections("inet"))


@pytest.fixture(scope="module")
def server():
    with cameras.rtsp_server({"/a": cameras.pattern()}, users=[("ann", "right:@/ß")]) as port:
        yield port


@pytest.fixture
def address(server):
    return f"rtsp+udp://ann:{quote('right:@/ß', safe='')}@127.0.0.1:{server}/a"


def test_pictures_come_in_datagrams_and_every_port_is_given_back(address):
    n_threads = threading.active_count()
    connection = connect(address)(Switch())
    with closing(connection):
        assert n_udp_ports() == 2
        shots = [shot for shot, _ in zip(connection.shots(), range(30), strict=False)]
        assert shots[0].picture().shape == (240, 320, 3)
        ticks = [shot.ticks for shot in shots]
        assert {b - a for a, b in pairwise(ticks)} == {3600}  # 25 a second, none is lost
    assert n_udp_ports() == 0
    assert threading.active_count() == n_threads


def test_a_camera_is_tried_over_udp(address, server):
    assert str(check_stream(connect(address), QUICK)) == "ok 320x240 25 fps h264"
    wrong = check_stream(connect(f"rtsp+udp://ann:wrong-one@127.0.0.1:{server}/a"), QUICK)
    assert wrong.result == "authentication failed"


def test_an_answer_may_come_before_the_request_counts_as_sent(address, monkeypatch):
    send = Line.send

    def send_and_linger(line, data):
        send(line, data)
        time.sleep(0.1)  # the camera's answer is there before this thread goes on

    monkeypatch.setattr(Line, "send", send_and_linger)
    assert str(check_stream(connect(address), QUICK)) == "ok 320x240 25 fps h264"


def test_a_camera_that_sends_no_datagrams_says_what_to_write():
    with cameras.rtsp_server({"/a": cameras.pattern()}, tcp_only=True) as port:
        checked = check_stream(connect(f"rtsp+udp://127.0.0.1:{port}/a"), QUICK)
        assert str(check_stream(connect(f"rtsp://127.0.0.1:{port}/a"), QUICK)).startswith("ok")
    assert checked.result == "no video"
    assert "write rtsp:// in place of rtsp+udp://" in checked.detail


def test_a_camera_that_goes_is_another_take_when_it_comes_back(server):
    address = f"rtsp+udp://ann:{quote('right:@/ß', safe='')}@127.0.0.1"
    stop, events = threading.Event(), []
    with cameras.cable(server) as cable:
        watch = Watch("a", connect(f"{address}:{cable.port}/a"), patience=QUICK, stop=stop)
        deadline = time.monotonic() + 60
        n_pictures = 0
        for event in watch.events():
            n_pictures += isinstance(event, Picture)
            if not isinstance(event, Picture):
                events.append(event)
            if n_pictures == 5:
                cable.pull()
            if n_pictures > 20 and sum(isinstance(one, TakeBegan) for one in events) >= 2:
                stop.set()
            assert time.monotonic() < deadline
    kinds = [type(event) for event in events]
    assert kinds[:3] == [TakeBegan, TakeEnded, TakeBegan]
    assert n_udp_ports() == 0


def test_datagrams_of_others_are_dropped():
    with (
        closing(UdpPath(0, "127.0.0.1", "127.0.0.2")) as path,
        socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as camera,
        socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as stranger,
    ):
        camera.bind(("127.0.0.2", 0))
        stranger.bind(("127.0.0.3", 0))
        stranger.sendto(b"not from the camera", ("127.0.0.1", path.port))
        camera.sendto(b"a report", ("127.0.0.1", path.port + 1))
        camera.sendto(b"a packet", ("127.0.0.1", path.port))
        found: list[tuple[int, bytes]] = []
        while len(found) < 2:
            found += path.receive(10)
    assert sorted(found) == [(0, b"a packet"), (1, b"a report")]
