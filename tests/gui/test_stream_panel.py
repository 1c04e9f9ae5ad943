"""Adding a live camera, as it is pressed and read."""

import pytest
from PySide6.QtCore import Qt
from PySide6.QtWidgets import QApplication, QLabel, QLineEdit, QPushButton

from app.describe import describe
from app.pages.sources import SourcesPage
from app.views.streams import StreamEntry, StreamForm
from tests.gui.support import dress, drop


@pytest.fixture
def page(qtbot):
    dress()
    page = SourcesPage()
    page.resize(1280, 800)
    page.show()
    yield page
    drop(page)


def find(page, kind, name):
    return page.findChild(kind, name)


def fill(page, **texts):
    for name, text in texts.items():
        find(page, QLineEdit, f"stream.{name}").setText(text)


def test_what_is_written_is_tried_and_added(page, qtbot):
    asked = []
    page.stream_asked.connect(lambda: asked.append(True))
    qtbot.mouseClick(find(page, QPushButton, "sources.add_stream"), Qt.MouseButton.LeftButton)
    assert asked == [True]
    page.show_stream(StreamForm())
    fill(page, address="rtsp://ann@h/live", camera="Lobby", password="hunter2hunter2")
    with qtbot.waitSignal(page.stream.tested) as tested:
        qtbot.mouseClick(find(page, QPushButton, "stream.test"), Qt.MouseButton.LeftButton)
    wanted = StreamEntry("Lobby", "rtsp://ann@h/live", "hunter2hunter2")
    assert tested.args == [wanted]
    with qtbot.waitSignal(page.stream.added) as added:
        qtbot.mouseClick(find(page, QPushButton, "stream.add"), Qt.MouseButton.LeftButton)
    assert added.args == [wanted]
    assert "hunter2" not in repr(wanted)


def test_a_try_that_runs_cannot_be_asked_twice_and_says_its_end(page):
    page.show_stream(StreamForm("Connecting", is_busy=True))
    assert not find(page, QPushButton, "stream.test").isEnabled()
    page.show_stream(StreamForm("Unreachable: nothing listens on that port; check the port.", "bad"))
    QApplication.processEvents()
    assert find(page, QPushButton, "stream.test").isEnabled()
    texts = [label.text() for label in page.stream.findChildren(QLabel) if label.isVisible()]
    assert any("Unreachable" in text for text in texts)


def test_the_password_is_not_shown_nor_kept_when_the_panel_closes(page, qtbot):
    page.show_stream(StreamForm())
    fill(page, address="rtsp://ann@h/live", password="hunter2hunter2")
    field = find(page, QLineEdit, "stream.password")
    assert field.echoMode() == QLineEdit.EchoMode.Password
    assert "hunter2" not in str(describe(page))
    page.show_stream(None)
    assert field.text() == find(page, QLineEdit, "stream.address").text() == ""
