"""Models: cards and licences, imports that are refused in a sentence, use, export, figures."""

import json
from pathlib import Path

import pytest

from app.presenters import models as models_module
from app.presenters.active_model import metrics_words, read_active
from app.presenters.evaluate import EvaluatePresenter
from app.presenters.model_words import evaluation_of, licence_words, model_card
from app.presenters.models import ModelsPresenter
from app.workspace import ActiveModel, JobState, Page, Workspace
from reid_core.weights.library import Card, InstalledModel
from tests.fakes import training_child
from tests.fakes.asking import FakeAsker, Shown
from tests.fakes.jobs import FakeJobs
from tests.fakes.lanes import ImmediateBackground, ImmediateLane
from tests.fakes.projects import two_cameras


def model(name, kind="reid", *, own=False, licence="", suffix=".safetensors"):
    card = Card(licence=licence, layout="Sightline bundle", text="# Card")
    return InstalledModel(name, kind, Path(f"/models/{name}{suffix}"), name * 12, 2_000_000, card, is_own=own)


INSTALLED = (
    model("mine", own=True, licence="MIT"),
    model("light", licence="LicenseRef-research-use-only"),
    model("retail", licence="Apache-2.0", suffix=".xml"),
    model("yolo", "detector", licence="AGPL-3.0-only"),
)


class Project:
    def __init__(self):
        self.settings = {}

    def setting(self, name, default=None):
        return self.settings.get(name, default)

    def set_setting(self, name, value):
        self.settings[name] = value


class World:
    def __init__(self, tmp_path, monkeypatch):
        monkeypatch.setattr(models_module, "list_installed", lambda own: INSTALLED)
        self.path = tmp_path / "p.sightline"
        self.view, self.workspace, self.asker = Shown(), Workspace(), FakeAsker()
        self.jobs, self.project, self.n_measured = FakeJobs(self.workspace), Project(), 0
        lane = ImmediateLane(self.project)
        self.models = ModelsPresenter(
            self.view, self.workspace, lane, ImmediateBackground(), self.asker, self.jobs, lambda: None
        )
        self.evaluation = EvaluatePresenter(
            self.view,
            self.workspace,
            self.models.current,
            lane,
            ImmediateBackground(),
            self.jobs,
            self._measured,
        )
        snapshot = two_cameras()
        self.workspace.snapshot.set(type(snapshot)(**{**vars(snapshot), "path": str(self.path)}))
        self.workspace.model.set(ActiveModel("k1", "light", "light", others=(("k0", "older"),)))
        self.workspace.page.set(Page.MODELS)

    def _measured(self):
        self.n_measured += 1

    @property
    def card(self):
        return self.view.last["show_card"]

    @property
    def evaluated(self):
        return self.view.last["show_evaluation"]


@pytest.fixture
def world(tmp_path, monkeypatch):
    return World(tmp_path, monkeypatch)


def test_the_active_model_is_in_hand_and_research_models_are_marked(world):
    lines, current = world.view.last["show_models"]
    assert [line.name for line in lines if line.is_research] == ["light"]
    assert [line.name for line in lines if line.is_active] == ["light"]
    assert [line.group for line in lines] == ["This project's models", "Re-identification", "", "Detector"]
    assert current == "/models/light.safetensors"
    assert world.card.licence == "Research use only"
    assert world.card.old_spaces == (("k0", "older"),)
    assert "already" in world.card.why_not_use


def test_until_one_is_chosen_the_active_model_is_in_hand_whenever_it_becomes_known(world):
    world.workspace.model.set(ActiveModel("k2", "mine", "/models/mine.safetensors"))
    assert world.card.name == "mine"
    world.models.select("/models/retail.xml")
    world.workspace.model.set(ActiveModel("k1", "light", "light"))
    assert world.card.name == "retail"


@pytest.mark.parametrize(
    ("name", "can"),
    [
        ("mine.safetensors", {"evaluate", "use", "export", "remove"}),
        ("retail.xml", {"evaluate", "use"}),
        ("yolo.safetensors", set()),
    ],
)
def test_what_can_be_done_with_a_model(world, name, can):
    world.models.select(f"/models/{name}")
    assert world.card.can == can


def test_an_unknown_licence_is_research_only():
    assert licence_words("") == "Unknown: treat it as research use only"
    assert model_card(model("x"), None, 3, "").is_research
    assert model_card(None, None, 3, "").name == ""


def test_a_refused_checkpoint_is_one_sentence(world):
    world.models.import_file(Path("/x/evil.pth"))
    assert world.asker.arguments("import") == ("import-model", str(world.path), "/x/evil.pth", "--json")
    assert world.view.last["show_importing"] == "Reading evil.pth"
    world.asker.answer("import", None, code=1, lines=("evil.pth holds os.system, which is no tensor.",))
    assert world.view.last["show_refusal"] == "evil.pth holds os.system, which is no tensor."
    assert world.view.last["show_importing"] == ""
    world.models.import_file(Path("/x/crash.pth"))
    world.asker.answer("import", None, code=-1, lines=("It ended unexpectedly.",))
    assert world.view.last["show_refusal"] == "It ended unexpectedly."
    world.models.select("/models/mine.safetensors")
    assert world.view.last["show_refusal"] == ""


def test_an_imported_checkpoint_is_taken_in_hand(world):
    world.models.import_file(Path("/x/good.pth"))
    world.asker.answer(
        "import", {"path": "/models/mine.safetensors", "name": "mine", "layout": "torchreid OSNet"}
    )
    assert world.card.name == "mine"
    assert "torchreid OSNet" in world.workspace.notice.value.text


def test_using_a_model_describes_in_the_background(world):
    world.models.use()
    assert world.jobs.specs == []  # it is in use
    world.models.select("/models/mine.safetensors")
    world.models.use()
    (spec,) = world.jobs.specs
    assert spec.arguments == ("embed", str(world.path), "--model", "/models/mine.safetensors", "--events")
    assert "being described with mine" in world.card.why_not_use
    world.jobs.put(JobState(1, spec.name, status="done"))
    assert "searched with mine now" in world.workspace.notice.value.text


def test_an_export_is_a_job_of_training(world):
    world.models.select("/models/mine.safetensors")
    world.models.export("openvino", Path("/out/mine"))
    (spec,) = world.jobs.specs
    assert spec.module == "training"
    assert spec.arguments == (
        "export", "--model", "/models/mine.safetensors", "--format", "openvino", "--out", "/out/mine.xml",
    )  # fmt: skip
    world.jobs.put(JobState(1, spec.name, status="done"))
    assert world.workspace.notice.value.text == "mine.xml is written and checked."


def test_too_few_decided_people_are_counted(world):
    assert not world.evaluated.can_start
    assert "2 accepted people whom two cameras saw, 0 so far" in world.evaluated.message


def test_a_model_is_measured_on_a_folder_and_the_worst_come_first(world):
    world.evaluation.choose("folder", "/sets/market")
    assert world.evaluated.can_start
    world.evaluation.start()
    (spec,) = world.jobs.specs
    assert spec.arguments[:4] == ("inspect", "/models/light.safetensors", "--data", "/sets/market")
    out = Path(spec.arguments[spec.arguments.index("--out") + 1])
    assert out.is_relative_to(f"{world.path}.d")
    assert world.evaluated.is_busy
    training_child.main(["inspect", "light", "--data", "x", "--out", str(out)])
    world.jobs.put(JobState(1, spec.name, status="done"))
    assert not world.evaluated.is_busy
    assert dict(world.evaluated.figures)["mAP"] == "0.710"
    assert world.evaluated.queries[0].title == "Camera 2, person 1"
    assert world.evaluated.cmc[0].x[:2] == (1.0, 2.0)
    assert world.n_measured == 0  # a folder says nothing of this project
    world.models.select("/models/mine.safetensors")
    assert world.evaluated.figures == ()
    world.models.select("/models/light.safetensors")
    assert dict(world.evaluated.figures)["mAP"] == "0.710"


def test_measuring_on_the_project_is_kept_for_the_header(world, monkeypatch):
    monkeypatch.setattr(EvaluatePresenter, "_why_not", lambda self: "")
    world.evaluation.start()
    (spec,) = world.jobs.specs
    assert spec.arguments[2:4] == ("--project", str(world.path))
    out = Path(spec.arguments[spec.arguments.index("--out") + 1])
    training_child.main(["inspect", "light", "--data", "x", "--out", str(out)])
    world.jobs.put(JobState(1, spec.name, status="done"))
    assert world.project.settings["metrics:k1"]["map"] == 0.71
    assert world.n_measured == 1


def test_measuring_can_be_stopped_and_fails_in_a_sentence(world):
    world.evaluation.choose("folder", "/sets/market")
    world.evaluation.start()
    world.evaluation.start()
    assert world.jobs.asked == [("cancel", 1)]
    assert not world.evaluated.is_busy
    world.evaluation.start()
    world.jobs.put(JobState(2, "x", status="failed", message="a.jpg is no picture."))
    assert (world.evaluated.message, world.evaluated.level) == ("a.jpg is no picture.", "bad")


@pytest.mark.parametrize(
    "found", [{}, {"models": []}, {"models": [{"cmc": 3}]}, {"models": [{"cmc": [], "roc": []}]}]
)
def test_a_result_that_makes_no_sense_shows_nothing(found, tmp_path):
    assert evaluation_of(found, tmp_path).figures == ()


def test_what_the_header_says():
    assert metrics_words({}) == ("", "")
    assert metrics_words({"map": "x", "rank1": 1, "n_ids": 2}) == ("", "")
    found = {"map": 0.714, "rank1": 0.86, "n_ids": 44, "on": "held-out people"}
    assert metrics_words(found)[1] == "mAP 0.71, rank-1 0.86 on 44 people of held-out people"


def test_the_model_that_is_searched_is_the_active_one(tmp_path):
    from reid_core.store.project import Project as Real
    from tests.unit.reid_core.store.build import made

    with made(tmp_path / "p.sightline") as project:
        project.set_setting("metrics:" + "f0" * 32, json.loads('{"map": 0.5, "rank1": 0.6, "n_ids": 3}'))
        found = read_active(project)
    assert (found.name, found.metrics, found.others) == ("fake", "mAP 0.50 here", ())
    with Real.create(tmp_path / "q.sightline") as empty:
        assert read_active(empty) is None
