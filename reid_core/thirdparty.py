"""Keeps packages that we use from calling home, installing things, and writing into the user's home.

Call the function of a package before its first import in a process; once imported, it cannot be told any
more.

- ultralytics at import looks up two host names, creates a settings file in the user's configuration folder,
  and by default reports usage, may install packages and may download files. Environment variables and a
  settings file in our own cache turn all of that off. It also sets ``OMP_NUM_THREADS=1`` where that is
  unset: a process that trains on the CPU calls ``torch.set_num_threads`` afterwards. And it replaces
  ``PIL.Image.open`` by a function that tries to install ``pi-heif`` at the first file that is no picture, and
  fails with another error than Pillow's; a stand-in that registers nothing lets Pillow's own error through.
- openvino at import, and at each model conversion, sends an event to an analytics service and leaves an id in
  the user's home. It falls back to a stub of its own where ``openvino_telemetry`` cannot be imported, so we
  make it so.
"""

from __future__ import annotations

import json
import os
import sys
from pathlib import Path
from types import ModuleType

from reid_core.paths import cache_dir

_ULTRALYTICS_ENVIRONMENT = {
    "YOLO_OFFLINE": "true",
    "YOLO_AUTOINSTALL": "false",
    "YOLO_VERBOSE": "false",
    "ULTRALYTICS_SAFE_LOAD": "true",
}
_ULTRALYTICS_SETTINGS = {
    "sync": False,
    "clearml": False,
    "comet": False,
    "dvc": False,
    "mlflow": False,
    "raytune": False,
    "tensorboard": False,
    "wandb": False,
    "vscode_msg": False,
    "openvino_msg": False,
}


def quiet_ultralytics() -> None:
    """Turn off ultralytics' network use, installer, reports and output; its settings live in our cache."""
    folder = cache_dir() / "ultralytics"
    _write_settings(folder / "Ultralytics" / "settings.json")
    os.environ.update(_ULTRALYTICS_ENVIRONMENT, YOLO_CONFIG_DIR=str(folder))
    if "pi_heif" not in sys.modules:
        no_heif = ModuleType("pi_heif")
        no_heif.register_heif_opener = lambda: None  # type: ignore[attr-defined]
        sys.modules["pi_heif"] = no_heif


def quiet_openvino() -> None:
    """Make openvino use its telemetry stub, which does nothing."""
    if "openvino_telemetry" not in sys.modules:
        sys.modules["openvino_telemetry"] = None  # type: ignore[assignment]  # an import of it now fails


def _write_settings(file: Path) -> None:
    """Leave a settings file with everything off; ultralytics completes it by its own defaults."""
    if _settings_are_off(file):
        return
    file.parent.mkdir(parents=True, exist_ok=True)
    written = file.with_name(f".{file.name}.{os.getpid()}")
    written.write_text(json.dumps(_ULTRALYTICS_SETTINGS, indent=2), encoding="utf-8")
    written.replace(file)


def _settings_are_off(file: Path) -> bool:
    try:
        settings = json.loads(file.read_text(encoding="utf-8"))
    except (OSError, ValueError):
        return False
    return isinstance(settings, dict) and all(settings.get(key) is False for key in _ULTRALYTICS_SETTINGS)
