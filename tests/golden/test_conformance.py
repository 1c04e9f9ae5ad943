"""Known answers: all pass, each fails as soon as anything about it is wrong, and bad files are refused.

``known_answers.json`` beside this file is part of the specification: values from float64 numpy, most of them
checked against the authors' code. It is never changed to fit.
"""

from __future__ import annotations

import copy
import json
import subprocess
import sys
from pathlib import Path
from random import Random

import pytest

from tests.data import ROOT
from training.__main__ import main
from training.conformance.entries import read_entries
from training.conformance.runner import check, operations_of

FILE = Path(__file__).with_name("known_answers.json")
SHARED = ROOT.parent / "shared" / "vectors" / "known_answers.json"
RAW = json.loads(FILE.read_text())
ENTRIES = read_entries(FILE)


def entry_id(raw):
    return raw["name"]


def write(tmp_path, content):
    path = tmp_path / "answers.json"
    path.write_text(content if isinstance(content, str) else json.dumps(content))
    return path


def outcome_of(raw, tmp_path):
    (entry,) = read_entries(write(tmp_path, [raw]))
    return check(entry)


def leaves(value, path=()):
    """The places of all numbers in nested lists and dictionaries."""
    if isinstance(value, dict | list):
        for key, inner in value.items() if isinstance(value, dict) else enumerate(value):
            yield from leaves(inner, (*path, key))
    else:
        yield path


def changed(value, path, change):
    """A copy with the number at one place replaced by what ``change`` makes of it."""
    if not path:
        return change(value)
    result = copy.copy(value)
    result[path[0]] = changed(value[path[0]], path[1:], change)
    return result


def test_file_is_whole():
    assert len(ENTRIES) == 99
    assert len({entry.op for entry in ENTRIES}) == 59


@pytest.mark.parametrize("entry", ENTRIES, ids=lambda entry: entry.name)
def test_known_answer(entry):
    assert check(entry).problem == ""


def test_shared_file_passes_on_the_command_line(capsys):
    if not SHARED.is_file():
        pytest.skip("the shared known answers are absent: put them at ../shared/vectors")
    assert main(["conformance", str(SHARED)]) == 0
    lines = capsys.readouterr().out.splitlines()
    assert len(lines) == len(read_entries(SHARED)) + 1
    assert all(line.startswith("pass  ") for line in lines[:-1])


@pytest.mark.parametrize("raw", RAW, ids=entry_id)
def test_wrong_expected_value_fails_wherever_it_stands(raw, tmp_path):
    """Every key is compared, and every element: a few of each key's elements are moved, one at a time."""

    def move(value):
        return not value if isinstance(value, bool) else value + 3 * max(raw["atol"], 1e-15)

    by_key: dict[object, list[tuple]] = {}
    for path in leaves(raw["expected"]):
        by_key.setdefault(path[0] if isinstance(raw["expected"], dict) else None, []).append(path)
    for paths in by_key.values():
        for path in {paths[0], paths[len(paths) // 2], paths[-1]}:
            wrong = raw | {"expected": changed(raw["expected"], path, move)}
            assert not outcome_of(wrong, tmp_path).passed, path


@pytest.mark.parametrize("raw", RAW, ids=entry_id)
def test_other_inputs_give_other_answers(raw, tmp_path):
    """The answers are computed from the inputs: the old ones are wrong for other inputs.

    A rank or a rate may survive one change of distances by chance, but not twenty.
    """
    inputs = raw["inputs"]
    floats = [path for path in leaves(inputs) if isinstance(at(inputs, path), float)]
    for seed in range(20):
        other = varied(inputs, floats, Random(seed)) if floats else doubled(inputs)
        problem = outcome_of(raw | {"inputs": other}, tmp_path).problem
        if problem:
            assert "differs by" in problem or "shape" in problem
            break
    else:
        pytest.fail("the answers of the file hold for other inputs, too")


def varied(inputs, paths, random):
    """The inputs with every number of these places scaled and shifted."""
    for path in paths:
        inputs = changed(
            inputs, path, lambda value: value * random.uniform(0.5, 1.5) + random.uniform(0, 0.5)
        )
    return inputs


def doubled(inputs):
    for path in list(leaves(inputs)):
        inputs = changed(inputs, path, lambda value: 2 * value)
    return inputs


def at(value, path):
    for key in path:
        value = value[key]
    return value


def test_names_decide_nothing(tmp_path):
    anonymous = [{key: value for key, value in raw.items() if key != "name"} for raw in RAW]
    misled = [raw | {"name": other["name"]} for raw, other in zip(RAW, reversed(RAW), strict=True)]
    for content in (anonymous, misled):
        assert all(check(entry).passed for entry in read_entries(write(tmp_path, content)))


HAND = [
    ("pool/max", {"x": [[[[1, 2], [7, 4]]]]}, {}, [[7]]),
    ("pool/gem", {"x": [[[[2, 2], [2, 2]]]]}, {"p": 5.0, "eps": 1e-6}, [[2]]),
    ("distance/euclidean", {"x": [[0, 0]], "y": [[6, 8], [0, 0]]}, {}, [[10, 1e-6]]),
    ("distance/squared_euclidean", {"x": [[0, 0]], "y": [[6, 8], [0, 0]]}, {}, [[100, 0]]),
    ("distance/cosine", {"x": [[2, 0]], "y": [[0, 3], [-5, 0]]}, {}, [[1, 2]]),
    (
        "cbdb/drop_rows",
        {"H": 8, "m": 2},
        {},
        {"uniform": [[0, 4], [4, 8]], "released_code": [[0, 3], [4, 7]]},
    ),
    ("schedule/bot_text", {"epochs": [2, 41]}, {"base": 1.0}, [0.2, 0.1]),
    ("unified/triplet_limit", {"s_p": [0.5], "s_n": [0.4, 0.9]}, {"m": 0.1}, 0.5),
    (
        "triplet/batch_hard_margin",
        {"features": [[0.0], [1.0], [3.0]], "labels": [4, 4, 9]},
        {"margin": 1.5},
        {"loss": (0 + 0.5 + 0) / 3, "dist_ap": [1, 1, 1e-6], "dist_an": [3, 2, 2]},
    ),
    (
        "eval/market_protocol",
        {"dist": [[3, 1, 2]], "q_pids": [5], "q_cams": [1], "g_pids": [5, 6, 5], "g_cams": [2, 1, 1]},
        {},
        {"cmc": [0, 1, 1], "AP": [0.5], "mAP": 0.5, "INP": [0.5], "mINP": 0.5, "valid": [0]},
    ),
]


@pytest.mark.parametrize(("op", "inputs", "params", "expected"), HAND, ids=lambda value: str(value)[:30])
def test_entries_that_were_worked_out_by_hand(op, inputs, params, expected, tmp_path):
    raw = {"op": op, "inputs": inputs, "params": params, "expected": expected, "atol": 1e-9}
    assert outcome_of(raw, tmp_path).problem == ""


def test_distances_are_checked_in_training_and_in_search():
    assert len(operations_of("distance/euclidean")) == 2
    assert len(operations_of("distance/cosine")) == 2


ENTRY = {"op": "pool/max", "inputs": {"x": [[[[1.0]]]]}, "params": {}, "expected": [[1.0]], "atol": 1e-9}


@pytest.mark.parametrize(
    ("change", "problem"),
    [
        ({"op": "pool/median"}, "unknown op pool/median"),
        ({"params": {"p": 3}}, "does not know p"),
        ({"inputs": {}}, "KeyError"),
        ({"inputs": {"x": "text"}}, "TypeError"),
        ({"expected": [1.0]}, "has shape"),
        ({"expected": {"y": 1.0}}, "y: is not computed"),
        ({"expected": [[float("nan")]]}, "not finite"),
        ({"expected": ["text"]}, "not an array"),
        ({"inputs": {"x": [[[[float("nan")]]]]}}, "not finite"),
        (
            {"op": "ce/plain", "inputs": {"logits": [[1.0, 0.0]], "labels": [0]}, "expected": {"a": 1}},
            "a: is not",
        ),
    ],
)
def test_whatever_is_wrong_fails_with_the_reason(change, problem, tmp_path, capsys):
    path = write(tmp_path, [ENTRY, ENTRY | {"name": "odd"} | change])
    assert main(["conformance", str(path)]) == 1
    good, bad, summary = capsys.readouterr().out.splitlines()
    assert good.startswith("pass  pool/max")
    assert bad.startswith("FAIL  odd")
    assert problem in bad
    assert summary.startswith("1 of 2 entries pass")


@pytest.mark.parametrize(
    ("content", "message"),
    [
        ("{not json", "is not a JSON file"),
        ("\x00\x01", "is not a JSON file"),
        ("[" * 100_000, "is not a JSON file"),
        ("[]", "holds no list"),
        ("{}", "holds no list"),
        ("[1]", "entry 1 is not an object"),
        ([ENTRY, {"op": "pool/max"}], "entry 2 lacks inputs, params, expected, atol"),
        ([ENTRY | {"op": 3}], "op must be a text"),
        ([ENTRY | {"inputs": []}], "must be objects"),
        ([ENTRY | {"atol": -1}], "atol must be"),
        ([ENTRY | {"atol": "small"}], "atol must be"),
        ([ENTRY | {"atol": float("inf")}], "atol must be"),
        ([ENTRY | {"expected": {}}], "nothing to compare"),
        ([ENTRY | {"expected": {"a": {}}}], "nothing to compare"),
        ([ENTRY | {"expected": None}], "nothing to compare"),
    ],
)
def test_bad_file_is_refused_with_a_sentence(content, message, tmp_path, capsys):
    assert main(["conformance", str(write(tmp_path, content))]) == 2
    printed = capsys.readouterr()
    assert printed.out == ""
    assert message in printed.err
    assert "Traceback" not in printed.err


@pytest.mark.parametrize("path", ["absent.json", "."])
def test_file_that_cannot_be_read_is_refused(path, tmp_path, capsys):
    assert main(["conformance", str(tmp_path / path)]) == 2
    assert "Cannot read" in capsys.readouterr().err


def test_outcomes_as_json(tmp_path, capsys):
    path = write(tmp_path, [ENTRY | {"name": "right"}, ENTRY | {"name": "wrong", "expected": [[2.0]]}])
    assert main(["conformance", str(path), "--json"]) == 1
    report = json.loads(capsys.readouterr().out)
    assert (report["passed"], report["failed"]) == (1, 1)
    assert [(entry["name"], entry["passed"]) for entry in report["entries"]] == [
        ("right", True),
        ("wrong", False),
    ]
    assert report["entries"][1]["difference"] == 1.0


def test_module_runs_from_the_shell(tmp_path):
    path = write(tmp_path, [ENTRY, ENTRY | {"expected": [[2.0]]}])
    run = subprocess.run(
        [sys.executable, "-m", "training", "conformance", str(path)],
        capture_output=True,
        text=True,
        cwd=tmp_path,
    )
    assert run.returncode == 1
    assert run.stderr == ""
    assert run.stdout.endswith("1 of 2 entries pass (1 ops), 1 fail\n")
