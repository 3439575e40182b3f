"""Schemas of the tables between stages, and `validate()`.

A quantity has the same name in every table. Lists are Arrow lists, never joined text. A missing
value is null, never an empty string. Vectors are fixed-size lists of unit length.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import pyarrow as pa

from pipeline.errors import TableError

__all__ = [
    "ASSIGNMENTS",
    "CENTROIDS",
    "CLEAN_MOVIES",
    "EMBEDDINGS",
    "FACETS",
    "FAMILIES",
    "FEATURES",
    "MICRO_GENRES",
    "MOVIES",
    "NEIGHBOURS",
    "POINTS",
    "REJECTS",
    "RELEASED_MOVIES",
    "VOCABULARY",
    "add_later_columns",
    "fill_later_columns",
    "validate",
    "vector_type",
]

_TEXTS = pa.list_(pa.string())

# Rows of a catalogue as a source reads them, before cleaning.
MOVIES = pa.schema(
    [
        ("movie_id", pa.string()),  # id in the catalogue, as text ("603", "tt0133093")
        ("title", pa.string()),
        ("year", pa.int32()),  # year of first release
        ("release_date", pa.string()),  # ISO 8601, if the catalogue has a full date
        ("overview", pa.string()),
        ("tagline", pa.string()),
        ("genres", _TEXTS),
        ("keywords", _TEXTS),
        ("directors", _TEXTS),
        ("cast", _TEXTS),
        ("language", pa.string()),  # ISO 639-1 code of the original language
        ("countries", _TEXTS),  # ISO 3166-1 alpha-2, or names if the catalogue has names
        ("runtime_minutes", pa.float64()),
        ("vote_average", pa.float64()),  # 0 to 10
        ("vote_count", pa.int64()),
        ("popularity", pa.float64()),
        ("budget_usd", pa.float64()),
        ("revenue_usd", pa.float64()),
        ("poster_path", pa.string()),
        ("source", pa.string()),  # name of the source (--source)
        ("row", pa.int64()),  # number of the row in the source, from 1, without the header
    ]
)

# Rejected rows of a catalogue, with the reason.
REJECTS = pa.schema(
    [
        ("source", pa.string()),
        ("row", pa.int64()),
        ("movie_id", pa.string()),
        ("reason", pa.string()),  # one of clean.REASONS or sources.REASONS
        ("detail", pa.string()),
    ]
)

CLEAN_MOVIES = MOVIES  # repaired values within bounds; movie_id is unique

# The text to embed, and numeric features; one row per film, sorted by movie_id.
FEATURES = pa.schema(
    [
        ("movie_id", pa.string()),
        ("text", pa.string()),  # whole sentences, the input of the model
        ("text_hash", pa.string()),  # SHA-256 of text, hex
        ("desc_length", pa.int32()),  # characters of the overview
        ("num_keywords", pa.int32()),
        ("has_tagline", pa.bool_()),
        ("sentiment_score", pa.float64()),  # TextBlob polarity, -1 to 1; in the mode full
    ]
)

# What is known of each film beside its theme, computed from its metadata alone. A theme decides the
# micro-genre; a facet that its films share becomes an adjective of the name.
FACETS = pa.schema(
    [
        ("movie_id", pa.string()),
        ("language", pa.string()),  # original language, ISO 639-1 (639-3 without such a code)
        ("text_language", pa.string()),  # language of the overview, as LANGUAGES
        ("countries", _TEXTS),  # ISO 3166-1 alpha-2 or former codes ("SU"); empty if unknown
        ("decade", pa.int32()),  # first year of it, such as 1970; null if the year is unknown
        ("era", pa.string()),  # "silent" (to 1929), "classic" (1930 to 1965), null later
        ("documentary", pa.bool_()),
        ("animation", pa.bool_()),
        ("short", pa.bool_()),  # by genre, or at most 40 minutes
        ("story_words", pa.int32()),  # words of overview and tagline that may tell a story
        ("tagged", pa.bool_()),  # a keyword says more than that it is a film
        ("thin", pa.bool_()),  # fewer than 3 words of story, not tagged: no theme is known
    ]
)


def vector_type(dim: int, dtype: str = "float16") -> pa.DataType:
    """Return the Arrow type of a vector.

    Parameters
    ----------
    dim : int
        Length of the vector.
    dtype : str
        "float16" or "float32".

    Returns
    -------
    pyarrow.DataType
        Fixed-size list of `dim` numbers.

    Examples
    --------
    >>> vector_type(384)
    FixedSizeListType(fixed_size_list<item: halffloat>[384])
    """
    value = {"float16": pa.float16(), "float32": pa.float32()}[dtype]
    return pa.list_(value, dim)


# The length of a vector depends on the model: these schemas are functions of it.
def EMBEDDINGS(dim: int, dtype: str = "float16") -> pa.Schema:  # noqa: N802
    """Return the schema of one unit vector per film, with text hash and model revision."""
    return pa.schema(
        [
            ("movie_id", pa.string()),
            ("text_hash", pa.string()),
            ("model_revision", pa.string()),
            ("vector", vector_type(dim, dtype)),
        ]
    )


def CENTROIDS(dim: int) -> pa.Schema:  # noqa: N802
    """Return the schema of one unit vector (float32) per cluster; `cluster` is 0 to k - 1."""
    return pa.schema([("cluster", pa.int32()), ("vector", vector_type(dim, "float32"))])


def POINTS(dim: int) -> pa.Schema:  # noqa: N802
    """Return the schema of one unit vector (float32) per film, in the clustering space."""
    return pa.schema([("movie_id", pa.string()), ("vector", vector_type(dim, "float32"))])


def VOCABULARY(dim: int) -> pa.Schema:  # noqa: N802
    """Return the schema of one unit vector (float16) per keyword of several films."""
    return pa.schema(
        [("keyword", pa.string()), ("films", pa.int64()), ("vector", vector_type(dim))]
    )


# The cluster of every film.
ASSIGNMENTS = pa.schema(
    [
        ("movie_id", pa.string()),
        ("cluster", pa.int32()),
        ("similarity", pa.float32()),  # cosine to the centroid of the cluster
        ("runner_up", pa.int32()),  # the nearest other cluster
        # similarity minus that to the runner-up; below 0 if the runner-up is nearer and the film is
        # here because of what the name says
        ("margin", pa.float32()),
        ("weak", pa.bool_()),  # among the least similar films: see settings.cluster
    ]
)

# The nearest films of each film, nearest first.
NEIGHBOURS = pa.schema(
    [
        ("movie_id", pa.string()),
        ("rank", pa.int16()),  # 1 is the nearest
        ("neighbour_id", pa.string()),
        ("similarity", pa.float32()),  # cosine
    ]
)

MICRO_GENRES = pa.schema(
    [
        ("cluster", pa.int32()),
        ("micro_genre_id", pa.string()),  # stable across releases
        ("micro_genre_name", pa.string()),
        ("micro_genre_keybert", pa.string()),  # keywords joined with " / "
        ("keywords", _TEXTS),
        ("family", pa.int32()),
        ("family_name", pa.string()),
        ("films", pa.int32()),
        ("weak_films", pa.int32()),
        ("exemplar_ids", _TEXTS),
        ("exemplars", _TEXTS),  # "Title (Year)", nearest to the centroid first
        ("mean_similarity", pa.float32()),
        ("nearest_cluster", pa.int32()),
        ("vote_average", pa.float64()),
        ("first_year", pa.int32()),
        ("last_year", pa.int32()),
        ("alternatives", _TEXTS),  # two other names that are true of its films
        ("description", pa.string()),  # one sentence
        ("subjects", _TEXTS),  # of the name, as printed; one of them is true of a film
        ("subject_terms", _TEXTS),  # words and phrases that count as these subjects
        ("form_genres", _TEXTS),  # genres that the form at the end of the name says
        ("every_genre", pa.bool_()),  # whether all of them are true, or one suffices
        ("facets", _TEXTS),  # of the adjectives: "decade:1970", "language:hi"; each is true
        ("name_truth", pa.float32()),  # share of its films for which the whole name is true
        ("subject_truth", pa.float32()),  # shares for one part; null if the name lacks it
        ("form_truth", pa.float32()),
        ("adjective_truth", pa.float32()),
        ("thin", pa.bool_()),  # no theme: its name has no subject
        ("name_source", pa.string()),  # "mined", "kept", "namer" or "person"
    ]
)

FAMILIES = pa.schema(
    [
        ("family", pa.int32()),
        ("family_name", pa.string()),
        ("keywords", _TEXTS),
        ("micro_genres", pa.int32()),
        ("films", pa.int32()),
        ("description", pa.string()),  # one sentence
        ("name_truth", pa.float32()),  # share of its films for which its name is true
    ]
)

# movies.parquet of a release
RELEASED_MOVIES = pa.schema(
    [
        ("movie_id", pa.string()),
        ("title", pa.string()),
        ("year", pa.int32()),
        ("cluster", pa.int32()),
        ("micro_genre_keybert", pa.string()),
        ("micro_genre_name", pa.string()),
        ("family_name", pa.string()),
        ("similarity", pa.float32()),
        ("runner_up", pa.int32()),
        ("margin", pa.float32()),
        ("weak", pa.bool_()),
        ("vote_average", pa.float64()),
        ("vote_count", pa.int64()),
        ("popularity", pa.float64()),
        ("overview", pa.string()),
        ("tagline", pa.string()),
        ("genres", _TEXTS),
        ("keywords", _TEXTS),
        ("directors", _TEXTS),
        ("cast", _TEXTS),
        ("language", pa.string()),
        ("countries", _TEXTS),
        ("runtime_minutes", pa.float64()),
        ("poster_path", pa.string()),
        ("release_date", pa.string()),
        ("family", pa.int32()),
        ("x", pa.float32()),  # position on the film map, without unit
        ("y", pa.float32()),
        ("name_true", pa.bool_()),  # the whole name of its micro-genre is; null if not known
    ]
)

# Columns that releases of earlier versions lack, and what a reader puts there.
_LATER: dict[str, Any] = {
    "alternatives": [],
    "description": None,
    "subjects": [],
    "subject_terms": [],
    "form_genres": [],
    "every_genre": False,
    "facets": [],
    "name_truth": None,
    "subject_truth": None,
    "form_truth": None,
    "adjective_truth": None,
    "thin": False,
    "name_source": None,
    "name_true": None,
}


def add_later_columns(table: pa.Table, schema: pa.Schema) -> pa.Table:
    """Return a released table with the columns that its release is too old to have.

    Parameters
    ----------
    table : pyarrow.Table
        A table of a release, of any version.
    schema : pyarrow.Schema
        MICRO_GENRES, FAMILIES or RELEASED_MOVIES.

    Returns
    -------
    pyarrow.Table
        The same rows. A column that the release lacks is null, an empty list or false; a column
        that every version has is not added.

    Examples
    --------
    >>> old = pa.table({"family": pa.array([3], pa.int32())})
    >>> add_later_columns(old, FAMILIES).to_pylist()
    [{'family': 3, 'description': None, 'name_truth': None}]
    """
    for name in schema.names:
        if name in _LATER and name not in table.column_names:
            kind = schema.field(name).type
            table = table.append_column(name, pa.repeat(pa.scalar(_LATER[name], kind), len(table)))
    return table


def fill_later_columns(row: Mapping[str, Any], schema: pa.Schema) -> dict[str, Any]:
    """Return a row of a released table with the values that `add_later_columns` gives.

    Examples
    --------
    >>> row = fill_later_columns({"cluster": 3, "subjects": None}, MICRO_GENRES)
    >>> row["subjects"], row["thin"], row["name_truth"]
    ([], False, None)
    """
    later = {n: v for n, v in _LATER.items() if n in schema.names and row.get(n) is None}
    return {**row, **{n: list(v) if isinstance(v, list) else v for n, v in later.items()}}


def validate(table: pa.Table, schema: pa.Schema, *, name: str) -> pa.Table:
    """Return `table` with its columns in the order of `schema`, after checking names and types.

    Parameters
    ----------
    table : pyarrow.Table
        Columns in any order.
    schema : pyarrow.Schema
        Names and types that the columns must have.
    name : str
        Name of the table in error messages.

    Raises
    ------
    TableError
        If a column is missing, unknown, or of another type.

    Examples
    --------
    >>> wanted = pa.schema([("film", pa.string()), ("year", pa.int32())])
    >>> table = pa.table({"year": pa.array([1979], pa.int32()), "film": ["Alien"]})
    >>> validate(table, wanted, name="films").column_names
    ['film', 'year']
    """
    wanted, found = schema.names, table.schema.names
    missing = [column for column in wanted if column not in found]
    extra = [column for column in found if column not in wanted]
    if missing or extra:
        raise TableError(
            f"table {name!r}: missing columns {missing or 'none'}, "
            f"unknown columns {extra or 'none'}"
        )
    for field in schema:
        actual = table.schema.field(field.name).type
        if actual != field.type:
            raise TableError(
                f"table {name!r}, column {field.name!r}: expected {field.type}, found {actual}"
            )
    return table if found == wanted else table.select(wanted)
