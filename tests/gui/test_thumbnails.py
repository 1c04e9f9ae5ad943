"""Crops come off the GUI thread, best painted-last first, and stay within their memory."""

from __future__ import annotations

from dataclasses import dataclass, field

import pytest
from PySide6.QtCore import QBuffer, QByteArray, QIODevice, Qt
from PySide6.QtGui import QColor, QImage, QPainter

from app.jobs import thumbnails
from app.jobs.thumbnails import Thumbnails
from app.workspace import Workspace
from reid_core.errors import ReidError
from reid_core.store.records import Crop
from reid_core.types import Member


def png(*bands: str, width: int = 40, height: int = 120) -> bytes:
    """A picture of horizontal bands of one colour each."""
    image = QImage(width, height, QImage.Format.Format_RGB32)
    painter = QPainter(image)
    for n, band in enumerate(bands):
        painter.fillRect(0, n * height // len(bands), width, height // len(bands), QColor(band))
    painter.end()
    data = QByteArray()
    buffer = QBuffer(data)
    buffer.open(QIODevice.OpenModeFlag.WriteOnly)
    image.save(buffer, "PNG")
    return bytes(data.data())


def crop(data: bytes, pts: int = 0) -> Crop:
    return Crop(data, (0.0, 0.0, 40.0, 120.0), 0.5, Member(0, 0), pts, float(pts))


@dataclass
class FakeProject:
    kept: dict[str, list[Crop]]
    asked: list[str] = field(default_factory=list)

    def crops(self, tracklet_id: str) -> list[Crop]:
        self.asked.append(tracklet_id)
        if tracklet_id not in self.kept:
            raise ReidError("lost")
        return self.kept[tracklet_id]


class HeldLane:
    """A lane that works when told."""

    def __init__(self, project: FakeProject) -> None:
        self.project = project
        self.held = []

    def ask(self, work, then, failed=None, *, topic=""):
        self.held.append((work, then))

    def step(self) -> None:
        work, then = self.held.pop(0)
        then(work(self.project))


@pytest.fixture
def lane(qapp) -> HeldLane:
    crops = [crop(png("red", "blue"), 9), crop(png("lime"), 3)]
    return HeldLane(FakeProject({f"c1s1t{n}": crops for n in range(300)}))


@pytest.fixture
def pictures(lane) -> Thumbnails:
    return Thumbnails(lane, Workspace())


def test_a_crop_is_a_placeholder_first_and_there_when_told(pictures, lane, qtbot):
    assert pictures.pixmap("c1s1t1", 0, 24, 48, 2.0) is None
    assert pictures.count("c1s1t1", 24, 48, 2.0) is None
    with qtbot.waitSignal(pictures.ready) as told:
        lane.step()
    assert told.args == ["c1s1t1"]
    pixmap = pictures.pixmap("c1s1t1", 0, 24, 48, 2.0)
    assert (pixmap.width(), pixmap.height()) == (48, 96)
    assert pictures.count("c1s1t1", 24, 48, 2.0) == 2
    assert pictures.in_time("c1s1t1", 24, 48, 2.0) == (1, 0)
    assert pictures.pixmap("c1s1t1", 2, 24, 48, 2.0) is None
    assert lane.project.asked == ["c1s1t1"]


def test_the_head_is_kept_and_the_feet_are_cut(pictures, lane):
    pictures.pixmap("c1s1t1", 0, 24, 48)
    lane.step()
    image = pictures.pixmap("c1s1t1", 0, 24, 48).toImage()
    assert image.pixelColor(12, 0) == QColor(Qt.GlobalColor.red)
    assert image.pixelColor(12, 35) == QColor(Qt.GlobalColor.red)  # 60 of the 80 rows that are shown
    assert image.pixelColor(12, 40) == QColor(Qt.GlobalColor.blue)


def test_what_was_painted_last_comes_first_and_the_rest_is_asked_for_again(pictures, lane):
    told = []
    pictures.ready.connect(told.append)
    for n in range(300):
        pictures.pixmap(f"c1s1t{n}", 0, 24, 48)
    lane.step()
    lane.step()
    assert lane.project.asked[1:] == [f"c1s1t{n}" for n in range(299, 299 - thumbnails.BATCH, -1)]
    while lane.held:
        lane.step()
    assert len(lane.project.asked) == 1 + thumbnails.MAX_WAITING
    assert told[-1] == ""
    assert pictures.pixmap("c1s1t5", 0, 24, 48) is None  # it had scrolled away
    lane.step()
    assert pictures.pixmap("c1s1t5", 0, 24, 48) is not None


def test_memory_stays_within_its_bounds(lane):
    pictures = Thumbnails(lane, Workspace(), max_bytes=24 * 48 * 4 * 2 * 20)
    for n in range(60):
        pictures.pixmap(f"c1s1t{n}", 0, 24, 48)
        lane.step()
    asked = len(lane.project.asked)
    assert pictures.pixmap("c1s1t59", 0, 24, 48) is not None
    assert pictures.pixmap("c1s1t0", 0, 24, 48) is None
    lane.step()
    assert len(lane.project.asked) == asked + 1


def test_lost_crops_stay_placeholders_and_are_not_asked_for_without_end(pictures, lane):
    assert pictures.pixmap("c9s1t1", 0, 24, 48) is None
    lane.step()
    assert pictures.pixmap("c9s1t1", 0, 24, 48) is None
    assert pictures.count("c9s1t1", 24, 48) == 0
    assert not lane.held


def test_an_answer_from_before_clear_is_not_kept(pictures, lane):
    pictures.pixmap("c1s1t1", 0, 24, 48)
    pictures.clear()
    lane.step()
    assert pictures.count("c1s1t1", 24, 48) is None
