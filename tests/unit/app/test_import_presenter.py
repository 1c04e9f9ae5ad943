"""What is imported, for which camera, and what came of it."""

import pytest

from app.loading import load_snapshot
from app.presenters.importing import ImportPresenter
from app.presenters.ingest_form import IngestOptions, is_anew
from app.views.importing import ImportState
from app.workspace import Workspace
from reid_core.pipeline.export.write import export
from tests.fakes.lanes import ImmediateLane
from tests.unit.app.test_export_presenter import LaterLane
from tests.unit.reid_core.store.build import made


class View:
    opened = 0

    def show_import(self, state):
        self.state = state

    def open_import(self):
        self.opened += 1


@pytest.fixture
def project(tmp_path):
    with made(tmp_path / "case.sightline") as opened:
        export(opened, "mot-gt", tmp_path / "truth")
        export(opened, "cvat", tmp_path / "cvat")
        yield opened


def join(project, lane=None, kind="truth"):
    view, workspace = View(), Workspace()
    view.detectors, view.asked = [], []
    presenter = ImportPresenter(
        view,
        workspace,
        lane or ImmediateLane(project),
        view.detectors.append,
        lambda: view.asked.append("ingest"),
        lambda: view.asked.append("refresh"),
    )
    workspace.snapshot.set(load_snapshot(project))
    presenter.open()
    presenter.set_field("kind", kind)
    return view, presenter


def test_tracklets_are_what_a_file_is_taken_as_at_first():
    assert ImportState().kind == "tracklets"


def test_tracklets_replace_those_that_are_there_only_when_told_and_an_ingest_makes_them(project, tmp_path):
    view, presenter = join(project, kind="tracklets")
    presenter.set_file(str(tmp_path / "cvat" / "gate.xml"))
    assert view.state.why_not == "This camera has tracklets already"
    assert (view.state.is_present, view.state.is_removable) == (True, False)
    presenter.set_field("is_replacing", True)
    presenter.start()
    assert view.state.message.startswith("150 boxes of 3 persons kept for gate. An ingest crops")
    assert (view.state.can_ingest, view.state.is_removable, view.asked) == (True, True, ["refresh"])
    assert not [t for t in project.tracklets() if t.camera == "gate"]
    presenter.use()
    presenter.use()
    assert (view.state.can_ingest, view.asked) == (False, ["refresh", "ingest"])


def test_imported_tracklets_are_not_made_anew_whatever_detector_is_chosen(project, tmp_path):
    _, presenter = join(project, kind="tracklets")
    presenter.set_file(str(tmp_path / "cvat" / "gate.xml"))
    presenter.set_field("is_replacing", True)
    presenter.start()
    chosen, last = IngestOptions(stride=5), IngestOptions(detector="another")
    anew = {f.source.camera: is_anew(f, chosen, last) for f in load_snapshot(project).sources}
    assert anew == {"gate": False, "hall": True}


def test_imported_tracklets_can_be_taken_back(project, tmp_path):
    view, presenter = join(project, kind="tracklets")
    presenter.remove()
    presenter.set_file(str(tmp_path / "cvat" / "gate.xml"))
    presenter.set_field("is_replacing", True)
    presenter.start()
    presenter.remove()
    assert "gone" in view.state.message
    assert (view.state.is_removable, view.state.can_ingest) == (False, True)
    assert not list((project.sidecar / "tracklets").iterdir())


def test_a_files_name_tells_format_and_camera(project, tmp_path):
    view, presenter = join(project)
    assert (view.opened, view.state.cameras, view.state.camera) == (1, ("gate", "hall"), "")
    assert view.state.why_not == "Choose a file"
    presenter.set_file(str(tmp_path / "cvat" / "hall.xml"))
    assert (view.state.format, view.state.camera, view.state.why_not) == ("cvat", "hall", "")
    presenter.set_file("/else/gt.txt")
    assert (view.state.format, view.state.camera) == ("mot", "hall")


def test_truth_is_kept_and_the_tracks_are_measured_by_it(project, tmp_path):
    view, presenter = join(project)
    presenter.set_file(str(tmp_path / "truth" / "gate" / "gt" / "gt.txt"))
    assert view.state.why_not.startswith("Choose the camera")
    presenter.start()
    assert view.state.message == ""
    presenter.set_field("camera", "gate")
    presenter.start()
    assert view.state.message == (
        "150 boxes of 3 persons kept for gate. Its tracks: IDF1 1.000, HOTA 1.000, 0 switches."
    )
    assert (view.state.level, view.state.is_running, view.state.is_present) == ("ok", False, True)
    assert "already" in view.state.why_not
    presenter.set_field("is_replacing", True)
    assert view.state.why_not == ""
    presenter.start()
    assert view.state.message.startswith("150 boxes")


def test_detections_name_the_detector_and_who_is_left_out(project, tmp_path):
    view, presenter = join(project)
    presenter.set_file(str(tmp_path / "cvat" / "gate.xml"))
    presenter.set_field("kind", "detections")
    presenter.start()
    assert view.state.detector == f"replay:{project.sidecar / 'detections'}"
    assert "finds nobody in hall" in view.state.message
    presenter.use()
    assert view.detectors == [f"replay:{project.sidecar / 'detections'}"]
    assert "next ingest" in view.state.message
    presenter.use()
    assert len(view.detectors) == 1


def test_what_is_wrong_is_said_and_nothing_is_kept(project, tmp_path):
    (tmp_path / "bad.txt").write_text("1,2,3\n")
    view, presenter = join(project)
    presenter.set_file(str(tmp_path / "bad.txt"))
    presenter.set_field("camera", "gate")
    presenter.start()
    assert "bad.txt, line 1" in view.state.message
    assert (view.state.level, view.state.is_present) == ("bad", False)
    assert not (project.sidecar / "truth").exists()


def test_measuring_can_be_stopped_and_the_truth_stays(project, tmp_path):
    lane = LaterLane(project)
    view, presenter = join(project, lane)
    lane.go_on()
    presenter.set_file(str(tmp_path / "truth" / "gate" / "gt" / "gt.txt"))
    presenter.set_field("camera", "gate")
    lane.go_on()
    presenter.start()
    assert view.state.is_running
    presenter.cancel()
    assert view.state.is_stopping
    lane.go_on()
    assert "The imported truth is kept" in view.state.message
    assert (view.state.level, view.state.is_running) == ("warn", False)
    assert (project.sidecar / "truth" / "gate.txt").exists()
