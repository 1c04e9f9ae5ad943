"""What can go wrong between us and a camera."""

from __future__ import annotations

from enum import StrEnum

from reid_core.errors import SourceError

NOT_RECORDED = "not recorded"
"""What is said of a moment of which no picture was kept."""


class Trouble(StrEnum):
    """Kinds of trouble, as the *Test* button and `stream-test` name them."""

    AUTHENTICATION = "authentication failed"
    UNREACHABLE = "unreachable"
    NO_VIDEO = "no video"
    REFUSED = "refused"
    LOST = "lost"


class StreamError(SourceError):
    """A camera cannot be watched now.

    Attributes:
        trouble: What kind of trouble it is.
    """

    def __init__(self, trouble: Trouble, text: str) -> None:
        super().__init__(text)
        self.trouble = trouble


class MovedError(StreamError):
    """The server sends us to another address of the same host.

    Attributes:
        path: The new path there, with its query.
    """

    def __init__(self, path: str) -> None:
        super().__init__(
            Trouble.REFUSED, "the camera redirects in circles; give the address that it leads to"
        )
        self.path = path
