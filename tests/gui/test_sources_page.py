"""The Sources page as it is pressed and read."""

from dataclasses import replace
from pathlib import Path

import pytest
from PySide6.QtCore import Qt
from PySide6.QtGui import QAccessible, QImage
from PySide6.QtWidgets import QApplication, QFileDialog, QLineEdit, QMessageBox, QScrollArea

from app.describe import describe
from app.jobs.clock_pictures import ClockPictures
from app.jobs.source_pictures import SourcePictures
from app.loading import load_snapshot
from app.pages.sources import SourcesPage
from app.views.clock import OWN, REFERENCE, ClockForm, ClockPane
from app.views.sources import AddForm, CameraFacts, IngestForm, SourceLine
from app.widgets.clock_tool import ClockTool
from app.widgets.source_table import columns
from app.workspace import Workspace
from reid_core.store.project import Project
from tests.fakes.footage import TWO_WALKERS, read_code, write_clip
from tests.gui.support import dress, drop

GOOD = SourceLine(
    "s1", 1, "Lab 1", "lab-1.mp4", "/x/lab-1.mp4", "H.264", "1288×728", "10.00 VFR", "26.8 s", "14:02:10.0",
    "−120 ms, +0.4 ms/min", "Ready, 7 tracklets", "circle-check", "ok",
)  # fmt: skip
RUNNING = SourceLine("s2", 2, "Lab 2", "lab-2.mp4", "/x/lab-2.mp4", state="62 %", part=0.62)
BAD = SourceLine(
    "r/x/bad.mp4", 0, "Lab 2", "bad.mp4", "/x/bad.mp4", state="Refused", level="bad",
    problem="This file has no index: the recording was cut off before it was finished; export it again",
    can=("retry", "relink", "remove"),
)  # fmt: skip
GONE = SourceLine(
    "s3", 3, "Lab 3", "c.mp4", "/x/c.mp4", problem="Not found in /x.", level="warn", can=("relink",)
)
LINES = (GOOD, RUNNING, BAD, GONE)
FACTS = CameraFacts(
    "s1", "Lab 1", "Hall", (("File", "lab-1.mp4"), ("Folder", "/very/long/" * 20)),
    (("warn", "A frame is lost. " * 5),), "/x/lab-1.mp4", True,
)  # fmt: skip
FORM = IngestForm(
    detectors=(("", "Automatic: yolo11n"), ("yolo", "yolo")),
    estimate="About 12 min for 26,800 frames, at 38 frames/s as measured here",
    note="Detector: OpenVINO.",
    can_press=True,
)


@pytest.fixture
def page(qtbot):
    dress()
    page = SourcesPage(ClockTool())
    page.resize(1536, 936)
    page.show()
    page.show_lines(LINES)
    page.show_summary("3 cameras, 4 files", "1 file could not be found.", 1)
    page.show_ingest(FORM)
    page.show_camera(FACTS)
    QApplication.processEvents()
    yield page
    drop(page)


def find(page, name, kind=object):
    found = page.findChild(kind, name)
    assert found is not None
    return found


def press(qtbot, page, name):
    qtbot.mouseClick(find(page, name), Qt.MouseButton.LeftButton)


def test_the_first_row_is_selected_and_the_keyboard_moves_on(qtbot, page):
    chosen = []
    page.selected.connect(chosen.append)
    rows = find(page, "sources.list")
    assert rows.currentIndex().row() == 0
    qtbot.keyClick(rows, Qt.Key.Key_Down)
    assert chosen == ["s2"]


def test_rows_with_a_problem_have_their_buttons(qtbot, page):
    asked = []
    page.retry_asked.connect(lambda key: asked.append(("retry", key)))
    page.remove_asked.connect(lambda key: asked.append(("remove", key)))
    press(qtbot, page, "sources.row.retry")
    press(qtbot, page, "sources.row.remove")
    assert asked == [("retry", BAD.key), ("remove", BAD.key)]


def test_buttons_go_with_their_problem(qtbot, page):
    good = SourceLine("s3", 3, "Lab 3", "c.mp4", "/x/c.mp4", state="Ready, 1 tracklet")
    page.show_lines((GOOD, RUNNING, BAD, good))
    QApplication.processEvents()
    assert len([b for b in page.findChildren(object, "sources.row.relink") if b.isVisible()]) == 1


def test_a_screen_reader_hears_the_rows(page):
    heard = QAccessible.queryAccessibleInterface(find(page, "sources.list"))
    words = [heard.child(n).text(QAccessible.Text.Name) for n in range(heard.childCount())]
    assert words == [line.spoken for line in LINES]


def test_the_inspector_fits_a_small_window(page):
    page.resize(1220, 700)
    QApplication.processEvents()
    assert find(page, "camera.scroll", QScrollArea).horizontalScrollBar().maximum() == 0


def test_a_camera_is_renamed_and_dated_in_the_inspector(qtbot, page):
    said = []
    page.renamed.connect(lambda *what: said.append(what))
    page.start_changed.connect(lambda *what: said.append(what))
    name, start = find(page, "camera.name", QLineEdit), find(page, "camera.start", QLineEdit)
    assert (name.text(), start.text()) == ("Lab 1", "")
    for field, text in ((name, "North"), (start, "2026-11-21 14:02:10")):
        field.setFocus()
        field.selectAll()
        qtbot.keyClicks(field, text)
        qtbot.keyClick(field, Qt.Key.Key_Return)
    assert said == [("Lab 1", "North"), ("Lab 1", "2026-11-21 14:02:10")]
    name.setText("  ")
    qtbot.keyClick(name, Qt.Key.Key_Return)
    assert name.text() == "Lab 1"  # a camera has a name
    page.show_camera(replace(FACTS, why_no_start="A live camera has the time of this computer"))
    assert not start.isEnabled()
    assert "live camera" in start.toolTip()


@pytest.mark.parametrize("answer", ["Remove", "Cancel"])
def test_removing_asks_without_blocking(qtbot, page, answer):
    confirmed = []
    page.removal_confirmed.connect(confirmed.append)
    page.remove_asked.connect(lambda key: page.ask_removal(key, "Remove lab-1.mp4", "Remove it with 7?"))
    press(qtbot, page, "camera.remove")
    box = find(page, "sources.removal", QMessageBox)
    next(b for b in box.buttons() if b.text().replace("&", "") == answer).click()
    assert confirmed == (["s1"] if answer == "Remove" else [])


def test_new_words_keep_the_row_in_hand(qtbot, page):
    rows = find(page, "sources.list")
    rows.setCurrentIndex(rows.model().index(1, 0))
    page.show_lines((GOOD, RUNNING, GONE))
    assert rows.currentIndex().row() == 1
    assert rows.model().rowCount() == 3


def test_relink_asks_for_a_file_without_blocking(qtbot, page, tmp_path):
    relinked = []
    page.relinked.connect(lambda key, path: relinked.append((key, path)))
    find(page, "sources.row.relink")
    page._ask("relink", "s3")
    dialog = find(page, "sources.dialog", QFileDialog)
    dialog.fileSelected.emit(str(tmp_path / "x.mp4"))
    dialog.close()
    assert relinked == [("s3", tmp_path / "x.mp4")]


@pytest.mark.parametrize("button", ["sources.add_files", "sources.add_folder", "camera.add", "sources.find"])
def test_dialogs_hand_over_what_was_chosen(qtbot, page, tmp_path, button):
    got = []
    page.chosen.connect(got.append)
    page.chosen_for.connect(lambda camera, paths: got.append(paths))
    page.search_asked.connect(lambda path: got.append([path]))
    press(qtbot, page, button)
    dialog = find(page, "sources.dialog", QFileDialog)
    dialog.filesSelected.emit([str(tmp_path)])
    dialog.fileSelected.emit(str(tmp_path))
    dialog.close()
    assert got == [[Path(tmp_path)]]


def test_names_of_cameras_can_be_changed_before_adding(qtbot, page):
    added = []
    page.added.connect(lambda items, fps: added.append((items, fps)))
    page.show_adding(AddForm((("/x/a.mp4", "a.mp4", "a"), ("/x/b.mp4", "b.mp4", "b")), needs_rate=False))
    find(page, "adding.camera.1").setText("  gate ")
    press(qtbot, page, "adding.add")
    assert added == [([("/x/a.mp4", "gate"), ("/x/b.mp4", "b")], None)]


def test_all_files_of_one_camera_with_a_rate(qtbot, page):
    added = []
    page.added.connect(lambda items, fps: added.append((items, fps)))
    page.show_adding(AddForm((("/x/a", "a", "a"), ("/x/b", "b", "b")), needs_rate=True))
    find(page, "adding.one").setChecked(True)
    find(page, "adding.rate").setValue(12.5)
    qtbot.keyClick(find(page, "adding.camera.1"), Qt.Key.Key_Return)
    assert added == [([("/x/a", "a"), ("/x/b", "a")], 12.5)]


def test_a_camera_needs_a_name(qtbot, page):
    page.show_adding(AddForm((("/x/a.mp4", "a.mp4", "a"),), needs_rate=False))
    find(page, "adding.camera.1").clear()
    with qtbot.assertNotEmitted(page.added):
        press(qtbot, page, "adding.add")
    with qtbot.waitSignal(page.adding_cancelled):
        press(qtbot, page, "adding.close")


def test_progress_of_adding(page):
    page.show_adding(AddForm((), needs_rate=False, progress="Reading gate.mp4, 1 of 2"))
    assert find(page, "adding.progress").isVisible()
    page.show_adding(None)
    assert find(page, "camera").isVisible()


def test_choices_are_sent_only_when_made_by_hand(qtbot, page):
    chosen = []
    page.option_chosen.connect(lambda name, value: chosen.append((name, value)))
    page.show_ingest(FORM)
    assert chosen == []
    box = find(page, "ingest.detector")
    box.setCurrentIndex(1)
    box.activated.emit(1)
    stride = find(page, "ingest.stride")
    stride.setValue(3)
    stride.editingFinished.emit()
    assert chosen == [("detector", "yolo"), ("stride", "3")]


def test_the_button_says_the_way_out(qtbot, page):
    page.show_ingest(IngestForm(button="Stop ingest", is_running=True, can_press=True))
    assert find(page, "sources.ingest").accessibleName() == "Stop ingest"
    with qtbot.waitSignal(page.ingest_asked):
        press(qtbot, page, "sources.ingest")
    page.show_ingest(IngestForm(why_not="everything is processed"))
    assert not find(page, "sources.ingest").isEnabled()
    assert "everything is processed" in find(page, "sources.ingest").toolTip()


def test_the_site_is_sent_when_it_is_written(qtbot, page):
    sites = []
    page.site_changed.connect(lambda camera, site: sites.append((camera, site)))
    field = find(page, "camera.site")
    field.setText("North door")
    qtbot.keyClick(field, Qt.Key.Key_Return)
    assert sites == [("Lab 1", "North door")]


def test_rows_are_read_out(page):
    rows = find(page, "sources.list")
    said = rows.model().index(2, 0).data(Qt.ItemDataRole.AccessibleTextRole)
    assert said.startswith("Lab 2, bad.mp4, This file has no index")


def test_an_empty_project_says_how_to_begin(page):
    page.show_lines(())
    assert find(page, "sources.empty").isVisible()
    assert not find(page, "sources.table").isVisible()


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("size", [(1236, 736), (1536, 936)])
@pytest.mark.parametrize("is_adding", [False, True])
def test_nothing_is_cut_off(page, scheme, size, is_adding):
    dress(scheme)
    page.resize(*size)
    if is_adding:
        page.show_adding(AddForm((("/x/a", "a" * 60, "camera of a long name"),) * 9, needs_rate=True))
    clock = page.findChild(ClockTool)
    row = ("Event 1", "14:02:20.40", "14:02:20.52", "−119 ms")
    clock.show_clock(
        ClockForm("Lab 4", ("Lab 1",), "Lab 1", "−119 ms", "+0.4 ms/min", "weak, marks are close", (row,) * 3,
                  "3 marks. " * 30, "Frame 0 is at 14:02:09.88 on the common clock.", True)
    )  # fmt: skip
    QApplication.processEvents()
    assert [entry["object"] for entry in describe(page)["controls"] if entry["clipped"]] == []


@pytest.mark.parametrize("width", [700, 916, 1136, 2000])
def test_columns_follow_one_another_inside_the_table(width):
    right = 0
    for left, wide in columns(width).values():
        assert left >= right
        right = left + wide
    assert right <= max(width, 716)


def test_the_clock_tool_says_what_is_pressed(qtbot, page):
    clock = page.findChild(ClockTool)
    clock.show_clock(ClockForm("b", ("a", "c"), "a", marks=(("Event 1", "", "", ""),), is_changed=True))
    said = []
    for name in ("stepped", "marked", "same_asked", "mark_removed", "nudged", "nudged_frames", "activated"):
        getattr(clock, name).connect(lambda *values, name=name: said.append((name, *values)))
    clock.applied.connect(lambda: said.append(("applied",)))
    clock.reference_chosen.connect(lambda name: said.append(("reference", name)))
    for name in ("own.forward", "reference.mark", "own.same", "mark.0.remove", "nudge.minus_100",
                 "nudge.plus_1", "apply", "own.picture"):  # fmt: skip
        press(qtbot, page, f"clock.{name}")
    assert said == [
        ("stepped", OWN, 1), ("marked", REFERENCE), ("same_asked", OWN), ("mark_removed", 0),
        ("nudged", -100.0), ("nudged_frames", 1), ("applied",), ("activated", OWN),
    ]  # fmt: skip


def test_the_slider_seeks_only_by_hand(qtbot, page):
    clock, sought = page.findChild(ClockTool), []
    clock.sought.connect(lambda pane, place: sought.append((pane, place)))
    clock.show_pane(OWN, ClockPane("b", place=0.25))
    assert sought == []
    slider = find(page, "clock.own.slider")
    assert slider.value() == 2500
    slider.setValue(5000)
    assert sought == [(OWN, 0.5)]


@pytest.fixture
def workspace(tmp_path):
    clip = write_clip(tmp_path / "gate.mp4", TWO_WALKERS, 40)
    with Project.create(tmp_path / "trial.sightline") as project:
        from app.adding import add_footage

        add_footage(project, "gate", str(clip), None)
        workspace = Workspace()
        workspace.snapshot.set(load_snapshot(project))
    return workspace


def test_first_pictures_are_fetched_once(qtbot, workspace):
    pictures = SourcePictures(workspace)
    try:
        with qtbot.waitSignal(pictures.ready):
            assert pictures.pixmap(1, 48, 27, 2.0) is None
        pixmap = pictures.pixmap(1, 48, 27, 2.0)
        assert pixmap.deviceIndependentSize().height() == 27
        assert pictures.pixmap(9, 48, 27, 2.0) is None
    finally:
        pictures.close()


def test_frames_of_the_clock_tool_are_exact(qtbot, workspace):
    import numpy as np

    pictures, shown, errors = ClockPictures(workspace), [], []
    source = workspace.snapshot.value.sources[0].source
    try:
        pictures.show_rank(OWN, source, 17, shown.append, errors.append)
        qtbot.waitUntil(lambda: len(shown) == 1)
        pictures.show_time(OWN, source, 2310.0, shown.append, errors.append)
        qtbot.waitUntil(lambda: len(shown) == 2)
    finally:
        pictures.close()
    assert [(found.rank, found.t_ms, found.n_frames) for found in shown] == [
        (17, 1700.0, 40),
        (23, 2300.0, 40),
    ]
    image = shown[0].picture.convertToFormat(QImage.Format.Format_RGB888).scaled(320, 240)
    rows = np.frombuffer(image.constBits(), np.uint8).reshape(240, image.bytesPerLine())[:, : 320 * 3]
    assert read_code(rows.reshape(240, 320, 3)) == 17
    assert errors == []
