"""What is known of films that are not in a release, as far as names of micro-genres speak of it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import pyarrow as pa

from pipeline.label.facets.facet_keys import facet_keys
from pipeline.label.facets.film_facets import find_facets
from pipeline.schemas.words.genre_words import fold_genres

__all__ = ["KnownFilm", "known_films"]

_SAID = ("overview", "tagline", "keywords", "genres")


@dataclass(frozen=True)
class KnownFilm:
    """What is known of one film.

    Attributes
    ----------
    said : mapping
        Overview, tagline, keywords and genres.
    genres : frozenset of str
        Its genres, folded.
    facets : frozenset of str
        Keys of its facets, such as "decade:1970".
    unknown : frozenset of str
        Of "genre" and the kinds of facets ("decade", "era", "language", "country", "form") those
        about which nothing is known.
    language : str or None
        Language of its text, ISO 639-1.
    tagged : bool
        Whether a keyword says more than that it is a film.
    thin : bool
        Whether it says too little for a theme.
    """

    said: Mapping[str, Any]
    genres: frozenset[str]
    facets: frozenset[str]
    unknown: frozenset[str]
    language: str | None
    tagged: bool
    thin: bool


def known_films(films: pa.Table, languages: pa.Table) -> list[KnownFilm]:
    """Return what is known of films.

    Parameters
    ----------
    films : pa.Table
        The films, with the columns of CLEAN_MOVIES that names speak about: overview, tagline,
        keywords, genres, year, language, countries and runtime_minutes.
    languages : pa.Table
        LANGUAGES, row by row the same films.
    """
    table = find_facets(films, languages)["facets"]
    keys: list[set[str]] = [set() for _ in range(len(films))]
    for row, key in zip(*facet_keys(table), strict=True):
        keys[row].add(key)
    runtimes = films.column("runtime_minutes").to_pylist()
    rows = zip(films.select(_SAID).to_pylist(), keys, table.to_pylist(), runtimes, strict=True)
    return [
        _facts(said, frozenset(own), facets, has_runtime=bool(runtime))
        for said, own, facets, runtime in rows
    ]


def _facts(
    said: Mapping[str, Any], keys: frozenset[str], facets: Mapping[str, Any], *, has_runtime: bool
) -> KnownFilm:
    genres = frozenset(fold_genres(said["genres"]))
    known = {
        "genre": bool(genres),
        "decade": facets["decade"] is not None,
        "era": facets["decade"] is not None,
        "language": facets["language"] is not None,
        "country": bool(facets["countries"]),
        "form": has_runtime or bool(genres),
    }
    unknown = frozenset(kind for kind, is_known in known.items() if not is_known)
    language, tagged, thin = facets["text_language"], facets["tagged"], facets["thin"]
    return KnownFilm(said, genres, keys, unknown, language, tagged, thin)
