"""Adding footage: what was chosen is looked at, offered with names for its cameras, and added one by one."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from pathlib import Path

from app.adding import (
    Found,
    Rejected,
    add_footage,
    camera_names,
    find_footage,
    fit_name,
    read_index,
    rejected_files,
)
from app.ports import Background, ProjectLane
from app.snapshot import SourceFacts
from app.views.sources import AddForm, SourcesView
from app.workspace import Notice, Workspace
from reid_core.store.project import Project
from reid_core.store.records import Source


class Adder:
    """The part of the Sources page that adds.

    Args:
        view: The page.
        workspace: What is open.
        lane: Writes the project.
        background: Looks at the disk.
        rejected: Hears of all refused files after each file.
        done: Called when all is added.
    """

    def __init__(
        self,
        view: SourcesView,
        workspace: Workspace,
        lane: ProjectLane,
        background: Background,
        rejected: Callable[[tuple[Rejected, ...]], None],
        done: Callable[[], None],
    ) -> None:
        self._view, self._workspace, self._lane, self._background = view, workspace, lane, background
        self._rejected, self._done = rejected, done
        self._waiting: list[tuple[str, str]] = []
        self._n_in_all = 0

    def look_at(self, paths: Sequence[Path], camera: str = "") -> None:
        """Offer the footage in these files and folders; with a camera, all of it for that one."""
        self._background.ask(lambda: find_footage(paths), lambda found: self._offer(found, camera))

    def add(self, items: Sequence[tuple[str, str]], fps: float | None) -> None:
        """Add ``(path, camera)`` in this order.

        Args:
            items: What to add, and to which camera, new or not.
            fps: Rate of folders of pictures; None for what they say themselves.
        """
        self._waiting = [(path, fit_name(camera)) for path, camera in items]
        self._n_in_all = len(self._waiting)
        self._next(fps)

    def cancel(self) -> None:
        """Close the form; what was added stays."""
        self._waiting = []
        self._view.show_adding(None)

    def _offer(self, found: tuple[Found, ...], camera: str) -> None:
        snapshot = self._workspace.snapshot.value
        taken = [*snapshot.former_names, *(known.name for known in snapshot.cameras)] if snapshot else []
        paths = [piece.path for piece in found]
        names = [camera] * len(paths) if camera else camera_names(paths, taken)
        items = tuple((path, Path(path).name, name) for path, name in zip(paths, names, strict=True))
        self._view.show_adding(AddForm(items, any(piece.kind == "images" for piece in found)))

    def _next(self, fps: float | None) -> None:
        snapshot = self._workspace.snapshot.value
        if not self._waiting or snapshot is None:
            self._view.show_adding(None)
            self._done()
            return
        path, camera = self._waiting.pop(0)
        place = self._n_in_all - len(self._waiting)
        self._view.show_adding(AddForm((), False, f"Reading {Path(path).name}, {place} of {self._n_in_all}"))
        rate = fps if Path(path).is_dir() else None
        project_path = Path(snapshot.path)

        known = {facts.source.id: facts for facts in snapshot.sources}

        def add(project: Project) -> tuple[tuple[Rejected, ...], str]:
            if project.path != project_path:  # another one was opened meanwhile
                return rejected_files(project), ""
            added = add_footage(project, camera, path, rate)
            before = known.get(added.id) if isinstance(added, Source) else None
            return rejected_files(project), "" if before is None else known_text(path, before)

        self._background.ask(
            lambda: read_index(project_path, path, rate),
            lambda _: self._lane.ask(add, lambda found: self._added(found, fps)),
        )

    def _added(self, found: tuple[tuple[Rejected, ...], str], fps: float | None) -> None:
        rejected, text = found
        if text:
            self._workspace.notice.set(Notice(text, "info"))
        self._rejected(rejected)
        self._next(fps)


def known_text(path: str, before: SourceFacts) -> str:
    """What became of footage that the project has already."""
    old = Path(before.source.path)
    if before.is_missing:
        return f"{Path(path).name} was recognised: it is {old.name} of {before.source.camera}, found again."
    return f"{Path(path).name} was not added again: it is the recording {old.name} of {before.source.camera}."
