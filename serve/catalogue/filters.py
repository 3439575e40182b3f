"""Filters on films, translated to SQL conditions in which every value is a parameter."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any, NamedTuple

__all__ = [
    "ALL_FACETS",
    "FACETS",
    "Condition",
    "Filters",
    "Word",
    "build_conditions",
    "clean_query",
]

FACETS = ("genres", "micro_genres", "families", "languages", "decades")  # of the explorer
ALL_FACETS = (*FACETS, "countries", "keywords")

# Scripts written without spaces: a word may begin anywhere in a run of letters.
_UNSPACED = re.compile(
    "[\u0e00-\u0eff\u1000-\u109f\u1780-\u17ff\u3040-\u30ff\u3400-\u9fff\uf900-\ufaff]"
)


@dataclass(frozen=True)
class Filters:
    """Conditions on films. A film must meet all of them; None and () set no condition.

    Within one tuple, any value is enough. Names are compared without case and accents.

    Attributes
    ----------
    words : str or None
        Every word must occur in title, overview, tagline, keywords, directors or cast, at least as
        the beginning of a word. Case, accents and punctuation are ignored.
    micro_genres : tuple of int
        Cluster numbers.
    families : tuple of int or str
        Family numbers or names.
    genres : tuple of str
        Genres as the catalogue writes them.
    languages : tuple of str
        Language codes as the catalogue writes them.
    countries : tuple of str
        Countries as the catalogue writes them, codes or names.
    keywords : tuple of str
        Whole keywords.
    people : tuple of str
        Names of directors or actors.
    year_from, year_to : int or None
        Inclusive bounds. A film without a year does not meet a bound.
    rating_from, rating_to : float or None
        Inclusive bounds of the mean rating, 0 to 10. A film without a rating does not meet a bound.
    votes_from : int or None
        Minimum number of votes.
    weak : bool or None
        True for weak films only, False for films that are not weak.
    adult : bool or None
        True for films made for adults only, False for all others; see `config/lexicon/adult.toml`.
    rows : tuple of int or None
        Rows of movies.parquet, such as those that a search found; None for all.

    Examples
    --------
    >>> horror = Filters(genres=("Horror",), year_from=1980, year_to=1989)
    >>> horror.within(17).micro_genres
    (17,)
    """

    words: str | None = None
    micro_genres: tuple[int, ...] = ()
    families: tuple[int | str, ...] = ()
    genres: tuple[str, ...] = ()
    languages: tuple[str, ...] = ()
    countries: tuple[str, ...] = ()
    keywords: tuple[str, ...] = ()
    people: tuple[str, ...] = ()
    year_from: int | None = None
    year_to: int | None = None
    rating_from: float | None = None
    rating_to: float | None = None
    votes_from: int | None = None
    weak: bool | None = None
    adult: bool | None = None
    rows: tuple[int, ...] | None = None

    def within(self, cluster: int) -> Filters:
        """Return these filters, limited to one micro-genre."""
        if self.micro_genres and cluster not in self.micro_genres:
            return replace(self, micro_genres=(-1,))  # matches no film
        return replace(self, micro_genres=(cluster,))


@dataclass(frozen=True)
class Condition:
    """A SQL condition on the table `film`.

    Attributes
    ----------
    sql : str
        A boolean expression with a `?` for each parameter.
    parameters : tuple
        The values.
    facet : str or None
        The facet that the condition filters, one of `ALL_FACETS`.
    """

    sql: str
    parameters: tuple[Any, ...] = ()
    facet: str | None = None


class Word(NamedTuple):
    """A word of a query. `plain` has letters and digits only; `folded` also has punctuation.

    Both are lower case without accents. `plain` is empty for a word of punctuation only.
    """

    plain: str
    folded: str


def clean_query(text: str) -> str:
    r"""Return `text` without NUL and lone surrogates, with single spaces between words.

    Examples
    --------
    >>> clean_query("  submarine\n captain ")
    'submarine captain'
    """
    return " ".join(text.replace("\0", " ").encode("utf-8", "replace").decode().split())


def build_conditions(filters: Filters, words: Sequence[Word] = ()) -> list[Condition]:
    """Translate filters to SQL conditions, cheap ones first.

    Parameters
    ----------
    filters : Filters
        The filters; `filters.words` is ignored.
    words : sequence of Word
        The words of `filters.words`, see `database.split_words`.

    Returns
    -------
    list of Condition
        Conditions that a film must all meet.
    """
    found = [
        _bound("year >= ?", filters.year_from, "decades"),
        _bound("year <= ?", filters.year_to, "decades"),
        _bound("vote_average >= ?", filters.rating_from),
        _bound("vote_average <= ?", filters.rating_to),
        _bound("vote_count >= ?", filters.votes_from),
        _bound("weak = ?", filters.weak),
        _bound("adult = ?", filters.adult),
        _rows(filters.rows),
        _any_of("cluster", filters.micro_genres, "micro_genres"),
        _any_family(filters.families),
        _any_text("language_folded", filters.languages, "languages"),
        _any_listed("genres_folded", filters.genres, "genres"),
        _any_listed("countries_folded", filters.countries, "countries"),
        _any_listed("keywords_folded", filters.keywords, "keywords"),
        _any_listed("people_folded", filters.people),
    ]
    found += [_contains(word) for word in words]
    return [condition for condition in found if condition is not None]


def _bound(sql: str, value: Any, facet: str | None = None) -> Condition | None:
    return None if value is None else Condition(sql, (value,), facet)


def _rows(rows: tuple[int, ...] | None) -> Condition | None:
    if rows is None:
        return None
    return Condition("row_index IN (SELECT unnest(?::INTEGER[]))", (list(rows),))


def _any_of(column: str, values: Sequence[Any], facet: str) -> Condition | None:
    if not values:
        return None
    return Condition(f"{column} IN ({', '.join('?' * len(values))})", tuple(values), facet)


def _any_text(column: str, values: Sequence[str], facet: str) -> Condition | None:
    """A folded column has one of the values."""
    if not values:
        return None
    sql = f"list_contains(folded_all(?::VARCHAR[]), {column})"
    return Condition(sql, (list(map(clean_query, values)),), facet)


def _any_listed(column: str, values: Sequence[str], facet: str | None = None) -> Condition | None:
    """A column of folded lists has one of the values."""
    if not values:
        return None
    sql = f"list_has_any({column}, folded_all(?::VARCHAR[]))"
    return Condition(sql, (list(map(clean_query, values)),), facet)


def _any_family(values: Sequence[int | str]) -> Condition | None:
    numbers = _any_of("family", [v for v in values if isinstance(v, int)], "families")
    names = _any_text("family_folded", [v for v in values if isinstance(v, str)], "families")
    both = [condition for condition in (numbers, names) if condition is not None]
    if not both:
        return None
    sql = " OR ".join(condition.sql for condition in both)
    return Condition(f"({sql})", tuple(p for c in both for p in c.parameters), "families")


def _contains(word: Word) -> Condition:
    plain, folded = word
    if not plain:  # punctuation only: search it unchanged, in titles
        return Condition("contains(title_folded, ?)", (folded,))
    pattern = plain if _UNSPACED.search(plain) else f" {plain}"
    return Condition("contains(search_text, ?)", (pattern,))
