"""What a run is made with: choices, the dataset check, the estimate; nothing is made up."""

import json
from pathlib import Path

import pytest

from app.presenters import train_form
from app.presenters.train_form import FIRST, UNKNOWN, TrainFormPresenter
from app.presenters.train_options import TrainOptions, check_of, flatten, from_text
from app.workspace import ActiveModel, Page, Workspace
from tests.fakes.asking import FakeAsker, Shown
from tests.fakes.lanes import ImmediateBackground, ImmediateLane
from tests.fakes.projects import two_cameras

CONFIG = {
    "model": {"method": "osnet", "backbone": {"name": "osnet_lct"}, "options": {}},
    "loss": {"metric": "none", "margin": 0.3, "is_soft_margin": False},
    "schedule": {"n_epochs": 20, "lr": 0.00035},
    "batch": {"n_ids": 8, "n_images": 4, "height": 256, "width": 128},
    "size": {"dim": 512, "parameters": 201864, "gflops": 0.082},
    "key": "k",
}
NAMES = {
    "presets": ["bot", "osnet", "light"], "methods": ["bot", "osnet"], "backbones": ["resnet50", "osnet_lct"],
}  # fmt: skip
REPORT = {
    "is_fatal": False,
    "counts": {
        "train": {"pictures": 480, "ids": 12, "cameras": 3}, "query": {"pictures": 0, "ids": 0, "cameras": 0},
    },
    "findings": [
        {"kind": "near_duplicates", "level": "warning", "count": 112, "of": 480, "sentence": "Alike.",
         "advice": "One is enough.", "examples": ["a.png"]},
    ],
}  # fmt: skip
FATAL = {
    "is_fatal": True, "counts": {"train": {"pictures": 8, "ids": 2, "cameras": 2}},
    "findings": [
        {"kind": "one_camera_ids", "level": "info", "count": 1, "of": 2, "sentence": "One.", "advice": ""},
        {"kind": "too_few_ids", "level": "fatal", "count": 2, "of": 8, "sentence": "2 people are too few.",
         "advice": "Accept more."},
    ],
}  # fmt: skip


class Settings:
    def __init__(self):
        self.speeds = {}

    def speed(self, key):
        return self.speeds.get(key)

    def keep_speed(self, key, value):
        self.speeds[key] = value


class Project:
    def __init__(self):
        self.settings = {}

    def setting(self, name, default=None):
        return self.settings.get(name, default)

    def set_setting(self, name, value):
        self.settings[name] = json.loads(json.dumps(value))


class World:
    def __init__(self, tmp_path, monkeypatch, saved=None):
        monkeypatch.setattr(train_form, "list_inits", lambda: (("none", "Random weights"),))
        self.view, self.workspace, self.asker = Shown(), Workspace(), FakeAsker()
        self.project, self.settings, self.started = Project(), Settings(), []
        if saved:
            self.project.settings["train"] = saved
        self.form = TrainFormPresenter(
            self.view, self.workspace, ImmediateLane(self.project), ImmediateBackground(), self.asker,
            self.settings, self.started.append,
        )  # fmt: skip
        snapshot = two_cameras()
        self.path = str(tmp_path / "p.sightline")
        self.workspace.snapshot.set(type(snapshot)(**{**vars(snapshot), "path": self.path}))

    def seen(self):
        self.workspace.page.set(Page.TRAIN)
        return self

    def ready(self, report=REPORT):
        self.seen()
        self.asker.answer("recipes", NAMES)
        self.asker.answer("describe", CONFIG)
        self.asker.answer("preflight", report, code=3 if report["is_fatal"] else 0)
        return self

    @property
    def shown(self):
        return self.view.last["show_form"]

    @property
    def check(self):
        return self.view.last["show_check"]


@pytest.fixture
def world(tmp_path, monkeypatch):
    return World(tmp_path, monkeypatch)


def test_nothing_is_asked_before_the_page_is_seen(world):
    assert world.asker.asked == []
    assert not world.shown.can_start
    world.seen()
    assert {topic for topic, _ in world.asker.asked} == {"recipes", "describe", "preflight"}
    assert world.shown.note == "Loading the recipes"
    assert world.check.summary == "checking"


def test_a_project_begins_with_a_network_that_a_processor_can_train(world):
    world.ready()
    assert (world.shown.recipe, world.shown.backbone) == (FIRST.recipe, "osnet_lct")
    assert world.shown.size == "0.2 million parameters, 0.08 GFLOPs a picture, 512 numbers"
    assert world.shown.can_start
    world.form.start()
    (make,) = world.started
    command = make(Path("/r/1"))
    assert command[:6] == ("train", "light", "--project", world.path, "--out", "/r/1")
    assert command[6:8] == ("--init", "bundled:light")
    assert "--events" in command
    assert "batch.n_ids=8" in command


def test_the_check_is_a_readable_list_with_the_worst_first(world):
    world.ready(FATAL)
    assert world.check.summary == "checking"  # again, with no more people in a batch than there are
    assert "batch.n_ids=2" in world.asker.arguments("describe")
    world.asker.answer("preflight", FATAL, code=3)
    assert (world.check.level, world.check.summary) == ("bad", "cannot be trained yet")
    assert [line.level for line in world.check.lines] == ["ok", "bad", "info"]
    fatal = world.check.lines[1]
    assert (fatal.title, fatal.value, fatal.detail) == (
        "People",
        "2 of 8",
        "2 people are too few. Accept more.",
    )
    assert not world.shown.can_start
    assert "dataset check" in world.shown.why_not
    world.form.start()
    assert world.started == []


def test_a_check_that_fails_says_why(world):
    world.seen().asker.answer("preflight", None, code=1, lines=("Nobody was accepted: decide first.",))
    assert world.check.problem == "Nobody was accepted: decide first."
    assert world.check.level == "bad"


def test_a_clean_set_says_so():
    check = check_of({"is_fatal": False, "counts": {}, "findings": []})
    assert [line.title for line in check.lines] == ["Nothing is wrong with the pictures"]
    assert check_of({"findings": [{"kind": "new_kind"}, "odd"]}).lines[0].title == "New kind"


def test_time_and_memory_are_not_known_until_they_are_measured(world):
    world.ready()
    facts = dict(world.shown.facts)
    assert facts["Time"] == facts["Memory"] == UNKNOWN
    assert world.shown.measured == ""


def test_a_few_batches_are_run_to_know_them(world, tmp_path):
    world.ready()
    world.form.toggle_measuring()
    arguments = world.asker.arguments("measure")
    assert arguments[-1] == "--skip-preflight"
    out = Path(arguments[arguments.index("--out") + 1])
    rows = [{"row": "start", "n_pictures": 480}]
    rows += [{"row": "step", "iteration": n, "images_per_s": 5.0 if n < 2 else 40.0} for n in range(4)]
    (out / "log.jsonl").write_text("".join(json.dumps(row) + "\n" for row in rows))
    world.form.tick()
    assert world.shown.is_measuring
    assert dict(world.shown.facts)["Time"] == "running a few batches"
    rows = [{"row": "step", "iteration": n, "images_per_s": 40.0} for n in range(4, 9)]
    with (out / "log.jsonl").open("a") as log:
        log.write("".join(json.dumps(row) + "\n" for row in rows))
    world.form.tick()
    assert not world.shown.is_measuring
    assert "measure" not in world.asker.open  # the child was ended
    assert not out.parent.exists()
    assert dict(world.shown.facts)["Time"] == "about 4 min 0 s and the validations"  # 480 * 20 / 40
    assert world.shown.measured == "measured on this computer"
    world.form.change("schedule.n_epochs", "40")
    assert dict(world.shown.facts)["Time"] == "about 8 min 0 s and the validations"


def test_measuring_that_fails_says_why_and_can_be_stopped(world):
    world.ready()
    world.form.toggle_measuring()
    world.asker.answer("measure", None, code=1, lines=("There is no weight for it.",))
    assert world.shown.note == "There is no weight for it."
    assert dict(world.shown.facts)["Time"] == UNKNOWN
    world.form.toggle_measuring()
    world.form.toggle_measuring()
    assert not world.shown.is_measuring
    assert "measure" not in world.asker.open


def test_a_change_is_kept_asked_about_and_checked_where_it_matters(world):
    world.ready()
    world.form.change("loss.margin", "0.5")
    assert world.shown.settings[[s.name for s in world.shown.settings].index("loss.margin")].is_changed
    assert "loss.margin=0.5" in world.asker.arguments("describe")
    assert "preflight" not in world.asker.open
    assert world.project.settings["train"]["changes"]["loss.margin"] == 0.5
    world.form.change("batch.n_ids", "4")
    assert "preflight" in world.asker.open
    arguments = world.asker.arguments("preflight")
    config = Path(arguments[arguments.index("--config") + 1]).read_text()
    assert config == 'preset = "light"\n[batch]\nn_images = 4\nn_ids = 4\n'
    world.form.reset()
    assert world.project.settings["train"]["changes"] == {}


def test_a_setting_that_cannot_be_keeps_the_run_from_starting(world):
    world.ready()
    world.form.change("schedule.n_epochs", "0")
    world.asker.answer("describe", None, code=2, lines=("A run has at least one epoch.",))
    assert (world.shown.note, world.shown.level) == ("A run has at least one epoch.", "bad")
    assert not world.shown.can_start
    world.form.change("schedule.n_epochs", "5")
    world.asker.answer("describe", CONFIG)
    assert world.shown.note == ""


def test_another_recipe_begins_anew_and_a_folder_is_data(world):
    world.ready()
    world.form.choose("recipe", "bot")
    assert world.asker.arguments("describe") == ("describe", "bot")
    assert not world.shown.is_ready
    world.asker.answer("describe", CONFIG)
    world.form.choose("folder", "/data/market")
    assert world.asker.arguments("preflight")[:3] == ("preflight", "--data", "/data/market")
    world.asker.answer("preflight", REPORT)
    world.form.start()
    assert world.started[0](Path("/r/1"))[:4] == ("train", "bot", "--data", "/data/market")
    world.form.choose("source", "both")
    asked = world.asker.arguments("preflight")
    assert asked[1] == "--project"
    assert asked[3:5] == ("--data", "/data/market")
    world.asker.answer("preflight", REPORT)
    world.form.start()
    arguments = world.started[-1](Path("/r/2"))
    assert arguments[2] == "--project"
    assert arguments[4:6] == ("--data", "/data/market")
    world.form.choose("folder", "/data/other")
    assert world.shown.source == "both"
    world.form.choose("source", "project")
    assert "--data" not in world.asker.arguments("preflight")


def test_what_was_chosen_is_there_again(tmp_path, monkeypatch):
    saved = TrainOptions("folder", "/data", "bot", "none", "cpu", {"loss.margin": 0.5}).as_setting()
    world = World(tmp_path, monkeypatch, saved).seen()
    assert world.asker.arguments("describe") == ("describe", "bot", "--set", "loss.margin=0.5")
    assert (world.shown.source, world.shown.device) == ("folder", "cpu")


@pytest.mark.parametrize("saved", [7, "x", {"recipe": 3, "changes": "no"}, {"source": "folder"}])
def test_saved_choices_that_make_no_sense_are_left_out(tmp_path, monkeypatch, saved):
    World(tmp_path, monkeypatch, saved).seen()


def test_a_recipe_of_another_version_is_replaced(tmp_path, monkeypatch):
    world = World(tmp_path, monkeypatch, {"recipe": "gone"}).seen()
    world.asker.answer("recipes", NAMES)
    assert world.shown.recipe == "bot"


def test_the_active_model_stays_until_it_is_switched(world):
    world.ready()
    world.workspace.model.set(ActiveModel("k", "light", "light"))
    assert dict(world.shown.facts)["Active model"] == "light stays until you switch"


def test_text_becomes_the_kind_of_value_that_it_replaces():
    assert from_text("3", 0.5) == 3.0
    assert from_text(" 12 ", 4) == 12
    assert from_text("circle", "none") == "circle"
    assert from_text("abc", 4) == "abc"  # the program says what is wrong with it
    assert from_text("[1, 2]", []) == [1, 2]
    assert flatten(CONFIG)["model.backbone.name"] == "osnet_lct"
