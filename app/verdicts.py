"""Pairs that are compared, in words: rows, running count, evidence. Without Qt."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence

from app.lazy import Lazy
from app.result_list import query_persons
from app.snapshot import Snapshot, short_name
from app.views.verify import NOTHING, NOTHING_MORE, Fact, Pair, PairRow, VerifyHead
from app.wording import clock_label, count_label, length_label, similarity_label
from app.workspace import QueryState
from reid_core.linking.identities import Span
from reid_core.types import Verdict


def query_name(query: QueryState, snapshot: Snapshot | None) -> str:
    """Whom a search was for: the person's name, the tracklet, or the picture."""
    numbers = sorted(query_persons(query, snapshot)) if snapshot is not None else []
    if snapshot is not None and numbers:
        return snapshot.persons_by_number[numbers[0]].name
    if query.tracklets:
        more = f" and {len(query.tracklets) - 1} more" if len(query.tracklets) > 1 else ""
        return short_name(query.tracklets[0]) + more
    return query.label or "a picture"


def verdict_of(pair: Pair, snapshot: Snapshot | None) -> Verdict | None:
    """What holds between the two: decided about this pair, or by others that join them."""
    if snapshot is None:
        return None
    verdict = snapshot.verdicts.get((pair.left, pair.right))
    if verdict is not None:
        return verdict
    left, right = snapshot.person_of(pair.left), snapshot.person_of(pair.right)
    return Verdict.SAME if left is not None and left is right else None


def rows_of(
    pairs: Sequence[Pair], verdicts: Sequence[Verdict | None], snapshot: Snapshot | None
) -> Sequence[PairRow]:
    """The pairs as rows, made as they are looked at; pairs whose tracklets are gone say so."""
    return Lazy(len(pairs), lambda n: _row(n + 1, pairs[n], verdicts[n], snapshot))


def _row(place: int, pair: Pair, verdict: Verdict | None, snapshot: Snapshot | None) -> PairRow:
    span = None if snapshot is None else span_of(pair.right, snapshot)
    person = None if snapshot is None else snapshot.person_of(pair.right)
    title, detail = short_name(pair.right), "not there any more"
    if span is not None:
        title = f"{span.camera} · {title}"
        detail = f"{clock_label(span.start_ms)} · {length_label(span.end_ms - span.start_ms)}"
    return PairRow(
        place=place,
        left=pair.left if pair.left.startswith("c") else "",
        right=pair.right,
        title=title,
        number=0 if person is None else person.number,
        similarity=pair.similarity,
        probability="" if pair.probability is None else f"p {pair.probability:.2f}",
        detail=pair.note if pair.speaks_against else detail,
        is_doubtful=pair.speaks_against,
        verdict=verdict,
    )


def head_of(title: str, number: int, at: int, verdicts: Sequence[Verdict | None]) -> VerifyHead:
    """The running count."""
    n = len(verdicts)
    if not n:
        return VerifyHead(title)
    tally = Counter(verdicts)
    n_same, n_different, n_unsure = tally[Verdict.SAME], tally[Verdict.DIFFERENT], tally[Verdict.UNSURE]
    count = f"Pair {at + 1:,} of {n:,}" if at >= 0 else count_label(n, "pair")
    return VerifyHead(
        title, number, count, (n_same + n_different + n_unsure) / n, n_same, n_different, n_unsure
    )


def message_of(at: int, verdicts: Sequence[Verdict | None]) -> tuple[str, str]:
    """What stands in place of a pair, a title and a sentence; empty while there is one in hand."""
    if at >= 0:
        return "", ""
    n_pairs, n_left = len(verdicts), verdicts.count(None)
    if not n_pairs:
        return NOTHING, NOTHING_MORE
    if n_left:
        return "You are at the end", f"{count_label(n_left, 'pair is', 'pairs are')} undecided."
    what = "The pair is" if n_pairs == 1 else f"All {n_pairs:,} are"
    n_same = verdicts.count(Verdict.SAME)
    return f"{what} decided", f"{n_same:,} of {count_label(n_pairs, 'pair')} accepted."


def span_of(tracklet_id: str, snapshot: Snapshot) -> Span | None:
    """Where and when a tracklet is; None where there is no such tracklet."""
    row = snapshot.tracklets.row_of.get(tracklet_id)
    if row is None:
        return None
    tracklets = snapshot.tracklets
    camera = snapshot.cameras[int(tracklets.camera[row])].name
    return Span(tracklet_id, camera, float(tracklets.start_ms[row]), float(tracklets.end_ms[row]))


def facts_of(pair: Pair, snapshot: Snapshot, against: str) -> tuple[Fact, ...]:
    """What is known about a pair.

    Args:
        pair: The pair.
        snapshot: The project.
        against: What "same" would contradict, a sentence; empty where nothing speaks against it.
    """
    facts = []
    if pair.similarity is not None:
        facts.append(Fact("gauge", "Similarity", similarity_label(pair.similarity)))
    if pair.probability is not None:
        facts.append(Fact("scale", "Probability", f"{pair.probability:.2f}"))
    one, other = span_of(pair.left, snapshot), span_of(pair.right, snapshot)
    if one is not None and other is not None:
        facts.append(_time_fact(one, other, snapshot))
    facts.append(
        Fact("ban", "Exclusion", against, "warn")
        if against
        else Fact("ban", "Exclusion", "Nothing speaks against it")
    )
    person = snapshot.person_of(pair.right)
    if person is not None:
        who = f"{person.name}, {count_label(len(person.tracklets), 'tracklet')}"
        facts.append(Fact("users", "Candidate", who))
    if pair.note and not pair.speaks_against:
        facts.append(Fact("info", "Proposed", pair.note))
    if snapshot.spaces:
        facts.append(Fact("waypoints", "Model", snapshot.spaces[-1][1]))
    return tuple(facts)


def _time_fact(one: Span, other: Span, snapshot: Snapshot) -> Fact:
    """How the two lie in time, and whether the travel times allow it."""
    misfit = snapshot.travel.misfit(one, other)
    if misfit is not None:
        return Fact("clock", "Time", misfit.text, "warn")
    first, last = sorted((one, other), key=lambda span: span.start_ms)
    gap_ms = last.start_ms - first.end_ms
    if gap_ms < 0:
        both_ms = min(first.end_ms, last.end_ms) - last.start_ms
        return Fact("clock", "Time", f"Both at {clock_label(last.start_ms)} for {length_label(both_ms)}")
    if first.camera == last.camera:
        return Fact("clock", "Time", f"{first.camera} again after {length_label(gap_ms)}")
    return Fact("clock", "Time", f"{first.camera} to {last.camera} in {length_label(gap_ms)}")
