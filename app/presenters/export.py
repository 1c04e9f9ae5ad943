"""Exports the project, or a part of it, beside everything else; it can be stopped, and leaves nothing then.

How to join it (in the composition root, once per project; the lane should be one of its own, since an export
can take minutes)::

    presenter = ExportPresenter(dialog, workspace, lane)
    dialog.format_chosen.connect(presenter.set_format)
    dialog.what_chosen.connect(presenter.set_what)
    dialog.option_chosen.connect(presenter.set_option)
    dialog.folder_chosen.connect(presenter.set_folder)
    dialog.replacing_chosen.connect(presenter.set_replacing)
    dialog.started.connect(presenter.start)
    dialog.cancelled.connect(presenter.cancel)
    dialog.ticked.connect(presenter.tick)
    dialog.hidden.connect(presenter.rest)
    actions["file.export"].triggered.connect(presenter.open)
    ...
    presenter.close()                                # before the lane is closed
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import datetime
from pathlib import Path

import numpy as np

from app.ports import ProjectLane
from app.snapshot import Snapshot
from app.views.export import ExportState, ExportView, What
from app.wording import count_label, span_label
from app.workspace import Workspace
from reid_core.errors import CancelledError, ReidError
from reid_core.pipeline.export.preflight import Preflight, preflight
from reid_core.pipeline.export.scope import Options, Scope
from reid_core.pipeline.export.write import export
from reid_core.progress import CancelToken
from reid_core.store.project import Project

STOPPED = "The export was stopped. Nothing was written."
OPTIONS = ("blur", "distractors", "test_share")


class _Run:
    """An export under way; the lane's thread writes how far it is, the GUI thread reads it."""

    def __init__(self, total: int) -> None:
        self.token = CancelToken()
        self.progress = (0, total)

    def watch(self, done: int, total: int) -> None:
        """Called for each part in the lane's thread; ``total`` is 0 while it is counted."""
        if total:
            self.progress = (done, total)
        if self.token.cancelled:
            raise CancelledError(STOPPED)


@dataclass(frozen=True, slots=True)
class _Question:
    """What a preflight is about; an answer to another one is of no use."""

    format: str
    folder: Path
    scope: Scope
    options: Options
    version: tuple[int, int]


class ExportPresenter:
    """What is exported, where to, and how far it is.

    Args:
        view: The dialog.
        workspace: Selection and marked range.
        lane: Writes the files.
        now: Tells the time, for the name of the folder.
    """

    def __init__(
        self,
        view: ExportView,
        workspace: Workspace,
        lane: ProjectLane,
        now: Callable[[], datetime] = datetime.now,
    ) -> None:
        self._view, self._workspace, self._lane, self._now = view, workspace, lane, now
        self._state = ExportState()
        self._run: _Run | None = None
        self._asked: _Question | None = None
        self._has_own_folder = False
        self._is_open = False
        self._chosen_at = now()
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
        if self._workspace.snapshot.value is None:
            return
        self._is_open, self._chosen_at = True, self._now()
        if self._run is None:
            what = What.SELECTED if self._workspace.selected.value else What.ALL
            self._has_own_folder = False
            self._state = replace(self._state, what=what, message="", is_replacing=False)
            self._refresh()
        self._view.open_export()

    def rest(self) -> None:
        """The dialog is hidden: nothing is counted until it comes up again."""
        self._is_open = False

    def set_format(self, name: str) -> None:
        """Another format."""
        self._chosen_at = self._now()
        self._change(format=name)

    def set_what(self, what: What) -> None:
        """Another part of the project."""
        self._change(what=what)

    def set_option(self, name: str, value: object) -> None:
        """Another value of one of `OPTIONS`."""
        if name in OPTIONS:
            self._change(**{name: value})

    def set_folder(self, folder: str) -> None:
        """Another place; it stays when another format is chosen."""
        self._has_own_folder = True
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
        question = self._question(snapshot, state)

        def work(project: Project) -> list[Path]:
            try:
                return export(
                    project,
                    question.format,
                    question.folder,
                    overwrite=state.is_replacing,
                    scope=question.scope,
                    options=question.options,
                    watch=run.watch,
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
        self._asked = None  # what exists there is another matter now
        self._state = replace(
            self._state,
            progress=None,
            is_stopping=False,
            is_replacing=False,
            message=message,
            level=level,
        )
        self._refresh()

    # --- showing

    def _change(self, **changes: object) -> None:
        self._state = replace(self._state, message="", is_replacing=False, **changes)  # type: ignore[arg-type]
        self._refresh()

    def _refresh(self) -> None:
        snapshot, state = self._workspace.snapshot.value, self._state
        if snapshot is None:
            self._asked = None
            return
        counts = {what: len(self._ids(snapshot, what)) for what in What}
        why_not = self._why_not(counts)
        what = state.what if state.what not in why_not or self._run is not None else What.ALL
        folder = state.folder if self._has_own_folder else self._default_folder(snapshot, state.format)
        state = replace(
            state, what=what, folder=folder, scopes=self._scopes(snapshot, counts), why_not=why_not
        )
        question = self._question(snapshot, state)
        must_ask = self._is_open and self._run is None and question != self._asked
        is_checking = must_ask or state.is_checking
        is_clear = state.is_replacing or not state.present
        can_start = (
            self._run is None
            and not is_checking
            and bool(folder)
            and is_clear
            and what not in why_not
            and not state.stop
        )
        self._state = replace(state, is_checking=is_checking, can_start=can_start)
        self._view.show_export(self._state)
        if must_ask:
            self._look(question)

    def _look(self, question: _Question) -> None:
        """Find out what becomes of everything, which files there will be, and which exist already."""
        self._asked = question

        def show(found: Preflight) -> None:
            if question != self._asked:
                return
            stop = found.stop
            instead = next((p.instead for p in found.points if p.instead), "")
            self._state = replace(
                self._state,
                points=found.points,
                files=found.names,
                present=found.present,
                stop=f"{stop.what}: {stop.how}" if stop else "",
                instead=instead,
                is_checking=False,
            )
            self._refresh()

        def fail(error: ReidError) -> None:
            if question == self._asked:
                self._state = replace(
                    self._state,
                    points=(),
                    is_checking=False,
                    stop=str(error),
                    message=str(error),
                    level="bad",
                )
                self._refresh()

        self._lane.ask(
            lambda project: preflight(
                project, question.format, question.folder, question.scope, question.options
            ),
            show,
            fail,
            topic="export look",
        )

    def _question(self, snapshot: Snapshot, state: ExportState) -> _Question:
        options = Options(state.blur, state.distractors, state.test_share)
        version = (snapshot.log_head, len(snapshot.tracklets))
        return _Question(
            state.format, Path(state.folder), self._scope(snapshot, state.what), options, version
        )

    def _default_folder(self, snapshot: Snapshot, name: str) -> str:
        """Beside the project, named after it, the format and the minute: it is new."""
        path = Path(snapshot.path)
        return str(path.parent / f"{path.stem}_{name}_{self._chosen_at:%Y-%m-%d_%H%M}")

    def _scope(self, snapshot: Snapshot, what: What) -> Scope:
        range_ms = self._workspace.range_ms.value
        if what is What.SELECTED:
            return Scope(frozenset(self._ids(snapshot, what)))
        if what is What.RANGE and range_ms is not None:
            return Scope(None, *range_ms)
        return Scope()

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
            What.RANGE: f"Only {marked}: {tracklets[What.RANGE]}" if marked else "The marked range",
        } | ({What.SELECTED: f"{owner.name}: {tracklets[What.SELECTED]}"} if owner is not None else {})
