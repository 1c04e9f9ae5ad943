"""Options of live cameras on the command line."""

import argparse

import pytest

from reid_core.cli.main import build_parser
from reid_core.cli.streams import register_streams, stall, watched_cameras
from reid_core.store.project import Project
from reid_core.streams.connection import Patience


class Silent:
    def show(self, event):
        raise AssertionError(event)


def watched(tmp_path, *options):
    path = tmp_path / "p.sightline"
    arguments = build_parser().parse_args(
        ["ingest", str(path), "--camera", "lobby=rtsp://127.0.0.1/live", *options]
    )
    with Project.open(path, create=True) as project:
        register_streams(project, arguments)
        (camera,) = watched_cameras(project, arguments, Silent())
    return camera


def test_the_watchdogs_limit_can_be_given(tmp_path):
    assert watched(tmp_path).patience == Patience()
    assert watched(tmp_path).patience.frame_s == 10.0
    patient = watched(tmp_path, "--stall-after", "45s").patience
    assert (patient.frame_s, patient.read_s, patient.first_frame_s) == (45.0, 45.0, 45.0)
    quick = watched(tmp_path, "--stall-after", "2s").patience
    assert (quick.frame_s, quick.read_s, quick.first_frame_s) == (2.0, 10.0, 20.0)


@pytest.mark.parametrize("text", ["0.5s", "2h", "0s", "-3s", "soon", "10"])
def test_limits_that_make_no_sense_are_refused(text):
    with pytest.raises(argparse.ArgumentTypeError, match=r"between 1s and 1h|is no time"):
        stall(text)
