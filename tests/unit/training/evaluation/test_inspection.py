"""``python -m training inspect``: worst queries first, or those that another model changed most."""

from __future__ import annotations

import json

import cv2
import numpy as np
import pytest

from tests.fakes.models import ColorEmbedder
from training.__main__ import main
from training.evaluation.inspection import N_ROC, TILE_HEIGHT, TILE_WIDTH

COLOURS = {1: (230, 30, 30), 2: (30, 230, 30), 3: (30, 30, 230)}
BLUE = (30, 30, 230)


class GreyEmbedder(ColorEmbedder):
    """Sees brightness only."""

    def embed(self, crops):
        return super().embed([np.repeat(crop.mean(axis=2, keepdims=True), 3, 2) for crop in crops])


def write(path, colour, seed):
    path.parent.mkdir(parents=True, exist_ok=True)
    noise = np.random.default_rng(seed).integers(-10, 10, (64, 32, 3))
    cv2.imwrite(str(path), np.clip(noise + colour[::-1], 0, 255).astype(np.uint8))


@pytest.fixture
def market(tmp_path):
    """Three people of one colour each under two cameras; person 2 wears blue under the second."""
    root = tmp_path / "market"
    for pid, colour in COLOURS.items():
        write(root / "query" / f"{pid:04d}_c1s1_000001_00.png", colour, pid)
        write(root / "bounding_box_test" / f"{pid:04d}_c1s1_000002_00.png", colour, 10 + pid)
        write(root / "bounding_box_test" / f"{pid:04d}_c2s1_000003_00.png", BLUE if pid == 2 else colour, 20)
    return root


@pytest.fixture
def models(monkeypatch):
    found = {"color": ColorEmbedder("color"), "grey": GreyEmbedder("grey")}
    monkeypatch.setattr("reid_core.models.load.load_embedder", lambda name, **_: found[name])


def inspect(capsys, market, out, *names):
    code = main(["inspect", *names, "--data", str(market), "--out", str(out), "--events", "--ranks", "4"])
    events = [json.loads(line) for line in capsys.readouterr().out.splitlines()]
    assert code == 0
    return json.loads((out / "inspection.json").read_text()), events


def test_the_worst_query_comes_first_with_its_pictures(market, models, capsys, tmp_path):
    found, events = inspect(capsys, market, tmp_path / "out", "color")
    worst = found["queries"][0]
    assert worst["pid"] == 2
    assert worst["ap"][0] < 1
    assert [entry["is_same"] for entry in worst["ranks"][0]].count(True) == 1
    assert len(worst["ranks"][0]) == 4  # of five that are not of that person and camera
    similarities = [entry["similarity"] for entry in worst["ranks"][0]]
    assert similarities == sorted(similarities, reverse=True)
    image = cv2.imread(str(tmp_path / "out" / worst["picture"]))
    assert image.shape == (TILE_HEIGHT, TILE_WIDTH, 3)
    (model,) = found["models"]
    assert model["cmc"][-1] == 1
    assert model["map"] == pytest.approx(np.mean([query["ap"][0] for query in found["queries"]]), abs=1e-4)
    assert 1 <= len(model["roc"]) <= N_ROC
    assert found["n_query"] == found["n_ids"] == 3
    assert events[-1] == {
        "event": "Progress", "part": "rank lists", "done": 3, "total": 3, "unit": "pictures"
    }  # fmt: skip


def test_of_two_models_the_largest_change_comes_first(market, models, capsys, tmp_path):
    found, _ = inspect(capsys, market, tmp_path / "out", "color", "grey")
    changes = [abs(query["ap"][1] - query["ap"][0]) for query in found["queries"]]
    assert changes == sorted(changes, reverse=True)
    assert changes[0] > 0
    assert [len(query["ranks"]) for query in found["queries"]] == [2, 2, 2]
    assert [model["model"] for model in found["models"]] == ["color", "grey"]


def test_what_cannot_be_measured_is_said(market, models, capsys, tmp_path):
    for folder in (market / "query").iterdir():
        folder.unlink()
    assert main(["inspect", "color", "--data", str(market), "--out", str(tmp_path / "out")]) == 2
    assert "nothing to measure" in capsys.readouterr().err
    three = ["inspect", "a", "b", "c", "--data", str(market), "--out", str(tmp_path / "out")]
    assert main(three) == 2
