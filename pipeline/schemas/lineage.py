"""Schemas of the tables that link a release to the previous one: lineage, rows, drift, novelty.

The files have the names in lower case. Older releases may lack them, unlike the tables of
`pipeline.schemas.mining`.
"""

from __future__ import annotations

import pyarrow as pa

__all__ = [
    "BASELINE",
    "DRIFT",
    "EVENTS",
    "HISTORY",
    "LANGUAGES",
    "LINEAGE",
    "MAP",
    "NOVEL",
    "ROWS",
    "SPACE",
    "point_sums_schema",
]

# Fitted arrays by name, needed to compute the point of an unseen film.
SPACE = pa.schema(
    [("name", pa.string()), ("shape", pa.list_(pa.int32())), ("values", pa.list_(pa.float64()))]
)

EVENTS = ("kept", "renamed", "split", "born", "merged", "gone")

# What happened to the micro-genres of the previous release. Micro-genres that ended stay listed in
# every later release, so that their ids are never used again.
LINEAGE = pa.schema(
    [
        ("generation", pa.int32()),  # generation of the release of the event; 0 is the first
        ("event", pa.string()),  # one of EVENTS
        ("previous_id", pa.string()),  # null for "born"
        ("previous_name", pa.string()),
        ("micro_genre_id", pa.string()),  # null for "gone"
        ("micro_genre_name", pa.string()),
        ("shared_films", pa.int32()),  # films in both
        ("share_of_previous", pa.float32()),  # of its films that are in both catalogues, 0 to 1
        ("share_of_new", pa.float32()),
        ("centroid_similarity", pa.float32()),  # cosine; null if the two spaces differ
    ]
)

# Hashes of the rows as read: an update cleans only the rows that changed.
ROWS = pa.schema(
    [
        ("movie_id", pa.string()),
        (
            "row_hash",
            pa.uint64(),
        ),  # of all cells, without source and row number
        ("source", pa.string()),
        ("row", pa.int64()),
    ]
)

# Clusters and similarities of the films at the last mining run; updates measure drift against it.
BASELINE = pa.schema([("cluster", pa.int32()), ("similarity", pa.float32())])


def point_sums_schema(width: int) -> pa.Schema:
    """Return the schema of the sum of the points of each micro-genre; only updates write it."""
    return pa.schema([("cluster", pa.int32()), ("vector", pa.list_(pa.float64(), width))])


# Language of each film's overview; null if it cannot be detected.
LANGUAGES = pa.schema(
    [("movie_id", pa.string()), ("text_language", pa.string()), ("confidence", pa.float32())]
)

# Films that fit no micro-genre well, and the proposed micro-genre that they would form.
NOVEL = pa.schema(
    [
        ("movie_id", pa.string()),
        ("cluster", pa.int32()),  # nearest cluster, although it does not fit well
        ("similarity", pa.float32()),
        ("proposal", pa.int32()),  # number in the report's `novelty.proposals`, or null
    ]
)

# The drift figures of each update since the last mining run, and the decision.
DRIFT = pa.schema(
    [
        ("generation", pa.int32()),
        ("parent", pa.string()),  # the release that was updated
        ("figure", pa.string()),
        ("value", pa.float64()),
        ("threshold", pa.float64()),
        ("past", pa.bool_()),
        ("decision", pa.string()),  # "none", "mining due" or "mining started"
    ]
)

# Number of films of each micro-genre in each release.
HISTORY = pa.schema(
    [
        ("generation", pa.int32()),
        ("release_id", pa.string()),
        ("created_at", pa.string()),
        ("kind", pa.string()),  # "mined" or "updated"
        ("micro_genre_id", pa.string()),
        ("micro_genre_name", pa.string()),
        ("films", pa.int32()),
        ("share", pa.float64()),  # of all films of that release
        ("weak_films", pa.int32()),
    ]
)

# Positions of the micro-genres on the film map, and the axes for films around them.
MAP = SPACE
