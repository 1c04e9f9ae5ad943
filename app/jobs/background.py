"""One thread that does things in the order in which they are asked, and answers in the GUI thread."""

from __future__ import annotations

import logging
import threading
from collections import deque
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, TypeVar

from PySide6.QtCore import QObject, Qt, Signal

from app.workspace import Notice
from reid_core.errors import ReidError

T = TypeVar("T")
JOIN_S = 10.0
"""Longest wait for the work in hand when a thread is closed."""

log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class _Request:
    work: Callable[[], Any]
    then: Callable[[Any], None]
    failed: Callable[[ReidError], None] | None
    topic: str


class BackgroundThread(QObject):
    """A thread and its queue; made and used in the GUI thread.

    Args:
        tell: Shows an error that nobody else takes, such as `Workspace.notice`'s ``set``.
        name: Name of the thread, for logs.
        finish: Called in the thread when it ends (closes what only the thread may touch).
    """

    _answered = Signal(object)

    def __init__(
        self, tell: Callable[[Notice], None], *, name: str, finish: Callable[[], None] | None = None
    ) -> None:
        super().__init__()
        self._tell, self._finish = tell, finish
        self._waiting: deque[_Request] = deque()
        self._changed = threading.Condition()
        self._is_closed = False
        self._n_open = 0
        self._answered.connect(self._deliver, Qt.ConnectionType.QueuedConnection)
        self._thread = threading.Thread(target=self._run, name=name, daemon=True)
        self._thread.start()

    def ask(
        self,
        work: Callable[[], T],
        then: Callable[[T], None],
        failed: Callable[[ReidError], None] | None = None,
        *,
        topic: str = "",
    ) -> None:
        """Do the work in the thread, then hand its result over in the GUI thread.

        Args:
            work: Runs in the thread.
            then: Gets the result, unless this was closed meanwhile.
            failed: Gets a `ReidError` instead; without it the error becomes a notice. Anything else that is
                raised is logged, and becomes a notice always.
            topic: Waiting work of the same topic is dropped: only the latest matters.
        """
        with self._changed:
            if self._is_closed:
                return
            if topic:
                kept = deque(request for request in self._waiting if request.topic != topic)
                self._n_open -= len(self._waiting) - len(kept)
                self._waiting = kept
            self._n_open += 1
            self._waiting.append(_Request(work, then, failed, topic))
            self._changed.notify()

    @property
    def is_idle(self) -> bool:
        """Whether everything that was asked is done and handed over."""
        return self._n_open == 0

    def close(self) -> None:
        """Drop what waits, let the work in hand finish, and end the thread; closing twice is fine."""
        with self._changed:
            self._is_closed = True
            self._waiting.clear()
            self._n_open = 0
            self._changed.notify()
        self._thread.join(JOIN_S)

    def _run(self) -> None:
        while (request := self._next()) is not None:
            answer = self._do(request)
            if not self._is_closed:
                self._answered.emit(answer)
        if self._finish is not None:
            self._finish()

    def _next(self) -> _Request | None:
        with self._changed:
            while not self._waiting and not self._is_closed:
                self._changed.wait()
            return None if self._is_closed else self._waiting.popleft()

    def _do(self, request: _Request) -> Callable[[], None]:
        """The work, and what is to be called in the GUI thread afterwards."""
        try:
            result = request.work()
        except ReidError as error:
            failure, failed = error, request.failed
            if failed is not None:
                return lambda: failed(failure)
            text = str(failure)
            return lambda: self._tell(Notice(text, "bad"))
        except Exception as error:  # must not be lost with the thread
            log.exception("unexpected error in the thread %s", self._thread.name)
            text = (
                f"Something went wrong inside Sightline ({type(error).__name__}: {error}). Nothing was lost."
            )
            return lambda: self._tell(Notice(text, "bad"))
        return lambda: request.then(result)

    def _deliver(self, answer: Callable[[], None]) -> None:
        if not self._is_closed:
            self._n_open -= 1
            answer()
