"""How the detector uses the cores: pictures a second for each way to share them out.

    python -m benchmarks.detector

The network that the detector runs, in float32 on pictures of 384 x 640, four to a batch, as an ingest
gives them. ``streams x pictures`` says how many requests run at once and how many pictures each holds; the
first line is what `reid_core.runtimes.openvino_runtime` does. The ways take turns and the medians count;
CPU time is of all threads.
"""

from __future__ import annotations

import argparse
import time
from collections.abc import Callable
from statistics import median
from typing import Any

import numpy as np

from benchmarks.pipeline_run import PICTURE, weights
from reid_core.detection.load import _make_network, _probe
from reid_core.device import n_cores
from reid_core.runtimes.conversion import Source, converted_model
from reid_core.runtimes.openvino_runtime import OpenVinoRuntime, make_core
from reid_core.weights.find import find_model

BATCH = 4
Run = Callable[[], Any]


def main() -> None:
    """Measure each way in turns."""
    parser = argparse.ArgumentParser(description=__doc__.split("\n", 1)[0])
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--batches", type=int, default=10)
    arguments = parser.parse_args()
    model = find_model("detector", weights())
    core = make_core()
    identity = {"kind": "yolo persons", "weights": model.sha256}
    network = converted_model(core, identity, lambda: Source(_make_network(model), PICTURE)).model
    pictures = _probe(BATCH)
    runs: dict[str, Run] = {}
    for portion in (1, 2, BATCH):
        runtime = OpenVinoRuntime(core, network, PICTURE, BATCH, portion=portion)
        n_streams = min(n_cores(), BATCH // portion)
        runs[f"{n_streams} x {portion}, throughput"] = lambda runtime=runtime: runtime.start(pictures)()
    for n in (1, BATCH):
        runs[f"1 x {n}, latency"] = latency(core, network, pictures, n)
    wall_s: dict[str, list[float]] = {way: [] for way in runs}
    cpu_s: dict[str, list[float]] = {way: [] for way in runs}
    for _ in range(arguments.rounds):
        for way, run in runs.items():
            run()
            wall, cpu = time.perf_counter(), time.process_time()
            for _ in range(arguments.batches):
                run()
            n_pictures = BATCH * arguments.batches
            wall_s[way].append((time.perf_counter() - wall) / n_pictures)
            cpu_s[way].append((time.process_time() - cpu) / n_pictures)
    print(f"{n_cores()} cores, {core.get_property('CPU', 'FULL_DEVICE_NAME')}")
    for way in runs:
        wall, cpu = median(wall_s[way]), median(cpu_s[way])
        print(f"  {way:24} {1 / wall:7.1f} pictures/s, {1e3 * cpu:6.1f} ms of CPU each")


def latency(core: Any, network: Any, pictures: np.ndarray, n: int) -> Run:
    """All cores on one request of ``n`` pictures."""
    sized = network.clone()
    sized.reshape([n, *PICTURE, 3])
    compiled = core.compile_model(
        sized, "CPU", {"PERFORMANCE_HINT": "LATENCY", "INFERENCE_PRECISION_HINT": "f32"}
    )
    request = compiled.create_infer_request()

    def run() -> None:
        for start in range(0, BATCH, n):
            request.infer(pictures[start : start + n])

    return run


if __name__ == "__main__":
    main()
