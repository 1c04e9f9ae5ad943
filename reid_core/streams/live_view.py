"""The newest picture of each live camera for windows on this computer: from memory, and only when asked for.

The engine listens on loopback. Where, and a key, stand in a note in the project's folder that only its user
may read; both sides prove that they know the key, which never travels. A picture is held as it is, one a
camera, until the next takes its place, and is scaled when a window asks for it: without a window it costs
nothing. Nothing of it reaches a disk, and with the engine, however it ends, all of it is gone.
"""

from __future__ import annotations

import hashlib
import hmac
import json
import os
import secrets
import socket
import struct
import threading
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from reid_core.types import ImageArray

NOTE = "live.json"
"""In the project's folder: where an engine that watches live cameras listens."""
REQUEST = struct.Struct("<qqHH")
"""Source, frame that the window has (or -1), width and height of its pane in device pixels."""
LENGTH = struct.Struct("<I")
NONCE_BYTES = PROOF_BYTES = 32
MAX_SHOWN_PIXELS = 1920 * 1200
_MOST_WINDOWS = 8
_PROVE_S, _IDLE_S = 5.0, 60.0

LiveBox = tuple[str, float, float, float, float]
"""Tracklet id (provisional; the store knows it after half a second) and corners in pixels of the frame."""
PixelArray = NDArray[np.uint8]


@dataclass(frozen=True, slots=True)
class LivePicture:
    """A picture that was just looked at.

    Attributes:
        source_id: Number of the take in the project.
        frame_idx: Rank in the take.
        t_ms: Time in the take.
        image: RGB ``(H, W, 3)`` uint8.
        boxes: Of exactly this picture.
    """

    source_id: int
    frame_idx: int
    t_ms: float
    image: ImageArray
    boxes: tuple[LiveBox, ...] = ()


class LiveView:
    """Holds the newest pictures, and gives them to windows.

    Args:
        folder: The project's folder, for the note.

    Raises:
        OSError: There is no loopback, or the folder cannot be written.
    """

    def __init__(self, folder: Path) -> None:
        import cv2  # noqa: F401  # takes seconds, which a window that asks would wait

        self._newest: dict[int, LivePicture] = {}
        self._key = secrets.token_bytes(PROOF_BYTES)
        self._windows: dict[socket.socket, threading.Thread] = {}
        self._lock = threading.Lock()
        self._is_closed = False
        self._note = folder / NOTE
        self._door = socket.create_server(("127.0.0.1", 0), backlog=_MOST_WINDOWS)
        try:
            _write_note(self._note, self._door.getsockname()[1], self._key)
        except BaseException:
            self._door.close()
            raise
        self._thread = threading.Thread(target=self._accept, name="live view", daemon=True)
        self._thread.start()

    def show(self, picture: LivePicture) -> None:
        """Put a picture in the place of the one before it of the same take."""
        self._newest[picture.source_id] = picture

    def clear(self, source_id: int) -> None:
        """The take is over."""
        self._newest.pop(source_id, None)

    def close(self) -> None:
        """Send the windows away; closing twice is fine."""
        with self._lock:
            if self._is_closed:
                return
            self._is_closed = True
            windows = dict(self._windows)
        with suppress(OSError):
            self._note.unlink(missing_ok=True)
        for end in (self._door, *windows):
            with suppress(OSError):
                end.shutdown(socket.SHUT_RDWR)
        self._door.close()
        for thread in (self._thread, *windows.values()):
            thread.join()
        self._newest.clear()

    def _accept(self) -> None:
        while not self._is_closed:
            try:
                window, _ = self._door.accept()
            except OSError:
                continue  # closed, or the other side was gone before it came in
            thread = threading.Thread(target=self._serve, args=(window,), name="live window", daemon=True)
            with self._lock:
                if self._is_closed or len(self._windows) >= _MOST_WINDOWS:
                    window.close()
                    continue
                self._windows[window] = thread
                thread.start()

    def _serve(self, window: socket.socket) -> None:
        """Thread body: one window, until it goes."""
        try:
            window.settimeout(_PROVE_S)
            window.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
            if prove_to_window(window, self._key):
                window.settimeout(_IDLE_S)
                while True:
                    self._answer(window, *REQUEST.unpack(receive(window, REQUEST.size)))
        except (OSError, EOFError):
            pass
        finally:
            window.close()
            with self._lock:
                self._windows.pop(window, None)

    def _answer(self, window: socket.socket, source_id: int, known: int, width: int, height: int) -> None:
        picture = self._newest.get(source_id)
        if picture is None or picture.frame_idx == known:
            _send(window, {"has": picture is not None})
            return
        pixels = shrink(picture.image, (max(width, 16), max(height, 16)))
        head = {
            "has": True,
            "frame_idx": picture.frame_idx,
            "t_ms": picture.t_ms,
            "size": picture.image.shape[1::-1],
            "shown": pixels.shape[1::-1],
            "boxes": picture.boxes,
        }
        _send(window, head, pixels)


def shrink(image: ImageArray, pane: tuple[int, int]) -> PixelArray:
    """An RGB picture in the largest size that fits a pane, never larger than it is; ``(h, w, 4)`` BGRA.

    >>> shrink(np.zeros((720, 1280, 3), np.uint8), (640, 480)).shape
    (360, 640, 4)
    """
    import cv2

    height, width = image.shape[:2]
    scale = min(pane[0] / width, pane[1] / height, (MAX_SHOWN_PIXELS / (width * height)) ** 0.5, 1.0)
    size = max(round(width * scale), 1), max(round(height * scale), 1)
    # Averaging costs several times as much, and is not missed where a pixel stands for fewer than four.
    method = cv2.INTER_AREA if scale < 0.5 else cv2.INTER_LINEAR
    small = image if scale == 1.0 else cv2.resize(image, size, interpolation=method)
    return np.asarray(cv2.cvtColor(small, cv2.COLOR_RGB2BGRA), np.uint8)


def prove_to_window(window: socket.socket, key: bytes) -> bool:
    """The engine's side of the proof; whether the window knows the key."""
    theirs, own = receive(window, NONCE_BYTES), secrets.token_bytes(NONCE_BYTES)
    window.sendall(own + proof(key, b"engine", bytes(theirs)))
    return hmac.compare_digest(receive(window, PROOF_BYTES), proof(key, b"window", own))


def proof(key: bytes, side: bytes, nonce: bytes) -> bytes:
    """What only who knows the key can say."""
    return hmac.digest(key, side + nonce, hashlib.sha256)


def receive(line: socket.socket, n_bytes: int) -> bytearray:
    """So many bytes. Raises `EOFError` when the other side goes before, `TimeoutError` after silence."""
    data = bytearray(n_bytes)
    view = memoryview(data)
    while view:
        n_read = line.recv_into(view)
        if not n_read:
            raise EOFError
        view = view[n_read:]
    return data


def _send(window: socket.socket, head: dict[str, Any], pixels: PixelArray | None = None) -> None:
    text = json.dumps(head).encode()
    window.sendall(LENGTH.pack(len(text)) + text)
    if pixels is not None:
        window.sendall(pixels.data)


def _write_note(path: Path, port: int, key: bytes) -> None:
    """Write the note so that it is whole as soon as it is there, and nobody else may read it."""
    draft = path.with_suffix(".part")
    draft.unlink(missing_ok=True)
    with os.fdopen(os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "w") as file:
        json.dump({"port": port, "key": key.hex()}, file)
    draft.replace(path)
