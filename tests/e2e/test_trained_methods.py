"""Every method from its preset to a search: trained, resumed, exported, ranking a project as evaluated."""

from __future__ import annotations

import json

import numpy as np
import pytest

from reid_core.cli.main import main as sightline
from reid_core.errors import CancelledError
from reid_core.models.load import load_embedder
from tests.fakes.people import write_market, write_project
from training.__main__ import main
from training.datasets.market import read_market
from training.engine.presets import read_config
from training.engine.settings import RunSettings
from training.engine.starting import start
from training.evaluation.features import embed_pictures
from training.evaluation.search import SearchConfig, search_blocks

SMALL = (
    "model.backbone.name=osnet_x0_25", "model.backbone.stem=standard", "model.backbone.non_local=false",
    "batch.height=96", "batch.width=32", "batch.n_ids=2", "batch.n_images=2", "schedule.n_epochs=2",
    "schedule.n_frozen=0", "schedule.has_warmup=false", "schedule.lr=0.001",
)  # fmt: skip
OWN = {
    "dpti": ("model.options.dim=32", "model.options.reduced=64"),
    "agw": ("model.backbone.name=resnet50", "model.backbone.non_local=true"),
    "dsr": ("model.backbone.ibn=none",),
    "mgn": ("model.backbone.name=resnet18", "model.backbone.ibn=none", "model.options.reduced=16"),
}
METHODS = (
    "bot", "cbdb", "ide_cbdb", "dpti", "channel_groups", "bagtricks", "agw", "sbs", "mgn", "dsr", "osnet",
)  # fmt: skip
"""Every network; the other presets differ from one of these in a switch alone."""
TOLERANCE = 3e-4
"""A project keeps vectors in half precision."""


@pytest.fixture(scope="module")
def market(tmp_path_factory):
    return write_market(tmp_path_factory.mktemp("market") / "set", n_ids=4, n_test_ids=0)


@pytest.fixture(scope="module")
def project(tmp_path_factory):
    """A project of twelve tracklets, and its crops as a data set."""
    folder = tmp_path_factory.mktemp("project")
    path = write_project(folder / "p.sightline", n_ids=6)
    assert main(["dataset", "--project", str(path), "--out", str(folder / "set"), "--validate", "0"]) == 0
    return path, folder / "set"


@pytest.mark.slow
@pytest.mark.parametrize("method", METHODS)
def test_a_method_from_training_to_search(method, market, project, tmp_path, capsys):
    out = tmp_path / "run"
    config = read_config(method, [*SMALL, *OWN.get(method, ())])

    def stop_after_an_epoch(row):
        if row["row"] == "epoch" and row["epoch"] == 1:
            (out / "stop").touch()

    with pytest.raises(CancelledError):
        start(config, RunSettings(data=str(market), device="cpu"), out, echo=stop_after_an_epoch)
    assert json.loads((out / "state.json").read_text())["epoch"] == 1
    assert main(["resume", str(out)]) == 0
    model = str(out / "model.safetensors")
    assert main(["export", "--model", model, "--out", str(out / "model.xml")]) == 0
    path, crops = project
    assert sightline(["embed", str(path), "--model", model, "--device", "cpu"]) == 0
    capsys.readouterr()

    pictures = read_market(crops).train
    tracklets = {
        tracklet: number
        for number, person in json.loads((crops / "ids.json").read_text()).items()
        for tracklet in person["tracklets"]
    }
    row_of = {
        tracklet: next(
            row for row, p in enumerate(pictures) if p.pid == int(pid) and p.camid == int(tracklet[1])
        )
        for tracklet, pid in tracklets.items()
    }
    features = embed_pictures(load_embedder(model, device="cpu"), pictures)
    distances = np.concatenate([block for _, block in search_blocks(features, features, SearchConfig())])
    spread = 0.0
    for tracklet in ("c1s1t1", "c2s1t4"):
        assert sightline(["search", str(path), "--tracklet", tracklet, "--all", "--json"]) == 0
        hits = [hit["tracklet"] for hit in json.loads(capsys.readouterr().out)]
        assert set(hits) == set(tracklets) - {tracklet}
        ranked = distances[row_of[tracklet]][[row_of[hit] for hit in hits]]
        assert (np.diff(ranked) >= -TOLERANCE).all()
        spread = max(spread, float(np.ptp(ranked)))
    assert spread > 10 * TOLERANCE
