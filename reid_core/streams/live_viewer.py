"""A window's side of `live_view`: asks the engine that watches a project for its newest pictures."""

from __future__ import annotations

import hmac
import json
import secrets
import socket
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from reid_core.streams.live_view import (
    LENGTH,
    MAX_SHOWN_PIXELS,
    NONCE_BYTES,
    NOTE,
    PROOF_BYTES,
    REQUEST,
    LiveBox,
    PixelArray,
    proof,
    receive,
)

_MAX_HEAD_BYTES = 2**20
ANSWER_S = 3.0
"""An engine that was halted answers nothing; nobody waits longer for it."""


@dataclass(frozen=True, slots=True)
class LiveShown:
    """A live picture in the size in which it is shown.

    Attributes:
        source_id: Number of the take in the project.
        frame_idx: Rank in the take.
        t_ms: Time in the take.
        pixels: ``(h, w, 4)`` uint8, blue, green, red, opaque; read-only.
        width: Of the frame, pixels; boxes are given in them.
        height: Of the frame, pixels.
        boxes: Of exactly this picture.
        pane: Size of the pane that it was made for.
    """

    source_id: int
    frame_idx: int
    t_ms: float
    pixels: PixelArray
    width: int
    height: int
    boxes: tuple[LiveBox, ...]
    pane: tuple[int, int]


class LiveViewer:
    """A connection to the engine of a project; for one thread.

    Args:
        folder: The project's folder.
        answer_s: Longest wait for an answer.

    Raises:
        OSError: No engine watches live cameras of the project now.
    """

    def __init__(self, folder: Path, *, answer_s: float = ANSWER_S) -> None:
        try:
            note = json.loads((folder / NOTE).read_text(encoding="ascii"))
            port, key = int(note["port"]), bytes.fromhex(note["key"])
        except (ValueError, KeyError, TypeError) as error:
            raise OSError("the note of the engine cannot be read") from error
        self._line = socket.create_connection(("127.0.0.1", port), answer_s)
        try:
            self._line.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
            self._prove(key)
        except BaseException:
            self._line.close()
            raise

    def ask(self, source_id: int, pane: tuple[int, int], before: LiveShown | None) -> LiveShown | None:
        """The newest picture of a take; ``before`` itself where there is no newer one, None without any.

        Raises:
            OSError: The engine has gone, or is halted; close this.
        """
        is_known = before is not None and before.source_id == source_id and before.pane == pane
        known = before.frame_idx if before is not None and is_known else -1
        try:
            self._line.sendall(REQUEST.pack(source_id, known, *(min(max(side, 0), 65535) for side in pane)))
            head = self._head()
            if "frame_idx" not in head:
                return before if head["has"] else None
            width, height = (int(side) for side in head["shown"])
            if not 0 < width * height <= 2 * MAX_SHOWN_PIXELS:
                raise OSError("the engine's answer makes no sense")
            pixels = np.frombuffer(receive(self._line, 4 * width * height), np.uint8)
        except (EOFError, ValueError, KeyError, TypeError) as error:
            raise OSError("the engine's answer makes no sense") from error
        pixels = pixels.reshape(height, width, 4)
        pixels.flags.writeable = False
        frame_width, frame_height = head["size"]
        return LiveShown(
            source_id=source_id,
            frame_idx=int(head["frame_idx"]),
            t_ms=float(head["t_ms"]),
            pixels=pixels,
            width=int(frame_width),
            height=int(frame_height),
            boxes=tuple((str(name), *map(float, box)) for name, *box in head["boxes"]),  # type: ignore[misc]
            pane=pane,
        )

    def close(self) -> None:
        """Go."""
        self._line.close()

    def _prove(self, key: bytes) -> None:
        own = secrets.token_bytes(NONCE_BYTES)
        try:
            self._line.sendall(own)
            answer = bytes(receive(self._line, NONCE_BYTES + PROOF_BYTES))
        except EOFError as error:
            raise OSError("the engine has gone") from error
        if not hmac.compare_digest(answer[NONCE_BYTES:], proof(key, b"engine", own)):
            raise OSError("somebody else listens where the engine did")
        self._line.sendall(proof(key, b"window", answer[:NONCE_BYTES]))

    def _head(self) -> dict[str, Any]:
        (n_bytes,) = LENGTH.unpack(receive(self._line, LENGTH.size))
        if n_bytes > _MAX_HEAD_BYTES:
            raise ValueError(n_bytes)
        head = json.loads(bytes(receive(self._line, n_bytes)))
        if not isinstance(head, dict):
            raise TypeError(head)
        return head
