"""What Sightline is made of and what may be done with it, as Markdown. Without Qt; reads files."""

from __future__ import annotations

import re
from collections.abc import Iterable
from importlib import metadata

from app.presenters.model_words import KINDS, licence_words
from reid_core.weights.library import InstalledModel, is_research_only

DISTRIBUTION = "sightline-reid"
LICENCE = "AGPL-3.0-or-later"
UNKNOWN = "not stated"
BUNDLED = (("Lucide", "icons", "ISC"), ("Inter", "font", "OFL-1.1"))
_NAME = re.compile(r"[A-Za-z0-9._-]+")
_MAX_LICENCE = 60
"""Some packages write the whole text where its name belongs."""


def about_text(models: Iterable[InstalledModel]) -> str:
    """Licences of the code, of what it stands on, and of each model; not for the GUI thread."""
    lines = [
        f"# Sightline {metadata.version(DISTRIBUTION)}",
        "",
        "Finds a person again in the footage of several cameras. A similarity is no confirmed identity.",
        "",
        f"**Code:** {LICENCE}. The source comes with it; whoever lets others use a changed version over a "
        "network has to offer them its source.",
        "",
        "## Models",
        "",
        "| Model | Kind | Licence | Use |",
        "|---|---|---|---|",
        *(
            f"| {_cell(model.name)} | {KINDS[model.kind]} | {_cell(licence_words(model.card.licence))} "
            f"| {'**research only**' if is_research_only(model.card.licence) else 'as its licence says'} |"
            for model in models
        ),
        "",
        "## What it stands on",
        "",
        "| Package | Version | Licence |",
        "|---|---|---|",
        *(f"| {name} | {version} | {_cell(licence)} |" for name, version, licence in packages()),
        *(f"| {name} | {kind} | {licence} |" for name, kind, licence in BUNDLED),
    ]
    return "\n".join(lines) + "\n"


def packages() -> list[tuple[str, str, str]]:
    """``(name, version, licence)`` of what Sightline needs to run, by name; what is absent is left out."""
    found = []
    for requirement in metadata.requires(DISTRIBUTION) or ():
        match = _NAME.match(requirement)
        if match is None or "extra ==" in requirement:
            continue
        try:
            facts = metadata.metadata(match[0])
        except metadata.PackageNotFoundError:
            continue
        found.append((str(facts["Name"]), str(facts["Version"]), licence_of(facts)))
    return sorted(found, key=lambda entry: entry[0].lower())


def licence_of(facts: metadata.PackageMetadata) -> str:
    """A package's licence by its own metadata: SPDX expression, else the short name, else a classifier."""
    for expression in facts.get_all("License-Expression") or ():
        return str(expression)
    named = str(next(iter(facts.get_all("License") or ()), "")).strip()
    if named and len(named) <= _MAX_LICENCE and "\n" not in named and named.lower() != "unknown":
        return named
    classified = [
        entry.rpartition("::")[2].strip()
        for entry in facts.get_all("Classifier") or ()
        if str(entry).startswith("License ::")
    ]
    return ", ".join(classified) or UNKNOWN


def _cell(text: str) -> str:
    return text.replace("|", "/").replace("\n", " ")
