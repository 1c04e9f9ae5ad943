"""Describes query pictures in one warm child process, so that the window never runs a model."""

from __future__ import annotations

import base64
import binascii
import json
import sys
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from PySide6.QtCore import QObject, QProcess

from app.jobs.runner import engine_arguments
from app.views.results import Box, Described, SeveralPeople
from reid_core.errors import ReidError

CLOSE_MS = 2000
STOPPED = "The engine that describes pictures stopped, twice. Search again, or try another picture."


@dataclass(slots=True)
class _Request:
    line: bytes
    then: Callable[[Described], None]
    failed: Callable[[ReidError], None]
    n_tries: int = 0


class QueryEngine(QObject):
    """`app.views.results.PictureEngine`: started at its first picture, started again when it dies.

    Args:
        parent: Its owner.
        command: Makes the child's arguments of a project file; by default the hidden ``query-engine``.
    """

    def __init__(
        self, parent: QObject | None = None, *, command: Callable[[Path], list[str]] | None = None
    ) -> None:
        super().__init__(parent)
        self._command = command or (lambda project: engine_arguments(["query-engine", str(project)]))
        self._project: Path | None = None
        self._process: QProcess | None = None
        self._requests: dict[int, _Request] = {}
        self._n_asked = 0
        self._rest = b""

    def open(self, project: Path) -> None:
        """Use this project's models from now on; nothing is started yet."""
        self.close()
        self._project = project

    @property
    def is_running(self) -> bool:
        """Whether there is a child."""
        return self._process is not None

    @property
    def pid(self) -> int:
        """Process number of the child, or 0."""
        return 0 if self._process is None else self._process.processId()

    def describe(
        self,
        picture: bytes,
        box: Box | None,
        then: Callable[[Described], None],
        failed: Callable[[ReidError], None],
    ) -> None:
        """Describe the person in a picture file's bytes; answers come in the GUI thread."""
        if self._project is None:
            failed(ReidError("Open a project first: pictures are described by its model."))
            return
        self._n_asked += 1
        request: dict[str, Any] = {"id": self._n_asked, "data": base64.b64encode(picture).decode()}
        if box is not None:
            request["box"] = list(box)
        self._requests[self._n_asked] = _Request(json.dumps(request).encode() + b"\n", then, failed)
        self._send(self._requests[self._n_asked])

    def cancel(self) -> None:
        """Answer nothing that was asked so far; the child stays warm."""
        self._requests.clear()

    def close(self) -> None:
        """End the child, which has nothing to lose; no project is open any more."""
        self._requests.clear()
        self._project = None
        process, self._process = self._process, None
        if process is not None:
            process.finished.disconnect()
            process.kill()
            process.waitForFinished(CLOSE_MS)
            process.deleteLater()

    def _send(self, request: _Request) -> None:
        request.n_tries += 1
        process = self._process or self._start()
        process.write(request.line)

    def _start(self) -> QProcess:
        assert self._project is not None
        process = self._process = QProcess(self)
        self._rest = b""
        process.setProgram(sys.executable)
        process.setArguments(self._command(self._project))
        process.setStandardErrorFile(QProcess.nullDevice())
        process.readyReadStandardOutput.connect(self._read)
        process.finished.connect(self._on_finished)
        process.errorOccurred.connect(self._on_error)
        process.start()
        return process

    def _read(self) -> None:
        if self._process is None:
            return
        self._rest += bytes(self._process.readAllStandardOutput().data())
        *lines, self._rest = self._rest.split(b"\n")
        for line in lines:
            self._take(line)

    def _take(self, line: bytes) -> None:
        try:
            answer = json.loads(line)
            number = int(answer["id"])
        except (ValueError, KeyError, TypeError):
            return  # no answer to anybody; whoever waits is told when the child ends
        request = self._requests.pop(number, None)
        if request is None:
            return  # cancelled
        try:
            taken = _described(answer)
        except (ValueError, KeyError, TypeError, binascii.Error):
            taken = ReidError("The engine that describes pictures gave an answer that makes no sense.")
        if isinstance(taken, Described):
            request.then(taken)
        else:
            request.failed(taken)

    def _on_error(self, error: QProcess.ProcessError) -> None:
        if error == QProcess.ProcessError.FailedToStart:
            self._on_finished()

    def _on_finished(self, *_: object) -> None:
        self._read()
        process, self._process = self._process, None
        if process is not None:
            process.deleteLater()
        for number, request in list(self._requests.items()):
            if request.n_tries < 2:
                self._send(request)
            else:
                del self._requests[number]
                request.failed(ReidError(STOPPED))


def _described(answer: dict[str, Any]) -> Described | ReidError:
    if "error" not in answer:
        vector = np.asarray(answer["vector"], np.float32)
        return Described(str(answer["space"]), vector, base64.b64decode(answer["crop"]))
    text = str(answer["error"])
    if "boxes" not in answer:
        return ReidError(text)
    boxes = [(float(x1), float(y1), float(x2), float(y2)) for x1, y1, x2, y2 in answer["boxes"]]
    preview = base64.b64decode(answer["preview"])
    return SeveralPeople(
        f"The picture shows {len(boxes)} people. Choose one.",
        boxes,
        preview,
        int(answer["width"]),
        int(answer["height"]),
    )
