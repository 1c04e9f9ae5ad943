"""Rank lists as data: a query, and what one model or two found for it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any


@dataclass(frozen=True, slots=True)
class RankedPicture:
    """A place of a rank list.

    Attributes:
        file: Picture, relative to the result's folder.
        is_same: It is the same person.
        similarity: -1..1.
    """

    file: str
    is_same: bool
    similarity: float


@dataclass(frozen=True, slots=True)
class RankedQuery:
    """A query with one rank list a model.

    Attributes:
        title: Whose picture it is: ``Camera 1, person 7``.
        name: Its file's name.
        file: Its picture, relative to the result's folder.
        ap: Average precision by model.
        lists: Best first, by model.
    """

    title: str
    name: str
    file: str
    ap: tuple[float, ...]
    lists: tuple[tuple[RankedPicture, ...], ...]

    @property
    def words(self) -> str:
        """For those who cannot see it."""
        parts = [
            f"average precision {ap:.2f}, first {len(ranks)} places: "
            + ", ".join("same" if entry.is_same else "different" for entry in ranks)
            for ap, ranks in zip(self.ap, self.lists, strict=True)
        ]
        return f"{self.title}: " + "; ".join(parts)


def ranked_queries(found: Mapping[str, Any]) -> tuple[RankedQuery, ...]:
    """The rank lists of an ``inspection.json``.

    Raises:
        KeyError: Something is missing there.
        TypeError: Something is of another kind.
        ValueError: A number is none.
    """
    return tuple(
        RankedQuery(
            title=f"Camera {int(query['camid'])}, person {int(query['pid'])}",
            name=str(query["name"]),
            file=str(query["picture"]),
            ap=tuple(float(value) for value in query["ap"]),
            lists=tuple(
                tuple(
                    RankedPicture(str(e["picture"]), bool(e["is_same"]), float(e["similarity"]))
                    for e in ranks
                )
                for ranks in query["ranks"]
            ),
        )
        for query in found["queries"]
    )
