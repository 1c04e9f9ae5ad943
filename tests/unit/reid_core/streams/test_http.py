"""MJPEG and HLS over HTTP from small servers of our own that misbehave as told."""

import io
import random
import shutil
import ssl
import subprocess
import threading
import time
from contextlib import closing
from fractions import Fraction
from itertools import count

import av
import numpy as np
import pytest
from PIL import Image

from reid_core.streams.address import parse_address
from reid_core.streams.check import check_stream
from reid_core.streams.connection import TICKS_PER_S, Patience, Switch
from reid_core.streams.credentials import find_login
from reid_core.streams.errors import StreamError
from reid_core.streams.opening import connector
from reid_core.streams.recording import Quota, Recorder
from reid_core.streams.watch import Picture, TakeBegan, TakeEnded, Watch
from tests.fakes import cameras
from tests.fakes.footage import TWO_WALKERS, read_code, render, write_clip

SHORT = Patience(connect_s=2, read_s=1, first_frame_s=3, frame_s=1.5, first_wait_s=0.05, longest_wait_s=0.2)
MULTIPART = b"HTTP/1.1 200 OK\r\nContent-Type: multipart/x-mixed-replace; boundary=x\r\n\r\n"


def connect(port, path="/v.mjpg", login=""):
    return connector(find_login(parse_address(f"http://{login}127.0.0.1:{port}{path}")), SHORT)


def jpeg(n):
    out = io.BytesIO()
    Image.fromarray(render(TWO_WALKERS, n)).save(out, "JPEG", quality=95)
    return out.getvalue()


def part(picture):
    return b"--x\r\nContent-Type: image/jpeg\r\nContent-Length: %d\r\n\r\n" % len(picture) + picture + b"\r\n"


def read_all(connection):
    """Frame numbers and times of all pictures, until the camera ends the stream."""
    codes, ticks = [], []

    def read():
        for shot in connection.shots():
            codes.append(read_code(shot.picture()))
            ticks.append(shot.ticks)

    with pytest.raises(StreamError, match="ended the stream"):
        read()
    connection.close()
    return codes, ticks


def test_mjpeg_with_garbage_between_the_pictures_gives_every_picture():
    chance = random.Random(3)

    def serve(near, head):
        near.sendall(MULTIPART)
        for n in range(30):
            garbage = chance.randbytes(chance.randint(0, 900)).replace(b"\xff\xd8", b"..")
            near.sendall(garbage + (part(jpeg(n)) if n % 3 else jpeg(n)))
            time.sleep(0.01)

    with cameras.tcp_server(serve) as port:
        connection = connect(port)(Switch())
        assert (connection.info.width, connection.info.height, connection.info.codec) == (320, 240, "mjpeg")
        codes, ticks = read_all(connection)
    assert codes == list(range(30))
    assert all(np.diff(ticks) > 0)


def test_a_camera_says_what_it_is():
    def serve(near, head):
        near.sendall(MULTIPART)
        for n in count():
            near.sendall(part(jpeg(n % 50)))
            time.sleep(0.02)

    with cameras.tcp_server(serve) as port:
        assert str(check_stream(connect(port), SHORT)) == "ok 320x240 mjpeg"


@pytest.mark.parametrize(
    ("status", "result"),
    [
        (b"401 Unauthorized\r\nWWW-Authenticate: Basic realm=x", "authentication failed"),
        (b"403 Forbidden", "authentication failed"),
        (b"404 Not Found", "no video"),
        (b"500 Oops", "no video"),
    ],
)
def test_refusals_are_told_apart(status, result):
    def serve(near, head):
        near.sendall(b"HTTP/1.1 " + status + b"\r\nContent-Length: 0\r\n\r\n")

    with cameras.tcp_server(serve) as port:
        assert check_stream(connect(port, login="ann:wrongwrong@"), SHORT).result == result


def test_basic_and_digest_logins_are_answered():
    asked = []

    def serve(near, head):
        asked.append(head)
        if b"Authorization: Digest" in head and b'username="ann"' in head:
            near.sendall(MULTIPART + part(jpeg(1)) * 20)
        else:
            near.sendall(
                b'HTTP/1.1 401 No\r\nWWW-Authenticate: Digest realm="c", nonce="abc", qop="auth"\r\n'
                b"Content-Length: 0\r\n\r\n"
            )

    with cameras.tcp_server(serve) as port:
        assert check_stream(connect(port, login="ann:hunter2hunter2@"), SHORT).result == "ok"
    assert b"Authorization" not in asked[0]  # nothing is sent before it is asked for
    assert all(b"hunter2" not in head for head in asked)


@pytest.mark.parametrize(
    "location",
    [
        b"file:///etc/passwd",
        b"http://127.0.0.2/v",
        b"https://127.0.0.1/v",
        b"http://127.0.0.1:1/v",
        b"concat:a|b",
    ],
)
def test_a_redirect_to_elsewhere_is_refused(location):
    def serve(near, head):
        near.sendall(b"HTTP/1.1 302 Found\r\nLocation: " + location + b"\r\nContent-Length: 0\r\n\r\n")

    with cameras.tcp_server(serve) as port:
        checked = check_stream(connect(port), SHORT)
    assert checked.result == "refused"
    assert "redirects to" in checked.detail


def test_a_redirect_on_the_same_server_is_followed_and_circles_are_left():
    def serve(near, head):
        if head.startswith(b"GET /v.mjpg"):
            near.sendall(b"HTTP/1.1 302 Found\r\nLocation: /there?x=1\r\nContent-Length: 0\r\n\r\n")
        elif head.startswith(b"GET /there?x=1"):
            near.sendall(MULTIPART + part(jpeg(1)) * 20)
        else:
            near.sendall(b"HTTP/1.1 302 Found\r\nLocation: /circle\r\nContent-Length: 0\r\n\r\n")

    with cameras.tcp_server(serve) as port:
        assert check_stream(connect(port), SHORT).result == "ok"
        assert "in circles" in check_stream(connect(port, "/circle"), SHORT).detail


def silent(near, head):
    near.recv(1)


def silent_after_the_head(near, head):
    near.sendall(MULTIPART)
    near.recv(1)


def dripping(near, head):
    for byte in MULTIPART + part(jpeg(1)):
        near.sendall(bytes([byte]))
        time.sleep(0.05)


def endless_garbage(near, head):
    near.sendall(MULTIPART)
    while True:
        near.sendall(bytes(65536))


def nonsense(near, head):
    near.sendall(b"\0\1\2 what?\r\n\r\n")


def page(near, head):
    near.sendall(b"HTTP/1.1 200 OK\r\nContent-Type: text/html\r\n\r\n<html>Log in</html>")


@pytest.mark.parametrize(
    "serve",
    [silent, silent_after_the_head, dripping, endless_garbage, nonsense, page],
    ids=lambda f: f.__name__,
)
def test_servers_that_give_no_picture_are_given_up_in_time(serve):
    began = time.monotonic()
    with cameras.tcp_server(serve) as port:
        checked = check_stream(connect(port), SHORT)
    assert checked.result == "no video"
    assert time.monotonic() - began < 30


def test_a_camera_that_starts_dripping_is_lost_and_connected_again():
    n_served = count()

    def serve(near, head):
        near.sendall(MULTIPART)
        if next(n_served) == 0:
            for n in range(12):
                near.sendall(part(jpeg(n)))
                time.sleep(0.02)
            for byte in part(jpeg(12)):
                near.sendall(bytes([byte]))
                time.sleep(0.05)
        else:
            for n in count():
                near.sendall(part(jpeg(n % 50)))
                time.sleep(0.02)

    stop = threading.Event()
    with cameras.tcp_server(serve) as port:
        watch = Watch("hall", connect(port), patience=SHORT, stop=stop)
        events = []
        with closing(watch.events()) as coming:
            for event in coming:
                if not isinstance(event, Picture):
                    events.append(event)
                if sum(isinstance(e, TakeBegan) for e in events) == 2:
                    stop.set()
    assert next(e.reason for e in events if isinstance(e, TakeEnded)) == "no picture for 1.5 s"


def hls_server(folder, playlist):
    def serve(near, head):
        path = head.split(b" ")[1].decode().lstrip("/")
        if path == "live.m3u8":
            body, kind = playlist, b"application/vnd.apple.mpegurl"
        elif (folder / path).is_file():
            body, kind = (folder / path).read_bytes(), b"video/mp2t"
        else:
            near.sendall(b"HTTP/1.1 404 No\r\nContent-Length: 0\r\n\r\n")
            return
        near.sendall(
            b"HTTP/1.1 200 OK\r\nContent-Type: %s\r\nContent-Length: %d\r\n\r\n" % (kind, len(body)) + body
        )

    return cameras.tcp_server(serve)


@pytest.fixture(scope="module")
def segments(tmp_path_factory):
    folder = tmp_path_factory.mktemp("hls")
    clip = write_clip(folder / "clip.mp4", TWO_WALKERS, 60, gop=20)
    with av.open(str(clip)) as source, av.open(str(folder / "0.ts"), "w", format="mpegts") as out:
        stream = out.add_stream_from_template(source.streams.video[0])
        for packet in source.demux(video=0):
            if packet.size:
                packet.stream = stream
                out.mux(packet)
    return folder


HEAD = b"#EXTM3U\n#EXT-X-VERSION:3\n#EXT-X-TARGETDURATION:6\n#EXT-X-MEDIA-SEQUENCE:0\n"


def test_hls_of_ones_own_server_is_read_through_us(segments):
    with hls_server(segments, HEAD + b"#EXTINF:6,\n0.ts\n#EXT-X-ENDLIST\n") as port:
        connection = connect(port, "/live.m3u8")(Switch())
        codes, _ = read_all(connection)
    assert connection.info.container == "hls"
    assert codes == list(range(60))


def test_footage_that_is_simply_sent_is_read(segments):
    with hls_server(segments, b"") as port:
        connection = connect(port, "/0.ts")(Switch())
        codes, _ = read_all(connection)
    assert connection.info.container == "mpegts"
    assert codes == list(range(60))


def test_a_file_that_is_not_read_from_disk_is_not_read_from_a_server_either():
    def serve(near, head):
        near.sendall(
            b"HTTP/1.1 200 OK\r\nContent-Type: text/plain\r\n\r\nffconcat version 1.0\nfile /etc/passwd\n"
        )

    with cameras.tcp_server(serve) as port:
        assert check_stream(connect(port, "/list"), SHORT).result == "no video"


@pytest.mark.parametrize(
    "entry",
    [
        b"file:///etc/passwd",
        b"http://127.0.0.2/0.ts",
        b"concat:0.ts|0.ts",
        b"http://127.0.0.1:1/0.ts",
        b"/etc/passwd",
    ],
)
def test_a_playlist_reaches_nothing_but_its_server(segments, entry, tmp_path):
    with hls_server(segments, HEAD + b"#EXTINF:6,\n" + entry + b"\n#EXT-X-ENDLIST\n") as port:
        checked = check_stream(connect(port, "/live.m3u8"), SHORT)
    assert checked.result in ("no video", "refused")


@pytest.fixture(scope="module")
def certificate(tmp_path_factory):
    """A certificate for 127.0.0.1 that nobody has signed, and its key, in one file."""
    if shutil.which("openssl") is None:
        pytest.skip("needs the openssl command")
    folder = tmp_path_factory.mktemp("tls")
    subprocess.run(
        ["openssl", "req", "-x509", "-newkey", "rsa:2048", "-nodes", "-days", "2", "-subj", "/CN=camera",
         "-addext", "subjectAltName=IP:127.0.0.1", "-keyout", "key.pem", "-out", "cert.pem"],
        cwd=folder, check=True, capture_output=True,
    )  # fmt: skip
    return folder


def test_a_certificate_is_checked_and_can_be_named(certificate, monkeypatch):
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(certificate / "cert.pem", certificate / "key.pem")

    def serve(near, head):
        near.settimeout(5)
        with context.wrap_socket(near, server_side=True) as secure:
            secure.recv(4096)
            secure.sendall(MULTIPART + part(jpeg(1)) * 20)

    with cameras.tcp_server(serve, reads_head=False) as port:
        address = parse_address(f"https://127.0.0.1:{port}/v.mjpg")
        untrusted = check_stream(connector(find_login(address), SHORT), SHORT)
        assert untrusted.result == "unreachable"
        assert "certificate is not trusted" in untrusted.detail
        monkeypatch.setenv("SSL_CERT_FILE", str(certificate / "cert.pem"))
        assert check_stream(connector(find_login(address), SHORT), SHORT).result == "ok"


def test_mjpeg_is_recorded_as_it_is(tmp_path):
    def serve(near, head):
        near.sendall(MULTIPART)
        for n in range(20):
            near.sendall(part(jpeg(n)))
            time.sleep(0.02)

    said = []
    recorder = Recorder(tmp_path / "c1", Quota(), said.append)
    with cameras.tcp_server(serve) as port:
        connection = connect(port)(Switch())
        with pytest.raises(StreamError):
            list(connection.shots(recorder.write))
        connection.close()
    recorder.end()
    assert said == []
    (file,) = tmp_path.glob("c1/*/*.mp4")
    with av.open(str(file)) as kept:
        packets = [p for p in kept.demux(video=0) if p.size]
    assert [bytes(p) for p in packets] == [jpeg(n) for n in range(20)]
    steps = np.diff([p.pts for p in packets])
    assert packets[0].time_base == Fraction(1, TICKS_PER_S)
    assert np.all(steps > 0)
