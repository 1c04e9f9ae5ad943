"""Every kind of action has words and a place."""

import pytest

from app.wording_events import describe, place_edited, places_of
from reid_core.store.events import (
    BoxAt,
    BoxesEdited,
    CameraRenamed,
    ClockSet,
    Decided,
    Event,
    Forgotten,
    IdentityNamed,
    LinkedPair,
    LinksAccepted,
    PtsRange,
    Regrouped,
    SourceRemoved,
    Tagged,
    TopologySet,
    TrackletsMerged,
    TrackletSplit,
    TracksSwapped,
    Withdrawn,
)
from reid_core.types import Anchor, ImageAnchor, Verdict

A = Anchor("gate", "aa", 100, (0.0, 0.0, 10.0, 20.0))
B = Anchor("gate", "aa", 200, (5.0, 0.0, 10.0, 20.0))
C = Anchor("gate", "aa", 300, (5.0, 0.0, 10.0, 20.0))
PICTURE = ImageAnchor("ab" * 32)
NAMES = {A: "T-1.1", B: "T-1.2", C: "T-1.3", PICTURE: "a picture"}


def words(payload, people=(), undoes=None) -> str:
    event = Event(7, "2026-11-21T14:00:00.000Z", "ann", payload.kind, payload, undoes, "", "")
    return describe(event, NAMES.__getitem__, lambda place: "Person 3" if place in people else "")


@pytest.mark.parametrize(
    ("payload", "people", "expected"),
    [
        (Decided(A, B, Verdict.SAME), (A,), "accept T-1.2 as Person 3"),
        (Decided(A, B, Verdict.SAME), (), "accept T-1.2 as T-1.1"),
        (Decided(PICTURE, B, Verdict.SAME), (), "accept T-1.2 as a picture"),
        (Decided(A, B, Verdict.DIFFERENT), (A,), "reject T-1.2 for Person 3"),
        (Decided(A, B, Verdict.UNSURE), (), "unsure about T-1.2 for T-1.1"),
        (IdentityNamed(A, "Ann"), (A,), "name Person 3 Ann"),
        (IdentityNamed(A, ""), (A,), "unname T-1.1"),
        (CameraRenamed("gate", "north"), (), "rename gate to north"),
        (SourceRemoved("gate", "aa", "gate.mp4"), (), "remove gate.mp4"),
        (ClockSet("gate", 40.0), (), "set the clock of gate"),
        (ClockSet("gate", 40.0, also=(ClockSet("hall", 1.0),)), (), "set the clocks of 2 cameras"),
        (LinksAccepted((LinkedPair(A, B), LinkedPair(A, C))), (), "accept 2 links"),
        (Regrouped((Decided(A, B, Verdict.DIFFERENT),), (), "split"), (), "split off T-1.2"),
        (Regrouped((Decided(A, B, Verdict.DIFFERENT),), (), "take_out"), (), "take out T-1.2"),
        (Regrouped((Decided(A, B, Verdict.SAME),), (), "move"), (A,), "move T-1.2 to Person 3"),
        (Regrouped((Decided(A, B, Verdict.SAME),), (), "merge"), (A,), "merge people into Person 3"),
        (Regrouped((), (IdentityNamed(A, "Ann"),)), (), "regroup people"),
        (BoxesEdited(None, "gate", "aa", (BoxAt(5, (0, 0, 1, 1)),)), (), "draw a tracklet in gate"),
        (BoxesEdited(A, "gate", "aa", whole=True), (), "delete T-1.1"),
        (BoxesEdited(A, "gate", "aa", (BoxAt(5, (0, 0, 1, 1)),)), (), "place a box of T-1.1"),
        (
            BoxesEdited(A, "gate", "aa", tuple(BoxAt(n, (0, 0, 1, 1)) for n in range(3))),
            (),
            "place 3 boxes of T-1.1",
        ),
        (BoxesEdited(A, "gate", "aa", deleted=(PtsRange(5, 9),)), (), "delete boxes of T-1.1"),
        (TrackletSplit(A, B), (), "split T-1.1"),
        (TrackletsMerged((A, B)), (), "merge 2 tracklets"),
        (TracksSwapped(A, B, 250, C, None), (), "swap T-1.1 and T-1.2"),
        (Tagged("tracklet", A), (), "tag T-1.1"),
        (Tagged("identity", A), (A,), "tag Person 3"),
        (TopologySet(()), (), "set the travel times"),
        (Forgotten((A,)), (), "forget 1 tracklet"),
    ],
)
def test_an_action_in_words(payload, people, expected):
    assert words(payload, people) == expected


def test_a_withdrawal_names_its_action():
    assert words(Withdrawn(), undoes=3) == "withdraw action 3"


@pytest.mark.parametrize(
    ("payload", "expected"),
    [
        (Decided(A, B, Verdict.SAME), (B, A)),
        (LinksAccepted((LinkedPair(A, B),)), (B, A)),
        (Regrouped((Decided(A, B, Verdict.SAME),), (IdentityNamed(A, "Ann"),)), (B, A)),
        (IdentityNamed(A, "Ann"), (A,)),
        (TrackletSplit(A, B), (B,)),
        (TrackletsMerged((A, B)), (A, B)),
        (TracksSwapped(A, B, 250, C, None), (A, B)),
        (BoxesEdited(A, "gate", "aa", whole=True), (A,)),
        (ClockSet("gate", 40.0), ()),
    ],
)
def test_what_to_look_at_first_stands_in_front(payload, expected):
    event = Event(7, "2026-11-21T14:00:00.000Z", "ann", payload.kind, payload, None, "", "")
    assert places_of(event) == expected


@pytest.mark.parametrize(
    ("payload", "pts"),
    [
        (BoxesEdited(None, "gate", "aa", (BoxAt(5, (0, 0, 1, 1)),)), 5),
        (BoxesEdited(A, "gate", "aa", (BoxAt(7, (0, 0, 1, 1)), BoxAt(8, (0, 0, 1, 1)))), 7),
        (BoxesEdited(A, "gate", "aa", deleted=(PtsRange(5, 9),)), 5),
        (BoxesEdited(A, "gate", "aa", whole=True), None),
        (TrackletSplit(A, B), None),
    ],
)
def test_edited_boxes_are_seen_where_they_were_edited(payload, pts):
    event = Event(7, "2026-11-21T14:00:00.000Z", "ann", payload.kind, payload, None, "", "")
    found = place_edited(event)
    assert (None if found is None else found.pts) == pts
