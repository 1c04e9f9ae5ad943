"""A project's people and a data set's, trained on together."""

from __future__ import annotations

import json

import pytest

from reid_core.errors import UsageError
from tests.fakes.people import write_market, write_project
from training.__main__ import main
from training.datasets.joining import join
from training.datasets.market import read_market
from training.engine.material import material_of, read_source
from training.engine.settings import RunSettings


def test_nobody_and_no_camera_of_one_set_is_taken_for_one_of_the_other(tmp_path):
    own = read_market(write_market(tmp_path / "own", n_ids=3, n_test_ids=2))
    more = read_market(write_market(tmp_path / "more", n_ids=4, n_test_ids=0)).train
    joined = join(own, more)
    assert (joined.query, joined.gallery) == (own.query, own.gallery)
    assert joined.train[: len(own.train)] == own.train
    further = joined.train[len(own.train) :]
    assert [picture.path for picture in further] == [picture.path for picture in more]
    assert {picture.pid for picture in further} == {6, 7, 8, 9}
    assert {picture.camid for picture in further} == {3, 4}


@pytest.mark.parametrize(("n_own", "held_out_of"), [(8, "the project"), (2, "both")])
def test_people_are_held_out_of_the_project_where_it_has_enough(tmp_path, n_own, held_out_of):
    project = write_project(tmp_path / "p.sightline", n_ids=n_own, n_crops=2)
    data = write_market(tmp_path / "set", n_ids=8, n_test_ids=0)
    settings = RunSettings(project=str(project), data=str(data), validate=0.25)
    found = material_of(read_source(settings, tmp_path), settings)
    trained, tested = {p.pid for p in found.train}, {p.pid for p in found.query}
    assert not trained & tested
    assert len(trained | tested) == n_own + 8
    assert len(tested) >= 2
    assert (max(tested) <= n_own) is (held_out_of == "the project")


def test_both_are_checked_and_named_on_the_command_line(tmp_path, capsys):
    project = write_project(tmp_path / "p.sightline", n_ids=8, n_crops=2)
    data = write_market(tmp_path / "set", n_ids=3, n_test_ids=0)
    config = tmp_path / "small.toml"
    config.write_text('preset = "bot"\n[batch]\nn_ids = 4\n', encoding="utf-8")
    names = ["--project", str(project), "--data", str(data)]
    assert main(["preflight", *names, "--config", str(config), "--json"]) == 0
    report = json.loads(capsys.readouterr().out)
    assert report["counts"]["train"]["ids"] == 8 - report["counts"]["query"]["ids"] + 3
    assert report["counts"]["train"]["cameras"] == 4
    assert (report["dataset"], report["data"]) == ("project and market", f"{project} and {data}")


def test_neither_is_an_error_that_says_what_to_name(tmp_path):
    with pytest.raises(UsageError, match=r"--data FOLDER, --project FILE\.sightline, or both"):
        read_source(RunSettings(), tmp_path)
