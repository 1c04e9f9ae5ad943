"""Labels keep the pixels of their pictures: they take those of the scheme in use when it changes."""

import pytest
from PySide6.QtWidgets import QLabel

from app.theme.theme import theme
from app.widgets.notice_bar import NoticeBar
from app.widgets.transport import Transport


def notice():
    bar = NoticeBar()
    bar.tell("The file cannot be read.", "bad")
    return bar


@pytest.mark.parametrize("make", [notice, Transport])
def test_a_picture_follows_the_scheme(qtbot, qapp, make):
    theme().start(qapp, "dark", bundled_font=True)
    widget = make()
    qtbot.addWidget(widget)
    pictures = [label for label in widget.findChildren(QLabel) if not label.pixmap().isNull()]
    assert pictures
    seen = []
    for scheme in ("dark", "light", "dark"):
        theme().choose(scheme)
        seen.append([picture.pixmap().toImage() for picture in pictures])
    assert all(dark != light for dark, light in zip(seen[0], seen[1], strict=True))
    assert seen[0] == seen[2]
