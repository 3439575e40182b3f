"""What a reader narrows a catalogue to, as SQL conditions with every value a parameter."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any

__all__ = ["FACETS", "Condition", "Filters", "conditions", "spoken"]

FACETS = ("genres", "micro_genres", "families", "languages", "decades")

# Scripts written without spaces: a word may begin anywhere in a run of letters.
_UNSPACED = re.compile(
    "[\u0e00-\u0eff\u1000-\u109f\u1780-\u17ff\u3040-\u30ff\u3400-\u9fff\uf900-\ufaff]"
)


@dataclass(frozen=True)
class Filters:
    """Films that meet all of these; within one tuple any value will do. None and () ask nothing.

    Attributes
    ----------
    words : every word occurs in title, overview, tagline, keywords, directors or cast; a word may
        be the beginning of one; case, accents and punctuation do not count.
    micro_genres : cluster numbers. families : family numbers or names.
    genres, languages : as the catalogue writes them.
    year_from, year_to, rating_from, rating_to, votes_from : inclusive; a film without the figure
        does not meet a bound.
    weak : only weak fits, or none of them.
    """

    words: str | None = None
    micro_genres: tuple[int, ...] = ()
    families: tuple[int | str, ...] = ()
    genres: tuple[str, ...] = ()
    languages: tuple[str, ...] = ()
    year_from: int | None = None
    year_to: int | None = None
    rating_from: float | None = None
    rating_to: float | None = None
    votes_from: int | None = None
    weak: bool | None = None

    def within(self, cluster: int) -> Filters:
        """These filters, and of one micro-genre only."""
        if self.micro_genres and cluster not in self.micro_genres:
            return replace(self, micro_genres=(-1,))  # no micro-genre is both
        return replace(self, micro_genres=(cluster,))


@dataclass(frozen=True)
class Condition:
    """One condition: SQL over the table `film`, its parameters, and the facet that it narrows."""

    sql: str
    parameters: tuple[Any, ...] = ()
    facet: str | None = None


def spoken(text: str) -> str:
    """`text` as a database takes it: no NUL, no lone surrogate, one space between words."""
    return " ".join(text.replace("\0", " ").encode("utf-8", "replace").decode().split())


def conditions(filters: Filters, words: Sequence[tuple[str, str]] = ()) -> list[Condition]:
    """The conditions of `filters`; cheap ones first.

    Parameters
    ----------
    words : each word of `filters.words` as (plain, folded), see `database.plain_words`.
    """
    found = [
        _bound("year >= ?", filters.year_from, "decades"),
        _bound("year <= ?", filters.year_to, "decades"),
        _bound("vote_average >= ?", filters.rating_from),
        _bound("vote_average <= ?", filters.rating_to),
        _bound("vote_count >= ?", filters.votes_from),
        _bound("weak = ?", filters.weak),
        _among("cluster", filters.micro_genres, "micro_genres"),
        _families(filters.families),
        _among("language", filters.languages, "languages"),
    ]
    if filters.genres:
        found.append(
            Condition("list_has_any(genres, ?::VARCHAR[])", (list(filters.genres),), "genres")
        )
    found += [_word(plain, folded) for plain, folded in words]
    return [condition for condition in found if condition is not None]


def _bound(sql: str, value: Any, facet: str | None = None) -> Condition | None:
    return None if value is None else Condition(sql, (value,), facet)


def _among(column: str, values: Sequence[Any], facet: str) -> Condition | None:
    if not values:
        return None
    return Condition(f"{column} IN ({', '.join('?' * len(values))})", tuple(values), facet)


def _families(values: Sequence[int | str]) -> Condition | None:
    numbers = _among("family", [v for v in values if isinstance(v, int)], "families")
    names = _among("family_name", [v for v in values if isinstance(v, str)], "families")
    both = [condition for condition in (numbers, names) if condition is not None]
    if not both:
        return None
    sql = " OR ".join(condition.sql for condition in both)
    return Condition(f"({sql})", tuple(p for c in both for p in c.parameters), "families")


def _word(plain: str, folded: str) -> Condition:
    if not plain:  # punctuation alone is looked for as it stands, in titles
        return Condition("contains(title_folded, ?)", (folded,))
    return Condition("contains(told, ?)", (plain if _UNSPACED.search(plain) else f" {plain}",))
