"""Each fault that a data set can have is found, counted, named, and nothing is found in a sound one."""

from __future__ import annotations

import json
import shutil

import cv2
import numpy as np
import pytest

from tests.fakes.people import person, write_market
from training.__main__ import main
from training.datasets.fingerprints import fingerprint, near_duplicates
from training.datasets.market import Picture, read_market
from training.datasets.preflight import Level, examine


@pytest.fixture
def market(tmp_path):
    return write_market(tmp_path / "set", n_each=4)


def findings(root, **sizes):
    report = examine(read_market(root), **{"n_ids": 2, "n_images": 4, **sizes})
    return {finding.kind: finding for finding in report.findings}


def train(root, name):
    return root / "bounding_box_train" / name


def test_nothing_is_wrong_with_a_sound_set(market):
    assert findings(market) == {}


def test_an_unreadable_picture_is_fatal(market):
    train(market, "0001_c1s1_000000_00.png").write_bytes(b"no picture")
    found = findings(market)["unreadable_pictures"]
    assert (found.level, found.count) == (Level.FATAL, 1)
    assert found.examples == ("0001_c1s1_000000_00.png",)


def test_people_of_one_camera_and_of_few_pictures_are_counted(market):
    for file in (market / "bounding_box_train").glob("0001_c2*"):
        file.unlink()
    train(market, "0001_c1s1_000003_00.png").unlink()
    found = findings(market)
    assert (found["one_camera_ids"].count, found["one_camera_ids"].of) == (1, 4)
    assert found["one_camera_ids"].examples == ("person 1",)
    assert found["tiny_classes"].examples == ("person 1 (3)",)


def test_too_few_people_and_none_are_fatal(market):
    assert findings(market, n_ids=5)["too_few_ids"].level is Level.FATAL
    shutil.rmtree(market / "bounding_box_train")
    assert findings(market)["no_training_pictures"].level is Level.FATAL


def test_queries_without_a_match_are_counted_and_fatal_when_all_are(market):
    for file in (market / "bounding_box_test").glob("0005_c2*"):
        file.unlink()
    found = findings(market)["queries_without_match"]
    assert (found.level, found.count, found.of) == (Level.WARNING, 1, 8)
    shutil.rmtree(market / "bounding_box_test")
    assert findings(market)["queries_without_match"].level is Level.FATAL


def test_a_picture_or_a_track_in_two_splits_is_fatal(market):
    shutil.copyfile(train(market, "0001_c1s1_000000_00.png"), market / "query" / "0009_c1s1_000000_00.png")
    found = findings(market)
    assert found["same_picture_two_splits"].level is Level.FATAL
    assert found["same_picture_two_splits"].examples == (
        "0001_c1s1_000000_00.png and 0009_c1s1_000000_00.png",
    )
    assert found["same_picture_two_ids"].count == 1
    cv2.imwrite(str(market / "query" / "0002_c1s1_000099_00.png"), person(2, 1, 99)[..., ::-1])
    found = findings(market)
    assert found["same_track_two_splits"].count == 4
    assert found["ids_in_two_splits"].examples == ("person 2",)


def test_junk_may_stand_in_query_and_gallery(market):
    for file in (market / "query").glob("0005_c1*"):
        shutil.copyfile(file, market / "bounding_box_test" / file.name)
    assert "same_picture_two_splits" not in findings(market)


def test_near_duplicates_of_other_people_are_found(market):
    image = cv2.imread(str(train(market, "0001_c1s1_000000_00.png")))
    noisy = np.clip(image.astype(int) + 2, 0, 255).astype(np.uint8)
    cv2.imwrite(str(train(market, "0002_c1s1_000077_00.png")), noisy)
    found = findings(market)["near_duplicates"]
    assert found.level is Level.WARNING
    assert found.examples == ("0001_c1s1_000000_00.png and 0002_c1s1_000077_00.png",)


def test_near_duplicates_are_those_of_a_search_through_all_pairs(tmp_path):
    rng = np.random.default_rng(0)
    images = [rng.integers(0, 256, (8, 4, 3), np.uint8).repeat(6, 0).repeat(6, 1) for _ in range(12)]
    images += [
        np.clip(images[n] + rng.normal(0, 2, images[n].shape), 0, 255).astype(np.uint8) for n in (0, 3)
    ]
    pictures = []
    for n, image in enumerate(images):
        cv2.imwrite(str(tmp_path / f"{n}.png"), image)
        pictures.append(Picture(f"{n}.png", n, 1, tmp_path / f"{n}.png"))
    prints = fingerprint(pictures)
    assert set(near_duplicates(prints, np.arange(14))) == {(0, 12), (3, 13)}
    same_people = np.array([*range(12), 0, 3])
    assert set(near_duplicates(prints, same_people)) == set()


def test_the_command_reports_and_its_exit_code_says_whether_it_is_fatal(market, capsys):
    assert main(["preflight", str(market), "--json"]) == 3
    report = json.loads(capsys.readouterr().out)
    assert report["is_fatal"]
    assert report["counts"]["train"] == {"pictures": 32, "ids": 4, "cameras": 2}
    assert [finding["kind"] for finding in report["findings"]] == ["too_few_ids"]
    assert set(report["findings"][0]) == {
        "kind", "level", "count", "of", "sentence", "advice", "examples"
    }  # fmt: skip
    config = market.parent / "small.toml"
    config.write_text("[batch]\nn_ids = 2\n")
    assert main(["preflight", str(market), "--config", str(config)]) == 0
    assert "Nothing is wrong with it." in capsys.readouterr().out
    assert main(["preflight"]) == 2
    assert "--data FOLDER, --project FILE.sightline, or both" in capsys.readouterr().err
