"""The setup script: what it finds missing, and what it would run."""

import importlib.util
import sys

import pytest

from tests.data import ROOT

_SPEC = importlib.util.spec_from_file_location("bootstrap", ROOT / "scripts" / "bootstrap.py")
bootstrap = importlib.util.module_from_spec(_SPEC)
_SPEC.loader.exec_module(bootstrap)


def missing(*, loads=lambda library: True, has_module=lambda name: True, **options):
    return bootstrap.missing_packages(
        bootstrap.OFFSCREEN_LIBRARIES, loads=loads, has_module=has_module, **options
    )


def test_nothing_missing_means_no_command():
    assert missing() == []
    assert bootstrap.apt_commands([], is_root=False, has_sudo=False) == []


def test_missing_libraries_become_debian_packages():
    found = missing(loads=lambda library: library not in {"libGL.so.1", "libEGL.so.1"})
    assert found == ["libegl1", "libgl1"]


def test_an_absent_venv_module_is_a_debian_package_of_this_python():
    assert missing(has_module=lambda name: name != "ensurepip") == [f"python3.{sys.version_info.minor}-venv"]


def test_a_missing_program_is_installed_as_well():
    assert missing(programs=["Xvfb"], has_program=lambda name: None) == ["xvfb"]


def test_a_library_that_nobody_has_does_not_load():
    assert not bootstrap.can_load("libnobodyhasthis.so.9")


def test_root_installs_directly_and_others_through_sudo():
    direct = bootstrap.apt_commands(["libgl1"], is_root=True, has_sudo=False)
    assert direct == [
        ["apt-get", "update"],
        ["apt-get", "install", "-y", "--no-install-recommends", "libgl1"],
    ]
    through = bootstrap.apt_commands(["libgl1"], is_root=False, has_sudo=True)
    assert through == [["sudo", *command] for command in direct]


def test_without_rights_it_says_what_to_run_as_root():
    with pytest.raises(bootstrap.SetupError, match="apt-get install -y --no-install-recommends libgl1"):
        bootstrap.apt_commands(["libgl1"], is_root=False, has_sudo=False)


def test_the_camera_server_is_installed_where_it_is_missing(monkeypatch):
    ran, answers = [], iter([False, True])
    monkeypatch.setattr(bootstrap, "has_camera_server", lambda: next(answers))
    monkeypatch.setattr(bootstrap, "run", ran.append)
    monkeypatch.setattr(bootstrap.shutil, "which", lambda name: f"/usr/bin/{name}")
    bootstrap.install_camera_server()
    assert set(bootstrap.CAMERA_PACKAGES) <= set(ran[-1])
    monkeypatch.setattr(bootstrap, "has_camera_server", lambda: True)
    bootstrap.install_camera_server()
    assert len(ran) == 2


def test_without_apt_get_the_camera_server_is_named(monkeypatch):
    monkeypatch.setattr(bootstrap, "has_camera_server", lambda: False)
    monkeypatch.setattr(bootstrap.shutil, "which", lambda name: None)
    with pytest.raises(bootstrap.SetupError, match="gst-rtsp-server"):
        bootstrap.install_camera_server()


@pytest.mark.parametrize("version", [(3, 10), (3, 14), (2, 7)])
def test_an_unsupported_python_is_refused_in_words(version):
    with pytest.raises(bootstrap.SetupError, match=r"make PYTHON="):
        bootstrap.check_python(version)


@pytest.mark.parametrize("version", [(3, 11), (3, 12), (3, 13)])
def test_supported_pythons(version):
    bootstrap.check_python(version)


def test_a_failing_command_is_named(capfd):
    with pytest.raises(bootstrap.SetupError, match="exit"):
        bootstrap.run([sys.executable, "-c", "exit(3)"])
    assert "exit(3)" in capfd.readouterr().out


def test_a_folder_without_an_interpreter_has_no_pip(tmp_path):
    assert not bootstrap.has_pip(bootstrap.venv_python(tmp_path))


def test_libraries_on_other_systems_are_left_alone(monkeypatch):
    monkeypatch.setattr(bootstrap.sys, "platform", "darwin")
    monkeypatch.setattr(bootstrap, "can_load", pytest.fail)
    bootstrap.install_system_packages(bootstrap.WINDOW_LIBRARIES, bootstrap.WINDOW_TEST_PROGRAMS)


def test_without_apt_it_names_what_is_missing(monkeypatch, capsys):
    monkeypatch.setattr(bootstrap.sys, "platform", "linux")
    monkeypatch.setattr(bootstrap, "missing_packages", lambda libraries, programs: ["libgl1"])
    monkeypatch.setattr(bootstrap.shutil, "which", lambda program: None)
    bootstrap.install_system_packages(bootstrap.OFFSCREEN_LIBRARIES)
    assert "libgl1" in capsys.readouterr().out
