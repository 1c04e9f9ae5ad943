"""Standing still: a quick picture near the moment first, then exactly the one of the moment."""

from __future__ import annotations

from typing import Any

from app.playback.shelf import Goal, Shelf
from reid_core.store.records import Source

KEEP_BEHIND = 8
"""Frames before the exact one that are kept on the way to it: stepping back is then instant."""


class Settler:
    """Comes to one moment, a picture a step."""

    def __init__(self, shelf: Shelf) -> None:
        self._shelf = shelf
        self._given_up: set[tuple[int, int]] = set()
        self._sought: tuple[int, int] | None = None
        self._kept: tuple[tuple[int, int], Any] | None = None
        self._quick: tuple[int, int] | None = None
        self._tried: tuple[int, int] | None = None

    def wants(self, goal: Goal) -> bool:
        """Whether the exact picture is still to come; with the shelf's lock."""
        source = goal.source
        if source is None or source.id in self._shelf.problems or self.has_given_up(goal):
            return False
        return not self._shelf.holds(source, goal)

    def has_given_up(self, goal: Goal) -> bool:
        """Whether the frame of the moment was found to be damaged."""
        source = goal.source
        return (
            source is not None and (source.id, self._shelf.rank_at(source, goal.media_ms)) in self._given_up
        )

    def has_tried(self, goal: Goal) -> bool:
        """Whether the quick picture for the moment was made."""
        source = goal.source
        key = None if source is None else (source.id, self._shelf.rank_at(source, goal.media_ms))
        return self._tried is not None and self._tried == key

    def forget(self) -> None:
        """Footage was read for another purpose since."""
        self._sought = None

    def step(self, goal: Goal, source: Source) -> None:
        """Decode one picture."""
        footage = self._shelf.footage(source)
        rank = self._shelf.rank_at(source, goal.media_ms)
        assert rank is not None
        key = (source.id, rank)
        if self._kept is not None and self._kept[0] == key:  # only the pane's size has changed
            self._shelf.put(source, rank, self._kept[1], goal)
            return
        if self._sought != key:
            if self._quick != key and not footage.is_soon(rank):
                self._quick, self._sought = key, None
                self._show_quick(goal, source, rank)
                self._tried = key
                return
            self._sought = key
            footage.go_to(rank)
        found = footage.read()
        if found is None or found[0] > rank:
            self._given_up.add(key)
        elif found[0] == rank:
            self._kept, self._sought = (key, found[1]), None
        if found is not None and found[0] >= rank - KEEP_BEHIND:
            self._shelf.put(source, *found, goal)

    def _show_quick(self, goal: Goal, source: Source, rank: int) -> None:
        with self._shelf.lock:
            nearest = self._shelf.ring.nearest(goal.media_ms)
        found = self._shelf.footage(source).quick(rank)
        if found is None:
            return
        start_ms = self._shelf.span_ms(source, found[0])[0]
        if nearest is None or abs(start_ms - goal.media_ms) < abs(nearest.t_ms - goal.media_ms):
            self._shelf.put(source, *found, goal)
