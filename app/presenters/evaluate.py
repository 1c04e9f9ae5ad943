"""Models page: what the model in hand reaches on this project's decisions or on a folder. Without Qt."""

from __future__ import annotations

import hashlib
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

from app.observed import Observed
from app.ports import Background, Jobs, JobSpec, ProjectLane
from app.presenters.active_model import keep_metrics
from app.presenters.comparison import read_json
from app.presenters.model_words import evaluation_of, is_active
from app.snapshot import Snapshot
from app.views.models import EvaluationState, ModelsView
from app.workspace import JobState, Workspace
from reid_core.store.opening import sidecar_of
from reid_core.weights.library import InstalledModel

FOLDER = "evaluations"
"""Of the project's ``.sightline.d`` folder."""
ON = "this project's decisions"
LEAST_PEOPLE = 2


class EvaluatePresenter:
    """Measures the model in hand, and shows what was measured of it before.

    Args:
        view: The page.
        workspace: The open project, the active model, the jobs.
        current: The model in hand.
        lane: Keeps what the active model reaches.
        background: Reads results.
        jobs: Measures.
        measured: Called when the active model was measured on this project.

    Attributes:
        drawn: Called when rank lists were drawn anew, under the names of the old ones.
    """

    def __init__(
        self,
        view: ModelsView,
        workspace: Workspace,
        current: Observed[InstalledModel | None],
        lane: ProjectLane,
        background: Background,
        jobs: Jobs,
        measured: Callable[[], None],
    ) -> None:
        self._view, self._workspace, self._current = view, workspace, current
        self._lane, self._background = lane, background
        self._jobs, self._measured = jobs, measured
        self._project: Path | None = None
        self._source, self._folder = "project", ""
        self._found = EvaluationState()
        self._problem = ""
        self._job = 0
        self._pending: tuple[InstalledModel, Path] | None = None
        self.drawn: Callable[[], None] = lambda: None
        workspace.snapshot.connect(self._follow, now=True)
        workspace.jobs.connect(self._take_jobs)
        current.connect(lambda _: self._look())

    # --- what is asked

    def choose(self, source: str, folder: str = "") -> None:
        """Measure on ``project`` or on a ``folder`` from now on."""
        self._source, self._folder = source, folder or self._folder
        self._look()

    def start(self) -> None:
        """Measure, or stop that."""
        if self._pending is not None:
            self._stop()
            return
        model, project = self._current.value, self._project
        if model is None or project is None or self._why_not():
            return
        out = self._place(model)
        self._pending, self._problem = (model, out), ""
        data = ("--data", self._folder) if self._source == "folder" else ("--project", str(project))
        self._job = self._jobs.start(
            JobSpec(
                name=f"Evaluate {model.name}",
                arguments=("inspect", str(model.path), *data, "--out", str(out), "--events"),
                project=out,
                module="training",
            )
        )
        self._show()

    # --- what happens

    def _take_jobs(self, jobs: tuple[JobState, ...]) -> None:
        if not self._job:
            return
        state = next((job for job in jobs if job.id == self._job), None)
        if state is not None and state.status not in ("done", "failed"):
            return
        is_done = state is not None and state.status == "done"
        job_id, self._job = self._job, 0
        if state is not None:
            self._jobs.dismiss(job_id)
        if is_done:
            self._keep()
            self.drawn()
        self._end(state.message if state is not None and not is_done else "")

    def _keep(self) -> None:
        """Remember what the active model reaches on this project."""
        active, pending = self._workspace.model.value, self._pending
        if pending is None or active is None or self._source != "project":
            return
        model, out = pending
        if not is_active(model, active):
            return

        def keep(project: object) -> None:
            found = read_json(out / "inspection.json")
            entry = (found.get("models") or [{}])[0]
            if "map" in entry and "rank1" in entry:
                values = {"map": entry["map"], "rank1": entry["rank1"], "n_ids": found["n_ids"], "on": ON}
                keep_metrics(project, active.key, values)  # type: ignore[arg-type]

        self._lane.ask(keep, lambda _: self._measured())

    def _stop(self) -> None:
        if self._job:
            self._jobs.cancel(self._job)
        self._job = 0
        self._end("")

    def _end(self, problem: str) -> None:
        self._pending = None
        self._problem = problem
        self._look(keep_problem=True)

    def _follow(self, snapshot: Snapshot | None) -> None:
        project = Path(snapshot.path) if snapshot is not None else None
        if project != self._project:
            self._project, self._pending, self._job = project, None, 0
            self._source, self._folder, self._problem = "project", "", ""
            self._found = EvaluationState()
        self._show()

    def _look(self, *, keep_problem: bool = False) -> None:
        """Show what was measured of the model in hand before."""
        model = self._current.value
        self._found = EvaluationState()
        if not keep_problem:
            self._problem = ""
        if model is not None and self._project is not None:
            out = self._place(model)
            self._background.ask(
                lambda: evaluation_of(read_json(out / "inspection.json"), out),
                lambda found: self._take_found(model, out, found),
                topic="evaluation",
            )
        self._show()

    def _take_found(self, model: InstalledModel, out: Path, found: EvaluationState) -> None:
        if self._current.value is not None and out == self._place(model):
            self._found = found
            self._show()

    def _place(self, model: InstalledModel) -> Path:
        assert self._project is not None
        on = "project" if self._source == "project" else hashlib.sha256(self._folder.encode()).hexdigest()[:8]
        return sidecar_of(self._project) / FOLDER / f"{model.sha256[:12]}-{on}"

    # --- showing

    def _why_not(self) -> str:
        model, snapshot = self._current.value, self._workspace.snapshot.value
        if model is None or model.kind != "reid":
            return "only re-identification models are measured here"
        if self._source == "folder":
            return "" if self._folder else "choose a folder first"
        n = sum(len(person.cameras) > 1 for person in snapshot.persons) if snapshot is not None else 0
        if n < LEAST_PEOPLE:
            return f"it needs {LEAST_PEOPLE} accepted people whom two cameras saw, {n} so far"
        return ""

    def _show(self) -> None:
        why_not, is_busy = self._why_not(), self._pending is not None
        message, level = "", "info"
        if self._problem:
            message, level = self._problem, "bad"
        elif is_busy and self._pending is not None:
            message = f"{self._pending[0].name} is being measured."
        elif not self._found.figures:
            message = f"Not measured: {why_not}." if why_not else "Not measured yet."
        self._view.show_evaluation(
            replace(
                self._found,
                source=self._source,
                folder=self._folder,
                can_start=is_busy or not why_not,
                why_not=why_not,
                is_busy=is_busy,
                message=message,
                level=level,
            )
        )
