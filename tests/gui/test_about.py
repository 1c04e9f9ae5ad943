"""Licences of the code, of what it stands on and of every model, in one place."""

import pytest
from PySide6.QtWidgets import QTextEdit

from app.assembly.about import About
from app.describe import describe
from app.presenters.about import about_text, licence_of, packages
from app.workspace import Workspace
from reid_core.weights.library import installed_models
from tests.fakes.lanes import ImmediateBackground
from tests.gui.support import dress, drop


def test_every_model_and_every_package_has_its_licence():
    text = about_text(installed_models())
    assert "| light | Re-identification | Research use only | **research only** |" in text
    assert "AGPL-3.0-or-later" in text
    names = {name.lower() for name, _, _ in packages()}
    assert {"torch", "openvino", "ultralytics", "numpy", "opencv-python"} <= names
    assert "mypy" not in names
    assert all(licence for *_, licence in packages())


class Facts(dict):
    def get_all(self, name):
        return self.get(name)


@pytest.mark.parametrize(
    ("facts", "licence"),
    [
        ({"License-Expression": ["MIT"], "License": ["x"]}, "MIT"),
        ({"License": ["BSD"]}, "BSD"),
        ({"License": ["a\nb"], "Classifier": ["License :: OSI Approved :: MIT License"]}, "MIT License"),
        ({"License": ["UNKNOWN"], "Classifier": ["Topic :: Games"]}, "not stated"),
    ],
)  # fmt: skip
def test_a_packages_own_words_are_read(facts, licence):
    assert licence_of(Facts(facts)) == licence


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_the_dialog_opens_and_nothing_is_clipped(qtbot, qapp, scheme):
    dress(scheme)
    about = About(Workspace(), ImmediateBackground())
    about.open(None)
    dialog = about._dialog
    assert dialog.isVisible()
    assert "Lucide" in dialog.findChild(QTextEdit, "about.text").toPlainText()
    qapp.processEvents()
    assert [control for control in describe(dialog)["controls"] if control["clipped"]] == []
    drop(dialog)
