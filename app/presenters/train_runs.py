"""Train page: the runs of the project, the one in hand, and what can be done with it. Without Qt."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any

from app.observed import Observed
from app.ports import Background, Jobs, JobSpec
from app.presenters.run_words import curves_of, head_of, log_lines
from app.presenters.runs import STOP, LogReader, Run, next_folder, read_runs, remove_run, runs_folder
from app.snapshot import Snapshot
from app.views.training import RunsView
from app.workspace import JobState, Notice, Page, Workspace
from reid_core.store.opening import sidecar_of

PATIENCE_MS = 30_000
"""A large network needs this long for the batch in hand and its checkpoint."""
HELD = ("queued", "paused", "stopping")
"""What the window knows of a job and its run's folder does not say."""
Found = tuple[tuple[Run, ...], Mapping[int, list[dict[str, Any]]]]


class RunsPresenter:
    """Keeps the list of runs, and shows the one in hand with those that are laid under it.

    Args:
        view: Head, plots, log.
        workspace: The open project, and its jobs.
        background: Reads the runs' folders.
        jobs: Runs the children.

    Attributes:
        current: The run in hand, or None.
    """

    def __init__(self, view: RunsView, workspace: Workspace, background: Background, jobs: Jobs) -> None:
        self._view, self._workspace, self._background, self._jobs = view, workspace, background, jobs
        self.current: Observed[Run | None] = Observed(None)
        self._folder: Path | None = None
        self._runs: tuple[Run, ...] = ()
        self._rows: Mapping[int, list[dict[str, Any]]] = {}
        self._readers: dict[int, LogReader] = {}
        self._job_of: dict[int, int] = {}
        self._number = 0
        self._compared: tuple[int, ...] = ()
        self._ended: set[int] = set()
        self._is_reading = self._is_outdated = False  # outdated: what is being read is of another selection
        workspace.snapshot.connect(self._follow, now=True)
        workspace.jobs.connect(self._take_jobs)
        workspace.page.connect(lambda page: self.tick() if page is Page.TRAIN else None)

    # --- what is asked

    def poll(self) -> None:
        """Look at the runs' folders again unless they are being looked at; called now and then."""
        if not self._is_reading:
            self.tick()

    def tick(self) -> None:
        """Look at the runs' folders again, also where an older look is still under way."""
        if self._folder is None or self._is_reading:
            self._is_outdated = self._is_reading
            return
        self._is_reading, self._is_outdated = True, False
        folder, number, compared = self._folder, self._number, self._compared
        self._background.ask(
            lambda: self._read(folder, number, compared),
            lambda found: self._take(folder, found),
            lambda _: self._stop_reading(),
            topic="runs",
        )

    @property
    def is_live(self) -> bool:
        """Whether a run goes on, so that there is something to look at."""
        return any(run.is_active for run in self._runs) or bool(self._active_jobs())

    @property
    def is_paused(self) -> bool:
        """Whether the run in hand is halted."""
        return self.current.value is not None and self._status(self.current.value) == "paused"

    def start(self, arguments: Callable[[Path], tuple[str, ...]]) -> None:
        """Start another run.

        Args:
            arguments: Makes the command of the run's folder, as it follows ``python -m training``.
        """
        folder = self._folder
        if folder is not None:
            self._background.ask(lambda: next_folder(folder), lambda path: self._begin(path, arguments(path)))

    def select(self, number: int) -> None:
        """Take another run in hand."""
        if number != self._number:
            self._number = number
            self._compared = tuple(other for other in self._compared if other != number)
            self._show()
            self.tick()

    def step(self, by: int) -> None:
        """Take the run before or after in hand."""
        numbers = [run.number for run in self._runs]
        if numbers:
            place = numbers.index(self._number) + by if self._number in numbers else 0
            self.select(numbers[min(max(place, 0), len(numbers) - 1)])

    def compare(self, number: int, is_on: bool) -> None:
        """Lay a run's curves under those in hand, or take them away."""
        others = [other for other in self._compared if other != number]
        self._compared = tuple(sorted([*others, number] if is_on else others))
        self._show()
        self.tick()

    def do(self, verb: str) -> None:
        """Do ``pause``, ``go_on``, ``stop``, ``resume`` or ``remove`` with the run in hand, if it can be."""
        run = self.current.value
        if run is None or verb not in head_of(run, self._status(run)).can:
            return
        job_id = self._job_of.get(run.number)
        if verb == "resume":
            self._begin(run.path, ("resume", str(run.path), "--events"))
        elif verb == "remove":
            self._remove(run)
        elif verb == "stop" and job_id is None:  # started by another window: the file stops it everywhere
            self._background.ask((run.path / STOP).touch, lambda _: self.tick())
        elif job_id is not None:
            {"pause": self._jobs.pause, "go_on": self._jobs.resume, "stop": self._jobs.cancel}[verb](job_id)
            self._show_head()

    # --- what happens

    def _begin(self, path: Path, arguments: tuple[str, ...]) -> None:
        number = int(path.name)
        self._dismiss(number)
        self._ended.discard(number)
        spec = JobSpec(
            name=f"Train Run {number}",
            arguments=arguments,
            project=path.parent,
            module="training",
            stop_file=path / STOP,
            patience_ms=PATIENCE_MS,
        )
        self._job_of[number] = self._jobs.start(spec)
        self._number = number
        self._compared = tuple(other for other in self._compared if other != number)
        self.tick()

    def _remove(self, run: Run) -> None:
        self._dismiss(run.number)
        self._readers.pop(run.number, None)
        self._background.ask(lambda: remove_run(run.path), lambda _: self.tick())

    def _dismiss(self, number: int) -> None:
        job_id = self._job_of.pop(number, None)
        if job_id is not None and any(job.id == job_id for job in self._workspace.jobs.value):
            self._jobs.dismiss(job_id)

    def _follow(self, snapshot: Snapshot | None) -> None:
        folder = runs_folder(sidecar_of(Path(snapshot.path))) if snapshot is not None else None
        if folder != self._folder:
            self._folder, self._number, self._compared = folder, 0, ()
            self._runs, self._rows, self._is_reading = (), {}, False
            self._readers, self._job_of, self._ended = {}, {}, set()
            self._show()
            self.tick()

    def _read(self, folder: Path, number: int, compared: tuple[int, ...]) -> Found:
        """In the background: the state of all runs, the logs of those that are shown."""
        runs = read_runs(folder)
        number = number or (runs[-1].number if runs else 0)
        rows = {}
        for run in runs:
            if run.number == number or run.number in compared:
                reader = self._readers.setdefault(run.number, LogReader(run.path))
                reader.read()
                rows[run.number] = list(reader.rows)
        return runs, rows

    def _stop_reading(self) -> None:
        self._is_reading = False
        if self._is_outdated:
            self.tick()

    def _take(self, folder: Path, found: Found) -> None:
        if folder != self._folder:
            return
        self._is_reading = False
        self._runs, self._rows = found
        if self._number not in {run.number for run in self._runs}:
            self._number = self._runs[-1].number if self._runs else 0
        for run in self._runs:
            job_id, total = self._job_of.get(run.number), run.state.get("n_iterations")
            if job_id is not None and run.is_active and total:
                self._jobs.report(job_id, _progress(run, int(total)))
        self._show()
        if self._is_outdated:
            self.tick()

    def _take_jobs(self, _: tuple[JobState, ...]) -> None:
        states = self._states()
        for number, job_id in list(self._job_of.items()):
            state = states.get(job_id)
            if (state is None or state.status in ("done", "failed")) and number not in self._ended:
                self._ended.add(number)
                self._hear_end(number, state)
        self._show_head()

    def _hear_end(self, number: int, state: JobState | None) -> None:
        if state is not None and state.status == "failed":
            self._workspace.notice.set(Notice(f"Run {number} failed: {state.message}", "bad"))
            if number == self._number:
                self._view.open_log()
        elif state is not None:
            self._workspace.notice.set(Notice(f"Run {number} is done.", "ok"))
        self._is_reading = False
        self.tick()

    def _states(self) -> Mapping[int, JobState]:
        return {job.id: job for job in self._workspace.jobs.value}

    def _active_jobs(self) -> list[int]:
        states = self._states()
        return [
            job_id
            for job_id in self._job_of.values()
            if job_id in states and states[job_id].status not in ("done", "failed")
        ]

    # --- showing

    def _status(self, run: Run) -> str:
        """What the window knows better than the run's folder; else empty."""
        state = self._states().get(self._job_of.get(run.number, 0))
        if state is None:
            return ""
        if state.status in HELD:
            return state.status
        if state.status == "running" and not run.is_active and run.status != "done":
            return "preparing"  # its process has not written anything yet
        return "failed" if state.status == "failed" and not run.state else ""

    def _errors(self, run: Run) -> tuple[str, ...]:
        job_id = self._job_of.get(run.number)
        state = self._states().get(job_id or 0)
        return self._jobs.lines(job_id) if job_id is not None and state and state.status == "failed" else ()

    def _show(self) -> None:
        run = next((run for run in self._runs if run.number == self._number), None)
        others = [other for other in self._runs if other.number != self._number]
        known = {other.number for other in others}
        compared = [number for number in self._compared if number in known]
        self._view.show_runs(
            tuple((str(each.number), _choice(each)) for each in reversed(self._runs)),
            str(self._number),
            tuple((str(each.number), _choice(each)) for each in reversed(others)),
            tuple(str(number) for number in compared),
        )
        rows = self._rows.get(self._number, [])
        if run is not None:
            laid = [(other, self._rows.get(other.number, [])) for other in others if other.number in compared]
            self._view.show_curves(curves_of(run, rows, others=laid))
            self._view.show_log(log_lines(rows, self._errors(run)))
        self.current.set(run)
        self._show_head()

    def _show_head(self) -> None:
        run = next((run for run in self._runs if run.number == self._number), None)
        if run is None:
            self._view.show_head(head_of(None))
            return
        head = head_of(run, self._status(run), self._rows.get(run.number, []))
        errors = self._errors(run)
        if errors and not run.state.get("message"):
            head = head_of(with_message(run, errors[-1]), "failed", self._rows.get(run.number, []))
        if run.number not in self._job_of:  # another window's child; only its owner can halt it
            head = replace(head, can=head.can - {"pause"})
        self._view.show_head(head)


def with_message(run: Run, message: str) -> Run:
    """The run with another message in its state."""
    return replace(run, state={**run.state, "message": message})


def _choice(run: Run) -> str:
    best = run.best
    about = run.about or run.status
    return f"{run.name}: {about}" + (f", mAP {best[2]:.2f}" if best else "")


def _progress(run: Run, total: int) -> dict[str, Any]:
    done = int(run.state.get("iteration") or 0)
    return {"event": "Progress", "part": run.name, "done": done, "total": total, "unit": "batches"}
