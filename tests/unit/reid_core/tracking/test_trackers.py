"""The trackers of the ultralytics package behind our protocol."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from reid_core.errors import UsageError
from reid_core.tracking.config import TRACKERS, LinkConfig, SplitConfig, TrackerConfig, TrackingConfig
from reid_core.tracking.ultralytics_tracker import UltralyticsTracker
from reid_core.types import Detections
from tests.unit.reid_core.tracking.toy import Person, observe, people_of, track

PEOPLE = [Person((50, 100), (5, 0), 0, 39, colour=1), Person((500, 250), (-5, 0), 0, 39, colour=2)]


def settings(kind: str) -> TrackingConfig:
    return TrackingConfig(tracker=TrackerConfig(kind=kind))


@pytest.mark.parametrize("kind", TRACKERS)
def test_every_tracker_follows_two_people(kind):
    closed = track(observe(PEOPLE, range(40)), settings(kind)).closed
    assert sorted(people_of(tracklet, PEOPLE) for tracklet in closed) == [{0}, {1}]
    assert min(np.count_nonzero(tracklet.detection_idx >= 0) for tracklet in closed) >= 36


@pytest.mark.parametrize("kind", TRACKERS)
def test_every_tracker_numbers_its_tracks_for_itself(kind):
    trackers = [UltralyticsTracker(TrackerConfig(kind=kind), 100) for _ in range(2)]
    for observation in observe(PEOPLE, range(6)):
        first, second = (tracker.update(observation.detections, None) for tracker in trackers)
        assert first == second
    assert {number for number, _ in first} == {1, 2}


@pytest.mark.parametrize("kind", TRACKERS)
def test_every_tracker_stands_frames_without_detections_and_boxes_without_area(kind):
    tracker = UltralyticsTracker(TrackerConfig(kind=kind), 100)
    point = Detections.of([(10, 10, 10, 10), (20, 20, 60, 120)], [0.9, 0.9])
    for detections in (Detections.empty(), point, Detections.empty(), point, point, Detections.empty()):
        pairs = tracker.update(detections, None)
        assert all(0 <= row < len(detections) for _, row in pairs)


@pytest.mark.parametrize("kind", ["botsort", "deepocsort", "tracktrack"])
def test_camera_motion_carries_tracks_along(kind):
    person = Person((300, 100), (0, 0), 0, 39)
    jump = np.array([[1, 0, 120], [0, 1, 0]], np.float32)  # further than the box is wide

    def tracks(motion) -> set[int]:
        tracker = UltralyticsTracker(TrackerConfig(kind=kind), 100)
        numbers = set()
        for frame in range(20):
            xyxy = np.array([person.box(frame)], np.float32)
            moved = frame >= 10
            if moved:
                xyxy[:, [0, 2]] += 120
            pairs = tracker.update(
                Detections(xyxy, np.array([0.9], np.float32)), motion if frame == 10 else np.eye(2, 3)
            )
            numbers |= {number for number, _ in pairs}
        return numbers

    assert len(tracks(jump)) == 1
    assert len(tracks(np.eye(2, 3, dtype=np.float32))) == 2


def test_an_unknown_tracker_is_refused_with_the_choice():
    with pytest.raises(UsageError, match=r"'sort'; choose one of botsort, bytetrack, .*tracktrack"):
        settings("sort")


def test_the_key_depends_on_every_setting():
    configs = [
        TrackingConfig(),
        settings("bytetrack"),
        TrackingConfig(tracker=TrackerConfig(high_score=0.4)),
        TrackingConfig(split=SplitConfig(overlap=0.4)),
        TrackingConfig(link=LinkConfig(max_cost=5.0)),
        replace(TrackingConfig(), min_detections=2),
    ]
    assert len({config.key for config in configs}) == len(configs)
    assert TrackingConfig().key == TrackingConfig().key
