"""A simulated site: how well links across cameras are proposed, and what that costs.

    python -m benchmarks.simulated_site figures --data ../shared/data --work build/site
    python -m benchmarks.simulated_site choose --data ../shared/data --work build/site
    python -m benchmarks.simulated_site scale
    python -m benchmarks.simulated_site scale --windows without --sizes 1000 10000 100000

``figures`` lets the test identities walk through six virtual cameras for an hour, ten seeds, and judges the
proposals at the default threshold, without and with the travel windows. ``choose`` is how that threshold was
chosen: on validation identities and other seeds. ``scale`` measures time and memory with made-up people.
"""

from __future__ import annotations

import argparse
import json
import resource
import subprocess
import sys
import time
from collections.abc import Sequence
from itertools import pairwise
from pathlib import Path

import numpy as np

from benchmarks.simulated_site_people import Person, people
from benchmarks.simulated_site_walks import HOUR_MS, Site, simulate
from reid_core.linking.identities import fold
from reid_core.linking.plan import LinkPlan
from reid_core.linking.planning import Known, make_plan
from reid_core.linking.travel import TravelTable
from reid_core.types import IntArray

REPORTED_SEEDS = range(10)
CHOICE_SEEDS = range(1000, 1006)
CHOICE_PEOPLE = (5, 10, 20, 40, 78)
CHOICE_WAYS = np.arange(0.20, 0.68, 0.04)
PEOPLE_PER_HOUR = 300
SCALES = (1_000, 10_000, 100_000)
WINDOWS = {"without": (False,), "with": (True,), "both": (False, True)}
SIGHTINGS = 8
DIM = 512


def link(site: Site, *, windows: bool) -> LinkPlan:
    """The plan for a site in which nothing is decided yet."""
    table = site.table if windows else TravelTable()
    ids = [span.id for span in site.spans]
    return make_plan(Known(site.spans, ids, site.vectors, fold(site.spans, []), table=table))


def labels_of(site: Site, plan: LinkPlan, threshold: float | None = None) -> IntArray:
    """``(N,)`` who each tracklet is taken for; somebody of their own without a proposal."""
    row_of = {span.id: row for row, span in enumerate(site.spans)}
    labels = np.arange(len(site.spans))
    for proposal in plan.proposals(threshold):
        rows = [row_of[name] for name in proposal.tracklets]
        labels[rows] = min(rows)
    return labels


def idf1(truth: IntArray, labels: IntArray) -> float:
    """IDF1 (Ristani et al. 2016) as trackeval computes it; each tracklet counts as one detection."""
    from trackeval.metrics import Identity

    _, truth = np.unique(truth, return_inverse=True)
    _, labels = np.unique(labels, return_inverse=True)
    n = len(truth)
    data = {
        "num_timesteps": n,
        "num_gt_dets": n,
        "num_tracker_dets": n,
        "num_gt_ids": int(truth.max()) + 1,
        "num_tracker_ids": int(labels.max()) + 1,
        "gt_ids": list(truth[:, None]),
        "tracker_ids": list(labels[:, None]),
        "similarity_scores": [np.ones((1, 1))] * n,
    }
    return float(Identity({"PRINT_CONFIG": False}).eval_sequence(data)["IDF1"])


def pair_scores(site: Site, labels: IntArray) -> tuple[float, float]:
    """Precision and recall of the pairs across cameras that are made one person."""
    camera = np.array([span.camera for span in site.spans])
    first, second = np.triu_indices(len(labels), 1)
    across = camera[first] != camera[second]
    linked, same = labels[first] == labels[second], site.truth[first] == site.truth[second]
    right = float((linked & same & across).sum())
    return right / max(float((linked & across).sum()), 1.0), right / float((same & across).sum())


def report_figures(data: Path, work: Path) -> None:
    everybody = people(data, work, "test")
    for windows in (False, True):
        rows = []
        for seed in REPORTED_SEEDS:
            site = simulate(everybody, seed)
            plan = link(site, windows=windows)
            labels = labels_of(site, plan)
            rows.append((idf1(site.truth, labels), *pair_scores(site, labels), len(site.spans)))
            print(json.dumps({"windows": windows, "seed": seed, "idf1": round(rows[-1][0], 4)}), flush=True)
        mean, spread = np.mean(rows, axis=0), np.std(rows, axis=0, ddof=1)
        print(
            f"{'with' if windows else 'without'} travel windows: {len(everybody)} people, "
            f"{mean[3]:.0f} tracklets, IDF1 {mean[0]:.3f} ± {spread[0]:.3f}, "
            f"pairs across cameras: precision {mean[1]:.3f}, recall {mean[2]:.3f}"
        )


def report_choice(data: Path, work: Path) -> None:
    everybody = people(data, work, "validation")
    for n_people in CHOICE_PEOPLE:
        for windows in (False, True):
            curves, found = [], []
            for seed in CHOICE_SEEDS:
                random = np.random.default_rng(seed)
                chosen = [everybody[row] for row in random.permutation(len(everybody))[:n_people]]
                site = simulate(chosen, seed, HOUR_MS * n_people / PEOPLE_PER_HOUR)
                plan = link(site, windows=windows)
                thresholds = plan.strangers + CHOICE_WAYS * (1 - plan.strangers)
                curves.append([idf1(site.truth, labels_of(site, plan, t)) for t in thresholds.tolist()])
                way = (plan.default_threshold - plan.strangers) / (1 - plan.strangers)
                found.append((len(site.spans), way, idf1(site.truth, labels_of(site, plan))))
            curve, (n_tracklets, way, default) = np.mean(curves, axis=0), np.mean(found, axis=0)
            print(
                f"{n_people:3} people {n_tracklets:4.0f} tracklets, windows {windows!s:5}: "
                f"best way {CHOICE_WAYS[curve.argmax()]:.2f} IDF1 {curve.max():.3f}; "
                f"default way {way:.2f} IDF1 {default:.3f}",
                flush=True,
            )


def made_up_people(n_people: int, seed: int) -> list[Person]:
    """People whose vectors are as alike as those of the bundled model: strangers 0.4, one person 0.7."""
    random = np.random.default_rng(seed)
    common = random.normal(size=DIM)
    found = []
    for number in range(n_people):
        own = random.normal(size=DIM)
        vectors = 0.63 * common + 0.55 * own + 0.55 * random.normal(size=(SIGHTINGS, DIM))
        vectors = (vectors / np.linalg.norm(vectors, axis=1, keepdims=True)).astype(np.float32)
        found.append(Person(str(number), (vectors[: SIGHTINGS // 2], vectors[SIGHTINGS // 2 :])))
    return found


def measure_scale(n_tracklets: int, *, windows: bool) -> dict[str, object]:
    """Time and memory of one plan, in this process."""
    n_people = round(n_tracklets / 5.6)
    site = simulate(made_up_people(n_people, 0), 0, HOUR_MS * n_people / PEOPLE_PER_HOUR)
    link(simulate(made_up_people(3, 0), 0), windows=windows)  # imports are not what is measured
    before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    wall, busy = time.perf_counter(), time.process_time()
    plan = link(site, windows=windows)
    plan.preview()
    return {
        "tracklets": len(site.spans),
        "windows": windows,
        "wall_s": round(time.perf_counter() - wall, 2),
        "cpu_s": round(time.process_time() - busy, 2),
        "memory_mb": round((resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before) / 1024),
        "n_merges": len(plan.thresholds),
    }


def report_scale(scales: Sequence[int], windows_of_each: Sequence[bool]) -> None:
    """Each size in a process of its own; the exponent is the slope in the double-logarithmic plot."""
    for windows in windows_of_each:
        rows = []
        for n in scales:
            command = [sys.executable, "-m", "benchmarks.simulated_site", "one", str(n), str(int(windows))]
            rows.append(json.loads(subprocess.run(command, check=True, capture_output=True).stdout))
            print(json.dumps(rows[-1]), flush=True)
        for first, second in pairwise(rows):
            grown = np.log(second["tracklets"] / first["tracklets"])
            exponents = {
                unit: round(float(np.log(second[unit] / max(first[unit], 1e-9)) / grown), 2)
                for unit in ("cpu_s", "memory_mb")
            }
            print(f"{first['tracklets']} to {second['tracklets']}: exponents {exponents}", flush=True)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawTextHelpFormatter)
    commands = parser.add_subparsers(dest="command", required=True)
    for name in ("figures", "choose"):
        command = commands.add_parser(name)
        command.add_argument("--data", type=Path, default=Path("../shared/data"))
        command.add_argument("--work", type=Path, default=Path("build/site"))
    command = commands.add_parser("scale")
    command.add_argument("--sizes", type=int, nargs="+", default=SCALES)
    command.add_argument("--windows", choices=WINDOWS, default="both", help="travel windows (default: both)")
    command = commands.add_parser("one")
    command.add_argument("n", type=int)
    command.add_argument("windows", type=int)
    arguments = parser.parse_args()
    match arguments.command:
        case "figures":
            report_figures(arguments.data, arguments.work)
        case "choose":
            report_choice(arguments.data, arguments.work)
        case "scale":
            report_scale(arguments.sizes, WINDOWS[arguments.windows])
        case _:
            print(json.dumps(measure_scale(arguments.n, windows=bool(arguments.windows))))


if __name__ == "__main__":
    main()
