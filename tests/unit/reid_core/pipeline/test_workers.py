"""The thread that owns the device: what it keeps at work, and in which order results come out."""

from __future__ import annotations

import threading

import numpy as np
import pytest

from reid_core.media.source import SourceEnd
from reid_core.pipeline.stage import Crew
from reid_core.pipeline.workers import N_RUNNING, Decoded, DecodeEnded, Detected, DeviceWorker
from reid_core.types import Detections, Frame
from tests.fakes.models import ColorEmbedder

IMAGE = np.zeros((32, 48, 3), np.uint8)


class Counting:
    """A detector that notes which batches are at work; a frame's score tells its rank."""

    key, batch_size, device_note = "counting", 2, "test"

    def __init__(self) -> None:
        self.at_work: list[int] = []
        self.most = 0

    def start(self, frames):
        first = frames[0].index
        self.at_work.append(first)
        self.most = max(self.most, len(self.at_work))

        def result():
            assert self.at_work.pop(0) == first, "results are taken in the order of starting"
            return [Detections.of([(0, 0, 9, 9)], [frame.index / 1000]) for frame in frames]

        return result

    def detect(self, frames):
        return self.start(frames)()


@pytest.fixture
def device():
    """A detector, a worker's channels of frames and results, and its crew."""
    detector = Counting()
    with Crew() as crew:
        frames, requests, results = crew.channel(), crew.channel(), crew.channel()
        worker = DeviceWorker(
            detector,
            ColorEmbedder(),
            lambda _image, found: np.zeros((len(found), 1), np.float32),
            frames,
            requests,
            results,
        )
        yield detector, frames, results, lambda: crew.start("device", worker.run)
    crew.raise_error()
    assert not detector.at_work, "a device that still reads pictures is waited for"


def push(frames, n: int, *, run: int = 1) -> None:
    for idx in range(n):
        frames.put(Decoded(run, Frame("gate", idx, idx, float(idx), IMAGE), False))


def take(results, n: int) -> list:
    return [results.get(60.0) for _ in range(n)]


def test_the_next_batch_is_at_work_before_the_last_one_is_read(device):
    detector, frames, results, start = device
    push(frames, 8)
    frames.put(DecodeEnded(1, SourceEnd.ENDED, ""))
    start()
    found = take(results, 9)
    assert detector.most == N_RUNNING
    assert [item.frame.index for item in found[:8]] == list(range(8))
    assert [round(1000 * float(item.detections.scores[0])) for item in found[:8]] == list(range(8))
    assert isinstance(found[8], DecodeEnded), "the end of a source comes after all of its frames"


def test_a_short_batch_does_not_wait_for_frames_that_do_not_come(device):
    _, frames, results, start = device
    start()
    push(frames, 3)
    found = take(results, 3)
    assert all(isinstance(item, Detected) for item in found)


def test_stopping_waits_for_the_batches_at_work(device):
    _, frames, results, start = device
    seen = threading.Event()
    put = results.put
    results.put = lambda item: (seen.set(), put(item))
    push(frames, 50)
    start()
    assert seen.wait(60.0)  # the fixture stops the crew with most of the frames still to come
