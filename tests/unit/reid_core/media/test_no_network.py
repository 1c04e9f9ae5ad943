"""Footage that names addresses: a listener on this computer sees who knocks, whatever library it is."""

from __future__ import annotations

import socket
import threading
from collections.abc import Iterator
from pathlib import Path

import av
import av.error
import pytest

from reid_core.errors import SourceError
from reid_core.media import container
from reid_core.media.source import open_source

TEXTS = {
    "ffconcat": "ffconcat version 1.0\nfile 'http://{host}/a.ts'\n",
    "hls": "#EXTM3U\n#EXT-X-VERSION:3\n#EXT-X-TARGETDURATION:8\n#EXTINF:8,\nhttp://{host}/a.ts\n#EXT-X-ENDLIST\n",
    "hls key": "#EXTM3U\n#EXT-X-TARGETDURATION:8\n"
    '#EXT-X-KEY:METHOD=AES-128,URI="http://{host}/key"\n#EXTINF:8,\nhttp://{host}/a.ts\n#EXT-X-ENDLIST\n',
    "dash": '<?xml version="1.0"?>\n<MPD xmlns="urn:mpeg:dash:schema:mpd:2011" type="static" '
    'mediaPresentationDuration="PT8S"><Period><AdaptationSet mimeType="video/mp4"><Representation id="0" '
    'bandwidth="1"><BaseURL>http://{host}/a.mp4</BaseURL></Representation></AdaptationSet></Period></MPD>',
    "sdp": "v=0\no=- 0 0 IN IP4 {address}\ns=x\nc=IN IP4 {address}\nt=0 0\nm=video {port} TCP/RTP/AVP 96\n"
    "a=rtpmap:96 H264/90000\na=control:rtsp://{host}/1\n",
    "asx": "<ASX version='3'><entry><ref href='http://{host}/a.mp4'/></entry></ASX>",
    "address": "http://{host}/a.mp4\n",
}


class Listener:
    """Counts the connections to a port of this computer, and closes each at once."""

    def __init__(self) -> None:
        self._socket = socket.create_server(("127.0.0.1", 0))
        self.address, self.port = self._socket.getsockname()
        self.n_connections = 0
        self._thread = threading.Thread(target=self._listen, daemon=True)
        self._thread.start()

    def _listen(self) -> None:
        while True:
            connection, _ = self._socket.accept()
            with connection:
                if connection.recv(1) == b"!":  # `close` wants to be let out
                    return
                self.n_connections += 1

    def close(self) -> int:
        """Stop; how many have connected."""
        with socket.create_connection((self.address, self.port)) as last:
            last.sendall(b"!")
            self._thread.join()
        self._socket.close()
        return self.n_connections


@pytest.fixture
def listener() -> Iterator[Listener]:
    made = Listener()
    yield made
    if made._thread.is_alive():
        made.close()


def write(path, name, listener):
    host = f"{listener.address}:{listener.port}"
    path.write_text(TEXTS[name].format(host=host, address=listener.address, port=listener.port))
    return path


def test_the_listener_would_notice(listener, tmp_path):
    """FFmpeg itself, left to its defaults, follows such a playlist: the tests below can fail."""
    playlist = write(tmp_path / "clip.m3u8", "hls", listener)
    with pytest.raises(av.error.FFmpegError):
        av.open(str(playlist), options={"protocol_whitelist": "file,http,tcp"}, timeout=5).close()
    assert listener.close() >= 1


@pytest.mark.parametrize("name", TEXTS)
@pytest.mark.parametrize("looked_at", [True, False])
def test_no_text_makes_anyone_connect(name, looked_at, listener, tmp_path, monkeypatch):
    if not looked_at:  # the look at the first bytes is for the message only; FFmpeg must refuse as well
        monkeypatch.setattr(container, "refuse_text", lambda path, file: None)
    for suffix in (".mp4", ".m3u8", ".sdp", ".mpd"):
        with pytest.raises(SourceError):
            open_source(write(tmp_path / f"clip{suffix}", name, listener), "gate")
    assert listener.close() == 0


@pytest.mark.parametrize("scheme", ["http", "tcp", "rtsp", "rtmp", "ftp"])
def test_no_address_is_called(scheme, listener):
    with pytest.raises(SourceError, match="an address"):
        open_source(Path(f"{scheme}://{listener.address}:{listener.port}/a.mp4"), "gate")
    assert listener.close() == 0
