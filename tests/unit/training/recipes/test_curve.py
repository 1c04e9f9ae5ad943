"""The curve of a run survives a resume without doubled steps."""

from __future__ import annotations

from training.recipes.curve import append_row, cut_after


def test_rows_after_the_checkpoint_are_written_again_once(tmp_path):
    curve = tmp_path / "curve.csv"
    cut_after(curve, 5)
    for step in (1, 2, 3, 4):
        append_row(curve, {"step": step, "loss": 1 / step})
    cut_after(curve, 2)
    append_row(curve, {"step": 3, "loss": 0.25})
    assert curve.read_text().split() == ["step,loss", "1,1.0", "2,0.5", "3,0.25"]
