"""Models in words: rows, cards, figures. Without Qt; `list_installed` reads files."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from app.views.models import EvaluationState, ModelCard, ModelLine
from app.views.ranking import ranked_queries
from app.views.training import Series
from app.wording import count_label
from app.workspace import ActiveModel
from reid_core.weights.library import InstalledModel, installed_models, is_research_only

KINDS = {"reid": "Re-identification", "detector": "Detector"}
OWN = "This project's models"
RESEARCH = "Research use only"
UNKNOWN_LICENCE = "Unknown: treat it as research use only"
_FIGURES = (
    ("map", "mAP"),
    ("rank1", "rank-1"),
    ("rank5", "rank-5"),
    ("rank10", "rank-10"),
    ("minp", "mINP"),
    ("tpr@0.01", "TPR at FPR 1 %"),
    ("tpr@0.001", "TPR at FPR 0.1 %"),
)
"""Those of them that were measured are shown, in this order."""


def list_installed(own: Path | None) -> tuple[InstalledModel, ...]:
    """Every model that can be used, the project's own first; not for the GUI thread."""
    found = installed_models(own)
    return tuple(sorted(found, key=lambda model: (not model.is_own, model.kind != "reid")))


def is_active(model: InstalledModel, active: ActiveModel | None) -> bool:
    """Whether the project is searched with a model."""
    if active is None or model.kind != "reid":
        return False
    return active.source in (str(model.path), model.name) or (
        active.name == model.name and not Path(active.source).is_absolute()
    )


def model_lines(models: Sequence[InstalledModel], active: ActiveModel | None) -> tuple[ModelLine, ...]:
    """Rows of the list, with a head above each group."""
    lines, last = [], ""
    for model in models:
        group = OWN if model.is_own else KINDS[model.kind]
        about = model.card.layout or model.card.origin or "no card"
        lines.append(
            ModelLine(
                str(model.path),
                model.name,
                f"{about}, {size_label(model.n_bytes)}",
                is_research_only(model.card.licence),
                is_active(model, active),
                group if group != last else "",
            )
        )
        last = group
    return tuple(lines)


def model_card(
    model: InstalledModel | None, active: ActiveModel | None, n_tracklets: int, busy: str
) -> ModelCard:
    """The card of a model.

    Args:
        model: Which, or None where there is none.
        active: What the project is searched with.
        n_tracklets: Of the project.
        busy: What goes on that keeps it from being used, or empty.
    """
    if model is None:
        return ModelCard()
    card, in_use = model.card, is_active(model, active)
    facts = [
        ("Kind", KINDS[model.kind]),
        ("Layout", card.layout),
        ("Input", card.input),
        ("From", card.origin),
        ("Made", card.made_at.replace("T", " ")[:16]),
        ("File", str(model.path)),
        ("Size", size_label(model.n_bytes)),
        ("SHA-256", model.sha256),
        ("Source's hash", card.source_sha256 if card.source_sha256 != model.sha256 else ""),
        ("On this project", active.about or "not measured yet" if in_use and active else ""),
    ]
    can = set[str]()
    why_not = ""
    if model.kind == "reid":
        can |= {"evaluate", "use"} | ({"export"} if model.path.suffix != ".xml" else set())
        if in_use:
            why_not = "the project is searched with it already"
        elif busy:
            why_not = busy
        elif not n_tracklets:
            why_not = "there are no tracklets yet; choose it on the Sources page for the ingest"
    if model.is_own and not in_use:
        can.add("remove")
    note = ""
    if in_use:
        note = "The project is searched with this model."
    elif model.kind == "reid" and not why_not:
        n = count_label(n_tracklets, "tracklet")
        note = f"Using it describes {n} in the background. The old vectors stay until you drop them."
    return ModelCard(
        key=str(model.path),
        name=model.name,
        facts=tuple((name, value) for name, value in facts if value),
        text=card.text,
        licence=licence_words(card.licence),
        is_research=is_research_only(card.licence),
        can=frozenset(can),
        why_not_use=why_not,
        note=note,
        old_spaces=active.others if in_use and active is not None else (),
    )


def licence_words(licence: str) -> str:
    """A licence for people.

    >>> licence_words("LicenseRef-research-use-only"), licence_words("Apache-2.0")
    ('Research use only', 'Apache-2.0')
    """
    if not licence:
        return UNKNOWN_LICENCE
    return RESEARCH if licence == "LicenseRef-research-use-only" else licence


def size_label(n_bytes: int) -> str:
    """A file's size.

    >>> size_label(850), size_label(2_462_783), size_label(94_000_000)
    ('1 kB', '2.5 MB', '94 MB')
    """
    if n_bytes < 1e6:
        return f"{max(n_bytes / 1e3, 1):.0f} kB"
    return f"{n_bytes / 1e6:.1f} MB" if n_bytes < 1e7 else f"{n_bytes / 1e6:.0f} MB"


def evaluation_of(found: Mapping[str, Any], folder: Path) -> EvaluationState:
    """What an ``inspection.json`` says of one model; empty where it says nothing that can be read."""
    try:
        model = found["models"][0]
        cmc = [float(value) for value in model["cmc"]]
        roc = [(float(x), float(y)) for x, y in model["roc"]]
        figures = tuple((name, f"{float(model[key]):.3f}") for key, name in _FIGURES if key in model)
        n_ids, n_query = int(found["n_ids"]), int(found["n_query"])
        n_gallery, n_skipped = int(found["n_gallery"]), int(found["n_skipped"])
        queries = ranked_queries(found)
    except (KeyError, IndexError, TypeError, ValueError):
        return EvaluationState()
    ranks = tuple(float(n) for n in range(1, len(cmc) + 1))
    points = [(x, y) for x, y in roc if x > 0 and math.isfinite(y)]
    skipped = f" {n_skipped} of them have nobody to be found." if n_skipped else ""
    return EvaluationState(
        intro=(
            f"{count_label(n_ids, 'person', 'people')}, {count_label(n_query, 'query', 'queries')} in "
            f"{count_label(n_gallery, 'picture')}.{skipped}"
        ),
        figures=figures,
        cmc=(Series("found", ranks, tuple(cmc), 1, last=f"{cmc[0]:.2f} at 1"),) if cmc else (),
        roc=(Series("accepted", tuple(x for x, _ in points), tuple(y for _, y in points), 0),)
        if points
        else (),
        queries=queries,
        pictures=folder,
    )
