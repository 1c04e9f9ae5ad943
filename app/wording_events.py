"""Recorded actions in words, for undo, redo and lists."""

from __future__ import annotations

from collections.abc import Callable

from app.wording import count_label
from reid_core.store.events import (
    BoxesEdited,
    CameraRenamed,
    ClockSet,
    Decided,
    Event,
    Forgotten,
    IdentityNamed,
    LinksAccepted,
    Place,
    Regrouped,
    SourceRemoved,
    Tagged,
    TopologySet,
    TrackletsMerged,
    TrackletSplit,
    TracksSwapped,
    Withdrawn,
)
from reid_core.types import Anchor, Verdict

Name = Callable[[Place], str]


def describe(event: Event, tracklet: Name, person: Name) -> str:
    """An action as it goes on after "Undo": ``accept T-2.9 as Person 1``.

    Args:
        event: An action of the log.
        tracklet: What the screen calls a place's tracklet, ``T-2.9``.
        person: What the place's identity is called, or empty where it has none.
    """
    match event.payload:
        case Decided(a=query, b=hit, verdict=verdict):
            who = person(query) or tracklet(query)
            if verdict is Verdict.SAME:
                return f"accept {tracklet(hit)} as {who}"
            return f"{'reject' if verdict is Verdict.DIFFERENT else 'unsure about'} {tracklet(hit)} for {who}"
        case IdentityNamed(place=place, name=name):
            return f"name {person(place) or tracklet(place)} {name}" if name else f"unname {tracklet(place)}"
        case CameraRenamed(camera=camera, name=name):
            return f"rename {camera} to {name}"
        case SourceRemoved(file=file):
            return f"remove {file}"
        case ClockSet(also=also) if also:
            return f"set the clocks of {count_label(1 + len(also), 'camera')}"
        case ClockSet(camera=camera):
            return f"set the clock of {camera}"
        case LinksAccepted(links=links):
            return f"accept {count_label(len(links), 'link')}"
        case Regrouped() as regrouped:
            return _regrouped(regrouped, tracklet, person)
        case BoxesEdited(tracklet=None, camera=camera):
            return f"draw a tracklet in {camera}"
        case BoxesEdited(tracklet=place) as edit if place is not None:
            return _boxes_edited(edit, tracklet(place))
        case TrackletSplit(before=place):
            return f"split {tracklet(place)}"
        case TrackletsMerged(places=places):
            return f"merge {count_label(len(places), 'tracklet')}"
        case TracksSwapped(a=first, b=second):
            return f"swap {tracklet(first)} and {tracklet(second)}"
        case Tagged(place=place, target=target):
            return (
                f"tag {tracklet(place)}"
                if target != "identity"
                else f"tag {person(place) or tracklet(place)}"
            )
        case TopologySet():
            return "set the travel times"
        case Withdrawn():
            return f"withdraw action {event.undoes}"
        case Forgotten(places=places):
            return f"forget {count_label(len(places), 'tracklet')}"
        case _:
            return event.kind.replace("_", " ")


def places_of(event: Event) -> tuple[Place, ...]:
    """The places that an action is about, the one to look at first in front."""
    match event.payload:
        case Decided(a=query, b=hit):
            return hit, query
        case IdentityNamed(place=place) | Tagged(place=place) | TrackletSplit(after=place):
            return (place,)
        case LinksAccepted(links=links):
            return tuple(place for link in links for place in (link.b, link.a))
        case Regrouped(decisions=decisions, names=names):
            places = [place for decision in decisions for place in (decision.b, decision.a)]
            return tuple(dict.fromkeys([*places, *(name.place for name in names)]))
        case BoxesEdited(tracklet=place) if place is not None:
            return (place,)
        case TrackletsMerged(places=places):
            return places
        case TracksSwapped(a=first, b=second):
            return first, second
        case _:
            return ()


def place_edited(event: Event) -> Anchor | None:
    """Where boxes were placed or deleted: that is nearer than any other place of their tracklet."""
    edit = event.payload
    if not isinstance(edit, BoxesEdited) or edit.whole:
        return None
    if edit.boxes:
        first = edit.boxes[0]
        return Anchor(edit.camera, edit.source, first.pts, first.xyxy)
    return Anchor(edit.camera, edit.source, edit.deleted[0].first, (0.0, 0.0, 0.0, 0.0))


def _boxes_edited(edit: BoxesEdited, name: str) -> str:
    if edit.whole:
        return f"delete {name}"
    if not edit.boxes:
        return f"delete boxes of {name}"
    return f"place {'a box' if len(edit.boxes) == 1 else f'{len(edit.boxes):,} boxes'} of {name}"


def _regrouped(event: Regrouped, tracklet: Name, person: Name) -> str:
    first = event.decisions[0].b if event.decisions else event.names[0].place
    match event.what:
        case "split":
            return f"split off {tracklet(first)}"
        case "take_out":
            return f"take out {tracklet(first)}"
        case "move":
            last = event.decisions[-1]
            return f"move {tracklet(first)} to {person(last.a) or tracklet(last.a)}"
        case "merge":
            return f"merge people into {person(event.decisions[0].a) or tracklet(event.decisions[0].a)}"
        case "import":
            return "take over who is who from imported labels"
        case _:
            return "regroup people"
