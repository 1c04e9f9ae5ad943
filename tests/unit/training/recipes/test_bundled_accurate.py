"""The accurate model's recipe: who is trained on, what learns, how a run goes on, and the figures."""

from __future__ import annotations

import copy
from dataclasses import replace

import numpy as np
import pytest
import torch

from reid_core.models.networks import read_network
from reid_core.models.osnet_lct import OSNetLCT
from reid_core.weights.model_file import ModelFile, hash_model, tell_format
from tests.data import ROOT, shared_data
from training.recipes import bundled_accurate
from training.recipes.bundled_accurate import CONFIG, compile_front, export, start_run, take_step
from training.recipes.bundled_light import CONTINUED, LightConfig, mean_weights
from training.recipes.bundled_light_data import CUHK01_OFFSET, read_familiar, read_tests
from training.recipes.bundled_reid_score import REFERENCE, Score, as_table

MODELS = ROOT / "assets/models"
SMALL = replace(CONFIG, n_steps=4, n_ids=2, n_images=2)
LABELS = np.repeat(np.arange(2), 3)


@pytest.fixture(scope="module")
def net():
    torch.manual_seed(0)
    return OSNetLCT().eval()


@pytest.fixture(scope="module")
def images():
    rng = np.random.default_rng(0)
    return [rng.integers(0, 255, (40, 20, 3), dtype=np.uint8) for _ in LABELS]


def step(run, images):
    """One step on the first two pictures of both people."""

    def front(pictures):
        with torch.no_grad():
            return run.pupil.net.middle(torch.from_numpy(pictures))

    return take_step(run, SMALL, front, images, LABELS, np.array([0, 1, 3, 4]))


def test_the_recipes_differ_in_seed_teacher_and_size():
    assert CONFIG.mimic_weight == CONFIG.relation_weight == 0
    assert CONTINUED.mimic_weight == LightConfig().mimic_weight > 0
    assert {CONFIG.size(number) for number in range(CONFIG.n_steps)} == {(256, 128)}
    assert CONTINUED.seed != LightConfig().seed


def test_stem_and_first_stages_stay_and_the_rest_learns(net, images):
    run = start_run(SMALL, copy.deepcopy(net), 2)
    for _ in range(2):
        values = step(run, images)
    assert set(values) == {"identity", "triplet", "accuracy"}
    now = run.pupil.net.state_dict()
    same = {name for name, value in net.state_dict().items() if torch.equal(value, now[name])}
    frozen = {"norm0", "conv1", "norm1", "conv2", "transition2", "conv3", "transition3"}
    assert {name.partition(".")[0] for name in same} == frozen
    assert {name for name in now if name.partition(".")[0] in frozen} == same
    torch.testing.assert_close(run.average.fc.weight, run.pupil.net.fc.weight, rtol=0.1, atol=0.01)
    assert not torch.equal(run.average.fc.weight, run.pupil.net.fc.weight)


def test_a_run_that_is_cut_off_goes_on_to_the_same_numbers(net, images, tmp_path):
    whole = start_run(SMALL, copy.deepcopy(net), 2)
    values = [step(whole, images) for _ in range(3)]
    first = start_run(SMALL, copy.deepcopy(net), 2)
    step(first, images)
    bundled_accurate._save(first, tmp_path / "checkpoint.pt")
    second = start_run(SMALL, copy.deepcopy(net), 2)
    bundled_accurate._resume(second, tmp_path / "checkpoint.pt")
    assert [step(second, images) for _ in range(2)] == values[1:]
    assert second.step == whole.step == 3
    assert torch.equal(second.average.fc.weight, whole.average.fc.weight)


def test_what_is_written_is_the_averaged_network(net, images, tmp_path):
    run = start_run(SMALL, copy.deepcopy(net), 2)
    step(run, images)
    bundled_accurate._save(run, tmp_path / "checkpoint.pt")
    (tmp_path / "ids.txt").write_text("# set id use\n")
    path = export(tmp_path, tmp_path / "out")
    assert (tmp_path / "out/accurate-ids.txt").read_text() == "# set id use\n"
    file = ModelFile(path, "a", "reid", tell_format(path.read_bytes(), path.name), hash_model(path), "", "")
    picture = torch.randn(1, 3, 256, 128, generator=torch.Generator().manual_seed(1))
    with torch.inference_mode():
        torch.testing.assert_close(read_network(file).network(picture), run.average(picture))


def test_the_front_in_openvino_is_the_front(net):
    pictures = np.random.default_rng(1).normal(size=(17, 3, 256, 128)).astype(np.float32)
    with torch.inference_mode():
        expected = net.middle(torch.from_numpy(pictures))
    torch.testing.assert_close(compile_front(net, 2)(pictures), expected, rtol=1e-3, atol=1e-3)


@pytest.mark.data
def test_familiar_people_are_training_people_in_the_form_of_the_test():
    test, real = read_familiar(shared_data()), read_tests(shared_data())[0]
    views = [(p.pid, p.camid) for p in test.query]
    assert len(views) == len(set(views))
    assert len({pid for pid, _ in views}) == len({p.pid for p in real.query}) == 220
    assert not {p.pid for p in test.query} & {p.pid for p in real.query}
    assert not {p.name for p in test.query} & {p.name for p in test.gallery}
    assert len(test.gallery) / len(test.query) == pytest.approx(len(real.gallery) / len(real.query), rel=0.1)


def test_the_mean_of_two_runs_counts_nothing_twice():
    first = {"w": torch.tensor([1.0, 3.0]), "n": torch.tensor(4)}
    second = {"w": torch.tensor([3.0, 3.0]), "n": torch.tensor(7)}
    mean = mean_weights([first, second])
    assert mean["w"].tolist() == [2.0, 3.0]
    assert mean["n"].dtype == torch.int64
    assert mean["n"].item() == 7


def test_ratios_are_to_the_reference_in_the_same_place():
    def line(model: str, hidden: float, rank1: float) -> Score:
        return Score("set", model, hidden, False, rank1, 0.9, 0.5, 0.4)

    table = as_table([line(REFERENCE, 0.0, 0.5), line("light", 0.0, 0.6), line("light", 0.4, 0.3)])
    rows = [row for row in table.splitlines() if "light" in row]
    assert "| 0% | no | light | 0.600 | 0.900 | 0.500 | 0.400 | 1.20 |" in rows[0]
    assert rows[1].endswith("| - |")


@pytest.mark.data
@pytest.mark.parametrize("path", sorted(MODELS.glob("*-ids.txt")), ids=lambda path: path.stem)
def test_nobody_that_a_bundled_model_learned_from_is_in_a_test_set(path):
    rows = [line.split() for line in path.read_text().splitlines() if not line.startswith("#")]
    learned = {int(pid) + CUHK01_OFFSET * (name == "cuhk01") for name, pid, _ in rows}
    assert {name for name, _, _ in rows} == {"cuhk03", "cuhk01"}
    assert {use for _, _, use in rows} == {"train", "validation"}
    cuhk03, cuhk01 = read_tests(shared_data())
    tested = {p.pid for p in cuhk03.query + cuhk03.gallery}
    tested |= {p.pid + CUHK01_OFFSET for p in cuhk01.query + cuhk01.gallery}
    assert len(tested) == 320
    assert not learned & tested


@pytest.mark.parametrize("path", sorted(MODELS.glob("*-ids.txt")), ids=lambda path: path.stem)
def test_the_people_of_a_bundled_model_are_numbered_as_the_recipe_splits_them(path):
    rows = [line.split() for line in path.read_text().splitlines() if not line.startswith("#")]
    assert max(int(pid) for name, pid, _ in rows if name == "cuhk01") <= 300
    assert sum(name == "cuhk03" for name, _, _ in rows) == 881
    assert len(rows) == 881 + 300 == len({(name, pid) for name, pid, _ in rows})
