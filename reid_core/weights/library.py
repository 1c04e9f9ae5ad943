"""The models that can be used here, with their cards: bundled, found, and those of a project's own folder.

A project's own models, imported or trained, lie in ``NAME.sightline.d/models``: ``NAME.safetensors`` beside
its card ``NAME.json``. They go where the project goes.
"""

from __future__ import annotations

import json
import os
import re
import tempfile
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from reid_core.errors import ModelRefusedError, UsageError
from reid_core.weights.find import list_models
from reid_core.weights.manifest import bundled_models
from reid_core.weights.model_file import ModelFile, ModelKind, hash_model

MODELS_FOLDER = "models"
"""Of the project's ``.sightline.d`` folder."""
MAX_CARD_BYTES = 1 << 20
RESEARCH = "Research use only"
_RESEARCH_MARKS = ("research-use-only", "research use only", "no licence to pass it on", "non-commercial")
_NAME = re.compile(r"[\w][\w .()+-]{0,79}")


@dataclass(frozen=True, slots=True)
class Card:
    """What is to be known of a model beside its weights.

    Attributes:
        licence: SPDX expression, or words; empty where unknown.
        origin: Where it comes from, for people.
        input: What the network takes, for people.
        layout: Network and layout of the weights, for people.
        text: The rest, for people: how it was made, on what data, what it reaches. Markdown.
        source_sha256: Hash of the file that it was made of; empty where it is that file.
        made_at: UTC, ISO 8601; empty where unknown.
    """

    licence: str = ""
    origin: str = ""
    input: str = ""
    layout: str = ""
    text: str = ""
    source_sha256: str = ""
    made_at: str = ""


@dataclass(frozen=True, slots=True)
class InstalledModel:
    """A model that can be used by its name or path.

    Attributes:
        name: What people call it.
        kind: ``detector`` or ``reid``.
        path: Its file.
        sha256: Hash of its content.
        n_bytes: Size of the file.
        card: What is known of it.
        is_default: Taken where none is named.
        is_own: It lies in the project's folder.
    """

    name: str
    kind: ModelKind
    path: Path
    sha256: str
    n_bytes: int
    card: Card
    is_default: bool = False
    is_own: bool = False


def is_research_only(licence: str) -> bool:
    """Whether a licence, or the want of one, keeps a model from being used for anything but research.

    >>> is_research_only("LicenseRef-research-use-only"), is_research_only("Apache-2.0"), is_research_only("")
    (True, False, True)
    """
    return not licence or any(mark in licence.lower() for mark in _RESEARCH_MARKS)


def installed_models(own: Path | None = None) -> list[InstalledModel]:
    """Every model that can be used, each kind's default first, a project's own last.

    Args:
        own: The project's folder of models, or None. Reads and hashes every file: not for a GUI thread.

    Raises:
        ModelRefusedError: A bundled model is damaged.
    """
    found: list[InstalledModel] = []
    kinds: tuple[ModelKind, ...] = ("reid", "detector")
    for kind in kinds:
        found += [
            _installed(file, _bundled_card(file), is_default=rank == 0)
            for rank, file in enumerate(list_models(kind))
        ]
    for path in sorted(own.glob("*.safetensors")) if own is not None and own.is_dir() else ():
        try:
            digest = hash_model(path)
        except ModelRefusedError:  # empty or unreadable: it cannot be used, so it is not installed
            continue
        found.append(
            InstalledModel(path.stem, "reid", path, digest, path.stat().st_size, read_card(path), is_own=True)
        )
    return found


def read_card(model: Path) -> Card:
    """The card beside a model's file; an empty one where there is none, or none that can be read."""
    file = model.with_suffix(".json")
    try:
        if file.stat().st_size > MAX_CARD_BYTES:
            return Card()
        content = json.loads(file.read_text(encoding="utf-8"))
    except (OSError, ValueError, RecursionError):
        return Card()
    if not isinstance(content, Mapping):
        return Card()
    return Card(**{name: str(content[name]) for name in Card.__slots__ if name in content})


def write_card(model: Path, card: Card) -> Path:
    """Write a card beside a model's file, whole or not at all."""
    file = model.with_suffix(".json")
    replace_bytes(file, (json.dumps(asdict(card), ensure_ascii=False, indent=1) + "\n").encode())
    return file


def free_place(folder: Path, name: str) -> Path:
    """Where a model of that name goes.

    Raises:
        UsageError: The name is none for a file, or is taken.
    """
    if not _NAME.fullmatch(name) or name.endswith((" ", ".")):
        raise UsageError(
            f"{name!r} is no name for a model: use letters, digits, spaces and . ( ) + - _, at most 80."
        )
    path = folder / f"{name}.safetensors"
    if path.exists():
        raise UsageError(f"This project has a model called {name!r} already: choose another name.")
    return path


def add_model(folder: Path, name: str, weights: bytes, card: Card) -> Path:
    """Put a model and its card into a project's folder; returns the model's path.

    Raises:
        UsageError: The name is none for a file, or is taken.
    """
    path = free_place(folder, name)
    folder.mkdir(parents=True, exist_ok=True)
    write_card(path, card)  # first: a model is never without its licence
    replace_bytes(path, weights)
    return path


def replace_bytes(path: Path, data: bytes) -> None:
    """Write a file whole or not at all."""
    handle, name = tempfile.mkstemp(prefix=f".{path.name}.", dir=path.parent)
    beside = Path(name)
    try:
        with os.fdopen(handle, "wb") as file:
            file.write(data)
            file.flush()
            os.fsync(file.fileno())
        beside.replace(path)
    except BaseException:
        beside.unlink(missing_ok=True)
        raise


def remove_model(folder: Path, name: str) -> None:
    """Delete a project's own model with its card; nothing where there is none."""
    path = folder / f"{name}.safetensors"
    path.unlink(missing_ok=True)
    path.with_suffix(".json").unlink(missing_ok=True)


def _installed(file: ModelFile, card: Card, *, is_default: bool) -> InstalledModel:
    return InstalledModel(
        file.name, file.kind, file.path, file.sha256, file.path.stat().st_size, card, is_default
    )


def _bundled_card(file: ModelFile) -> Card:
    for model in bundled_models():
        if model.sha256 == file.sha256:
            return Card(file.licence, file.origin, model.input, model.layout, _text_of(model.card))
    return Card(file.licence, file.origin)


def _text_of(path: Path | None) -> str:
    try:
        return path.read_text(encoding="utf-8") if path is not None else ""
    except OSError:
        return ""


def card_of(values: Mapping[str, Any]) -> Card:
    """A card of plain values, such as a command line gives; what is unknown is left out."""
    return Card(**{name: str(values[name]) for name in Card.__slots__ if values.get(name)})
