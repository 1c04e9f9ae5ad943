"""Looks for a model: by name, in the project's setting, in ``SIGHTLINE_MODELS``, among the bundled ones."""

from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path

from reid_core.errors import ModelNotFoundError, ModelRefusedError
from reid_core.weights.download import DOWNLOAD_NAME, download_detector, downloaded_detector, is_offline
from reid_core.weights.known import BUNDLED_RANK, KNOWN_MODELS, KnownModel
from reid_core.weights.manifest import BundledModel, bundled_models
from reid_core.weights.model_file import (
    ModelFile,
    ModelKind,
    hash_model,
    read_bytes,
    resolve_model_path,
    tell_format,
)

MODELS_VARIABLE = "SIGHTLINE_MODELS"
_SUFFIXES = (".pt", ".pth", ".safetensors", ".xml")
_FLAGS = {"detector": "--detector", "reid": "--model"}
_TITLES = {"detector": "detector", "reid": "re-identification model"}


def find_model(
    kind: ModelKind, spec: str | Path | None = None, project_setting: str | Path | None = None
) -> ModelFile:
    """The model to use.

    Looked for in this order: ``spec``; the project's setting; the folder of ``SIGHTLINE_MODELS``, searched
    recursively, where files are known by their hash; the models that come with Sightline; for a detector, at
    last, ultralytics' download, unless ``SIGHTLINE_OFFLINE`` is set. Among several re-ID models in
    ``SIGHTLINE_MODELS`` Intel's is taken before the bundled one, and that before OSNet.

    Args:
        kind: Which kind of model.
        spec: A path, or the name of a known, bundled or in ``SIGHTLINE_MODELS`` lying model; None = any.
        project_setting: The same, as the project remembers it.

    Raises:
        ModelNotFoundError: Nothing was found; says where it was looked for and what to do.
        ModelRefusedError: What was named cannot be a model.
    """
    for wanted, origin in ((spec, _FLAGS[kind]), (project_setting, "the project's setting")):
        if wanted is not None and str(wanted):
            return _find_named(kind, str(wanted), origin)
    found = list_models(kind)
    if found:
        return found[0]
    attempt = ""
    if kind == "detector":
        fetched, attempt = _fetch_detector()
        if fetched is not None:
            return fetched
    raise ModelNotFoundError(_not_found(kind, attempt))


def list_models(kind: ModelKind) -> list[ModelFile]:
    """Every model that would be found without being named, the one that is taken first."""
    ranked = [(known.rank, str(path), _as_file(path, known)) for path, known in _known_in_folder(kind)]
    ranked += [
        (_rank_of(model), model.name, model.as_model_file())
        for model in bundled_models()
        if model.kind == kind
    ]
    if kind == "detector" and (path := downloaded_detector()) is not None:
        ranked.append((BUNDLED_RANK + 10, str(path), _describe(path, kind, "downloaded by ultralytics")))
    return [model for _, _, model in sorted(ranked, key=lambda entry: entry[:2])]


def models_folder() -> Path | None:
    """The folder of ``SIGHTLINE_MODELS``, where it is set."""
    chosen = os.environ.get(MODELS_VARIABLE)
    return Path(chosen).expanduser() if chosen else None


def _find_named(kind: ModelKind, wanted: str, origin: str) -> ModelFile:
    path = Path(wanted).expanduser()
    if path.exists():
        return _describe(resolve_model_path(path), kind, f"named by {origin}")
    if path.parent == Path() and not wanted.startswith("~"):
        for model in list_models(kind):
            if wanted in {model.name, model.path.name}:
                return model
        folder = models_folder()
        for file in _files_in(folder) if folder else ():
            if wanted in {file.name, file.stem, file.parent.name if file.suffix == ".xml" else file.name}:
                return _describe(file, kind, f"found in {MODELS_VARIABLE}, named by {origin}")
        if kind == "detector" and path.stem == DOWNLOAD_NAME:
            fetched, attempt = _fetch_detector()
            if fetched is not None:
                return fetched
            raise ModelNotFoundError(
                f"The detector {wanted} was not found. {attempt} {_advice(kind)}".strip()
            )
    raise ModelNotFoundError(
        f"The {_TITLES[kind]} {wanted!r}, named by {origin}, is neither a file nor a known name. "
        f"Searched: {_folder_text(kind)}; {_bundled_text(kind)}. {_advice(kind)}"
    )


def _known_in_folder(kind: ModelKind) -> Iterator[tuple[Path, KnownModel]]:
    """Known files in the folder; only files of a known size are hashed."""
    folder = models_folder()
    if folder is None:
        return
    by_size: dict[int, list[KnownModel]] = {}
    for known in KNOWN_MODELS:
        if known.kind == kind:
            by_size.setdefault(known.n_bytes, []).append(known)
    for file in _files_in(folder):
        candidates = by_size.get(file.stat().st_size, [])
        if not candidates:
            continue
        try:
            content_hash = hash_model(file)
        except ModelRefusedError:  # half of a pair, or unreadable: not the known file
            continue
        for known in candidates:
            if known.sha256 == content_hash:
                yield file, known


def _files_in(folder: Path) -> Iterator[Path]:
    """Possible model files below a folder, sorted; links to folders are not followed."""
    for root, folders, names in os.walk(folder):
        folders.sort()
        for name in sorted(names):
            file = Path(root) / name
            if file.suffix.lower() in _SUFFIXES and file.is_file():
                yield file


def _rank_of(model: BundledModel) -> int:
    return BUNDLED_RANK if model.is_default else BUNDLED_RANK + 1


def _as_file(path: Path, known: KnownModel) -> ModelFile:
    file_format = tell_format(read_bytes(path), path.name)
    origin = f"found in {MODELS_VARIABLE}"
    return ModelFile(path, known.name, known.kind, file_format, known.sha256, origin, known.licence)


def _describe(path: Path, kind: ModelKind, origin: str) -> ModelFile:
    content_hash = hash_model(path)
    known = next(
        (model for model in KNOWN_MODELS if model.sha256 == content_hash and model.kind == kind), None
    )
    return ModelFile(
        path,
        known.name if known else path.stem,
        kind,
        tell_format(read_bytes(path), path.name),
        content_hash,
        origin,
        known.licence if known else "",
    )


def _fetch_detector() -> tuple[ModelFile | None, str]:
    """The downloaded detector, or why there is none."""
    if is_offline():
        return None, "The download of yolo11n.pt was not tried, for SIGHTLINE_OFFLINE is set."
    try:
        return _describe(download_detector(), "detector", "downloaded by ultralytics"), ""
    except OSError as error:
        return None, f"The download of yolo11n.pt failed ({str(error)[:200]})."


def _not_found(kind: ModelKind, attempt: str) -> str:
    named = f"{_FLAGS[kind]} (not given); the project's setting (none)"
    places = f"{named}; {_folder_text(kind)}; {_bundled_text(kind)}"
    return f"No {_TITLES[kind]} was found. Searched: {places}. {attempt} {_advice(kind)}".replace("  ", " ")


def _folder_text(kind: ModelKind) -> str:
    folder = models_folder()
    if folder is None:
        return f"{MODELS_VARIABLE} (not set)"
    if not folder.is_dir():
        return f"{MODELS_VARIABLE} ({folder} is no folder)"
    n_files = sum(1 for _ in _files_in(folder))
    return f"{MODELS_VARIABLE} ({folder}: {n_files} model files, none a known {_TITLES[kind]})"


def _bundled_text(kind: ModelKind) -> str:
    names = [model.name for model in bundled_models() if model.kind == kind]
    return f"models that come with Sightline ({', '.join(names) or 'none of this kind'})"


def _advice(kind: ModelKind) -> str:
    if kind == "detector":
        return (
            "Get yolo11n.pt from https://github.com/ultralytics/assets/releases, then either name it with "
            f"--detector PATH or put it into a folder and set {MODELS_VARIABLE} to that folder."
        )
    return (
        "Get person-reidentification-retail-0277 (.xml and .bin) from the Open Model Zoo, then either name "
        f"it with --model PATH or put it into a folder and set {MODELS_VARIABLE} to that folder."
    )
