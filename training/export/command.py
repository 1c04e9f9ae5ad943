"""``python -m training export --model NAME_OR_FILE --out FILE.onnx``."""

from __future__ import annotations

import argparse
import sys
from pathlib import Path


def add_commands(commands: argparse._SubParsersAction[argparse.ArgumentParser]) -> None:
    """Add the command to a parser."""
    parser = commands.add_parser(
        "export",
        help="write a model as ONNX",
        description="Write a model as ONNX: RGB pictures 0..255 in, embeddings out. The file is checked "
        "before it is kept.",
    )
    parser.add_argument("--model", required=True, metavar="NAME_OR_FILE", help="name or file of a model")
    parser.add_argument("--out", required=True, type=Path, metavar="FILE", help="the ONNX file to write")
    parser.set_defaults(run=run)


def run(arguments: argparse.Namespace) -> int:
    """Export; 0.

    Raises:
        ReidError: The model is absent, is no network that we can build, or its file is not good.
    """
    from reid_core.models.networks import read_network
    from reid_core.weights.find import find_model
    from training.export.onnx_file import export_onnx

    export_onnx(read_network(find_model("reid", arguments.model)), arguments.out)
    sys.stdout.write(f"{arguments.out}\n")
    return 0
