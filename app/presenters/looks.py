"""How two pictures are looked at: zoom, shift, brightness and contrast, the same on both sides or not."""

from __future__ import annotations

from dataclasses import replace
from typing import Protocol

from app.views.verify import LEFT, MAX_ZOOM, MIN_ZOOM, RIGHT, Look


class LooksView(Protocol):
    """What shows it."""

    def show_look(self, side: int, look: Look, *, is_linked: bool) -> None: ...  # noqa: D102
    def show_active(self, side: int) -> None: ...  # noqa: D102


class Looks:
    """The looks at both sides, and which side keys work on.

    Args:
        view: The page.
    """

    def __init__(self, view: LooksView) -> None:
        self._view = view
        self._looks = [Look(), Look()]
        self._is_linked = True
        self.active = RIGHT
        self._show()

    def activate(self, side: int) -> None:
        """Let keys work on this side."""
        self.active = side
        self._view.show_active(side)

    def swap_active(self) -> None:
        """Let keys work on the other side."""
        self.activate(RIGHT if self.active == LEFT else LEFT)

    def set_linked(self, is_linked: bool) -> None:
        """Whether both sides are looked at alike."""
        self._is_linked = is_linked
        if is_linked:
            self._looks = [self._looks[self.active]] * 2
        self._show()

    def toggle_linked(self) -> None:
        """Link both sides, or let each be looked at by itself."""
        self.set_linked(not self._is_linked)

    def zoom(self, factor: float, side: int | None = None) -> None:
        """Come nearer (above 1) or go back."""
        self._set_zoom(self._look(side).zoom * factor, side)

    def set_zoom(self, zoom: float) -> None:
        """Look from so near."""
        self._set_zoom(zoom, None)

    def shift(self, dx: float, dy: float, side: int | None = None) -> None:
        """Move the view, in heights of the person."""
        look = self._look(side)
        self._change(side, dx=look.dx + dx, dy=look.dy + dy, is_whole=False)

    def set_brightness(self, value: int) -> None:
        """-100..100."""
        self._change(None, brightness=value)

    def set_contrast(self, value: int) -> None:
        """-100..100."""
        self._change(None, contrast=value)

    def toggle_whole(self) -> None:
        """The whole frame, or the person."""
        self._change(None, is_whole=not self._look(None).is_whole, dx=0.0, dy=0.0)

    def reset(self) -> None:
        """As the pictures are."""
        self._change(None, zoom=1.0, dx=0.0, dy=0.0, brightness=0, contrast=0, is_whole=False)

    def recentre(self) -> None:
        """Another pair: the person in the middle, everything else as it was chosen."""
        self._looks = [replace(look, dx=0.0, dy=0.0) for look in self._looks]
        self._show()

    def _look(self, side: int | None) -> Look:
        return self._looks[self.active if side is None else side]

    def _set_zoom(self, zoom: float, side: int | None) -> None:
        self._change(side, zoom=min(max(zoom, MIN_ZOOM), MAX_ZOOM), is_whole=False)

    def _change(self, side: int | None, **changes: object) -> None:
        side = self.active if side is None else side
        for one in (LEFT, RIGHT) if self._is_linked else (side,):
            self._looks[one] = replace(self._looks[one], **changes)  # type: ignore[arg-type]
        self._show()

    def _show(self) -> None:
        for side in (LEFT, RIGHT):
            self._view.show_look(side, self._looks[side], is_linked=self._is_linked)
        self._view.show_active(self.active)
