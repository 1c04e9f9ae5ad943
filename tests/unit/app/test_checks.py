"""The doctor's look at Qt, from what child processes say."""

import subprocess
from importlib import metadata

import pytest

from app import checks
from app.checks import check_qt, probe, qt_check

FAILED = ("", "could not load the Qt platform plugin")


def test_a_platform_that_comes_up_is_sound():
    check = qt_check("6.11.3", ("xcb", ""), ("offscreen", ""))
    assert (check.state, check.advice) == ("ok", "")
    assert "xcb" in check.found


def test_without_a_display_only_the_window_is_out_of_reach():
    check = qt_check("6.11.3", FAILED, ("offscreen", ""))
    assert check.state == "warning"
    assert "libxcb-cursor0" in check.advice
    assert FAILED[1] in check.found


def test_qt_without_its_libraries():
    check = qt_check("6.11.3", FAILED, FAILED)
    assert check.state == "warning"
    assert "libegl1" in check.advice


def test_a_release_that_aborts_is_refused(monkeypatch):
    monkeypatch.setattr(metadata, "version", lambda name: "6.12.0")
    monkeypatch.setattr(checks.sys, "version_info", (3, 11, 7))
    (check,) = check_qt()
    assert check.state == "failed"
    assert "<6.12" in check.advice


def test_a_core_without_qt_is_sound_enough(monkeypatch):
    def absent(name):
        raise metadata.PackageNotFoundError(name)

    monkeypatch.setattr(metadata, "version", absent)
    assert [check.state for check in check_qt()] == ["warning"]


@pytest.mark.parametrize(
    ("code", "printed", "errors", "expected"),
    [
        (0, '{"platform": "offscreen"}', "", ("offscreen", "")),
        (-6, "", "\nqt.qpa: no xcb\nAborted", ("", "qt.qpa: no xcb")),
        (1, "", "Traceback (most recent call last):\n  x\nImportError: libEGL", ("", "ImportError: libEGL")),
        (-6, "", "", ("", "ended with code -6")),
    ],
)
def test_what_the_child_says(monkeypatch, code, printed, errors, expected):
    seen = {}

    def run(command, **options):
        seen.update(options["env"])
        return subprocess.CompletedProcess(command, code, printed, errors)

    monkeypatch.setattr(checks.subprocess, "run", run)
    given = {"QT_QPA_PLATFORM_PLUGIN_PATH": "/lib/cv2/qt/plugins", "QT_QPA_PLATFORM": "xcb", "HOME": "/h"}
    assert probe(given) == expected
    assert seen == {"QT_QPA_PLATFORM": "xcb", "HOME": "/h"}  # OpenCV's own plugins are of another Qt


def test_a_child_that_hangs(monkeypatch):
    def run(command, **options):
        raise subprocess.TimeoutExpired(command, options["timeout"])

    monkeypatch.setattr(checks.subprocess, "run", run)
    assert probe({}) == ("", "no answer within 60 s")


@pytest.mark.gui
def test_qt_starts_without_a_display(monkeypatch):
    monkeypatch.setenv("QT_QPA_PLATFORM", "offscreen")
    (check,) = check_qt()
    assert (check.state, check.found.endswith("platform offscreen")) == ("ok", True)
