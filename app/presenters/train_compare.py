"""Train page: the active model against a run's, and making the run's the active one. Without Qt."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from app.observed import Observed
from app.ports import Answer, Asker, Background, Jobs, JobSpec, ProjectLane
from app.presenters.active_model import keep_metrics
from app.presenters.comparison import (
    INSPECTION,
    Comparison,
    compare_arguments,
    held_out_data,
    inspect_arguments,
    intro_words,
    measure_lines,
    metrics_of,
    read_comparison,
    verdict_words,
    write_comparison,
)
from app.presenters.runs import Run
from app.presenters.train_options import parse, problem_of
from app.views.training import ComparisonState, ComparisonView
from app.wording import count_label
from app.workspace import ActiveModel, JobState, Notice, Workspace
from reid_core.errors import UsageError
from reid_core.pipeline.models import drop_vectors
from reid_core.store.opening import sidecar_of
from reid_core.weights.library import MODELS_FOLDER, Card, add_model
from reid_core.weights.model_file import hash_model, read_bytes

EMPTY = "Once a run is done, it is compared here with the active model, on people that it was not trained on."
ON = "held-out people of this project"
NOBODY_HELD_OUT = (
    "no people were held out, as of fewer than eight nobody is; export the project as Market-1501, which "
    "keeps some for testing, and train on that folder"
)
RESEARCH = "LicenseRef-research-use-only"
OWN = "your own, from random weights; the rights in the footage decide"


class ComparePresenter:
    """Decides what the lower part of the Train page shows.

    Args:
        view: Table and rank lists.
        workspace: The open project, the active model, the jobs.
        current: The run in hand.
        lane: Writes the project.
        background: Reads and writes files.
        asker: Measures in child processes.
        jobs: Describes the tracklets with the new model.
        refresh: Loads the snapshot anew.

    Attributes:
        drawn: Called when rank lists were drawn anew, under the names of the old ones.
    """

    def __init__(
        self,
        view: ComparisonView,
        workspace: Workspace,
        current: Observed[Run | None],
        lane: ProjectLane,
        background: Background,
        asker: Asker,
        jobs: Jobs,
        refresh: Callable[[], None],
    ) -> None:
        self._view, self._workspace, self._current = view, workspace, current
        self._lane, self._background, self._asker = lane, background, asker
        self._jobs, self._refresh = jobs, refresh
        self.drawn: Callable[[], None] = lambda: None
        self._run: Run | None = None
        self._kept = Comparison()
        self._data: tuple[str, str] | None = None
        self._busy = 0
        """Number of the run that is being compared, or 0."""
        self._problem = ""
        self._job = 0
        self._using = ""
        self._figures: Mapping[str, Any] | None = None
        """What the run that is about to be used reached on this project's people."""
        self._asked: set[tuple[Path, str, int]] = set()
        self._shown: ComparisonState | None = None
        current.connect(self._take_run, now=True)
        workspace.model.connect(lambda _: self._show())
        workspace.jobs.connect(self._take_jobs)
        workspace.snapshot.connect(lambda _: self._show())

    # --- what is asked

    def compare(self) -> None:
        """Measure the active model and the run in hand on people that the run was not trained on."""
        run, active, data = self._run, self._workspace.model.value, self._data
        if run is None or active is None or data is None or run.model is None or self._why_not():
            return
        self._busy, self._problem = run.number, ""
        arguments = compare_arguments(active.source, run.model, data)
        self._asker.ask(
            "training", arguments, lambda answer: self._take_figures(run, active, data, answer),
            topic="compare",
        )  # fmt: skip
        self._show()

    def let_go(self, run: Run) -> None:
        """A run is about to be removed: nothing may write into its folder any more."""
        if self._busy == run.number:
            self._asker.cancel("compare")
            self._busy = 0

    def use(self) -> None:
        """Make the run in hand the active model: its vectors are computed beside the old ones."""
        run, snapshot = self._run, self._workspace.snapshot.value
        if run is None or run.model is None or snapshot is None or self._why_not_use():
            return
        model, path = run.model, Path(snapshot.path)
        name = f"{snapshot.name} run {run.number}"
        folder = sidecar_of(path) / MODELS_FOLDER
        self._using, self._figures = name, self._figures_of(run, self._data, self._kept.found, "b")
        self._background.ask(
            lambda: install(model, folder, name, _card_text(run), licence_of(run)),
            lambda installed: self._embed(path, installed),
            lambda error: self._fail_use(str(error)),
        )
        self._show()

    def drop(self, key: str) -> None:
        """Delete the vectors of a model that is not searched with any more."""
        self._lane.ask(lambda project: drop_vectors(project, key).name, self._dropped)

    # --- what is heard

    def _take_run(self, run: Run | None) -> None:
        before, self._run = self._run, run
        is_other = (run.path if run else None) != (before.path if before else None)
        has_grown = run is not None and before is not None and run.epoch != before.epoch
        if is_other:
            self._kept, self._data, self._problem = Comparison(), None, ""
        if run is not None and (is_other or has_grown or run.status != (before.status if before else "")):
            self._background.ask(
                lambda: (read_comparison(run), held_out_data(run)),
                lambda found: self._take_kept(run, *found),
                topic="comparison",
            )
        self._show()

    def _take_kept(self, run: Run, kept: Comparison, data: tuple[str, str] | None) -> None:
        if self._run is None or self._run.path != run.path:
            return
        self._kept, self._data = kept, data
        self._show()
        self._compare_once()

    def _compare_once(self) -> None:
        """A run that has come to its end is compared without being asked for."""
        run, active = self._run, self._workspace.model.value
        if run is None or active is None or run.status != "done" or self._why_not() or self._is_fresh():
            return
        mark = (run.path, active.key, run.epoch)
        if mark not in self._asked:
            self._asked.add(mark)
            self.compare()

    def _take_figures(self, run: Run, active: ActiveModel, data: tuple[str, str], answer: Answer) -> None:
        found = parse(answer)
        if answer.code or found is None:
            self._end(run, problem_of(answer))
            return
        out = run.path / INSPECTION
        models = (active.source, str(run.model))
        self._background.ask(lambda: write_comparison(run, active.key, found), lambda _: self._reload(run))
        kept = self._figures_of(run, data, found, "a")
        if kept is not None:
            self._lane.ask(lambda project: keep_metrics(project, active.key, kept), lambda _: self._refresh())
        self._asker.ask(
            "training", inspect_arguments(models, data, out), lambda answer: self._take_lists(run, answer),
            topic="compare",
        )  # fmt: skip

    def _take_lists(self, run: Run, answer: Answer) -> None:
        self.drawn()
        self._end(run, problem_of(answer) if answer.code else "")

    def _end(self, run: Run, problem: str) -> None:
        self._busy = 0
        if self._run is not None and self._run.path == run.path:
            self._problem = problem
        self._reload(run)
        self._show()

    def _reload(self, run: Run) -> None:
        self._background.ask(
            lambda: (read_comparison(run), held_out_data(run)), lambda found: self._take_kept(run, *found)
        )

    def _embed(self, project: Path, model: Path) -> None:
        self._using = model.stem
        self._job = self._jobs.start(
            JobSpec(
                name=f"Describe with {model.stem}",
                arguments=("embed", str(project), "--model", str(model), "--events"),
                project=project,
            )
        )
        self._show()

    def _fail_use(self, text: str) -> None:
        self._using = ""
        self._workspace.notice.set(Notice(text, "bad"))
        self._show()

    def _take_jobs(self, jobs: tuple[JobState, ...]) -> None:
        if not self._job:
            return
        state = next((job for job in jobs if job.id == self._job), None)
        if state is not None and state.status not in ("done", "failed"):
            return
        self._job, name, self._using = 0, self._using, ""
        if state is not None and state.status == "done":
            found = self._figures
            self._lane.ask(
                lambda project: _keep_new(project, name, found), lambda _: self._refresh(), lambda _: None
            )
            text = f"The project is searched with {name} now. The old vectors stay until you drop them."
            self._workspace.notice.set(Notice(text, "ok"))
        self._show()

    def _dropped(self, name: str) -> None:
        self._workspace.notice.set(Notice(f"The vectors of {name} are dropped.", "ok"))
        self._refresh()

    @staticmethod
    def _figures_of(
        run: Run, data: tuple[str, str] | None, found: Mapping[str, Any], side: str
    ) -> Mapping[str, Any] | None:
        """What is kept of a model's figures: those on this project's people, none on a folder's."""
        is_here = data is not None and Path(data[0]).is_relative_to(run.path)
        return metrics_of(found, side, ON) if is_here else None

    # --- showing

    def _is_fresh(self) -> bool:
        run, active = self._run, self._workspace.model.value
        kept = self._kept
        return bool(run and active and kept.found) and (kept.key, kept.epoch) == (
            active.key if active else "",
            run.epoch if run else 0,
        )

    def _is_used(self) -> bool:
        """Whether the run's model is the active one already."""
        snapshot, active = self._workspace.snapshot.value, self._workspace.model.value
        if snapshot is None or active is None or self._run is None:
            return False
        return active.name.startswith(f"{snapshot.name} run {self._run.number}")

    def _why_not(self) -> str:
        run, active = self._run, self._workspace.model.value
        if run is None or run.model is None:
            return "the run has no model yet"
        if active is None:
            return "the project has no vectors of any model yet"
        if self._is_used():
            return "the run is the active model"
        if self._data is None:
            return NOBODY_HELD_OUT
        return "another comparison is running" if self._busy else ""

    def _why_not_use(self) -> str:
        if self._using:
            return f"the tracklets are being described with {self._using}"
        if self._run is None or self._run.model is None:
            return "the run has no model yet"
        return "it is the active model already" if self._is_used() else ""

    def _show(self) -> None:
        state = self._state()
        if state != self._shown:
            self._shown = state
            self._view.show_comparison(state)

    def _state(self) -> ComparisonState:
        run, active = self._run, self._workspace.model.value
        if run is None:
            return ComparisonState(intro=EMPTY)
        is_busy = self._busy == run.number
        why_not, why_not_use = self._why_not(), self._why_not_use()
        verdict, level = verdict_words(self._kept.found, run.name)
        if self._problem:
            verdict, level = self._problem, "bad"
        elif is_busy:
            verdict, level = "Both models are being measured.", "info"
        elif why_not and not self._kept.found:
            verdict, level = f"Not compared: {why_not}.", "info"
        measured = self._kept.found.get("a")
        old = (
            str(measured.get("model", "")) if isinstance(measured, Mapping) else active.name if active else ""
        )
        is_whole = run.status == "done"
        return ComparisonState(
            title=f"Active model and {run.name}",
            old=old,
            new=run.name,
            intro=intro_words(self._kept.found),
            lines=measure_lines(self._kept.found),
            verdict=verdict,
            level=level,
            is_busy=is_busy,
            can_compare=not why_not,
            why_not=why_not,
            use=f"Use {run.name}" if is_whole or run.model is None else f"Use {run.name} as it is",
            can_use=not why_not_use,
            why_not_use=why_not_use,
            use_note=self._use_note(why_not_use),
            old_spaces=active.others if active is not None else (),
            queries=self._kept.queries,
            folder=self._kept.folder,
        )

    def _use_note(self, why_not: str) -> str:
        snapshot = self._workspace.snapshot.value
        if self._using:
            return f"The tracklets are being described with {self._using}; the old vectors stay."
        if self._is_used():
            return "The project is searched with this run."
        if why_not or snapshot is None:
            return ""
        n = count_label(len(snapshot.tracklets), "tracklet")
        return f"{n} will be described in the background. The old vectors stay until you drop them."


def licence_of(run: Run) -> str:
    """A model that starts from others' weights is bound by theirs; research weights are what comes along."""
    return OWN if str(run.state.get("init") or run.start.get("init") or "") == "none" else RESEARCH


def install(model: Path, folder: Path, name: str, text: str, licence: str) -> Path:
    """Put a run's model among the project's own, under a name of its own; the run may go on or go away.

    Args:
        model: The run's file.
        folder: The project's folder of models.
        name: What it shall be called; where another model has that name, a number is added.
        text: For its card.
        licence: For its card.
    """
    digest = hash_model(model)
    for number in range(1, 1000):
        chosen = name if number == 1 else f"{name} ({number})"
        path = folder / f"{chosen}.safetensors"
        if path.exists():
            if hash_model(path) == digest:
                return path
            continue
        card = Card(
            licence=licence,
            origin="trained in this project",
            layout="Sightline bundle",
            text=text,
            source_sha256=digest,
            made_at=datetime.now(UTC).isoformat(timespec="seconds"),
        )
        return add_model(folder, chosen, read_bytes(model), card)
    raise UsageError(f"There are too many models called {name!r}: remove some on the Models page.")


def _card_text(run: Run) -> str:
    try:
        text = (run.path / "card.md").read_text(encoding="utf-8")
    except OSError:
        text = f"# {run.name}\n\n{run.about}, epoch {run.epoch} of {run.n_epochs}."
    return text


def _keep_new(project: Any, name: str, found: Mapping[str, Any] | None) -> None:
    space = next((space for space in project.spaces() if space.name == name), None)
    if space is not None and found is not None:
        keep_metrics(project, space.key, found)
