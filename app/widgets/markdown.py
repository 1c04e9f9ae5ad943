"""Markdown as calm text: headings by the tokens' sizes, and space between paragraphs."""

from __future__ import annotations

from PySide6.QtGui import QFont, QTextBlockFormat, QTextCharFormat, QTextCursor, QTextFormat, QTextTable
from PySide6.QtWidgets import QTextEdit

from app.theme.theme import theme
from app.theme.tokens import FONT_BODY_PX, FONT_NAME_PX, FONT_TITLE_PX, SPACE
from app.widgets.paint import color

_SIZES = {1: FONT_NAME_PX, 2: FONT_TITLE_PX}
_LINE_PERCENT = 120.0


def show_markdown(edit: QTextEdit, text: str) -> None:
    """Show a text; the style sheet's one font size would flatten its headings."""
    edit.setMarkdown(text)
    together = QTextCursor(edit.document())
    together.beginEditBlock()  # one layout for all changes: a table of many rows takes seconds otherwise
    block = edit.document().begin()
    while block.isValid():
        level = block.blockFormat().headingLevel()
        in_table = QTextCursor(block).currentTable() is not None
        spacing = QTextBlockFormat()
        spacing.setTopMargin(SPACE * 3 if level else 0)
        spacing.setBottomMargin(0 if in_table else SPACE * 2)
        spacing.setLineHeight(_LINE_PERCENT, QTextBlockFormat.LineHeightTypes.ProportionalHeight.value)
        cursor = QTextCursor(block)
        cursor.mergeBlockFormat(spacing)
        if level:
            cursor.select(QTextCursor.SelectionType.BlockUnderCursor)
            words = QTextCharFormat()
            words.setProperty(QTextFormat.Property.FontPixelSize, _SIZES.get(level, FONT_BODY_PX))
            words.setFontWeight(QFont.Weight.DemiBold)
            words.setFontFamilies([edit.font().family()])
            words.setFontFixedPitch(False)
            cursor.mergeCharFormat(words)
        block = block.next()
    for frame in edit.document().rootFrame().childFrames():
        if isinstance(frame, QTextTable):
            shape = frame.format().toTableFormat()
            shape.setBorderBrush(color(theme().tokens.line2))
            shape.setCellPadding(SPACE)
            frame.setFormat(shape)
    together.endEditBlock()
