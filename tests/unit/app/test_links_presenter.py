"""Link proposals through the presenters: shown, never applied silently; contradictions; travel times."""

from __future__ import annotations

import pytest

from app.loading import load_snapshot
from app.presenters.conflicts import ConflictsPresenter
from app.presenters.links import LinksPresenter
from app.proposals import named, place_of, read_time, threshold_at
from app.snapshot import Snapshot
from app.views.links import NEVER, NONE_LEFT
from app.workspace import Workspace
from reid_core.errors import ReidError, UsageError
from reid_core.linking.travel import TravelTable, TravelWindow
from reid_core.pipeline.link import plan_links
from reid_core.pipeline.link_travel import set_travel, travel_table
from reid_core.types import Verdict
from tests.fakes.lanes import ImmediateLane
from tests.unit.app.test_search_presenter import HeldLane
from tests.unit.app.test_verify_presenter import FakeView
from tests.unit.reid_core.pipeline.link_site import site

CLOCKS = 3
"""Events that set the clocks of the site."""


class Desk:
    def __init__(self, project, linking=None) -> None:
        self.project, self.view, self.workspace = project, FakeView(), Workspace()
        self.verified = []
        self.refresh()
        lane = ImmediateLane(project)

        def verify(title, pairs):
            self.verified.append((title, list(pairs)))

        self.links = LinksPresenter(self.view, self.workspace, linking or lane, lane, verify, self.refresh)
        self.conflicts = ConflictsPresenter(self.view, self.workspace, lane, lane, verify, self.refresh)

    def refresh(self) -> None:
        self.workspace.snapshot.set(load_snapshot(self.project))

    def __getitem__(self, key):
        return self.view.shown[key]

    @property
    def n_people(self) -> int:
        return len(self.workspace.snapshot.value.persons)

    @property
    def told(self) -> str:
        return self.workspace.notice.value.text


@pytest.fixture
def project(tmp_path):
    """Three people, each once in three cameras."""
    with site(tmp_path / "case.sightline") as opened:
        yield opened


@pytest.fixture
def desk(project):
    return Desk(project)


def test_before_linking_the_page_says_what_it_does(desk):
    assert desk["message"] == NEVER
    assert not desk["head"].is_ready


def test_proposals_are_shown_and_nothing_is_applied(desk, project):
    desk.links.link()
    head = desk["head"]
    assert len(desk["proposals"]) == head.n_shown == 3
    assert desk["message"] == ""
    assert "3 people instead of 0" in head.preview
    assert head.scale == "Similarity"
    assert head.note.startswith("No probability yet")
    assert desk["proposals"][0].title.startswith("3 tracklets in ")
    assert project.log_head()[0] == CLOCKS
    assert desk.n_people == 0


def test_the_slider_previews_and_shows_what_is_at_its_threshold(desk):
    desk.links.link()
    desk.links.slide(1000)
    highest = desk["head"]
    desk.links.slide(0)
    lowest = desk["head"]
    assert highest.n_shown <= lowest.n_shown
    assert len(desk["proposals"]) == lowest.n_shown
    assert (highest.place, lowest.place) == (1000, 0)


def test_the_slider_and_the_threshold_are_each_others_inverse(project):
    plan = plan_links(project)
    for place in (0, 137, 500, 1000):
        assert place_of(plan, threshold_at(plan, place)) == place


def test_accepting_all_is_one_undo_step(desk, project):
    desk.links.link()
    desk.links.accept_all()
    assert desk.n_people == 3
    assert project.log_head()[0] == CLOCKS + 1
    assert "3 proposals accepted" in desk.told
    assert desk["message"] == NONE_LEFT
    project.undo()
    desk.refresh()
    assert desk.n_people == 0
    assert desk["head"].is_stale
    assert desk["head"].note == "Something was decided since. Link again."
    desk.links.link()
    assert len(desk["proposals"]) == 3
    assert not desk["head"].is_stale


def test_one_proposal_is_accepted_or_rejected(desk, project):
    desk.links.link()
    first, second = desk["proposals"][0].key, desk["proposals"][1].key
    desk.links.select(first)
    desk.links.accept()
    assert desk.n_people == 1
    assert first not in [row.key for row in desk["proposals"]]
    desk.links.select(second)
    desk.links.reject()
    verdicts = [judgement.verdict for judgement in project.judgements()[0]]
    assert verdicts[-1] is Verdict.DIFFERENT
    assert second not in [row.key for row in desk["proposals"]]


def test_proposals_are_verified_pair_by_pair(desk):
    desk.links.link()
    desk.links.verify()
    desk.links.verify_all()
    (title, one), (_, every) = desk.verified
    assert title == "Link proposals"
    assert (len(one), len(every)) == (2, 6)
    assert one[0].note.startswith("similarity")
    assert one == every[:2]


def test_links_that_newer_decisions_contradict_are_refused_in_a_sentence(desk, project):
    desk.links.link()
    project.decide("c1s1t1", "c3s1t1", Verdict.DIFFERENT)
    desk.links.accept_all()
    assert "Link again" in desk.told
    assert desk.n_people == 0


def test_linking_can_be_stopped_and_a_late_answer_is_dropped(project):
    lane = HeldLane(project)
    desk = Desk(project, lane)
    desk.links.link()
    assert desk["head"].is_running
    assert not desk.links.is_settled
    desk.links.link()
    assert not desk["head"].is_running
    lane.release()
    assert desk["message"] == NEVER
    assert desk.links.is_settled


def test_a_project_that_cannot_be_linked_says_why(desk, monkeypatch):
    def fail(*_, **__):
        raise ReidError("The project holds no vectors.")

    monkeypatch.setattr("reid_core.pipeline.link.plan_links", fail)
    desk.links.link()
    assert desk.told == "The project holds no vectors."
    assert not desk["head"].is_running


def test_another_project_forgets_the_plan(desk):
    desk.links.link()
    desk.workspace.snapshot.set(None)
    assert desk["proposals"] == ()
    assert desk["message"] == NEVER


# --- contradictions


@pytest.fixture
def torn(desk, project):
    """A chain of two decisions that a third contradicts."""
    project.decide("c1s1t1", "c2s1t1", Verdict.SAME)
    project.decide("c2s1t1", "c3s1t2", Verdict.SAME)
    project.decide("c1s1t1", "c3s1t2", Verdict.DIFFERENT)
    desk.refresh()
    return desk


def test_a_contradiction_is_shown_with_its_chain_and_the_weakest_decision(torn):
    shown = torn["conflict"]
    assert shown.count == "Contradiction 1 of 1"
    assert shown.title == "Person 1 is two people by other decisions"
    assert "T-1.1 and T-3.2 were decided to be different" in shown.sentence
    assert [step.words for step in shown.steps] == ["T-1.1 is T-2.1", "T-2.1 is T-3.2", "T-1.1 is not T-3.2"]
    assert [step.is_weakest for step in shown.steps] == [False, True, False]
    assert shown.ways == tuple(f"Withdraw decision {CLOCKS + n}" for n in (2, 1, 3))
    assert shown.pair == ("c1s1t1", "c3s1t2")


def test_the_way_out_solves_it_and_undo_brings_it_back(torn, project):
    torn.conflicts.solve(0)
    assert torn["conflict"] is None
    assert torn.workspace.snapshot.value.person_of("c3s1t2") is None
    project.undo()
    torn.refresh()
    assert torn["conflict"] is not None


def test_all_of_it_can_be_let_stand_for_a_reason(torn, project):
    assert (torn["conflict"].can_keep, torn["conflict"].reason) == (True, "")
    torn.conflicts.keep("a mirror")
    assert (torn["conflict"].can_keep, torn["conflict"].reason) == (False, "a mirror")
    assert torn["conflict"].steps[2].by.endswith("Kept although it contradicts: a mirror")
    assert len(torn["conflict"].ways) == 3


def test_contradictions_are_gone_through_found_by_person_and_compared(torn, project):
    project.decide("c1s1t3", "c2s1t3", Verdict.SAME)
    project.decide("c2s1t3", "c3s1t3", Verdict.SAME)
    project.decide("c1s1t3", "c3s1t3", Verdict.DIFFERENT)
    torn.refresh()
    assert torn["conflict"].has_more
    torn.conflicts.step(1)
    assert torn["conflict"].count == "Contradiction 2 of 2"
    torn.conflicts.step(1)
    assert torn["conflict"].count == "Contradiction 1 of 2"
    second = torn.workspace.snapshot.value.persons[1].id
    torn.conflicts.look_at(second)
    assert torn["conflict"].count == "Contradiction 2 of 2"
    torn.conflicts.compare()
    ((title, (pair,)),) = torn.verified
    assert (title, {pair.left, pair.right}) == ("Contradiction", {"c1s1t3", "c3s1t3"})


# --- travel times


def cameras(desk) -> list[tuple[str, str]]:
    return [(row.a, row.b) for row in desk["travel"]]


def test_every_pair_of_cameras_has_a_row_and_can_be_typed_into(desk, project):
    pairs = cameras(desk)
    assert len(pairs) == 3
    assert {row.source for row in desk["travel"]} == {"unknown"}
    a, b = pairs[0]
    desk.conflicts.set_time(a, b, "least", "0:20")
    desk.conflicts.set_time(a, b, "most", "90 s")
    desk.conflicts.set_overlapping(*pairs[1], True)
    first, second, third = desk["travel"]
    assert (first.least, first.typical, first.most, first.source) == ("0:20", "", "1:30", "set by hand")
    assert (second.overlapping, third.source) == (True, "unknown")
    assert travel_table(project).between(a, b).max_ms == 90_000
    assert project.log_head()[0] == CLOCKS + 3
    project.undo()
    desk.refresh()
    assert not desk["travel"][1].overlapping


@pytest.mark.parametrize("text", ["soon", "-3", "1:75", "1:2:3:4", "nan"])
def test_what_is_no_time_is_refused_in_a_sentence(desk, text):
    a, b = cameras(desk)[0]
    desk.conflicts.set_time(a, b, "least", text)
    assert "is no time" in desk.told
    assert desk["travel"][0].source == "unknown"


def test_times_must_rise(desk):
    a, b = cameras(desk)[0]
    desk.conflicts.set_time(a, b, "least", "60")
    desk.conflicts.set_time(a, b, "most", "30")
    assert desk.told.startswith("Travel times must rise")
    assert desk["travel"][0].most == ""


def test_a_pair_can_become_unknown_again(desk, project):
    a, b = cameras(desk)[0]
    desk.conflicts.forget_times(a, b)
    assert project.log_head()[0] == CLOCKS
    desk.conflicts.set_overlapping(a, b, True)
    desk.conflicts.forget_times(a, b)
    assert desk["travel"][0].source == "unknown"


def test_times_are_learnt_from_people_and_hand_set_ones_stay(desk, project):
    desk.conflicts.learn()
    assert desk.told.startswith("Nothing new to learn")
    desk.links.link()
    desk.links.accept_all()
    a, b = cameras(desk)[0]
    set_travel(project, TravelTable([TravelWindow(a, b, min_ms=1.0)]))
    desk.refresh()
    desk.conflicts.learn()
    assert desk["travel"][0].source == "set by hand"
    assert any(row.source.startswith("learnt from") for row in desk["travel"])


def test_sentences_use_the_names_of_the_screen(torn):
    snapshot = torn.workspace.snapshot.value
    person = snapshot.persons[0]
    assert named(f"adds to {person.id}: c1s1t7, c2s3t12", snapshot) == "adds to Person 1: T-1.7, T-2.3.12"
    assert named("P99 stays", Snapshot("", "")) == "P99 stays"


@pytest.mark.parametrize(
    ("text", "t_ms"), [("20", 20_000.0), ("1:05:00", 3_900_000.0), ("4.5 s", 4500.0), ("", None), ("–", None)]
)
def test_times_are_read_as_they_are_typed(text, t_ms):
    assert read_time(text) == t_ms
    with pytest.raises(UsageError):
        read_time("x" + text)
