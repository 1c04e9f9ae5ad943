"""The panes and their transport bar as presenters see them."""

from __future__ import annotations

from typing import Protocol

from app.playback.scene import PaneScene, TransportState


class PanesView(Protocol):
    """The grid of panes."""

    def show_panes(self, layout: int, scenes: tuple[PaneScene, ...]) -> None:
        """Show these panes, all changed at once; ``layout`` is one of `LAYOUTS`."""
        ...

    def set_ticking(self, is_on: bool) -> None:
        """Call `PlaybackPresenter.tick` some 100 times a second, or stop that."""
        ...


class TransportView(Protocol):
    """The transport bar."""

    def show_transport(self, state: TransportState) -> None:
        """Show this."""
        ...

    def ask_time(self) -> None:
        """Let the user type a time."""
        ...
