"""Corrections of who is who: each is one event and one undo step; the impossible is asked about first."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Protocol

from app.ports import ProjectLane
from app.presenters.identities import store_name
from app.snapshot import Person, Snapshot
from app.stories import merge_objection, move_objection
from app.workspace import Notice, Workspace
from reid_core.errors import ReidError, UsageError
from reid_core.pipeline.identities import identities
from reid_core.pipeline.notes import write_identity_note
from reid_core.pipeline.regroup import merge, move, split, take_out
from reid_core.store.project import Project

OVERRULED = "decided in spite of the warning: "
Work = Callable[[Project, str], object]
"""Runs in the lane, with a note that says what was warned of."""


class WarningView(Protocol):
    """Where warnings are shown."""

    def show_warning(self, text: str, button: str = "Do it anyway") -> None:
        """Ask before something impossible is stored; an empty text takes the question away."""
        ...


@dataclass(frozen=True, slots=True)
class _Wish:
    """What is about to be done.

    Attributes:
        work: Does it.
        keep: A tracklet whose person is looked at afterwards; empty keeps whoever is.
        against: What speaks against it.
    """

    work: Work
    keep: str
    against: str = ""


class Corrections:
    """Writes corrections, one after the other.

    Args:
        view: Shows warnings.
        workspace: Shared state.
        lane: Writes.
        done: Called with the tracklet whose person is to be looked at, after every write.
        failed: Called when a write failed; the reason is a notice already.
    """

    def __init__(
        self,
        view: WarningView,
        workspace: Workspace,
        lane: ProjectLane,
        done: Callable[[str], None],
        failed: Callable[[], None],
    ) -> None:
        self._view, self._workspace, self._lane = view, workspace, lane
        self._done, self._failed = done, failed
        self._wish: _Wish | None = None
        self._n_writing = 0

    @property
    def is_writing(self) -> bool:
        """Whether something is on its way into the project."""
        return self._n_writing > 0

    def rename(self, person: Person, name: str) -> None:
        """Give a person a name; an empty one takes it away."""
        self._write(_Wish(lambda project, _: store_name(project, person.cover, name), person.cover))

    def annotate(self, person: Person, note: str, tags: Sequence[str]) -> None:
        """Write a note and tags about a person."""

        def work(project: Project, _: str) -> object:
            identity = identities(project).of(person.cover)
            if identity is None:
                raise UsageError("The person is not there any more, so no note can stand on it.")
            return write_identity_note(project, identity, note, tags)

        self._write(_Wish(work, person.cover))

    def split(self, chosen: Sequence[str]) -> None:
        """Let tracklets be a person of their own."""
        self._write(_Wish(lambda project, _: split(project, chosen), chosen[0]))

    def take_out(self, chosen: Sequence[str], keep: str) -> None:
        """Let tracklets belong to nobody."""
        self._write(_Wish(lambda project, _: take_out(project, chosen), keep))

    def move(self, chosen: Sequence[str], target: Person, keep: str) -> None:
        """Let tracklets belong to another person."""
        members = self._members(target)
        against = move_objection(chosen, members, self._snapshot())
        self._write(
            _Wish(lambda project, note: move(project, chosen, target.cover, note=note), keep, against),
            "Move anyway",
        )

    def merge(self, target: Person, source: Person) -> None:
        """Let two people be one, called as the first."""
        against = merge_objection(self._members(source), self._members(target), self._snapshot())
        self._write(
            _Wish(
                lambda project, note: merge(project, target.cover, [source.cover], note=note),
                target.cover,
                against,
            ),
            "Merge anyway",
        )

    def confirm(self) -> None:
        """Do what was warned of."""
        wish = self._wish
        self.cancel()
        if wish is not None:
            self._do(wish, OVERRULED + wish.against)

    def cancel(self) -> None:
        """Do not do what was warned of."""
        if self._wish is not None:
            self._wish = None
            self._view.show_warning("")

    def _write(self, wish: _Wish, button: str = "") -> None:
        self.cancel()
        if wish.against:
            self._wish = wish
            self._view.show_warning(wish.against, button)
        else:
            self._do(wish, "")

    def _do(self, wish: _Wish, note: str) -> None:
        self._n_writing += 1

        def stored(_: object) -> None:
            self._n_writing -= 1
            self._done(wish.keep)

        def failed(error: ReidError) -> None:
            self._n_writing -= 1
            self._failed()
            self._workspace.notice.set(Notice(str(error), "bad"))

        self._lane.ask(lambda project: wish.work(project, note), stored, failed)

    def _snapshot(self) -> Snapshot:
        snapshot = self._workspace.snapshot.value
        return snapshot if snapshot is not None else Snapshot("", "")

    def _members(self, person: Person) -> tuple[str, ...]:
        ids = self._snapshot().tracklets.ids
        return tuple(ids[row] for row in person.tracklets)
