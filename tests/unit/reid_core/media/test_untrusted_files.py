"""Hostile and unsuitable inputs: refused with a clear message, at once, and no other file is touched."""

from __future__ import annotations

import os
import sys
import threading
from pathlib import Path

import numpy as np
import pytest

from reid_core.errors import SourceError
from reid_core.media import container, limits
from reid_core.media.container import GuardedFile, open_video
from reid_core.media.fingerprint import fingerprint
from reid_core.media.source import open_source
from tests.unit.reid_core.media.clips import number_in, write_clip

PLAYLISTS = {
    "ffconcat": ("ffconcat version 1.0\nfile '{canary}'\n", "list of files"),
    "concat without version": ("file '{canary}'\n", "list of files"),
    "hls": ("#EXTM3U\n#EXT-X-VERSION:3\n#EXTINF:8,\n{canary}\n#EXT-X-ENDLIST\n", "playlist"),
    "hls with map": ('#EXTM3U\n#EXT-X-MAP:URI="file://{canary}"\n#EXTINF:8,\nconcat:{canary}\n', "playlist"),
    "m3u8 after a mark": ("\ufeff\n#EXTM3U\n#EXTINF:8,\n{canary}\n", "playlist"),
    "sdp": (
        "v=0\no=- 0 0 IN IP4 127.0.0.1\ns=x\nt=0 0\nm=video 5004 RTP/AVP 96\na=rtpmap:96 H264/90000\n",
        "SDP",
    ),
    "dash": (
        '<?xml version="1.0"?>\n<MPD xmlns="urn:mpeg:dash:schema:mpd:2011" type="static">'
        "<Period><AdaptationSet><Representation><BaseURL>{canary}</BaseURL></Representation></AdaptationSet></Period></MPD>",
        "DASH",
    ),
    "smil": ("<smil><body><video src='{canary}'/></body></smil>", "playlist"),
    "asx": ("<ASX version='3'><entry><ref href='{canary}'/></entry></ASX>", "playlist"),
    "url": ("http://127.0.0.1:9/{canary}\n", "playlist"),
    "webvtt": ("WEBVTT\n\n00:00.000 --> 00:01.000\n{canary}\n", "text"),
    "utf-16": ("#EXTM3U\n{canary}\n", "text"),
    "imf": (
        "<?xml version='1.0'?><CompositionPlaylist><Asset>{canary}</Asset></CompositionPlaylist>",
        "text",
    ),
}


@pytest.fixture
def canary(tmp_path, plain_clip):
    """A good clip that nobody may open; every opened file of the process is written down."""
    path = tmp_path / "canary.mp4"
    path.write_bytes(plain_clip.read_bytes())
    opened: list[str] = []
    is_on = [True]

    def hook(event: str, arguments: tuple[object, ...]) -> None:
        if is_on[0] and event in ("open", "os.open", "socket.connect"):
            opened.append(f"{event} {arguments[0]}")

    sys.addaudithook(hook)
    os.utime(path, (1, path.stat().st_mtime))  # an access time that any reading would move
    yield path, opened
    is_on[0] = False


def test_the_canary_would_show_it(canary, tmp_path):
    """FFmpeg's own opening of a file moves its access time; where it does not, the tests below see less."""
    path, opened = canary
    with container.av.open(str(path)):
        pass
    if path.stat().st_atime == 1:
        pytest.skip("this file system keeps no access times")
    path.open("rb").close()
    assert [entry for entry in opened if "canary" in entry]


@pytest.mark.parametrize("suffix", [".mp4", ".ts", ".mkv", ""])
@pytest.mark.parametrize("name", PLAYLISTS)
def test_a_playlist_is_refused_and_opens_no_other_file(name, suffix, canary, tmp_path):
    path, opened = canary
    text, what = PLAYLISTS[name]
    file = tmp_path / f"clip{suffix}"
    file.write_text(text.format(canary=path), encoding="utf-16" if name == "utf-16" else "utf-8")
    with pytest.raises(SourceError, match=what):
        open_source(file, "gate")
    assert not [entry for entry in opened if "canary" in entry]
    assert path.stat().st_atime == 1


@pytest.mark.parametrize("name", PLAYLISTS)
@pytest.mark.parametrize("padding", [b"\x00" * 64, b"\xff" * 5000])
def test_a_playlist_that_does_not_look_like_text_is_still_refused_by_ffmpeg(
    name, padding, canary, tmp_path, monkeypatch
):
    """The look at the first bytes is only for a clear message: the white list of containers is the guard."""
    monkeypatch.setattr(container, "refuse_text", lambda path, file: None)
    path, opened = canary
    file = tmp_path / "clip.mp4"
    file.write_bytes(PLAYLISTS[name][0].format(canary=path).encode() + padding)
    with pytest.raises(SourceError):
        open_source(file, "gate")
    assert not [entry for entry in opened if "canary" in entry]
    assert path.stat().st_atime == 1


@pytest.mark.parametrize(("name", "demuxer"), [("hls", "hls"), ("ffconcat", "concat")])
def test_even_a_playlist_reader_that_were_let_through_would_get_nothing(
    name, demuxer, canary, tmp_path, monkeypatch
):
    monkeypatch.setattr(container, "refuse_text", lambda path, file: None)
    monkeypatch.setattr(limits, "CONTAINERS", (*limits.CONTAINERS, demuxer))
    opened_as = []
    options, open_ = container._options, container.av.open
    loose = {"extension_picky": "0", "allowed_extensions": "ALL", "safe": "0"}
    monkeypatch.setattr(container, "_options", lambda flags: options(flags) | loose)
    monkeypatch.setattr(
        container.av, "open", lambda *a, **k: opened_as.append(demuxer) or open_(*a, format=demuxer, **k)
    )
    path, _ = canary
    file = tmp_path / "clip.mp4"
    file.write_text(PLAYLISTS[name][0].format(canary=path))
    with pytest.raises(SourceError):
        open_source(file, "gate")
    assert opened_as
    assert path.stat().st_atime == 1


@pytest.mark.parametrize(
    "url", ["http://127.0.0.1:9/a.mp4", "rtsp://admin:secret@127.0.0.1/1", "FILE:///etc/hosts"]
)
def test_an_address_is_refused_without_repeating_its_password(url):
    with pytest.raises(SourceError, match="an address") as caught:
        open_source(Path(url), "gate")
    assert "secret" not in str(caught.value)


def test_names_are_never_taken_for_protocols_or_options(plain_clip, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    names = [
        "-i.mp4",
        "-",
        "concat:a.mp4",
        "pipe:0",
        "data:text",
        "Ä 测试 ’ .mp4",
        "%d.mp4",
        "a\nb.mp4",
        "no suffix",
    ]
    for name in names:
        Path(name).write_bytes(plain_clip.read_bytes())
        source = open_source(Path(name), "gate")
        assert number_in(source.read(5).image) == 5
        source.close()


@pytest.mark.skipif(sys.platform != "linux", reason="file names are bytes only there")
def test_a_name_that_is_no_unicode_can_be_read(plain_clip, tmp_path):
    path = Path(os.fsdecode(os.fsencode(tmp_path) + b"/\xff\xfe.mp4"))
    path.write_bytes(plain_clip.read_bytes())
    source = open_source(path, "gate", cache_dir=tmp_path / "cache")
    assert number_in(source.read(5).image) == 5
    source.close()
    path.write_bytes(b"")
    with pytest.raises(SourceError) as caught:
        open_source(path, "gate")
    str(caught.value).encode()  # fit for any terminal


def test_what_is_no_file_is_refused_at_once(tmp_path):
    (tmp_path / "loop").symlink_to(tmp_path / "loop")
    (tmp_path / "empty.mp4").touch()
    (tmp_path / "zeros.mp4").write_bytes(bytes(100_000))
    (tmp_path / "random.mp4").write_bytes(np.random.default_rng(1).bytes(500_000))
    (tmp_path / "letters.mp4").write_bytes(b"a" * 5000)
    expected = {
        tmp_path / "absent.mp4": "does not exist",
        tmp_path / "empty.mp4" / "inside": "does not exist",
        tmp_path / "loop": "symbolic link",
        tmp_path / "empty.mp4": "is empty",
        tmp_path / "zeros.mp4": "nothing but zeros",
        tmp_path / "random.mp4": "convert it to MP4",
        tmp_path / "letters.mp4": "a text",
        tmp_path / ("x" * 300): "too long a name",
        tmp_path / "a\0b": "no valid file name",
        tmp_path: "holds no pictures",
    }
    for path, message in expected.items():
        with pytest.raises(SourceError, match=message):
            open_source(path, "gate")


@pytest.mark.skipif(sys.platform == "win32", reason="no such devices")
@pytest.mark.timeout(20)
def test_devices_and_pipes_are_refused_and_never_waited_for(tmp_path):
    os.mkfifo(tmp_path / "pipe.mp4")
    (tmp_path / "link.mp4").symlink_to("/dev/zero")
    for path in (Path("/dev/zero"), Path("/dev/null"), tmp_path / "pipe.mp4", tmp_path / "link.mp4"):
        with pytest.raises(SourceError, match="device, pipe or socket"):
            open_source(path, "gate")
        with pytest.raises(SourceError, match="device, pipe or socket"):
            fingerprint(path)


@pytest.mark.parametrize("seed", range(12))
@pytest.mark.timeout(60)
def test_random_bytes_behind_any_magic_never_crash(seed, tmp_path):
    rng = np.random.default_rng(seed)
    heads = [
        b"\x00\x00\x00\x18ftypisom" + bytes(12),
        b"\x1a\x45\xdf\xa3",
        b"\x47" + rng.bytes(187),
        b"RIFF\xff\xff\x00\x00AVI LIST",
        b"FLV\x01\x05\x00\x00\x00\x09",
        b"\x00\x00\x01\xba",
        b"\x00\x00\x00\x01\x67",
        b"\x30\x26\xb2\x75\x8e\x66\xcf\x11",
        b"\xff\xd8\xff\xe0",
        b"\x00\x00\x01\xb3",
        b"\x89PNG\r\n\x1a\n",
        b"GIF89a",
    ]
    path = tmp_path / "a.mp4"
    path.write_bytes(heads[seed] * (200 if seed == 2 else 1) + rng.bytes(60_000))
    try:
        source = open_source(path, "gate")
    except SourceError:
        return
    list(source.frames())
    assert source.end is not None


@pytest.mark.parametrize("seed", range(30))
@pytest.mark.timeout(60)
def test_good_files_with_flipped_bytes_never_crash(seed, clip_of, tmp_path):
    kinds = ["mp4, edit list", "mkv", "ts", "avi, mpeg4", "flv", "mpg, mpeg2"]
    data = bytearray(clip_of(kinds[seed % len(kinds)])[0].read_bytes())
    rng = np.random.default_rng(seed)
    for at in rng.integers(0, len(data), 40):
        data[at] = rng.integers(256)
    path = tmp_path / "a.mp4"
    path.write_bytes(data)
    try:
        source = open_source(path, "gate")
    except SourceError:
        return
    n = 0
    try:
        for frame in source.frames():
            assert frame.image.shape == (source.info.height, source.info.width, 3)
            n += 1
    except SourceError:
        return
    assert source.end is not None
    assert n <= source.info.n_frames
    source.close()


def test_too_large_pictures_are_refused(tmp_path, monkeypatch):
    path = write_clip(tmp_path / "a.mp4", 5)
    monkeypatch.setattr(limits, "MAX_PIXELS", 240 * 128 - 1)
    with pytest.raises(SourceError, match="240 x 128"):
        open_source(path, "gate")


def test_a_stream_that_grows_beyond_the_limit_loses_only_those_pictures(tmp_path, monkeypatch):
    from tests.unit.reid_core.media.clips import numbered

    small = write_clip(tmp_path / "small.ts", 30, gop=10)
    large = write_clip(tmp_path / "large.ts", 20, gop=10, first=30, draw=lambda i: numbered(i, 480, 256))
    path = tmp_path / "both.ts"
    path.write_bytes(small.read_bytes() + large.read_bytes())
    monkeypatch.setattr(limits, "MAX_PIXELS", 256 * 128)  # FFmpeg counts the padding of the rows
    source = open_source(path, "gate")
    assert [number_in(f.image) for f in source.frames()][:29] == list(range(29))
    assert source.end.value == "broken"


def test_too_many_streams_are_refused(tmp_path, monkeypatch):
    import av

    with av.open(str(tmp_path / "a.mkv"), "w") as out:
        for _ in range(3):
            stream = out.add_stream("libx264", rate=25)
            stream.width, stream.height, stream.pix_fmt = 240, 128, "yuv420p"
        out.start_encoding()
    monkeypatch.setattr(limits, "MAX_STREAMS", 2)
    with pytest.raises(SourceError, match="streams"):
        open_source(tmp_path / "a.mkv", "gate")


def test_a_codec_outside_the_white_list_is_refused(tmp_path):
    path = write_clip(tmp_path / "a.avi", 5, codec="magicyuv", b_frames=0)
    with pytest.raises(SourceError, match=r"convert it to H\.264"):
        open_source(path, "gate")


def test_a_container_outside_the_white_list_is_refused(tmp_path):
    path = write_clip(tmp_path / "a.mp4", 5, codec="mpeg4", container="nut", b_frames=0)
    with pytest.raises(SourceError, match="no video of a kind that is read"):
        open_source(path, "gate")


@pytest.mark.parametrize(("name", "what"), [("JPEG", "picture"), ("PNG", "picture"), ("GIF", "picture")])
def test_a_single_picture_is_refused_with_advice(name, what, tmp_path):
    from PIL import Image

    Image.new("RGB", (64, 64)).save(tmp_path / "a.mp4", name)
    with pytest.raises(SourceError, match="folder"):
        open_source(tmp_path / "a.mp4", "gate")


def test_opening_is_stopped_by_the_clock(plain_clip, monkeypatch):
    monkeypatch.setattr(limits, "PROBE_S", -1.0)
    with pytest.raises(SourceError, match="took longer than"):
        open_source(plain_clip, "gate")


def test_opening_is_stopped_by_the_amount(plain_clip, monkeypatch):
    monkeypatch.setattr(limits, "MAX_HEADER_BYTES", 1000)
    with pytest.raises(SourceError, match="header of more than"):
        open_source(plain_clip, "gate")


def test_reading_itself_has_no_time_limit(plain_clip, monkeypatch):
    with open_video(plain_clip) as video:
        monkeypatch.setattr("time.monotonic", lambda: 1e9)
        assert sum(1 for packet in video.container.demux(video.stream) if packet.size) == 120


def test_footage_is_opened_for_reading_only(plain_clip):
    before = (plain_clip.read_bytes(), plain_clip.stat().st_mtime_ns)
    file = GuardedFile(plain_clip)
    assert file._file.mode == "rb"
    assert not hasattr(file, "name")
    file.close()
    source = open_source(plain_clip, "gate")
    list(source.frames())
    source.close()
    assert before == (plain_clip.read_bytes(), plain_clip.stat().st_mtime_ns)


def test_no_thread_or_file_is_left_behind(plain_clip):
    n_threads, n_files = (
        threading.active_count(),
        _n_open_files(),
    )
    for _ in range(3):
        source = open_source(plain_clip, "gate")
        next(source.frames())
        source.read(50)
        source.close()
        with pytest.raises(SourceError):
            open_source(plain_clip.parent / "absent", "gate")
    assert threading.active_count() == n_threads
    assert _n_open_files() == n_files


def _n_open_files() -> int:
    return len(list(Path("/proc/self/fd").iterdir())) if sys.platform == "linux" else 0
