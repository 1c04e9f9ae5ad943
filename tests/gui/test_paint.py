"""The shared painter functions draw what they say, in both schemes."""

import pytest
from PySide6.QtCore import QRectF, Qt
from PySide6.QtGui import QColor, QImage, QPainter, QPixmap
from PySide6.QtWidgets import QApplication

from app.theme import tokens as t
from app.theme.theme import theme
from app.widgets import paint
from reid_core.types import Verdict


@pytest.fixture(params=["dark", "light"])
def canvas(qtbot, request):
    theme().start(QApplication.instance(), request.param, bundled_font=True)

    def draw(function, *args, size=(200, 40), **more):
        image = QImage(*size, QImage.Format.Format_RGB32)
        image.fill(QColor(theme().tokens.panel))
        painter = QPainter(image)
        pen, brush = painter.pen(), painter.brush()
        result = function(painter, *args, **more)
        if function not in (paint.draw_text, paint.draw_decision):
            assert (painter.brush(), painter.opacity()) == (brush, 1.0)
        assert pen is not None
        painter.end()
        return image, result

    return draw


def names(image, rect=None):
    rect = rect or image.rect()
    return {
        image.pixelColor(x, y).name()
        for x in range(rect.left(), rect.right() + 1)
        for y in range(rect.top(), rect.bottom() + 1)
    }


@pytest.mark.parametrize("number", [1, 8, 9, 123])
def test_a_badge_has_colour_number_and_notch(canvas, number):
    image, _ = canvas(paint.draw_badge, QRectF(4, 4, paint.badge_width(number), 16), number)
    found = names(image)
    assert t.identity_color(number).lower() in found
    corner = image.pixelColor(round(4 + paint.badge_width(number)) - 2, 5).name()
    assert (corner == t.IDENTITY_NOTCH.lower()) == (number > 8)


def test_the_number_fits_its_badge(canvas):
    for number in (1, 10, 999):
        assert paint.badge_width(number) >= paint.text_width(str(number), 11, 700) + 4


def filled(image):
    strong = QColor(theme().tokens.strong).name()
    return sum(image.pixelColor(x, 20).name() == strong for x in range(image.width()))


def test_a_score_bar_is_as_long_as_the_score(canvas):
    lengths = [
        filled(canvas(paint.draw_score_bar, QRectF(0, 10, 200, 20), s, bands=(0.1, 0.15))[0])
        for s in (0.0, 0.2, 0.6, 1.0)
    ]
    assert lengths[0] == lengths[1] == 0
    assert lengths[2] == pytest.approx(lengths[3] / 2, abs=2)
    assert lengths[3] > 80


def test_a_crop_covers_its_place_and_waits_as_a_grey_one(canvas):
    pixmap = QPixmap(100, 20)
    pixmap.fill(QColor("#123456"))
    image, _ = canvas(paint.draw_crop_strip, QRectF(0, 0, 100, 40), [pixmap, None])
    assert names(image, QRectF(1, 1, 18, 38).toRect()) == {"#123456"}
    assert "#123456" not in names(image, QRectF(21, 0, 20, 40).toRect())
    assert paint.crop_strip_width(4, 48) == 4 * 24 + 3


def test_text_says_how_much_room_it_took(canvas):
    _, short = canvas(paint.draw_text, QRectF(0, 0, 200, 20), "abc")
    _, long = canvas(paint.draw_text, QRectF(0, 0, 60, 20), "a text that is far too long")
    assert short == paint.text_width("abc")
    assert long <= 60
    image, _ = canvas(paint.draw_text, QRectF(0, 0, 60, 20), "a text that is far too long")
    assert names(image, QRectF(61, 0, 100, 20).toRect()) == {QColor(theme().tokens.panel).name()}


def test_text_just_as_wide_as_its_place_is_not_cut(canvas):
    for text in ("14:01–14:03", "Cameras", "Person 12"):
        _, width = canvas(paint.draw_text, QRectF(0, 0, paint.text_width(text), 20), text)
        assert width == paint.text_width(text)


@pytest.mark.parametrize(
    ("verdict", "role"), [(Verdict.SAME, "ok"), (Verdict.DIFFERENT, "bad"), (Verdict.UNSURE, "warn")]
)
def test_decisions_have_their_colour(canvas, verdict, role):
    image, _ = canvas(paint.draw_decision, QRectF(0, 10, 200, 20), verdict)
    assert QColor(getattr(theme().tokens, role)).name() in names(image)


def test_selected_rows_have_an_edge_and_chips_a_border(canvas):
    image, _ = canvas(paint.draw_plane, QRectF(0, 0, 200, 40), selected=True)
    assert image.pixelColor(1, 20).name() == theme().tokens.accent.lower()
    assert image.pixelColor(100, 20).name() == theme().tokens.sel.lower()
    image, _ = canvas(paint.draw_chip, QRectF(0, 4, paint.chip_width("x"), 24), "x", on=True)
    assert theme().tokens.sel.lower() in names(image)


def test_squares_tell_the_cameras(canvas):
    image, _ = canvas(paint.draw_camera_squares, QRectF(0, 10, 200, 20), [True, False, True])
    filled = QColor(theme().tokens.text2).name()
    left = 200 - paint.camera_squares_width(3)
    assert [image.pixelColor(left + n * 10 + 4, 20).name() == filled for n in range(3)] == [True, False, True]


def test_shared_fonts_and_colours_are_kept(canvas):
    assert paint.color("#102030") is paint.color("#102030")
    assert paint.font(12, 600) is paint.font(12, 600)
    assert Qt.AlignmentFlag.AlignLeft & paint.LEFT
