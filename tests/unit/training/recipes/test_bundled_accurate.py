"""The accurate model's recipe: who is trained on, how members become one, and the table of figures."""

from __future__ import annotations

import numpy as np
import pytest
import torch

from reid_core.models.joint import JointEmbedder
from reid_core.models.osnet import OSNet, OSNetLayout
from tests.data import ROOT, shared_data
from training.datasets.market import Picture
from training.recipes.bundled_accurate import PLAIN, join_pictures, load_member, score_choices
from training.recipes.bundled_light import CONTINUED, LightConfig, mean_weights
from training.recipes.bundled_light_data import CUHK01_OFFSET, read_tests
from training.recipes.bundled_reid_score import REFERENCE, Score, as_table

MODELS = ROOT / "assets/models"


def test_the_run_without_a_teacher_and_the_continued_one():
    assert PLAIN.mimic_weight == PLAIN.relation_weight == 0
    assert CONTINUED.mimic_weight == LightConfig().mimic_weight > 0
    assert len({PLAIN.seed, CONTINUED.seed, LightConfig().seed}) == 3
    assert PLAIN.full == CONTINUED.full == LightConfig().full


def test_a_member_is_the_averaged_network_without_its_heads(tmp_path):
    torch.manual_seed(0)
    net = OSNet(OSNetLayout(0.25, n_classes=7, has_neck=True)).eval()
    torch.save({"average": net.state_dict(), "student": {}}, tmp_path / "checkpoint.pt")
    member = load_member(tmp_path / "checkpoint.pt")
    images = torch.randn(2, 3, 64, 32)
    with torch.inference_mode():
        torch.testing.assert_close(member(images), net.metric_features(images))


def test_the_mean_of_two_runs_counts_nothing_twice():
    first = {"w": torch.tensor([1.0, 3.0]), "n": torch.tensor(4)}
    second = {"w": torch.tensor([3.0, 3.0]), "n": torch.tensor(7)}
    mean = mean_weights([first, second])
    assert mean["w"].tolist() == [2.0, 3.0]
    assert mean["n"].dtype == torch.int64
    assert mean["n"].item() == 7


def test_pictures_are_joined_in_their_order():
    torch.manual_seed(0)
    net = JointEmbedder([OSNet(OSNetLayout(0.25))], 8, is_mirrored=False)
    rng = np.random.default_rng(0)
    images = [rng.integers(0, 255, (40, 20, 3), dtype=np.uint8) for _ in range(3)]
    joined = join_pictures(net, images)
    assert joined.shape == (3, 512)
    np.testing.assert_allclose(join_pictures(net, images[2:])[0], joined[2], rtol=1e-3, atol=1e-4)


def test_choices_are_each_member_the_join_and_its_reductions(tmp_path):
    rng = np.random.default_rng(0)
    centres = rng.normal(size=(5, 1024)).astype(np.float32)
    pictures = [Picture(f"{i}.png", i % 5 + 1, i % 2 + 1, tmp_path, None, 0) for i in range(20)]
    good = centres[[p.pid - 1 for p in pictures]] + 0.01 * rng.normal(size=(20, 1024)).astype(np.float32)
    good[:, 512:] = rng.normal(size=(20, 512))  # the second member knows nothing
    learned = rng.normal(size=(600, 1024)).astype(np.float32)
    found = {name: summary for name, summary, _ in score_choices(learned, good, pictures, 2)}
    assert found["member 0"] == pytest.approx(1)
    assert found["member 1"] < 0.8
    assert {"joined", "512 values, whitening 0.0", "512 values, whitening 0.5"} <= set(found)


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
