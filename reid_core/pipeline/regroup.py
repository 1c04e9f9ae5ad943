"""Correcting who is who: split, take out, move and merge, each one action in the log and one undo step."""

from __future__ import annotations

from collections.abc import Collection, Sequence

from reid_core.errors import UsageError
from reid_core.linking.identities import Decision, Identity
from reid_core.linking.regroup import Cut, cut_out
from reid_core.pipeline.identities import identities
from reid_core.store.decisions import Judgement
from reid_core.store.events import Event, IdentityNamed, Place
from reid_core.store.project import Project
from reid_core.types import Verdict

NEW_NAME = "New person"
"""What a person is called who consists of one tracklet: without a name there would be nobody."""


def split(project: Project, tracklet_ids: Sequence[str], *, actor: str = "") -> Event:
    """Let tracklets of one identity (or of none) be a person of their own.

    Raises:
        UsageError: They belong to several identities, or they are all that the identity has.
    """
    wanted = _distinct(tracklet_ids)
    identity = _common_identity(project, wanted)
    name = NEW_NAME if len(wanted) == 1 else ""
    if identity is None:
        joins = [(wanted[0], other, Verdict.SAME) for other in wanted[1:]]
        names = [IdentityNamed(project.anchor(wanted[0]), name)] if name else []
        return project.regroup(joins, names=names, what="split", actor=actor)
    desk = _Desk(project, identity, wanted)
    return project.regroup(
        desk.verdicts(), replaces=desk.ended(), names=desk.names(name), what="split", actor=actor
    )


def take_out(project: Project, tracklet_ids: Sequence[str], *, actor: str = "") -> Event:
    """Let tracklets belong to nobody: each is decided to be different from the rest of its identity.

    Raises:
        UsageError: They belong to nobody or to several identities, or nothing else would stay.
    """
    wanted = _distinct(tracklet_ids)
    identity = _common_identity(project, wanted)
    if identity is None:
        raise UsageError("These tracklets belong to nobody, so they cannot be taken out.")
    desk = _Desk(project, identity, wanted)
    return project.regroup(
        desk.verdicts(keep_taken=False),
        replaces=desk.ended(keep_taken=False),
        names=desk.names(""),
        what="take_out",
        actor=actor,
    )


def move(
    project: Project, tracklet_ids: Sequence[str], target_id: str, *, actor: str = "", note: str = ""
) -> Event:
    """Let tracklets belong to the identity that holds ``target_id``; earlier verdicts in between end.

    Raises:
        UsageError: They belong to several identities, or to the target's already.
    """
    wanted = _distinct(tracklet_ids)
    identity = _common_identity(project, wanted)
    found = identities(project)
    target = found.of(target_id)
    members = (target_id,) if target is None else target.tracklets
    if target_id in wanted or set(wanted) & set(members):
        raise UsageError("They belong to that person already.")
    verdicts: list[tuple[str | Place, str | Place, Verdict]] = []
    ended: list[int] = []
    names: list[IdentityNamed] = []
    if identity is not None and set(wanted) != set(identity.tracklets):
        desk = _Desk(project, identity, wanted)
        verdicts += desk.verdicts()
        ended += desk.ended()
        names += desk.names("")
    elif identity is None:
        verdicts += [(wanted[0], other, Verdict.SAME) for other in wanted[1:]]
    judgements, _ = project.judgements()
    ended += [
        judgement.number
        for judgement in judgements
        if judgement.verdict is not Verdict.SAME and _between(judgement, wanted, members)
    ]
    if names and target is not None and target.name:  # an emptied name would be the last one given
        names.append(IdentityNamed(project.anchor(target_id), target.name, target.color))
    verdicts.append((target_id, wanted[0], Verdict.SAME))
    return project.regroup(verdicts, replaces=ended, names=names, what="move", actor=actor, note=note)


def merge(
    project: Project, target_id: str, other_ids: Sequence[str], *, actor: str = "", note: str = ""
) -> Event:
    """Let the identities that hold these tracklets be one, called as the first was.

    Raises:
        UsageError: They are one identity already.
    """
    found = identities(project)
    target = found.of(target_id)
    members = set() if target is None else set(target.tracklets)
    others = [name for name in _distinct(other_ids) if name != target_id and name not in members]
    if not others:
        raise UsageError("They are one person already.")
    names = []
    if target is not None and target.name:
        names.append(IdentityNamed(project.anchor(target_id), target.name, target.color))
    verdicts = [(target_id, other, Verdict.SAME) for other in others]
    return project.regroup(verdicts, names=names, what="merge", actor=actor, note=note)


class _Desk:
    """What it takes to cut tracklets out of an identity."""

    def __init__(self, project: Project, identity: Identity, wanted: Sequence[str]) -> None:
        if set(wanted) >= set(identity.tracklets):
            raise UsageError("Something of the person must stay. Leave at least one tracklet.")
        self._project, self._identity = project, identity
        judgements, namings = project.judgements()
        self._namings = namings
        self._place_of: dict[str, Place] = {}
        same = []
        for judgement in judgements:
            self._place_of.setdefault(judgement.a, judgement.places[0])
            self._place_of.setdefault(judgement.b, judgement.places[1])
            if judgement.verdict is Verdict.SAME:
                same.append(
                    Decision(judgement.event.id, judgement.number, judgement.a, judgement.b, Verdict.SAME)
                )
        members = (*identity.tracklets, *identity.others)
        self._same = same
        self._cut: Cut = cut_out(same, members, _with_followers(same, members, set(wanted), identity.others))

    def verdicts(self, *, keep_taken: bool = True) -> list[tuple[str | Place, str | Place, Verdict]]:
        """Different across, then same wherever a side would fall apart; the taken side only on demand."""
        gone = set(self._cut.taken)
        taken = [node for node in self._cut.taken if node in self._identity.tracklets]
        made: list[tuple[str | Place, str | Place, Verdict]] = []
        for node in [taken[0]] if keep_taken else taken:
            stays, goes = self._pair(node)
            made.append((self._side(stays), self._side(goes), Verdict.DIFFERENT))
        for a, b in self._cut.joins:
            if keep_taken or a not in gone:
                made.append((self._side(a), self._side(b), Verdict.SAME))
        return made

    def ended(self, *, keep_taken: bool = True) -> list[int]:
        """Numbers of the verdicts that end."""
        numbers = [decision.number for decision in self._cut.across]
        if not keep_taken:
            gone = set(self._cut.taken)
            numbers += [d.number for d in self._same if d.a in gone and d.b in gone]
        return numbers

    def names(self, name: str) -> list[IdentityNamed]:
        """The identity's name stays with the rest; what goes is called as told."""
        gone, identity = set(self._cut.taken), self._identity
        anchor = self._project.anchor
        taken = next(node for node in identity.tracklets if node in gone)
        stays = next(node for node in identity.tracklets if node not in gone)
        named = [naming.node for naming in self._namings if naming.node in (*gone, *self._cut.rest)]
        unnamed = dict.fromkeys(node for node in named if node in gone and node != taken)
        made = [IdentityNamed(self._place(node), "") for node in unnamed]
        if name or any(node in gone for node in named):
            made.append(IdentityNamed(anchor(taken), name))
        if identity.name and any(node in gone for node in named):
            made.append(IdentityNamed(anchor(stays), identity.name, identity.color))
        return made

    def _pair(self, node: str) -> tuple[str, str]:
        """A member that stays, and the one that goes: as somebody joined them, if anybody did."""
        rest = set(self._cut.rest)
        for decision in self._cut.across:
            pair = (decision.a, decision.b) if decision.a in rest else (decision.b, decision.a)
            if pair[1] == node:
                return pair
        stays = next((n for n in self._identity.tracklets if n in rest), self._cut.rest[0])
        return stays, node

    def _side(self, node: str) -> str | Place:
        return node if node in self._identity.tracklets else self._place_of[node]

    def _place(self, node: str) -> Place:
        side = self._side(node)
        return self._project.anchor(side) if isinstance(side, str) else side


def _with_followers(
    same: Sequence[Decision], members: Sequence[str], taken: set[str], others: Collection[str]
) -> set[str]:
    """What goes, with the query pictures and lost places that only it is joined with."""
    inside = set(members)
    found = set(taken)
    for node in others:
        beside = {d.b if d.a == node else d.a for d in same if node in (d.a, d.b)} & inside
        if beside and beside <= taken:
            found.add(node)
    return found


def _between(judgement: Judgement, some: Collection[str], others: Collection[str]) -> bool:
    return (judgement.a in some and judgement.b in others) or (judgement.b in some and judgement.a in others)


def _distinct(names: Sequence[str]) -> list[str]:
    found = list(dict.fromkeys(names))
    if not found:
        raise UsageError("No tracklet was chosen.")
    return found


def _common_identity(project: Project, names: Sequence[str]) -> Identity | None:
    found = identities(project)
    owners = {(identity.id if identity is not None else ""): identity for identity in map(found.of, names)}
    if len(owners) > 1:
        raise UsageError("These tracklets belong to several people. Choose tracklets of one person.")
    return next(iter(owners.values()))
