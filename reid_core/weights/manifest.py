"""The models that come with Sightline: ``assets/models/models.toml``. Its README describes every field."""

from __future__ import annotations

import re
import tomllib
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from reid_core.errors import ModelRefusedError
from reid_core.paths import bundled_models_dir
from reid_core.weights.model_file import ModelFile, ModelKind, hash_model, read_bytes, tell_format

MANIFEST_NAME = "models.toml"
_FIELDS = {
    "name": str,
    "kind": str,
    "file": str,
    "sha256": str,
    "licence": str,
    "input": str,
    "layout": str,
    "is_default": bool,
    "card": str,
    "metrics": dict,
    "int8": dict,
}
_REQUIRED = ("name", "kind", "file", "sha256", "licence", "input", "layout")
_INT8_FIELDS = {"file": str, "sha256": str}
_SHA256 = re.compile(r"[0-9a-f]{64}")


@dataclass(frozen=True, slots=True)
class BundledModel:
    """One entry of the manifest; see ``assets/models/README.md``.

    Attributes:
        name: What a user may call it, e.g. ``light``.
        kind: ``detector`` or ``reid``.
        file: The file, inside the manifest's folder.
        sha256: Hash of its content.
        licence: SPDX expression of its licence.
        input: What the network takes, for people, e.g. ``RGB 256x128, ImageNet mean and deviation``.
        layout: Network and layout of the weights, for people, e.g. ``sightline bundle, osnet``.
        is_default: Whether it is taken where none is named.
        int8: The same network in 8 bits for the CPU, file and hash; None where there is none.
        card: Its description for people, a text file beside it, or None.
    """

    name: str
    kind: ModelKind
    file: Path
    sha256: str
    licence: str
    input: str
    layout: str
    is_default: bool
    card: Path | None = None
    int8: tuple[Path, str] | None = None

    def as_model_file(self) -> ModelFile:
        """The file, after a check of its hash.

        Raises:
            ModelRefusedError: The file is not the one that the manifest names.
        """
        int8 = self._checked(*self.int8) if self.int8 is not None else None
        return replace(self._checked(self.file, self.sha256), int8=int8)

    def _checked(self, file: Path, sha256: str) -> ModelFile:
        if hash_model(file) != sha256:
            raise ModelRefusedError(f"The bundled model {self.name} is damaged. Install Sightline again.")
        file_format = tell_format(read_bytes(file), file.name)
        return ModelFile(
            file, self.name, self.kind, file_format, sha256, "comes with Sightline", self.licence
        )


def bundled_models(folder: Path | None = None) -> list[BundledModel]:
    """The entries of the manifest in its order; none where there is no manifest.

    Args:
        folder: Where the manifest lies; by default ``assets/models``.

    Raises:
        ModelRefusedError: The manifest breaks its rules; says which entry and how.
    """
    home = folder or bundled_models_dir()
    manifest = home / MANIFEST_NAME
    if not manifest.is_file():
        return []
    try:
        content = tomllib.loads(manifest.read_text(encoding="utf-8"))
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        raise ModelRefusedError(f"{manifest} is no sound TOML ({error}). Install Sightline again.") from error
    entries = content.get("model", [])
    if not isinstance(entries, list) or set(content) - {"model"}:
        raise ModelRefusedError(f"{manifest} may hold [[model]] entries and nothing else.")
    models = [_read_entry(entry, home, manifest) for entry in entries]
    names = [(model.kind, model.name) for model in models]
    if len(set(names)) != len(names):
        raise ModelRefusedError(f"{manifest} names a model twice.")
    for kind in ("detector", "reid"):
        if sum(model.is_default for model in models if model.kind == kind) > 1:
            raise ModelRefusedError(f"{manifest} has several default models of kind {kind}.")
    return models


def _read_entry(entry: Any, home: Path, manifest: Path) -> BundledModel:
    if not isinstance(entry, dict):
        raise ModelRefusedError(f"{manifest} has an entry that is no table.")
    title = f"{manifest}, model {entry.get('name', '?')}"
    missing = [field for field in _REQUIRED if field not in entry]
    if missing:
        raise ModelRefusedError(f"{title}: {', '.join(missing)} is missing.")
    for field, value in entry.items():
        if field not in _FIELDS or not isinstance(value, _FIELDS[field]):
            raise ModelRefusedError(f"{title}: {field} is unknown or of the wrong type.")
    kind: ModelKind
    if entry["kind"] == "detector":
        kind = "detector"
    elif entry["kind"] == "reid":
        kind = "reid"
    else:
        raise ModelRefusedError(f"{title}: kind must be detector or reid.")
    int8 = entry.get("int8")
    if int8 is not None and {name: type(value) for name, value in int8.items()} != _INT8_FIELDS:
        raise ModelRefusedError(f"{title}: int8 must hold a file and its sha256.")
    return BundledModel(
        entry["name"],
        kind,
        _inside(home, entry["file"], title, "file"),
        _hash(entry["sha256"], title),
        entry["licence"],
        entry["input"],
        entry["layout"],
        entry.get("is_default", False),
        _inside(home, entry["card"], title, "card") if "card" in entry else None,
        (_inside(home, int8["file"], title, "file"), _hash(int8["sha256"], title)) if int8 else None,
    )


def _inside(home: Path, name: str, title: str, what: str) -> Path:
    path = home / name
    if not path.resolve().is_relative_to(home.resolve()):
        raise ModelRefusedError(f"{title}: the {what} must lie in {home}.")
    return path


def _hash(text: str, title: str) -> str:
    if not _SHA256.fullmatch(text):
        raise ModelRefusedError(f"{title}: sha256 must be 64 hexadecimal digits in lower case.")
    return text
