"""One camera's decoding in a thread of its own: ahead of the clock while it runs, exact when it stands."""

from __future__ import annotations

import logging
import threading
from dataclasses import dataclass
from enum import Enum

import numpy as np
from numpy.typing import NDArray

from app.playback.footage import Opener
from app.playback.picture import Shot
from app.playback.ring import SLACK_MS, Ring
from app.playback.running import Runner
from app.playback.settling import Settler
from app.playback.shelf import Goal, Shelf, is_of_size
from app.playback.track import Track
from reid_core.errors import CancelledError, SourceError
from reid_core.store.records import Source

log = logging.getLogger(__name__)

CLOSE_S = 5.0
"""How long a thread may take to end; each step of it is far shorter."""


class Seen(Enum):
    """How a picture stands to the moment that was asked for."""

    EXACT = "exact"
    NEAR = "near"
    NONE = "none"


@dataclass(frozen=True, slots=True)
class Look:
    """What a camera shows at a moment.

    Attributes:
        shot: The picture: the exact one, else one nearby, else None.
        seen: Which of these it is.
        is_recorded: Whether there is footage at that moment.
        problem: Why the footage cannot be shown, for the user; empty when it can.
        is_settled: Nothing better will come as long as nothing else is asked for.
        has_tried: A quick picture was made for this moment; the exact one takes longer.
    """

    shot: Shot | None
    seen: Seen
    is_recorded: bool
    problem: str
    is_settled: bool
    has_tried: bool = False


class CameraDecoder:
    """Decodes one camera; every method is quick and belongs to the GUI thread.

    Args:
        track: The camera's sources.
        open_footage: Opens one of them, in the thread.
        max_bytes: Bound of the pictures that are kept.
    """

    def __init__(self, track: Track, open_footage: Opener, *, max_bytes: int) -> None:
        self._changed = threading.Condition()
        self._ring = Ring(max_bytes)
        self._goal = Goal(track)
        self._shelf = Shelf(open_footage, self._ring, self._changed)
        self._settler, self._runner = Settler(self._shelf), Runner(self._shelf)
        self._is_closing = False
        self._thread: threading.Thread | None = None

    @property
    def track(self) -> Track:
        """The camera's sources and clock."""
        return self._goal.track

    def use(self, track: Track) -> None:
        """Take new facts of the same camera: another clock, more sources, another place of one."""
        is_elsewhere = track.sources != self._goal.track.sources
        self._aim(Goal(track, self._goal.media_ms, self._goal.rate, self._goal.pane))
        if is_elsewhere:
            self.retry()

    def resize(self, width_px: int, height_px: int) -> None:
        """Make pictures for a pane of so many device pixels from now on."""
        pane = (max(width_px, 16), max(height_px, 16))
        if pane != self._goal.pane:
            self._aim(Goal(self._goal.track, self._goal.media_ms, self._goal.rate, pane))

    def aim(self, common_ms: float, rate: float) -> None:
        """Say what is shown now: a moment of the common clock, and the speed (0 when it stands)."""
        media_ms = self._goal.track.clock.media_ms(common_ms)
        self._aim(Goal(self._goal.track, media_ms, rate, self._goal.pane))
        self._start()

    def look(self) -> Look:
        """What there is of the moment that was aimed at."""
        goal = self._goal
        source = goal.source
        if source is None:
            return Look(None, Seen.NONE, False, "", True)
        with self._changed:
            problem = self._shelf.problems.get(source.id, "")
            if problem:
                return Look(None, Seen.NONE, True, problem, True)
            shot = self._ring.at(goal.media_ms)
            if shot is not None and shot.source_id == source.id:
                return Look(shot, Seen.EXACT, True, "", is_of_size(shot, goal))
            near = self._ring.before(goal.media_ms) if goal.rate > 0 else self._ring.nearest(goal.media_ms)
            if near is None or near.source_id != source.id:
                return Look(None, Seen.NONE, True, "", False)
            is_settled = goal.rate == 0 and self._settler.has_given_up(goal)
            return Look(near, Seen.NEAR, True, "", is_settled, self._settler.has_tried(goal))

    def is_ready(self) -> bool:
        """Whether playing from here would not stall at once."""
        goal = self._goal
        source = goal.source
        if source is None or goal.rate == 0:
            return True
        with self._changed:
            return source.id in self._shelf.problems or self._runner.is_ready(goal)

    def beside(self, n_frames: int) -> float | None:
        """Common time of the frame so many frames on (or back) in its source, or None when it is not open."""
        goal = self._goal
        source = goal.source
        if source is None:
            return None
        times = self.times_of(source.id)
        if times is None:
            return None
        rank = int(np.searchsorted(times, goal.media_ms - source.start_ms + SLACK_MS, "right")) - 1
        wanted = rank + n_frames
        if 0 <= wanted < len(times):
            return goal.track.clock.common_ms(source.start_ms + float(times[wanted]))
        other = goal.track.beside(source, 1 if n_frames > 0 else -1)
        if other is None:
            return None
        edge = other.start_ms if n_frames > 0 else other.start_ms + other.duration_ms - 1.0
        return goal.track.clock.common_ms(edge)

    def times_of(self, source_id: int) -> NDArray[np.float64] | None:
        """``(n,)`` times of a source's frames since its first, once it was opened."""
        return self._shelf.times.get(source_id)

    def retry(self) -> None:
        """Try footage again that could not be opened."""
        with self._changed:
            self._shelf.problems.clear()
            self._changed.notify()

    @property
    def is_over(self) -> bool:
        """Whether its thread has ended."""
        return self._thread is None or not self._thread.is_alive()

    def stop(self) -> None:
        """Let the thread end, without waiting for it."""
        with self._changed:
            self._is_closing = self._shelf.is_closing = True
            self._changed.notify()

    def close(self) -> None:
        """End the thread and release all files."""
        self.stop()
        if self._thread is not None:
            self._thread.join(CLOSE_S)
        self._ring.clear()

    def _aim(self, goal: Goal) -> None:
        if goal != self._goal:
            with self._changed:
                self._goal = goal
                if self._wants():
                    self._changed.notify()

    def _start(self) -> None:
        if self._thread is None and not self._is_closing:
            name = f"decode {self._goal.track.camera}"
            self._thread = threading.Thread(target=self._run, name=name, daemon=True)
            self._thread.start()

    def _wants(self) -> bool:
        goal = self._goal
        return self._settler.wants(goal) if goal.rate == 0 else self._runner.wants(goal)

    def _run(self) -> None:
        was_running = False
        while True:
            with self._changed:
                while not self._is_closing and not self._wants():
                    self._changed.wait()
                if self._is_closing:
                    break
                goal = self._goal
            if (goal.rate != 0) != was_running:
                was_running = goal.rate != 0
                self._settler.forget()
                self._runner.forget()
            self._step(goal)
        self._shelf.close()

    def _step(self, goal: Goal) -> None:
        """Decode one picture; whatever a file brings about becomes a message in the pane."""
        try:
            if goal.rate != 0:
                self._runner.step(goal)
            elif goal.source is not None:
                self._settler.step(goal, goal.source)
        except CancelledError:
            return
        except SourceError as error:
            self._fail(goal, str(error))
        except Exception as error:  # a hostile file must not end the thread
            log.exception("decoding failed")
            self._fail(goal, f"The picture cannot be shown ({type(error).__name__}: {error}).")

    def _fail(self, goal: Goal, problem: str) -> None:
        source: Source | None = goal.source if goal.rate == 0 else self._runner.source
        if source is None:
            return
        with self._changed:
            self._shelf.problems[source.id] = problem
        if goal.rate != 0:
            self._runner.pass_over(goal)
