"""Against GStreamer's RTSP server on loopback."""

import os
import threading
import time
from contextlib import closing
from pathlib import Path
from urllib.parse import quote

import psutil
import pytest

from reid_core.streams.address import parse_address
from reid_core.streams.check import check_stream
from reid_core.streams.connection import Patience
from reid_core.streams.credentials import find_login
from reid_core.streams.opening import connector
from reid_core.streams.watch import Failed, Picture, TakeBegan, TakeEnded, Watch
from tests.fakes import cameras
from tests.fakes.passwords import awkward_passwords

QUICK = Patience(connect_s=5, read_s=5, first_frame_s=20, frame_s=3, first_wait_s=0.05, longest_wait_s=0.2)
SHORT = Patience(connect_s=2, read_s=1, first_frame_s=2, frame_s=1, first_wait_s=0.05, longest_wait_s=0.2)


def connect(address, patience=QUICK, **options):
    return connector(find_login(parse_address(address), **options), patience)


@pytest.fixture(scope="module")
def server():
    with cameras.rtsp_server({"/a": cameras.pattern(), "/small": cameras.pattern(160, 120, 50)}) as port:
        yield port


def test_a_camera_is_tried(server):
    checked = check_stream(connect(f"rtsp://127.0.0.1:{server}/a"), QUICK)
    assert str(checked) == "ok 320x240 25 fps h264"


def test_a_wrong_path_is_no_video(server):
    checked = check_stream(connect(f"rtsp://127.0.0.1:{server}/none"), QUICK)
    assert checked.result == "no video"
    assert "404" in checked.detail


def test_nobody_there_is_unreachable():
    checked = check_stream(connect("rtsp://127.0.0.1:9/a"), QUICK)
    assert checked.result == "unreachable"
    assert "nothing listens" in checked.detail


@pytest.mark.parametrize("digest", [False, True], ids=["basic", "digest"])
def test_passwords_are_checked_by_the_camera(digest):
    with cameras.rtsp_server({"/a": cameras.pattern()}, users=[("ann", "right:@/ß")], digest=digest) as port:
        place = f"127.0.0.1:{port}/a"
        right = check_stream(connect(f"rtsp://ann:{quote('right:@/ß', safe='')}@{place}"), QUICK)
        wrong = check_stream(connect(f"rtsp://ann:wrong@{place}"), QUICK)
        none = check_stream(connect(f"rtsp://{place}"), QUICK)
    assert right.result == "ok"
    assert wrong.result == none.result == "authentication failed"
    assert "wrong" not in str(wrong)


@pytest.mark.slow
def test_two_hundred_passwords_connect_and_stand_on_no_command_line(monkeypatch):
    passwords = awkward_passwords()
    users = [(f"user{n}", password) for n, password in enumerate(passwords)]
    with cameras.rtsp_server({"/a": cameras.pattern(fps=50, key_every=1)}, users=users) as port:
        for n, (user, password) in enumerate(users):
            if n % 2:
                monkeypatch.setenv("CAMERA_PASSWORD", password)
                address = f"rtsp://{user}:env:CAMERA_PASSWORD@127.0.0.1:{port}/a"
            else:
                address = f"rtsp://{user}:{quote(password, safe='')}@127.0.0.1:{port}/a"
            opened = check_stream(connect(address), QUICK)
            assert opened.result == "ok", (n, opened)
            assert password not in str(opened)
    lines = {pid: _command_line(pid) for pid in psutil.pids()}
    found = [pid for pid, line in lines.items() for p in passwords if p.encode() in line]
    assert not found


def _command_line(pid: int) -> bytes:
    try:
        return Path(f"/proc/{pid}/cmdline").read_bytes()
    except OSError:
        return b""


def pictures_of(address, enough, patience=QUICK):
    stop, events = threading.Event(), []
    watch = Watch("lobby", connect(address, patience), patience=patience, stop=stop)
    deadline = time.monotonic() + 120
    with closing(watch.events()) as coming:
        for event in coming:
            events.append(event)
            if enough(events) or time.monotonic() > deadline:
                stop.set()
    assert time.monotonic() < deadline, [e for e in events if not isinstance(e, Picture)]
    assert watch.n_stuck == 0
    return events


def test_a_camera_that_is_off_for_five_seconds_comes_back_as_another_take():
    with cameras.rtsp_server({"/a": cameras.pattern()}) as port:
        pass
    state: dict[str, float] = {}

    def run():
        with cameras.rtsp_server({"/a": cameras.pattern()}, port=port):
            first.wait(60)
        state["off"] = time.time()
        time.sleep(5)
        with cameras.rtsp_server({"/a": cameras.jpeg_pattern(200, 160, 10)}, port=port):
            second.wait(60)

    first, second = threading.Event(), threading.Event()
    power = threading.Thread(target=run)
    power.start()

    def enough(events):
        takes = [e for e in events if isinstance(e, TakeBegan)]
        if len(takes) == 1 and sum(isinstance(e, Picture) for e in events) > 5:
            first.set()
        return len(takes) == 2 and isinstance(events[-1], Picture)

    try:
        events = pictures_of(f"rtsp://127.0.0.1:{port}/a", enough)
    finally:
        first.set()
        second.set()
        power.join()
    takes = [e for e in events if isinstance(e, TakeBegan)]
    lost = next(e for e in events if isinstance(e, TakeEnded))
    kinds = [(t.info.width, t.info.height, t.info.codec, round(t.info.fps)) for t in takes]
    assert kinds == [(320, 240, "h264", 25), (200, 160, "mjpeg", 10)]  # another size, codec and rate as well
    assert lost.reason
    assert lost.at_s <= state["off"] + 1
    assert takes[1].at_s >= state["off"] + 5
    assert any(isinstance(e, Failed) and e.failure.trouble == "unreachable" for e in events)


@pytest.mark.slow
def test_a_hundred_drops_leak_nothing(server):
    process = psutil.Process()
    with cameras.cable(server) as cable:
        usage: list[tuple[int, int, int]] = []
        total = _watch_drops(f"rtsp://127.0.0.1:{cable.port}/small", cable, 100, usage, process)
    assert total == 100
    assert cable.n_connections >= 100
    threads, handles, memory = zip(*usage, strict=True)
    assert max(threads[20:]) <= max(threads[:20]) + 2
    assert max(handles[20:]) <= max(handles[:20]) + 4
    assert max(memory[80:]) < max(memory[10:30]) + 24 * 2**20


def _watch_drops(address, cable, n_drops, usage, process):
    stop = threading.Event()
    watch = Watch("lobby", connect(address), patience=QUICK, stop=stop)
    n_takes = n_pictures = 0
    with closing(watch.events()) as coming:
        for event in coming:
            if isinstance(event, TakeBegan):
                n_takes, n_pictures = n_takes + 1, 0
            if isinstance(event, Picture):
                n_pictures += 1
                if n_pictures == 3:
                    usage.append((process.num_threads(), process.num_fds(), process.memory_info().rss))
                    cable.pull()
            if isinstance(event, TakeEnded) and n_takes == n_drops:
                stop.set()
    assert watch.n_stuck == 0
    return n_takes


def answering(*answers):
    """An RTSP server that gives one prepared answer after the other, then listens for ever."""

    def serve(near, head):
        for answer in answers:
            cseq = next(line for line in head.split(b"\r\n") if line.lower().startswith(b"cseq"))
            near.sendall(answer.replace(b"CSEQ", cseq))
            head = near.recv(65536)
            if not head:
                return
        while near.recv(65536):
            pass

    return cameras.tcp_server(serve)


OPTIONS = b"RTSP/1.0 200 OK\r\nCSEQ\r\nPublic: DESCRIBE, SETUP, PLAY\r\n\r\n"


@pytest.mark.parametrize(
    "location",
    [
        b"file:///etc/passwd",
        b"rtsp://127.0.0.2/a",
        b"rtsp://192.0.2.1:554/a",
        b"http://127.0.0.1/a",
        b"rtsp://127.0.0.1:1/a",
        b"gopher://127.0.0.1/a",
    ],
)
def test_a_redirect_to_elsewhere_is_refused(location):
    moved = b"RTSP/1.0 302 Moved\r\nCSEQ\r\nLocation: " + location + b"\r\n\r\n"
    with answering(OPTIONS, moved) as port:
        checked = check_stream(connect(f"rtsp://ann:password1@127.0.0.1:{port}/a", SHORT), SHORT)
    assert checked.result == "refused"
    assert "redirects to" in checked.detail


def test_a_redirect_on_the_same_camera_is_followed(server):
    def serve(near, head):
        near.sendall(
            b"RTSP/1.0 302 Moved\r\n"
            + next(line for line in head.split(b"\r\n") if line.startswith(b"CSeq"))
            + b"\r\nLocation: /small\r\n\r\n"
        )
        near.recv(100)

    asked = []

    def choose(near, head):
        asked.append(head.split(b"\r\n")[0])
        serve(near, head)

    with cameras.tcp_server(choose) as port:
        checked = check_stream(connect(f"rtsp://127.0.0.1:{port}/a", SHORT), SHORT)
    assert checked.detail == "the camera redirects in circles; give the address that it leads to"
    assert [line.split(b" ")[1].rpartition(b"/")[2] for line in asked] == [b"a", b"small", b"small"]


def test_a_server_that_accepts_and_never_sends_is_given_up():
    began = time.monotonic()
    with answering() as port:
        checked = check_stream(connect(f"rtsp://127.0.0.1:{port}/a", SHORT), SHORT)
    assert checked.result == "no video"
    assert time.monotonic() - began < 30


def test_a_server_that_drips_is_given_up():
    def drip(near, head):
        for byte in b"RTSP/1.0 200 OK\r\n" + b"X-Slow: yes\r\n" * 1000:
            near.sendall(bytes([byte]))
            time.sleep(0.1)

    began = time.monotonic()
    with cameras.tcp_server(drip) as port:
        checked = check_stream(connect(f"rtsp://127.0.0.1:{port}/a", SHORT), SHORT)
    assert checked.result == "no video"
    assert time.monotonic() - began < 30


@pytest.mark.parametrize(
    "answer",
    [
        b"HTTP/1.1 200 OK\r\n\r\n",
        b"\xff" * 100_000,
        b"RTSP/1.0 200 OK\r\nContent-Length: 999999999\r\n\r\n",
        b"RTSP/1.0 abc\r\nCSEQ\r\n\r\n",
        b"",
    ],
    ids=["http", "noise", "endless", "status", "nothing"],
)
def test_nonsense_is_refused_in_one_sentence(answer):
    with answering(answer) as port:
        checked = check_stream(connect(f"rtsp://127.0.0.1:{port}/a", SHORT), SHORT)
    assert checked.result in ("no video", "refused")
    assert checked.detail
    assert "\n" not in checked.detail


def test_what_a_server_repeats_of_a_password_is_hidden():
    refused = b"RTSP/1.0 455 bad password hunter2hunter2\r\nCSEQ\r\n\r\n"
    with answering(OPTIONS, refused) as port:
        checked = check_stream(connect(f"rtsp://ann:hunter2hunter2@127.0.0.1:{port}/a", SHORT), SHORT)
    assert "hunter2" not in str(checked)


def test_ffmpeg_is_told_no_password(server, monkeypatch):
    opened = []
    import av

    real = av.open
    monkeypatch.setattr(
        av, "open", lambda *args, **kwargs: opened.append((args, kwargs)) or real(*args, **kwargs)
    )
    check_stream(connect(f"rtsp://ann:hunter2hunter2@127.0.0.1:{server}/a"), QUICK)
    assert len(opened) == 1
    assert "hunter2" not in repr(opened)
    assert f":{server}/" not in repr(opened)  # it reaches the camera through us alone
    assert os.environ.get("FFREPORT") is None
