"""Exports the project, or a part of it, beside everything else; it can be stopped, and leaves nothing then.

How to join it (in the composition root, once per project; the lane should be one of its own, since an export
can take minutes)::

    presenter = ExportPresenter(dialog, workspace, lane)
    dialog.format_chosen.connect(presenter.set_format)
    dialog.what_chosen.connect(presenter.set_what)
    dialog.folder_chosen.connect(presenter.set_folder)
    dialog.replacing_chosen.connect(presenter.set_replacing)
    dialog.started.connect(presenter.start)
    dialog.cancelled.connect(presenter.cancel)
    dialog.ticked.connect(presenter.tick)
    actions["file.export"].triggered.connect(presenter.open)
    ...
    presenter.close()                                # before the lane is closed
"""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import numpy as np

from app.ports import ProjectLane
from app.snapshot import Snapshot
from app.views.export import ExportState, ExportView, What
from app.wording import count_label, span_label
from app.workspace import Workspace
from reid_core.errors import CancelledError, ReidError
from reid_core.progress import CancelToken
from reid_core.store.project import Project

STOPPED = "The export was stopped. Nothing was written."


class _Run:
    """An export under way; the lane's thread writes how far it is, the GUI thread reads it."""

    def __init__(self, total: int) -> None:
        self.token = CancelToken()
        self.progress = (0, total)

    def watch(self, done: int, total: int) -> None:
        """Called for each tracklet in the lane's thread."""
        self.progress = (done, total)
        if self.token.cancelled:
            raise CancelledError(STOPPED)


class ExportPresenter:
    """What is exported, where to, and how far it is.

    Args:
        view: The dialog.
        workspace: Selection and marked range.
        lane: Writes the files.
    """

    def __init__(self, view: ExportView, workspace: Workspace, lane: ProjectLane) -> None:
        self._view, self._workspace, self._lane = view, workspace, lane
        self._state = ExportState()
        self._run: _Run | None = None
        self._disconnect = [
            observed.connect(lambda _: self._refresh())
            for observed in (workspace.snapshot, workspace.selected, workspace.range_ms)
        ]

    def close(self) -> None:
        """Stop an export under way, and hear of nothing any more."""
        if self._run is not None:
            self._run.token.cancel()
        for disconnect in self._disconnect:
            disconnect()

    # --- what the user does

    def open(self) -> None:
        """Bring the dialog up, with the selection chosen where there is one."""
        snapshot = self._workspace.snapshot.value
        if snapshot is None:
            return
        if self._run is None:
            path = Path(snapshot.path)
            folder = self._state.folder or str(path.parent / f"{path.stem}-export")
            what = What.SELECTED if self._workspace.selected.value else What.ALL
            self._state = replace(self._state, folder=folder, what=what, message="", is_replacing=False)
            self._refresh()
            self._look()
        self._view.open_export()

    def set_format(self, name: str) -> None:
        """Another format."""
        self._change(format=name)

    def set_what(self, what: What) -> None:
        """Another part of the project."""
        self._change(what=what)

    def set_folder(self, folder: str) -> None:
        """Another place."""
        self._change(folder=folder.strip())

    def set_replacing(self, is_replacing: bool) -> None:
        """Whether existing files may be replaced."""
        self._state = replace(self._state, is_replacing=is_replacing)
        self._refresh()

    def start(self) -> None:
        """Write the files."""
        snapshot, state = self._workspace.snapshot.value, self._state
        if snapshot is None or self._run is not None or not state.can_start:
            return
        run = self._run = _Run(len(self._ids(snapshot, state.what)))
        wanted = self._wanted(snapshot, state.what)

        def work(project: Project) -> list[Path]:
            from reid_core.pipeline.export.scope import Scope
            from reid_core.pipeline.export.write import export

            folder, overwrite, scope = Path(state.folder), state.is_replacing, Scope(*wanted)
            try:
                return export(
                    project, state.format, folder, overwrite=overwrite, scope=scope, watch=run.watch
                )[0]
            except ReidError:
                raise
            except Exception as error:
                raise ReidError(f"The export failed: {error}. Nothing was written.") from error

        self._state = replace(state, progress=run.progress, message="", is_stopping=False)
        self._refresh()
        self._lane.ask(work, self._finished, self._failed)

    def cancel(self) -> None:
        """Stop; what was written so far goes."""
        if self._run is not None:
            self._run.token.cancel()
            self._state = replace(self._state, is_stopping=True)
            self._refresh()

    def tick(self) -> None:
        """Show how far it is; called now and then while it runs."""
        if self._run is not None and self._run.progress != self._state.progress:
            self._state = replace(self._state, progress=self._run.progress)
            self._refresh()

    # --- what comes of it

    def _finished(self, paths: list[Path]) -> None:
        folder = paths[0].parent if paths else Path(self._state.folder)
        self._end(f"{count_label(len(paths), 'file')} written to {folder}", "ok")

    def _failed(self, error: ReidError) -> None:
        self._end(str(error), "warn" if isinstance(error, CancelledError) else "bad")

    def _end(self, message: str, level: str) -> None:
        self._run = None
        self._state = replace(
            self._state,
            progress=None,
            is_stopping=False,
            is_replacing=False,
            message=message,
            level=level,
        )
        self._refresh()
        self._look()

    # --- showing

    def _change(self, **changes: object) -> None:
        self._state = replace(self._state, message="", is_replacing=False, **changes)  # type: ignore[arg-type]
        self._refresh()
        self._look()

    def _look(self) -> None:
        """Find out which files there will be, and which of them exist already."""
        name, folder = self._state.format, Path(self._state.folder)

        def look(project: Project) -> tuple[tuple[str, ...], tuple[str, ...]]:
            from reid_core.pipeline.export.preflight import preflight

            found = preflight(project, name, folder)
            return found.names, found.present

        def show(found: tuple[tuple[str, ...], tuple[str, ...]]) -> None:
            if (name, folder) == (self._state.format, Path(self._state.folder)):
                self._state = replace(self._state, files=found[0], present=found[1])
                self._refresh()

        self._lane.ask(look, show, topic="export look")

    def _refresh(self) -> None:
        snapshot, state = self._workspace.snapshot.value, self._state
        if snapshot is None:
            return
        counts = {what: len(self._ids(snapshot, what)) for what in What}
        why_not = self._why_not(counts)
        what = state.what if state.what not in why_not or self._run is not None else What.ALL
        is_clear = state.is_replacing or not state.present
        can_start = self._run is None and bool(state.folder) and is_clear and what not in why_not
        self._state = replace(
            state, what=what, scopes=self._scopes(snapshot, counts), why_not=why_not, can_start=can_start
        )
        self._view.show_export(self._state)

    def _wanted(
        self, snapshot: Snapshot, what: What
    ) -> tuple[frozenset[str] | None, float | None, float | None]:
        """What a `reid_core.pipeline.export.scope.Scope` of a part is made of."""
        range_ms = self._workspace.range_ms.value
        if what is What.SELECTED:
            return frozenset(self._ids(snapshot, what)), None, None
        if what is What.RANGE and range_ms is not None:
            return None, *range_ms
        return None, None, None

    def _ids(self, snapshot: Snapshot, what: What) -> tuple[str, ...]:
        """Tracklets of a part."""
        tracklets, range_ms = snapshot.tracklets, self._workspace.range_ms.value
        if what is What.ALL:
            return tracklets.ids
        if what is What.SELECTED:
            return tuple(name for name in self._workspace.selected.value if name in tracklets.row_of)
        if range_ms is None:
            return ()
        touches = (tracklets.end_ms >= range_ms[0]) & (tracklets.start_ms <= range_ms[1])
        return tuple(tracklets.ids[row] for row in np.flatnonzero(touches))

    def _why_not(self, counts: dict[What, int]) -> dict[What, str]:
        reasons = {}
        if not counts[What.ALL]:
            reasons[What.ALL] = "Nobody has been found in the footage yet"
        if not counts[What.SELECTED]:
            reasons[What.SELECTED] = "Choose a person in the list of identities, or bars in the timeline"
        if not counts[What.RANGE]:
            marked = self._workspace.range_ms.value is not None
            reasons[What.RANGE] = (
                "Nobody is there in the marked range" if marked else "Mark a range in the timeline (I, O)"
            )
        return reasons

    def _scopes(self, snapshot: Snapshot, counts: dict[What, int]) -> dict[What, str]:
        tracklets = {what: count_label(n, "tracklet") for what, n in counts.items()}
        owners = {snapshot.person_of(name) for name in self._ids(snapshot, What.SELECTED)}
        owner = owners.pop() if len(owners) == 1 else None
        range_ms = self._workspace.range_ms.value
        marked = span_label(*range_ms) if range_ms is not None else ""
        return {
            What.ALL: f"Everything: {tracklets[What.ALL]}",
            What.SELECTED: f"The selection: {tracklets[What.SELECTED]}"
            if counts[What.SELECTED]
            else "The selection",
            What.RANGE: f"Whoever is there at {marked}: {tracklets[What.RANGE]}"
            if marked
            else "The marked range",
        } | ({What.SELECTED: f"{owner.name}: {tracklets[What.SELECTED]}"} if owner is not None else {})
