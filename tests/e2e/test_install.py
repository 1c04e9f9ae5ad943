"""What a stranger gets: the tracked files, the pins, the two commands, the wheel."""

import os
import re
import shutil
import subprocess
import sys
import tomllib
import zipfile
from pathlib import Path

import pytest
from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

from tests.data import ROOT

PROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
DIRECT = [Requirement(text) for text in PROJECT["dependencies"] + PROJECT["optional-dependencies"]["dev"]]
CONSTRAINT = re.compile(r"([a-z0-9-]+)==([0-9][0-9a-z.]*)")
LOCK_FILES = {
    "uv.lock",
    "poetry.lock",
    "pdm.lock",
    "Pipfile.lock",
    "pixi.lock",
    "pylock.toml",
    "conda-lock.yml",
}
# Put together here, so that this file does not hold what it looks for.
REGISTRY_HOSTS = [
    re.compile(host, re.IGNORECASE)
    for host in (
        "py" + r"pi\.(org|python)",
        "python" + "hosted",
        "download" + r"\.pytorch",
        "deb" + r"\.debian",
        "archive" + r"\.ubuntu",
        "npm" + "js",
        "(ana|mini)" + r"conda\.(org|com)",
        "conda" + "-forge",
    )
]


def tracked_files() -> list[Path]:
    if not (ROOT / ".git").exists():
        pytest.skip("not a git checkout, so nothing is tracked")
    listed = subprocess.run(["git", "ls-files", "-z"], cwd=ROOT, capture_output=True, text=True, check=True)
    return [ROOT / name for name in listed.stdout.split("\0") if name and (ROOT / name).is_file()]


def constraints() -> dict[str, str]:
    lines = (ROOT / "constraints.txt").read_text(encoding="utf-8").splitlines()
    pins = [line for line in lines if line and not line.startswith("#")]
    assert all(CONSTRAINT.fullmatch(pin) for pin in pins), [
        pin for pin in pins if not CONSTRAINT.fullmatch(pin)
    ]
    return dict(pin.split("==") for pin in pins)


def test_no_lock_file_is_tracked():
    assert [path.name for path in tracked_files() if path.name in LOCK_FILES] == []


def test_no_tracked_file_names_a_registry_host():
    found = []
    for path in tracked_files():
        text = path.read_bytes().decode("utf-8", "ignore")
        found += [
            (path.relative_to(ROOT).as_posix(), host.pattern) for host in REGISTRY_HOSTS if host.search(text)
        ]
    assert found == []


def test_no_footage_weights_or_projects_are_tracked():
    """Research data stays outside; only models that ship lie in assets/models."""
    suffixes = {".mp4", ".avi", ".mkv", ".mov", ".ts", ".pt", ".pth", ".pkl", ".npy", ".sightline"}
    assert [path for path in tracked_files() if path.suffix.lower() in suffixes] == []


def test_constraints_are_exact_and_for_every_platform():
    pins = constraints()
    names = [canonicalize_name(name) for name in pins]
    assert len(set(names)) == len(names)
    assert [name for name in names if name.startswith(("nvidia", "cuda", "triton"))] == []


def test_every_direct_dependency_is_constrained_within_its_range():
    pins = {canonicalize_name(name): version for name, version in constraints().items()}
    for requirement in DIRECT:
        version = pins[canonicalize_name(requirement.name)]
        assert requirement.specifier.contains(version), (requirement.name, version)


def test_the_pins_that_matter():
    ranges = {canonicalize_name(requirement.name): requirement.specifier for requirement in DIRECT}
    assert "6.12.0" not in ranges["pyside6-essentials"]  # aborts on Python 3.11
    assert "6.11.3" in ranges["pyside6-essentials"]
    assert "0.5.11" not in ranges["lap"]
    assert "5.0.0.93" not in ranges["opencv-python"]  # an older FFmpeg, and no HOG
    assert PROJECT["requires-python"] == ">=3.11,<3.14"
    assert PROJECT["license"] == "AGPL-3.0-or-later"


def test_the_licence_is_whole():
    text = (ROOT / "LICENSE").read_text(encoding="utf-8")
    assert "GNU AFFERO GENERAL PUBLIC LICENSE" in text
    assert "END OF TERMS AND CONDITIONS" in text
    assert len(text.splitlines()) > 600


@pytest.mark.skipif(shutil.which("make") is None, reason="make is not installed")
@pytest.mark.parametrize(
    "target", ["demo", "test", "app", "check", "sabotage", "test-gpu", "tracking", "wheel", "setup", "help"]
)
def test_the_promised_targets_exist(target):
    done = subprocess.run(
        ["make", "-n", target], cwd=ROOT, capture_output=True, text=True, timeout=60, check=False
    )
    assert (done.returncode, done.stderr) == (0, "")


@pytest.mark.skipif(shutil.which("make") is None, reason="make is not installed")
def dry_run(target: str, environment: Path) -> str:
    """What make would do; not as a part of the make that may run these tests."""
    clean = {name: value for name, value in os.environ.items() if not name.startswith(("MAKE", "MFLAGS"))}
    command = ["make", "-n", target, f"VENV={environment}"]
    done = subprocess.run(
        command, cwd=ROOT, env=clean, capture_output=True, text=True, timeout=60, check=True
    )
    return done.stdout.strip()


def test_a_second_make_sets_nothing_up(tmp_path):
    """Setup runs once per change of what is to be installed."""
    environment = tmp_path / "venv"
    environment.mkdir()
    first = dry_run("demo", environment)
    (environment / ".ready").touch()
    second = dry_run("demo", environment)
    assert "bootstrap.py" in first
    assert second == f"{environment}/bin/sightline demo"


def test_ci_runs_what_the_readme_says():
    lines = (ROOT / ".ci" / "run").read_text(encoding="utf-8").splitlines()
    commands = [line for line in lines if line.startswith("make ")]
    readme = (ROOT / "README.md").read_text(encoding="utf-8")
    assert os.access(ROOT / ".ci" / "run", os.X_OK)
    assert "set -euo pipefail" in lines
    assert "make check" in commands
    assert [command for command in commands if command not in readme] == []


@pytest.fixture(scope="module")
def wheel(tmp_path_factory):
    folder = tmp_path_factory.mktemp("wheel")
    command = [sys.executable, "-m", "pip", "wheel", "-q", "--no-deps", "--no-build-isolation", "--no-index"]
    subprocess.run([*command, "--wheel-dir", str(folder), str(ROOT)], check=True, timeout=300)
    (file,) = folder.glob("sightline_reid-*.whl")
    return file


@pytest.mark.slow
def test_the_wheel_holds_code_models_and_icons_and_nothing_else(wheel):
    with zipfile.ZipFile(wheel) as archive:
        names = set(archive.namelist())
    packages = {name.partition("/")[0] for name in names}
    assert packages == {
        "app",
        "reid_core",
        "training",
        "assets",
        f"sightline_reid-{PROJECT['version']}.dist-info",
    }
    for package in ("app", "reid_core", "training", "assets"):
        sources = {
            path.relative_to(ROOT).as_posix()
            for path in tracked_files()
            if path.is_relative_to(ROOT / package) and path.name != ".gitkeep"
        }
        assert sources <= names, sorted(sources - names)[:10]
    assert any(name.endswith("licenses/LICENSE") for name in names)


@pytest.mark.slow
def test_the_wheel_works_from_another_folder(wheel, tmp_path):
    installed, elsewhere = tmp_path / "installed", tmp_path / "elsewhere"
    elsewhere.mkdir()
    with zipfile.ZipFile(wheel) as archive:
        archive.extractall(installed)
    code = (
        "import app.__main__, assets, reid_core, training\n"
        "from reid_core.paths import bundled_models_dir\n"
        "from reid_core.weights.manifest import bundled_models\n"
        "for module in (app, assets, reid_core, training): print(module.__file__)\n"
        "print(bundled_models_dir())\n"
        "print(len([model.as_model_file() for model in bundled_models()]))\n"
        "app.__main__.main(['--help'])\n"
    )
    search_path = os.pathsep.join([str(installed), os.environ.get("PYTHONPATH", "")])
    done = subprocess.run(
        [sys.executable, "-c", code],
        cwd=elsewhere,
        env={**os.environ, "PYTHONPATH": search_path},
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
    )
    lines = done.stdout.splitlines()
    assert (done.returncode, done.stderr) == (0, "")
    assert all(Path(line).is_relative_to(installed) for line in lines[:5])
    manifest = ROOT / "assets" / "models" / "models.toml"
    n_models = manifest.read_text(encoding="utf-8").count("[[model]]") if manifest.is_file() else 0
    assert lines[5] == str(n_models)
    assert lines[6].startswith("usage: sightline")
