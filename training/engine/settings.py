"""What a run is started with besides its config: data, first weights, seed; ``config.toml`` has all.

preset = "bot"
[run]
data = "market1501"         # or: project = "trial.sightline", or both
init = "bundled:light"
[schedule]
n_epochs = 60
"""

from __future__ import annotations

import json
import tomllib
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from reid_core.errors import UsageError
from training.config import TrainingConfig, as_dict, change
from training.engine.presets import read_config

CONFIG_FILE = "config.toml"


@dataclass(frozen=True, slots=True)
class RunSettings:
    """The table ``[run]``.

    Attributes:
        data: Folder or tar of a data set.
        dataset: Its layout or name.
        project: A Sightline project; with data as well, both are trained on.
        init: ``none``, a file, or ``bundled:NAME``.
        seed: Decides everything that is drawn.
        device: ``auto``, ``cpu`` or ``cuda``.
        validate: Share of the training ids that is held out for validation.
        has_tensorboard: Whether TensorBoard's files are written as well.
    """

    data: str = ""
    dataset: str = "market"
    project: str = ""
    init: str = "none"
    seed: int = 0
    device: str = "auto"
    validate: float = 0.0
    has_tensorboard: bool = False

    @property
    def source(self) -> str:
        """What is trained on, for people to read."""
        return " and ".join(filter(None, (self.project, self.data)))

    @property
    def layout(self) -> str:
        """How that is read, for people to read."""
        layouts = ("project" if self.project else "", self.dataset if self.data else "")
        return " and ".join(filter(None, layouts))


def read_run(source: str | Path, settings: Iterable[str] = ()) -> tuple[TrainingConfig, RunSettings]:
    """A config and the ``[run]`` table that a file may have beside it; paths in it are relative to the file.

    Args:
        source: A preset's name, or a TOML file.
        settings: ``part.name=value`` each, for the config.

    Raises:
        UsageError: The file cannot be read, or a name or value is unknown.
    """
    config = read_config(source, settings)
    if not str(source).endswith(".toml"):
        return config, RunSettings()
    given = tomllib.loads(Path(source).read_text(encoding="utf-8")).get("run", {})
    if not isinstance(given, Mapping):
        raise UsageError(f"run in {source} is a table, not {given!r}.")
    run = change(RunSettings(), given, "run")
    folder = Path(source).resolve().parent
    places = {name: str(folder / getattr(run, name)) for name in ("data", "project") if getattr(run, name)}
    if run.init != "none" and (folder / run.init).is_file():
        places["init"] = str(folder / run.init)
    return config, change(run, places, "run")


def write_run(path: Path, config: TrainingConfig, run: RunSettings) -> None:
    """Write a file that `read_run` reads back as the same, whole or not at all."""
    text = "# Written when the run was started. `python -m training resume FOLDER` reads it.\n"
    beside = path.with_name(f".{path.name}.part")
    beside.write_text(text + to_toml({"run": as_dict(run), **as_dict(config)}), encoding="utf-8")
    beside.replace(path)


def to_toml(values: Mapping[str, Any], title: str = "") -> str:
    """Nested dictionaries of texts, numbers, truth values and lists as TOML; None is left out."""
    own = [
        f"{_key(k)} = {_value(v)}" for k, v in values.items() if not isinstance(v, Mapping) and v is not None
    ]
    lines = [f"\n[{title}]", *own] if title and own else own
    text = "\n".join(lines) + ("\n" if lines else "")
    for name, value in values.items():
        if isinstance(value, Mapping):
            text += to_toml(value, f"{title}.{_key(name)}" if title else _key(name))
    return text


def _key(name: str) -> str:
    return name if name.replace("_", "").replace("-", "").isalnum() and name.isascii() else json.dumps(name)


def _value(value: Any) -> str:
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, list | tuple):
        return f"[{', '.join(map(_value, value))}]"
    if isinstance(value, str):
        return json.dumps(str(value), ensure_ascii=False).replace("\x7f", "\\u007f")
    return repr(value)
