"""Models page: what is installed, importing, exporting, using and dropping. Without Qt."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path

from app.observed import Observed
from app.ports import Answer, Asker, Background, Jobs, JobSpec, ProjectLane
from app.presenters.model_words import is_active, list_installed, model_card, model_lines
from app.snapshot import Snapshot
from app.views.models import ModelCard, ModelsView
from app.workspace import JobState, Notice, Page, Workspace
from reid_core.pipeline.models import drop_vectors
from reid_core.store.opening import sidecar_of
from reid_core.weights.library import MODELS_FOLDER, InstalledModel, remove_model

FORMATS = {"onnx": ("ONNX", ".onnx"), "openvino": ("OpenVINO", ".xml")}


class ModelsPresenter:
    """Decides what the list and the card show.

    Args:
        view: The page.
        workspace: The open project, the active model, the jobs.
        lane: Writes the project.
        background: Reads model files.
        asker: Imports in a child process, for files of others may be hostile.
        jobs: Describes tracklets, exports.
        refresh: Loads the snapshot anew.

    Attributes:
        current: The model in hand, or None.
    """

    def __init__(
        self,
        view: ModelsView,
        workspace: Workspace,
        lane: ProjectLane,
        background: Background,
        asker: Asker,
        jobs: Jobs,
        refresh: Callable[[], None],
    ) -> None:
        self._view, self._workspace, self._lane = view, workspace, lane
        self._background, self._asker, self._jobs = background, asker, jobs
        self._refresh = refresh
        self.current: Observed[InstalledModel | None] = Observed(None)
        self._models: tuple[InstalledModel, ...] = ()
        self._project: Path | None = None
        self._key = ""
        self._job, self._job_name = 0, ""
        self._exports: dict[int, str] = {}
        workspace.snapshot.connect(self._follow, now=True)
        workspace.model.connect(lambda _: self._show())
        workspace.jobs.connect(self._take_jobs)
        workspace.page.connect(lambda page: self.look() if page is Page.MODELS else None)

    # --- what is asked

    def look(self) -> None:
        """List the models anew."""
        if self._project is not None:
            own = self._own
            self._background.ask(lambda: list_installed(own), self._take_models, topic="models")

    def select(self, key: str) -> None:
        """Take another model in hand."""
        if key != self._key:
            self._key = key
            self._view.show_refusal("")
            self._show()

    def import_file(self, file: Path) -> None:
        """Take a public checkpoint into the project."""
        if self._project is None:
            return
        self._view.show_refusal("")
        self._view.show_importing(f"Reading {file.name}")
        arguments = ("import-model", str(self._project), str(file), "--json")
        self._asker.ask("reid_core", arguments, self._take_import, topic="import")

    def use(self) -> None:
        """Search the project with the model in hand: its vectors are computed beside the old ones."""
        model, project = self.current.value, self._project
        if model is None or project is None or self._card_of(model).why_not_use or self._job:
            return
        spec = str(model.path) if model.is_own else model.name
        self._job_name = model.name
        self._job = self._jobs.start(
            JobSpec(
                name=f"Describe with {model.name}",
                arguments=("embed", str(project), "--model", spec, "--events"),
                project=project,
            )
        )
        self._show()

    def drop(self, key: str) -> None:
        """Delete the vectors of a model that is not searched with any more."""
        self._lane.ask(lambda project: drop_vectors(project, key).name, self._dropped)

    def export(self, format_name: str, file: Path) -> None:
        """Write the model in hand in another format, as a job; it is checked before it is kept."""
        model, project = self.current.value, self._project
        if model is None or project is None:
            return
        title, suffix = FORMATS[format_name]
        file = file if file.suffix else file.with_suffix(suffix)
        job_id = self._jobs.start(
            JobSpec(
                name=f"Export {model.name} as {title}",
                arguments=(
                    *("export", "--model", str(model.path), "--format", format_name),
                    *("--out", str(file)),
                ),
                project=file,
                module="training",
            )
        )
        self._exports[job_id] = str(file)

    def remove(self) -> None:
        """Delete the model in hand from the project's folder, if it is the project's own and not used."""
        model = self.current.value
        if model is not None and "remove" in self._card_of(model).can:
            own, name = self._own, model.name
            self._background.ask(lambda: remove_model(own, name), lambda _: self.look())

    # --- what is heard

    @property
    def _own(self) -> Path:
        assert self._project is not None
        return sidecar_of(self._project) / MODELS_FOLDER

    def _follow(self, snapshot: Snapshot | None) -> None:
        project = Path(snapshot.path) if snapshot is not None else None
        if project != self._project:
            self._project, self._key, self._models, self._job = project, "", (), 0
            self._asker.cancel("import")
            self._view.show_importing("")
            self._view.show_refusal("")
            if self._workspace.page.value is Page.MODELS:
                self.look()
        self._show()

    def _take_models(self, models: tuple[InstalledModel, ...]) -> None:
        self._models = models
        self._show()

    def _take_import(self, answer: Answer) -> None:
        self._view.show_importing("")
        if answer.code:
            self._view.show_refusal(answer.lines[-1] if answer.lines else "The file could not be read.")
            return
        try:
            found = json.loads(answer.text)
            self._key = str(found["path"])
            name, layout = str(found["name"]), str(found["layout"])
        except (ValueError, KeyError, TypeError):
            self._view.show_refusal("The import gave no answer that makes sense.")
            return
        self._workspace.notice.set(Notice(f"{name} is imported ({layout}).", "ok"))
        self.look()

    def _dropped(self, name: str) -> None:
        self._workspace.notice.set(Notice(f"The vectors of {name} are dropped.", "ok"))
        self._refresh()

    def _take_jobs(self, jobs: tuple[JobState, ...]) -> None:
        states = {job.id: job for job in jobs}
        for job_id, file in list(self._exports.items()):
            state = states.get(job_id)
            if state is None or state.status in ("done", "failed"):
                del self._exports[job_id]
                if state is not None and state.status == "done":
                    self._workspace.notice.set(Notice(f"{Path(file).name} is written and checked.", "ok"))
        if self._job:
            state = states.get(self._job)
            if state is None or state.status in ("done", "failed"):
                self._job = 0
                if state is not None and state.status == "done":
                    text = f"The project is searched with {self._job_name} now."
                    self._workspace.notice.set(Notice(text, "ok"))
                self._refresh()
                self._show()

    # --- showing

    def _card_of(self, model: InstalledModel | None) -> ModelCard:
        snapshot = self._workspace.snapshot.value
        n_tracklets = len(snapshot.tracklets) if snapshot is not None else 0
        busy = f"the tracklets are being described with {self._job_name}" if self._job else ""
        return model_card(model, self._workspace.model.value, n_tracklets, busy)

    def _show(self) -> None:
        active = self._workspace.model.value
        model = next((model for model in self._models if str(model.path) == self._key), None)
        if model is None and self._models:  # nobody has chosen one: it is the active one, once that is known
            model = next((each for each in self._models if is_active(each, active)), self._models[0])
        self._view.show_models(
            model_lines(self._models, active), str(model.path) if model is not None else ""
        )
        self._view.show_card(self._card_of(model))
        self.current.set(model)
