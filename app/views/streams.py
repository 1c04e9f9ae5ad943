"""Adding a live camera, as its panel shows it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Protocol


@dataclass(frozen=True, slots=True)
class StreamForm:
    """The panel as it stands.

    Attributes:
        result: What a try or an addition said; may be empty.
        level: ``ok``, ``warn``, ``bad`` or ``info``.
        is_busy: A try is under way.
    """

    result: str = ""
    level: str = "info"
    is_busy: bool = False


@dataclass(frozen=True, slots=True)
class StreamEntry:
    """What a person wrote into the panel.

    Attributes:
        camera: Name of the camera.
        address: Where it is.
        password: What it is logged in with, or empty; shown nowhere.
        remember: Keep the password in the system's keyring.
        record: Record what it sends.
    """

    camera: str
    address: str
    password: str
    remember: bool = False
    record: bool = False

    def __repr__(self) -> str:
        """Without the password, and without the address, which may hold one."""
        return f"StreamEntry({self.camera!r})"


class StreamsView(Protocol):
    """What the page can be told."""

    def show_stream(self, form: StreamForm | None) -> None:
        """Show the panel; None closes it."""
        ...
