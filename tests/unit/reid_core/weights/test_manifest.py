"""The manifest of bundled models keeps its rules, and so does the one in the repository."""

from __future__ import annotations

import hashlib

import pytest

from reid_core.errors import ModelRefusedError
from reid_core.paths import bundled_models_dir
from reid_core.weights.manifest import bundled_models

CONTENT = b"PK\x03\x04 weights"
ENTRY = {
    "name": '"light"',
    "kind": '"reid"',
    "file": '"light.pt"',
    "sha256": f'"{hashlib.sha256(CONTENT).hexdigest()}"',
    "licence": '"AGPL-3.0-or-later"',
    "input": '"RGB 256x128"',
    "layout": '"Sightline bundle, osnet"',
}


def write(folder, *entries):
    (folder / "light.pt").write_bytes(CONTENT)
    text = "\n".join("[[model]]\n" + "\n".join(f"{k} = {v}" for k, v in entry.items()) for entry in entries)
    (folder / "models.toml").write_text(text)


def test_no_manifest_is_no_model(tmp_path):
    assert bundled_models(tmp_path) == []


def test_an_entry_becomes_a_model_file(tmp_path):
    write(tmp_path, {**ENTRY, "is_default": "true", "card": '"light.md"', "metrics": "{ rank1 = 0.5 }"})
    (model,) = bundled_models(tmp_path)
    assert model.is_default
    file = model.as_model_file()
    assert (file.name, file.kind, file.path) == ("light", "reid", tmp_path / "light.pt")
    assert file.licence == "AGPL-3.0-or-later"


def test_another_file_under_the_name_is_refused(tmp_path):
    write(tmp_path, ENTRY)
    (tmp_path / "light.pt").write_bytes(CONTENT + b"!")
    with pytest.raises(ModelRefusedError, match="light is damaged"):
        bundled_models(tmp_path)[0].as_model_file()


@pytest.mark.parametrize(
    ("change", "said"),
    [
        ({"kind": '"tracker"'}, "kind must be"),
        ({"sha256": '"abc"'}, "64 hexadecimal"),
        ({"file": '"../light.pt"'}, "must lie in"),
        ({"file": '"/etc/passwd"'}, "must lie in"),
        ({"name": "3"}, "name is unknown or of the wrong type"),
        ({"colour": '"red"'}, "colour is unknown"),
        ({"is_default": '"yes"'}, "is_default is unknown or of the wrong type"),
    ],
)
def test_entries_that_break_a_rule_are_refused(tmp_path, change, said):
    write(tmp_path, {**ENTRY, **change})
    with pytest.raises(ModelRefusedError, match=said):
        bundled_models(tmp_path)


@pytest.mark.parametrize("field", list(ENTRY))
def test_every_field_is_needed(tmp_path, field):
    write(tmp_path, {key: value for key, value in ENTRY.items() if key != field})
    with pytest.raises(ModelRefusedError, match=f"{field} is missing"):
        bundled_models(tmp_path)


def test_names_and_defaults_are_unique(tmp_path):
    write(tmp_path, ENTRY, ENTRY)
    with pytest.raises(ModelRefusedError, match="twice"):
        bundled_models(tmp_path)
    write(tmp_path, *({**ENTRY, "name": f'"{n}"', "is_default": "true"} for n in "ab"))
    with pytest.raises(ModelRefusedError, match="several default"):
        bundled_models(tmp_path)


@pytest.mark.parametrize("text", ["[[model", "x = 1", "model = 3"])
def test_what_is_no_manifest_is_refused(tmp_path, text):
    (tmp_path / "models.toml").write_text(text)
    with pytest.raises(ModelRefusedError):
        bundled_models(tmp_path)


def test_the_bundled_files_are_the_ones_in_the_manifest():
    for model in bundled_models():
        file = model.as_model_file()
        assert file.path.parent == bundled_models_dir()
        assert (bundled_models_dir() / f"{model.name}.md").is_file(), "every bundled model has a card"


@pytest.mark.parametrize(
    "int8",
    ['{ file = "light.pt" }', '{ file = "../x.xml", sha256 = "0" }', '{ file = "light.pt", sha256 = "0" }'],
)
def test_an_8_bit_file_is_checked_like_the_other(tmp_path, int8):
    write(tmp_path, {**ENTRY, "int8": int8})
    with pytest.raises(ModelRefusedError, match=r"light: (int8 must hold|the file must lie|sha256 must be)"):
        bundled_models(tmp_path)


def test_a_damaged_8_bit_file_is_refused(tmp_path):
    write(tmp_path, {**ENTRY, "int8": f'{{ file = "small.pt", sha256 = "{"0" * 64}" }}'})
    (tmp_path / "small.pt").write_bytes(CONTENT)
    with pytest.raises(ModelRefusedError, match="light is damaged"):
        bundled_models(tmp_path)[0].as_model_file()
