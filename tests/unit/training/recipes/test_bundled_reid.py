"""The recipes of the bundled re-ID models: who is trained on, what learns, how a run goes on, figures."""

from __future__ import annotations

import copy
import itertools
from dataclasses import replace

import numpy as np
import pytest
import torch

from reid_core.models.backbones.build import OSNET_LCT, BackboneSpec
from reid_core.models.embedder import Preprocessing
from reid_core.models.methods import Method, NetworkSpec
from reid_core.models.networks import describe, read_network
from reid_core.models.osnet_lct import OSNetLCT
from reid_core.weights.model_file import ModelFile, hash_model, tell_format
from tests.data import ROOT, shared_data
from training.recipes import bundled_accurate, bundled_light, bundled_parts
from training.recipes.bundled_accurate import AccuratePupil
from training.recipes.bundled_light import LightPupil
from training.recipes.bundled_parts import PartsPupil
from training.recipes.bundled_reid_data import (
    CUHK01_OFFSET,
    list_ids,
    read_familiar,
    read_material,
    read_tests,
)
from training.recipes.bundled_reid_run import (
    Recipe,
    Teaching,
    TrainingSet,
    batches,
    export,
    relation_loss,
    resume,
    save,
    start_run,
    take_step,
)
from training.recipes.bundled_reid_score import REFERENCE, Score, as_table
from training.recipes.osnet_lct_front import LastStage, compile_front

MODELS = ROOT / "assets/models"
LABELS = np.repeat(np.arange(2), 3)
BATCH = np.array([0, 1, 3, 4])
FROZEN = {"norm0", "conv1", "norm1", "conv2", "transition2", "conv3", "transition3"}
BUNDLE = {"network": "osnet_lct", "options": {}, "preprocessing": {"height": 32, "width": 16}}


def small(recipe: Recipe) -> Recipe:
    return replace(recipe, n_steps=4, n_ids=2, n_images=2, height=32, width=16)


@pytest.fixture(scope="module")
def net():
    torch.manual_seed(0)
    return OSNetLCT().eval()


@pytest.fixture(scope="module")
def data():
    rng = np.random.default_rng(0)
    images = [rng.integers(0, 255, (40, 20, 3), dtype=np.uint8) for _ in LABELS]
    teacher = rng.normal(size=(len(LABELS), 256)).astype(np.float32) + 1
    return TrainingSet(images, LABELS, teacher / np.linalg.norm(teacher, axis=1, keepdims=True))


@pytest.fixture
def start(net, data):
    """A way to a fresh run of a model, with its recipe and its front."""

    def make(name):
        torch.manual_seed(1)

        def front(pictures):
            with torch.no_grad():
                return net.mid_map(torch.from_numpy(pictures))

        recipe, pupil, its_front = {
            "accurate": lambda: (bundled_accurate.RECIPE, AccuratePupil(LastStage.of(net), 2), front),
            "light": lambda: (
                bundled_light.FIRST, LightPupil(copy.deepcopy(net), 2, data.teacher), torch.from_numpy,
            ),
            "parts": lambda: (bundled_parts.RECIPE, PartsPupil(net, 2, data.teacher), front),
        }[name]()  # fmt: skip
        return start_run(small(recipe), pupil), small(recipe), its_front

    return make


@pytest.mark.parametrize("name", ["accurate", "parts"])
def test_stem_and_first_stages_stay_and_the_rest_learns(start, net, data, name):
    run, recipe, front = start(name)
    before = copy.deepcopy(run.pupil.net.state_dict())
    for _ in range(2):
        values = take_step(run, recipe, front, data, BATCH)
    assert set(values) >= {"identity", "triplet", "accuracy"}
    now = run.pupil.net.state_dict()
    stages = {key: key.removeprefix("backbone.").partition(".")[0] for key in now if "num_batches" not in key}
    same = {key for key in stages if torch.equal(before[key], now[key])}
    assert {key for key, stage in stages.items() if stage in FROZEN} <= same
    assert {key for key in same if stages[key] not in FROZEN} <= {"head.neck.bias"}
    a_weight = "fc.weight" if name == "accurate" else "head.classifier.weight"
    averaged = run.average.state_dict()[a_weight]
    assert not torch.equal(averaged, now[a_weight])
    torch.testing.assert_close(averaged, now[a_weight], rtol=0.2, atol=0.02)


def test_all_of_the_light_model_learns_and_its_teacher_is_asked(start, net, data):
    run, recipe, front = start("light")
    values = [take_step(run, recipe, front, data, BATCH) for _ in range(2)]
    assert set(values[0]) == {"identity", "triplet", "mimic", "relation", "accuracy"}
    now = run.pupil.net.state_dict()
    assert [name for name, value in net.state_dict().items() if torch.equal(value, now[name])] == []


@pytest.mark.parametrize("name", ["accurate", "light", "parts"])
def test_a_run_that_is_cut_off_goes_on_to_the_same_numbers(start, data, tmp_path, name):
    whole, recipe, front = start(name)
    values = [take_step(whole, recipe, front, data, BATCH) for _ in range(3)]
    first, _, _ = start(name)
    take_step(first, recipe, front, data, BATCH)
    save(first, tmp_path / "checkpoint.pt")
    second, _, _ = start(name)
    resume(second, tmp_path / "checkpoint.pt")
    assert [take_step(second, recipe, front, data, BATCH) for _ in range(2)] == values[1:]
    assert second.step == whole.step == 3
    ours, theirs = second.average.state_dict(), whole.average.state_dict()
    assert all(torch.equal(ours[key], theirs[key]) for key in theirs)


def written(path):
    file_format = tell_format(path.read_bytes(), path.name)
    return read_network(ModelFile(path, "a", "reid", file_format, hash_model(path), "", "")).network


@pytest.mark.parametrize("is_half", [False, True])
def test_what_is_written_is_the_averaged_network(start, data, tmp_path, is_half):
    run, recipe, front = start("light")
    take_step(run, recipe, front, data, BATCH)
    save(run, tmp_path / "checkpoint.pt")
    (tmp_path / "ids.txt").write_text("# set id use\n")
    path = tmp_path / "out/light.safetensors"
    export(tmp_path, path, BUNDLE, is_half=is_half)
    assert (tmp_path / "out/light-ids.txt").read_text() == "# set id use\n"
    assert path.stat().st_size < (5e6 if is_half else 9e6)
    picture = torch.randn(1, 3, 32, 16, generator=torch.Generator().manual_seed(1))
    with torch.inference_mode():
        ours, theirs = written(path)(picture), run.average(picture)
    scale = theirs.abs().max().item()
    torch.testing.assert_close(ours, theirs, rtol=0, atol=scale * (1e-2 if is_half else 1e-5))


def test_parts_are_written_with_their_whole_backbone_and_no_classifier(start, net, data, tmp_path):
    run, recipe, front = start("parts")
    take_step(run, recipe, front, data, BATCH)
    save(run, tmp_path / "checkpoint.pt")
    (tmp_path / "ids.txt").write_text("")
    path = tmp_path / "parts.safetensors"
    spec = NetworkSpec(Method.DPTI, BackboneSpec(OSNET_LCT), bundled_parts.OPTIONS)
    export(tmp_path, path, describe(spec, Preprocessing()))
    picture = torch.randn(2, 3, 64, 32, generator=torch.Generator().manual_seed(1))
    with torch.inference_mode():
        torch.testing.assert_close(written(path)(picture), run.average(net.mid_map(picture)))
    assert "classifier" not in "".join(written(path).state_dict())


def test_the_front_in_openvino_is_the_front(net):
    pictures = np.random.default_rng(1).normal(size=(17, 3, 256, 128)).astype(np.float32)
    with torch.inference_mode():
        middle = net.mid_map(torch.from_numpy(pictures))
        torch.testing.assert_close(LastStage.of(net)(middle[:2]), net(torch.from_numpy(pictures[:2])))
    torch.testing.assert_close(compile_front(net, 2)(pictures), middle, rtol=1e-3, atol=1e-3)


def test_the_rate_rises_and_falls():
    recipe = Recipe(n_steps=1000, warmup_share=0.1, lr=1e-3)
    rates = [recipe.rate(step) for step in range(1000)]
    assert rates[0] == pytest.approx(1e-5)
    assert max(rates) == rates[100] == pytest.approx(1e-3)
    assert rates[999] < 1e-5


def test_batches_go_on_where_they_were():
    labels = np.repeat(np.arange(20), 6)
    recipe = Recipe(n_steps=25, n_ids=4, n_images=3)
    whole = list(itertools.islice(batches(recipe, labels, 0), 25))
    resumed = list(itertools.islice(batches(recipe, labels, 12), 13))
    np.testing.assert_array_equal(whole[12:], resumed)


def test_relation_is_the_mean_squared_difference_of_cosines():
    student = torch.tensor([[1.0, 0.0], [0.0, 2.0]])  # cosine 0
    teacher = torch.tensor([[3.0, 0.0, 0.0], [1.0, 1.0, 0.0]])  # cosine 1 / sqrt 2
    assert relation_loss(student, teacher).item() == pytest.approx(2 * 0.5 / 4)
    assert relation_loss(teacher, teacher).item() == pytest.approx(0, abs=1e-9)


def test_a_teacher_is_followed_without_what_all_its_vectors_share(data):
    teaching, teacher = Teaching(data.teacher), torch.from_numpy(data.teacher)
    parts = teaching.parts(teacher - teaching.mean, teacher)
    assert parts["mimic"].item() == pytest.approx(0, abs=1e-5)
    assert parts["relation"].item() == pytest.approx(0, abs=1e-9)
    shared = teaching.mean.expand(len(teacher), -1)  # what a collapsed student says of everybody
    assert teaching.parts(shared, teacher)["mimic"].item() > 0.9


@pytest.mark.data
def test_nobody_is_in_two_parts():
    data = shared_data()
    material = read_material(data)
    cuhk03, cuhk01 = read_tests(data)
    train, validation = ({p.pid for p in part} for part in (material.train, material.validation))
    assert not train & validation
    assert len(train | validation) == 881 + 300
    assert max(train | validation) == CUHK01_OFFSET + 300
    tested = {p.pid for p in cuhk03.query + cuhk03.gallery}
    tested |= {p.pid + CUHK01_OFFSET for p in cuhk01.query + cuhk01.gallery}
    assert len(tested) == 220 + 100
    assert not (train | validation) & tested
    assert len(list_ids(material).splitlines()) == 1 + 881 + 300


@pytest.mark.data
def test_familiar_people_are_training_people_in_the_form_of_the_test():
    test, real = read_familiar(shared_data()), read_tests(shared_data())[0]
    views = [(p.pid, p.camid) for p in test.query]
    assert len(views) == len(set(views))
    assert len({pid for pid, _ in views}) == len({p.pid for p in real.query}) == 220
    assert not {p.pid for p in test.query} & {p.pid for p in real.query}
    assert not {p.name for p in test.query} & {p.name for p in test.gallery}
    assert len(test.gallery) / len(test.query) == pytest.approx(len(real.gallery) / len(real.query), rel=0.1)


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
