"""The newest pictures of live cameras on their way to a window."""

from __future__ import annotations

import json
import os
import signal
import socket
import subprocess
import sys
import threading
import time
from contextlib import closing

import numpy as np
import pytest

from reid_core.streams.live_view import NOTE, LivePicture, LiveView
from reid_core.streams.live_viewer import LiveViewer

PANE = (160, 90)
GONE = r"sense|reset|pipe"
BOX = ("c1s1t1000001", 10.0, 20.0, 30.0, 60.0)


def picture(frame_idx, *, source_id=7, shade=96, width=320, height=240):
    image = np.full((height, width, 3), (shade, 10, 200), np.uint8)
    return LivePicture(source_id, frame_idx, 40.0 * frame_idx, image, (BOX,))


def look(folder, answer_s=60.0):
    return LiveViewer(folder, answer_s=answer_s)


def ask_for_ever(viewer):
    while True:
        viewer.ask(7, PANE, None)


@pytest.fixture
def view(tmp_path):
    with closing(LiveView(tmp_path)) as view:
        yield view


def test_a_window_gets_the_newest_picture_in_its_size_with_the_boxes_of_exactly_it(view, tmp_path):
    with closing(look(tmp_path)) as viewer:
        assert viewer.ask(7, PANE, None) is None
        for n in range(5):
            view.show(picture(n, shade=50 * n))
        shown = viewer.ask(7, PANE, None)
        assert (shown.frame_idx, shown.t_ms, shown.boxes) == (4, 160.0, (BOX,))
        assert (shown.width, shown.height, shown.pixels.shape) == (320, 240, (90, 120, 4))
        assert shown.pixels[40, 40].tolist() == [200, 10, 200, 255]  # blue, green, red, opaque
        assert viewer.ask(7, PANE, shown) is shown
        view.show(picture(5))
        assert viewer.ask(7, PANE, shown).frame_idx == 5
        assert viewer.ask(7, (320, 240), shown).pixels.shape == (240, 320, 4)  # the pane has grown
        assert viewer.ask(7, (4000, 3000), None).pixels.shape == (240, 320, 4)  # larger than it is: never
        assert viewer.ask(8, PANE, shown) is None
        view.clear(7)
        assert viewer.ask(7, PANE, shown) is None


def test_only_the_newest_picture_of_a_camera_is_held(view):
    for n in range(100):
        view.show(picture(n))
        view.show(picture(n, source_id=8))
    assert len(view._newest) == 2


def test_who_does_not_know_the_key_gets_nothing(view, tmp_path):
    view.show(picture(1))
    note = json.loads((tmp_path / NOTE).read_text())
    assert (tmp_path / NOTE).stat().st_mode & 0o077 == 0
    other = tmp_path / "other"
    other.mkdir()
    (other / NOTE).write_text(json.dumps({**note, "key": "00" * 32}))
    with pytest.raises(OSError, match="somebody else"):
        LiveViewer(other)
    with socket.create_connection(("127.0.0.1", note["port"]), 10) as stranger:
        stranger.settimeout(10)
        stranger.sendall(bytes(32) + bytes(32))  # a nonce, and a made-up proof
        received = b""
        while data := stranger.recv(4096):
            received += data
    assert len(received) == 64  # the engine's nonce and proof, and no word more
    assert bytes.fromhex(note["key"]) not in received


def test_somebody_who_listens_where_an_engine_did_is_not_believed(tmp_path):
    with socket.create_server(("127.0.0.1", 0)) as door:

        def answer():
            with door.accept()[0] as window:
                window.recv(32)
                window.sendall(bytes(64))

        thread = threading.Thread(target=answer)
        thread.start()
        (tmp_path / NOTE).write_text(json.dumps({"port": door.getsockname()[1], "key": "11" * 32}))
        with pytest.raises(OSError, match="somebody else"):
            LiveViewer(tmp_path)
        thread.join()


@pytest.mark.parametrize("text", ["", "{}", '{"port": 1}', "[]", '{"port": "x", "key": "zz"}'])
def test_a_note_that_makes_no_sense_is_no_engine(tmp_path, text):
    (tmp_path / NOTE).write_text(text)
    with pytest.raises(OSError, match="note"):
        LiveViewer(tmp_path)


def test_no_note_is_no_engine(tmp_path):
    with pytest.raises(OSError, match=NOTE):
        LiveViewer(tmp_path)


def test_closing_leaves_nothing_behind(tmp_path):
    n_threads = threading.active_count()
    view = LiveView(tmp_path)
    viewers = [look(tmp_path) for _ in range(3)]
    view.show(picture(1))
    assert all(viewer.ask(7, PANE, None) for viewer in viewers)
    view.close()
    view.close()
    for viewer in viewers:
        with pytest.raises(OSError, match=GONE):
            viewer.ask(7, PANE, None)
        viewer.close()
    assert threading.active_count() == n_threads
    assert list(tmp_path.iterdir()) == []


ENGINE = """
import sys, time, numpy as np
from pathlib import Path
from reid_core.streams.live_view import LivePicture, LiveView
view = LiveView(Path(sys.argv[1]))
n = 0
while True:
    view.show(LivePicture(7, n, 40.0 * n, np.full((240, 320, 3), 96, np.uint8)))
    if n == 0:
        print("ready", flush=True)
    n += 1
    time.sleep(0.02)
"""


def test_pictures_cross_the_process_border_and_are_gone_when_the_engine_is_killed(tmp_path):
    command = [sys.executable, "-c", ENGINE, str(tmp_path)]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as engine:
        try:
            assert engine.stdout.readline() == "ready\n"
            with closing(look(tmp_path)) as viewer:
                ranks = []
                before = None
                deadline = time.monotonic() + 60
                while len(set(ranks)) < 5 and time.monotonic() < deadline:
                    before = viewer.ask(7, PANE, before)
                    ranks.append(before.frame_idx)
                    time.sleep(0.05)
                assert ranks == sorted(ranks)
            with closing(look(tmp_path, answer_s=3.0)) as viewer:
                os.kill(engine.pid, signal.SIGSTOP)
                with pytest.raises(OSError, match="timed out"):  # halted: nobody waits for it
                    ask_for_ever(viewer)
                os.kill(engine.pid, signal.SIGCONT)
            with closing(look(tmp_path)) as viewer:
                engine.kill()
                engine.wait(60)
                with pytest.raises(OSError, match=GONE):
                    ask_for_ever(viewer)
        finally:
            engine.kill()
    assert [path.name for path in tmp_path.iterdir()] == [NOTE]  # which leads nowhere, and names no picture
    with pytest.raises(OSError, match="refused"):
        LiveViewer(tmp_path)
