"""Link plans, contradictions and travel times in words. Without Qt."""

from __future__ import annotations

import re
from collections.abc import Sequence
from itertools import combinations
from typing import TYPE_CHECKING

from app.snapshot import Snapshot, short_name
from app.views.links import ConflictShown, ProposalRow, StepRow, TravelRow
from app.views.verify import Pair
from app.wording import clock_label, count_label, similarity_label
from reid_core.errors import UsageError
from reid_core.linking.calibration import LEAST_PAIRS
from reid_core.linking.identities import ConflictKind
from reid_core.linking.plan import LinkPlan, Preview, Proposal, Scale
from reid_core.linking.travel import TravelWindow, short_time
from reid_core.types import Verdict

if TYPE_CHECKING:
    from reid_core.pipeline.link_review import Contradiction, Step

STEPS = 1000
"""Places of the threshold's slider."""
MAX_CROPS = 6
_IDS = re.compile(r"\bc\d+s\d+[te]\d+\b|\bP\d+\b")


def named(text: str, snapshot: Snapshot) -> str:
    """A core's sentence as the screen says it: tracklets and people by the names that the screen uses.

    >>> named("c1s1t7 and c2s1t3", Snapshot("", ""))
    'T-1.7 and T-2.3'
    """
    names = {person.id: person.name for person in snapshot.persons}

    def replaced(found: re.Match[str]) -> str:
        word = found.group()
        return names.get(word, word) if word.startswith("P") else short_name(word)

    return _IDS.sub(replaced, text)


def ends_of(plan: LinkPlan) -> tuple[float, float]:
    """Lowest and highest threshold that the slider can choose."""
    known = [*plan.thresholds, plan.default_threshold]
    return min(known), max(known)


def threshold_at(plan: LinkPlan, place: int) -> float:
    """The threshold at a place of the slider."""
    low, high = ends_of(plan)
    return low + (high - low) * min(max(place, 0), STEPS) / STEPS


def place_of(plan: LinkPlan, threshold: float) -> int:
    """Where the slider stands for a threshold."""
    low, high = ends_of(plan)
    return round((threshold - low) / (high - low) * STEPS) if high > low else STEPS


def preview_text(preview: Preview, before: Preview) -> str:
    """What accepting everything at a threshold would leave."""
    if not preview.n_links:
        return "Nothing would be linked at this threshold."
    people = count_label(preview.n_identities, "person", "people")
    return (
        f"At {similarity_label(preview.threshold)}: {people} instead of {before.n_identities:,}, "
        f"{count_label(preview.n_unassigned, 'tracklet')} unassigned instead of {before.n_unassigned:,}. "
        "Nothing is applied until you accept it."
    )


def note_text(plan: LinkPlan) -> str:
    """What else is to be known about a plan; may be empty."""
    parts = []
    if plan.scale is Scale.SIMILARITY:
        decided = count_label(plan.n_decided, "decided pair")
        parts.append(f"No probability yet: {decided}, {LEAST_PAIRS} needed.")
    if plan.n_undescribed:
        parts.append(f"{count_label(plan.n_undescribed, 'tracklet has', 'tracklets have')} no vector.")
    if plan.n_left_out:
        people = count_label(plan.n_left_out, "person contradicts itself", "people contradict themselves")
        parts.append(f"{people} and took no part.")
    return " ".join(parts)


def proposal_rows(proposals: Sequence[Proposal], snapshot: Snapshot) -> tuple[ProposalRow, ...]:
    """Proposals as rows."""
    number_of = {person.id: person.number for person in snapshot.persons}
    return tuple(
        ProposalRow(
            key=proposal.tracklets,
            groups=proposal.tracklets[:MAX_CROPS],
            numbers=tuple(number_of[name] for name in proposal.identities if name in number_of),
            title=f"{count_label(len(proposal.tracklets), 'tracklet')} in {', '.join(proposal.cameras)}",
            names=", ".join(short_name(name) for name in proposal.tracklets),
            likeness=proposal.similarity,
            probability="" if proposal.probability is None else f"p {proposal.probability:.2f}",
            reasons=named("; ".join(proposal.reasons), snapshot),
        )
        for proposal in proposals
    )


def pairs_of(proposals: Sequence[Proposal], snapshot: Snapshot) -> tuple[Pair, ...]:
    """The new pairs of proposals, to be compared one by one."""
    return tuple(
        Pair(
            link.a,
            link.b,
            link.similarity,
            link.probability,
            named("; ".join(proposal.reasons), snapshot),
        )
        for proposal in proposals
        for link in proposal.links
    )


def conflict_shown(found: Sequence[Contradiction], at: int, snapshot: Snapshot) -> ConflictShown | None:
    """One of the contradictions as the page shows it."""
    if not found:
        return None
    one = found[at]
    steps = [_step(step, row == one.weakest, snapshot) for row, step in enumerate(one.steps)]
    if one.against is not None:
        steps.append(_step(one.against, False, snapshot))
    person = next((person.name for person in snapshot.persons if person.id == one.identity), "A person")
    title = {
        ConflictKind.OVERLAP: f"{person} is in {one.conflict.camera} twice at the same time",
        ConflictKind.DIFFERENT: f"{person} is two people by other decisions",
        ConflictKind.ITSELF: f"{person} differs from itself",
    }[one.conflict.kind]
    sentence = named(one.sentence, snapshot)
    if one.conflict.kind is ConflictKind.OVERLAP:
        a, b = short_name(one.conflict.a), short_name(one.conflict.b)
        span = f"{clock_label(one.conflict.from_ms)} to {clock_label(one.conflict.to_ms)}"
        sentence = f"{a} and {b} are both in {one.conflict.camera} from {span}. One person cannot be twice."
    sides = (one.conflict.a, one.conflict.b)
    known = snapshot.tracklets.row_of
    return ConflictShown(
        count=f"Contradiction {at + 1} of {len(found)}",
        title=title,
        sentence=sentence,
        steps=tuple(steps),
        ways=tuple(named(way.text, snapshot) for way in one.ways),
        has_more=len(found) > 1,
        pair=sides if all(side in known for side in sides) and sides[0] != sides[1] else (),
        can_keep=not one.reason and one.bearer is not None,
        reason=one.reason,
    )


def _step(step: Step, is_weakest: bool, snapshot: Snapshot) -> StepRow:
    known = snapshot.tracklets.row_of
    a, b = (short_name(node) if node in known else _other(node) for node in (step.a, step.b))
    is_same = step.verdict is Verdict.SAME
    beside = f", with {step.n_beside} more" if step.n_beside else ""
    note = f". {named(step.note, snapshot)}" if step.note else ""
    return StepRow(
        a=step.a if step.a in known else "",
        b=step.b if step.b in known else "",
        title=f"Decision {step.event}{beside}",
        words=f"{a} {'is' if is_same else 'is not'} {b}",
        similarity="" if step.similarity is None else similarity_label(step.similarity),
        by=f"{step.actor}, {step.at_utc[:16].replace('T', ' ')} UTC{note}",
        is_weakest=is_weakest,
        is_against=not is_same,
    )


def _other(node: str) -> str:
    return "a picture" if node.startswith("image:") else "a lost place"


def travel_rows(snapshot: Snapshot) -> tuple[TravelRow, ...]:
    """Every pair of cameras, with what is known of it."""
    names = [camera.name for camera in snapshot.cameras]
    return tuple(_travel(a, b, snapshot.travel.between(a, b)) for a, b in combinations(names, 2))


def _travel(a: str, b: str, window: TravelWindow | None) -> TravelRow:
    if window is None:
        return TravelRow(a, b)
    times = (window.min_ms, window.typical_ms, window.max_ms)
    least, typical, most = ("" if t_ms is None else short_time(t_ms) for t_ms in times)
    source = f"learnt from {window.n_learnt}" if window.n_learnt else "set by hand"
    return TravelRow(a, b, least, typical, most, window.overlapping, source)


def read_time(text: str) -> float | None:
    """Milliseconds of a travel time as it is typed; None where nothing is.

    >>> read_time("0:20"), read_time("1:05:00"), read_time("4.5"), read_time("90 s"), read_time(" ")
    (20000.0, 3900000.0, 4500.0, 90000.0, None)

    Raises:
        UsageError: It is no time.
    """
    words = text.strip().removesuffix("s").strip()
    if not words or words == "–":
        return None
    try:
        parts = [float(part) for part in words.split(":")]
    except ValueError:
        parts = []
    is_good = 1 <= len(parts) <= 3 and all(0 <= part < 1e6 for part in parts)
    if not is_good or any(part >= 60 for part in parts[1:]):
        raise UsageError(f"“{text.strip()}” is no time. Write seconds, 0:20 or 1:05:00.")
    seconds = 0.0
    for part in parts:
        seconds = seconds * 60 + part
    return seconds * 1000
