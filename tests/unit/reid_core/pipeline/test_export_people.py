"""Clips, contact sheets and reports: right times, everybody else unrecognisable, nothing from outside."""

from __future__ import annotations

import base64
import re
from html.parser import HTMLParser

import av
import cv2
import numpy as np
import pytest

from reid_core.errors import UsageError
from reid_core.pipeline.export.caption import Lettering
from reid_core.pipeline.export.clips import _Movie
from reid_core.pipeline.export.file_names import camera_files, file_name
from reid_core.pipeline.export.formats import FORMATS
from reid_core.pipeline.export.others import HOLD_MS, LOOSE_HOLD_MS, Others, cover
from reid_core.pipeline.export.preflight import preflight
from reid_core.pipeline.export.scope import Options, Scope
from reid_core.pipeline.export.tables import gather
from reid_core.pipeline.export.write import export
from reid_core.store.records import TrackletRow
from reid_core.types import Verdict
from tests.fakes.case import INTERPOLATED, N_FRAMES, WALKERS, frame_ticks, made_case
from tests.unit.reid_core.store.build import made

BLUE_ONLY = Scope(frozenset({"c1s1t3", "c2s1t3"}))
HEAD_PX = 16


@pytest.fixture(scope="module")
def case(tmp_path_factory):
    with made_case(tmp_path_factory.mktemp("case")) as opened:
        yield opened


@pytest.fixture(scope="module")
def clips(case, tmp_path_factory):
    """Frames of the clips of red and blue, as they are and with the others covered."""
    found = {}
    for blur in (False, True):
        folder = tmp_path_factory.mktemp("clips")
        ids = frozenset({"c1s1t1", "c2s1t1", "c1s1t3", "c2s1t3"})
        export(case, "clips", folder, scope=Scope(ids), options=Options(blur=blur))
        for path in (folder / "clips").iterdir():
            found[path.stem.rpartition("_")[2], blur] = read_clip(path)
    return found


def read_clip(path):
    """Times in ms and pictures."""
    with av.open(str(path)) as container:
        frames = [(float(f.time) * 1000, f.to_ndarray(format="rgb24")) for f in container.decode(video=0)]
    return [t for t, _ in frames], [image for _, image in frames]


def edge(image, box):
    """How sharp the line between head and body is: the largest step down the middle of the box."""
    x1, y1, x2, _ = (round(v) for v in box)
    if x1 < 2 or x2 > image.shape[1] - 2:
        return None
    column = image[y1 + HEAD_PX - 5 : y1 + HEAD_PX + 5, (x1 + x2) // 2].astype(int)
    return np.abs(np.diff(column, axis=0)).max()


def test_a_clip_has_every_frame_at_its_time_also_where_the_rate_is_uneven(clips):
    for tracklet, camera, first, last in (("c1s1t3", "gate", 10, 39), ("c2s1t3", "hall", 20, 49)):
        times, _ = clips[tracklet, False]
        expected = np.array(frame_ticks(camera)[first : last + 1]) - frame_ticks(camera)[first]
        np.testing.assert_allclose(times, expected, atol=0.02)


def test_everybody_else_is_covered_and_the_person_is_not(clips):
    for tracklet, camera, own, first in (("c1s1t1", "gate", 0, 0), ("c2s1t3", "hall", 2, 20)):
        covered, sharp, open_ = [], [], []
        for n, (hidden, shown) in enumerate(
            zip(clips[tracklet, True][1], clips[tracklet, False][1], strict=True)
        ):
            boxes = [walker.box(first + n) for walker in WALKERS[camera]]
            for k, box in enumerate(boxes):
                if box is None or (k != own and _meets(box, boxes[own])):
                    continue
                steps = edge(hidden, box), edge(shown, box)
                if steps[0] is not None:
                    (sharp if k == own else covered).append(steps[0])
                    open_.append(steps[1])
        assert len(covered) > 15
        assert max(covered) < 60
        assert min(open_) > 100
        assert sum(step > 100 for step in sharp) >= len(sharp) - 12  # others in front of the person cover it


def _meets(a, b):
    return b is None or not (a[2] + 8 < b[0] or b[2] + 8 < a[0] or a[3] + 12 < b[1] or b[3] + 12 < a[1])


def test_who_was_not_detected_for_a_while_stays_covered(clips):
    """Red was not found in some frames of blue's clip; its place lies between its boxes."""
    images = clips["c1s1t3", True][1]
    steps = [edge(images[n - 10], WALKERS["gate"][0].box(n)) for n in INTERPOLATED]
    assert max(steps) < 60


def test_covering_follows_time_and_not_frames_and_is_held_at_the_ends(case):
    tables = gather(case)
    others = Others(tables, 2, frozenset({"c2s1t1", "c2s1t2"}), 0, N_FRAMES - 1)
    boxes = case.boxes("c2s1t3")
    for row in (3, 11, 20):
        part = 0.3
        t_ms = boxes.t_ms[row] + part * (boxes.t_ms[row + 1] - boxes.t_ms[row])
        expected = boxes.xyxy[row] + part * (boxes.xyxy[row + 1] - boxes.xyxy[row])
        np.testing.assert_allclose(others.at(t_ms), [expected], atol=0.01)
    np.testing.assert_allclose(others.at(boxes.t_ms[0] - HOLD_MS + 1), [boxes.xyxy[0]], atol=0.01)
    assert others.at(boxes.t_ms[0] - HOLD_MS - 1) == []


def test_detections_without_a_tracklet_are_covered_and_the_person_is_not(tmp_path):
    with made(tmp_path / "p.sightline", cameras=["gate"], people=(0, 1, 2)) as project:
        tables = gather(project)
        # as if 1 and 2 had never become tracklets
        with project.engine() as engine, engine.transaction():
            segment = project.segments()[0].id
            frames = np.arange(50)
            own = project.boxes("c1s1t1").xyxy
            for order in (2, 3):
                row = TrackletRow(order, frames[:1], np.array([0]), own[:1])
                engine.write_tracklet(segment, row)
        others = Others(tables, 1, frozenset({"c1s1t1", "c1s1t2", "c1s1t3"}), 0, 49)
        assert others.at(40.0 * 25) == []
        found = others.loose_at(40.0 * 25)
        rows = {round(float(box[1])) for box in found}
        assert rows == {100, 200}
        assert len(found) == 2 * (1 + 2 * int(LOOSE_HOLD_MS / 40))  # frames before and after within the hold
        image = np.full((480, 640, 3), 100, np.uint8)
        own, other = ((slice(y, y + 80), slice(60, 100)) for y in (0, 100))
        image[own] = image[other] = np.random.default_rng(0).integers(0, 255, (80, 40, 3))
        before = image.copy()
        others.hide(image, 40.0 * 25)
        np.testing.assert_array_equal(image[own], before[own])
        assert image[other].std() < before[other].std() / 2


def test_nothing_of_what_is_covered_can_be_computed_back():
    rng = np.random.default_rng(1)
    image = rng.integers(0, 255, (200, 200, 3), np.uint8)
    other = np.ascontiguousarray(rng.permuted(image.reshape(-1, 3), axis=0).reshape(image.shape))
    box = np.array([50, 40, 120, 180], np.float32)
    before = image.copy()
    for picture in (image, other):
        cover(
            picture,
            [box, np.array([-50, -50, -10, -10], np.float32), np.array([190, 190, 250, 300], np.float32)],
        )
    inside = image[45:175, 55:115].astype(int)
    assert inside.std() < 25 < before[45:175, 55:115].astype(int).std()
    np.testing.assert_array_equal(image[:20], before[:20])


def test_camera_and_time_are_burnt_in(clips):
    for tracklet in ("c1s1t1", "c2s1t1"):
        images = clips[tracklet, True][1]
        plates = [image[-16:, 4:90] for image in images]
        assert all(plate.max() > 180 and np.median(plate) < 60 for plate in plates)
        assert len({cv2.resize(plate, (20, 8)).tobytes() for plate in plates}) > N_FRAMES // 2


def test_odd_sizes_and_letters_that_the_font_lacks(tmp_path):
    movie = _Movie(tmp_path / "odd.mp4", 33, 17, 29.97)
    for n in range(3):
        movie.add(np.full((17, 33, 3), 90 * n, np.uint8), n * 33.3)
    movie.close()
    times, images = read_clip(tmp_path / "odd.mp4")
    assert images[0].shape == (18, 34, 3)
    np.testing.assert_allclose(times, [0, 33.3, 66.6], atol=0.02)
    letters = Lettering(12)
    assert letters.knows("Größe Ж 3")
    assert not letters.knows("門")
    assert letters.width(letters.fit("a very long name of a camera", 60)) <= 60


def test_missing_footage_stops_clips_and_nothing_else(tmp_path):
    with made_case(tmp_path) as project:
        (tmp_path / "hall.mp4").rename(tmp_path / "moved.mp4")
        stop = preflight(project, "clips", tmp_path / "out").stop
        assert (stop.what, stop.number) == ("Footage", 1)
        with pytest.raises(UsageError, match="not where they were"):
            export(project, "clips", tmp_path / "out")
        assert not (tmp_path / "out").exists()
        gate_only = Scope(frozenset({"c1s1t3"}), to_ms=1500)
        export(project, "clips", tmp_path / "out", scope=gate_only)
        for key in set(FORMATS) - {"clips"}:
            assert preflight(project, key, tmp_path / "else").stop is None


# --- contact sheets


def test_a_sheet_has_the_crops_of_a_person_in_order_of_time(case, tmp_path):
    export(case, "sheets", tmp_path, scope=BLUE_ONLY)
    (path,) = (tmp_path / "contact-sheets").iterdir()
    assert path.name == "P3.jpg"
    sheet = cv2.imread(str(path))[..., ::-1]
    blue = (sheet.astype(int) - [50, 60, 230]).__abs__().max(axis=2) < 30
    columns = np.flatnonzero(blue.any(axis=0))
    assert len(np.flatnonzero(np.diff(columns) > 8)) + 1 == 6


def test_many_crops_go_on_the_next_page(case, tmp_path, monkeypatch):
    monkeypatch.setattr("reid_core.pipeline.export.sheet.COLUMNS", 2)
    monkeypatch.setattr("reid_core.pipeline.export.sheet.ROWS", 1)
    export(case, "sheets", tmp_path, scope=BLUE_ONLY)
    assert sorted(p.name for p in (tmp_path / "contact-sheets").iterdir()) == [
        "P3.jpg",
        "P3_2.jpg",
        "P3_3.jpg",
    ]


def test_others_are_covered_on_sheets_too(case, tmp_path):
    export(case, "sheets", tmp_path / "a", scope=BLUE_ONLY)
    export(case, "sheets", tmp_path / "b", scope=BLUE_ONLY, options=Options(blur=True))
    plain, covered = (cv2.imread(str(tmp_path / x / "contact-sheets" / "P3.jpg")) for x in "ab")
    assert plain.shape == covered.shape
    assert (
        0.005 < (np.abs(plain.astype(int) - covered).max(axis=2) > 20).mean() < 0.5
    )  # red hides part of blue once


# --- report


class Page(HTMLParser):
    def __init__(self):
        super().__init__()
        self.tags, self.pictures, self.text = [], [], []

    def handle_starttag(self, tag, attrs):
        self.tags.append((tag, dict(attrs)))

    def handle_data(self, data):
        self.text.append(data)


def read_report(path):
    page = Page()
    page.feed(path.read_text(encoding="utf-8"))
    return page, " ".join(page.text)


def test_a_report_holds_everything_and_needs_nothing(case, tmp_path):
    export(case, "report", tmp_path)
    page, text = read_report(tmp_path / "report.html")
    sources = [attrs["src"] for _, attrs in page.tags if "src" in attrs]
    assert len(sources) == 12
    for source in sources:
        kind, _, data = source.partition(",")
        assert kind == "data:image/jpeg;base64"
        assert cv2.imdecode(np.frombuffer(base64.b64decode(data), np.uint8), cv2.IMREAD_COLOR) is not None
    assert {tag for tag, _ in page.tags} <= {
        "html", "head", "meta", "title", "style", "body", "h1", "h2", "h3", "p",
        "table", "tr", "th", "td", "img",
    }  # fmt: skip
    assert not [attrs for _, attrs in page.tags if {"href", "onload", "onerror", "onclick"} & set(attrs)]
    raw = (tmp_path / "report.html").read_text()
    assert not re.search(r"https?://|url\(|@import", raw)
    policy = next(a["content"] for t, a in page.tags if a.get("http-equiv") == "Content-Security-Policy")
    assert policy.startswith("default-src 'none'")
    for source in case.sources():
        assert source.fingerprint in text
    for fact in (case.spaces()[0].key, case.log_head()[1], "whole", "boxes", "walks", "Ann <b> & co", "ann",
                 "ben", "=1+1", "c2s1t3"):  # fmt: skip
        assert fact in text
    assert "<b>" not in raw
    export(case, "report", tmp_path / "green", scope=Scope(frozenset({"c1s1t2"})))
    _, text = read_report(tmp_path / "green" / "report.html")
    assert "unsure" in text
    assert "@green <coat>" in text


@pytest.mark.parametrize("key", ["clips", "report", "sheets"])
def test_people_see_identities_unless_tracklets_are_chosen(tmp_path, key):
    with made_case(tmp_path, decide=False) as project:
        assert preflight(project, key, tmp_path).stop.what == "Identities"
        assert preflight(project, key, tmp_path, Scope(frozenset({"c1s1t2"}))).stop is None
        project.decide("c1s1t1", "c2s1t1", Verdict.SAME)
        found = {p.what: p.number for p in preflight(project, key, tmp_path).points}
        assert found["Unassigned tracklets"] == 4


def test_hostile_names_stay_text_and_stay_in_the_folder(tmp_path):
    evil = "<script>alert(1)</script>"
    with made(tmp_path / "p.sightline", cameras=["../../evil", evil], people=(0,)) as project:
        project.decide("c1s1t1", "c2s1t1", Verdict.SAME, actor=evil, note='"><img src=x onerror=alert(1)>')
        with pytest.raises(Exception, match="damaged"):  # the crops of this project are no pictures
            export(project, "report", tmp_path / "out")
        for key in ("mot", "mot-gt", "cvat", "coco", "csv", "json", "matches"):
            export(project, key, tmp_path / "out" / key)
            announced = {*preflight(project, key, tmp_path).names}
            assert {p.name for p in (tmp_path / "out" / key).iterdir()} == announced
    assert sorted(p.name for p in tmp_path.iterdir()) == ["out", "p.sightline", "p.sightline.d"]
    assert not (tmp_path.parent / "evil.txt").exists()
    with made_case(tmp_path / "out", decide=False) as project:
        project.decide("c1s1t1", "c2s1t1", Verdict.SAME, actor=evil, note='"><img src=x onerror=alert(1)>')
        export(project, "report", tmp_path / "report", scope=Scope(frozenset({"c1s1t1"})))
    page, text = read_report(tmp_path / "report" / "report.html")
    assert evil in text
    assert "script" not in {tag for tag, _ in page.tags}
    assert not [a for _, a in page.tags if a.get("src", "data:")[:5] != "data:"]


def test_a_query_picture_stands_in_the_report(tmp_path):
    _, data = cv2.imencode(".png", np.full((90, 40, 3), 200, np.uint8))
    with made_case(tmp_path, decide=False) as project:
        project.decide(project.add_image(data.tobytes()), "c1s1t1", Verdict.SAME)
        export(project, "report", tmp_path / "out", scope=Scope(frozenset({"c1s1t1"})))
        project.decide(project.add_image(b"no picture"), "c1s1t2", Verdict.SAME)
        export(project, "report", tmp_path / "two", scope=Scope(frozenset({"c1s1t2"})))
    assert len([t for t, _ in read_report(tmp_path / "out" / "report.html")[0].tags if t == "img"]) == 4
    assert "cannot be shown" in read_report(tmp_path / "two" / "report.html")[1]


@pytest.mark.parametrize("text", ["..", "a/b\\c", "con", "", "…", "x" * 300, ".hidden", "aux.txt"])
def test_file_names_stay_in_their_folder(text):
    name = file_name(text)
    assert re.fullmatch(r"[\w][\w.-]{0,60}", name)
    assert name.lower() not in ("con", "aux.txt")


def test_cameras_have_file_names_of_their_own():
    names = camera_files(["hall", "Hall", "a/b", "a-b", "..", "Halle 2", "nul"])
    assert len({name.casefold() for name in names.values()}) == 7
    assert (names["hall"], names["Halle 2"]) == ("hall", "Halle 2")
