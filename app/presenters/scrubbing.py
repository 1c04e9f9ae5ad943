"""One side of a pair: where it stands in its tracklet, and the picture of that moment."""

from __future__ import annotations

from collections.abc import Callable
from typing import Protocol

import numpy as np

from app.pairing import Sight, crop_still
from app.ports import ProjectLane
from app.snapshot import short_name
from app.views.clock import Failed, Shown
from app.views.verify import Scrub, SideHead, Still
from app.wording import clock_label, length_label
from app.workspace import Workspace
from reid_core.errors import ReidError
from reid_core.store.records import Source

ROLES = ("Query", "Candidate")


class Frames(Protocol):
    """Decodes single frames; `app.jobs.clock_pictures.ClockPictures` is one."""

    def show_rank(
        self, pane: int, source: Source, rank: int, then: Callable[[Shown], None], failed: Failed
    ) -> None:
        """The frame of a rank."""
        ...


class SideView(Protocol):
    """What one side shows."""

    def show_side(self, side: int, head: SideHead) -> None: ...  # noqa: D102
    def show_scrub(self, side: int, scrub: Scrub) -> None: ...  # noqa: D102
    def show_still(self, side: int, still: Still | None) -> None: ...  # noqa: D102


class Scrubber:
    """Goes through one tracklet's frames.

    Args:
        side: `app.views.verify.LEFT` or ``RIGHT``.
        view: Shows it.
        workspace: Knows whose tracklet it is.
        frames: Decodes.
        lane: Reads stored crops where the footage is gone.
        arrived: Called when the first picture of a tracklet is there, or cannot be had.
    """

    def __init__(
        self,
        side: int,
        view: SideView,
        workspace: Workspace,
        frames: Frames,
        lane: ProjectLane,
        arrived: Callable[[], None],
    ) -> None:
        self.side, self.place = side, 0
        self.sight: Sight | None = None
        self.still: Still | None = None
        self.is_playing = self.is_waiting = False
        self._view, self._workspace, self._arrived = view, workspace, arrived
        self._frames, self._lane = frames, lane
        self._number, self._name, self._problem, self._told = 0, "", "", ""
        self._anchor: tuple[float, float] | None = None
        self._asked = 0
        self._is_held = True

    # --- what it shows

    def open(self, sight: Sight, number: int) -> None:
        """Show a tracklet, from its best crop on; its picture is held back until `release`."""
        self.sight, self.place, self._number = sight, sight.start, number
        self._name, self._problem = "", ""
        self._begin()
        self._ask()

    def open_picture(self, picture: bytes, name: str, number: int) -> None:
        """Show a query picture, in which nothing can be gone through."""
        self.sight, self.place, self._number = None, 0, number
        self._name, self._problem = name, "" if picture else "The query's picture is not there any more."
        self._begin()
        self.still = Still(picture, 0, 0, (0, 0, 0, 0), (0, 0, 0), number) if picture else None
        self.is_waiting = False
        self._arrived()

    def fail(self, problem: str) -> None:
        """There is nothing to be seen of it, and why."""
        self.sight, self.still, self._problem, self.is_waiting = None, None, problem, False
        self._arrived()

    def close(self) -> None:
        """Show nothing."""
        self.sight, self.still, self.is_playing, self.is_waiting = None, None, False, False
        self._asked += 1

    def release(self) -> None:
        """Show what has arrived: both sides of a pair appear together."""
        self._is_held = False
        self._view.show_still(self.side, self.still)
        self.show()

    def show(self) -> None:
        """Head and bar."""
        sight, snapshot = self.sight, self._workspace.snapshot.value
        self._told = self._problem
        if sight is None:
            self._view.show_side(
                self.side, SideHead(ROLES[self.side], self._number, self._name, problem=self._problem)
            )
            self._view.show_scrub(self.side, Scrub())
            return
        person = None if snapshot is None else snapshot.person_of(sight.tracklet)
        self._view.show_side(
            self.side,
            SideHead(
                ROLES[self.side],
                0 if person is None else person.number,
                sight.camera,
                short_name(sight.tracklet),
                clock_label(float(sight.common_ms[self.place])),
                self._problem,
            ),
        )
        start, end = float(sight.t_ms[0]), float(sight.t_ms[-1])
        at = (float(sight.t_ms[self.place]) - start) / 1000
        self._view.show_scrub(
            self.side,
            Scrub(
                sight.tracklet,
                len(sight.t_ms),
                self.place,
                sight.crop_places,
                f"{at:.1f} / {length_label(end - start)}",
                self.is_playing,
            ),
        )

    # --- moving

    def go(self, place: int) -> None:
        """Stand at a box."""
        if self.sight is not None:
            self.place = min(max(place, 0), len(self.sight.t_ms) - 1)
            self._anchor = None
            self._ask()
            self.show()

    def play(self, is_on: bool) -> None:
        """Let time run, or stop it."""
        self.is_playing = is_on and self.sight is not None and len(self.sight.t_ms) > 1
        self._anchor = None
        self.show()

    def tick(self, now_s: float) -> None:
        """Time has passed: the next picture, once the last one is there; from the end it begins anew."""
        sight = self.sight
        if sight is None or not self.is_playing or self.is_waiting:
            return
        if self._anchor is None:
            if self.place == len(sight.t_ms) - 1:
                self.place = 0
            self._anchor = (now_s, float(sight.t_ms[self.place]))
        t_ms = self._anchor[1] + (now_s - self._anchor[0]) * 1000
        place = int(np.searchsorted(sight.t_ms, t_ms + 0.5, "right")) - 1
        if t_ms > float(sight.t_ms[-1]) + 400:
            place, self._anchor = 0, (now_s, float(sight.t_ms[0]))
        if place != self.place:
            self.place = max(place, 0)
            self._ask()
            self.show()

    # --- pictures

    def _begin(self) -> None:
        self.still, self._anchor = None, None
        self.is_waiting = self._is_held = True
        self.is_playing = False
        self._asked += 1

    def _ask(self) -> None:
        sight, place = self.sight, self.place
        if sight is None:
            return
        self._asked += 1
        asked, number = self._asked, self._number
        self.is_waiting = True

        def shown(found: Shown) -> None:
            if asked == self._asked:
                self._problem = ""
                self._take(self._still_of(sight, place, found.picture))

        def failed(error: ReidError) -> None:
            if asked == self._asked:
                self._problem = f"{str(error).partition('. ')[0].rstrip('.')}: stored crops instead"
                self._lane.ask(
                    lambda project: crop_still(project, sight.tracklet, place, number),
                    lambda still: self._take(still) if asked == self._asked else None,
                    lambda _: self._take(None) if asked == self._asked else None,
                    topic=f"crop {self.side}",
                )

        if sight.has_footage:
            self._frames.show_rank(self.side, sight.source, int(sight.frame_idx[place]), shown, failed)
        else:
            failed(ReidError(f"{sight.source.path.rpartition('/')[2]} is not there"))

    def _still_of(self, sight: Sight, place: int, picture: object) -> Still:
        x1, y1, x2, y2 = (float(v) for v in sight.xyxy[place])
        middle_x, middle_y, height = (float(v) for v in sight.frames[place])
        return Still(
            picture,
            sight.source.width,
            sight.source.height,
            (x1, y1, x2, y2),
            (middle_x, middle_y, height),
            self._number,
        )

    def _take(self, still: Still | None) -> None:
        self.still, self.is_waiting = still, False
        if self._is_held:
            self._arrived()
        else:
            self._view.show_still(self.side, still)
            if self._problem != self._told:
                self.show()
