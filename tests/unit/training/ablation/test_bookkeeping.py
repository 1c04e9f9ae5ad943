"""The ablation's cells: that each is a config, what they share, and that finished ones are found again."""

from __future__ import annotations

import dataclasses
import json
import math

import pytest
import torch

from training.ablation.cells import (
    Figures,
    Result,
    ResultError,
    Results,
    key_of,
    plan_runs,
    settings_of,
)
from training.ablation.grid import BASE, CELLS, CLAIMS, GROUPS, SEEDS, merge
from training.ablation.people import N_A_VIEW, split_people
from training.config import TrainingConfig, change
from training.datasets.market import Picture
from training.engine.run import start_run
from training.engine.step import take_step

EVERY = [(group, cell) for group in GROUPS for cell in CELLS[group]]


def result_of(run, rank1=0.5):
    figures = Figures(rank1, 0.4, 0.3)
    return Result(run.key, run.seed, run.settings, figures, figures, 10, 1.5, "ab")


@pytest.mark.parametrize(("group", "cell"), EVERY, ids=lambda value: getattr(value, "name", value))
def test_every_cell_takes_a_step(group, cell):
    config = change(TrainingConfig(), settings_of(cell))
    assert config.schedule.n_epochs == 20
    assert config.model.backbone.name == "osnet_x0_25"
    run = start_run(config, 2)
    assert run.network.dim <= 512
    images = torch.randn(4, 3, config.batch.height, config.batch.width)
    terms = take_step(run, config, images, torch.tensor([0, 0, 1, 1]), 1)
    assert all(math.isfinite(value) for value in terms.values())


def test_cells_of_a_group_differ_and_claims_name_cells():
    for group in GROUPS:
        assert len({key_of(cell) for cell in CELLS[group]}) == len(CELLS[group])
    for claim in CLAIMS:
        assert {claim.after, claim.before} <= {cell.name for cell in CELLS[claim.group]}


def test_tricks_add_up_to_the_common_setting():
    tricks = CELLS["tricks"]
    assert settings_of(tricks[-1]) == BASE
    assert [len(_flat(cell.changes)) for cell in tricks] == [5, 4, 3, 2, 1, 0]


def _flat(changes, path=()):
    pairs = [_flat(v, (*path, k)) if isinstance(v, dict) else [((*path, k), v)] for k, v in changes.items()]
    return [pair for part in pairs for pair in part]


def test_equal_settings_are_run_once():
    runs = plan_runs(GROUPS)
    assert len({run.name for run in runs}) == len(runs)
    assert len(runs) == len({key_of(cell) for _, cell in EVERY}) * len(SEEDS)
    by_name = {cell.name: key_of(cell) for _, cell in EVERY}
    assert by_name["16 x 4"] == by_name["128 x 64"] == by_name["+ centre loss"]
    assert by_name["8 x 4"] != by_name["16 x 4"]


def test_merge_keeps_what_is_not_named():
    assert merge({"a": {"b": 1, "c": 2}}, {"a": {"b": 3}}, {"d": 4}) == {"a": {"b": 3, "c": 2}, "d": 4}


def test_finished_runs_are_found_again(tmp_path):
    results = Results(tmp_path / "results")
    runs = plan_runs(["batch"])
    assert not any(results.has(run) for run in runs)
    assert results.of(CELLS["batch"][0]) == []
    for run in runs[:2]:
        results.add(result_of(run))
    assert [results.has(run) for run in runs] == [True, True] + [False] * (len(runs) - 2)
    assert results.of(CELLS["batch"][0]) == [result_of(run) for run in runs[:2]]
    assert results.of(CELLS["batch"][1]) == []
    assert [path.suffix for path in (tmp_path / "results").iterdir()] == [".json"] * 2


@pytest.mark.parametrize("text", ["", "{", "[]", '{"key": 1}', "null"])
def test_a_damaged_result_is_named(tmp_path, text):
    run = plan_runs(["dpti"])[0]
    (tmp_path / f"{run.name}.json").write_text(text)
    with pytest.raises(ResultError, match=f"{run.name}.*run the cell again"):
        Results(tmp_path).of(CELLS["dpti"][0])


def test_a_result_of_another_setting_is_not_taken(tmp_path):
    run = plan_runs(["dpti"])[0]
    content = dataclasses.asdict(result_of(run)) | {"key": "0" * 12}
    (tmp_path / f"{run.name}.json").write_text(json.dumps(content))
    with pytest.raises(ResultError, match="another setting"):
        Results(tmp_path).of(CELLS["dpti"][0])


def test_people_are_split_in_turn_and_never_shared(tmp_path):
    pictures = [
        Picture(f"{pid:04}_c{cam}s1_{k:06}_00.jpg", pid, cam, tmp_path)
        for pid in range(1, 11)
        for cam in (1, 2)
        for k in range(4 if pid < 9 else 1)
    ]
    people = split_people(pictures)
    trained, asked = {p.pid for p in people.train}, {p.pid for p in people.query}
    assert trained == {1, 3, 5, 7, 9}
    assert asked == {2, 4, 6, 8}
    assert {p.pid for p in people.gallery} == {2, 4, 6, 8, 10}
    assert not set(people.query) & set(people.gallery)
    assert len(people.query) == 8
    assert max(sum(p.pid == 1 and p.camid == cam for p in people.train) for cam in (1, 2)) == N_A_VIEW
