"""Footage without labels: clusters become people, a round trains on them, and the next one labels anew."""

from __future__ import annotations

import json

import cv2
import pytest

from tests.fakes.models import ColorEmbedder
from tests.fakes.people import SMALL, person, write_market
from training.__main__ import main
from training.datasets.market import read_market
from training.engine import adaptation
from training.engine.presets import read_config
from training.engine.settings import RunSettings
from training.engine.starting import start


@pytest.fixture
def pile(tmp_path):
    """Pictures of six people by two cameras, whose names say nothing of who it is."""
    folder = tmp_path / "pile"
    folder.mkdir()
    for pid in range(6):
        for camera in (1, 2):
            for number in range(3):
                name = f"shot-{pid * 6 + camera * 3 + number:03d}_c{camera}.png"
                cv2.imwrite(str(folder / name), person(pid * 7, camera, number)[..., ::-1])
    return folder


CLUSTERS = ["--min-samples", "3", "--k1", "8", "--k2", "3"]


def test_clusters_become_a_training_set(pile, tmp_path, monkeypatch, capsys):
    monkeypatch.setattr(adaptation, "load_embedder", lambda *_, **__: ColorEmbedder())
    out = tmp_path / "labelled"
    command = ["pseudo-labels", "--model", "x", "--data", str(pile), "--out", str(out), *CLUSTERS]
    assert main([*command, "--json"]) == 0
    made = json.loads(capsys.readouterr().out)
    found = read_market(out).train
    assert made["n_pictures"] == 36
    assert len(found) == 36 - made["n_outliers"] > 12
    assert len({p.pid for p in found}) == made["n_clusters"] >= 2
    assert {p.camid for p in found} == {1, 2}
    assert json.loads((out / "labels.json").read_text())["k1"] == 8
    assert main(command) == 1
    assert "choose a new folder" in capsys.readouterr().err
    assert main([*command[:-8], "--out", str(tmp_path / "y"), "--min-samples", "99"]) == 1
    assert "raise --eps" in capsys.readouterr().err


def test_rounds_train_on_what_the_last_one_labelled(pile, tmp_path, monkeypatch, capsys):
    monkeypatch.setattr(adaptation, "load_embedder", lambda *_, **__: ColorEmbedder())
    market = write_market(tmp_path / "set", n_ids=2, n_test_ids=0)
    first = start(
        read_config("bot", [*SMALL, "schedule.n_epochs=1"]),
        RunSettings(data=str(market), device="cpu"),
        tmp_path / "r",
    )
    out = tmp_path / "adapted"
    small = [word for setting in (*SMALL, "schedule.n_epochs=1") for word in ("--set", setting)]
    command = [
        "pseudo-labels", "--model", str(first), "--data", str(pile), "--out", str(out), "--rounds", "2",
        "--config", "bot", "--device", "cpu", "--json", *CLUSTERS, *small,
    ]  # fmt: skip
    assert main(command) == 0
    rows = [json.loads(line) for line in capsys.readouterr().out.splitlines()]
    assert [row.get("round") for row in rows] == [1, 2, None]
    assert rows[2]["model"] == str(out / "round-02" / "run" / "model.safetensors")
    inits = [
        json.loads((out / name / "run" / "log.jsonl").read_text().splitlines()[0])["init"]
        for name in ("round-01", "round-02")
    ]
    assert inits == [str(first), str(out / "round-01" / "run" / "model.safetensors")]
    assert main(["pseudo-labels", "--model", "x", "--data", "y", "--out", "z", "--rounds", "1"]) == 2
