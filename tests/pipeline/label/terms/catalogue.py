"""A small catalogue of films, and its stages from terms to the parts of each film."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import pyarrow as pa

from pipeline.label.facets.film_facets import find_facets
from pipeline.label.terms.film_parts import find_film_parts
from pipeline.label.terms.film_terms import find_film_terms
from pipeline.label.terms.name_parts import find_name_parts
from pipeline.schemas.mining import CLEAN_MOVIES

Films = Sequence[Mapping[str, Any]]
_STREAMED = ("terms", "forms", "words", "found", "noun_genres")


def clean(films: Films) -> pa.Table:
    """CLEAN_MOVIES with these values; ids are positions unless they are given."""
    blank = {name: None for name in CLEAN_MOVIES.names} | {"overview": "", "genres": []}
    rows = [{"movie_id": f"m{n:04d}"} | dict(film) for n, film in enumerate(films)]
    return pa.Table.from_pylist([blank | row for row in rows], CLEAN_MOVIES)


def mine(
    *partitions: Films, language: str = "en", lexicon: str = "", adult: bool = False
) -> tuple[pa.Table, pa.Table]:
    """PARTS and FILM_PARTS of a catalogue in one language, that of its names."""
    tables = [clean(films) for films in partitions]
    spoken = [
        pa.table({"text_language": pa.array([language] * len(t), pa.string())}) for t in tables
    ]
    facets = [find_facets(t, own)["facets"] for t, own in zip(tables, spoken, strict=True)]
    found = [
        find_film_terms(t, own, [language], lexicon) for t, own in zip(tables, spoken, strict=True)
    ]
    streamed = {name: pa.concat_tables([own[name] for own in found]) for name in _STREAMED}
    parts = find_name_parts(
        **streamed,
        facets=pa.concat_tables(facets),
        known_languages=[language],
        lexicon=lexicon,
        language=language,
        adult=adult,
    )["parts"]
    names = ("terms", "held", "found", "text_words")
    of_films = [
        find_film_parts(
            t,
            **{name: own[name] for name in names},
            facets=facet,
            parts=parts,
            lexicon=lexicon,
            language=language,
        )["film_parts"]
        for t, own, facet in zip(tables, found, facets, strict=True)
    ]
    return parts, pa.concat_tables(of_films)


def keys_of(parts: pa.Table, kind: str) -> list[str]:
    """The keys of the parts of one kind."""
    return [row["key"] for row in parts.to_pylist() if row["kind"] == kind]


def films_of(parts: pa.Table, film_parts: pa.Table, key: str, column: str = "parts") -> set[str]:
    """Ids of the films for which a part is true."""
    (number,) = (row["number"] for row in parts.to_pylist() if row["key"] == key)
    return {row["movie_id"] for row in film_parts.to_pylist() if number in row[column]}
