"""Decoding threads on real files: the exact frame, in order, both ways, over gaps and bad footage."""

from __future__ import annotations

import threading
import time
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from app.playback.decoder import CameraDecoder, Look, Seen
from app.playback.picture import MAX_SHOWN_PIXELS, Scaler, shown_size
from app.playback.reading import footage_of
from app.playback.ring import Ring
from app.playback.track import Track
from reid_core.media.clock import CameraClock
from reid_core.media.source import open_source
from reid_core.pipeline.sources import open_recorded
from reid_core.store.records import Source
from tests.fakes.decoders import shot
from tests.fakes.footage import HEIGHT, TWO_WALKERS, WIDTH, read_code, render, write_clip

FRAME_MS = 100.0
N_FRAMES = 120
NO_OFFSET = CameraClock()


@pytest.fixture(scope="module")
def clip(tmp_path_factory) -> Path:
    return write_clip(tmp_path_factory.mktemp("clips") / "a.mp4", TWO_WALKERS, N_FRAMES, gop=40)


def record(source_id: int, path: Path, start_ms: float = 0.0) -> Source:
    opened = open_source(path, "A")
    info = opened.info
    opened.close()
    return Source(
        source_id, "A", source_id, str(path), info.kind, info.fingerprint, info.width, info.height, info.fps,
        info.duration_ms or 0.0, start_ms,
    )  # fmt: skip


def open_footage(source, on_progress):
    return footage_of(open_recorded(source, None, on_progress))


@pytest.fixture
def play():
    """Makes decoders with panes of the frame's own size, and closes them."""
    made: list[CameraDecoder] = []

    def make(*sources: Source, max_bytes=32 * 2**20, clock=NO_OFFSET, opener=open_footage):
        decoder = CameraDecoder(Track("A", sources, clock), opener, max_bytes=max_bytes)
        decoder.resize(WIDTH, HEIGHT)
        made.append(decoder)
        return decoder

    yield make
    for decoder in made:
        decoder.close()
    assert not [thread for thread in threading.enumerate() if thread.name.startswith("decode")]


def settle(decoder: CameraDecoder, limit_s: float = 20.0) -> Look:
    """What is shown once nothing better will come."""
    ends = time.monotonic() + limit_s
    while not (look := decoder.look()).is_settled:
        assert time.monotonic() < ends, f"still {look}"
        time.sleep(0.002)
    return look


def code_of(look: Look) -> int:
    assert look.shot is not None
    return read_code(look.shot.pixels[:, :, 2::-1])


def run(decoder: CameraDecoder, start_ms: float, rate: float, seconds: float) -> list[Look]:
    """What is shown while a clock runs that waits for the decoder, so that load does not matter."""
    seen: list[Look] = []
    at = start_ms
    for _ in range(round(seconds * 50)):
        decoder.aim(at, rate)
        ends = time.monotonic() + 10.0
        while decoder.look().seen is not Seen.EXACT and decoder.look().is_recorded:
            assert time.monotonic() < ends, f"nothing at {at}: {decoder.look()}"
            time.sleep(0.002)
        seen.append(decoder.look())
        at += 20.0 * rate
    return seen


def test_standing_it_comes_to_exactly_the_frame(clip, play):
    decoder = play(record(1, clip))
    for frame in (0, 57, 58, 57, 39, 40, 119, 3):
        decoder.aim(frame * FRAME_MS + 30.0, 0.0)
        look = settle(decoder)
        assert (code_of(look), look.shot.frame_idx, look.seen) == (frame, frame, Seen.EXACT)


def test_a_quick_picture_comes_before_the_exact_one(clip, play):
    first = play(record(1, clip))
    first.aim(7900.0, 0.0)
    frames = []
    ends = time.monotonic() + 20.0
    while not (look := first.look()).is_settled and time.monotonic() < ends:
        if look.shot is not None and look.shot.frame_idx not in frames:
            frames.append(look.shot.frame_idx)
            assert code_of(look) == look.shot.frame_idx
        time.sleep(0.0005)
    assert frames[0] == 80, "the nearest key frame"
    assert code_of(first.look()) == 79


def test_the_latest_request_wins(clip, play):
    decoder = play(record(1, clip))
    for frame in range(0, 110, 7):
        decoder.aim(frame * FRAME_MS, 0.0)
        time.sleep(0.003)
    decoder.aim(6100.0, 0.0)
    assert code_of(settle(decoder)) == 61


def test_playing_shows_every_frame_in_order(clip, play):
    decoder = play(record(1, clip))
    frames = [code_of(look) for look in run(decoder, 0.0, 1.0, 4.0)]
    assert sorted(set(frames)) == list(range(40))
    assert frames == sorted(frames)


def test_it_plays_back_in_order(clip, play):
    decoder = play(record(1, clip))
    frames = [code_of(look) for look in run(decoder, 6050.0, -1.0, 4.0)]
    assert frames == sorted(frames, reverse=True)
    assert set(range(21, 61)) <= set(frames)


def test_it_goes_on_over_a_gap_and_says_where_nothing_is(clip, play):
    one = record(1, clip)
    other = record(2, clip, start_ms=one.duration_ms + 400.0)
    decoder = play(one, other)
    looks = run(decoder, one.duration_ms - 300.0, 1.0, 1.2)
    shown = [(look.shot.source_id, look.shot.frame_idx) for look in looks if look.shot is not None]
    assert list(dict.fromkeys(shown)) == [(1, 117), (1, 118), (1, 119), *((2, n) for n in range(5))]
    assert sum(not look.is_recorded for look in looks) == 20
    back = [look.shot.source_id for look in run(decoder, other.start_ms + 200.0, -1.0, 1.0) if look.shot]
    assert back[0] == 2
    assert back[-1] == 1


def test_the_clock_of_the_camera_counts(clip, play):
    decoder = play(record(1, clip), clock=CameraClock(offset_ms=-1500.0, drift_ppm=100_000.0))
    decoder.aim(-1500.0 + 3000.0 * 1.1, 0.0)
    assert code_of(settle(decoder)) == 30
    assert decoder.beside(1) == pytest.approx(-1500.0 + 3100.0 * 1.1)
    decoder.use(decoder.track.with_offset(-1600.0))
    decoder.aim(-1500.0 + 3000.0 * 1.1, 0.0)
    assert code_of(settle(decoder)) == 30, "100 ms at this drift are less than a frame"


def test_pictures_have_the_size_of_the_pane(clip, play):
    decoder = play(record(1, clip))
    decoder.aim(500.0, 0.0)
    settle(decoder)
    decoder.resize(200, 400)
    look = settle(decoder)
    assert look.shot.pixels.shape == (150, 200, 4)
    assert (look.shot.width, look.shot.height) == (WIDTH, HEIGHT)
    assert look.shot.frame_idx == 5


def test_a_file_that_is_gone_or_no_video_is_a_message(clip, play, tmp_path):
    gone, junk = tmp_path / "gone.mp4", tmp_path / "junk.mp4"
    gone.write_bytes(clip.read_bytes())
    lost = record(1, gone)
    gone.unlink()
    junk.write_bytes(b"not a video" * 100)
    bad = Source(2, "A", 2, str(junk), "video", "x", 320, 240, 10.0, 5000.0, lost.duration_ms)
    good = record(3, clip, start_ms=lost.duration_ms + 5000.0)
    decoder = play(lost, bad, good)
    decoder.aim(1000.0, 0.0)
    assert "gone.mp4 is gone" in settle(decoder).problem
    decoder.aim(lost.duration_ms + 100.0, 0.0)
    assert settle(decoder).problem
    decoder.aim(good.start_ms + 1000.0, 0.0)
    assert code_of(settle(decoder)) == 10
    assert code_of(run(decoder, good.start_ms, 1.0, 0.2)[0]) == 0


def test_playing_passes_over_footage_that_cannot_be_read(clip, play, tmp_path):
    bad = Source(1, "A", 1, str(tmp_path / "no.mp4"), "video", "x", 320, 240, 10.0, 300.0, 0.0)
    decoder = play(bad, record(2, clip, start_ms=300.0))
    decoder.aim(0.0, 1.0)
    ends = time.monotonic() + 10.0
    while not decoder.look().problem:
        assert time.monotonic() < ends
        time.sleep(0.002)
    assert decoder.is_ready()
    assert code_of(run(decoder, 300.0, 1.0, 0.2)[-1]) == 1


def test_a_footage_that_raises_anything_is_a_message(clip, play):
    def explode(_source, _progress):
        raise ZeroDivisionError("by a hostile file")

    decoder = play(record(1, clip), opener=explode)
    decoder.aim(100.0, 0.0)
    assert "ZeroDivisionError" in settle(decoder).problem


def test_a_damaged_middle_is_left_out(clip, play, tmp_path):
    data = bytearray(clip.read_bytes())
    place = data.index(b"mdat")
    third = place + (len(data) - place) // 2
    data[third : third + 400] = bytes(400)
    broken = tmp_path / "broken.mp4"
    broken.write_bytes(bytes(data))
    decoder = play(record(1, broken))
    for frame in (10, 60, 62, 66, 110):
        decoder.aim(frame * FRAME_MS, 0.0)
        assert settle(decoder).problem == ""
    assert (decoder.look().shot.t_ms, code_of(decoder.look())) == (11_000.0, 110)


def test_folders_of_pictures_play_too(play, tmp_path):
    for n in range(12):
        Image.fromarray(render(TWO_WALKERS, n)).save(tmp_path / f"{n:03}.png")
    (tmp_path / "004.png").write_bytes(b"no picture")
    decoder = play(record(1, tmp_path))
    decoder.aim(7 * 40.0, 0.0)
    assert code_of(settle(decoder)) == 7
    decoder.aim(4 * 40.0, 0.0)
    assert settle(decoder).seen is Seen.NEAR, "the unreadable one is not made up"
    assert code_of(run(decoder, 8 * 40.0, 1.0, 0.1)[0]) == 8


def test_closing_stops_the_first_reading_of_a_long_file(clip, play):
    reading = threading.Event()

    def slow(_source, on_progress):
        reading.set()
        while True:
            on_progress(0.1)
            time.sleep(0.005)

    decoder = play(record(1, clip), opener=slow)
    decoder.aim(0.0, 0.0)
    assert reading.wait(5.0)
    started = time.monotonic()
    decoder.close()
    assert decoder.is_over
    assert time.monotonic() - started < 2.0


def test_memory_stays_within_its_bound(clip, play):
    bound = 10 * WIDTH * HEIGHT * 4
    decoder = play(record(1, clip), max_bytes=bound)
    run(decoder, 0.0, 1.0, 3.0)
    held = sum(shot.pixels.nbytes for shot in decoder._ring._shots)
    assert held <= bound


def test_the_ring_keeps_what_is_near_the_moment():
    ring = Ring(5 * shot(1, 0, 0.0).pixels.nbytes)
    for n in range(10):
        ring.add(shot(1, n, n * 40.0), keep_ms=120.0, direction=1.0)
    assert len(ring) == 5
    assert ring.at(120.0) is not None or ring.at(360.0) is not None
    assert ring.at(-5.0) is None
    ring.clear()
    assert ring.nearest(0.0) is None


def test_other_sizes_get_bars_and_turned_ones_are_upright():
    import av

    scaler = Scaler(100, 50, (1, 0, 0, 1))
    white = av.VideoFrame.from_ndarray(np.full((100, 100, 3), 255, np.uint8), format="rgb24")
    pixels = scaler.scale(white, (100, 50))
    assert pixels.shape == (50, 100, 4)
    assert pixels[25, 50, :3].min() > 250
    assert pixels[25, 5, :3].max() == 0
    assert pixels[:, :, 3].min() == 255
    image = np.zeros((60, 40, 3), np.uint8)
    image[:30] = 255  # the upper half is white; turned clockwise it is the right half
    turned = Scaler(60, 40, (0, 1, -1, 0)).scale(av.VideoFrame.from_ndarray(image, format="rgb24"), (60, 40))
    assert turned.shape == (40, 60, 4)
    assert turned[20, 50, :3].min() > 250
    assert turned[20, 10, :3].max() < 5


def test_huge_panes_do_not_make_huge_pictures():
    width, height = shown_size(1920, 1080, (7680, 4320))
    assert width * height <= MAX_SHOWN_PIXELS * 1.01
    assert width / height == pytest.approx(16 / 9, rel=0.01)


def test_footage_found_in_another_place_is_shown(clip, play, tmp_path):
    first = tmp_path / "first.mp4"
    first.write_bytes(clip.read_bytes())
    lost = record(1, first)
    first.rename(tmp_path / "second.mp4")
    decoder = play(lost)
    decoder.aim(1000.0, 0.0)
    assert settle(decoder).problem
    found = replace(lost, path=str(tmp_path / "second.mp4"))
    decoder.use(Track("A", (found,), NO_OFFSET))
    assert code_of(settle(decoder)) == 10
    decoder.use(Track("A", (lost,), NO_OFFSET))
    decoder.aim(9000.0, 0.0)
    assert "is gone" in settle(decoder).problem


class SlowFootage:
    """Footage on a computer that decodes 25 frames a second."""

    def __init__(self, footage) -> None:
        self._footage = footage

    def __getattr__(self, name):
        return getattr(self._footage, name)

    def read(self):
        time.sleep(0.04)
        return self._footage.read()


def test_a_slow_computer_leaves_pictures_out_and_stays_with_the_clock(clip, play):
    decoder = play(record(1, clip), opener=lambda *args: SlowFootage(open_footage(*args)))
    started, shown = time.monotonic(), {}
    while (at := (time.monotonic() - started) * 8000.0) < 11_900.0:
        decoder.aim(at, 8.0)
        look = decoder.look()
        if look.shot is not None:
            shown[look.shot.frame_idx] = at
        time.sleep(0.01)
    assert max(shown) >= 60, "in order it would be at 37"
    assert len(shown) >= 3


def test_footage_can_be_tried_again(clip, play, tmp_path):
    late = tmp_path / "late.mp4"
    late.write_bytes(clip.read_bytes())
    entry = record(1, late)
    late.unlink()
    decoder = play(entry)
    decoder.aim(1000.0, 0.0)
    assert settle(decoder).problem
    late.write_bytes(clip.read_bytes())
    decoder.retry()
    assert code_of(settle(decoder)) == 10


def test_it_plays_back_through_the_start(clip, play):
    decoder = play(record(1, clip))
    looks = run(decoder, 350.0, -1.0, 0.5)
    assert [look.shot.frame_idx for look in looks if look.shot][-1] == 0
    assert not looks[-1].is_recorded


def test_changing_direction_and_speed_on_the_way(clip, play):
    decoder = play(record(1, clip))
    at = 3000.0
    for rate in (1.0, -1.0, 4.0, -4.0, 1.0):
        looks = run(decoder, at, rate, 0.3)
        frames = [look.shot.frame_idx for look in looks]
        assert frames == sorted(frames, reverse=rate < 0)
        at += 300.0 * rate
    decoder.aim(at, 0.0)
    assert settle(decoder).shot.frame_idx == int((at + 0.01) // FRAME_MS)
