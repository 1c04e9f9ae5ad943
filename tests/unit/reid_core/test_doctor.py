"""The doctor: what it calls sound, what it warns of, what it fails, and the advice it gives."""

import json
import subprocess
import sys
from importlib import metadata
from pathlib import Path
from types import SimpleNamespace

import pytest

from reid_core.device import Device
from reid_core.errors import ReidError
from reid_core.pipeline import doctor, doctor_files, doctor_runtimes
from reid_core.pipeline.doctor import Check, examine
from reid_core.pipeline.openmp_probe import loaded_libraries


def without_slow_parts(monkeypatch):
    """Leave out the checks that start child processes."""
    monkeypatch.setattr(doctor_runtimes, "check_openmp", lambda: [Check("OpenMP runtimes", "ok", "one")])
    monkeypatch.setattr(doctor.metadata, "entry_points", lambda group: [])


def entry_point(name, function):
    return SimpleNamespace(name=name, load=lambda: function)


def raises(error):
    def function(*_arguments, **_options):
        raise error

    return function


def test_the_command_prints_every_check_as_json():
    done = subprocess.run(
        [sys.executable, "-m", "app", "doctor", "--json"],
        capture_output=True,
        text=True,
        timeout=300,
        check=False,
    )
    checks = json.loads(done.stdout)
    assert done.stderr == ""
    assert all(set(check) == {"name", "state", "found", "advice"} for check in checks)
    assert done.returncode == int(any(check["state"] == "failed" for check in checks))
    states = {check["name"]: check["state"] for check in checks}
    for name in ("Python", "Sightline", "device", "FFmpeg in PyAV", "FFmpeg in OpenCV", "OpenMP runtimes"):
        assert states[name] == "ok"
    assert {
        "cache folder",
        "temporary folder",
        "current folder",
        "detector",
        "re-ID model",
        "Qt (window)",
    } <= set(states)
    assert all(check["advice"] for check in checks if check["state"] != "ok")


def test_a_check_that_breaks_is_a_finding(monkeypatch):
    without_slow_parts(monkeypatch)
    monkeypatch.setattr(doctor_runtimes, "check_device", raises(OSError("driver is gone")))
    monkeypatch.setattr(doctor_files, "check_models", raises(ReidError("The manifest is damaged.")))
    found = {check.name: check for check in examine()}
    assert found["device"].state == found["models"].state == "failed"
    assert "driver is gone" in found["device"].found
    assert found["models"].advice == "The manifest is damaged."


def test_a_part_that_does_not_import_is_a_finding(monkeypatch):
    without_slow_parts(monkeypatch)
    monkeypatch.setitem(sys.modules, "reid_core.pipeline.doctor_files", None)
    found = {check.name: check for check in examine()}
    assert found["folders"].state == found["models"].state == "failed"
    assert "pip install" in found["models"].advice


def test_layers_above_add_their_checks(monkeypatch):
    without_slow_parts(monkeypatch)
    points = [
        entry_point("b", lambda: [Check("B", "ok", "2")]),
        entry_point("a", raises(ImportError("no Qt"))),
    ]
    monkeypatch.setattr(doctor.metadata, "entry_points", lambda group: points)
    checks = examine()
    assert [check.name for check in checks[-2:]] == ["a", "B"]
    assert checks[-2].state == "failed"


@pytest.mark.parametrize(("version", "state"), [((3, 10), "failed"), ((3, 11), "ok"), ((3, 14), "failed")])
def test_python(monkeypatch, version, state):
    monkeypatch.setattr(doctor.sys, "version_info", version)
    assert [check.state for check in doctor.check_python()] == [state]


def test_a_missing_package_names_what_to_install(monkeypatch):
    monkeypatch.setattr(metadata, "requires", lambda name: ["nosuchpackage>=2,<3", 'ruff>=1; extra == "dev"'])
    missing = doctor.check_packages()[1:]
    assert [(check.name, check.state) for check in missing] == [("package nosuchpackage", "failed")]
    assert "pip install 'nosuchpackage>=2,<3'" in missing[0].advice


def test_sources_that_were_never_installed(monkeypatch):
    monkeypatch.setattr(doctor, "DISTRIBUTION", "no-such-distribution")
    assert [(check.name, check.state) for check in doctor.check_packages()] == [("Sightline", "failed")]


@pytest.mark.parametrize(
    ("device", "state"),
    [
        (Device("cuda", "CUDA device H100"), "ok"),
        (Device("cpu", "no NVIDIA driver on this computer; no Apple GPU"), "ok"),
        (Device("cpu", "an NVIDIA driver is present, but torch finds no usable CUDA device"), "warning"),
    ],
)
def test_a_gpu_that_stays_unused_is_pointed_out(monkeypatch, device, state):
    monkeypatch.setattr(doctor_runtimes, "choose_device", lambda setting: device)
    (check,) = doctor_runtimes.check_device()
    assert (check.state, device.reason in check.found) == (state, True)


@pytest.mark.parametrize(
    ("avcodec", "state"),
    [
        ((62, 28, 102), "ok"),
        ((63, 0, 0), "ok"),
        ((62, 28, 101), "warning"),
        ((61, 99, 200), "warning"),
        (None, "warning"),
    ],
)
def test_an_old_ffmpeg_is_warned_of(avcodec, state):
    check = doctor_runtimes.decoder_check("FFmpeg in PyAV", avcodec, "", "av")
    assert check.state == state
    assert ("pip install --upgrade av" in check.advice) is (state != "ok")


def test_an_opencv_without_ffmpeg_names_no_version():
    assert doctor_runtimes.opencv_avcodec("Video I/O:\n    FFMPEG:                      NO\n") is None


@pytest.mark.parametrize(
    ("libraries", "system", "state"),
    [
        ([], "linux", "ok"),
        (["libgomp.so.1", "libgomp.so.1"], "linux", "ok"),
        (["libomp.dylib"], "darwin", "ok"),
        (["libiomp5.dylib", "libomp.dylib"], "darwin", "warning"),
        (None, "linux", "failed"),
    ],
)
def test_openmp_runtimes(libraries, system, state):
    assert doctor_runtimes.openmp_check(libraries, "it aborted", system).state == state


def test_packages_that_do_not_load_together_are_a_finding(monkeypatch):
    crash = [sys.executable, "-c", "import sys; sys.exit('OMP: Error #15')"]
    run = subprocess.run
    monkeypatch.setattr(doctor_runtimes.subprocess, "run", lambda command, **options: run(crash, **options))
    (check,) = doctor_runtimes.check_openmp()
    assert (check.state, check.found) == ("failed", "OMP: Error #15")


def test_packages_that_never_finish_loading_are_a_finding(monkeypatch):
    monkeypatch.setattr(doctor_runtimes.subprocess, "run", raises(subprocess.TimeoutExpired("probe", 1)))
    assert [check.state for check in doctor_runtimes.check_openmp()] == ["failed"]


def test_loaded_libraries_are_seen():
    assert any(
        "python" in Path(path).name.lower() or "libc" in Path(path).name for path in loaded_libraries()
    )


class TestFolders:
    def test_a_writable_folder_is_left_as_it_was(self, tmp_path):
        check = doctor_files.folder_check("cache folder", tmp_path, "failed", "")
        assert (check.state, str(tmp_path) in check.found, list(tmp_path.iterdir())) == ("ok", True, [])

    def test_a_folder_that_is_none(self, tmp_path):
        file = tmp_path / "file"
        file.touch()
        assert doctor_files.folder_check("cache folder", file, "failed", "Move.").advice.endswith("Move.")
        assert doctor_files.folder_check("cache folder", None, "failed", "Move.").state == "failed"

    @pytest.mark.parametrize(
        ("n_free", "state"), [(1 << 20, "failed"), (1 << 30, "warning"), (3 << 30, "ok")]
    )
    def test_free_space(self, monkeypatch, tmp_path, n_free, state):
        monkeypatch.setattr(doctor_files.shutil, "disk_usage", lambda folder: SimpleNamespace(free=n_free))
        assert doctor_files.folder_check("cache folder", tmp_path, "failed", "").state == state

    def test_a_cache_that_cannot_be_made(self, monkeypatch, tmp_path):
        file = tmp_path / "file"
        file.touch()
        monkeypatch.setenv("SIGHTLINE_CACHE", str(file / "cache"))
        assert doctor_files.check_folders()[0].state == "failed"


class TestModels:
    def check_without_any(self, monkeypatch):
        monkeypatch.setattr(doctor_files, "list_models", lambda kind: [])
        return {check.name: check for check in doctor_files.check_models()}

    def test_without_models_and_network_nothing_can_run(self, monkeypatch):
        monkeypatch.setenv("SIGHTLINE_OFFLINE", "1")
        monkeypatch.setattr("reid_core.weights.find.list_models", lambda kind: [])
        found = self.check_without_any(monkeypatch)
        assert found["detector"].state == found["re-ID model"].state == "failed"
        assert "--detector" in found["detector"].advice
        assert "--model" in found["re-ID model"].advice

    def test_a_detector_may_still_be_downloaded(self, monkeypatch):
        monkeypatch.delenv("SIGHTLINE_OFFLINE")
        assert self.check_without_any(monkeypatch)["detector"].state == "warning"

    def test_models_are_listed_with_their_hash(self, monkeypatch):
        model = SimpleNamespace(
            name="light", origin="comes with Sightline", path=Path("light.st"), sha256="ab" * 32
        )
        monkeypatch.setattr(doctor_files, "list_models", lambda kind: [model])
        for check in doctor_files.check_models():
            assert check.state == "ok"
            assert model.sha256 in check.found

    def test_a_models_folder_that_is_absent(self, monkeypatch, tmp_path):
        monkeypatch.setenv("SIGHTLINE_MODELS", str(tmp_path / "absent"))
        assert doctor_files.check_models()[0].name == "SIGHTLINE_MODELS"
