"""The hidden command answers every line by one line, whatever the line holds."""

from __future__ import annotations

import base64
import io
import json

import numpy as np
import pytest

from reid_core import imaging
from reid_core.cli.main import build_parser
from reid_core.cli.query_engine import QueryEngine, serve
from reid_core.types import Detections
from tests.fakes.models import ColorEmbedder


class Finder:
    """A detector that always finds the same boxes."""

    key, batch_size, device_note = "finder", 1, "test"

    def __init__(self, *boxes) -> None:
        self.boxes = boxes

    def detect(self, frames):
        return [Detections.of(self.boxes, [0.9] * len(self.boxes))]


@pytest.fixture
def engine(monkeypatch):
    made = QueryEngine(project=None)
    embedder = ColorEmbedder()
    monkeypatch.setattr(made, "_load_embedder", lambda: embedder)
    monkeypatch.setattr(made, "_load_detector", lambda: Finder((10, 10, 40, 90)))
    return made


@pytest.fixture
def picture() -> bytes:
    image = np.full((100, 200, 3), 120, np.uint8)
    image[10:90, 10:40] = (200, 30, 30)
    image[10:90, 110:140] = (30, 30, 200)
    return imaging.encode_png(image)


def ask(engine, *requests) -> list[dict]:
    lines = [line if isinstance(line, str) else json.dumps(line) for line in requests]
    out = io.StringIO()
    serve(engine, [line + "\n" for line in lines], out)
    return [json.loads(line) for line in out.getvalue().splitlines()]


def data(picture: bytes) -> str:
    return base64.b64encode(picture).decode()


def test_the_person_that_is_found_is_described(engine, picture):
    (answer,) = ask(engine, {"id": 1, "data": data(picture)})
    crop = imaging.decode_png(base64.b64decode(answer["crop"]))
    assert crop.shape == (80, 30, 3)
    np.testing.assert_allclose(answer["vector"], ColorEmbedder().embed([crop])[0], rtol=1e-6)
    assert (answer["id"], answer["space"]) == (1, "color-0.0")


def test_a_box_decides_who_without_a_detector(engine, picture, monkeypatch):
    monkeypatch.setattr(engine, "_load_detector", lambda: pytest.fail("the detector was loaded"))
    (answer,) = ask(engine, {"id": 2, "data": data(picture), "box": [110, 10, 140, 90]})
    crop = imaging.decode_png(base64.b64decode(answer["crop"]))
    assert (crop == (30, 30, 200)).all()


def test_a_file_is_read_as_well(engine, picture, tmp_path):
    file = tmp_path / "wer ist das.png"
    file.write_bytes(picture)
    assert "vector" in ask(engine, {"id": 3, "image": str(file)})[0]


def test_several_people_come_with_boxes_and_a_preview(engine, picture, monkeypatch):
    two = Finder((10, 10, 40, 90), (110, 10, 140, 90))
    monkeypatch.setattr(engine, "_load_detector", lambda: two)
    (answer,) = ask(engine, {"id": 4, "data": data(picture)})
    assert answer["boxes"] == [[10, 10, 40, 90], [110, 10, 140, 90]]
    assert (answer["width"], answer["height"]) == (200, 100)
    assert base64.b64decode(answer["preview"]).startswith(b"\xff\xd8")


@pytest.mark.parametrize(
    ("request_line", "sentence"),
    [
        ("{", "The request is no JSON."),
        ("[1]", "The request is no JSON object."),
        ({"id": 5, "data": "***"}, "The picture is no base64."),
        ({"id": 5, "data": 7}, "The picture is no base64."),
        ({"id": 5, "image": "/nowhere.png"}, "There is no picture file /nowhere.png."),
        ({"id": 5, "data": data(b"rubbish"), "name": "../../who.png"}, "who.png is no picture"),
    ],
)
def test_bad_requests_are_answered_by_a_sentence_and_the_next_is_served(
    engine, picture, request_line, sentence
):
    bad, good = ask(engine, request_line, {"id": 6, "data": data(picture)})
    assert bad["error"].startswith(sentence)
    assert "vector" in good


@pytest.mark.parametrize("box", [[1, 2, 3], "abcd", [1, 2, 3, None]])
def test_a_box_is_four_numbers(engine, picture, box):
    assert ask(engine, {"id": 7, "data": data(picture), "box": box})[0]["error"].startswith("A box is four")


def test_what_nobody_thought_of_is_answered_too(engine, picture, monkeypatch):
    def fail():
        raise RuntimeError("out of luck")

    monkeypatch.setattr(engine, "_load_embedder", fail)
    (answer,) = ask(engine, {"id": 8, "data": data(picture)})
    assert "RuntimeError: out of luck" in answer["error"]


def test_people_do_not_see_the_command():
    assert "query-engine" not in build_parser().format_help().replace("{", "").partition("options")[0]
    assert build_parser().parse_args(["query-engine", "p.sightline"]).command == "query-engine"
