"""Joins the results panel with its presenters."""

from __future__ import annotations

from collections.abc import Callable

from app.item_models.results import ResultsModel
from app.presenters.decisions import DecisionsPresenter
from app.presenters.search import SearchPresenter
from app.widgets.pictures import Pictures
from app.widgets.results_panel import ResultsPanel


def make_results_panel(pictures: Pictures) -> ResultsPanel:
    """The panel over an empty list."""
    model = ResultsModel()
    panel = ResultsPanel(model, model, pictures)
    model.setParent(panel)
    return panel


def join_search(panel: ResultsPanel, search: SearchPresenter, embed: Callable[[], None]) -> None:
    """Let the panel's wishes reach the presenter.

    Args:
        panel: Where the user is.
        search: Who decides.
        embed: Starts the job that gives every tracklet a vector.
    """
    panel.back_wanted.connect(search.back)
    panel.forward_wanted.connect(search.forward)
    panel.stop_wanted.connect(search.stop)
    panel.again_wanted.connect(search.again)
    panel.order_wanted.connect(search.set_order)
    panel.grouped_wanted.connect(search.set_grouped)
    panel.impossible_wanted.connect(search.set_with_impossible)
    panel.reachable_wanted.connect(lambda is_on: search.set_filters(without_unreachable=is_on))
    panel.clear_filters_wanted.connect(search.clear_filters)
    panel.embed_wanted.connect(embed)
    panel.query.crop_toggled.connect(search.drop_crop)
    panel.filters.cameras_changed.connect(search.set_cameras)
    panel.filters.min_similarity_changed.connect(search.set_min_similarity)
    panel.filters.verdicts_changed.connect(search.set_verdicts)
    panel.filters.range_wanted.connect(search.set_range_around)
    panel.filters.range_cleared.connect(search.clear_range)
    panel.people.chosen.connect(search.choose_person)
    panel.list.selected.connect(search.select)
    panel.list.go_to.connect(search.go_to)
    panel.list.go_back.connect(search.go_back)


def join_decisions(panel: ResultsPanel, decisions: DecisionsPresenter) -> None:
    """Let the decision bar's buttons reach the presenter."""
    bar = panel.decisions
    bar.accepted.connect(decisions.accept)
    bar.rejected.connect(decisions.reject)
    bar.unsure.connect(decisions.unsure)
    bar.skipped.connect(decisions.skip)
    bar.previous.connect(decisions.previous)
    bar.confirmed.connect(decisions.confirm)
    bar.cancelled.connect(decisions.cancel)
