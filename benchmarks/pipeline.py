"""How fast footage becomes tracklets, beside ultralytics' own ``model.track``, on lab4's four cameras.

    python -m benchmarks.pipeline               # the rivals, the stages, and what a stride costs
    python -m benchmarks.pipeline --rounds 3 --only rivals

Every frame is looked at, with the same YOLO11n weights, persons only. ``ours`` is the ingest with everything
(the bundled detector, which on the CPU computes in 8 bits by default): cuts, tracking, crops, the re-ID model
on every tracklet's crops, and the project on the disk. ``torch`` is ``model.track`` with BoT-SORT and its
re-ID (the detector's own features, the package's ``auto``) in torch, as it comes: it leaves one core free;
``torch-all-cores`` is the same told to use them all. ``openvino`` is the package's OpenVINO export, made for
the shape of these frames, with BoT-SORT. Each run is a process of its own; loading and a
first picture are not timed. The systems take turns, round by round, and the medians count.

Wall time counts the other programs on the computer against whoever runs; CPU seconds, of all threads, hardly
do: where the two ratios differ much, the computer was busy.
"""

from __future__ import annotations

import argparse
import json
import subprocess
import sys
import tempfile
from pathlib import Path
from statistics import median
from typing import Any

from benchmarks import lab4
from reid_core.device import n_cores

RIVALS = {"torch": 3.0, "torch-all-cores": None, "openvino": 1.3}
"""How many times as fast ours should be, where there is a goal."""
GOAL_EFFICIENCY = 0.85
STRIDES = (2, 3, 5)


def main() -> int:
    """Measure what was asked for; 1 where a goal is missed."""
    parser = argparse.ArgumentParser(description=__doc__.split("\n", 1)[0])
    parser.add_argument("--rounds", type=int, default=2)
    parser.add_argument("--only", choices=("rivals", "stages", "strides"))
    arguments = parser.parse_args()
    print(f"{n_cores()} cores, {len(lab4.CAMERAS)} cameras of lab4")
    wanted = [arguments.only] if arguments.only else ["rivals", "stages", "strides"]
    is_reached = True
    ours: dict[str, Any] = {}
    if "rivals" in wanted:
        ours, is_reached = compare(arguments.rounds)
    if "stages" in wanted:
        is_reached &= explain(ours or run("ours"))
    if "strides" in wanted:
        stride(ours or run("ours"))
    return int(not is_reached)


def run(system: str, *options: str) -> dict[str, Any]:
    """One run of ``python -m benchmarks.pipeline_run`` in a process of its own."""
    with tempfile.TemporaryDirectory() as folder:
        out = Path(folder) / "outcome.json"
        command = [sys.executable, "-m", "benchmarks.pipeline_run", system, str(out), *options]
        done = subprocess.run(command, capture_output=True, text=True, check=False)
        if done.returncode:
            raise SystemExit(f"{system} failed:\n{done.stderr[-2000:]}")
        outcome: dict[str, Any] = json.loads(out.read_text())
    return outcome


def compare(n_rounds: int) -> tuple[dict[str, Any], bool]:
    """Ours beside the rivals, in turns; ours' median run, and whether the goals are reached."""
    runs: dict[str, list[dict[str, Any]]] = {system: [] for system in ("ours", *RIVALS)}
    for number in range(n_rounds):
        for system, done in runs.items():
            done.append(run(system))
            wall_s, cpu_s = done[-1]["wall_s"], done[-1]["cpu_s"]
            print(f"  round {number + 1}, {system}: {wall_s:.1f} s, {cpu_s:.1f} s of CPU", flush=True)
    print(f"{'':15} {'frames/s':>9} {'CPU s/frame':>12} {'mean IDF1':>10}  IDF1 of each camera")
    for system, done in runs.items():
        fps = median(one["n_frames"] / one["wall_s"] for one in done)
        cpu = median(one["cpu_s"] / one["n_frames"] for one in done)
        each = "  ".join(f"{lab4.idf1(camera, done[0]['rows'][camera]):.3f}" for camera in lab4.CAMERAS)
        print(f"{system:15} {fps:9.1f} {cpu:12.4f} {lab4.mean_idf1(done[0]['rows']):10.3f}  {each}")
    is_reached = True
    for system, goal in RIVALS.items():
        wall = median(b["wall_s"] / a["wall_s"] for a, b in zip(runs["ours"], runs[system], strict=True))
        cpu = median(b["cpu_s"] / a["cpu_s"] for a, b in zip(runs["ours"], runs[system], strict=True))
        is_reached &= goal is None or wall >= goal
        wanted = f" (goal {goal})" if goal else ""
        print(f"ours is {wall:.2f} times as fast as {system}{wanted}; in CPU time {cpu:.2f} times")
    return sorted(runs["ours"], key=lambda one: one["wall_s"])[(n_rounds - 1) // 2], is_reached


def explain(ours: dict[str, Any]) -> bool:
    """Where the time goes: every stage alone, and the whole beside their sum."""
    alone = run("stages")
    print("CPU seconds a frame of each stage alone, in milliseconds (all threads):")
    for stage, cpu_s in alone["stages"].items():
        print(f"  {stage:12} {1e3 * cpu_s:8.2f}")
    total_s = sum(alone["stages"].values())
    possible = n_cores() / total_s
    reached = ours["n_frames"] / ours["wall_s"]
    whole_s = ours["cpu_s"] / ours["n_frames"]
    print(f"  {'sum':12} {1e3 * total_s:8.2f}: {n_cores()} cores / sum = {possible:.1f} frames/s")
    print(f"ingest: {reached:.1f} frames/s, {reached / possible:.0%} of that (goal {GOAL_EFFICIENCY:.0%});")
    print(f"  it takes {1e3 * whole_s:.2f} ms of CPU a frame, {whole_s / total_s:.2f} times the sum,")
    print(f"  and had {ours['cpu_s'] / ours['wall_s']:.2f} cores at work")
    return bool(reached / possible >= GOAL_EFFICIENCY)


def stride(ours: dict[str, Any]) -> None:
    """What looking at every n-th frame saves and costs."""
    print("stride  CPU s/frame of footage  mean IDF1")
    print(f"{1:6} {ours['cpu_s'] / ours['n_frames']:12.4f} {lab4.mean_idf1(ours['rows']):20.3f}")
    for n in STRIDES:
        done = run("ours", "--stride", str(n))
        print(f"{n:6} {done['cpu_s'] / done['n_frames']:12.4f} {lab4.mean_idf1(done['rows']):20.3f}")


if __name__ == "__main__":
    sys.exit(main())
