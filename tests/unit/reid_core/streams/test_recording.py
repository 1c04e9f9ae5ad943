import os
import shutil
import time

import av
import numpy as np
import pytest

from reid_core.errors import SourceError
from reid_core.media.source import SourceEnd
from reid_core.pipeline.takes import take_info
from reid_core.store.records import Source
from reid_core.streams.connection import TICKS_PER_S, Parcel, StreamInfo, to_ticks
from reid_core.streams.recorded import RecordedStream, append_times, read_times
from reid_core.streams.recording import Quota, Recorder, trim
from tests.fakes.footage import FPS, HEIGHT, TWO_WALKERS, WIDTH, read_code, write_clip

PER_FRAME = TICKS_PER_S // FPS


class PacketConnection:
    """Plays the packets of a clip."""

    def __init__(self, stream):
        self.template, self.info = stream, StreamInfo("rtsp", "h264", WIDTH, HEIGHT, FPS)


def play(clip, recorder, n_packets=10**9):
    with av.open(str(clip)) as container:
        stream = container.streams.video[0]
        connection, first = PacketConnection(stream), None
        for n, packet in enumerate(p for p in container.demux(stream) if p.size):
            if n == n_packets:
                break
            pts, dts = to_ticks(packet.pts, stream.time_base), to_ticks(packet.dts, stream.time_base)
            first = pts if first is None else first
            recorder.write(connection, Parcel(packet, pts - first, dts - first, bool(packet.is_keyframe)))


@pytest.fixture
def clip(tmp_path):
    return write_clip(tmp_path / "clip.mp4", TWO_WALKERS, 90, gop=10)


@pytest.fixture
def said():
    return []


def record(tmp_path, clip, said, **options):
    recorder = Recorder(tmp_path / "c1", options.pop("quota", Quota()), said.append, **options)
    play(clip, recorder)
    recorder.end()
    return tmp_path / "c1" / recorder.take


def recorded(folder, n_frames=90):
    append_times(folder, 0, [n * PER_FRAME for n in range(n_frames)])
    facts = {"container": "rtsp", "codec": "h264"}
    source = Source(1, "lobby", 1, "rtsp://h", "stream", folder.name, WIDTH, HEIGHT, FPS, 9000.0, 0.0, facts)
    return RecordedStream("lobby", take_info(source), folder, None)


def test_recordings_roll_and_every_frame_is_found_again_exactly(tmp_path, clip, said):
    folder = record(tmp_path, clip, said, file_s=2.0)
    names = sorted(path.name for path in folder.glob("*.mp4"))
    assert names == [f"{second * TICKS_PER_S:015d}.mp4" for second in (0, 2, 4, 6, 8)]
    source = recorded(folder)
    pts, t_ms = source.times()
    assert pts.tolist() == [n * PER_FRAME for n in range(90)]
    for idx in [0, 1, 19, 20, 21, 57, 89, 3]:
        frame = source.read(idx)
        assert (read_code(frame.image), frame.index, frame.pts, frame.t_ms) == (idx, idx, pts[idx], t_ms[idx])
    assert [read_code(frame.image) for frame in source.frames(70, 4)] == list(range(70, 90, 4))
    assert source.end is SourceEnd.ENDED
    source.close()
    assert said == []


def test_packets_are_kept_as_they_are(tmp_path, clip, said):
    folder = record(tmp_path, clip, said)
    with av.open(str(clip)) as original, av.open(str(next(folder.glob("*.mp4")))) as copy:
        sent = [bytes(p) for p in original.demux(video=0) if p.size]
        kept = [bytes(p) for p in copy.demux(video=0) if p.size]
    assert kept == sent


def test_a_moment_that_is_not_recorded_is_said(tmp_path, clip, said):
    folder = record(tmp_path, clip, said, file_s=2.0)
    (folder / f"{2 * TICKS_PER_S:015d}.mp4").unlink()
    source = recorded(folder)
    assert read_code(source.read(5).image) == 5
    with pytest.raises(SourceError, match="not recorded"):
        source.read(25)
    assert [frame.index for frame in source.frames()] == [*range(20), *range(40, 90)]
    assert source.end is SourceEnd.BROKEN
    source.close()
    shutil.rmtree(folder)
    folder.mkdir()
    with pytest.raises(SourceError, match="only the pictures of people"):
        recorded(folder)


def test_a_crash_leaves_what_was_written(tmp_path, clip, said):
    recorder = Recorder(tmp_path / "c1", Quota(), said.append)
    play(clip, recorder, 75)
    folder = tmp_path / "c1" / recorder.take
    part = next(folder.glob("*.part"))
    crashed = tmp_path / "crashed"
    shutil.copytree(tmp_path / "c1", crashed)
    recorder.end()
    assert not part.exists()
    Recorder(crashed, Quota(), said.append)  # the next start finishes what is there
    source = recorded(crashed / recorder.take)
    found = [read_code(frame.image) for frame in source.frames()]
    source.close()
    assert found == list(range(len(found)))
    assert len(found) >= 50


def test_what_is_still_recorded_can_be_read_and_goes_on_when_it_is_complete(tmp_path, clip, said):
    recorder = Recorder(tmp_path / "c1", Quota(), said.append, file_s=3.0)
    play(clip, recorder, 55)
    folder = tmp_path / "c1" / recorder.take
    assert len(list(folder.glob("*.part"))) == 1
    source = recorded(folder, 55)
    assert [read_code(source.read(idx).image) for idx in (5, 31, 38)] == [5, 31, 38]
    recorder.end()  # the file gets its name while it is being read
    assert not list(folder.glob("*.part"))
    assert [read_code(source.read(idx).image) for idx in (39, 48, 51)] == [39, 48, 51]
    source.close()


def test_the_quota_deletes_the_oldest(tmp_path):
    for n in range(6):
        (tmp_path / f"t{n % 2}").mkdir(exist_ok=True)
        file = tmp_path / f"t{n % 2}" / f"{n}.mp4"
        file.write_bytes(bytes(1000))
        stamp = time.time() - 100 * (6 - n)
        os.utime(file, (stamp, stamp))
    assert trim(tmp_path, Quota(max_bytes=3500, max_age_s=1e9)) == 3
    assert sorted(path.name for path in tmp_path.glob("*/*.mp4")) == ["3.mp4", "4.mp4", "5.mp4"]
    append_times(tmp_path / "t0", 0, [1, 2])
    append_times(tmp_path / "t2", 0, [1, 2])
    assert trim(tmp_path, Quota(max_bytes=10**9, max_age_s=150), running="t2") == 2
    assert [path.name for path in tmp_path.glob("*/*.mp4")] == ["5.mp4"]
    assert sorted(path.name for path in tmp_path.iterdir()) == ["t1", "t2"]  # nothing is left of the other


def test_recording_stops_at_the_floor_says_so_once_and_goes_on(tmp_path, clip, said, monkeypatch):
    monkeypatch.setattr("reid_core.streams.recording._LOOK_EVERY_S", 0.0)
    free = iter([10**10] * 30 + [10**6] * 30 + [10**10] * 10**6)
    folder = record(
        tmp_path, clip, said, quota=Quota(floor_bytes=10**9), file_s=1.0, free_bytes=lambda folder: next(free)
    )
    assert len(said) == 2
    assert "recording stopped" in said[0]
    assert "make room" in said[0]
    assert said[1] == "recording goes on"
    starts = sorted(int(path.name.removesuffix(".mp4")) // PER_FRAME for path in folder.glob("*.mp4"))
    assert starts == [0, 10, 20, 60, 70, 80]


def test_a_disk_that_fails_ends_the_recording_and_not_the_watch(tmp_path, clip, said):
    (tmp_path / "c1").mkdir()
    recorder = Recorder(tmp_path / "c1", Quota(), said.append)
    (tmp_path / "c1" / recorder.take).write_text("in the way")
    play(clip, recorder)
    recorder.end()
    assert len(said) == 1
    assert said[0].startswith("recording stopped")


def test_each_connection_is_a_take(tmp_path, clip, said):
    recorder = Recorder(tmp_path / "c1", Quota(), said.append)
    takes = []
    for _ in range(2):
        play(clip, recorder, 30)
        takes.append(recorder.take)
        recorder.end()
        assert recorder.take == takes[-1]  # asked for after the connection broke, it is still that one
    assert len(set(takes)) == 2


def test_times_may_be_noted_twice(tmp_path):
    append_times(tmp_path / "t", 0, [1, 2, 3])
    append_times(tmp_path / "t", 3, [4])
    append_times(tmp_path / "t", 2, [3, 4, 5])
    assert np.array_equal(read_times(tmp_path / "t"), [1, 2, 3, 4, 5])
    assert len(read_times(tmp_path / "absent")) == 0
