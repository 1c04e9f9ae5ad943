import numpy as np
import pytest

from reid_core.linking.calibration import LEAST_PAIRS
from reid_core.linking.plan import DEFAULT_PROBABILITY, Scale
from reid_core.linking.travel import TravelTable, TravelWindow
from tests.unit.reid_core.linking.sites import DIFFERENT, SAME, UNSURE, planned, span, vectors_of

WINDOW = TravelTable([TravelWindow("gate", "hall", 5_000, 20_000, 90_000)])
PEOPLE = (0, 1, 2)
SITE = [
    span(f"{camera}{who}", camera, at, at + 10)
    for camera, at in (("gate", 0), ("hall", 30), ("yard", 60))
    for who in PEOPLE
]
VECTORS = vectors_of([0, 1, 2] * 3)


def groups(plan, threshold=None) -> list[set[str]]:
    return [set(proposal.tracklets) for proposal in plan.proposals(threshold)]


def test_each_person_is_proposed_across_the_cameras():
    plan = planned(SITE, VECTORS)
    assert sorted(map(sorted, groups(plan))) == [
        [f"{c}{who}" for c in ("gate", "hall", "yard")] for who in PEOPLE
    ]
    for proposal in plan.proposals():
        assert proposal.cameras == ("gate", "hall", "yard")
        assert proposal.probability is None
        assert proposal.identities == ()
        assert len(proposal.links) == 2
        assert 0.6 < proposal.similarity < 0.8
        assert proposal.reasons[0].endswith("two different people here: 0.00")
    assert plan.scale is Scale.SIMILARITY
    assert (plan.before.n_identities, plan.before.n_unassigned) == (0, 9)
    then = plan.preview()
    assert (then.n_identities, then.n_proposals, then.n_links, then.n_unassigned) == (3, 3, 6, 0)
    assert plan.preview(0.99).n_proposals == 0
    assert plan.proposals(0.99) == ()


def test_a_lower_threshold_never_proposes_fewer_links():
    plan = planned(SITE, VECTORS)
    links = [plan.preview(threshold).n_links for threshold in plan.thresholds]
    assert links == sorted(links)
    assert list(plan.thresholds) == sorted(plan.thresholds, reverse=True)


def test_decisions_are_honoured():
    verdicts = [("gate0", "hall1", SAME), ("gate1", "hall0", DIFFERENT), ("gate2", "hall2", UNSURE)]
    plan = planned(SITE, VECTORS, verdicts)
    for found in groups(plan, plan.strangers):
        assert ("gate0" in found) == ("hall1" in found)
        assert not {"gate1", "hall0"} <= found
    two = next(p for p in plan.proposals() if {"gate2", "hall2"} <= set(p.tracklets))
    link = next(link for link in two.links if {"gate2", "hall2"} <= {link.a, link.b})
    assert f"somebody was unsure about {link.a} and {link.b}" in two.reasons
    assert plan.before.n_identities == 1


def test_a_proposal_says_which_identities_it_joins_and_records_no_decided_pair_again():
    plan = planned(SITE, VECTORS, [("gate0", "hall0", SAME)])
    joined = next(p for p in plan.proposals() if "yard0" in p.tracklets)
    assert joined.identities == ("P1",)
    assert "adds to P1" in joined.reasons
    assert [{link.a, link.b} for link in joined.links] in ([{"gate0", "yard0"}], [{"hall0", "yard0"}])


def test_two_identities_are_joined_by_one_link():
    site = [*SITE, span("roof0", "roof", 90, 95)]
    vectors = vectors_of([0, 1, 2] * 3 + [0])
    plan = planned(site, vectors, [("gate0", "hall0", SAME), ("yard0", "roof0", SAME)])
    joined = next(p for p in plan.proposals() if "yard0" in p.tracklets)
    assert joined.identities == ("P1", "P2")
    assert "joins P1 and P2" in joined.reasons
    assert len(joined.links) == 1
    assert plan.preview().n_identities == 3
    assert plan.before.n_identities == 2


def test_an_identity_that_contradicts_itself_is_left_out_until_that_is_solved():
    verdicts = [("gate0", "hall0", SAME), ("hall0", "yard0", SAME), ("gate0", "yard0", DIFFERENT)]
    plan = planned(SITE, VECTORS, verdicts)
    assert plan.n_left_out == 1
    assert not any({"gate0", "hall0", "yard0"} & found for found in groups(plan, plan.strangers))
    assert plan.before.n_identities == 1
    assert plan.preview().n_identities == 3


def test_a_tracklet_without_a_vector_is_not_linked_but_its_identity_still_excludes():
    site = [span("a", "gate", 0, 10), span("b", "hall", 30, 40), span("c", "gate", 5, 15)]
    vectors = vectors_of([0, 0, 0])
    plan = planned(site, vectors, [("b", "c", SAME)], undescribed=["c"])
    assert plan.n_undescribed == 1
    assert plan.proposals(0.0) == ()  # a and c are in the gate at once, and b is c
    assert planned(site, vectors, undescribed=["c"]).proposals(0.0)[0].tracklets == ("a", "b")
    assert planned(site, vectors, undescribed=["c"]).preview(0.0).n_unassigned == 1


def test_who_would_come_too_late_is_cut_off_but_not_what_people_decided():
    site = [span("a", "gate", 0, 10), span("b", "hall", 30, 40), span("c", "gate", 300, 310)]
    vectors = vectors_of([0, 0, 0], noise=0.1)
    assert groups(planned(site, vectors, table=WINDOW), 0.0) == [{"a", "b"}]
    assert planned(site, vectors, table=WINDOW).preview(0.0).n_unassigned == 1
    assert groups(planned(site, vectors), 0.0) == [{"a", "b", "c"}]
    decided = planned(site, vectors, [("b", "c", SAME)], WINDOW)
    assert groups(decided, 0.0) == [{"a", "b", "c"}]


def test_the_crossing_is_a_reason():
    site = [span("a", "gate", 0, 10), span("b", "hall", 52, 60)]
    proposal = planned(site, vectors_of([0, 0]), table=WINDOW).proposals(0.0)[0]
    assert "gate to hall in 0:42, typical 0:20" in proposal.reasons
    overlapping = TravelTable([TravelWindow("gate", "hall", overlapping=True)])
    site = [span("a", "gate", 0, 10), span("b", "hall", 5, 60)]
    proposal = planned(site, vectors_of([0, 0]), table=overlapping).proposals(0.0)[0]
    assert "gate and hall at the same time, their views overlap" in proposal.reasons


def test_enough_decisions_turn_the_scale_to_probability():
    n = 12
    site = [span(f"{c}{who}", c, 20 * at, 20 * at + 10) for at, c in enumerate("abcd") for who in range(n)]
    vectors = vectors_of(list(range(n)) * 4, noise=0.4)
    verdicts = [(f"a{who}", f"b{who}", SAME) for who in range(n)]
    verdicts += [(f"a{who}", f"b{(who + k) % n}", DIFFERENT) for k in (1, 2) for who in range(n)]
    assert len(verdicts) >= LEAST_PAIRS
    plan = planned(site, vectors, verdicts)
    assert plan.scale is Scale.PROBABILITY
    assert plan.default_threshold == DEFAULT_PROBABILITY
    assert plan.calibration.n_pairs == plan.n_decided == len(verdicts)
    proposals = plan.proposals()
    assert sorted(map(len, groups(plan))) == [4] * n
    for proposal in proposals:
        assert 0.8 <= proposal.probability <= 1
        assert all(0.8 <= link.probability <= 1 for link in proposal.links)
        assert f"probability from {len(verdicts)} decided pairs" in proposal.reasons
    assert all(0 <= threshold <= 1 for threshold in plan.thresholds)
    few = planned(site, vectors, verdicts[: LEAST_PAIRS - 1])
    assert (few.scale, few.n_decided) == (Scale.SIMILARITY, LEAST_PAIRS - 1)


@pytest.mark.parametrize("n", [0, 1])
def test_nothing_to_link_is_no_error(n):
    plan = planned(SITE[:n], np.zeros((n, 64), np.float32) if not n else VECTORS[:1])
    assert plan.proposals() == ()
    assert plan.thresholds == ()
    assert plan.preview().n_unassigned == n
