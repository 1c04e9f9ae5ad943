"""A heartbeat in the event loop, and who held it up: the stack is taken while it is late, not afterwards."""

from __future__ import annotations

import dis
import signal
import threading
import time
import traceback
from dataclasses import dataclass
from pathlib import Path
from types import FrameType

from PySide6.QtCore import QObject, Qt, QTimer

BEAT_MS = 10
ENTERED = dis.opmap["RESUME"]
"""The instruction at which a function begins."""
LATE_MS = 100
_ROOT = Path(__file__).resolve().parents[2]
_OURS = tuple(f"{_ROOT / package}/" for package in ("app", "reid_core", "training"))


@dataclass(frozen=True, slots=True)
class Stall:
    """A beat that came too late.

    Attributes:
        late_ms: By how much, without the time in which other programs had the core.
        stack: What the main thread did meanwhile: file, line and function of each call, outermost first.
    """

    late_ms: float
    stack: tuple[str, ...]

    @property
    def is_ours(self) -> bool:
        """Whether our own code was running: it is somewhere on the stack."""
        return any(line.startswith(_OURS) for line in self.stack)


class Heartbeat(QObject):
    """Beats every 10 ms in the main thread.

    A thread of its own sees a beat that is late and sends a signal, whose handler runs in the main thread,
    between two of its instructions: so the stack is that of the code that holds the loop up, or that called
    what does. Where Qt alone holds it up, the handler runs behind it, and nothing of ours is on the stack.
    """

    def __init__(self) -> None:
        super().__init__()
        self.late_ms: list[float] = []
        self.stalls: list[Stall] = []
        self._stack: tuple[str, ...] = ()
        self._last, self._waited_ms = time.perf_counter(), _waited_for_core_ms()
        self._is_told, self._is_over = False, threading.Event()
        self._timer = QTimer(self, interval=BEAT_MS)
        self._timer.setTimerType(Qt.TimerType.PreciseTimer)
        self._timer.timeout.connect(self._beat)
        self._watch = threading.Thread(target=self._look, name="heartbeat", daemon=True)

    def start(self) -> None:
        """Begin to beat."""
        self._before = signal.signal(signal.SIGUSR2, self._take)
        self._beat()
        self._timer.start()
        self._watch.start()

    def stop(self) -> None:
        """End, after a last look."""
        self._timer.stop()
        self._beat()
        self._is_over.set()
        self._watch.join()
        signal.signal(signal.SIGUSR2, self._before)

    @property
    def _late_ms(self) -> float:
        return (time.perf_counter() - self._last) * 1000 - BEAT_MS

    def _beat(self) -> None:
        waited_ms = _waited_for_core_ms()
        late_ms = self._late_ms - (waited_ms - self._waited_ms)
        self.late_ms.append(late_ms)
        if late_ms > LATE_MS:
            self.stalls.append(Stall(late_ms, self._stack))
        self._stack, self._is_told = (), False
        self._last, self._waited_ms = time.perf_counter(), waited_ms

    def _look(self) -> None:
        while not self._is_over.wait(BEAT_MS / 1000):
            if self._late_ms > LATE_MS and not self._is_told:
                self._is_told = True
                signal.pthread_kill(threading.main_thread().ident or 0, signal.SIGUSR2)

    def _take(self, _signum: int, frame: FrameType | None) -> None:
        if self._late_ms > LATE_MS:
            if frame is not None and frame.f_code.co_code[frame.f_lasti] == ENTERED:
                frame = frame.f_back  # it has not done anything yet
            calls = traceback.extract_stack(frame)
            self._stack = tuple(f"{call.filename}:{call.lineno} {call.name}" for call in calls)


def _waited_for_core_ms() -> float:
    """How long this thread was ready to run while others ran, ever; 0 where the system does not tell."""
    try:
        return int(Path("/proc/thread-self/schedstat").read_text().split()[1]) / 1e6
    except (OSError, IndexError, ValueError):
        return 0.0
