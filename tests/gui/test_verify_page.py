"""The Verify page: one height on both sides, what pointer and keys do, and the whole way in a window."""

from __future__ import annotations

from itertools import product

import pytest
from PySide6.QtCore import QObject, QPoint, QPointF, Qt, Signal
from PySide6.QtGui import QColor, QImage, QPixmap, QWheelEvent
from PySide6.QtWidgets import QApplication

from app.describe import describe
from app.pages.verify import VerifyPage
from app.theme.theme import theme
from app.views.verify import LEFT, RIGHT, Look, PairRow, Scrub, SideHead, Still, VerifyHead
from app.widgets.compare_picture import PERSON_SHARE, lightened
from app.workspace import Page
from reid_core.types import Verdict
from tests.gui.support import dress
from tests.gui.test_whole_window import act, click_person, ingested, open_window, wait_results

__all__ = ["ingested", "open_window"]


class Pictures(QObject):
    ready = Signal(str)

    def pixmap(self, tracklet_id, rank, width_px, height_px, ratio=1.0):
        pixmap = QPixmap(width_px, height_px)
        pixmap.fill(Qt.GlobalColor.darkGreen)
        return pixmap

    def count(self, *_):
        return 3

    def in_time(self, *_):
        return (2, 0, 1)


def still(height: float, size=(640, 480), color="#406080") -> Still:
    image = QImage(*size, QImage.Format.Format_RGB32)
    image.fill(QColor(color))
    middle = size[0] / 2, size[1] / 2
    box = (middle[0] - 20, middle[1] - height / 2, middle[0] + 20, middle[1] + height / 2)
    return Still(image, *size, box, (*middle, height))


def pair_rows(n=3) -> tuple[PairRow, ...]:
    return tuple(
        PairRow(k, "c1s1t1", f"c2s1t{k}", f"Hall · T-2.{k}", k, 0.8, "", "14:02:10.1 · 4.0 s", False, None)
        for k in range(1, n + 1)
    )


@pytest.fixture
def page(qtbot, qapp):
    dress("dark")
    made = VerifyPage(Pictures())
    qtbot.addWidget(made)
    made.resize(1200, 760)
    made.show_message("", "")
    made.show_head(VerifyHead("Results for T-1.1", 1, "Pair 1 of 3", 0.3, 1, 0, 0))
    made.show_rows(pair_rows())
    made.show_current(0)
    for side in (LEFT, RIGHT):
        made.show_side(side, SideHead("Query", 1, "Gate", "T-1.1", "14:02:10.1"))
        made.show_scrub(side, Scrub("c1s1t1", 50, 10, (5, 20, 40), "0.4 / 2.0 s"))
    made.show()
    QApplication.processEvents()
    return made


def test_both_people_are_of_one_height_whatever_their_size_in_the_frame(page):
    page.show_still(LEFT, still(60))
    page.show_still(RIGHT, still(300, (1920, 1080)))
    left, right = (side.picture for side in page.sides)
    assert left.person_px == pytest.approx(right.person_px) == pytest.approx(PERSON_SHARE * left.height())
    page.show_look(LEFT, Look(zoom=2.0), is_linked=True)
    assert left.person_px == pytest.approx(2 * right.person_px)


def test_the_whole_frame_fits(page):
    page.show_still(LEFT, still(60))
    page.show_look(LEFT, Look(is_whole=True), is_linked=True)
    picture = page.sides[LEFT].picture
    assert picture.person_px == pytest.approx(60 * min(picture.width() / 640, picture.height() / 480))


def test_brightness_and_contrast_change_every_pixel_alike():
    image = QImage(4, 4, QImage.Format.Format_RGB32)
    image.fill(QColor(100, 127, 200))
    assert lightened(image, 0, 0) is image
    bright = lightened(image, 40, 0).pixelColor(1, 1)
    assert (bright.red(), bright.green(), bright.blue()) == (151, 178, 251)
    hard = lightened(image, 0, 100).pixelColor(3, 3)
    assert (hard.red(), hard.green(), hard.blue()) == (45, 126, 255)
    assert image.pixelColor(1, 1) == QColor(100, 127, 200)


def test_wheel_zooms_dragging_shifts_and_a_double_click_shows_all(page, qtbot):
    page.show_still(RIGHT, still(100))
    picture, log = page.sides[RIGHT].picture, []
    page.zoomed.connect(lambda factor, side: log.append(("zoom", side, factor > 1)))
    page.shifted.connect(lambda dx, dy, side: log.append(("shift", side, dx < 0, dy == 0)))
    page.whole_asked.connect(lambda: log.append(("whole",)))
    page.activated.connect(lambda side: log.append(("active", side)))
    middle = QPointF(picture.rect().center())
    wheel = QWheelEvent(
        middle, QPointF(picture.mapToGlobal(middle.toPoint())), QPoint(), QPoint(0, 120),
        Qt.MouseButton.NoButton, Qt.KeyboardModifier.NoModifier, Qt.ScrollPhase.NoScrollPhase, False,
    )  # fmt: skip
    QApplication.sendEvent(picture, wheel)
    qtbot.mousePress(picture, Qt.MouseButton.LeftButton, pos=middle.toPoint())
    qtbot.mouseMove(picture, middle.toPoint() + QPoint(30, 0))
    qtbot.mouseRelease(picture, Qt.MouseButton.LeftButton, pos=middle.toPoint() + QPoint(30, 0))
    qtbot.mouseDClick(picture, Qt.MouseButton.LeftButton, pos=middle.toPoint())
    assert log[0] == ("zoom", RIGHT, True)
    assert ("active", RIGHT) in log
    assert ("shift", RIGHT, True, True) in log
    assert log[-1] == ("whole",)


def test_a_click_on_a_crop_goes_to_its_moment(page, qtbot):
    strip, log = page.sides[LEFT].strip, []
    page.scrubbed.connect(lambda side, place: log.append((side, place)))
    qtbot.mouseClick(strip, Qt.MouseButton.LeftButton, pos=QPoint(12 + 32 + 10, 30))
    assert log == [(LEFT, 20)]


def test_rows_are_chosen_by_click_and_arrows(page, qtbot):
    log = []
    page.selected.connect(log.append)
    page.pairs.setFocus()
    qtbot.keyClick(page.pairs, Qt.Key.Key_Down)
    place = page.pairs.visualRect(page.pairs.model().index(2)).center()
    qtbot.mouseClick(page.pairs.viewport(), Qt.MouseButton.LeftButton, pos=place)
    assert log == [1, 2]


def clipped(seen) -> list[dict[str, object]]:
    """What is cut, but for the load at the foot, whose words change by themselves between two layouts."""
    return [
        control for control in seen["controls"] if control["clipped"] and control["object"] != "jobs.load"
    ]


def open_pairs(application, qtbot) -> str:
    clicked = click_person(application, qtbot, "gate")
    wait_results(application, qtbot)
    act(application, "search.verify")
    qtbot.waitUntil(lambda: application.workspace.page.value is Page.VERIFY, timeout=60_000)
    qtbot.waitUntil(application.is_settled, timeout=60_000)
    return clicked


def test_results_are_verified_in_the_window_and_undo_returns_to_the_pair(qtbot, ingested, open_window):
    application = open_window(ingested)
    clicked = open_pairs(application, qtbot)
    page = application.pages.verify.page
    assert all(side.picture.person_px > 100 for side in page.sides)
    qtbot.keyClick(page, Qt.Key.Key_A)
    qtbot.waitUntil(lambda: len(application.workspace.snapshot.value.persons) == 1, timeout=60_000)
    hit = page.pairs.model().rows[0]
    assert hit.verdict is Verdict.SAME
    assert application.workspace.snapshot.value.person_of(clicked) is not None
    qtbot.waitUntil(application.is_settled, timeout=60_000)
    act(application, "edit.undo")
    qtbot.waitUntil(lambda: application.workspace.snapshot.value.persons == (), timeout=60_000)
    qtbot.waitUntil(lambda: page.pairs.currentIndex().row() == 0, timeout=60_000)
    assert page.pairs.model().rows[0].verdict is None


def test_nothing_of_a_pair_is_clipped(qtbot, ingested, open_window):
    application = open_window(ingested)
    open_pairs(application, qtbot)
    for scheme, size in product(("light", "dark"), ((1280, 800), (1600, 1000))):
        theme().choose(scheme)
        application.window.resize(*size)
        qtbot.wait(100)  # layouts follow in passes
        qtbot.waitUntil(application.is_settled, timeout=60_000)
        seen = describe(application.window)
        assert {"verify.left.title", "verify.decisions.accept", "verify.count"} <= {
            control["object"] for control in seen["controls"]
        }
        assert clipped(seen) == [], f"{scheme}, {size}"
