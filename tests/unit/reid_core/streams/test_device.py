"""Webcams, through a capture that is not there: no test machine has one."""

import numpy as np
import pytest

from reid_core.streams.connection import Switch
from reid_core.streams.device import DeviceStream
from reid_core.streams.errors import StreamError, Trouble


class FakeCapture:
    def __init__(self, n_pictures, *, is_open=True):
        self.left, self.is_open, self.released = n_pictures, is_open, False

    def isOpened(self):
        return self.is_open

    def read(self):
        if not self.left:
            return False, None
        self.left -= 1
        return True, np.full((48, 64, 3), (255, 0, 0), np.uint8)  # blue, as OpenCV has it

    def get(self, what):
        return 30.0

    def release(self):
        self.released = True


def test_a_webcam_gives_rgb_until_it_is_unplugged():
    capture, clock = FakeCapture(4), iter(range(100))
    stream = DeviceStream(0, Switch(), open_capture=lambda n: capture, clock=lambda: next(clock) / 10)
    shots = []

    def read():
        for shot in stream.shots():
            shots.append(shot)

    with pytest.raises(StreamError, match="no pictures any more") as lost:
        read()
    assert lost.value.trouble is Trouble.LOST
    assert [shot.picture()[0, 0].tolist() for shot in shots] == [[0, 0, 255]] * 4
    assert [shot.ticks for shot in shots] == [9000, 18000, 27000, 36000]
    assert (stream.info.width, stream.info.height, stream.info.fps) == (64, 48, 30.0)
    assert stream.template is None
    stream.close()
    assert capture.released


def test_a_cut_webcam_stops():
    switch = Switch()
    stream = DeviceStream(0, switch, open_capture=lambda n: FakeCapture(10**9))
    for n, _ in enumerate(stream.shots()):
        if n == 3:
            switch.cut()
    assert n == 3


@pytest.mark.parametrize(
    ("capture", "trouble"),
    [(FakeCapture(0, is_open=False), Trouble.UNREACHABLE), (FakeCapture(0), Trouble.NO_VIDEO)],
)
def test_no_webcam_is_said(capture, trouble):
    with pytest.raises(StreamError) as refused:
        DeviceStream(1, Switch(), open_capture=lambda n: capture)
    assert refused.value.trouble is trouble
    assert capture.released
