"""The card of a model: a long one must not hold up the window."""

import pytest
from PySide6.QtWidgets import QTextEdit

from app.views.models import ModelCard
from app.widgets.model_card import ModelCardView

ROWS = "\n".join(f"| set {n} | model | 0.{n:03d} |" for n in range(60))
LONG = f"# A model\n\n| set | model | rank-1 |\n| --- | --- | --- |\n{ROWS}\n"


@pytest.fixture
def view(qtbot):
    view = ModelCardView()
    qtbot.addWidget(view)
    view.resize(700, 500)
    view.show()
    return view


def changes_of(view, cards):
    """How often the text was laid out anew while cards were shown."""
    text = view.findChild(QTextEdit, "models.text")
    seen = []
    text.document().contentsChanged.connect(lambda: seen.append(1))
    for card in cards:
        view.show_card(card)
    return text, len(seen)


def test_a_long_table_is_laid_out_a_few_times_not_once_for_each_of_its_cells(view):
    text, n_changes = changes_of(view, [ModelCard(name="long", text=LONG)])
    assert text.isVisible()
    assert "set 59" in text.toPlainText()
    assert 0 < n_changes <= 4


def test_a_card_that_is_shown_again_is_not_laid_out_again(view):
    card = ModelCard(name="long", text=LONG)
    view.show_card(card)
    _, n_changes = changes_of(view, [card, card])
    assert n_changes == 0
    text, _ = changes_of(view, [ModelCard(name="bare", text="")])
    assert text.isHidden()
