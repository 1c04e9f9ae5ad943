"""Imported tracks become tracklets as they are: searched, edited, and who is who is kept."""

from __future__ import annotations

import json

import numpy as np
import pytest

from reid_core.cli.main import main
from reid_core.errors import CancelledError, ReidError, UsageError
from reid_core.pipeline.annotate import end_here
from reid_core.pipeline.export.write import export
from reid_core.pipeline.identities import identities
from reid_core.pipeline.importing.score import score
from reid_core.pipeline.importing.take import DETECTIONS, TRUTH, drop_tracklets, is_taken, take
from reid_core.pipeline.importing.tracklets import TRACKLETS, kept_file
from reid_core.pipeline.ingest import IngestConfig, ingest
from reid_core.pipeline.sources import register_cameras
from reid_core.progress import CancelToken
from reid_core.store.project import Project
from reid_core.store.records import SegmentState
from tests.fakes.case import N_FRAMES, WALKERS, made_case
from tests.fakes.footage import Walker
from tests.fakes.models import ColorDetector, ColorEmbedder


class BlindDetector(ColorDetector):
    """Finds nobody, and may not even be asked."""

    def start(self, frames):
        raise AssertionError("imported cameras need no detector")


@pytest.fixture(scope="module")
def clips(tmp_path_factory):
    """The folder of a case with both clips, and what CVAT and MOTChallenge files it exports."""
    folder = tmp_path_factory.mktemp("case")
    with made_case(folder) as case:
        export(case, "cvat", folder / "cvat")
        export(case, "mot", folder / "mot")
    return folder


@pytest.fixture
def project(tmp_path, clips):
    """A new project over the same clips, in which nothing is processed."""
    with Project.create(tmp_path / "new.sightline") as opened:
        add(opened, clips)
        yield opened


def add(project, clips, **files):
    cameras = {camera: (clips / f"{camera}.mp4",) for camera in WALKERS} | files
    list(register_cameras(project, cameras, fps=None, cancel=CancelToken()))


def run(project, detector=None, cancel=None):
    return list(
        ingest(project, detector or ColorDetector(), ColorEmbedder(), IngestConfig(), cancel or CancelToken())
    )


def take_all(project, clips, **options):
    for camera in WALKERS:
        take(project, clips / "cvat" / f"{camera}.xml", camera=camera, key="cvat", kind=TRACKLETS, **options)


def by_start(project):
    """Boxes of each tracklet, by where it begins."""
    boxes = {t.id: project.boxes(t.id) for t in project.tracklets()}
    return {
        (t.camera, t.start_idx, round(float(boxes[t.id].xyxy[0, 0]))): boxes[t.id]
        for t in project.tracklets()
    }


def test_a_cvat_file_becomes_the_very_tracklets_and_identities_it_came_from(project, clips):
    take_all(project, clips)
    assert {segment.state for segment in project.segments()} == {SegmentState.OPEN}
    run(project, BlindDetector())
    with Project.open(clips / "case.sightline") as case:
        old = by_start(case)
        n_people = len(identities(case).identities)
    new = by_start(project)
    assert new.keys() == old.keys()
    for key, boxes in new.items():
        np.testing.assert_array_equal(boxes.frame_idx, old[key].frame_idx)
        np.testing.assert_allclose(boxes.xyxy, old[key].xyxy, atol=0.02)
    assert all(project.crops(t.id) for t in project.tracklets())
    (space,) = project.spaces()
    assert len(project.descriptors(space.key)[0]) == len(new)
    found = identities(project)
    assert [len(identity.tracklets) for identity in found.identities] == [2] * n_people
    assert {identity.name for identity in found.identities} == {"Ann <b> & co", ""}
    actors = {event.actor for event in project.log() if event.kind == "regrouped"}
    assert actors == {"import"}


BOX = '<box frame="{}" outside="0" occluded="0" keyframe="1" xtl="{}" ytl="0" xbr="{}" ybr="90">{}</box>'


def test_a_track_is_a_tracklet_even_where_its_person_is_twice_in_a_frame(project, tmp_path):
    named = '<attribute name="identity">P7</attribute>'
    tracks = [
        "".join(BOX.format(frame, x, x + 40, named) for frame in frames)
        for frames, x in ((range(5), 10), (range(3, 9), 200), (range(9, 12), 100))
    ]
    body = "".join(f'<track id="{n}" label="person">{boxes}</track>' for n, boxes in enumerate(tracks))
    path = labels(tmp_path, f"<annotations>{body}</annotations>", "gate.xml")
    take(project, path, camera="gate", key="cvat", kind=TRACKLETS)
    run(project)
    own = [t for t in project.tracklets() if t.camera == "gate"]
    assert [(t.start_idx, t.end_idx) for t in own] == [(0, 4), (3, 8), (9, 11)]
    found = identities(project)
    assert [(identity.name, len(identity.tracklets)) for identity in found.identities] == [("P7", 3)]
    assert len(found.conflicts) == 1


def test_who_is_who_is_one_undoable_step_a_camera_and_not_decided_twice(project, clips):
    take_all(project, clips)
    run(project)
    n_events = len(project.log())
    run(project)
    assert len(project.log()) == n_events
    project.undo()
    assert all(len(identity.tracklets) == 1 for identity in identities(project).identities)


def test_an_ingest_with_another_detector_leaves_them_and_edits_stay(project, clips):
    take_all(project, clips)
    run(project)
    first = min(t.id for t in project.tracklets() if t.camera == "gate")
    end_here(project, first, project.tracklet(first).start_idx + 3)
    other = ColorDetector()
    other.key = "another"
    run(project, other)
    assert project.tracklet(first).n_boxes == 4


def test_a_stopped_ingest_goes_on_to_the_same_tracklets(tmp_path, project, clips):
    take_all(project, clips)
    cancel = CancelToken()
    job = ingest(project, ColorDetector(), ColorEmbedder(), IngestConfig(), cancel)
    next(job)
    cancel.cancel()
    with pytest.raises(CancelledError):
        list(job)
    run(project)
    whole = tmp_path / "whole.sightline"
    with Project.create(whole) as other:
        add(other, clips)
        take_all(other, clips)
        run(other)
        expected = {(t.id, t.start_idx, t.end_idx, t.n_detections) for t in other.tracklets()}
    assert {(t.id, t.start_idx, t.end_idx, t.n_detections) for t in project.tracklets()} == expected


def test_other_cameras_are_processed_as_ever_and_removal_lets_the_detector_look(project, clips):
    path = clips / "mot" / "gate.txt"
    take(project, path, camera="gate", key="mot", kind=TRACKLETS)
    run(project)
    keys = {segment.camera: segment.detections_key for segment in project.segments()}
    assert keys["gate"].startswith("imported=")
    assert not keys["hall"].startswith("imported=")
    take(project, path, camera="gate", key="mot", kind=TRUTH)
    assert score(project, ("gate",))[0].idf1 == 1
    drop_tracklets(project, "gate")
    assert not [t for t in project.tracklets() if t.camera == "gate"]
    run(project)
    assert {s.detections_key.startswith("imported=") for s in project.segments()} == {False}
    with pytest.raises(UsageError, match="no imported tracklets"):
        drop_tracklets(project, "gate")


def line(frame, person, score=1.0):
    return f"{frame},{person},{20 + frame},40,30,60,{score},-1,-1,-1\n"


def labels(tmp_path, text, name="labels.txt"):
    path = tmp_path / name
    path.write_text(text)
    return path


@pytest.mark.parametrize(
    ("text", "spans"),
    [
        ("".join(line(f, 1) for f in range(1, 50, 5)), [(0, 45, 46)]),  # labelled every five frames
        ("".join(line(f, 1) for f in (*range(1, 11), *range(15, 21))), [(0, 19, 16)]),  # a short absence
        (line(1, 1) + line(2, 1), [(0, 1, 2)]),
        (line(7, 3), [(6, 6, 1)]),
        (line(1, 1) + line(2, 1, 0) + line(2, 2, 0), [(0, 0, 1)]),  # what is ignored is left out
    ],
)
def test_boxes_are_filled_between_labelled_frames_but_not_over_absences(project, tmp_path, text, spans):
    take(project, labels(tmp_path, text), camera="gate", key="mot", kind=TRACKLETS)
    run(project)
    own = [t for t in project.tracklets() if t.camera == "gate"]
    assert [(t.start_idx, t.end_idx, len(project.boxes(t.id))) for t in own] == spans


def test_who_comes_back_after_long_is_a_new_tracklet_of_the_same_person(tmp_path, clips):
    many = tuple(clips / f"{camera}.mp4" for camera in WALKERS)  # 5 s each, one after the other
    with Project.create(tmp_path / "long.sightline") as project:
        add(project, clips, gate=many, hall=())
        text = "".join(line(f, 9) for f in (1, 2, 3, 48, 49, N_FRAMES + 1, N_FRAMES + 2))
        path = labels(tmp_path, text.replace("48,9", "48,8").replace("49,9", "49,8"))
        take(project, path, camera="gate", key="mot", kind=TRACKLETS)
        run(project)
        found = [(t.id, t.start_idx, t.end_idx) for t in project.tracklets()]
        assert found == [("c1s1t1", 0, 2), ("c1s1t2", 47, 48), ("c1s2t1", 0, 1)]
        (person,) = identities(project).identities
        assert set(person.tracklets) == {"c1s1t1", "c1s2t1"}


def test_numbers_mean_the_same_in_every_camera_only_when_that_is_said(project, tmp_path):
    for across, expected in ((False, []), (True, [("Person 1", 2)])):
        for camera in WALKERS:
            path = labels(tmp_path, line(1, 1) + line(2, 1))
            take(project, path, camera=camera, key="mot", kind=TRACKLETS, across=across, overwrite=across)
        run(project)
        found = identities(project).identities
        assert [(identity.name, len(identity.tracklets)) for identity in found] == expected


def test_what_cannot_be_tracklets_is_refused_with_the_way_out(project, tmp_path, clips):
    def refuse(text, match, **options):
        with pytest.raises(ReidError, match=match):
            take(project, labels(tmp_path, text), camera="gate", key="mot", kind=TRACKLETS, **options)

    refuse("1,-1,1,1,5,6,0.5\n", "Import it as detections")
    refuse("1,1,1,1,5,6,0\n", "marked to be ignored")
    refuse(line(1, 1) * 2, "twice in frame 0")
    refuse(line(N_FRAMES + 1, 1), "goes to frame 51")
    run(project)
    n_tracklets = sum(t.camera == "gate" for t in project.tracklets())
    refuse(line(1, 1), f"gate has {n_tracklets} tracklets already. Replace them with --force")
    with project.engine():
        refuse(line(1, 1), "works on", overwrite=True)
    assert not is_taken(project, TRACKLETS, "gate")
    take(project, labels(tmp_path, line(1, 1)), camera="gate", key="mot", kind=TRACKLETS, overwrite=True)
    assert not [t for t in project.tracklets() if t.camera == "gate"]
    refuse(line(1, 1), "gate has imported tracklets already")


def test_a_kept_file_that_was_spoiled_is_said_and_stops_no_other_camera(project, tmp_path):
    take(project, labels(tmp_path, line(1, 1)), camera="gate", key="mot", kind=TRACKLETS)
    kept_file(project, project.sources("gate")[0]).write_text('# track 1 nonsense\n# track x "a"\n1,1,oops\n')
    events = run(project)
    states = {e.camera: e.state for e in events if type(e).__name__ == "SourceFinished"}
    assert states == {"gate": "failed", "hall": "done"}


def test_the_command_line_tells_the_way(tmp_path, clips, capsys, project):
    path, file = str(project.path), str(clips / "cvat" / "gate.xml")
    command = ["import", path, file, "--camera", "gate", "--as", "tracklets"]
    assert main(command) == 0
    out = capsys.readouterr().out
    assert "120 boxes of 3 persons" in out
    assert f"sightline ingest {path}" in out
    assert main(command) == 2
    assert "--force" in capsys.readouterr().err
    assert main([*command, "--force", "--json"]) == 0
    assert json.loads(capsys.readouterr().out)["kind"] == TRACKLETS
    assert main(["unimport", path, "--camera", "gate"]) == 0
    assert main(["unimport", path, "--camera", "gate"]) == 2
    assert "no imported tracklets" in capsys.readouterr().err
    assert not is_taken(project, TRACKLETS, "gate")


def test_detections_are_taken_beside_them(project, clips):
    take_all(project, clips)
    taken = take(project, clips / "cvat" / "gate.xml", camera="gate", key="cvat", kind=DETECTIONS)
    assert taken.path.parent.name == DETECTIONS
    assert isinstance(WALKERS["gate"][0], Walker)
