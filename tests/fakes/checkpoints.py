"""Small YOLO checkpoints as ultralytics saves them, and files made to run code when opened carelessly."""

from __future__ import annotations

import io
import os
import pickle
import tarfile
import zipfile
from pathlib import Path
from typing import Any

import torch
from torch import nn

from reid_core.thirdparty import quiet_ultralytics

TINY_ARCHITECTURE: dict[str, Any] = {
    "nc": 3,
    "scales": {"n": [0.5, 0.25, 1024]},
    "scale": "n",
    "backbone": [
        [-1, 1, "Conv", [32, 3, 2]],
        [-1, 1, "Conv", [32, 3, 2]],
        [-1, 2, "C3k2", [64, False, 0.25]],
        [-1, 1, "Conv", [64, 3, 2]],
        [-1, 1, "Conv", [64, 3, 2]],
        [-1, 1, "Conv", [64, 3, 2]],
        [-1, 1, "SPPF", [64, 5]],
    ],
    "head": [
        [-1, 1, "nn.Upsample", ["None", 2, "nearest"]],
        [[-1, 4], 1, "Concat", [1]],
        [-1, 1, "Conv", [64, 1, 1]],
        [[3, 9, 6], 1, "Detect", ["nc"]],
    ],
}
"""A detection network of 60,000 parameters."""
TINY_NAMES = {0: "car", 1: "person", 2: "dog"}


def tiny_yolo(architecture: dict[str, Any] | None = None) -> Any:
    """A ``DetectionModel`` with random weights and statistics."""
    import copy

    quiet_ultralytics()
    from ultralytics.nn.tasks import DetectionModel

    torch.manual_seed(0)
    network = DetectionModel(copy.deepcopy(architecture or TINY_ARCHITECTURE), ch=3, verbose=False)
    for module in network.modules():
        if isinstance(module, nn.BatchNorm2d):
            module.running_mean.normal_(0, 0.1)
            module.running_var.uniform_(0.5, 1.5)
    network.names = dict(TINY_NAMES)
    network.task = "detect"
    return network.eval()


def save_yolo(path: Path, network: Any, **entries: Any) -> Path:
    """Save a network whole, as ultralytics does, in half precision (the network is turned to it)."""
    whole = {"epoch": -1, "model": network.half(), "ema": None, "train_args": {"task": "detect"}}
    torch.save({**whole, **entries}, path)
    return path


class Bomb:
    """Creates a file when it is unpickled."""

    def __init__(self, marker: Path) -> None:
        self.marker = marker

    def __reduce__(self) -> tuple[Any, ...]:
        return os.mkdir, (str(self.marker),)


def craft_pickle(module: str, name: str, *arguments: str) -> bytes:
    """A pickle that calls ``module.name`` with text arguments, written by hand."""
    pushed = b"".join(b"X" + len(text.encode()).to_bytes(4, "little") + text.encode() for text in arguments)
    return b"\x80\x02c" + f"{module}\n{name}\n".encode() + b"(" + pushed + b"tR."


def wrap_in_archive(path: Path, pickled: bytes, *, compression: int = zipfile.ZIP_STORED) -> Path:
    """A torch archive around a pickle of our own."""
    made = io.BytesIO()
    torch.save({"weight": torch.zeros(1)}, made)
    with zipfile.ZipFile(made) as source, zipfile.ZipFile(path, "w", compression) as target:
        for part in source.infolist():
            data = pickled if part.filename.endswith("data.pkl") else source.read(part)
            target.writestr(part.filename, data)
    return path


def hostile_files(folder: Path, marker: Path) -> dict[str, Path]:
    """Files that run code, or reach out of their folder, when they are opened carelessly; by title."""
    folder.mkdir(exist_ok=True)
    bomb = Bomb(marker)
    weights = {"conv1.weight": torch.zeros(2)}
    files: dict[str, Path] = {}

    def add(title: str, suffix: str = ".pt") -> Path:
        files[title] = folder / f"{title}{suffix}"
        return files[title]

    for protocol in (0, 2, 4):
        add(f"bare_pickle_{protocol}").write_bytes(pickle.dumps(bomb, protocol))
    torch.save({"state_dict": {"a": bomb}}, add("zip_state_dict", ".pth"))
    torch.save({"model": bomb}, add("zip_model"))
    torch.save({"model": weights, "optimizer": {"state": [bomb]}}, add("zip_optimizer"))
    torch.save({**weights, "x": bomb}, add("zip_beside_tensors"))
    torch.save({"model": bomb}, add("legacy"), _use_new_zipfile_serialization=False)
    _save_tar(add("legacy_tar"), bomb)
    save_yolo(add("yolo_optimizer"), tiny_yolo(), optimizer=bomb)
    network = tiny_yolo()
    network.model[0].innocent = bomb
    save_yolo(add("yolo_inside_layer"), network)
    _add_crafted(add, marker)
    _add_architectures(add, marker, files["zip_model"])
    _add_openvino(folder, files)
    with zipfile.ZipFile(wrap_in_archive(add("torchscript"), pickle.dumps(bomb, 2)), "a") as archive:
        archive.writestr("archive/constants.pkl", pickle.dumps(bomb, 2))
    add("huge_header", ".safetensors").write_bytes((1 << 62).to_bytes(8, "little") + b"{}")
    add("long_header", ".safetensors").write_bytes((99 << 20).to_bytes(8, "little") + b'{"a":1}' + b" " * 64)
    nested = b'{"__metadata__":{"sightline":"' + b"[" * 50_000 + b'"}}'
    add("nested_header", ".safetensors").write_bytes(len(nested).to_bytes(8, "little") + nested)
    add("onnx_outside", ".onnx").write_bytes(_onnx_outside())
    add("onnx_renamed").write_bytes(_onnx_outside())
    wrap_in_archive(add("compressed"), b"\x80\x02}." + b"\0" * 1_000_000, compression=zipfile.ZIP_DEFLATED)
    torch.save({"a": torch.zeros(1).expand(1 << 40)}, add("endless_tensor"))
    add("empty").write_bytes(b"")
    add("cut_off").write_bytes(files["zip_state_dict"].read_bytes()[:300])
    return files


def _add_crafted(add: Any, marker: Path) -> None:
    """Names that try to slip past an allow-list: as a path, as a submodule, as a constructor, by getattr."""
    command = f"mkdir {marker}"
    for title, module, name in (
        ("system", "posix", "system"),
        ("eval", "__builtin__", "eval"),
        ("getattr", "__builtin__", "getattr"),
        ("dotted", "torch.nn.modules.container", "Sequential.__init__.__globals__"),
        ("through_module", "torch.nn.modules.container", "torch.os.system"),
        ("own_module", "torch.nn.modules.evil", "Sequential"),
        ("loader", "ultralytics.nn.tasks", "torch_safe_load"),
        ("installer", "ultralytics.utils.checks", "check_requirements"),
        ("constructor", "ultralytics.nn.tasks", "DetectionModel"),
        ("numpy_object", "numpy.core.multiarray", "scalar"),
        ("run_module", "runpy", "run_path"),
    ):
        pickled = craft_pickle(module, name, command)
        wrap_in_archive(add(f"crafted_{title}"), b"\x80\x02}X\x05\0\0\0model" + pickled[2:-1] + b"s.")


def _add_architectures(add: Any, marker: Path, bomb: Path) -> None:
    """YOLO files of allowed objects only, whose architecture would make ultralytics' builder run code."""
    for title, change in (
        ("activation", {"activation": f"__import__('os').mkdir({str(marker)!r})"}),
        ("layer_function", {"backbone": [[-1, 1, "torch_safe_load", [str(bomb), False]]]}),
        ("layer_path", {"backbone": [[-1, 1, "torchvision.ops.misc", []]]}),
        (
            "layer_argument",
            {"backbone": [[-1, 1, "Conv", [f"__import__('os').mkdir({str(marker)!r})", 3, 2]]]},
        ),
        ("layer_size", {"backbone": [[-1, 1, "Conv", [65536, 65536, 65536]]]}),
    ):
        network = tiny_yolo()
        network.yaml = {**network.yaml, **change}
        save_yolo(add(f"yolo_{title}"), network)


def _add_openvino(folder: Path, files: dict[str, Path]) -> None:
    """OpenVINO models with an entity, an extension, a bin elsewhere, and offsets out of bounds."""
    secret = folder.parent / "secret.txt"
    secret.write_text("secret")
    layer = '<layer id="0" name="x" type="{0}" version="{1}"><data offset="{2}" size="8"/></layer>'
    texts = {
        "xml_entity": f'<?xml version="1.0"?><!DOCTYPE net [<!ENTITY a SYSTEM "{secret.as_uri()}">]>'
        '<net version="11"><layers/>&a;</net>',
        "xml_extension": f'<net version="11"><layers>{layer.format("Evil", "extension", 0)}</layers></net>',
        "xml_outside": f'<net version="11"><layers>{layer.format("Const", "opset1", 1 << 40)}</layers></net>',
        "xml_negative": f'<net version="11"><layers>{layer.format("Const", "opset1", -8)}</layers></net>',
        "xml_no_bin": '<net version="11"><layers/></net>',
        "xml_linked": '<net version="11"><layers/></net>',
        "xml_odd": '<net version="11"><layers>' + "<layer>" * 100 + "</net>",
    }
    for title, text in texts.items():
        home = folder / title
        home.mkdir()
        (home / "model.xml").write_text(text)
        if title == "xml_linked":
            (home / "model.bin").symlink_to(secret)
        elif title != "xml_no_bin":
            (home / "model.bin").write_bytes(pickle.dumps(b"odd content"))
        files[title] = home


def _save_tar(path: Path, bomb: Bomb) -> None:
    with tarfile.open(path, "w") as archive:
        for name in ("sys_info", "storages", "tensors", "pickle"):
            data = pickle.dumps(bomb, 2)
            entry = tarfile.TarInfo(name)
            entry.size = len(data)
            archive.addfile(entry, io.BytesIO(data))


def _onnx_outside() -> bytes:
    """The beginning of an ONNX file with a tensor whose data lie in ``../../secret.txt``."""
    place = b"\x0a\x08location\x12\x10../../secret.txt"
    tensor = b"\x08\x01\x10\x01\x42\x01w\x6a" + bytes([len(place)]) + place + b"\x70\x01"
    graph = b"\x2a" + bytes([len(tensor)]) + tensor
    return b"\x08\x08\x12\x04test\x3a" + bytes([len(graph)]) + graph
