"""Loads all that computes and prints the OpenMP runtimes then present, as JSON; a child of the doctor."""

from __future__ import annotations

import ctypes
import importlib
import json
import sys
from pathlib import Path

from reid_core.thirdparty import quiet_openvino

LOADED = ("numpy", "scipy.optimize", "cv2", "torch", "faiss", "openvino")
RUNTIMES = ("libgomp", "libomp", "libiomp", "vcomp")


def loaded_libraries() -> list[str]:
    """Paths of the shared libraries in this process."""
    if sys.platform == "darwin":
        dyld = ctypes.CDLL(None)
        dyld._dyld_get_image_name.restype = ctypes.c_char_p
        return [dyld._dyld_get_image_name(idx).decode() for idx in range(dyld._dyld_image_count())]
    import psutil

    return [region.path for region in psutil.Process().memory_maps()]


def openmp_runtimes(paths: list[str]) -> list[str]:
    """File names of the OpenMP runtimes among libraries, sorted; two copies of one are two.

    >>> openmp_runtimes(["/a/libgomp.so.1", "/b/libc.so.6", "/c/libgomp.so.1"])
    ['libgomp.so.1', 'libgomp.so.1']
    """
    return sorted(name for path in set(paths) if (name := Path(path).name).lower().startswith(RUNTIMES))


def main() -> None:
    """Print a JSON list."""
    quiet_openvino()
    for module in LOADED:
        importlib.import_module(module)
    sys.stdout.write(json.dumps(openmp_runtimes(loaded_libraries())))


if __name__ == "__main__":
    main()
