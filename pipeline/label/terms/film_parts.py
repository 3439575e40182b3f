"""The parts of names that are true of each film."""

from __future__ import annotations

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from scipy import sparse

from pipeline.label.facets.facet_keys import facet_keys
from pipeline.label.terms.literal_words import find_literal
from pipeline.label.words.subjects import subject_lexicon
from pipeline.schemas.name_parts import FACET, FILM_PARTS, SUBJECT
from pipeline.schemas.stage import stage

__all__ = ["find_film_parts"]


@stage(
    "film-parts",
    version=2,
    inputs=("movies", "terms", "held", "found", "text_words", "facets", "parts"),
    outputs=("film_parts",),
)
def find_film_parts(
    movies: pa.Table,
    terms: pa.Table,
    held: pa.Table,
    found: pa.Table,
    text_words: pa.Table,
    facets: pa.Table,
    parts: pa.Table,
    lexicon: str = "",
    language: str = "en",
) -> dict[str, pa.Table]:
    """Find the parts of names that are true of the films of one partition.

    Parameters
    ----------
    movies : pa.Table
        CLEAN_MOVIES; only `movie_id` is read.
    terms, held, found, text_words : pa.Table
        TERMS, HELD, FOUND and TEXT_WORDS of the partition.
    facets : pa.Table
        FACETS, row by row the same films.
    parts : pa.Table
        PARTS.
    lexicon : str
        Text of a user's file of words; see `read_user_file`.
    language : str
        Language of the names, ISO 639-1, in which subjects of the lexicon are printed.

    Returns
    -------
    dict of str to pa.Table
        `film_parts`: FILM_PARTS in the order of `movies`.
    """
    subjects = subject_lexicon(lexicon)
    number_of: dict[tuple[str, str], int] = {}
    number_of_term: dict[str, int] = {}
    rows_of_parts = zip(
        *(parts.column(name).to_pylist() for name in ("number", "kind", "key", "terms")),
        strict=True,
    )
    for number, kind, key, own in rows_of_parts:
        number_of[kind, key] = number
        if kind == SUBJECT and key not in subjects:
            number_of_term.update((term, number) for term in own)
    of_term = _numbers(terms.column("term"), number_of_term)
    keys = zip(found.column("kind").to_pylist(), found.column("key").to_pylist(), strict=True)
    of_found = np.array([number_of.get(key, -1) for key in keys], np.int64)
    pairs = [
        _mapped(held.column("terms"), of_term),
        _mapped(held.column("found"), of_found),
    ]
    rows, facet = facet_keys(facets)
    of_facet = np.array([number_of.get((FACET, key), -1) for key in facet], np.int64)
    pairs.append((rows[of_facet >= 0], of_facet[of_facet >= 0]))
    film, part = (np.concatenate([own[n] for own in pairs]) for n in range(2))
    shape = (len(movies), len(parts))
    true = sparse.csr_matrix((np.ones(len(film), np.int32), (film, part)), shape=shape)
    literal = find_literal(true, held.column("words"), text_words, parts, subjects, language)
    ids = movies.column("movie_id").combine_chunks()
    columns = [ids, _lists(true), _lists(literal)]
    return {"film_parts": pa.table(columns, schema=FILM_PARTS)}


def _lists(films: sparse.csr_matrix) -> pa.Array:
    """The columns of each row that are not zero, as lists of int32."""
    films.sum_duplicates()  # sorts the columns, too
    ends, columns = films.indptr.astype(np.int32), films.indices.astype(np.int32)
    return pa.ListArray.from_arrays(pa.array(ends), pa.array(columns))


def _numbers(terms: pa.ChunkedArray, number_of: dict[str, int]) -> np.ndarray:
    """Number of the part of each term, -1 for none."""
    known = sorted(number_of)
    position = pc.index_in(terms, value_set=pa.array(known, pa.string()))
    numbers = pa.array([number_of[term] for term in known], pa.int64()).take(
        position.combine_chunks()
    )
    own: np.ndarray = numbers.fill_null(-1).to_numpy(zero_copy_only=False)
    return own


def _mapped(lists: pa.ChunkedArray, number: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Film and part of each entry that is a part."""
    whole = lists.combine_chunks()
    film = pc.list_parent_indices(whole).to_numpy()
    part = number[pc.list_flatten(whole).to_numpy()]
    return film[part >= 0], part[part >= 0]
