"""Train page: the data and its check, what a run is made with, how long it takes. Without Qt."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any

from app.ports import Answer, Asker, Background, ProjectLane
from app.presenters.ingest_form import list_devices
from app.presenters.measuring import Measured, Speeds, Trial
from app.presenters.runs import runs_folder
from app.presenters.train_options import (
    TrainOptions,
    check_of,
    choices_of,
    flatten,
    from_text,
    keep_text,
    list_inits,
    parse,
    problem_of,
    real,
    settings_of,
    size_words,
    whole,
    with_chosen,
)
from app.snapshot import Snapshot
from app.views.jobs import rough_label
from app.views.training import Check, Choices, TrainForm, TrainFormView
from app.workspace import Page, Workspace
from reid_core.store.opening import sidecar_of
from reid_core.store.project import Project

SETTING = "train"
UNKNOWN = "not known yet"
LEAST_IDS = 2
"""People in a batch at least: with one there is nobody to be told apart from."""
FIRST = TrainOptions(
    recipe="light",
    init="bundled:light",
    changes={
        "schedule.n_epochs": 20,
        "batch.n_ids": 8,
        "batch.n_images": 4,
    },
)
"""Where a project begins: the shipped network, and batches that fit a processor and few people."""


class TrainFormPresenter:
    """Decides what the form shows, and makes the command of a run.

    Args:
        view: The form.
        workspace: The open project, the active model.
        lane: Keeps the choices in the project.
        background: Reads files.
        asker: Asks the training program for recipes, the check, and a few batches.
        speeds: What this computer managed before.
        start: Starts a run; gets the maker of its command.
    """

    def __init__(
        self,
        view: TrainFormView,
        workspace: Workspace,
        lane: ProjectLane,
        background: Background,
        asker: Asker,
        speeds: Speeds,
        start: Callable[[Callable[[Path], tuple[str, ...]]], None],
    ) -> None:
        self._view, self._workspace, self._lane, self._background = view, workspace, lane, background
        self._asker, self._speeds, self._start = asker, speeds, start
        self._project = ""
        self._options = TrainOptions()
        self._names: Mapping[str, list[str]] = {}
        self._inits: Choices = ()
        self._devices: Choices = (("", "Automatic"),)
        self._recipe: dict[str, Any] = {}
        self._config: dict[str, Any] = {}
        self._size = ""
        self._problem = ""
        self._check = Check()
        self._n_pictures = 0
        self._measure_problem = ""
        self._is_asked = self._has_options = False
        self._trial = Trial(asker, background, self._take_measured)
        workspace.snapshot.connect(self._follow, now=True)
        workspace.page.connect(lambda _: self.look())
        workspace.model.connect(lambda _: self._show())

    # --- what is asked

    def look(self) -> None:
        """The page is seen: ask for what it needs, once a project."""
        is_seen = self._workspace.page.value is Page.TRAIN
        if not is_seen or not self._has_options or self._is_asked:
            return
        self._is_asked = True
        self._background.ask(lambda: (list_inits(), list_devices()), self._take_lists)
        self._asker.ask("training", ("describe", "--json"), self._take_names, topic="recipes")
        self._describe()
        self.check()

    def choose(self, name: str, value: str) -> None:
        """Choose ``source`` (project, folder or both), ``folder``, ``recipe``, ``init`` or ``device``."""
        before = self._options
        changed: dict[str, Any] = {name: value}
        options = replace(before, **changed)
        if name == "recipe":
            options = replace(options, changes={})
        if name == "folder" and value and before.source == "project":
            options = replace(options, source="folder")
        if options == before:
            return
        self._keep(options)
        if (options.source, options.folder) != (before.source, before.folder):
            self.check()
        if options.recipe != before.recipe:
            self._recipe, self._config = {}, {}
            self._describe()
            self.check()
        self._show()

    def change(self, name: str, text: str) -> None:
        """Type another value of a setting, as TOML writes it."""
        old = self._config.get(name)
        value = from_text(text, old)
        if name not in self._config or value == old:
            return
        self._config = {**self._config, name: value}
        self._keep(self._options.with_change(name, value, self._recipe))
        self._describe()
        if name in ("batch.n_ids", "batch.n_images"):
            self.check()
        self._show()

    def reset(self) -> None:
        """Take every setting back to what the recipe says."""
        if self._options.changes:
            self._keep(replace(self._options, changes={}))
            self._config = dict(self._recipe)
            self._describe()
            self.check()
            self._show()

    def check(self) -> None:
        """Look at the data anew."""
        options = self._options
        self._n_pictures = 0
        if not options.has_data:
            self._asker.cancel("preflight")
            self._show_check(Check("", "choose a folder", problem="No folder is chosen yet."))
            return
        self._show_check(Check("", "checking"))
        text, project = options.batch_config(), self._project
        folder = runs_folder(sidecar_of(Path(project)))
        self._background.ask(  # the check asks whether a batch can be filled
            lambda: keep_text(folder, text), lambda file: self._ask_check(options.preflight(project, file))
        )

    def _ask_check(self, arguments: tuple[str, ...]) -> None:
        self._asker.ask("training", arguments, self._take_check, topic="preflight")

    def toggle_measuring(self) -> None:
        """Run a few batches to know how long it takes, or stop that."""
        if self._trial.is_running:
            self._trial.stop()
        elif self._can_start():
            options, project = self._options, self._project
            self._measure_problem = ""
            self._trial.start(lambda out: options.trial(project, out))
        self._show()

    def tick(self) -> None:
        """Look how far the measuring is; called now and then."""
        self._trial.tick()

    @property
    def is_measuring(self) -> bool:
        """Whether a few batches are being run."""
        return self._trial.is_running

    def start(self) -> None:
        """Start a run with what is chosen."""
        if self._can_start():
            self._trial.stop()
            options, project = self._options, self._project
            self._start(lambda out: options.train(project, out))
            self._show()

    def close(self) -> None:
        """End what was asked."""
        self._trial.stop()

    # --- what is heard

    def _follow(self, snapshot: Snapshot | None) -> None:
        path = snapshot.path if snapshot is not None else ""
        if path != self._project:
            self._trial.stop()
            for topic in ("recipes", "describe", "preflight"):
                self._asker.cancel(topic)
            self._project, self._options = path, TrainOptions()
            self._is_asked = self._has_options = False
            self._recipe, self._config, self._check, self._n_pictures = {}, {}, Check(), 0
            if snapshot is not None:
                self._lane.ask(lambda project: TrainOptions.of(project.setting(SETTING)), self._take_options)
        self._show()

    def _take_options(self, options: TrainOptions) -> None:
        self._options = options if options.recipe else replace(FIRST, source=options.source)
        self._has_options = True
        self._show()
        self.look()

    def _take_lists(self, found: tuple[Choices, Choices]) -> None:
        self._inits, self._devices = found
        self._show()

    def _take_names(self, answer: Answer) -> None:
        found = parse(answer)
        if answer.code or found is None:
            self._problem = problem_of(answer)
        else:
            self._names = {name: [str(entry) for entry in found.get(name, [])] for name in found}
            recipes = self._names.get("presets", [])
            if recipes and self._options.recipe not in recipes:  # another version had others
                self.choose("recipe", recipes[0])
        self._show()

    def _describe(self) -> None:
        """Ask what the choices stand for: every setting, and the size of the network."""
        options = self._options
        self._asker.ask(
            "training", options.describe(), lambda answer: self._take_config(options, answer),
            topic="describe",
        )  # fmt: skip

    def _take_config(self, options: TrainOptions, answer: Answer) -> None:
        found = parse(answer)
        if answer.code or found is None:
            self._problem = problem_of(answer)
        else:
            self._problem, self._size, self._config = "", size_words(found), flatten(found)
            if not options.changes:
                self._recipe = dict(self._config)
        self._show()

    def _take_check(self, answer: Answer) -> None:
        found = parse(answer)
        if found is None:
            self._show_check(Check("bad", "could not be checked", problem=problem_of(answer)))
            return
        if self._options.changes == FIRST.changes and self._shrink(found):
            return
        counts = found.get("counts")
        train = counts.get("train") if isinstance(counts, Mapping) else None
        self._n_pictures = int(train.get("pictures") or 0) if isinstance(train, Mapping) else 0
        self._show_check(check_of(found))
        self._show()

    def _shrink(self, report: Mapping[str, Any]) -> bool:
        """Fit the first proposal's batch to the people that there are; True where the check goes on anew."""
        findings = [f for f in report.get("findings", ()) if isinstance(f, Mapping)]
        n_ids = next((f.get("count") for f in findings if f.get("kind") == "too_few_ids"), None)
        if not isinstance(n_ids, int) or not LEAST_IDS <= n_ids < FIRST.changes["batch.n_ids"]:
            return False
        self._config.setdefault("batch.n_ids", FIRST.changes["batch.n_ids"])
        self.change("batch.n_ids", str(n_ids))
        return True

    def _take_measured(self, found: Measured) -> None:
        self._measure_problem = found.problem
        if found.rate > 0:
            self._speeds.keep_speed(self._speed_key, found.rate)
            if found.n_bytes:
                self._speeds.keep_speed(f"{self._speed_key}|bytes", float(found.n_bytes))
        self._show()

    def _keep(self, options: TrainOptions) -> None:
        self._options = options
        values = options.as_setting()
        self._lane.ask(lambda project: _keep_setting(project, values), lambda _: None, lambda _: None)

    # --- showing

    @property
    def _speed_key(self) -> str:
        config = self._config
        names = ("model.method", "model.backbone.name", "batch.height", "batch.width")
        batch = ("batch.n_ids", "batch.n_images")
        words = [str(config.get(name, "")) for name in (*names, *batch)]
        return "|".join(("train", *words, self._options.device or "auto"))

    def _why_not(self) -> str:
        if not self._config:
            return "the recipes are being loaded" if not self._problem else self._problem
        if self._problem:
            return self._problem
        if not self._options.has_data:
            return "choose a folder first"
        if self._check.level == "bad":
            return "the dataset check says what is missing"
        return "" if self._check.level == "ok" else "the data is being checked"

    def _can_start(self) -> bool:
        return bool(self._project) and not self._why_not()

    def _show_check(self, check: Check) -> None:
        self._check = check
        self._view.show_check(check)
        self._show()

    def _show(self) -> None:
        config, options = self._config, self._options
        rate = self._speeds.speed(self._speed_key) if config else None
        note, level = self._note()
        why_not = self._why_not()
        self._view.show_form(
            TrainForm(
                source=options.source,
                folder=options.folder,
                recipes=choices_of(self._names.get("presets", []), options.recipe),
                recipe=options.recipe,
                inits=with_chosen(self._inits, options.init),
                init=options.init,
                methods=choices_of(self._names.get("methods", []), str(config.get("model.method", ""))),
                method=str(config.get("model.method", "")),
                backbones=choices_of(
                    self._names.get("backbones", []), str(config.get("model.backbone.name", ""))
                ),
                backbone=str(config.get("model.backbone.name", "")),
                devices=self._devices,
                device=options.device,
                n_epochs=whole(config.get("schedule.n_epochs"), 1),
                n_ids=whole(config.get("batch.n_ids"), 2),
                n_images=whole(config.get("batch.n_images"), 2),
                lr=real(config.get("schedule.lr")),
                settings=settings_of(config, options.changes),
                size=self._size if config else "",
                facts=self._facts(rate),
                measured="measured on this computer" if rate else "",
                is_measuring=self._trial.is_running,
                note=note,
                level=level,
                can_start=not why_not and bool(self._project),
                why_not=why_not,
                is_ready=bool(config),
            )
        )

    def _note(self) -> tuple[str, str]:
        if self._problem:
            return self._problem, "bad"
        if self._measure_problem:
            return self._measure_problem, "bad"
        if not self._config:
            return "Loading the recipes", "info"
        return "", "info"

    def _facts(self, rate: float | None) -> tuple[tuple[str, str], ...]:
        n_bytes = self._speeds.speed(f"{self._speed_key}|bytes")
        n_epochs = whole(self._config.get("schedule.n_epochs"), 0)
        time = UNKNOWN
        if rate and self._n_pictures and n_epochs:
            left = rough_label(self._n_pictures * n_epochs / rate)
            time = f"about {left} and the validations"
        elif self._trial.is_running:
            time = "running a few batches"
        memory = f"{n_bytes / 1e9:.1f} GB in the process" if n_bytes else UNKNOWN
        model = self._workspace.model.value
        active = f"{model.name} stays until you switch" if model is not None else "none yet"
        return ("Time", time), ("Memory", memory), ("Active model", active)


def _keep_setting(project: Project, values: dict[str, Any]) -> None:
    project.set_setting(SETTING, values)
