"""``query-engine``: describes query pictures for a window, as long as that wants; not meant for people.

Reads one JSON request a line on standard input and answers each with one JSON line on standard output::

    {"id": 1, "image": PATH or "data": BASE64, "name": TEXT, "box": [x1, y1, x2, y2]}
    {"id": 1, "space": KEY, "vector": [D floats], "crop": BASE64 of a PNG}
    {"id": 1, "error": SENTENCE}

Name and box may be left out. The error about several people also has ``boxes``, ``width``, ``height`` and
``preview`` (a JPEG in base64). Models are loaded at the first request and stay. Ends with its input.
"""

from __future__ import annotations

import argparse
import base64
import binascii
import contextlib
import json
import sys
import tempfile
from collections.abc import Iterable
from pathlib import Path
from typing import TYPE_CHECKING, Any, TextIO

from reid_core.cli.arguments import existing_project, project_path
from reid_core.errors import ReidError, UsageError

if TYPE_CHECKING:
    from reid_core.detection.base import Detector
    from reid_core.models.embedder import Embedder
    from reid_core.store.project import Project
    from reid_core.types import ImageArray

CROP_PX = 128, 256
PREVIEW_PX = 1024


def add_commands(commands: Any) -> None:
    """Add the command without a line in the help."""
    parser = commands.add_parser("query-engine")
    parser.add_argument("project", type=project_path)
    parser.add_argument("--device", default="auto")
    parser.set_defaults(run=run_query_engine)


def run_query_engine(arguments: argparse.Namespace) -> int:
    """Answer requests until there are no more."""
    from reid_core.store.project import Project

    answers = sys.stdout
    with (
        contextlib.redirect_stdout(sys.stderr),  # what a library prints must not stand among the answers
        Project.open(existing_project(arguments.project)) as project,
    ):
        serve(QueryEngine(project, arguments.device), sys.stdin, answers)
    return 0


def serve(engine: QueryEngine, requests: Iterable[str], answers: TextIO) -> None:
    """Answer each request by one line."""
    for line in requests:
        if line.strip():
            answers.write(json.dumps(answer(engine, line), allow_nan=False) + "\n")
            answers.flush()


def answer(engine: QueryEngine, line: str) -> dict[str, Any]:
    """The answer to one request; never raises."""
    from reid_core.imaging import encode_jpeg, thumbnail
    from reid_core.pipeline.query_image import SeveralPeopleError

    number: Any = None
    image: ImageArray | None = None
    try:
        request = _parsed(line)
        number = request.get("id")
        image = _picture(request)
        return {"id": number, **engine.describe(image, _box(request))}
    except SeveralPeopleError as error:
        assert image is not None
        preview = encode_jpeg(thumbnail(image, PREVIEW_PX, PREVIEW_PX))
        return {
            "id": number,
            "error": str(error),
            "boxes": error.boxes,
            "width": image.shape[1],
            "height": image.shape[0],
            "preview": base64.b64encode(preview).decode(),
        }
    except ReidError as error:
        return {"id": number, "error": str(error)}
    except Exception as error:  # the next request may be a better one
        return {"id": number, "error": f"Something went wrong ({type(error).__name__}: {error})."}


class QueryEngine:
    """The models of a project, loaded when they are needed first."""

    def __init__(self, project: Project, device: str = "auto") -> None:
        self._project, self._device = project, device
        self._detector: Detector | None = None
        self._embedder: Embedder | None = None

    def describe(self, image: ImageArray, box: tuple[float, float, float, float] | None) -> dict[str, Any]:
        """Vector of the person in a picture, with the name of its space and the crop as a small PNG.

        Args:
            image: ``(H, W, 3)`` RGB.
            box: Where the person is; None lets the project's detector look.

        Raises:
            SeveralPeopleError: It is not clear who is meant.
            ReidError: No model, no vectors to compare with, or a box outside of the picture.
        """
        from reid_core.imaging import encode_png, thumbnail
        from reid_core.pipeline.query_image import person_crop

        embedder = self._load_embedder()
        crop = person_crop(image, None if box is not None else self._load_detector(), box)
        vector = embedder.embed([crop])[0]
        return {
            "space": embedder.space.key,
            "vector": vector.tolist(),
            "crop": base64.b64encode(encode_png(thumbnail(crop, *CROP_PX))).decode(),
        }

    def _load_embedder(self) -> Embedder:
        from reid_core.pipeline.models import load_embedder_of, search_space
        from reid_core.progress import CancelToken

        space = search_space(self._project, None)
        if self._embedder is None or self._embedder.space.key != space.key:
            self._embedder = load_embedder_of(
                self._project, space, None, self._device, CancelToken(), lambda _: None
            )
        return self._embedder

    def _load_detector(self) -> Detector:
        from reid_core.pipeline.models import load_detector_for
        from reid_core.progress import CancelToken

        if self._detector is None:
            self._detector = load_detector_for(
                self._project, None, self._device, CancelToken(), lambda _: None
            )
        return self._detector


def _parsed(line: str) -> dict[str, Any]:
    try:
        request = json.loads(line)
    except ValueError as error:
        raise UsageError("The request is no JSON.") from error
    if not isinstance(request, dict):
        raise UsageError("The request is no JSON object.")
    return request


def _picture(request: dict[str, Any]) -> ImageArray:
    from reid_core.imaging import read_image

    if "data" not in request:
        return read_image(str(request.get("image", "")))
    try:
        data = base64.b64decode(request["data"], validate=True)
    except (binascii.Error, TypeError, ValueError) as error:
        raise UsageError("The picture is no base64.") from error
    name = Path(str(request.get("name") or "The picture")).name
    with tempfile.TemporaryDirectory(prefix="sightline-query-") as folder:
        file = Path(folder) / name
        file.write_bytes(data)
        return read_image(file)


def _box(request: dict[str, Any]) -> tuple[float, float, float, float] | None:
    box = request.get("box")
    if box is None:
        return None
    try:
        x1, y1, x2, y2 = (float(value) for value in box)
    except (TypeError, ValueError) as error:
        raise UsageError("A box is four numbers: x1, y1, x2, y2.") from error
    return x1, y1, x2, y2
