"""Asks child processes one question each: short headless commands that print JSON."""

from __future__ import annotations

import sys
from collections.abc import Callable, Sequence
from dataclasses import dataclass

from PySide6.QtCore import QObject, QProcess

from app.jobs.runner import considerate_environment, engine_arguments
from app.ports import Answer

KILL_MS = 5000
N_LINES = 40
MAX_BYTES = 64 << 20
"""An answer longer than this is none of ours."""
CRASHED = "It ended unexpectedly."
Command = Callable[[str, Sequence[str]], list[str]]


@dataclass(slots=True)
class _Question:
    process: QProcess
    then: Callable[[Answer], None]


class ChildAsker(QObject):
    """`app.ports.Asker`: one child a topic; a newer question of a topic ends the one before.

    Args:
        parent: Its owner.
        command: Makes the child's arguments of module and arguments; tests put another in its place.
    """

    def __init__(self, parent: QObject | None = None, *, command: Command | None = None) -> None:
        super().__init__(parent)
        self._command = command or (lambda module, arguments: engine_arguments(arguments, module))
        self._questions: dict[str, _Question] = {}

    @property
    def is_idle(self) -> bool:
        """Whether every question is answered."""
        return not self._questions

    def ask(
        self, module: str, arguments: tuple[str, ...], then: Callable[[Answer], None], *, topic: str
    ) -> None:
        """Start a child; what it says is handed over at its end."""
        self.cancel(topic)
        process = QProcess(self)
        process.setProgram(sys.executable)
        process.setArguments(self._command(module, arguments))
        process.setProcessEnvironment(considerate_environment())
        question = self._questions[topic] = _Question(process, then)
        process.finished.connect(lambda code, status: self._end(topic, question, code, status))
        process.errorOccurred.connect(lambda error: self._refuse(topic, question, error))
        process.start()

    def cancel(self, topic: str) -> None:
        """End a topic's child; no answer comes."""
        question = self._questions.pop(topic, None)
        if question is not None:
            _kill(question.process)

    def close(self) -> None:
        """End every child, and wait until they have ended, blocking; for the end of the program."""
        for topic in list(self._questions):
            self.cancel(topic)
        for process in self.findChildren(QProcess):
            if process.state() != QProcess.ProcessState.NotRunning:
                process.waitForFinished(KILL_MS)

    def _end(self, topic: str, question: _Question, code: int, status: QProcess.ExitStatus) -> None:
        if self._questions.get(topic) is not question:
            return
        del self._questions[topic]
        text = bytes(question.process.readAllStandardOutput().data())[:MAX_BYTES].decode(errors="replace")
        errors = bytes(question.process.readAllStandardError().data()).decode(errors="replace")
        lines = tuple(line.rstrip() for line in errors.splitlines() if line.strip())[-N_LINES:]
        question.process.deleteLater()
        is_crash = status == QProcess.ExitStatus.CrashExit
        question.then(Answer(-1 if is_crash else code, text, (*lines, CRASHED) if is_crash else lines))

    def _refuse(self, topic: str, question: _Question, error: QProcess.ProcessError) -> None:
        if error == QProcess.ProcessError.FailedToStart and self._questions.get(topic) is question:
            del self._questions[topic]
            question.process.deleteLater()
            question.then(Answer(-1, "", (f"It could not be started: {question.process.errorString()}.",)))


def _kill(process: QProcess) -> None:
    """End a child without waiting; it is let go of once it has ended.

    Its signals are disconnected, for blocked ones would keep Qt's own from being heard.
    """
    process.finished.disconnect()
    process.errorOccurred.disconnect()
    process.finished.connect(process.deleteLater)
    process.kill()
