"""Inputs whose marks are icons of our set: the style sheet alone cannot draw arrows and ticks."""

from __future__ import annotations

from PySide6.QtCore import QModelIndex, QPersistentModelIndex, QRect, Qt
from PySide6.QtGui import QPainter, QPaintEvent
from PySide6.QtWidgets import (
    QCheckBox,
    QComboBox,
    QDoubleSpinBox,
    QSpinBox,
    QStyle,
    QStyledItemDelegate,
    QStyleOptionButton,
    QStyleOptionViewItem,
    QWidget,
)

from app.theme.theme import theme
from app.widgets.paint import draw_icon

_ARROW_PX = 12
_BUTTON_PX = 20
_TEXT_PX = 6
"""Left of the number; the style sheet's padding does not reach the field inside."""


class Select(QComboBox):
    """A combo box with a chevron."""

    def paintEvent(self, event: QPaintEvent) -> None:
        super().paintEvent(event)
        painter = QPainter(self)
        place = QRect(self.width() - _BUTTON_PX - 2, (self.height() - _ARROW_PX) // 2, _BUTTON_PX, _ARROW_PX)
        draw_icon(painter, place, "chevron-down", _role(self))


class Stepper(QSpinBox):
    """A spin box with chevrons."""

    def __init__(self) -> None:
        super().__init__()
        self.lineEdit().setTextMargins(_TEXT_PX, 0, 0, 0)

    def paintEvent(self, event: QPaintEvent) -> None:
        super().paintEvent(event)
        _draw_steps(self)


class RealStepper(QDoubleSpinBox):
    """A spin box of real numbers with chevrons."""

    def __init__(self) -> None:
        super().__init__()
        self.lineEdit().setTextMargins(_TEXT_PX, 0, 0, 0)

    def paintEvent(self, event: QPaintEvent) -> None:
        super().paintEvent(event)
        _draw_steps(self)


class Check(QCheckBox):
    """A check box with a tick."""

    def paintEvent(self, event: QPaintEvent) -> None:
        super().paintEvent(event)
        if self.isChecked():
            option = QStyleOptionButton()
            self.initStyleOption(option)
            place = (
                self.style()
                .subElementRect(QStyle.SubElement.SE_CheckBoxIndicator, option, self)
                .adjusted(2, 2, -2, -2)
            )
            draw_icon(QPainter(self), place, "check", theme().tokens.on_fill)


class CheckCells(QStyledItemDelegate):
    """Draws the tick in cells that can be checked."""

    def paint(
        self, painter: QPainter, option: QStyleOptionViewItem, index: QModelIndex | QPersistentModelIndex
    ) -> None:
        super().paint(painter, option, index)
        cell = QStyleOptionViewItem(option)
        self.initStyleOption(cell, index)
        if cell.checkState is not Qt.CheckState.Checked:
            return
        place = (
            cell.widget.style()
            .subElementRect(QStyle.SubElement.SE_ItemViewItemCheckIndicator, cell, cell.widget)
            .adjusted(2, 2, -2, -2)
        )
        draw_icon(painter, place, "check", theme().tokens.on_fill)


def _draw_steps(widget: QWidget) -> None:
    painter = QPainter(widget)
    left, half = widget.width() - _BUTTON_PX, widget.height() // 2
    for top, name in ((half - _ARROW_PX + 1, "chevron-up"), (half - 1, "chevron-down")):
        draw_icon(painter, QRect(left, top, _BUTTON_PX - 4, _ARROW_PX), name, _role(widget))


def _role(widget: QWidget) -> str:
    return "text2" if widget.isEnabled() else "text3"
