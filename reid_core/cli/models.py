"""``models``, ``import-model``, ``drop-vectors``: what can be used, more of it, and room on the disk."""

from __future__ import annotations

import argparse
from dataclasses import asdict
from pathlib import Path
from typing import Any

from reid_core.cli.arguments import existing_project, project_path
from reid_core.cli.output import print_json, print_table, print_text


def add_commands(commands: Any) -> None:
    """Add this module's commands to the parser."""
    parser = commands.add_parser(
        "models",
        help="list the models with their licences",
        description="List every model that can be used; with PROJECT, also those of its own folder.",
    )
    parser.add_argument("project", nargs="?", type=project_path)
    parser.add_argument("--json", action="store_true", help="print all that is known of them as JSON")
    parser.set_defaults(run=run_models)

    parser = commands.add_parser(
        "import-model",
        help="take a public checkpoint into a project",
        description="Read a checkpoint of FastReID, reid-strong-baseline, torchreid (or a bundle of ours), "
        "try it, and keep it as safetensors in the project's folder. Nothing in the file is run.",
    )
    parser.add_argument("project", type=project_path)
    parser.add_argument("file", type=Path)
    parser.add_argument("--name", help="what it shall be called (default: the file's name)")
    parser.add_argument("--licence", default="", help="its licence (SPDX), if known")
    parser.add_argument("--json", action="store_true", help="print the outcome as JSON")
    parser.set_defaults(run=run_import)

    parser = commands.add_parser(
        "drop-vectors",
        help="delete a project's vectors of a model",
        description="Delete a project's vectors of a model that is not searched with; `sightline embed` "
        "makes them again from the stored crops.",
    )
    parser.add_argument("project", type=project_path)
    parser.add_argument("model", help="the model's name, or the key of its space")
    parser.set_defaults(run=run_drop)


def run_models(arguments: argparse.Namespace) -> int:
    """List the models."""
    from reid_core.store.opening import sidecar_of
    from reid_core.weights.library import MODELS_FOLDER, installed_models, is_research_only

    own = None
    if arguments.project is not None:
        existing_project(arguments.project)
        own = sidecar_of(arguments.project) / MODELS_FOLDER
    models = installed_models(own)
    if arguments.json:
        print_json(
            [
                {**asdict(m), "path": str(m.path), "research_only": is_research_only(m.card.licence)}
                for m in models
            ]
        )
        return 0
    print_table(
        ("model", "kind", "use", "licence", "from"),
        [
            (
                m.name,
                m.kind,
                "research only" if is_research_only(m.card.licence) else "see licence",
                m.card.licence or "unknown",
                m.card.origin,
            )
            for m in models
        ],
    )
    return 0


def run_import(arguments: argparse.Namespace) -> int:
    """Import a checkpoint."""
    from reid_core.models.importing import import_checkpoint
    from reid_core.store.opening import sidecar_of
    from reid_core.weights.library import MODELS_FOLDER, Card

    existing_project(arguments.project)
    folder = sidecar_of(arguments.project) / MODELS_FOLDER
    name = arguments.name or arguments.file.name.partition(".")[0]
    found = import_checkpoint(arguments.file, folder, name, Card(licence=arguments.licence))
    if arguments.json:
        print_json({**asdict(found), "path": str(found.path), "name": name})
    else:
        print_text(
            f"{name}: {found.layout}, {found.dim} numbers a crop of {found.height}x{found.width}. "
            f"Use it with: sightline embed {arguments.project} --model {found.path}"
        )
    return 0


def run_drop(arguments: argparse.Namespace) -> int:
    """Drop a model's vectors."""
    from reid_core.pipeline.models import drop_vectors
    from reid_core.store.project import Project

    existing_project(arguments.project)
    with Project.open(arguments.project) as project:
        space = drop_vectors(project, arguments.model)
    print_text(f"The vectors of {space.name} are gone. Make them again with: sightline embed.")
    return 0
