"""Every error that a user can cause or meet. Each message says what is wrong and what to do about it."""

from __future__ import annotations


class ReidError(Exception):
    """Base of all errors that are shown to the user as one clear sentence, never as a traceback.

    Attributes:
        exit_code: What the command line returns when this error ends the command.
    """

    exit_code = 1


class UsageError(ReidError):
    """The command or its arguments cannot mean anything."""

    exit_code = 2


class SourceError(ReidError):
    """A source cannot be read: absent, refused, not footage, or broken. Others go on without it."""


class ModelNotFoundError(ReidError):
    """No model file was found where the lookup goes; the message lists those places."""

    exit_code = 4


class ModelRefusedError(ReidError):
    """A model file is not what it should be, or holds objects that could run code."""


class ProjectBusyError(ReidError):
    """Another engine works on the project; the message names it."""

    exit_code = 5


class ProjectUnreadableError(ReidError):
    """The project file is damaged, empty, foreign, or written by a newer version."""

    exit_code = 6


class CancelledError(ReidError):
    """The user stopped the job; what was committed stays, and the job can be resumed."""

    exit_code = 130
