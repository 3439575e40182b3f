"""What an address of the trends page says: micro-genres, votes, years."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from starlette.datastructures import QueryParams

from pipeline.release.lookup import NotInReleaseError
from serve.catalogue.catalogue import Catalogue
from serve.catalogue.filters import clean_query
from serve.catalogue.records import MicroGenreRow
from serve.explorer.query import WrongValueError

__all__ = ["MOST_LINES", "Choice", "default_genres", "find_by_name", "read_choice", "read_whole"]

MOST_LINES = 6  # each line has a colour, a dash and a symbol of its own
DEFAULT_LINES = 4
_KNOWN = {"micro", "add", "votes", "since", "family", "words"}


@dataclass(frozen=True)
class Choice:
    """What an address of the trends says.

    Attributes
    ----------
    genres : list of MicroGenreRow
        The micro-genres that have a line.
    chosen : bool
        False if the address names none, so that these are the default ones.
    values : dict of str to str or list of str
        The query parameters, without defaults.
    """

    genres: list[MicroGenreRow]
    chosen: bool
    values: dict[str, str | list[str]]

    def labelled(self) -> dict[str, MicroGenreRow]:
        """Return the micro-genres by their names; an equal name has its id after it."""
        labels: dict[str, MicroGenreRow] = {}
        for genre in self.genres:
            name = genre["micro_genre_name"]
            labels[f"{name} ({genre['micro_genre_id']})" if name in labels else name] = genre
        return labels


def read_choice(query: QueryParams, films: Catalogue, every: Sequence[MicroGenreRow]) -> Choice:
    """Return the micro-genres and settings that an address names.

    Parameters
    ----------
    query : QueryParams
        The parameters of the address.
    films : Catalogue
        The release.
    every : sequence of MicroGenreRow
        All its micro-genres.

    Raises
    ------
    WrongValueError
        If a parameter is unknown, or names an unknown micro-genre or family.
    """
    unknown = sorted(set(query) - _KNOWN)
    if unknown:
        raise WrongValueError(
            f'the trends page has no parameter "{unknown[0][:60]}"; it has '
            f"{', '.join(sorted(_KNOWN))}"
        )
    ids = list(dict.fromkeys(query.getlist("micro")))
    if len(ids) > MOST_LINES:
        raise WrongValueError(f"at most {MOST_LINES} micro-genres can be compared")
    genres = [_micro_genre(films, value) for value in ids]
    family, words = clean_query(query.get("family", "")), query.get("words", "")
    if family and family not in {row["family_name"] for row in films.families()}:
        raise WrongValueError(f'there is no family "{family[:60]}"')
    if words:
        _micro_genre(films, words)
    values: dict[str, str | list[str]] = {
        "micro": ids,
        "votes": query.get("votes", "").strip(),
        "since": query.get("since", "").strip(),
        "family": family,
        "words": words,
    }
    chosen = {name: value for name, value in values.items() if value}
    return Choice(genres or default_genres(every), bool(genres), chosen)


def default_genres(genres: Sequence[MicroGenreRow]) -> list[MicroGenreRow]:
    """Return the largest micro-genres with a theme; without any, the largest ones."""
    ranked = sorted(genres, key=lambda row: (row["thin"], -row["films"], row["cluster"]))
    return ranked[:DEFAULT_LINES]


def find_by_name(genres: Sequence[MicroGenreRow], text: str) -> list[MicroGenreRow]:
    """Return the micro-genre of that name or id, else all whose names contain the words."""
    folded = clean_query(text).casefold()
    for genre in genres:
        if folded in (genre["micro_genre_name"].casefold(), genre["micro_genre_id"].casefold()):
            return [genre]
    words = folded.split()
    return [
        genre
        for genre in genres
        if words and all(word in genre["micro_genre_name"].casefold() for word in words)
    ]


def read_whole(query: QueryParams, name: str, least: int, most: int) -> int | None:
    """Return a whole number of the query; None without one.

    Raises
    ------
    WrongValueError
        If it is no whole number from `least` to `most`.

    Examples
    --------
    >>> read_whole(QueryParams("votes=30"), "votes", 0, 100)
    30
    """
    text = query.get(name, "").strip()
    if not text:
        return None
    if not (text.isascii() and text.isdigit() and least <= int(text[:12]) <= most):
        raise WrongValueError(
            f'"{name}" is a whole number from {least:,} to {most:,}, not "{text[:40]}"'
        )
    return int(text)


def _micro_genre(films: Catalogue, value: str) -> MicroGenreRow:
    try:
        return films.micro_genre(value)
    except NotInReleaseError as error:
        raise WrongValueError(str(error)) from error
