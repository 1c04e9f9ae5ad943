"""The active model against a run's: measured on people it was not trained on, used, the old one dropped."""

import json
import os

import pytest

from app.observed import Observed
from app.presenters import train_compare
from app.presenters.runs import read_run
from app.presenters.train_compare import ComparePresenter, install
from app.workspace import ActiveModel, JobState, Workspace
from reid_core.weights.library import read_card
from tests.fakes.asking import FakeAsker, Shown
from tests.fakes.jobs import FakeJobs
from tests.fakes.lanes import ImmediateBackground, ImmediateLane
from tests.fakes.projects import two_cameras
from tests.fakes.training_child import write_model

ACTIVE = ActiveModel("k1", "light", "light", others=(("k0", "older"),))
FOUND = {
    "a": {"model": "light", "rank1": 0.86, "rank5": 0.94, "map": 0.71, "minp": 0.48},
    "b": {"model": "model", "rank1": 0.91, "rank5": 0.95, "map": 0.78, "minp": 0.4},
    "n_query": 120, "n_ids": 44, "verdict": "b is better",
    "difference": {
        "rank1": {"value": 0.05, "low": -0.01, "high": 0.09},
        "map": {"value": 0.07, "low": 0.04, "high": 0.1},
        "minp": {"value": -0.08, "low": -0.1, "high": -0.02},
    },
}  # fmt: skip
LISTS = {
    "models": [{}, {}],
    "queries": [
        {"name": "a.png", "pid": 7, "camid": 2, "picture": "pictures/q0.png", "ap": [0.4, 0.9],
         "ranks": [[{"picture": "pictures/g0.png", "is_same": True, "similarity": 0.9}], []]},
    ],
}  # fmt: skip


class Project:
    def __init__(self):
        self.settings, self.dropped = {}, []

    def setting(self, name, default=None):
        return self.settings.get(name, default)

    def set_setting(self, name, value):
        self.settings[name] = value

    def spaces(self):
        return []


class World:
    def __init__(self, tmp_path):
        self.path = tmp_path / "p.sightline"
        self.folder = tmp_path / "p.sightline.d" / "runs" / "3"
        self.view, self.workspace, self.asker = Shown(), Workspace(), FakeAsker()
        self.jobs, self.project, self.n_refreshed = FakeJobs(self.workspace), Project(), 0
        self.current = Observed(None)
        self.compare = ComparePresenter(
            self.view, self.workspace, self.current, ImmediateLane(self.project), ImmediateBackground(),
            self.asker, self.jobs, self._refresh,
        )  # fmt: skip
        snapshot = two_cameras()
        self.workspace.snapshot.set(type(snapshot)(**{**vars(snapshot), "path": str(self.path)}))
        self.workspace.model.set(ACTIVE)

    def _refresh(self):
        self.n_refreshed += 1

    def run(self, status="done", epoch=4, held_out=True):
        self.folder.mkdir(parents=True, exist_ok=True)
        state = {"status": status, "pid": os.getpid(), "epoch": epoch, "n_epochs": 4, "init": "bundled:light"}
        (self.folder / "state.json").write_text(json.dumps(state))
        (self.folder / "data" / "query").mkdir(parents=True, exist_ok=True)
        if held_out:
            (self.folder / "data" / "query" / "a.png").write_bytes(b"x")
        write_model(self.folder / "model.safetensors", epoch)
        self.current.set(read_run(self.folder))
        return self

    def measured(self):
        self.run()
        self.asker.answer("compare", FOUND)
        (self.folder / "inspection").mkdir()
        (self.folder / "inspection" / "inspection.json").write_text(json.dumps(LISTS))
        self.asker.answer("compare")
        return self

    @property
    def state(self):
        return self.view.last["show_comparison"]


@pytest.fixture
def world(tmp_path):
    return World(tmp_path)


def test_a_finished_run_is_compared_without_being_asked(world):
    world.run()
    arguments = world.asker.arguments("compare")
    assert arguments[:3] == ("compare", "light", str(world.folder / "model.safetensors"))
    assert arguments[arguments.index("--data") + 1] == str(world.folder / "data")
    assert world.state.is_busy
    world.asker.cancel("compare")
    world.run()  # the same again: once is enough
    assert "compare" not in world.asker.open


def test_a_run_that_is_removed_is_let_go(world):
    world.run()
    world.compare.let_go(world.current.value)
    assert "compare" not in world.asker.open


def test_a_run_under_way_is_compared_only_when_asked(world):
    world.run("running", epoch=2)
    assert "compare" not in world.asker.open
    assert world.state.use == "Use Run 3 as it is"
    world.compare.compare()
    assert "compare" in world.asker.open


def test_measures_have_intervals_and_what_follows(world):
    world.measured()
    lines = {line.name: line for line in world.state.lines}
    assert [line.name for line in world.state.lines] == ["mAP", "rank-1", "rank-5", "mINP"]
    assert (lines["mAP"].change, lines["mAP"].interval, lines["mAP"].level) == (
        "+0.07",
        "+0.04 to +0.10",
        "ok",
    )
    assert (lines["rank-1"].interval, lines["rank-1"].level) == ("−0.01 to +0.09", "")
    assert lines["mINP"].level == "bad"
    assert lines["rank-5"].interval == ""  # nobody has measured one
    assert world.state.verdict == "Run 3 is better: the interval of mAP leaves out 0."
    assert "44 people that the run was not trained on" in world.state.intro
    (query,) = world.state.queries
    assert query.title == "Camera 2, person 7"
    assert "average precision 0.40" in query.words
    assert world.state.folder == world.folder / "inspection"


def test_the_active_models_figures_are_kept_for_the_header(world):
    world.measured()
    kept = world.project.settings["metrics:k1"]
    assert (kept["map"], kept["n_ids"]) == (0.71, 44)
    assert world.n_refreshed == 1


def test_what_was_measured_is_there_again(world, tmp_path):
    world.measured()
    again = World(tmp_path).run()
    assert again.state.lines == world.state.lines
    assert "compare" not in again.asker.open


def test_a_comparison_that_fails_says_why(world):
    world.run()
    world.asker.answer("compare", None, code=1, lines=("The gallery is empty.",))
    assert (world.state.verdict, world.state.level) == ("The gallery is empty.", "bad")
    assert not world.state.is_busy


@pytest.mark.parametrize("text", ["", "[]", '{"found": 3}', '{"found": {"a": 1}, "epoch": "x"}'])
def test_a_kept_comparison_that_makes_no_sense_counts_as_none(world, text):
    world.folder.mkdir(parents=True)
    (world.folder / "comparison.json").write_text(text)
    world.run("stopped")
    assert world.state.lines == ()


def test_without_held_out_people_there_is_nothing_to_measure_on(world):
    world.run(held_out=False)
    assert not world.state.can_compare
    assert "no people were held out" in world.state.verdict
    assert "export the project as Market-1501" in world.state.verdict, "and what to do about it"


def test_the_data_set_of_a_folders_run_is_the_folders(world, tmp_path):
    world.folder.mkdir(parents=True)
    (world.folder / "config.toml").write_text('[run]\ndata = "/sets/market"\ndataset = "market1501"\n')
    state = {"status": "done", "epoch": 1, "n_epochs": 1}
    (world.folder / "state.json").write_text(json.dumps(state))
    write_model(world.folder / "model.safetensors", 1)
    world.current.set(read_run(world.folder))
    arguments = world.asker.arguments("compare")
    assert arguments[arguments.index("--data") + 1 :][:3] == ("/sets/market", "--dataset", "market1501")
    world.asker.answer("compare", FOUND)
    world.asker.answer("compare")
    assert "44 people" in world.state.intro
    assert world.project.settings == {}, "what a folder's people give is no figure of this project"


def test_the_figures_of_the_run_that_is_used_are_kept_whatever_is_looked_at_meanwhile(world, tmp_path):
    class Space:
        key, name = "k2", "p run 3"

    world.measured()
    world.compare.use()
    world.folder = tmp_path / "p.sightline.d" / "runs" / "4"
    world.run("stopped", epoch=1)
    world.project.spaces = lambda: [Space]
    world.jobs.put(JobState(1, world.jobs.specs[0].name, status="done"))
    assert world.project.settings["metrics:k2"]["map"] == 0.78


def test_using_a_run_takes_a_copy_and_describes_in_the_background(world):
    world.measured()
    world.compare.use()
    (spec,) = world.jobs.specs
    model = world.path.with_name("p.sightline.d") / "models" / "p run 3.safetensors"
    assert spec.arguments == ("embed", str(world.path), "--model", str(model), "--events")
    assert spec.project == world.path
    assert model.read_bytes() == (world.folder / "model.safetensors").read_bytes()
    assert "research" in read_card(model).licence.lower()
    assert not world.state.can_use
    assert "the old vectors stay" in world.state.use_note
    world.jobs.put(JobState(1, spec.name, status="done"))
    assert "searched with p run 3 now" in world.workspace.notice.value.text
    world.workspace.model.set(ActiveModel("k2", "p run 3", str(model), others=(("k1", "light"),)))
    assert world.state.why_not_use == "it is the active model already"
    assert world.state.old_spaces == (("k1", "light"),)


def test_a_job_that_fails_leaves_the_old_model_active(world):
    world.measured()
    world.compare.use()
    world.jobs.put(JobState(1, "x", status="failed", message="no room"))
    assert world.state.can_use
    assert world.workspace.notice.value is None or "searched" not in world.workspace.notice.value.text


def test_the_same_model_is_taken_once_and_another_gets_a_number(tmp_path):
    write_model(tmp_path / "a.safetensors", 1)
    write_model(tmp_path / "b.safetensors", 2)
    folder = tmp_path / "models"
    first = install(tmp_path / "a.safetensors", folder, "p run 1", "text", "MIT")
    assert install(tmp_path / "a.safetensors", folder, "p run 1", "text", "MIT") == first
    second = install(tmp_path / "b.safetensors", folder, "p run 1", "text", "MIT")
    assert second.name == "p run 1 (2).safetensors"
    assert read_card(second).text == "text"


def test_old_vectors_are_dropped_when_asked(world, monkeypatch):
    class Space:
        name = "older"

    asked = []
    monkeypatch.setattr(train_compare, "drop_vectors", lambda project, key: asked.append(key) or Space)
    world.compare.drop("k0")
    assert asked == ["k0"]
    assert "older are dropped" in world.workspace.notice.value.text
