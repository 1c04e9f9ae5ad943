"""The import dialog says what was chosen, and is reached through the menu."""

import pytest
from PySide6.QtWidgets import QApplication, QCheckBox, QComboBox, QLineEdit, QPushButton, QRadioButton

from app.actions import BY_ID
from app.describe import describe
from app.theme.theme import theme
from app.views.importing import ImportState
from app.widgets.import_dialog import ImportDialog

STATE = ImportState(file="/cases/gt.txt", cameras=("gate", "hall"), camera="gate")


@pytest.fixture(params=["dark", "light"])
def dialog(qtbot, request):
    theme().start(QApplication.instance(), request.param, bundled_font=True)
    dialog = ImportDialog()
    qtbot.addWidget(dialog)
    dialog.log = []
    for name in ("file_chosen", "changed", "started", "cancelled", "used", "removed"):
        getattr(dialog, name).connect(lambda *a, name=name: dialog.log.append((name, *a)))
    dialog.show_import(STATE)
    dialog.open_import()
    QApplication.processEvents()
    return dialog


def _with(**changes):
    return ImportState(**{name: getattr(STATE, name) for name in STATE.__slots__} | changes)


def test_choices_are_told(qtbot, dialog):
    field = dialog.findChild(QLineEdit, "import.file")
    field.selectAll()
    qtbot.keyClicks(field, "/")
    dialog.findChild(QRadioButton, "import.format.cvat").click()
    dialog.findChild(QRadioButton, "import.kind.detections").click()
    dialog.findChild(QComboBox, "import.camera").setCurrentIndex(2)
    dialog.findChild(QPushButton, "import.start").click()
    assert dialog.log == [
        ("file_chosen", "/"),
        ("changed", "format", "cvat"),
        ("changed", "kind", "detections"),
        ("changed", "camera", "hall"),
        ("started",),
    ]


def test_replacing_is_asked_for_inline_and_running_can_only_be_cancelled(dialog):
    box = dialog.findChild(QCheckBox, "import.replace")
    assert not box.isVisible()
    dialog.show_import(_with(is_present=True, why_not="This camera has imported labels of this kind already"))
    assert box.isVisible()
    assert not dialog.findChild(QPushButton, "import.start").isEnabled()
    box.click()
    dialog.show_import(_with(is_running=True))
    assert not dialog.findChild(QComboBox, "import.camera").isEnabled()
    dialog.findChild(QPushButton, "import.cancel").click()
    assert dialog.log == [("changed", "is_replacing", True), ("cancelled",)]


def test_tracklets_are_ingested_at_once_and_can_be_taken_back(dialog):
    across, remove = (
        dialog.findChild(kind, f"import.{name}")
        for kind, name in ((QCheckBox, "across"), (QPushButton, "remove"))
    )
    assert across.isVisible()
    assert not remove.isVisible()
    across.click()
    dialog.show_import(_with(is_present=True, is_removable=True, format="cvat"))
    assert not across.isVisible()
    assert "decisions stay" in dialog.findChild(QCheckBox, "import.replace").text()
    remove.click()
    dialog.show_import(_with(message="2 boxes kept for gate.", can_ingest=True))
    use = dialog.findChild(QPushButton, "import.use")
    assert use.text() == "Ingest now"
    use.click()
    assert dialog.log == [("changed", "is_across", True), ("removed",), ("used",)]


def test_imported_boxes_can_be_used_at_once(dialog):
    use = dialog.findChild(QPushButton, "import.use")
    assert not use.isVisible()
    dialog.show_import(_with(message="2 boxes kept for gate.", detector="replay:/x"))
    use.click()
    assert dialog.log == [("used",)]


@pytest.mark.parametrize(
    "changes",
    [
        {},
        {"is_present": True},
        {"is_present": True, "is_removable": True},
        {"message": "2 boxes kept for gate.", "can_ingest": True, "kind": "tracklets"},
        {"is_running": True},
        {"message": "150 boxes of 3 persons kept for gate. Its tracks: IDF1 1.000, HOTA 1.000, 0 switches."},
        {
            "message": "gt.txt, line 1: expected frame, id, left, top, width, height as numbers.",
            "level": "bad",
        },
    ],
)
def test_nothing_is_clipped(dialog, changes):
    dialog.show_import(_with(**changes))
    QApplication.processEvents()
    assert [control for control in describe(dialog)["controls"] if control["clipped"]] == []


def test_the_menu_has_it():
    assert BY_ID["file.import"].menu == "file"
