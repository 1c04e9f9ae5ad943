"""What the Sources page shows and does, with a real project and a fake page."""

from pathlib import Path

import pytest

from app.loading import load_snapshot
from app.presenters.ingest_form import IngestOptions
from app.presenters.sources import SourcesPresenter
from app.workspace import JobState, Workspace
from reid_core.store.project import Project
from tests.fakes.footage import TWO_WALKERS, write_clip
from tests.fakes.jobs import FakeJobs
from tests.fakes.lanes import ImmediateBackground, ImmediateLane


class View:
    def __init__(self):
        self.lines = ()
        self.adding = []
        self.searching = []
        self.questions = []

    def show_lines(self, lines):
        self.lines = lines

    def show_summary(self, text, footer, n_missing):
        self.summary, self.footer, self.n_missing = text, footer, n_missing

    def show_camera(self, facts):
        self.camera = facts

    def show_adding(self, form):
        self.adding.append(form)

    def show_ingest(self, form):
        self.ingest = form

    def ask_removal(self, key, title, text):
        self.questions.append((key, title, text))

    def show_searching(self, text):
        self.searching.append(text)


class Speeds(dict):
    def speed(self, key):
        return self.get(key)


class Page:
    """A presenter with everything around it."""

    def __init__(self, project, speeds):
        self.project, self.view, self.workspace = project, View(), Workspace()
        self.jobs, self.background = FakeJobs(self.workspace), ImmediateBackground()
        self.refresh()
        self.presenter = SourcesPresenter(
            self.view,
            self.workspace,
            ImmediateLane(project),
            self.background,
            self.jobs,
            speeds,
            self.refresh,
        )
        self.presenter._names = {"detector": ["yolo"], "reid": ["osnet"]}

    def refresh(self):
        self.workspace.snapshot.set(load_snapshot(self.project))

    def rows(self):
        return [(line.camera, line.file, line.level or line.state) for line in self.view.lines]

    def add(self, *paths):
        self.presenter.look_at(paths)
        self.presenter.add([(path, camera) for path, _, camera in self.view.adding[-1].items], None)


@pytest.fixture
def clips(tmp_path):
    folder = tmp_path / "clips"
    folder.mkdir()
    for number, name in enumerate(("gate", "hall"), start=20):
        write_clip(folder / f"{name}.mp4", TWO_WALKERS, number)
    return folder


@pytest.fixture
def page(tmp_path):
    with Project.create(tmp_path / "trial.sightline") as project:
        yield Page(project, Speeds({"yolo|osnet|auto|1": 10.0}))


def test_an_empty_project(page):
    assert page.view.lines == ()
    assert page.view.ingest.why_not == "add footage first"
    assert not page.view.ingest.can_press


def test_what_is_found_can_be_named_and_is_added(page, clips):
    page.presenter.look_at([clips])
    form = page.view.adding[-1]
    assert [(file, camera) for _, file, camera in form.items] == [("gate.mp4", "gate"), ("hall.mp4", "hall")]
    page.presenter.add([(path, "front") for path, _, _ in form.items], None)
    assert page.rows() == [("front", "gate.mp4", "Not processed"), ("front", "hall.mp4", "Not processed")]
    assert [form.progress for form in page.view.adding[-3:-1]] == [
        "Reading gate.mp4, 1 of 2",
        "Reading hall.mp4, 2 of 2",
    ]
    assert page.view.adding[-1] is None
    assert page.view.summary == "1 camera, 2 files"


def test_a_recording_that_is_known_is_not_added_twice(page, clips, tmp_path):
    page.add(clips)
    copy = tmp_path / "copy.mp4"
    copy.write_bytes((clips / "gate.mp4").read_bytes())
    page.add(copy)
    assert len(page.view.lines) == 2
    assert page.workspace.notice.value.text == (
        "copy.mp4 was not added again: it is the recording gate.mp4 of gate."
    )
    copy.unlink()
    (clips / "hall.mp4").rename(copy)
    page.refresh()
    page.add(copy)
    assert page.workspace.notice.value.text.endswith("hall.mp4 of hall, found again.")
    assert page.view.n_missing == 0
    assert page.rows()[0][1] == "gate.mp4"  # a copy does not take the place of what is there


def test_files_for_one_camera(page, clips):
    page.presenter.look_at_for("gate", [clips])
    assert {camera for _, _, camera in page.view.adding[-1].items} == {"gate"}


def test_a_refused_file_is_a_red_row_with_ways_out(page, tmp_path):
    path = tmp_path / "bad.mp4"
    path.write_bytes(b"no video")
    page.add(path)
    (line,) = page.view.lines
    assert (line.level, line.can) == ("bad", ("retry", "relink", "remove"))
    assert line.problem.startswith("This file ")
    assert "1 file could not be opened" in page.view.footer
    write_clip(path, TWO_WALKERS, 5)
    page.presenter.retry(line.key)
    assert page.rows() == [("bad", "bad.mp4", "Not processed")]


def test_a_refused_file_can_be_removed_or_replaced(page, tmp_path, clips):
    for name in ("one.mp4", "two.mp4"):
        (tmp_path / name).write_bytes(b"no video")
    page.add(tmp_path / "one.mp4", tmp_path / "two.mp4")
    one, two = page.view.lines
    page.presenter.remove(one.key)
    assert len(page.view.lines) == 1
    page.presenter.relink(two.key, clips / "gate.mp4")
    assert page.rows() == [("two", "gate.mp4", "Not processed")]
    assert (tmp_path / "one.mp4").exists()


def test_missing_files_are_found_in_a_folder(page, clips, tmp_path):
    page.add(clips)
    clips.rename(tmp_path / "elsewhere")
    page.refresh()
    assert page.view.n_missing == 2
    assert {line.level for line in page.view.lines} == {"warn"}
    page.presenter.find_missing(tmp_path / "elsewhere")
    assert page.view.n_missing == 0
    assert page.view.searching[-1] == ""
    assert page.workspace.notice.value.text == "Found 2 of 2 missing files."


def test_nothing_found_is_said(page, clips, tmp_path):
    page.add(clips)
    clips.rename(tmp_path / "elsewhere")
    (tmp_path / "empty").mkdir()
    page.refresh()
    page.presenter.find_missing(tmp_path / "empty")
    assert page.workspace.notice.value.text.startswith("None of 2 missing files")


def test_relink_refuses_other_footage(page, clips, tmp_path):
    page.add(clips)
    (clips / "gate.mp4").rename(tmp_path / "moved.mp4")
    page.refresh()
    key = page.view.lines[0].key
    page.presenter.relink(key, clips / "hall.mp4")
    assert page.view.n_missing == 1
    page.presenter.relink(key, tmp_path / "moved.mp4")
    assert page.view.n_missing == 0


def test_the_estimate_uses_what_was_measured_here(page, clips):
    page.add(clips)
    assert page.view.ingest.estimate == "About 4 s for 41 frames, at 10 frames/s as measured here"
    page.presenter.choose("stride", "2")
    assert "known after the first seconds" in page.view.ingest.estimate


def test_ingest_is_started_with_the_choices_and_stopped(page, clips):
    page.add(clips)
    page.presenter.choose("stride", "3")
    page.presenter.choose("device", "cpu")
    page.presenter.toggle_ingest()
    (spec,) = page.jobs.specs
    assert spec.arguments[2:] == ("--events", "--device", "cpu", "--stride", "3")
    assert spec.arguments[:2] == ("ingest", str(page.project.path))
    assert spec.expected == {"gate: gate.mp4": (0, 20), "hall: hall.mp4": (0, 21)}
    assert spec.name == "Ingest 2 files"
    assert (page.view.ingest.button, page.view.ingest.is_running) == ("Stop ingest", True)
    page.presenter.toggle_ingest()
    assert page.jobs.asked == [("cancel", 1)]


def test_a_new_ingest_takes_the_place_of_a_failed_one(page, clips):
    page.add(clips)
    page.presenter.toggle_ingest()
    page.jobs.put(JobState(1, "Ingest", status="failed"))
    assert page.view.ingest.button == "Ingest all"
    page.presenter.toggle_ingest()
    assert page.jobs.asked == [("dismiss", 1)]
    assert len(page.jobs.specs) == 2


def test_rows_follow_the_job(page, clips):
    page.add(clips)
    page.presenter.toggle_ingest()
    page.jobs.say(1, event="Progress", part="gate: gate.mp4", done=5, total=20, unit="frames")
    page.jobs.say(9, event="Progress", part="hall: hall.mp4", done=5, total=20, unit="frames")
    assert [(line.state, line.part) for line in page.view.lines] == [("25 %", 0.25), ("Waits", None)]
    page.jobs.put(JobState(1, "Ingest", status="done"))
    assert [line.part for line in page.view.lines] == [None, None]
    assert page.view.ingest.button == "Ingest all"


def test_what_is_noticed_of_a_file_stands_in_the_inspector(page, clips):
    page.add(clips)
    page.presenter.select(page.view.lines[0].key)
    assert page.workspace.active_camera.value == "gate"
    page.presenter.toggle_ingest()
    page.jobs.say(1, event="Notice", part="gate: gate.mp4", text="A frame is lost.", level="warning")
    page.jobs.say(1, event="Notice", part="gate: gate.mp4", text="A frame is lost.", level="warning")
    page.jobs.say(1, event="Notice", part="", text="detector: OpenVINO on CPU", level="info")
    assert page.view.camera.notices == (("warn", "A frame is lost."),)
    assert "OpenVINO on CPU" in page.view.ingest.note
    facts = dict(page.view.camera.facts)
    assert facts["Frames"] == "20 at 10.00 a second"
    assert facts["Intervals"] == "even"


def test_choices_are_kept_in_the_project(page, clips):
    page.add(clips)
    page.presenter.choose("detector", "mine.pt")
    again = Page(page.project, Speeds())
    assert again.view.ingest.detector == "mine.pt"
    assert ("mine.pt", "mine.pt") in again.view.ingest.detectors


def test_the_site_is_written_down(page, clips):
    page.add(clips)
    page.presenter.select(page.view.lines[0].key)
    page.presenter.set_site("gate", "North door")
    assert page.view.camera.site == "North door"
    assert page.project.cameras()[0].site == "North door"


def test_a_camera_is_renamed_and_its_job_goes_on(page, clips):
    page.add(clips)
    page.presenter.toggle_ingest()
    page.presenter.rename("gate", "North gate")
    assert [line.camera for line in page.view.lines] == ["North gate", "hall"]
    page.jobs.say(1, event="Progress", part="gate: gate.mp4", done=5, total=20, unit="frames")
    assert page.view.lines[0].state == "25 %"
    assert page.workspace.notice.value.text == "gate is called North gate now. Ctrl+Z takes it back."
    assert page.workspace.snapshot.value.undo_text == "rename gate to North gate"


def test_a_name_that_cannot_be_is_refused_and_taken_back(page, clips):
    page.add(clips)
    page.presenter.select(page.view.lines[0].key)
    page.presenter.rename("gate", "hall")
    assert page.workspace.notice.value.text.startswith("Another camera has the name hall")
    page.presenter.rename("gate", "a/b")
    assert "no camera name" in page.workspace.notice.value.text
    assert page.view.camera.camera == "gate"


def test_a_removed_camera_s_name_is_not_offered_to_another(page, clips, tmp_path):
    page.add(clips)
    page.presenter.rename("gate", "north")
    write_clip(tmp_path / "gate.mp4", TWO_WALKERS, 9)
    page.presenter.look_at([tmp_path / "gate.mp4"])
    ((_, _, camera),) = page.view.adding[-1].items
    assert camera != "gate"


def test_the_first_start_moves_all_cameras_and_later_ones_their_own(page, clips):
    page.add(clips)
    page.presenter.select(page.view.lines[0].key)
    assert page.view.camera.start == ""
    page.presenter.set_start("gate", "2026-11-21 14:02:10")
    assert page.workspace.notice.value.text.startswith("The start of gate is set, and 1 camera moved along")
    assert [line.first_time for line in page.view.lines] == ["14:02:10.0", "14:02:10.0"]
    assert page.view.camera.start == "2026-11-21 14:02:10"
    page.presenter.set_start("hall", "14:02:12.5")
    assert [line.first_time for line in page.view.lines] == ["14:02:10.0", "14:02:12.5"]
    assert [line.clock for line in page.view.lines] == ["reference", "+2,500 ms"]
    page.project.undo()
    page.project.undo()
    page.refresh()
    assert page.workspace.snapshot.value.day is None
    assert [line.first_time for line in page.view.lines] == ["00:00:00.0", "00:00:00.0"]


@pytest.mark.parametrize("text", ["noon", "14:02", "2026-11-21", "2026-13-01 10:00"])
def test_what_is_no_start_is_refused_with_how_to_write_it(page, clips, text):
    page.add(clips)
    page.presenter.set_start("gate", text)
    assert page.workspace.notice.value.text.endswith("as in 2026-11-21 14:02:10.")
    assert page.workspace.snapshot.value.day is None


def test_footage_without_tracklets_goes_at_once(page, clips):
    page.add(clips)
    (clips / "gate.mp4").unlink()
    page.refresh()
    assert page.view.lines[0].can == ("relink", "remove")
    page.presenter.remove(page.view.lines[0].key)
    assert page.rows() == [("hall", "hall.mp4", "Not processed")]
    assert page.view.questions == []
    assert page.workspace.notice.value.text == "gate.mp4 was removed."


def test_footage_that_could_not_be_decoded_can_be_tried_again(page, clips):
    page.add(clips)
    with page.project.engine() as engine:
        segment = engine.begin_segment(page.view.lines[0].source_id, ";stride=1;", "t")
        engine.finish_segment(segment.id, "failed", "not one picture could be decoded")
    page.refresh()
    (line, other) = page.view.lines
    assert (line.level, line.can) == ("bad", ("retry", "relink", "remove"))
    assert page.view.ingest.button == "Ingest 1 file"
    page.presenter.retry(line.key)
    assert page.view.lines[0].state == other.state == "Not processed"
    assert page.view.ingest.button == "Ingest all"


def test_another_project_starts_afresh(page, clips, tmp_path):
    page.add(clips)
    page.presenter.toggle_ingest()
    with Project.create(tmp_path / "other.sightline") as other:
        page.workspace.snapshot.set(load_snapshot(other))
    assert page.view.lines == ()
    assert not page.view.ingest.is_running
    page.workspace.snapshot.set(None)
    assert page.view.summary == ""


def test_options_from_a_setting_of_another_version():
    assert IngestOptions.of({"stride": 4, "colour": 1}) == IngestOptions(stride=4)
    assert IngestOptions.of(None) == IngestOptions()


def test_no_footage_is_said(page, tmp_path):
    page.presenter.look_at([tmp_path])
    assert "No video" in str(page.background.errors[0])
    assert Path(tmp_path).exists()
