"""``python -m training export --model NAME_OR_FILE --format onnx --out FILE``."""

from __future__ import annotations

import argparse
import json
import sys
from pathlib import Path

FORMATS = {".onnx": "onnx", ".xml": "openvino", ".engine": "tensorrt"}
"""What a file's ending asks for where no format is named."""


def add_commands(commands: argparse._SubParsersAction[argparse.ArgumentParser]) -> None:
    """Add the command to a parser."""
    parser = commands.add_parser(
        "export",
        help="write a model for other runtimes",
        description="Write a model as ONNX (RGB pictures 0..255 in), OpenVINO (BGR, as the Open Model Zoo "
        "has it) or a TensorRT engine. The file is run and compared with the network before it is kept.",
    )
    parser.add_argument("--model", required=True, metavar="NAME_OR_FILE", help="name or file of a model")
    parser.add_argument("--out", required=True, type=Path, metavar="FILE", help="the file to write")
    parser.add_argument(
        "--format",
        choices=sorted(FORMATS.values()),
        help="default: by the file's ending (.onnx, .xml, .engine)",
    )
    parser.add_argument("--json", action="store_true", help="print the report as one JSON object")
    parser.set_defaults(run=run)


def run(arguments: argparse.Namespace) -> int:
    """Export; 0. The report of the comparison is written beside the file, as ``FILE.parity.json``.

    Raises:
        ReidError: The model is absent, is no network that we can build, or its file is not good.
    """
    from reid_core.errors import UsageError
    from reid_core.models.networks import read_network
    from reid_core.weights.find import find_model
    from training.export.onnx_file import export_onnx
    from training.export.openvino_file import export_openvino
    from training.export.tensorrt_file import export_tensorrt

    kind = arguments.format or FORMATS.get(arguments.out.suffix.lower())
    if kind is None:
        raise UsageError(f"{arguments.out} has no ending of {', '.join(FORMATS)}: name a --format.")
    if kind == "openvino" and arguments.out.suffix.lower() != ".xml":
        raise UsageError(
            f"An OpenVINO model is a pair of files, FILE.xml and FILE.bin: {arguments.out} is not."
        )
    write = {"onnx": export_onnx, "openvino": export_openvino, "tensorrt": export_tensorrt}[kind]
    parity = write(read_network(find_model("reid", arguments.model)), arguments.out)
    report = json.dumps(parity.as_dict())
    Path(f"{arguments.out}.parity.json").write_text(report + "\n", encoding="utf-8")
    if arguments.json:
        sys.stdout.write(report + "\n")
        return 0
    sys.stderr.write(
        f"{parity.runtime}, {parity.n_pictures} pictures: cosine to the network at least "
        f"{parity.least_cosine:.6f}, {'the same' if parity.same_ranking else 'another'} ranking.\n"
    )
    sys.stdout.write(f"{arguments.out}\n")
    return 0
