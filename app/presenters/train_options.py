"""What a run is made with: choices, their command line, the recipe's settings. Without Qt."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from dataclasses import asdict, dataclass, field, replace
from pathlib import Path
from typing import Any

from app.ports import Answer
from app.views.training import Check, CheckLine, Choices, Setting
from app.wording import count_label

MAIN = (
    "model.method",
    "model.backbone.name",
    "schedule.n_epochs",
    "schedule.lr",
    "batch.n_ids",
    "batch.n_images",
)
"""Settings that stand in front of the fold."""
_LEVELS = {"fatal": "bad", "warning": "warn", "info": "info"}
_TITLES = {
    "no_training_pictures": "Training pictures",
    "unreadable_pictures": "Pictures that cannot be read",
    "too_few_ids": "People",
    "one_camera_ids": "People in one camera only",
    "queries_without_match": "Queries without a match",
    "same_picture_two_splits": "Pictures in training and test",
    "same_picture_two_ids": "Pictures under two people",
    "same_track_two_splits": "Tracklets in training and test",
    "ids_in_two_splits": "People in training and test",
    "near_duplicates": "Near copies",
    "tiny_classes": "People with few pictures",
}
_PROJECT, _FOLDER = "project", "folder"


@dataclass(frozen=True, slots=True)
class TrainOptions:
    """What was chosen.

    Attributes:
        source: ``project``, ``folder`` or ``both``.
        folder: Of the training pictures.
        recipe: Preset, or a TOML file.
        init: First weights: ``none``, ``bundled:NAME`` or a file.
        device: ``cpu``, ``cuda`` or empty.
        changes: ``setting: value`` that differ from the recipe.
    """

    source: str = _PROJECT
    folder: str = ""
    recipe: str = ""
    init: str = ""
    device: str = ""
    changes: Mapping[str, Any] = field(default_factory=dict)

    @classmethod
    def of(cls, values: Mapping[str, Any] | None) -> TrainOptions:
        """From a project setting; what is unknown or of another kind is left out."""
        if not isinstance(values, Mapping):
            return cls()
        texts = {
            name: values[name]
            for name in ("source", "folder", "recipe", "init", "device")
            if isinstance(values.get(name), str)
        }
        changes = values.get("changes")
        return cls(**texts, changes=dict(changes) if isinstance(changes, Mapping) else {})

    def as_setting(self) -> dict[str, Any]:
        """For a project setting."""
        return {**asdict(self), "changes": dict(self.changes)}

    def with_change(self, name: str, value: Any, recipe: Mapping[str, Any]) -> TrainOptions:
        """Another value of a setting; the recipe's own value is no change."""
        changes = {key: known for key, known in self.changes.items() if key != name}
        if recipe.get(name) != value:
            changes[name] = value
        return replace(self, changes=changes)

    @property
    def has_data(self) -> bool:
        """Whether it is said what to train on."""
        return self.source == _PROJECT or bool(self.folder)

    def data(self, project: str) -> tuple[str, ...]:
        """For ``train`` and ``preflight``: where the pictures are."""
        own = ("--project", project) if self.source != _FOLDER else ()
        return (*own, *(("--data", self.folder) if self.source != _PROJECT else ()))

    def preflight(self, project: str, config: Path) -> tuple[str, ...]:
        """The command of the dataset check; ``config`` is a file with `batch_config`, or a preset's name."""
        return ("preflight", *self.data(project), "--config", str(config), "--json")

    def batch_config(self) -> str:
        """What of the config the check must know: how large a batch is to be filled."""
        batch = [
            f"{name.partition('.')[2]} = {as_toml(value)}"
            for name, value in self.changes.items()
            if name in ("batch.n_ids", "batch.n_images")
        ]
        return "\n".join([f"preset = {as_toml(self.recipe)}", *(["[batch]", *batch] if batch else [])]) + "\n"

    def describe(self) -> tuple[str, ...]:
        """The command that shows what the recipe with the changes stands for."""
        return ("describe", self.recipe, *self.sets())

    def train(self, project: str, out: Path) -> tuple[str, ...]:
        """The command of a run."""
        device = ("--device", self.device) if self.device else ()
        init = ("--init", self.init) if self.init else ()
        return (
            *("train", self.recipe, *self.data(project), "--out", str(out)),
            *(*init, *device, "--events", *self.sets()),
        )

    def trial(self, project: str, out: Path) -> tuple[str, ...]:
        """The command of a few batches, to be measured and thrown away."""
        return (*self.train(project, out), "--skip-preflight")

    def sets(self) -> tuple[str, ...]:
        """The changes as a command line has them."""
        return tuple(
            part for name, value in self.changes.items() for part in ("--set", f"{name}={as_toml(value)}")
        )


def as_toml(value: Any) -> str:
    """A plain value as TOML writes it; texts are quoted.

    >>> as_toml(True), as_toml(3.5e-4), as_toml("circle"), as_toml([1, 2])
    ('true', '0.00035', '"circle"', '[1, 2]')
    """
    return json.dumps(value, ensure_ascii=False)


def from_text(text: str, old: Any) -> Any:
    """What was typed, as the kind of value that it replaces; a text where it is none.

    >>> from_text("3", 0.5), from_text("8", 4), from_text("true", False), from_text("circle", "triplet")
    (3.0, 8, True, 'circle')
    """
    text = text.strip()
    if isinstance(old, str):
        return text
    try:
        value = json.loads(text)
    except ValueError:
        return text
    if isinstance(old, bool) or isinstance(value, bool):
        return value
    return float(value) if isinstance(old, float) and isinstance(value, int) else value


def flatten(config: Mapping[str, Any], prefix: str = "") -> dict[str, Any]:
    """Settings under their dotted names; what `describe` adds of the network is left out."""
    found: dict[str, Any] = {}
    for name, value in config.items():
        if not prefix and name in ("size", "key"):
            continue
        if isinstance(value, Mapping):
            found |= flatten(value, f"{prefix}{name}.")
        else:
            found[f"{prefix}{name}"] = value
    return found


def settings_of(config: Mapping[str, Any], changes: Mapping[str, Any]) -> tuple[Setting, ...]:
    """Everything behind the fold."""
    return tuple(
        Setting(
            name,
            value if isinstance(value, str) else as_toml(value),
            name in changes,
            "bool" if isinstance(value, bool) else "number" if isinstance(value, int | float) else "text",
        )
        for name, value in config.items()
        if name not in MAIN
    )


def size_words(described: Mapping[str, Any]) -> str:
    """The network's size, as `describe` measured it."""
    size = described.get("size")
    if not isinstance(size, Mapping):
        return ""
    try:
        millions, gflops = float(size["parameters"]) / 1e6, float(size["gflops"])
        return f"{millions:.1f} million parameters, {gflops:.2f} GFLOPs a picture, {int(size['dim'])} numbers"
    except (KeyError, TypeError, ValueError):
        return ""


def parse(answer: Answer) -> Mapping[str, Any] | None:
    """The JSON object of an answer, or None."""
    try:
        found = json.loads(answer.text)
    except ValueError:
        return None
    return found if isinstance(found, Mapping) else None


def problem_of(answer: Answer) -> str:
    """Why there is no answer, in a sentence."""
    return answer.lines[-1] if answer.lines else "The training program gave no answer."


def check_of(report: Mapping[str, Any]) -> Check:
    """The dataset check of a preflight report."""
    is_fatal = bool(report.get("is_fatal"))
    counts = report.get("counts")
    lines = list(_count_lines(counts if isinstance(counts, Mapping) else {}))
    findings = [found for found in report.get("findings", []) if isinstance(found, Mapping)]
    order = {"fatal": 0, "warning": 1, "info": 2}
    findings.sort(key=lambda found: order.get(str(found.get("level")), 3))
    lines.extend(_finding(found) for found in findings)
    if not findings:
        lines.append(CheckLine("ok", "Nothing is wrong with the pictures"))
    return Check(
        "bad" if is_fatal else "ok", "cannot be trained yet" if is_fatal else "can be trained", tuple(lines)
    )


def _count_lines(counts: Mapping[str, Any]) -> Iterable[CheckLine]:
    words = {"train": "People to train on", "query": "People to search for", "gallery": "People to find"}
    for split, title in words.items():
        found = counts.get(split)
        if not isinstance(found, Mapping) or not found.get("pictures"):
            continue
        pictures, cameras = int(found["pictures"]), int(found.get("cameras") or 0)
        detail = f"{count_label(pictures, 'picture')} from {count_label(cameras, 'camera')}"
        yield CheckLine("ok", title, detail, f"{int(found.get('ids') or 0):,}")


def _finding(found: Mapping[str, Any]) -> CheckLine:
    kind, level = str(found.get("kind", "")), _LEVELS.get(str(found.get("level")), "info")
    sentence, advice = str(found.get("sentence") or ""), str(found.get("advice") or "")
    count, of = found.get("count"), found.get("of")
    value = f"{count:,}" if isinstance(count, int) else ""
    if value and isinstance(of, int) and of:
        value = f"{value} of {of:,}"
    title = _TITLES.get(kind) or kind.replace("_", " ").capitalize()
    examples = tuple(str(name) for name in found.get("examples") or ())
    return CheckLine(level, title, f"{sentence} {advice}".strip(), value, examples)


def list_inits() -> Choices:
    """First weights to choose from: none, or a re-identification model that comes with Sightline."""
    from reid_core.weights.manifest import bundled_models

    bundled = [model.name for model in bundled_models() if model.kind == "reid"]
    return (("none", "Random weights"), *((f"bundled:{name}", f"{name}, bundled") for name in bundled))


def choices_of(names: list[str], chosen: str) -> Choices:
    """Names to choose from, with the one that is chosen."""
    known = names if not chosen or chosen in names else [*names, chosen]
    return tuple((name, name) for name in known)


def with_chosen(choices: Choices, chosen: str) -> Choices:
    """First weights to choose from, with a file that is chosen."""
    first: Choices = (("", "As the recipe says"),)
    known = {value for value, _ in choices}
    extra = ((chosen, Path(chosen).name),) if chosen and chosen not in known else ()
    return (*first, *choices, *extra)


def whole(value: Any, default: int) -> int:
    """A whole number, or the default."""
    return value if isinstance(value, int) and not isinstance(value, bool) else default


def real(value: Any) -> float:
    """A number, or 0."""
    return float(value) if isinstance(value, int | float) and not isinstance(value, bool) else 0.0


def keep_text(folder: Path, text: str) -> Path:
    """A file of this text for a child process; not in the GUI thread."""
    folder.mkdir(parents=True, exist_ok=True)
    path = folder / "check.toml"
    path.write_text(text, encoding="utf-8")
    return path
