"""What is on the screen, as data: every visible control with its words, its place, and whether it is cut."""

from __future__ import annotations

from typing import Any

from PySide6.QtCore import QPoint, QRect
from PySide6.QtWidgets import (
    QAbstractButton,
    QAbstractScrollArea,
    QCheckBox,
    QComboBox,
    QLabel,
    QLineEdit,
    QMenuBar,
    QPushButton,
    QToolButton,
    QWidget,
)

from app.widgets.elided import ElidedLabel
from app.widgets.pane_grid import PaneGrid
from app.widgets.rail import RailItem
from reid_core.redaction import redact


def describe(window: QWidget) -> dict[str, Any]:
    """Every named control that can be seen, and every box that painted widgets say they drew.

    Returns:
        ``{"size": [w, h], "controls": [...], "boxes": [...]}`` in pixels of the window at scale 1; a control
        has ``object``, ``name``, ``kind``, ``rect``, ``text``, ``clipped``; a box ``tracklet``, ``camera``,
        ``rect``.
    """
    controls = [
        _control(window, widget)
        for widget in window.findChildren(QWidget)
        if _is_seen(widget) and _is_control(widget)
    ]
    boxes = []
    for widget in window.findChildren(QWidget):
        if isinstance(widget, PaneGrid) and _is_seen(widget):
            corner = widget.mapTo(window, QPoint(0, 0))
            boxes += [
                {
                    "tracklet": box.shape.mark.tracklet,
                    "camera": box.camera,
                    "rect": _numbers(box.rect.toRect().translated(corner)),
                }
                for box in widget.painted_boxes()
            ]
    return {"size": [window.width(), window.height()], "controls": controls, "boxes": boxes}


def _is_seen(widget: QWidget) -> bool:
    """Whether some of it is on the screen: not of a tab behind another, nor scrolled away."""
    return widget.isVisible() and not widget.visibleRegion().isEmpty()


def _is_control(widget: QWidget) -> bool:
    if widget.objectName().startswith("qt_"):
        return False
    return isinstance(widget, QLabel | QAbstractButton | QLineEdit | QComboBox) or bool(
        widget.accessibleName() and widget.objectName()
    )


def _control(window: QWidget, widget: QWidget) -> dict[str, Any]:
    return {
        "object": widget.objectName(),
        "name": widget.accessibleName(),
        "kind": type(widget).__name__,
        "rect": _numbers(QRect(widget.mapTo(window, QPoint(0, 0)), widget.size())),
        "text": _text(widget),
        "clipped": is_clipped(window, widget),
    }


def _text(widget: QWidget) -> str:
    if isinstance(widget, QLineEdit):  # a password is only as many dots as on the screen
        return redact(widget.displayText())
    if isinstance(widget, QLabel | QAbstractButton):
        return redact(widget.text())
    return widget.currentText() if isinstance(widget, QComboBox) else ""


def is_clipped(window: QWidget, widget: QWidget) -> bool:
    """Whether the control hangs over the window's edge or its parent's, or has no room for its words."""
    place = QRect(widget.mapTo(window, QPoint(0, 0)), widget.size())
    if not window.rect().contains(place) and not _scrolls(widget):
        return True
    parent = widget.parentWidget()
    is_free = parent is None or parent.isWindow() or _scrolls(widget)
    if parent is not None and not is_free and not parent.rect().contains(widget.geometry()):
        return True
    return _lacks_room(widget)


def _lacks_room(widget: QWidget) -> bool:
    if isinstance(widget, QLabel):
        if isinstance(widget, ElidedLabel) or not widget.text():
            return False
        if widget.wordWrap():
            return widget.heightForWidth(widget.width()) > widget.height() + 1
        return widget.sizeHint().width() > widget.width() + 1
    if isinstance(widget, RailItem):
        return (
            not widget.is_narrow
            and widget.fontMetrics().horizontalAdvance(widget.text()) > widget.width() + 4
        )
    if isinstance(widget, QAbstractButton) and not isinstance(widget, QPushButton | QToolButton | QCheckBox):
        return widget.minimumSizeHint().width() > widget.width() + 1  # painted; it may leave its words out
    if isinstance(widget, QAbstractButton) and widget.text():
        is_icon_only = isinstance(widget, QToolButton) and widget.sizeHint().width() < 32
        return not is_icon_only and widget.sizeHint().width() > widget.width() + 1
    if isinstance(widget, QMenuBar):
        return widget.sizeHint().width() > widget.width() + 1
    return False


def _scrolls(widget: QWidget) -> bool:
    parent = widget.parentWidget()
    while parent is not None:
        if isinstance(parent, QAbstractScrollArea):
            return True
        parent = parent.parentWidget()
    return False


def _numbers(rect: QRect) -> list[int]:
    return [rect.x(), rect.y(), rect.width(), rect.height()]
