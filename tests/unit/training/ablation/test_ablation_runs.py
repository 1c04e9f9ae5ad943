"""One cell from end to end, small: the real engine trains, the cell is scored, and it is not run twice."""

from __future__ import annotations

from pathlib import Path

import cv2
import numpy as np
import torch

from reid_core.models.osnet import OSNet, OSNetLayout
from training.ablation import runner
from training.ablation.cells import PlannedRun, Results, key_of, settings_of
from training.ablation.grid import Cell
from training.datasets.market import MarketSet, Picture

TINY = Cell(
    "tiny",
    {
        "batch": {"height": 32, "width": 16, "n_ids": 2, "n_images": 2, "pad_px": 1},
        "schedule": {"n_epochs": 1, "delay": 0, "n_warmup": 0},
    },
)


def make_people(folder: Path) -> MarketSet:
    rng = np.random.default_rng(0)
    pictures = []
    for pid in (1, 2, 3):
        for camid in (1, 2):
            path = folder / f"{pid:04}_c{camid}s1_000000_00.png"
            cv2.imwrite(str(path), rng.integers(0, 255, (32, 16, 3), dtype=np.uint8))
            pictures.append(Picture(path.name, pid, camid, path))
    return MarketSet(tuple(pictures), tuple(pictures[::2]), tuple(pictures[1::2]))


def test_a_cell_is_trained_scored_and_kept(tmp_path, monkeypatch):
    start = tmp_path / runner.START
    start.parent.mkdir(parents=True)
    torch.manual_seed(0)
    torch.save(OSNet(OSNetLayout(0.25, n_classes=4)).state_dict(), start)
    people = make_people(tmp_path)
    monkeypatch.setattr(runner, "read_people", lambda data: people)
    run = PlannedRun(key_of(TINY), 1, "none", TINY.name, settings_of(TINY))
    results, work = Results(tmp_path / "results"), tmp_path / "work"
    n_threads = torch.get_num_threads()
    runner.run_all([run], tmp_path, work, results, n_threads=n_threads)
    (found,) = results.of(TINY, seeds=(1,))
    assert found.settings == settings_of(TINY)
    assert found.cpu_s > 0
    assert len(found.start_sha256) == 64
    for figures in (found.clean, found.occluded):
        assert 0 < figures.mean_ap <= 1
        assert figures.rank1 in (0, 0.3333, 0.6667, 1)
    assert list(work.iterdir()) == []
    monkeypatch.setattr(runner, "run_cell", lambda *_: (_ for _ in ()).throw(AssertionError("run twice")))
    runner.run_all([run], tmp_path, work, results, n_threads=n_threads)
