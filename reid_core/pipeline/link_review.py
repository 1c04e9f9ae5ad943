"""Contradictions as people see them: what cannot be, the chain of decisions behind it, and the ways out."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum

import numpy as np

from reid_core.errors import UsageError
from reid_core.linking.identities import Conflict, ConflictKind, Decision
from reid_core.pipeline.identities import identities
from reid_core.pipeline.link import space_of
from reid_core.pipeline.wording import clock_text
from reid_core.store.decisions import Judgement
from reid_core.store.events import Decided, Event, LinksAccepted, Regrouped
from reid_core.store.project import Project
from reid_core.types import FloatArray, Verdict

KEPT = "Kept although it contradicts: "
"""What the note of a decision begins with that is kept in spite of a contradiction; the reason follows."""


@dataclass(frozen=True, slots=True)
class Step:
    """One decision of a chain.

    Attributes:
        number: Its place among all verdicts ever recorded.
        event: The event that recorded it.
        a: One node.
        b: The other.
        verdict: same, or different for the one that is contradicted.
        similarity: Of the two tracklets, or None where one has no vector.
        probability: Of an accepted link, if it had one.
        actor: Who decided.
        at_utc: When.
        n_beside: Other verdicts that the same event recorded.
        note: Why, in the person's words; may be empty.
    """

    number: int
    event: int
    a: str
    b: str
    verdict: Verdict
    similarity: float | None
    probability: float | None
    actor: str
    at_utc: str
    n_beside: int
    note: str = ""


class Way(StrEnum):
    """How a contradiction is solved."""

    WITHDRAW = "withdraw"
    """The event is taken back."""
    PART = "part"
    """One pair of an event that recorded several becomes undecided; its others stay."""


@dataclass(frozen=True, slots=True)
class WayOut:
    """One way to solve a contradiction; `take_way_out` goes it.

    Attributes:
        way: How.
        event: The event that it is about.
        a: One node of the pair.
        b: The other.
        text: What a button says.
    """

    way: Way
    event: int
    a: str
    b: str
    text: str


@dataclass(frozen=True, slots=True)
class Contradiction:
    """Decisions that cannot all be right.

    Attributes:
        conflict: What is impossible.
        sentence: The same in words.
        identity: The identity that is concerned, or an empty string.
        steps: The fewest "same" decisions that lead from one side to the other, in that order.
        against: The "different" that they contradict; None when it is the place and time that do.
        weakest: The step of the least similarity, or None when nothing is known of it.
        ways: Ways out, the one that gives up least first: the weakest step, the others, the "different".
        bearer: The decision that a reason to keep all of it is written to: the "different", else the weakest
            step; None where none is about two tracklets.
        reason: Why all of it was kept nevertheless (`keep`), or an empty string.
    """

    conflict: Conflict
    sentence: str
    identity: str
    steps: tuple[Step, ...]
    against: Step | None
    weakest: int | None
    ways: tuple[WayOut, ...]
    bearer: Step | None = None
    reason: str = ""


def contradictions(project: Project, space_key: str | None = None) -> tuple[Contradiction, ...]:
    """Every contradiction between the decisions that hold now, those that were kept with a reason last.

    Args:
        project: An open project.
        space_key: The space whose similarities tell the weakest step; None for the one that is searched.
    """
    with project.reading():
        known = identities(project)
        if not known.conflicts:
            return ()
        judgements, _ = project.judgements()
        vectors: dict[str, FloatArray] = {}
        if project.spaces():
            ids, matrix = project.descriptors(space_of(project, space_key).key)
            wanted = {node for c in known.conflicts for d in _decisions(c) for node in (d.a, d.b)}
            vectors = {
                name: np.asarray(matrix[row], np.float32) for row, name in enumerate(ids) if name in wanted
            }
    by_number = {judgement.number: judgement for judgement in judgements}
    found = []
    for conflict in known.conflicts:
        steps = tuple(_step(by_number[d.number], vectors) for d in conflict.chain)
        against = None if conflict.decision is None else _step(by_number[conflict.decision.number], vectors)
        identity = known.of(conflict.a)
        weakest = _weakest(steps)
        found.append(
            Contradiction(
                conflict,
                _sentence(conflict),
                "" if identity is None else identity.id,
                steps,
                against,
                weakest,
                _ways(steps, against, weakest),
                _bearer(steps, against, weakest),
                _reason(steps, against),
            )
        )
    return tuple(sorted(found, key=lambda one: bool(one.reason)))


def take_way_out(project: Project, way: WayOut, *, actor: str = "") -> Event:
    """Solve a contradiction: one undoable action.

    Raises:
        UsageError: The event does not hold any more.
    """
    if way.way is Way.WITHDRAW:
        return project.withdraw(way.event, actor=actor, reason=f"{way.a} and {way.b} contradict")
    return project.decide(
        way.a, way.b, Verdict.UNSURE, actor=actor, note=f"taken out of event {way.event}: it contradicts"
    )


def keep(project: Project, contradiction: Contradiction, reason: str, *, actor: str = "") -> Event:
    """Let a contradiction stand, for a reason: one of its decisions is taken once more, with a note.

    Linking still leaves out whoever is torn by a "different".

    Raises:
        UsageError: There is no reason, or no decision between two tracklets that could bear it.
    """
    step = contradiction.bearer
    if not reason.strip():
        raise UsageError("Say why both are right.")
    if step is None:
        raise UsageError("None of these decisions is about two tracklets, so none can bear a reason.")
    return project.decide(step.a, step.b, step.verdict, actor=actor, note=KEPT + reason.strip())


def _bearer(steps: Sequence[Step], against: Step | None, weakest: int | None) -> Step | None:
    first = [] if weakest is None else [steps[weakest]]
    every = [*first, *steps] if against is None else [against, *first, *steps]
    return next((step for step in every if step.a != step.b and _is_plain(step)), None)


def _is_plain(step: Step) -> bool:
    return not any(node.startswith(("image:", "lost:")) for node in (step.a, step.b))


def _reason(steps: Sequence[Step], against: Step | None) -> str:
    every = steps if against is None else (*steps, against)
    notes = [step.note.removeprefix(KEPT) for step in every if step.note.startswith(KEPT)]
    return notes[0] if notes else ""


def _decisions(conflict: Conflict) -> tuple[Decision, ...]:
    return conflict.chain if conflict.decision is None else (*conflict.chain, conflict.decision)


def _step(judgement: Judgement, vectors: Mapping[str, FloatArray]) -> Step:
    a, b = vectors.get(judgement.a), vectors.get(judgement.b)
    event = judgement.event
    n_recorded = 1
    if isinstance(event.payload, LinksAccepted):
        n_recorded = len(event.payload.links)
    elif isinstance(event.payload, Regrouped):
        n_recorded = len(event.payload.decisions) + len(event.payload.names)
    return Step(
        number=judgement.number,
        event=event.id,
        a=judgement.a,
        b=judgement.b,
        verdict=judgement.verdict,
        similarity=None if a is None or b is None else float(a @ b),
        probability=judgement.probability,
        actor=event.actor,
        at_utc=event.at_utc,
        n_beside=n_recorded - 1,
        note=event.payload.note if isinstance(event.payload, Decided) else "",
    )


def _weakest(steps: Sequence[Step]) -> int | None:
    known = [(step.similarity, row) for row, step in enumerate(steps) if step.similarity is not None]
    return min(known)[1] if known else None


def _ways(steps: Sequence[Step], against: Step | None, weakest: int | None) -> tuple[WayOut, ...]:
    rows = sorted(range(len(steps)), key=lambda row: (row != weakest, row))
    ordered = [steps[row] for row in rows] + ([] if against is None else [against])
    return tuple(_way_out(step) for step in ordered)


def _way_out(step: Step) -> WayOut:
    if step.n_beside and step.a != step.b:
        text = f"Take back {step.a} and {step.b} alone, of {step.n_beside + 1} in decision {step.event}"
        return WayOut(Way.PART, step.event, step.a, step.b, text)
    return WayOut(Way.WITHDRAW, step.event, step.a, step.b, f"Withdraw decision {step.event}")


def _sentence(conflict: Conflict) -> str:
    match conflict.kind:
        case ConflictKind.OVERLAP:
            span = f"{clock_text(conflict.from_ms)} to {clock_text(conflict.to_ms)}"
            return (
                f"{conflict.a} and {conflict.b} are both in {conflict.camera} from {span}. "
                "One person cannot be in one camera twice."
            )
        case ConflictKind.ITSELF:
            return f"{conflict.a} was decided to be different from what is now the same tracklet."
        case ConflictKind.DIFFERENT:
            return (
                f"{conflict.a} and {conflict.b} were decided to be different people, "
                "but other decisions make them one."
            )
