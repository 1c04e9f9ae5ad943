"""Playing: pictures are made ahead of the clock, forward in order, backward in runs."""

from __future__ import annotations

import math

from app.playback.ring import SLACK_MS
from app.playback.shelf import Goal, Shelf
from reid_core.store.records import Source

AHEAD_MS = 800.0
"""How far ahead of the clock pictures are made, at normal speed."""
RING_SHARE = 0.7
"""Part of the ring that may lie ahead; the rest is for stepping back."""
PAINT_MS = 15.0
"""Pictures that follow sooner (by the wall) cannot be seen: at high speed those between are left out."""
LATE_MS = 250.0
"""So far behind the clock, decoding goes on from another key frame."""
JUMP_MS = 2000.0
"""A moment so far beyond what was made is somewhere else."""
READY_MS = 120.0
"""How much must be at hand, at normal speed, before the clock starts to run."""
STARVED_MS = 250.0
"""A picture that comes too late is made all the same when none was made for so long."""


class Runner:
    """Makes pictures ahead of a running clock, one a step.

    What lies without a hole between `low` and `high` (the camera's own time) has been made, or is a gap.
    """

    def __init__(self, shelf: Shelf) -> None:
        self._shelf = shelf
        self._low, self._high = math.inf, -math.inf
        self._direction = 0.0
        self._source: Source | None = None
        self._is_entered = False
        self._stretch = (0, 0)
        self._first_ms = self._made_ms = -math.inf

    def wants(self, goal: Goal) -> bool:
        """Whether more is to be made; with the shelf's lock."""
        return self.ahead_ms(goal) < self._goal_ms(goal)

    def is_ready(self, goal: Goal) -> bool:
        """Whether enough is at hand for the clock to start."""
        return self.ahead_ms(goal) >= min(READY_MS * abs(goal.rate), 0.6 * self._goal_ms(goal))

    def ahead_ms(self, goal: Goal) -> float:
        """How much is at hand from the moment on, in the direction of play; negative when it is late."""
        if not self._is_going_on(goal):
            return -math.inf
        return self._high - goal.media_ms if goal.rate > 0 else goal.media_ms - self._low

    def forget(self) -> None:
        """Footage was read for another purpose since."""
        self._direction = 0.0

    def step(self, goal: Goal) -> None:
        """Decode one picture, or open what is to be read next."""
        if not self._is_going_on(goal):
            self._begin(goal)
        elif not self._is_entered:
            self._enter(goal)
        elif goal.rate > 0:
            self._low = max(self._low, goal.media_ms)  # what was shown may be dropped
            self._forward(goal)
        else:
            self._high = min(self._high, goal.media_ms)
            self._back(goal)

    @property
    def source(self) -> Source | None:
        """What is read now."""
        return self._source

    def pass_over(self, goal: Goal) -> None:
        """Go on beyond the source that cannot be read."""
        if self._source is not None:
            self._go_on_with(goal, goal.track.beside(self._source, 1 if goal.rate > 0 else -1))

    # --- both ways

    def _is_going_on(self, goal: Goal) -> bool:
        """Whether the moment follows from what was made, and is no jump."""
        if math.copysign(1.0, goal.rate) != self._direction:
            return False
        jump_ms = JUMP_MS * abs(goal.rate)
        if goal.rate > 0:
            return self._low - SLACK_MS <= goal.media_ms <= self._high + jump_ms
        return self._low - jump_ms <= goal.media_ms <= self._high + SLACK_MS

    def _begin(self, goal: Goal) -> None:
        self._direction = math.copysign(1.0, goal.rate)
        self._low = self._high = self._first_ms = goal.media_ms
        self._made_ms = -math.inf
        source = goal.source
        if source is None:
            sources = goal.track.sources
            after = [s for s in sources if s.start_ms > goal.media_ms]
            before = [s for s in sources if s.start_ms <= goal.media_ms]
            source = next(iter(after), None) if goal.rate > 0 else next(reversed(before), None)
        elif goal.rate < 0:
            self._low = self._high = goal.media_ms + SLACK_MS
        self._go_on_with(goal, source)

    def _go_on_with(self, goal: Goal, source: Source | None) -> None:
        """Read another source next; up to there nothing is to be shown."""
        step = 1 if goal.rate > 0 else -1
        while source is not None and source.id in self._shelf.problems:
            source = goal.track.beside(source, step)
        self._source, self._is_entered = source, source is None
        if step > 0:
            self._high = math.inf if source is None else max(self._high, source.start_ms)
        else:
            end_ms = -math.inf if source is None else source.start_ms + source.duration_ms
            self._low = min(self._low, end_ms)

    def _enter(self, goal: Goal) -> None:
        source = self._source
        assert source is not None
        footage = self._shelf.footage(source)
        self._is_entered = True
        at_ms = self._high if goal.rate > 0 else self._low
        rank = self._shelf.rank_at(source, at_ms)
        assert rank is not None
        if goal.rate > 0:
            footage.go_to(rank)
        else:
            self._begin_stretch(goal, source, rank + 1)

    def _goal_ms(self, goal: Goal) -> float:
        return min(AHEAD_MS * abs(goal.rate), RING_SHARE * self._ring_ms(goal))

    def _ring_ms(self, goal: Goal) -> float:
        """How much playing time fits into the ring."""
        source = self._source or goal.source or (goal.track.sources or (None,))[0]
        if source is None:
            return math.inf
        width, height = goal.pane
        n_shots = max(self._shelf.ring.max_bytes / (4 * width * height), 3.0)
        return n_shots * max(1000.0 / max(source.fps, 1.0), PAINT_MS * abs(goal.rate))

    def _is_seen(self, start_ms: float, goal: Goal) -> bool:
        """Whether a picture is far enough from the one made before it to be seen."""
        return abs(start_ms - self._made_ms) >= PAINT_MS * abs(goal.rate) - SLACK_MS

    # --- forward

    def _forward(self, goal: Goal) -> None:
        source = self._source
        if source is None:
            return
        footage = self._shelf.footage(source)
        self._catch_up(goal, source)
        found = footage.read()
        if found is None:
            self._go_on_with(goal, goal.track.beside(source, 1))
            return
        start_ms, end_ms = self._shelf.span_ms(source, found[0])
        if end_ms <= self._first_ms + SLACK_MS:
            return  # on the way to the first one
        is_late = end_ms <= goal.media_ms and start_ms - self._made_ms < STARVED_MS * goal.rate
        if not is_late and self._is_seen(start_ms, goal):
            self._shelf.put(source, *found, goal)
            self._made_ms = start_ms
        self._high = max(self._high, end_ms)

    def _catch_up(self, goal: Goal, source: Source) -> None:
        """Leave out what lies before a key frame where decoding is too slow for the clock."""
        if goal.media_ms - self._high < LATE_MS * goal.rate:
            return
        footage = self._shelf.footage(source)
        rank = self._shelf.rank_at(source, goal.media_ms)
        assert rank is not None
        key = footage.key_from(rank)
        start_ms = math.inf if key is None else self._shelf.span_ms(source, key)[0]
        if key is not None and start_ms <= goal.media_ms + LATE_MS * goal.rate:
            footage.go_to(key)
            self._high = start_ms
        else:
            footage.go_to(rank)  # seeks only where a key frame lies between

    # --- backward

    def _begin_stretch(self, goal: Goal, source: Source, end: int) -> None:
        """Make the frames before rank ``end`` next, as many as the ring bears."""
        length_ms = min(AHEAD_MS * -goal.rate, RING_SHARE * self._ring_ms(goal)) / 2
        times = self._shelf.times[source.id]
        end_ms = source.start_ms + (float(times[end]) if end < len(times) else source.duration_ms)
        first = self._shelf.rank_at(source, end_ms - max(length_ms, 1.0))
        assert first is not None
        self._stretch = (min(first, end - 1), end)
        self._made_ms = -math.inf
        self._shelf.footage(source).go_to(self._stretch[0])

    def _back(self, goal: Goal) -> None:
        source = self._source
        if source is None:
            return
        first, end = self._stretch
        found = self._shelf.footage(source).read()
        if found is not None and first <= found[0] < end:
            start_ms = self._shelf.span_ms(source, found[0])[0]
            if self._is_seen(start_ms, goal):
                self._shelf.put(source, *found, goal)
                self._made_ms = start_ms
        if found is not None and found[0] < end - 1:
            return
        self._low = self._shelf.span_ms(source, first)[0]
        if first == 0:
            self._go_on_with(goal, goal.track.beside(source, -1))
        else:
            self._begin_stretch(goal, source, first)
