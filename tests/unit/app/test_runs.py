"""Runs as their folders tell of them, whole, half-written and hostile."""

import json
import os

import pytest

from app.presenters.run_words import N_POINTS, curves_of, head_of, line_of, log_lines
from app.presenters.runs import LogReader, next_folder, read_run, read_runs, remove_run


def put(folder, state=None, rows=()):
    folder.mkdir(parents=True, exist_ok=True)
    if state is not None:
        (folder / "state.json").write_text(json.dumps(state))
    with (folder / "log.jsonl").open("a") as log:
        for row in rows:
            log.write(json.dumps(row) + "\n")
    return folder


STATE = {
    "status": "running", "pid": os.getpid(), "epoch": 1, "n_epochs": 4, "iteration": 14, "n_iterations": 40,
    "rate": 146.2, "eta_s": 480.0, "n_ids": 24, "best": {"epoch": 1, "rank1": 0.9, "map": 0.7},
}  # fmt: skip
START = {
    "row": "start", "iteration": 0, "method": "bot", "backbone": "osnet_x0_25", "n_ids": 24,
    "n_validation_ids": 6, "device": "cpu", "precision": "fp32",
}  # fmt: skip


def step(iteration, **parts):
    return {
        "row": "step", "epoch": iteration // 10, "iteration": iteration, "loss": sum(parts.values()),
        "parts": parts, "lr": 3.5e-4, "images_per_s": 140 + iteration,
    }  # fmt: skip


def test_runs_are_listed_by_number_and_strangers_left_out(tmp_path):
    for name in ("10", "2", "notes"):
        put(tmp_path / name, STATE)
    (tmp_path / "3").write_text("a file")
    assert [run.number for run in read_runs(tmp_path)] == [2, 10]
    assert next_folder(tmp_path).name == "11"
    assert read_runs(tmp_path / "nowhere") == ()


def test_a_run_whose_process_is_gone_was_killed(tmp_path):
    assert read_run(put(tmp_path / "1", STATE)).status == "running"
    run = read_run(put(tmp_path / "2", {**STATE, "pid": 2**22 + 1}))
    assert run.status == "killed"
    head = head_of(run)
    assert head.can == {"resume", "remove"}
    assert "ended unexpectedly after epoch 1" in head.message
    assert not run.is_active


@pytest.mark.parametrize(
    "text", ["", "{", "[]", "null", '"x"', "\x00\xff", '{"status": 7, "epoch": "x"}', "9" * 99]
)
def test_a_state_that_makes_no_sense_counts_as_absent(tmp_path, text):
    folder = put(tmp_path / "1")
    (folder / "state.json").write_text(text)
    (folder / "log.jsonl").write_text(text + '\n{"row": 3}\n{"x": 1}\nnull\n')
    run = read_run(folder)
    assert run.epoch == 0
    head_of(run)
    reader = LogReader(folder)
    reader.read()
    assert reader.rows == []
    curves_of(run, reader.rows)


def test_a_growing_log_is_read_on_and_half_lines_wait(tmp_path):
    folder = put(tmp_path / "1", STATE, [START, step(0, a=1.0)])
    reader = LogReader(folder)
    assert reader.read()
    assert not reader.read()
    with (folder / "log.jsonl").open("a") as log:
        log.write('{"row": "step", "iter')
    assert not reader.read()
    with (folder / "log.jsonl").open("a") as log:
        log.write('ation": 1, "parts": {"a": 0.5}}\n')
    assert reader.read()
    assert [row.get("iteration") for row in reader.rows] == [0, 0, 1]


def test_rows_that_a_resume_cuts_off_are_cut_off_here_too(tmp_path):
    folder = put(tmp_path / "1", STATE, [START, *(step(n, a=1.0) for n in range(8))])
    reader = LogReader(folder)
    reader.read()
    rows = [START, *(step(n, a=1.0) for n in range(4)), {**START, "resumed": True, "iteration": 4}]
    (folder / "log.jsonl").write_text("".join(json.dumps(row) + "\n" for row in rows))
    reader.read()
    put(folder, None, [step(4, a=0.1)])
    reader.read()
    steps = [row["iteration"] for row in reader.rows if row["row"] == "step"]
    assert steps == [0, 1, 2, 3, 4]


def test_curves_have_the_parts_of_the_loss_and_the_others_dashed(tmp_path):
    rows = [START, *(step(n, identity=2.0 - n / 40, triplet=0.5) for n in range(20))]
    rows.append({"row": "validation", "epoch": 1, "map": 0.6, "rank1": 0.8})
    run = read_run(put(tmp_path / "1", STATE, rows))
    other = read_run(put(tmp_path / "2", {**STATE, "n_epochs": 6, "n_iterations": 60}))
    curves = curves_of(run, rows, others=[(other, rows)])
    assert [series.name for series in curves.loss] == ["identity", "triplet", "Run 2, sum"]
    assert [series.is_dashed for series in curves.loss] == [False, False, True]
    assert curves.loss[0].x[9] == pytest.approx(1.0)  # ten batches are an epoch
    assert curves.loss[1].last == "0.50"
    assert [series.name for series in curves.validation] == ["mAP", "rank-1", "Run 2, mAP"]
    assert curves.rate[0].last == "159"
    assert curves.n_epochs == 6
    assert curves.note == ""


def test_without_validation_it_is_said_why(tmp_path):
    start = {**START, "n_validation_ids": 0}
    run = read_run(put(tmp_path / "1", STATE, [start]))
    assert "Nobody is held out" in curves_of(run, [start]).note
    waiting = read_run(put(tmp_path / "2", STATE, [START]))
    assert "after an epoch" in curves_of(waiting, [START]).note


def test_long_curves_are_thinned_to_their_means(tmp_path):
    state = {**STATE, "n_iterations": 4000, "n_epochs": 4}
    rows = [START, *(step(n, a=float(n % 2)) for n in range(4000))]
    run = read_run(put(tmp_path / "1", state, rows))
    (series,) = curves_of(run, rows).loss
    assert len(series.x) == N_POINTS
    assert series.x[-1] == pytest.approx(4.0)
    assert sum(series.y) / len(series.y) == pytest.approx(0.5, abs=0.05)


@pytest.mark.parametrize(
    ("status", "words", "can"),
    [
        ("running", "epoch 2 of 4", {"pause", "stop"}),
        ("paused", "epoch 2 of 4, paused", {"go_on", "stop"}),
        ("stopping", "stopping after this batch", set()),
        ("stopped", "stopped after epoch 1 of 4", {"resume", "remove"}),
        ("failed", "failed after epoch 1 of 4", {"resume", "remove"}),
        ("done", "done", {"remove"}),
        ("queued", "waits", {"stop"}),
    ],
)
def test_the_head_says_what_can_be_done(tmp_path, status, words, can):
    head = head_of(read_run(put(tmp_path / "1", STATE, [START])), status)
    assert head.state == words
    assert head.can == can
    assert head.about == "bot, osnet_x0_25, 24 people"


def test_a_failed_run_gives_its_reason(tmp_path):
    state = {**STATE, "status": "failed", "message": "The loss is no number."}
    head = head_of(read_run(put(tmp_path / "1", state)))
    assert (head.message, head.level) == ("The loss is no number.", "bad")
    assert head_of(None).number == 0


def test_the_log_speaks_to_people():
    rows = [START, step(21, identity=0.713, triplet=0.189)]
    rows += [{"row": "validation", "epoch": 2, "map": 0.61, "rank1": 0.8, "is_best": True}]
    rows += [
        {"row": "notice", "level": "warning", "text": "Out of memory: the batch is halved."},
        {"row": "odd"},
    ]
    assert log_lines(rows, ["killed"]) == (
        "started on cpu in fp32",
        "epoch 3 batch 22 loss 0.902 identity 0.713 triplet 0.189 rate 3.5e-04",
        "epoch 2 validation mAP 0.610 rank-1 0.800 (best so far)",
        "Out of memory: the batch is halved.",
        "killed",
    )
    assert line_of({"row": "step", "loss": None, "parts": {"a": "x"}}).startswith("epoch 1 batch 1 loss –")


def test_a_removed_run_is_gone(tmp_path):
    folder = put(tmp_path / "1", STATE)
    remove_run(folder)
    remove_run(folder)
    assert read_runs(tmp_path) == ()
