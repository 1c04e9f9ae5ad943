"""Checkpoints come into a project whole, known and named, or not at all."""

import json

import pytest
import torch
from torchvision.models import resnet as torchvision_resnet

from reid_core.cli.main import main
from reid_core.errors import ModelRefusedError, UsageError
from reid_core.models.importing import import_checkpoint
from reid_core.models.networks import read_network
from reid_core.models.osnet import OSNet, OSNetLayout
from reid_core.store.project import Project
from reid_core.weights.find import find_model
from reid_core.weights.library import Card, installed_models, is_research_only, read_card, remove_model
from tests.fakes.checkpoints import hostile_files
from tests.unit.reid_core.models.states import settle


@pytest.fixture(scope="module")
def osnet(tmp_path_factory):
    """A checkpoint as torchreid saves it."""
    torch.manual_seed(0)
    network = settle(OSNet(OSNetLayout(0.25, n_classes=3)))
    path = tmp_path_factory.mktemp("public") / "osnet_x0_25.pth"
    torch.save({"state_dict": {f"module.{k}": v for k, v in network.state_dict().items()}}, path)
    return path


def test_an_imported_checkpoint_gives_the_vectors_of_its_file(osnet, tmp_path):
    found = import_checkpoint(osnet, tmp_path / "models", "My OSNet", Card(licence="MIT"))
    assert (found.layout, found.dim, found.height) == ("torchreid OSNet", 512, 256)
    card = read_card(found.path)
    assert card.licence == "MIT"
    assert card.origin == "imported from osnet_x0_25.pth"
    assert card.source_sha256 == find_model("reid", osnet).sha256
    images = torch.rand(2, 3, 256, 128)
    with torch.inference_mode():
        ours = read_network(find_model("reid", found.path)).network(images)
        theirs = read_network(find_model("reid", osnet)).network(images)
    assert torch.equal(ours, theirs)


def test_it_is_listed_last_with_its_card_and_can_be_removed(osnet, tmp_path):
    folder = tmp_path / "models"
    import_checkpoint(osnet, folder, "mine", Card())
    (folder / "broken.safetensors").write_bytes(b"")
    last = installed_models(folder)[-1]
    assert (last.name, last.is_own, last.card.layout) == ("mine", True, "torchreid OSNet")
    assert is_research_only(last.card.licence)
    remove_model(folder, "mine")
    assert not any(model.is_own for model in installed_models(folder))
    assert sorted(path.name for path in folder.iterdir()) == ["broken.safetensors"]


def test_bundled_models_have_their_cards():
    light = next(model for model in installed_models() if model.name == "light")
    assert "CUHK03" in light.card.text
    assert is_research_only(light.card.licence)
    assert [model.is_default for model in installed_models() if model.kind == "reid"].count(True) == 1


def test_nothing_is_replaced_and_names_stay_in_the_folder(osnet, tmp_path):
    import_checkpoint(osnet, tmp_path, "mine", Card())
    before = (tmp_path / "mine.safetensors").read_bytes()
    with pytest.raises(UsageError, match="already"):
        import_checkpoint(osnet, tmp_path, "mine", Card())
    for name in ("../out", "a/b", "", ".hidden", "x" * 81, "end."):
        with pytest.raises(UsageError, match="no name"):
            import_checkpoint(osnet, tmp_path, name, Card())
    assert (tmp_path / "mine.safetensors").read_bytes() == before


def test_a_network_that_says_the_same_of_everything_is_refused(tmp_path):
    network = torchvision_resnet.resnet18(weights=None)
    state = {name: torch.zeros_like(value) for name, value in network.state_dict().items()}
    torch.save(state, tmp_path / "dead.pth")
    with pytest.raises(ModelRefusedError, match="tell two pictures apart"):
        import_checkpoint(tmp_path / "dead.pth", tmp_path / "models", "dead", Card())
    assert not (tmp_path / "models").exists()


def test_hostile_files_are_refused_by_the_command_in_one_sentence(tmp_path, capsys):
    Project.create(tmp_path / "case.sightline").close()
    marker = tmp_path / "was-run"
    files = hostile_files(tmp_path, marker)
    for title, file in files.items():
        assert main(["import-model", str(tmp_path / "case.sightline"), str(file), "--name", "x"]) == 1, title
        assert len(capsys.readouterr().err.strip().splitlines()) == 1, title
    assert not marker.exists()
    assert not (tmp_path / "case.sightline.d" / "models").exists()


def test_the_commands_import_and_list(osnet, tmp_path, capsys):
    project = tmp_path / "case.sightline"
    Project.create(project).close()
    assert main(["import-model", str(project), str(osnet), "--json"]) == 0
    assert json.loads(capsys.readouterr().out)["layout"] == "torchreid OSNet"
    assert main(["models", str(project), "--json"]) == 0
    listed = json.loads(capsys.readouterr().out)
    assert listed[-1]["name"] == "osnet_x0_25"
    assert listed[-1]["research_only"] is True
    assert main(["models", str(project)]) == 0
    assert "research only" in capsys.readouterr().out
