"""``python -m training evaluate``: figures, files, switches; and what it says of the models that lie here."""

from __future__ import annotations

import json
import re

import cv2
import numpy as np
import pytest

from tests.data import shared_data
from tests.fakes.models import ColorEmbedder
from training.__main__ import main
from training.evaluation.blocks import evaluate
from training.evaluation.features import hide_below
from training.evaluation.local_features import FAR, LocalFeatures, blend_blocks, least_squares, nearest_match
from training.evaluation.protocol import Labels
from training.evaluation.search import Expand, Rerank, SearchConfig, search_blocks

COLOURS = {1: (230, 30, 30), 2: (30, 230, 30), 3: (30, 30, 230), 4: (220, 220, 40)}


def write_picture(path, colour, seed=0):
    path.parent.mkdir(parents=True, exist_ok=True)
    noise = np.random.default_rng(seed).integers(-20, 20, (64, 32, 3))
    cv2.imwrite(str(path), np.clip(noise + colour[::-1], 0, 255).astype(np.uint8))


@pytest.fixture
def market(tmp_path):
    """Four people of one colour each, two cameras; person 4 has no picture under another camera."""
    root = tmp_path / "market"
    for pid, colour in COLOURS.items():
        write_picture(root / "query" / f"{pid:04d}_c1s1_000001_00.png", colour, pid)
        write_picture(root / "bounding_box_test" / f"{pid:04d}_c1s1_000002_00.png", colour, 10 + pid)
        if pid != 4:
            write_picture(root / "bounding_box_test" / f"{pid:04d}_c2s1_000003_00.png", colour, 20 + pid)
    write_picture(root / "bounding_box_test" / "0000_c2s1_000009_00.png", (128, 128, 128), 99)
    return root


@pytest.fixture
def fake_model(monkeypatch):
    monkeypatch.setattr("reid_core.models.load.load_embedder", lambda *_, **__: ColorEmbedder())


def run(capsys, *arguments):
    code = main(["evaluate", "--model", "color", *map(str, arguments)])
    return code, capsys.readouterr().out


def test_figures_are_printed_as_fractions(market, fake_model, capsys):
    code, out = run(capsys, "--data", market)
    assert code == 0
    ranked, verified = out.splitlines()
    assert ranked == "rank1 1.0000 rank5 1.0000 rank10 1.0000 map 1.0000 minp 1.0000"
    assert re.fullmatch(r"tpr@0.0001 1\.0000 tpr@0.001 1\.0000 tpr@0.01 1\.0000", verified)


@pytest.mark.parametrize(
    "switches",
    [
        (),
        ("--rerank",),
        ("--rerank", "fastreid"),
        ("--expand",),
        ("--expand", "average"),
        ("--flip",),
        ("--metric", "euclidean"),
        ("--occlude", "0.4"),
    ],
    ids=" ".join,
)
def test_every_switch_works_and_json_says_what_was_counted(market, fake_model, capsys, switches):
    code, out = run(capsys, "--data", market, "--json", *switches)
    figures = json.loads(out)
    assert code == 0
    assert (figures["n_query"], figures["n_gallery"], figures["n_skipped"]) == (4, 8, 1)
    assert 0 <= figures["map"] <= 1
    if "average" not in switches:  # its five neighbours are most of this gallery
        assert figures["rank1"] == 1.0
    assert {"rank1", "rank5", "rank10", "map", "minp", "tpr@0.0001", "tpr@0.001", "tpr@0.01"} <= set(figures)


def test_out_holds_figures_rank_lists_and_plots(market, fake_model, capsys, tmp_path):
    code, _ = run(capsys, "--data", market, "--out", tmp_path / "out", "--rank-lists", 3)
    assert code == 0
    assert json.loads((tmp_path / "out" / "figures.json").read_text())["rank1"] == 1.0
    lists = sorted((tmp_path / "out" / "ranklists").iterdir())
    assert [path.name for path in lists] == [f"0000{i}-000{i + 1}_c1s1_000001_00.png" for i in range(3)]
    image = cv2.imread(str(lists[0]), cv2.IMREAD_COLOR_RGB)
    width = image.shape[1] // 8  # the query and 7 gallery pictures: one is junk
    frames = image[1, 1::width]
    assert (frames[0] == frames[0][0]).all()  # grey: the query
    assert frames[1][1] > frames[1][0]  # green: the nearest is right
    assert all(frame[0] > frame[1] for frame in frames[2:])  # red: the others are wrong
    for name in ("cmc.png", "roc.png"):
        plot = cv2.imread(str(tmp_path / "out" / name))
        assert plot.std() > 5


def test_what_is_absent_is_said_in_a_sentence(market, tmp_path, capsys):
    for arguments in (
        ["--model", "x", "--data", str(tmp_path / "absent")],
        ["--model", str(tmp_path / "absent.pth"), "--data", str(market)],
        ["--model", "x", "--data", str(market), "--dataset", "marked"],
    ):
        assert main(["evaluate", *arguments]) != 0
        err = capsys.readouterr().err
        assert err.count("\n") == 1
        assert "Traceback" not in err
    with pytest.raises(SystemExit):
        main(["evaluate", "--model", "x", "--data", str(market), "--occlude", "1.4"])


def test_occlusion_hides_the_lower_part_only():
    image = np.arange(10 * 4 * 3, dtype=np.uint8).reshape(10, 4, 3)
    hidden = hide_below(image, 0.4)
    assert (hidden[:6] == image[:6]).all()
    assert (hidden[6:] == 124).all()
    assert (image == np.arange(10 * 4 * 3, dtype=np.uint8).reshape(10, 4, 3)).all()


def test_shuffled_labels_give_chance():
    """2000 gallery pictures of 50 people: chance is 1/50 for rank-1 and about that for mAP."""
    rng = np.random.default_rng(0)
    pids, centres = np.arange(2000) % 50, rng.normal(size=(50, 16))
    features = centres[pids] + 0.3 * rng.normal(size=(2000, 16))
    queries = centres[np.arange(400) % 50] + 0.3 * rng.normal(size=(400, 16))

    def scored(query_pids):
        blocks = search_blocks(queries, features, SearchConfig())
        cams = (np.zeros(400, int), np.ones(2000, int))
        return evaluate(blocks, Labels.of(query_pids, cams[0]), Labels.of(pids, cams[1])).ranking

    assert scored(np.arange(400) % 50).rank(1) > 0.95
    chance = scored(rng.permutation(np.arange(400) % 50))
    assert chance.rank(1) < 0.02 + 4 * (0.02 * 0.98 / 400) ** 0.5
    assert 0.01 < chance.mean_ap < 0.06


@pytest.mark.parametrize("expand", list(Expand))
@pytest.mark.parametrize("rerank", list(Rerank))
def test_blocks_cover_every_query_once_and_in_order(expand, rerank):
    rng = np.random.default_rng(1)
    queries, gallery = rng.normal(size=(9, 4)), rng.normal(size=(60, 4))
    config = SearchConfig(expand=expand, rerank=rerank, k1=6, k2=3)
    blocks = list(search_blocks(queries, gallery, config))
    assert [row for rows, _ in blocks for row in range(rows.start, rows.stop)] == list(range(9))
    whole = np.concatenate([distances for _, distances in blocks])
    assert whole.shape == (9, 60)
    assert np.isfinite(whole).all()


def test_local_distances_reorder_the_candidates_and_keep_the_rest_far():
    rng = np.random.default_rng(2)
    gallery = np.abs(rng.normal(size=(5, 8, 6))).astype(np.float16)
    blocks = iter([(slice(0, 1), np.array([[0.1, 0.2, 0.25, 0.3, 0.4]]))])
    everyone = LocalFeatures(gallery, None)
    query = LocalFeatures(gallery[2:3], None)
    ((rows, mixed),) = blend_blocks(blocks, query, everyone, nearest_match, share=0.9, n_candidates=4)
    assert rows == slice(0, 1)
    assert mixed.argmin() == 2
    assert mixed[0, 4] == pytest.approx(0.1 * 0.4 + 0.9 * FAR)
    assert nearest_match(gallery[0].astype(float), gallery[0].astype(float)) == pytest.approx(0, abs=1e-6)


def test_the_foreground_of_the_query_weighs_its_places():
    """Half of the query is another person in front: its mask leaves that half out."""
    rng = np.random.default_rng(3)
    person, other = (np.abs(rng.normal(size=(8, 3))) for _ in range(2))
    hidden = np.concatenate([person, np.abs(rng.normal(size=(8, 3)))], axis=1)[None]
    everyone = LocalFeatures(np.stack([other, person]), None)

    def distances(weights):
        blocks = iter([(slice(0, 1), np.zeros((1, 2)))])
        ((_, mixed),) = blend_blocks(
            blocks, LocalFeatures(hidden, weights), everyone, least_squares, share=1.0
        )
        return mixed[0]

    mask = np.array([[1 / 3] * 3 + [0.0] * 3])
    assert distances(mask)[1] < 0.01 < distances(None)[1]
    assert distances(mask)[0] > 0.1


FIGURES = [
    ("osnet_x0_25_msmt17.pth", "cuhk03/cuhk03-market-layout.tar", 0.142, 0.324, 0.160),
    ("osnet_x0_25_market1501.pth", "cuhk03/cuhk03-market-layout.tar", 0.105, 0.221, 0.104),
    ("osnet_x0_25_msmt17.pth", "cuhk01/cuhk01-400.tar", 0.371, 0.604, 0.478),
    ("osnet_x0_25_market1501.pth", "cuhk01/cuhk01-400.tar", 0.155, 0.314, 0.240),
]


@pytest.mark.data
@pytest.mark.slow
@pytest.mark.parametrize(("weights", "data", "rank1", "rank5", "mean_ap"), FIGURES)
def test_public_weights_reproduce_their_documented_figures(weights, data, rank1, rank5, mean_ap, capsys):
    """The figures of the data's manifest, to half a unit of their last digit and what resizing leaves."""
    model = shared_data(f"weights/reid/{weights}")
    assert (
        main(["evaluate", "--model", str(model), "--data", str(shared_data(f"reid/{data}")), "--json"]) == 0
    )
    figures = json.loads(capsys.readouterr().out)
    found = [figures["rank1"], figures["rank5"], figures["map"]]
    assert found == pytest.approx([rank1, rank5, mean_ap], abs=0.004)


@pytest.mark.data
@pytest.mark.parametrize("metric", ["dsr", "dsr_match"])
def test_dsr_compares_maps_of_a_real_network(market, metric, capsys):
    model = shared_data("weights/reid/osnet_x0_25_msmt17.pth")
    assert main(["evaluate", "--model", str(model), "--data", str(market), "--metric", metric, "--json"]) == 0
    assert json.loads(capsys.readouterr().out)["rank1"] == 1.0
