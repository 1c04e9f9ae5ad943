"""The scheme in use: follows the system unless one is chosen, and tells everyone when it changes."""

from __future__ import annotations

from importlib import resources

from PySide6.QtCore import QObject, Qt, Signal
from PySide6.QtGui import QFont, QFontDatabase, QGuiApplication
from PySide6.QtWidgets import QApplication

from app.theme.palette import make_palette, make_sheet
from app.theme.tokens import DARK, FONT_BODY_PX, LIGHT, Tokens

BUNDLED_FONT = "Inter"
FALLBACK_FAMILIES = frozenset({"", "DejaVu Sans", "Bitstream Vera Sans", "Fixed", "Sans", "Helvetica"})
"""What Qt reports on a desktop without a font of its own; there the bundled font is used."""


class Theme(QObject):
    """The tokens in use, applied to the whole application.

    Attributes:
        tokens: Colours of the scheme in use.
        changed: Emitted after palette and style sheet were swapped; painted widgets repaint.
    """

    changed = Signal()

    def __init__(self) -> None:
        super().__init__()
        self.tokens: Tokens = LIGHT
        self._chosen: str | None = None

    def start(self, app: QApplication, chosen: str | None = None, *, bundled_font: bool = False) -> None:
        """Style the application, and follow the system from now on.

        Args:
            app: The application.
            chosen: ``light`` or ``dark``; None follows the system.
            bundled_font: Use the bundled font even where the desktop has one (screenshots).
        """
        app.setStyle("Fusion")
        use_font(app, bundled=bundled_font)
        app.styleHints().colorSchemeChanged.connect(self._follow)
        self.choose(chosen)

    def choose(self, scheme: str | None) -> None:
        """Use ``light`` or ``dark``, or follow the system where None."""
        self._chosen = scheme
        self._follow()

    def _follow(self) -> None:
        app = QApplication.instance()
        if not isinstance(app, QApplication):
            return
        is_dark = app.styleHints().colorScheme() == Qt.ColorScheme.Dark
        if self._chosen is not None:
            is_dark = self._chosen == "dark"
        tokens = DARK if is_dark else LIGHT
        if tokens is self.tokens and app.styleSheet():
            return  # polishing every widget anew takes half a second
        self.tokens = tokens
        app.setPalette(make_palette(self.tokens))
        app.setStyleSheet(make_sheet(self.tokens))
        self.changed.emit()


_theme: Theme | None = None


def theme() -> Theme:
    """The window's one theme; made at the first call, after the application."""
    global _theme  # noqa: PLW0603 -- the application has one look, as it has one QApplication
    if _theme is None:
        _theme = Theme()
    return _theme


def use_font(app: QApplication, *, bundled: bool) -> None:
    """Set the base font: the system's own, or the bundled one where there is none."""
    for entry in sorted(resources.files("assets.fonts").iterdir(), key=lambda entry: entry.name):
        if entry.name.endswith(".otf"):
            QFontDatabase.addApplicationFontFromData(entry.read_bytes())
    family = QGuiApplication.font().family()
    font = QFont(BUNDLED_FONT if bundled or family in FALLBACK_FAMILIES else family)
    font.setPixelSize(FONT_BODY_PX)
    font.setFeature(QFont.Tag("tnum"), 1)
    app.setFont(font)
