"""What is typed on the command line is understood, or refused with what to write instead."""

from __future__ import annotations

import argparse
from pathlib import Path

import pytest

from reid_core.cli import arguments


def test_a_camera_has_files_in_order():
    camera = arguments.camera("hall=h1.mp4,h2.mp4")
    assert camera == arguments.CameraArgument("hall", (Path("h1.mp4"), Path("h2.mp4")))


def test_a_comma_in_an_existing_file_name_is_kept(tmp_path):
    clip = tmp_path / "a,b.mp4"
    clip.touch()
    assert arguments.camera(f"hall={clip}").paths == (clip,)


@pytest.mark.parametrize("text", ["hall", "hall=", "=x.mp4", "a/b=x.mp4", "hall=x.mp4,,y.mp4", "..=x.mp4"])
def test_what_is_no_camera_is_refused(text):
    with pytest.raises(argparse.ArgumentTypeError):
        arguments.camera(text)


def test_names_of_any_language_are_fine():
    assert arguments.camera_name("Eingang Süd 测试") == "Eingang Süd 测试"


def test_numbers_by_camera():
    assert arguments.camera_number("hall=-1500") == ("hall", -1500.0)
    with pytest.raises(argparse.ArgumentTypeError):
        arguments.camera_number("hall=soon")


@pytest.mark.parametrize("text", ["1,2,3", "5,5,5,9", "a,b,c,d", "9,0,1,4"])
def test_what_is_no_box_is_refused(text):
    with pytest.raises(argparse.ArgumentTypeError):
        arguments.box(text)


def test_the_project_ending_is_added():
    assert arguments.project_path("case/theft") == Path("case/theft.sightline")
    assert arguments.project_path("case/theft.sightline") == Path("case/theft.sightline")
    assert arguments.project_path("2026.11.21") == Path("2026.11.21.sightline")
