"""Checks of what computes: the device, the decoders' FFmpeg, the OpenMP runtimes in one process."""

from __future__ import annotations

import json
import re
import subprocess
import sys

from reid_core.device import choose_device
from reid_core.pipeline.doctor import Check

FFMPEG_WANTED = "8.1.2"
AVCODEC_WANTED = (62, 28, 102)
"""libavcodec of FFmpeg 8.1.2; older ones have published holes that a crafted video can use."""
PROBE_TIMEOUT_S = 120

Version = tuple[int, ...]


def check_device() -> list[Check]:
    """Which processor runs the models, and why."""
    device = choose_device("auto")
    found = f"{device.kind}: {device.reason}"
    if device.kind == "cpu" and "driver is present" in device.reason:
        advice = (
            "The GPU stays unused. Install a torch built for it; `nvidia-smi` shows what the driver supports."
        )
        return [Check("device", "warning", found, advice)]
    return [Check("device", "ok", found)]


def check_decoders() -> list[Check]:
    """The FFmpeg inside PyAV, which decodes footage, and inside OpenCV."""
    import av
    import cv2

    release = getattr(av, "ffmpeg_version_info", "")
    return [
        decoder_check("FFmpeg in PyAV", tuple(av.library_versions["libavcodec"]), str(release), "av"),
        decoder_check("FFmpeg in OpenCV", opencv_avcodec(cv2.getBuildInformation()), "", "opencv-python"),
    ]


def opencv_avcodec(build_information: str) -> Version | None:
    """The version of libavcodec in OpenCV's description of itself, or None where it names none.

    >>> opencv_avcodec("    FFMPEG:          YES avcodec:         YES (62.28.102)")
    (62, 28, 102)
    """
    match = re.search(r"avcodec:\s+YES \(([\d.]+)\)", build_information)
    return tuple(int(part) for part in match[1].split(".")) if match else None


def decoder_check(name: str, avcodec: Version | None, release: str, package: str) -> Check:
    """Whether a bundled libavcodec is new enough.

    Args:
        name: The check's name.
        avcodec: Version of libavcodec, None where it is unknown.
        release: FFmpeg's own version where it is known, else empty.
        package: The package to renew.
    """
    if avcodec is None:
        return Check(name, "warning", "version unknown", f"Renew it: pip install --upgrade {package}")
    found = f"libavcodec {'.'.join(map(str, avcodec))}" + (f" (FFmpeg {release})" if release else "")
    if avcodec < AVCODEC_WANTED:
        advice = (
            f"Older than FFmpeg {FFMPEG_WANTED}, so with known holes: open no footage of unknown origin, and "
            f"renew it: pip install --upgrade {package}"
        )
        return Check(name, "warning", found, advice)
    return Check(name, "ok", found)


def check_openmp() -> list[Check]:
    """The OpenMP runtimes of a process that has loaded everything that computes."""
    command = [sys.executable, "-m", "reid_core.pipeline.openmp_probe"]
    try:
        done = subprocess.run(command, capture_output=True, text=True, timeout=PROBE_TIMEOUT_S, check=False)
    except subprocess.TimeoutExpired:
        return [openmp_check(None, f"still loading after {PROBE_TIMEOUT_S} s")]
    if done.returncode:
        last_line = (done.stderr.strip().splitlines() or [f"exit code {done.returncode}"])[-1]
        return [openmp_check(None, last_line)]
    return [openmp_check(json.loads(done.stdout), "")]


def openmp_check(libraries: list[str] | None, failure: str, system: str = sys.platform) -> Check:
    """Judge the OpenMP runtimes in one process.

    Args:
        libraries: File names of the runtimes, or None where the packages did not load together.
        failure: Why they did not.
        system: As `sys.platform`.
    """
    name = "OpenMP runtimes"
    if libraries is None:
        advice = (
            "torch, FAISS, OpenCV and OpenVINO do not load in one process. Make a fresh virtual environment."
        )
        return Check(name, "failed", failure, advice)
    found = ", ".join(libraries) or "none"
    if system == "darwin" and len(libraries) > 1:  # on Linux, copies of libgomp live together
        advice = (
            "Several OpenMP runtimes in one process can hang or abort on macOS. Use the packages of "
            "constraints.txt in a fresh virtual environment; do not set KMP_DUPLICATE_LIB_OK."
        )
        return Check(name, "warning", found, advice)
    return Check(name, "ok", found)
