"""A training program that learns nothing: it takes the real one's commands and writes its files.

Usage: ``python tests/fakes/training_child.py COMMAND ...``. The environment variable ``FAKE_TRAINING`` holds
``name=value`` pairs parted by spaces: ``step`` (seconds a batch), ``crash`` (iteration at which it fails),
``fatal`` (the preflight finds something), ``slow`` (seconds before the first row).
"""

import json
import math
import os
import signal
import struct
import sys
import time
import zlib
from datetime import UTC, datetime
from pathlib import Path

OPTIONS = dict(part.partition("=")[::2] for part in os.environ.get("FAKE_TRAINING", "").split())
CONFIG = {
    "model": {"method": "osnet", "backbone": {"name": "osnet_x1_0", "last_stride": 1}},
    "loss": {"identity": "cross_entropy", "metric": "triplet", "margin": 0.3, "is_soft_margin": False},
    "schedule": {"rate": "bot", "lr": 0.00035, "n_epochs": 3, "has_warmup": True, "weight_decay": 0.0005},
    "batch": {"height": 256, "width": 128, "n_ids": 4, "n_images": 4, "erasing_p": 0.5},
}
N_BATCHES = 12
COLORS = ((40, 60, 200), (200, 70, 50), (60, 160, 80), (150, 150, 160), (30, 30, 40))


def main(arguments):
    command, *rest = arguments
    return {
        "train": train, "resume": resume, "describe": describe, "preflight": preflight, "compare": compare,
        "inspect": inspect, "dataset": dataset, "export": export,
    }[command](rest)  # fmt: skip


def option(rest, name, default=None):
    return rest[rest.index(name) + 1] if name in rest else default


def config_of(rest):
    config = json.loads(json.dumps(CONFIG))
    for place, part in enumerate(rest):
        if part == "--set":
            name, _, text = rest[place + 1].partition("=")
            *path, last = name.split(".")
            section = config
            for step in path:
                section = section[step]
            if last not in section:
                sys.exit(f"There is no setting {name}.")
            section[last] = json.loads(text)
    return config


def describe(rest):
    if "--json" in rest:
        names = {"presets": ["bot", "osnet", "sbs", "light"], "methods": ["bot", "osnet"]}
        say(names | {"backbones": ["resnet50", "osnet_x0_25", "osnet_x1_0"]})
        return 0
    config = config_of(rest)
    if config["schedule"]["n_epochs"] > 5000:
        sys.stderr.write("5001 epochs are too many: take fewer.\n")
        return 2
    say(config | {"size": {"dim": 512, "parameters": 2_193_616, "gflops": 0.978}, "key": "k"})
    return 0


def preflight(rest):
    is_fatal = "fatal" in OPTIONS
    findings = [
        {
            "kind": "near_duplicates", "level": "warning", "count": 112, "of": 8622,
            "sentence": "112 pictures look like another one of the same person.",
            "advice": "One of each pair is enough.", "examples": ["0001_c1s1_000011_00.png"],
        },
        {
            "kind": "one_camera_ids", "level": "info", "count": 5, "of": 228,
            "sentence": "5 people were seen by one camera only.", "advice": "They are not tested.",
            "examples": [],
        },
    ]  # fmt: skip
    if is_fatal:
        findings.append(
            {
                "kind": "too_few_ids", "level": "fatal", "count": 2, "of": 2,
                "sentence": "2 people are too few to learn from.", "advice": "Accept more of them: 8 do.",
                "examples": [],
            }
        )  # fmt: skip
    counts = {
        "train": {"pictures": 48, "ids": 12, "cameras": 3}, "query": {"pictures": 6, "ids": 3, "cameras": 2},
        "gallery": {"pictures": 12, "ids": 3, "cameras": 2},
    }  # fmt: skip
    say({"data": "p", "dataset": "market", "is_fatal": is_fatal, "counts": counts, "findings": findings})
    return 3 if is_fatal else 0


def train(rest):
    out = Path(option(rest, "--out"))
    out.mkdir(parents=True, exist_ok=True)
    config = config_of(rest)
    lines = ["[run]", f"project = {json.dumps(option(rest, '--project', ''))}"]
    lines.append(f"data = {json.dumps(option(rest, '--data', ''))}")
    (out / "config.toml").write_text("\n".join(lines) + "\n")
    (out / "fake.json").write_text(json.dumps(config))
    (out / "data" / "query").mkdir(parents=True, exist_ok=True)
    write_png(out / "data" / "query" / "0001_c1s1_000001_00.png", COLORS[0])
    return run(out, config, resumed=False)


def resume(rest):
    out = Path(rest[0])
    OPTIONS.pop("crash", None)
    return run(out, json.loads((out / "fake.json").read_text()), resumed=True)


def run(out, config, *, resumed):
    stopped = []
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, lambda *_: stopped.append(True))
    time.sleep(float(OPTIONS.get("slow", 0)))
    before = json.loads((out / "state.json").read_text()) if (out / "state.json").exists() else {}
    first = before.get("epoch", 0) * N_BATCHES if resumed else 0
    n_epochs = config["schedule"]["n_epochs"]
    total = n_epochs * N_BATCHES
    log = (out / "log.jsonl").open("a")
    best, begun = before.get("best") if resumed else None, time.monotonic()

    def write(row, **values):
        row = {"row": row, "t": datetime.now(UTC).isoformat(), **values}
        log.write(json.dumps(row) + "\n")
        log.flush()
        say(row)

    def keep(status, iteration, message="", code=None):
        state = {
            "status": status, "pid": os.getpid(), "epoch": iteration // N_BATCHES, "n_epochs": n_epochs,
            "iteration": iteration, "n_iterations": total, "rate": 146.0, "eta_s": (total - iteration) * 0.4,
            "loss": 1.0, "best": best, "device": "cpu", "n_ids": 12, "n_pictures": 48,
            "init": "bundled:light", "message": message, "exit_code": code,
            "elapsed_s": time.monotonic() - begun,
            "model": "model.safetensors" if (out / "model.safetensors").exists() else None,
        }  # fmt: skip
        beside = out / ".state.part"
        beside.write_text(json.dumps(state))
        beside.replace(out / "state.json")

    write(
        "start", epoch=first // N_BATCHES, iteration=first, method=config["model"]["method"],
        backbone=config["model"]["backbone"]["name"], init="bundled:light", device="cpu", precision="fp32",
        n_ids=12, n_pictures=48, n_validation_ids=3, resumed=resumed,
    )  # fmt: skip
    keep("running", first)
    for iteration in range(first, total):
        if stopped or (out / "stop").exists():
            (out / "stop").unlink(missing_ok=True)
            write("end", epoch=iteration // N_BATCHES, iteration=iteration, status="stopped", text="Stopped.")
            keep("stopped", iteration, code=130)
            return 130
        if iteration == int(OPTIONS.get("crash", -1)):
            keep("failed", iteration, "The loss is no number at iteration 14: lower the learning rate.", 7)
            sys.stderr.write("batch kept\nThe loss is no number at iteration 14: lower the learning rate.\n")
            return 7
        time.sleep(float(OPTIONS.get("step", 0.01)))
        at = iteration / N_BATCHES
        noise = math.sin(iteration * 1.7) * 0.08
        parts = {"identity": 5.2 * math.exp(-at / 3) + 0.6 + noise, "triplet": 1.8 * math.exp(-at / 2) + 0.15}
        write(
            "step", epoch=iteration // N_BATCHES, iteration=iteration, loss=sum(parts.values()), parts=parts,
            lr=0.00035, images_per_s=146 + 12 * noise, eta_s=(total - iteration) * 0.4,
        )  # fmt: skip
        done = iteration + 1
        if done % N_BATCHES == 0:
            epoch = done // N_BATCHES
            value = 0.78 - 0.3 * math.exp(-epoch / 4)
            write("epoch", epoch=epoch, iteration=done, loss=1.0, images_per_s=146.0, seconds=5.0)
            best = {"epoch": epoch, "rank1": value + 0.12, "map": value}
            write(
                "validation", epoch=epoch, iteration=done, rank1=value + 0.12, rank5=value + 0.16, map=value,
                minp=value - 0.2, is_best=True,
            )  # fmt: skip
            write_model(out / "model.safetensors", epoch)
        keep("running", done)
    (out / "card.md").write_text("# A model that learnt nothing\n\nMade by a test.\n")
    write("end", epoch=n_epochs, iteration=total, status="done", text="Done.")
    keep("done", total, code=0)
    return 0


def compare(rest):
    first, second = rest[0], rest[1]
    difference = {
        "rank1": {"value": 0.05, "low": 0.01, "high": 0.09}, "map": {"value": 0.07, "low": 0.04, "high": 0.1},
        "minp": {"value": 0.01, "low": -0.02, "high": 0.04},
    }  # fmt: skip
    say(
        {
            "a": {"model": Path(first).stem, "rank1": 0.86, "rank5": 0.94, "map": 0.71, "minp": 0.48},
            "b": {"model": Path(second).stem, "rank1": 0.91, "rank5": 0.95, "map": 0.78, "minp": 0.49},
            "n_query": 120, "n_ids": 44, "rounds": 2000, "difference": difference, "verdict": "b is better",
        }
    )  # fmt: skip
    return 0


def inspect(rest):
    out = Path(option(rest, "--out"))
    models = rest[: rest.index("--data")]
    (out / "pictures").mkdir(parents=True, exist_ok=True)
    for number, color in enumerate(COLORS):
        write_png(out / "pictures" / f"g{number}.png", color)
    queries = []
    for pid in range(1, 9):
        lists = [
            [
                {
                    "picture": f"pictures/g{(pid if (place + model) % 3 == 0 else place) % 5}.png",
                    "is_same": (place + model) % 3 == 0, "similarity": 0.9 - 0.04 * place,
                }
                for place in range(13)
            ]
            for model in range(len(models))
        ]  # fmt: skip
        queries.append(
            {
                "name": f"{pid:04d}_c1s1_000001_00.png", "pid": pid, "camid": 1 + pid % 3,
                "picture": f"pictures/g{pid % 5}.png", "ap": [0.48 + 0.02 * pid, 0.9][: len(models)],
                "ranks": lists,
            }
        )  # fmt: skip
    figures = {"rank1": 0.86, "rank5": 0.94, "rank10": 0.96, "map": 0.71, "minp": 0.48, "tpr@0.01": 0.66}
    curves = {
        "cmc": [1 - 0.14 * math.exp(-k / 6) for k in range(50)],
        "roc": [[10 ** (-4 + n / 10), 1 - 0.6 * math.exp(-n / 9)] for n in range(41)],
    }
    report = {
        "models": [{"model": Path(model).stem, **figures, **curves} for model in models], "n_query": 120,
        "n_gallery": 480, "n_ids": 44, "n_skipped": 2, "queries": queries,
    }  # fmt: skip
    if "--events" in rest:
        say({"event": "Progress", "part": "queries", "done": 120, "total": 120, "unit": "pictures"})
    (out / "inspection.json").write_text(json.dumps(report))
    return 0


def dataset(rest):
    out = Path(option(rest, "--out"))
    (out / "query").mkdir(parents=True)
    write_png(out / "query" / "0001_c1s1_000001_00.png", COLORS[0])
    return 0


def export(rest):
    Path(option(rest, "--out")).write_bytes(b"model")
    say({"file": option(rest, "--out"), "format": option(rest, "--format"), "precision": "fp32",
         "n_pictures": 8, "least_cosine": 0.99998, "mean_cosine": 0.99999, "same_ranking": True,
         "runtime": "onnxruntime"})  # fmt: skip
    return 0


def say(value):
    print(json.dumps(value), flush=True)


def write_model(path, epoch):
    """A safetensors file with one number."""
    header = json.dumps({"x": {"dtype": "F32", "shape": [1], "data_offsets": [0, 4]}}).encode()
    path.write_bytes(struct.pack("<Q", len(header)) + header + struct.pack("<f", epoch))


def write_png(path, color, width=48, height=96):
    def chunk(kind, data):
        body = kind + data
        return struct.pack(">I", len(data)) + body + struct.pack(">I", zlib.crc32(body))

    rows = b"".join(
        b"\x00" + bytes(min(255, c + (y % 24) * 3) for _ in range(width) for c in color)
        for y in range(height)
    )
    path.write_bytes(
        b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", struct.pack(">IIBBBBB", width, height, 8, 2, 0, 0, 0))
        + chunk(b"IDAT", zlib.compress(rows)) + chunk(b"IEND", b"")
    )  # fmt: skip


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
