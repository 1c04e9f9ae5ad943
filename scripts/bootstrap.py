"""Make the virtual environment and install everything that is missing, system libraries included.

The Makefile calls this with any Python 3.11 to 3.13; only the standard library is used, and nothing of the
project. Each step says what it does, and nothing is installed that is already there.

    python3 scripts/bootstrap.py            # .venv with the project and its gates
    python3 scripts/bootstrap.py --window   # also what a real window under X11 or Xvfb needs
    python3 scripts/bootstrap.py --cameras  # nothing but the RTSP server that the tests of live cameras need
"""

from __future__ import annotations

import argparse
import importlib.util
import os
import shutil
import subprocess
import sys
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent

OFFSCREEN_LIBRARIES = {
    "libglib-2.0.so.0": "libglib2.0-0",
    "libGL.so.1": "libgl1",
    "libEGL.so.1": "libegl1",
    "libxkbcommon.so.0": "libxkbcommon0",
    "libdbus-1.so.3": "libdbus-1-3",
    "libfontconfig.so.1": "libfontconfig1",
    "libfreetype.so.6": "libfreetype6",
}
"""Shared library -> Debian package: what OpenCV needs, and Qt without a display."""

WINDOW_LIBRARIES = {
    "libxcb-cursor.so.0": "libxcb-cursor0",
    "libxcb-icccm.so.4": "libxcb-icccm4",
    "libxcb-image.so.0": "libxcb-image0",
    "libxcb-keysyms.so.1": "libxcb-keysyms1",
    "libxcb-render-util.so.0": "libxcb-render-util0",
    "libxcb-render.so.0": "libxcb-render0",
    "libxcb-shape.so.0": "libxcb-shape0",
    "libxcb-util.so.1": "libxcb-util1",
    "libxcb-xkb.so.1": "libxcb-xkb1",
    "libxkbcommon-x11.so.0": "libxkbcommon-x11-0",
}
"""Shared library -> Debian package: what Qt needs beside those to open a window under X11."""

WINDOW_TEST_PROGRAMS = ("Xvfb", "xdotool")
"""A display without a screen, and hands for its mouse and keyboard; named as their packages are."""


CAMERA_PACKAGES = (
    "gir1.2-gst-rtsp-server-1.0", "gstreamer1.0-plugins-good", "gstreamer1.0-plugins-ugly", "python3-gi",
)  # fmt: skip
"""GStreamer's RTSP server for the system's Python, with H.264; the tests skip what needs it without."""

CAMERA_PROBE = (
    "import gi, sys; gi.require_version('GstRtspServer', '1.0'); "
    "from gi.repository import Gst, GstRtspServer; Gst.init(None); "
    "sys.exit(not all(map(Gst.ElementFactory.find, ('x264enc', 'rtph264pay', 'multifilesrc', 'jpegdec'))))"
)


class SetupError(Exception):
    """Something that the user has to do; the message says what."""


def check_python(version: tuple[int, int]) -> None:
    """Refuse a Python that the dependencies do not support."""
    if not (3, 11) <= version <= (3, 13):
        raise SetupError(
            f"Python {version[0]}.{version[1]} is not supported: install Python 3.11, 3.12 or 3.13, "
            "then run `make PYTHON=/path/to/python`."
        )


def can_load(library: str) -> bool:
    """Whether the dynamic linker finds the shared library."""
    try:
        import ctypes

        ctypes.CDLL(library)
    except (ImportError, OSError):
        return False
    return True


def missing_packages(
    libraries: Mapping[str, str],
    *,
    loads: Callable[[str], bool] = can_load,
    has_module: Callable[[str], object] = importlib.util.find_spec,
    has_program: Callable[[str], object] = shutil.which,
    programs: Sequence[str] = (),
) -> list[str]:
    """Debian packages that are missing, sorted: libraries, programs, and Python's own venv parts."""
    packages = {package for library, package in libraries.items() if not loads(library)}
    packages |= {program.lower() for program in programs if not has_program(program)}
    if not (has_module("venv") and has_module("ensurepip")):  # Debian ships them apart from Python
        packages.add(f"python3.{sys.version_info.minor}-venv")
    return sorted(packages)


def apt_commands(packages: Sequence[str], *, is_root: bool, has_sudo: bool) -> list[list[str]]:
    """The commands that install Debian packages; none for no packages.

    Raises:
        SetupError: The user is neither root nor has sudo; the message holds the command to run.
    """
    if not packages:
        return []
    install = ["apt-get", "install", "-y", "--no-install-recommends", *packages]
    if not (is_root or has_sudo):
        raise SetupError(
            f"System packages are missing and sudo is absent. As root, run: apt-get update && "
            f"{' '.join(install)}   then run make again."
        )
    prefix = [] if is_root else ["sudo"]
    return [[*prefix, "apt-get", "update"], [*prefix, *install]]


def run(command: Sequence[str | Path]) -> None:
    """Run a command, showing it; its failure becomes a `SetupError`."""
    shown = " ".join(map(str, command))
    print(f"  $ {shown}", flush=True)
    environment = {**os.environ, "DEBIAN_FRONTEND": "noninteractive"}
    done = subprocess.run(list(map(str, command)), env=environment, stdin=subprocess.DEVNULL, check=False)
    if done.returncode:
        raise SetupError(f"This command failed, its own message stands above: {shown}")


def install_system_packages(libraries: Mapping[str, str], programs: Sequence[str] = ()) -> None:
    """Install the system packages that are missing, on Debian and its relatives."""
    if not sys.platform.startswith("linux"):
        return
    packages = missing_packages(libraries, programs=programs)
    if not packages:
        return
    if shutil.which("apt-get") is None:
        print(f"Missing system libraries, named as in Debian: {' '.join(packages)}.")
        print("There is no apt-get here: install them with your package manager if something fails to load.")
        return
    print(f"Installing system packages that are missing: {' '.join(packages)}")
    is_root = hasattr(os, "geteuid") and os.geteuid() == 0
    for command in apt_commands(packages, is_root=is_root, has_sudo=shutil.which("sudo") is not None):
        run(command)


def has_camera_server() -> bool:
    """Whether the system's Python can serve cameras."""
    if not Path("/usr/bin/python3").exists():
        return False
    probe = ["/usr/bin/python3", "-c", CAMERA_PROBE]
    environment = {name: value for name, value in os.environ.items() if not name.startswith("PYTHON")}
    return not subprocess.run(probe, env=environment, capture_output=True, check=False).returncode


def install_camera_server() -> None:
    """Install GStreamer's RTSP server on Debian and its relatives, where it is missing.

    Raises:
        SetupError: It cannot be installed here; the tests that need it are skipped then.
    """
    if has_camera_server():
        return
    if shutil.which("apt-get") is None:
        raise SetupError(f"The tests of live cameras need {', '.join(CAMERA_PACKAGES)}, named as in Debian.")
    print("Installing GStreamer's RTSP server, for the tests of live cameras")
    is_root = hasattr(os, "geteuid") and os.geteuid() == 0
    for command in apt_commands(CAMERA_PACKAGES, is_root=is_root, has_sudo=shutil.which("sudo") is not None):
        run(command)
    if not has_camera_server():
        raise SetupError("GStreamer's RTSP server is installed and does not start.")


def venv_python(venv: Path) -> Path:
    """Where a virtual environment keeps its interpreter on this platform."""
    return venv / ("Scripts/python.exe" if os.name == "nt" else "bin/python")


def has_pip(python: Path) -> bool:
    """Whether that interpreter is there and runs pip."""
    if not python.is_file():
        return False
    return not subprocess.run(
        [str(python), "-m", "pip", "--version"], capture_output=True, check=False
    ).returncode


def make_environment(venv: Path) -> None:
    """Create the virtual environment where there is none that works, and install the project into it."""
    python = venv_python(venv)
    if not has_pip(python):
        print(f"Creating the virtual environment {venv}")
        run([sys.executable, "-m", "venv", "--clear", venv])
    print("Installing the project and its dependencies; the first time takes minutes and about 7 GB of disk")
    run([python, "-m", "pip", "install", "-q", "-c", ROOT / "constraints.txt", "-e", f"{ROOT}[dev]"])


def main() -> int:
    """Entry of the script."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--venv", type=Path, default=ROOT / ".venv", help="the virtual environment's folder")
    parser.add_argument(
        "--window", action="store_true", help="only what a window under X11, and its test, need"
    )
    parser.add_argument("--cameras", action="store_true", help="only the RTSP server that tests need")
    options = parser.parse_args()
    try:
        if options.cameras:
            install_camera_server()
            return 0
        if options.window:
            install_system_packages(WINDOW_LIBRARIES, WINDOW_TEST_PROGRAMS)
            return 0
        check_python(sys.version_info[:2])
        install_system_packages(OFFSCREEN_LIBRARIES)
        make_environment(options.venv)
    except SetupError as error:
        print(f"Setup stopped: {error}", file=sys.stderr)
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
