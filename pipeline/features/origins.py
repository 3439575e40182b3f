"""Where films come from, as indicators: original language, language of the text, countries.

Texts of one language or country lie together because of names and places, also where their themes
differ. `fit_space` measures what an origin adds to a text vector, and `place_films` subtracts it.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

import numpy as np
import pyarrow as pa

from pipeline.schemas.words.genre_words import fold_genres
from pipeline.schemas.words.places import country_codes, language_code

__all__ = ["PREFIX", "frequent", "genres_of", "indicators", "origins_of", "subtract_origins"]

PREFIX = "origin:"  # of names of arrays in SPACE
_FEWEST = 20  # films of an origin or genre; with fewer, one theme could be taken for the origin

Labels = Sequence[Sequence[str]]  # of each film


def origins_of(movies: pa.Table, languages: pa.Table | None) -> list[list[str]]:
    """Return the origins of films that are known.

    Parameters
    ----------
    movies : Table
        CLEAN_MOVIES; the columns language and countries may be missing.
    languages : Table, optional
        LANGUAGES, row by row the same films.

    Returns
    -------
    list of list of str
        For each film, such as ["origin:country:FR", "origin:language:fr", "origin:text:en"]; empty
        for a film about which nothing is known.
    """
    unknown = [None] * len(movies)
    written = _column(movies, "language", unknown)
    countries = _column(movies, "countries", unknown)
    texts = unknown if languages is None else languages.column("text_language").to_pylist()
    origins = []
    for language, names, text in zip(written, countries, texts, strict=True):
        code = language_code(language)
        own = [f"{PREFIX}country:{country}" for country in country_codes(names)]
        own += [] if code is None else [f"{PREFIX}language:{code}"]
        own += [] if text is None else [f"{PREFIX}text:{text}"]
        origins.append(own)
    return origins


def genres_of(movies: pa.Table) -> list[list[str]]:
    """Return the genres of each film, folded; none if the column is missing."""
    genres = _column(movies, "genres", [None] * len(movies))
    return [[f"genre:{genre}" for genre in fold_genres(labels)] for labels in genres]


def frequent(labels: Iterable[Labels]) -> list[str]:
    """Return the labels that at least 20 films have, by name.

    Parameters
    ----------
    labels : iterable of sequence of sequence of str
        The distinct labels of each film, part by part.

    Examples
    --------
    >>> frequent([[["a"], ["a", "b"]], [["a"]] * 18])
    ['a']
    """
    films: Counter[str] = Counter()
    for part in labels:
        films.update(label for own in part for label in own)
    return sorted(label for label, count in films.items() if count >= _FEWEST)


def indicators(labels: Labels, names: Sequence[str]) -> np.ndarray:
    """Return which films have which labels.

    Parameters
    ----------
    labels : sequence of sequence of str
        Labels of each film; those not in `names` are ignored.
    names : sequence of str
        Distinct labels.

    Returns
    -------
    ndarray of shape (n_films, n_names), float64
        1 where a film has the label, otherwise 0.

    Examples
    --------
    >>> indicators([["b"], ["a", "b", "c"]], ["a", "b"]).tolist()
    [[0.0, 1.0], [1.0, 1.0]]
    """
    column = {name: number for number, name in enumerate(names)}
    found = np.zeros((len(labels), len(names)))
    for row, own in enumerate(labels):
        for label in own:
            if label in column:
                found[row, column[label]] = 1.0
    return found


def subtract_origins(
    vectors: np.ndarray, origins: Labels, fitted: Mapping[str, np.ndarray]
) -> np.ndarray:
    """Return vectors without what the origins of the films add to them.

    Parameters
    ----------
    vectors : ndarray of shape (n_films, dim), float
        Text vectors.
    origins : sequence of sequence of str
        Result of `origins_of`. An origin that was not fitted changes nothing.
    fitted : mapping of str to ndarray
        Arrays of SPACE; those of an origin have its name and shape (dim,).

    Returns
    -------
    ndarray of shape (n_films, dim), float64
    """
    names = sorted(name for name in fitted if name.startswith(PREFIX))
    if not names:
        return vectors.astype(np.float64)
    effects = np.stack([fitted[name] for name in names])
    return np.asarray(vectors - indicators(origins, names) @ effects)


def _column(movies: pa.Table, name: str, missing: list[None]) -> list[Any]:
    return movies.column(name).to_pylist() if name in movies.column_names else list(missing)
