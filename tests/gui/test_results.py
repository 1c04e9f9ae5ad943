"""The results panel: rows under heads, keys, folding, hover, filters, query crops, decisions, people."""

from __future__ import annotations

import pytest
from PySide6.QtCore import QEvent, QObject, QPoint, QPointF, Qt, Signal
from PySide6.QtGui import QAccessible, QAction, QColor, QKeySequence, QMouseEvent, QPixmap
from PySide6.QtTest import QTest

from app.item_models.results import ResultsModel
from app.pages.results import make_results_panel
from app.result_list import Filters, Order, ResultList, arrange
from app.theme.theme import theme
from app.theme.tokens import GROUP_PX, ROW_RESULT_PX
from app.views.results import Example, Head, Message, QueryShown, SeveralPeople
from app.widgets import decision_bar
from app.widgets.results_view import ENTRY_ROLE
from app.workspace import QueryState, ResultRow, Results
from reid_core.types import Verdict


class Pictures(QObject):
    """Three crops of every tracklet, at once."""

    ready = Signal(str)

    def __init__(self) -> None:
        super().__init__()
        self.n, self.asked = 3, []

    def pixmap(self, tracklet_id, rank, width_px, height_px, ratio=1.0):
        self.asked.append((tracklet_id, rank))
        if rank >= self.n:
            return None
        pixmap = QPixmap(round(width_px * ratio), round(height_px * ratio))
        pixmap.fill(QColor(40 * rank, 90, 160))
        return pixmap

    def count(self, tracklet_id, width_px, height_px, ratio=1.0):
        return self.n

    def in_time(self, tracklet_id, width_px, height_px, ratio=1.0):
        return tuple(reversed(range(self.n)))


def hits(n: int = 8, n_cameras: int = 2) -> Results:
    rows = tuple(
        ResultRow(
            f"c{i % n_cameras + 2}s1t{i + 1}",
            f"Lab {i % n_cameras + 2}",
            i * 1000.0,
            i * 1000.0 + 900,
            0.9 - i / (2 * n),
        )
        for i in range(n)
    )
    return Results(QueryState(("c1s1t1",)), rows)


QUERY = QueryShown(
    (Example("c1s1t1", "T-1.1", frozenset({1})),), None, 2, "Person 2", "Lab 1 · T-1.1 · 26.7 s"
)


@pytest.fixture
def pictures(qapp) -> Pictures:
    theme().start(qapp, "dark", bundled_font=True)
    return Pictures()


@pytest.fixture
def panel(qtbot, pictures):
    made = make_results_panel(pictures)
    qtbot.addWidget(made)
    made.resize(432, 700)
    made.show_query(QUERY)
    made.show_head(Head("8 tracklets, 0.04 s"))
    made.show_order(Order.BEST, True)
    made.show_filters(Filters(), ("Lab 1", "Lab 2"), "8 of 8")
    made.show_list(arrange(hits(), Filters()))
    made.show_message(None)
    made.show()
    return made


def entries(view) -> list:
    model = view.model()
    return [model.index(row).data(ENTRY_ROLE) for row in range(model.rowCount())]


def test_groups_stand_under_heads_with_their_measures(panel):
    view = panel.list
    found = entries(view)
    assert [getattr(entry, "tracklet", entry.camera) for entry in found[:3]] == ["Lab 2", "c2s1t1", "c2s1t3"]
    assert view.visualRect(view.model().index(0)).height() == GROUP_PX
    assert view.visualRect(view.model().index(1)).height() == ROW_RESULT_PX
    words = view.model().index(1).data(Qt.ItemDataRole.AccessibleTextRole)
    assert words == "T-2.1, Lab 2, 00:00:00.0 – 00:00:00.9, similarity 0.90, undecided"


def test_a_screen_reader_hears_heads_and_rows(panel):
    """Each row is a child with the words of the model, and the row in hand has the focus."""
    panel.list.setCurrentIndex(panel.list.model().index(1))
    heard = QAccessible.queryAccessibleInterface(panel.list)
    assert heard.role() == QAccessible.Role.Table
    assert heard.childCount() == len(entries(panel.list))
    words = [heard.child(n).text(QAccessible.Text.Name) for n in range(2)]
    assert words[0].startswith("Lab 2, ")
    assert words[1] == "T-2.1, Lab 2, 00:00:00.0 – 00:00:00.9, similarity 0.90, undecided"
    assert heard.focusChild().text(QAccessible.Text.Name) == words[1]


def test_keys_move_fold_go_there_and_come_back(panel, qtbot):
    view, chosen, went, back = panel.list, [], [], []
    view.selected.connect(chosen.append)
    view.selected.connect(panel.show_current)
    view.go_to.connect(went.append)
    view.go_back.connect(lambda: back.append(True))
    for key in (Qt.Key.Key_Down, Qt.Key.Key_Down, Qt.Key.Key_Up, Qt.Key.Key_End, Qt.Key.Key_Home):
        QTest.keyClick(view, key)
    assert chosen == ["c2s1t1", "c2s1t3", "c2s1t1", "c3s1t8", "c2s1t1"]
    QTest.keyClick(view, Qt.Key.Key_Return)
    QTest.keyClick(view, Qt.Key.Key_Backspace)
    assert (went, back) == (["c2s1t1"], [True])
    QTest.keyClick(view, Qt.Key.Key_Left)
    assert view.model().rowCount() == 1 + 1 + 4
    QTest.keyClick(view, Qt.Key.Key_Right)
    assert view.model().rowCount() == 2 + 8


def test_a_double_click_goes_there_and_a_click_on_a_head_folds(panel, qtbot):
    view, went = panel.list, []
    view.go_to.connect(went.append)
    middle = view.visualRect(view.model().index(2)).center()
    QTest.mouseClick(view.viewport(), Qt.MouseButton.LeftButton, pos=middle)
    QTest.mouseDClick(view.viewport(), Qt.MouseButton.LeftButton, pos=middle)
    assert went == ["c2s1t3"]
    QTest.mouseClick(
        view.viewport(), Qt.MouseButton.LeftButton, pos=view.visualRect(view.model().index(0)).center()
    )
    assert view.model().rowCount() == 6


def test_a_new_state_of_the_same_hits_keeps_rows_and_place(panel, qtbot):
    model = panel.list.model()
    resets = []
    model.modelReset.connect(lambda: resets.append(True))
    panel.show_current("c3s1t2")
    with qtbot.waitSignal(model.dataChanged):
        panel.show_list(arrange(hits(), Filters(), verdicts={"c3s1t2": Verdict.SAME}, numbers={"c3s1t2": 7}))
    assert not resets
    words = model.index_of("c3s1t2").data(Qt.ItemDataRole.AccessibleTextRole)
    assert "person 7" in words
    assert words.endswith("accepted")


def test_the_row_in_hand_is_brought_into_view_and_out_of_a_folded_group(panel):
    panel.show_list(arrange(hits(200), Filters()))
    panel.list.model().fold("Lab 3", True)
    panel.show_current("c3s1t200")
    index = panel.list.model().index_of("c3s1t200")
    assert index.isValid()
    assert panel.list.viewport().rect().intersects(panel.list.visualRect(index))


def test_hover_plays_the_crops_in_order_of_time_in_place(panel, pictures, qtbot):
    view = panel.list
    at = view.visualRect(view.model().index(1)).center()
    move = QMouseEvent(
        QEvent.Type.MouseMove,
        QPointF(at),
        QPointF(at),
        Qt.MouseButton.NoButton,
        Qt.MouseButton.NoButton,
        Qt.KeyboardModifier.NoModifier,
    )
    view.viewportEvent(move)
    qtbot.waitUntil(lambda: view.playing == ("c2s1t1", 1), timeout=3000)
    pictures.asked.clear()
    view.grab()
    assert ("c2s1t1", 1) in pictures.asked
    view.viewportEvent(QEvent(QEvent.Type.Leave))
    assert view.playing == ("", 0)


def test_only_visible_rows_ask_for_crops(panel, pictures):
    pictures.asked.clear()
    panel.show_list(arrange(hits(5000), Filters()))
    panel.grab()
    assert 4 <= len({name for name, _ in pictures.asked}) <= 20


def test_a_query_crop_is_left_out_by_click_and_by_key(panel, qtbot):
    block, toggled = panel.query, []
    block.crop_toggled.connect(lambda name, rank: toggled.append((name, rank)))
    QTest.mouseClick(block, Qt.MouseButton.LeftButton, pos=QPoint(12 + 5, block.height() // 2))
    block.setFocus()
    QTest.keyClick(block, Qt.Key.Key_Right)
    QTest.keyClick(block, Qt.Key.Key_Right)
    QTest.keyClick(block, Qt.Key.Key_X)
    assert toggled == [("c1s1t1", 0), ("c1s1t1", 2)]
    assert block.used_text() == "2 of 3 crops used"
    assert "Person 2" in block.accessibleName()


def test_the_query_is_one_line_where_there_is_little_room(panel, qtbot):
    assert not panel.query.is_folded
    panel.resize(360, 500)
    assert panel.query.is_folded
    assert panel.query.height() == 32


def test_chips_say_what_is_on_and_clear_it(panel, qtbot):
    span = (50_530_000.0, 50_560_000.0)
    filters = Filters(frozenset({"Lab 2"}), span, 0.45, frozenset({None, Verdict.UNSURE}))
    panel.show_filters(filters, ("Lab 1", "Lab 2"), "3 of 8")
    chips = {
        chip.objectName().rpartition(".")[2]: chip
        for chip in panel.filters.children()
        if hasattr(chip, "is_on")
    }
    assert {name: chip.text() for name, chip in chips.items()} == {
        "cameras": "Lab 2",
        "time": "14:02:10–14:02:40",
        "similarity": "≥ 0.45",
        "decision": "undecided, unsure",
    }
    told = []
    panel.filters.min_similarity_changed.connect(told.append)
    panel.filters.cameras_changed.connect(told.append)
    panel.filters.range_cleared.connect(lambda: told.append("range"))
    QTest.keyClick(chips["similarity"], Qt.Key.Key_Delete)
    QTest.keyClick(chips["time"], Qt.Key.Key_Delete)
    chip = chips["cameras"]
    QTest.mouseClick(chip, Qt.MouseButton.LeftButton, pos=QPoint(chip.width() - 8, 12))
    assert told == [None, "range", frozenset()]


def test_the_count_has_no_line_of_its_own_while_all_is_shown(panel, qtbot):
    count = panel.findChild(QObject, "results.count")
    assert count.isVisible()
    panel.resize(360, 700)
    assert not count.isVisible()
    panel.show_filters(Filters(min_similarity=0.5), ("Lab 1",), "3 of 8")
    assert count.isVisible()


def test_a_menu_chooses_cameras(panel, qtbot):
    told = []
    panel.filters.cameras_changed.connect(told.append)
    panel.filters._choose_cameras()
    menu = panel.filters.findChild(QObject, "results.filter.cameras.menu")
    menu.actions()[1].trigger()
    menu.close()
    assert told == [frozenset({"Lab 2"})]


def test_an_empty_result_says_why_and_how_to_go_on(panel, qtbot):
    panel.show_message(Message("No tracklet above 0.90. 8 are hidden by filters.", "clear_filters"))
    button = panel.findChild(QObject, "results.message.action")
    assert button.text() == "Clear filters"
    with qtbot.waitSignal(panel.clear_filters_wanted):
        button.click()
    panel.show_message(Message("Searched with another model.", "embed", is_problem=True))
    with qtbot.waitSignal(panel.embed_wanted):
        button.click()


def test_placeholders_come_only_when_a_search_takes_long(panel, qtbot):
    panel.show_list(ResultList())
    panel.show_head(Head("Searching", is_searching=True))
    waiting = panel.findChild(QObject, "results.placeholders")
    assert not waiting.isVisible()
    qtbot.waitUntil(waiting.isVisible, timeout=2000)
    panel.show_head(Head("8 tracklets"))
    assert not waiting.isVisible()


def test_decisions_have_a_button_each_and_ask_before_the_impossible(panel, qtbot):
    bar = panel.decisions
    assert not bar.findChild(QObject, "decisions.accept").isEnabled()
    panel.show_current("c2s1t1")
    told = []
    for name in ("accepted", "rejected", "unsure", "skipped", "previous"):
        getattr(bar, name).connect(lambda name=name: told.append(name))
    for name in ("accept", "reject", "unsure", "skip", "previous"):
        QTest.mouseClick(bar.findChild(QObject, f"decisions.{name}"), Qt.MouseButton.LeftButton)
    assert told == ["accepted", "rejected", "unsure", "skipped", "previous"]
    panel.show_warning("T-2.1 and T-2.3 are both in Lab 2.")
    assert bar.findChild(QObject, "decisions.warning").isVisible()
    with qtbot.waitSignal(bar.confirmed):
        bar.findChild(QObject, "decisions.anyway").click()
    panel.show_warning("")
    assert not bar.findChild(QObject, "decisions.warning").isVisible()


@pytest.mark.parametrize("width", [340, 360, 432, 600])
def test_no_decision_button_is_narrower_than_what_it_shows(panel, qtbot, width):
    panel.resize(width, 700)
    qtbot.wait(1)
    for button in panel.findChildren(decision_bar.DecisionButton):
        assert button.width() >= button.wanted_px(has_word=button.has_word, has_key=button.has_key)
        assert button.height() == 28


def test_one_of_several_people_is_chosen_by_click_or_number(panel, qtbot):
    panel.show_people(SeveralPeople("3 people", [(0, 0, 50, 100), (60, 0, 90, 100)], b"", 100, 100))
    chosen = []
    panel.people.chosen.connect(chosen.append)
    place = panel.people.places()[1]
    QTest.mouseClick(panel.people, Qt.MouseButton.LeftButton, pos=place.center().toPoint())
    QTest.keyClick(panel.people, Qt.Key.Key_1)
    assert chosen == [(60, 0, 90, 100), (0, 0, 50, 100)]
    panel.show_people(None)
    assert panel.list.isVisible()


def test_new_tracklets_can_be_searched_too(panel, qtbot):
    button = panel.findChild(QObject, "results.again")
    assert not button.isVisible()
    panel.show_head(Head("8 tracklets, 0.04 s, 5 new since", can_search_again=True))
    with qtbot.waitSignal(panel.again_wanted):
        button.click()


def test_hits_that_cannot_be_the_person_are_offered(panel, qtbot):
    box = panel.findChild(QObject, "results.impossible")
    assert not box.isVisible()
    panel.show_head(Head("8 tracklets", n_impossible=3))
    assert box.text().startswith("Show 3 ")
    with qtbot.waitSignal(panel.impossible_wanted) as told:
        box.click()
    assert told.args == [True]


def test_everything_that_can_be_used_has_a_name(panel):
    from PySide6.QtWidgets import QAbstractButton

    panel.show_head(Head("8 tracklets", True, True, True, 3))
    for button in panel.findChildren(QAbstractButton):
        if button.isVisible():
            assert button.objectName(), button
            assert button.accessibleName(), button.objectName()
            assert button.toolTip(), button.objectName()


def test_the_model_keeps_to_the_rules_of_models(qapp, qtmodeltester):
    model = ResultsModel()
    model.show(arrange(hits(), Filters()))
    qtmodeltester.check(model)
    model.fold("Lab 2", True)
    model.show(arrange(hits(20), Filters(), Order.TIME, is_grouped=False))
    assert model.rowCount() == 20


def test_keys_of_the_page_leave_those_of_the_focused_control_alone(panel, qtbot):
    taken = []
    for key in ("Space", "Return", "Home", "Down", "X", "A"):
        action = QAction(panel)
        action.setShortcut(QKeySequence(key))
        action.setShortcutContext(Qt.ShortcutContext.WidgetWithChildrenShortcut)
        action.triggered.connect(lambda _=False, key=key: taken.append(key))
        panel.addAction(action)
    panel.activateWindow()
    panel.show_current("c3s1t2")
    pressed, chosen = [], []
    panel.decisions.skipped.connect(lambda: pressed.append(True))
    panel.list.selected.connect(chosen.append)
    skip = panel.decisions.findChild(QObject, "decisions.skip")
    for widget, key in (
        (skip, Qt.Key.Key_Space),
        (skip, Qt.Key.Key_Return),
        (panel.list, Qt.Key.Key_Home),
        (panel.query, Qt.Key.Key_X),
    ):
        widget.setFocus()
        QTest.keyClick(widget, key)
    assert (len(pressed), chosen, taken) == (2, ["c2s1t1"], [])
    QTest.keyClick(panel.list, Qt.Key.Key_A)
    skip.setFocus()
    QTest.keyClick(skip, Qt.Key.Key_Down)
    assert taken == ["A", "Down"]
