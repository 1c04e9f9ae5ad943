"""The research footage: as many frames as its manifest says, each found again by seeking."""

from __future__ import annotations

import random
import tarfile

import numpy as np
import pytest

from reid_core.media.source import SourceEnd, open_source
from tests.data import shared_data

pytestmark = pytest.mark.data

CLIPS = {
    "footage/lab4/cam0.mp4": (268, 1288, 728, 10),
    "footage/lab4/cam1.mp4": (268, 1288, 728, 10),
    "footage/lab4/cam2.mp4": (268, 1288, 728, 10),
    "footage/lab4/cam3.mp4": (268, 1288, 728, 10),
    "footage/room2/camA-single.mp4": (220, 854, 480, 29.97),
    "footage/room2/camB-double.mp4": (98, 854, 480, 29.97),
    "footage/entry-one-by-one/one-by-one-person-detection.mp4": (1394, 768, 432, 10),
    "mot/TUD-Campus/TUD-Campus.mp4": (71, 640, 480, 25),
}


@pytest.mark.parametrize("name", CLIPS)
def test_frames_are_as_many_as_the_manifest_says_and_seeking_is_exact(name):
    source = open_source(shared_data(name), "gate")
    n, width, height, fps = CLIPS[name]
    info = source.info
    assert (info.n_frames, info.width, info.height) == (n, width, height)
    assert info.fps == pytest.approx(fps, rel=2e-3)
    tried = set(random.Random(3).sample(range(n), 3))
    kept = {}
    for count, frame in enumerate(source.frames()):
        assert frame.index == count
        if count in tried:
            kept[count] = frame
    assert count == n - 1
    assert source.end is SourceEnd.ENDED
    for rank, frame in kept.items():
        again = source.read(rank)
        assert (again.pts, again.t_ms) == (frame.pts, frame.t_ms)
        assert np.array_equal(again.image, frame.image)
    source.close()


def test_the_mot_sequence_of_pictures(tmp_path):
    folder = shared_data("mot/PETS09-S2L1-1to300")
    with tarfile.open(folder / "img1.tar") as archive:
        archive.extractall(tmp_path, filter="data")
    (tmp_path / "seqinfo.ini").write_bytes((folder / "seqinfo.ini").read_bytes())
    for path in (tmp_path, tmp_path / "img1"):
        source = open_source(path, "gate")
        assert (source.info.n_frames, source.info.fps, source.notices) == (300, 7, ())
        assert (source.info.width, source.info.height) == (768, 576)
    assert [f.index for f in source.frames(0, step=50)] == list(range(0, 300, 50))
    assert source.end is SourceEnd.ENDED


def test_the_campus_stills():
    source = open_source(shared_data("footage/campus-stills"), "gate")
    frames = list(source.frames())
    assert [f.index for f in frames] == list(range(16))
    assert {f.image.shape for f in frames} == {(1080, 1920, 3)}
    assert source.end is SourceEnd.ENDED
