"""Pictures a second in training beside torchreid's engine, and crops a second beside OpenVINO alone.

    python -m benchmarks.training_speed                          # ours
    python -m benchmarks.training_speed --peers FOLDER           # beside torchreid's engine, in turns
    python -m benchmarks.training_speed --embed                  # the embedder beside the bare runtime

FOLDER holds torchreid as pip lays it out: `pip install --no-deps --target FOLDER torchreid`; it also needs
`pip install -c constraints.txt -e '.[tensorboard]'`. Same OSNet, same batch, same augmentation (flip, crop,
erasing), softmax with label smoothing and Adam on both sides, pictures read from files. Each side has a
process of its own, as whoever uses it has: ours with the settings that `python -m training` has by itself,
torchreid's with its own. Ratios of one run can be compared, rates of two cannot.
Pictures are noise: no figure printed here tells the quality of a model.
"""

from __future__ import annotations

import argparse
import statistics
import sys
import tempfile
import time
from collections.abc import Callable, Iterator, Mapping
from functools import partial
from multiprocessing import get_context
from multiprocessing.connection import Connection
from pathlib import Path
from types import ModuleType
from typing import Any

import cv2
import numpy as np
import torch

from reid_core.types import FloatArray
from training.config import TrainingConfig
from training.datasets.loading import AugmentedPictures, load_batches
from training.datasets.market import Picture, relabel
from training.engine.batching import plan_run
from training.engine.memory import keep_freed_memory
from training.engine.presets import read_config
from training.engine.repeating import numbers_repeat
from training.engine.run import start_run
from training.engine.step import take_step

N_IDS, N_EACH = 64, 8
BARE_BATCHES = (1, 8, 32)
Engine = Callable[[argparse.Namespace, list[Picture], str], Iterator[None]]


def main() -> None:
    """Run what was asked for."""
    parser = argparse.ArgumentParser(description=__doc__.split("\n", 1)[0])
    parser.add_argument("--backbone", default="osnet_x0_25")
    parser.add_argument("--batch", type=int, default=64)
    parser.add_argument("--height", type=int, default=256)
    parser.add_argument("--width", type=int, default=128)
    parser.add_argument("--steps", type=int, default=6)
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--workers", type=int, default=0)
    parser.add_argument("--device", default="cuda" if torch.cuda.is_available() else "cpu")
    parser.add_argument("--precisions", nargs="+", default=["fp32"], help="fp32, bf16, fp16")
    parser.add_argument("--peers", type=Path)
    parser.add_argument("--embed", action="store_true")
    arguments = parser.parse_args()
    with tempfile.TemporaryDirectory() as work:
        if arguments.embed:
            embed(arguments, Path(work))
        else:
            train(arguments, Path(work))


def write_pictures(folder: Path) -> list[Picture]:
    """Market-like noise, 128 x 64 px, as JPEG."""
    rng = np.random.default_rng(0)
    pictures = []
    for pid in range(1, N_IDS + 1):
        for number in range(N_EACH):
            coarse = rng.integers(0, 256, (16, 8, 3), np.uint8)
            name = f"{pid:04d}_c{number % 4 + 1}s1_{number:06d}_00.jpg"
            cv2.imwrite(str(folder / name), cv2.resize(coarse, (64, 128), interpolation=cv2.INTER_CUBIC))
            pictures.append(Picture(name, pid, number % 4 + 1, folder / name))
    return pictures


def train(arguments: argparse.Namespace, work: Path) -> None:
    """Time training steps with everything around them."""
    pictures = write_pictures(work)
    engines: dict[str, tuple[Engine, str]] = {
        f"ours, {precision}": (ours, precision) for precision in arguments.precisions
    }
    if arguments.peers:
        engines["torchreid"] = (torchreid, "")
    rates = take_turns(engines, arguments, pictures)
    for name, rate in rates.items():
        ratio = f"   {rate / rates['torchreid']:.2f} x torchreid" if "torchreid" in rates else ""
        print(f"{name:16} {rate:8.1f} pictures/s{ratio}")


def take_turns(
    engines: Mapping[str, tuple[Engine, str]], arguments: argparse.Namespace, pictures: list[Picture]
) -> dict[str, float]:
    """The median rate of each, in turns so that other load hits all alike."""
    context = get_context("spawn")
    pipes: dict[str, Connection] = {}
    children = []
    for name, (engine, precision) in engines.items():
        pipes[name], end = context.Pipe()
        child = context.Process(target=serve, args=(end, engine, arguments, pictures, precision), daemon=True)
        child.start()
        end.close()  # or a child that fails would be waited for, for ever
        children.append(child)
        pipes[name].recv()  # the first steps allocate and compile
    rates: dict[str, list[float]] = {name: [] for name in engines}
    for _ in range(arguments.rounds):
        for name, pipe in pipes.items():
            pipe.send(arguments.steps)
            rates[name].append(arguments.steps * arguments.batch / pipe.recv())
    for pipe in pipes.values():
        pipe.send(0)
    for child in children:
        child.join()
    return {name: statistics.median(values) for name, values in rates.items()}


def serve(
    pipe: Connection, engine: Engine, arguments: argparse.Namespace, pictures: list[Picture], precision: str
) -> None:
    """Take as many steps as the pipe says, and say how long they took, s; until it says 0."""
    steps = engine(arguments, pictures, precision)
    for _ in range(2):
        next(steps)
    pipe.send(None)
    while n_steps := pipe.recv():
        began = time.perf_counter()
        for _ in range(n_steps):
            next(steps)
        pipe.send(time.perf_counter() - began)


def config_of(arguments: argparse.Namespace, precision: str) -> TrainingConfig:
    """OSNet with softmax alone, as torchreid's engine trains it."""
    settings = {
        "model.backbone.name": f'"{arguments.backbone}"',
        "batch.height": arguments.height,
        "batch.width": arguments.width,
        "batch.n_ids": arguments.batch // 4,
        "batch.n_images": 4,
        "schedule.n_epochs": 10_000,
        "engine.precision": f'"{precision}"',
    }
    return read_config("osnet", [f"{name}={value}" for name, value in settings.items()])


def ours(arguments: argparse.Namespace, pictures: list[Picture], precision: str) -> Iterator[None]:
    """One step an item."""
    keep_freed_memory()
    config = config_of(arguments, precision)
    classes = relabel(pictures)
    run = start_run(config, list(classes), device=arguments.device)
    loaded = load_batches(
        AugmentedPictures(pictures, config.batch, 0),
        plan_run(config, pictures, 0),
        n_workers=arguments.workers,
    )
    with numbers_repeat(config.engine.is_deterministic, arguments.device):
        for batch in loaded:
            labels = torch.tensor([classes[pictures[row].pid] for row in batch.rows.tolist()])
            take_step(run, config, batch.images.to(arguments.device), labels.to(arguments.device), 10)
            yield


def torchreid(arguments: argparse.Namespace, pictures: list[Picture], _precision: str) -> Iterator[None]:
    """One step of torchreid's engine an item, in its only precision."""
    sys.path.insert(0, str(arguments.peers))
    sys.modules.setdefault("gdown", ModuleType("gdown"))  # it downloads; nothing is downloaded here
    from torchreid.reid import data, engine, models, optim  # type: ignore[import-not-found, unused-ignore]

    classes = relabel(pictures)
    rows = [(str(p.path), classes[p.pid], p.camid) for p in pictures]

    class Pictures(data.ImageDataset):  # type: ignore[misc, unused-ignore]
        def __init__(self, root: str = "", **options: Any) -> None:
            super().__init__(
                rows, rows[:4], [(path, pid, cam + 10) for path, pid, cam in rows[:8]], **options
            )

    data.register_image_dataset("noise", Pictures)
    manager = data.ImageDataManager(
        sources="noise", height=arguments.height, width=arguments.width, batch_size_train=arguments.batch,
        workers=arguments.workers, transforms=["random_flip", "random_crop", "random_erase"],
        train_sampler="RandomIdentitySampler", num_instances=4, use_gpu=arguments.device == "cuda",
    )  # fmt: skip
    model = models.build_model(arguments.backbone, len(classes), loss="softmax", pretrained=False)
    model = model.to(arguments.device).train()
    trainer = engine.ImageSoftmaxEngine(
        manager,
        model,
        optim.build_optimizer(model, optim="adam", lr=3.5e-4),
        use_gpu=arguments.device == "cuda",
    )
    while True:
        for batch in trainer.train_loader:
            trainer.forward_backward(batch)
            yield


def embed(arguments: argparse.Namespace, work: Path) -> None:
    """The application's embedder beside the same network in OpenVINO, fed with ready tensors."""
    import openvino

    from reid_core.models.load import load_embedder
    from reid_core.runtimes.openvino_runtime import make_core
    from training.engine.results import save_model
    from training.export.openvino_file import export_openvino

    config = config_of(arguments, "fp32")
    run = start_run(config, 4)
    bundle = save_model(run.network, config, work / "model.safetensors")
    embedder = load_embedder(bundle, device="cpu", batch_size=32)
    print(embedder.device_note)
    rng = np.random.default_rng(0)
    crops = [rng.integers(0, 256, (arguments.height, arguments.width, 3), np.uint8) for _ in range(256)]
    from reid_core.models.networks import read_network
    from reid_core.weights.find import find_model

    export_openvino(read_network(find_model("reid", bundle)), work / "model.xml")
    core = make_core()
    jobs: dict[str, Callable[[], Any]] = {"embedder": lambda: embedder.embed(crops)}
    for n_each in BARE_BATCHES:
        network = core.read_model(work / "model.xml")
        network.reshape([n_each, 3, arguments.height, arguments.width])
        # OpenVINO's own choice of precision: bf16 where it is fast
        compiled = core.compile_model(network, "CPU", {"PERFORMANCE_HINT": "THROUGHPUT"})
        ready = rng.uniform(0, 255, (n_each, 3, arguments.height, arguments.width)).astype(np.float32)
        jobs[f"bare OpenVINO, {n_each} at once"] = partial(
            feed, openvino.AsyncInferQueue(compiled), ready, len(crops) // n_each
        )
    rates: dict[str, list[float]] = {name: [] for name in jobs}
    for job in jobs.values():
        job()
    for _ in range(arguments.rounds):
        for name, job in jobs.items():
            began = time.perf_counter()
            job()
            rates[name].append(len(crops) / (time.perf_counter() - began))
    medians = {name: statistics.median(values) for name, values in rates.items()}
    best = max(rate for name, rate in medians.items() if name != "embedder")
    for name, rate in medians.items():
        print(f"{name:30} {rate:8.1f} crops/s   {rate / best:.2f} of the bare runtime at its best")


def feed(queue: Any, ready: FloatArray, n_times: int) -> None:
    """The same tensor through a network again and again, as fast as it takes it."""
    for _ in range(n_times):
        queue.start_async({0: ready})
    queue.wait_all()


if __name__ == "__main__":
    main()
