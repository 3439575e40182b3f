"""The schema of every table that crosses a boundary between two stages, and `validate()`.

One name per quantity, everywhere. Lists are lists, never joined text; a missing value is null,
never an empty string; vectors are fixed-size lists of unit length.
"""

from __future__ import annotations

import pyarrow as pa

from pipeline.errors import TableError

__all__ = [
    "ASSIGNMENTS",
    "CENTROIDS",
    "CLEAN_MOVIES",
    "EMBEDDINGS",
    "FAMILIES",
    "FEATURES",
    "MICRO_GENRES",
    "MOVIES",
    "NEIGHBOURS",
    "POINTS",
    "REJECTS",
    "RELEASED_MOVIES",
    "VOCABULARY",
    "empty",
    "validate",
    "vector_type",
]

_TEXTS = pa.list_(pa.string())

# What a source yields: one row per row of the catalogue, nothing judged yet.
MOVIES = pa.schema(
    [
        ("movie_id", pa.string()),  # the catalogue's own id, as text ("603", "tt0133093")
        ("title", pa.string()),
        ("year", pa.int32()),  # year of first release
        ("release_date", pa.string()),  # ISO 8601, where the catalogue has a full date
        ("overview", pa.string()),
        ("tagline", pa.string()),
        ("genres", _TEXTS),
        ("keywords", _TEXTS),
        ("directors", _TEXTS),
        ("cast", _TEXTS),
        ("language", pa.string()),  # ISO 639-1 of the original
        ("countries", _TEXTS),  # ISO 3166-1 alpha-2, or names where the catalogue has names
        ("runtime_minutes", pa.float64()),
        ("vote_average", pa.float64()),  # 0 to 10
        ("vote_count", pa.int64()),
        ("popularity", pa.float64()),
        ("budget_usd", pa.float64()),
        ("revenue_usd", pa.float64()),
        ("poster_path", pa.string()),
        ("source", pa.string()),  # which --source the row came from
        ("row", pa.int64()),  # 1-based data row in that source, the header not counted
    ]
)

# One row for each row of a catalogue that did not come out, and why.
REJECTS = pa.schema(
    [
        ("source", pa.string()),
        ("row", pa.int64()),
        ("movie_id", pa.string()),
        ("reason", pa.string()),  # one of clean.REASONS or sources.REASONS
        ("detail", pa.string()),
    ]
)

CLEAN_MOVIES = MOVIES  # the same columns, now repaired and within bounds; movie_id is unique

# What is embedded, and the numbers beside it; one row per clean movie, sorted by movie_id.
FEATURES = pa.schema(
    [
        ("movie_id", pa.string()),
        ("text", pa.string()),  # whole sentences, what the model reads
        ("text_hash", pa.string()),  # SHA-256 of text, hex
        ("desc_length", pa.int32()),  # characters of the overview
        ("num_keywords", pa.int32()),
        ("has_tagline", pa.bool_()),
        ("sentiment_score", pa.float64()),  # TextBlob polarity, -1 to 1
    ]
)


def vector_type(dim: int, dtype: str = "float16") -> pa.DataType:
    """The Arrow type of one vector: a fixed-size list of `dim` float16 or float32 values."""
    value = {"float16": pa.float16(), "float32": pa.float32()}[dtype]
    return pa.list_(value, dim)


# A vector column's width depends on the model, so these schemas are functions of it.
def EMBEDDINGS(dim: int, dtype: str = "float16") -> pa.Schema:  # noqa: N802
    """One unit vector per film, with the hash of its text and the revision of the model."""
    return pa.schema(
        [
            ("movie_id", pa.string()),
            ("text_hash", pa.string()),
            ("model_revision", pa.string()),
            ("vector", vector_type(dim, dtype)),
        ]
    )


def CENTROIDS(dim: int) -> pa.Schema:  # noqa: N802
    """One unit vector (float32) per cluster; `cluster` runs from 0 to k - 1."""
    return pa.schema([("cluster", pa.int32()), ("vector", vector_type(dim, "float32"))])


def POINTS(dim: int) -> pa.Schema:  # noqa: N802
    """One unit vector (float32) per film, in the space where films are clustered."""
    return pa.schema([("movie_id", pa.string()), ("vector", vector_type(dim, "float32"))])


# The keywords of the catalogue that several films share, most frequent first; `vector` beside.
def VOCABULARY(dim: int) -> pa.Schema:  # noqa: N802
    """One unit vector (float16) per keyword, with the number of films that carry it."""
    return pa.schema(
        [("keyword", pa.string()), ("films", pa.int64()), ("vector", vector_type(dim))]
    )


# The cluster of every film; no film is left out.
ASSIGNMENTS = pa.schema(
    [
        ("movie_id", pa.string()),
        ("cluster", pa.int32()),
        ("similarity", pa.float32()),  # cosine to the own centroid
        ("runner_up", pa.int32()),  # the cluster of the next nearest centroid
        ("margin", pa.float32()),  # similarity minus that of the runner-up, >= 0
        ("weak", pa.bool_()),  # fits nothing well: see cluster settings
    ]
)

# The nearest films of each film, best first.
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
        ("micro_genre_id", pa.string()),  # stable from release to release
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
    ]
)

FAMILIES = pa.schema(
    [
        ("family", pa.int32()),
        ("family_name", pa.string()),
        ("keywords", _TEXTS),
        ("micro_genres", pa.int32()),
        ("films", pa.int32()),
    ]
)

# movies.parquet of a release.
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
        ("x", pa.float32()),  # place on the map of films; its scale carries no meaning
        ("y", pa.float32()),
    ]
)


def empty(schema: pa.Schema) -> pa.Table:
    """A table of that schema with no rows."""
    return schema.empty_table()


def validate(table: pa.Table, schema: pa.Schema, *, name: str) -> pa.Table:
    """Return `table` when its columns are exactly those of `schema`, in order and type.

    Raises
    ------
    TableError
        naming the table and the first column that is missing, extra or of another type.
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
