"""The model that is searched with, and what it reaches here, always stand at the top."""

import pytest
from PySide6.QtCore import Qt
from PySide6.QtWidgets import QToolButton

from app.widgets.header import MODEL_CHARS, Header
from tests.gui.support import dress, drop


@pytest.fixture
def header(qtbot):
    dress()
    made = Header()
    made.show()
    yield made
    drop(made)


def test_it_names_the_model_with_its_figures_and_leads_to_the_models(header, qtbot):
    button = header.findChild(QToolButton, "header.model")
    assert not button.isVisible()
    header.show_model("light", "mAP 0.71 here", "mAP 0.71, rank-1 0.86 on 44 people of this project")
    assert button.text().split() == ["light", "mAP", "0.71", "here"]
    assert "44 people" in button.toolTip()
    with qtbot.waitSignal(header.model_asked):
        qtbot.mouseClick(button, Qt.MouseButton.LeftButton)


def test_what_is_not_measured_is_said_and_long_names_are_shortened(header):
    button = header.findChild(QToolButton, "header.model")
    name = "person-reidentification-retail-0277"
    header.show_model(name, "", "")
    assert len(button.text().strip()) == MODEL_CHARS
    assert button.toolTip().startswith(f"Searched with {name}; not measured on this project yet")
    assert name in button.accessibleName()
