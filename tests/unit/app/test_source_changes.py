"""What is asked before footage goes, and what stays."""

from dataclasses import replace

from app.snapshot import StreamFacts
from app.source_changes import removal_question
from app.source_lines import camera_facts, source_lines
from reid_core.store.records import Camera
from tests.fakes.projects import facts, snapshot_of, source


def snapshot(**changes):
    return replace(snapshot_of((Camera(1, "gate"),), (replace(facts(source(1, "gate")), **changes),)))


def question(project):
    (line,) = source_lines(project, (), {}, False)
    return removal_question(project, line)


def test_footage_with_tracklets_asks():
    title, text = question(snapshot(n_tracklets=7))
    assert title == "Remove a.mp4"
    assert "the 7 tracklets found in it" in text
    assert "it stays on the disk" in text
    assert "missing now" in question(snapshot(n_tracklets=7, is_missing=True))[1]


def test_footage_without_tracklets_does_not():
    assert question(snapshot()) == ("", "")


def test_a_live_camera_says_that_its_recording_goes():
    take = replace(source(1, "gate"), kind="stream", info={"recording": "c1/x"})
    made = snapshot_of((Camera(1, "gate"),), (replace(facts(take), n_tracklets=3),))
    made = replace(made, streams=(StreamFacts("gate", "rtsp://h/a", True),))
    assert "3 tracklets seen by it? What was recorded of it is deleted for good." in question(made)[1]
    (line,) = source_lines(made, (), {}, False)
    assert camera_facts(made, line, ()).why_no_start == "A live camera has the time of this computer"
    bare = replace(made, sources=())
    assert question(bare) == ("", "")


def test_files_beside_live_cameras_have_their_clock():
    take = replace(source(2, "live"), kind="stream")
    made = snapshot_of((Camera(1, "gate"), Camera(2, "live")), (facts(source(1, "gate")), facts(take)))
    made = replace(made, streams=(StreamFacts("live", "rtsp://h/a", False),))
    line = source_lines(made, (), {}, False)[0]
    assert "live cameras" in camera_facts(made, line, ()).why_no_start
