"""Plays a person's clips through all cameras, one after the other."""

from __future__ import annotations

from collections.abc import Callable, Sequence

import numpy as np

from app.pairing import Sight, crop_still, sight_of
from app.ports import ProjectLane
from app.presenters.scrubbing import Frames
from app.stories import Part
from app.views.clock import Shown
from app.views.people import StoryState
from app.views.verify import Still
from app.wording import clock_label
from reid_core.errors import ReidError

PANE = 0


class StoryPlayer:
    """Shows one moment of the story, and the ones after it while it plays.

    Args:
        frames: Decodes single frames.
        lane: Reads tracklets.
        show_state: Told where the story stands.
        show_still: Told the picture.
        set_ticking: Told whether `tick` is to be called.
    """

    def __init__(
        self,
        frames: Frames,
        lane: ProjectLane,
        show_state: Callable[[StoryState], None],
        show_still: Callable[[Still | None], None],
        set_ticking: Callable[[bool], None],
    ) -> None:
        self._frames, self._lane = frames, lane
        self._show_state, self._show_still, self._set_ticking = show_state, show_still, set_ticking
        self._parts: tuple[Part, ...] = ()
        self._number = 0
        self._clip, self._place, self._problem = -1, 0, ""
        self._sights: dict[str, Sight] = {}
        self._anchor: tuple[float, float] | None = None
        self._asked = 0
        self.is_playing = self.is_waiting = False

    def use(self, parts: Sequence[Part], number: int) -> None:
        """Another story; where it is the same one, it stays where it is."""
        if (tuple(parts), number) == (self._parts, self._number):
            return
        self._parts, self._number = tuple(parts), number
        self._clip, self._place, self._problem = -1, 0, ""
        self._sights.clear()
        self._stop()
        self._asked += 1
        self.is_waiting = False
        self._show_still(None)
        if self._parts:
            self._go(0)
        else:
            self._tell()

    def go(self, clip: int) -> None:
        """Begin a clip."""
        if 0 <= clip < len(self._parts):
            self._go(clip)

    def step(self, by: int) -> None:
        """The clip after (1) or before (-1)."""
        self.go(min(max(self._clip + by, 0), len(self._parts) - 1))

    def toggle(self) -> None:
        """Play, or stand still; from the end it begins anew."""
        if self.is_playing:
            self._stop()
            self._tell()
        elif self._parts:
            sight = self._sight()
            at_end = sight is not None and self._place >= self._bounds(sight)[1]
            self.is_playing, self._anchor = True, None
            self._set_ticking(True)
            if at_end:
                self._go(0 if self._clip == len(self._parts) - 1 else self._clip)
            self._tell()

    def stop(self) -> None:
        """Stand still."""
        if self.is_playing:
            self._stop()
            self._tell()

    def tick(self, now_s: float) -> None:
        """Time has passed: the next picture, once the last one is there."""
        sight = self._sight()
        if not self.is_playing or self.is_waiting or sight is None:
            return
        if self._anchor is None:
            self._anchor = (now_s, float(sight.t_ms[self._place]))
        first, last = self._bounds(sight)
        t_ms = self._anchor[1] + (now_s - self._anchor[0]) * 1000
        place = int(np.searchsorted(sight.t_ms, t_ms + 0.5, "right")) - 1
        if t_ms > float(sight.t_ms[last]) + self._frame_ms(sight):
            if self._clip + 1 < len(self._parts):
                self._go(self._clip + 1)
            else:
                self._place = last
                self._stop()
                self._tell()
            return
        place = min(max(place, first), last)
        if place != self._place:
            self._place = place
            self._ask(sight)
            self._tell()

    # --- inside

    def _sight(self) -> Sight | None:
        return (
            self._sights.get(self._parts[self._clip].tracklet) if 0 <= self._clip < len(self._parts) else None
        )

    def _bounds(self, sight: Sight) -> tuple[int, int]:
        """First and last box of the clip."""
        part = self._parts[self._clip]
        first = int(np.searchsorted(sight.common_ms, part.start_ms - 0.5))
        last = int(np.searchsorted(sight.common_ms, part.end_ms + 0.5, "right")) - 1
        n = len(sight.t_ms)
        return min(first, n - 1), min(max(last, first, 0), n - 1)

    @staticmethod
    def _frame_ms(sight: Sight) -> float:
        return 1000.0 / max(sight.source.fps, 1.0)

    def _stop(self) -> None:
        self.is_playing, self._anchor = False, None
        self._set_ticking(False)

    def _go(self, clip: int) -> None:
        self._clip, self._anchor, self._problem = clip, None, ""
        sight = self._sight()
        if sight is not None:
            self._begin(sight)
            return
        self._asked += 1
        asked, name = self._asked, self._parts[clip].tracklet
        self.is_waiting = True
        self._tell()

        def found(sight: Sight) -> None:
            if asked == self._asked:
                self._sights[name] = sight
                self._begin(sight)

        def failed(error: ReidError) -> None:
            if asked == self._asked:
                self.is_waiting, self._problem = False, str(error)
                self._stop()
                self._show_still(None)
                self._tell()

        self._lane.ask(lambda project: sight_of(project, name), found, failed, topic="story")

    def _begin(self, sight: Sight) -> None:
        self._place = self._bounds(sight)[0]
        self._ask(sight)
        self._tell()

    def _ask(self, sight: Sight) -> None:
        self._asked += 1
        asked, place, number = self._asked, self._place, self._number
        self.is_waiting = True

        def take(still: Still | None) -> None:
            if asked == self._asked:
                self.is_waiting = False
                self._show_still(still)
                self._tell()

        def shown(found: Shown) -> None:
            box = tuple(float(v) for v in sight.xyxy[place])
            frame = tuple(float(v) for v in sight.frames[place])
            source = sight.source
            take(Still(found.picture, source.width, source.height, box, frame, number))  # type: ignore[arg-type]

        def failed(error: ReidError) -> None:
            if asked == self._asked:
                self._problem = f"{str(error).partition('. ')[0].rstrip('.')}: stored crops instead"
                self._lane.ask(
                    lambda project: crop_still(project, sight.tracklet, place, number),
                    take,
                    lambda _: take(None),
                    topic="story crop",
                )

        if sight.has_footage:
            self._frames.show_rank(PANE, sight.source, int(sight.frame_idx[place]), shown, failed)
        else:
            failed(ReidError(f"{sight.source.path.rpartition('/')[2]} is not there"))

    def _tell(self) -> None:
        sight = self._sight()
        part, caption = 0.0, ""
        if sight is not None:
            first, last = self._bounds(sight)
            part = (self._place - first) / (last - first) if last > first else 1.0
            caption = f"{sight.camera} · {clock_label(float(sight.common_ms[self._place]))}"
        self._show_state(StoryState(self._clip, part, self.is_playing, caption, self._problem))
