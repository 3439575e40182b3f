"""The tables by which one release follows another: what goes on, what came, what drifts away.

Beside those of `tables`, which any release has had from the first; these lie in its folder under
the names in lower case.
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
]

# The fitted numbers, by name; what a release needs to place an unseen film.
SPACE = pa.schema(
    [("name", pa.string()), ("shape", pa.list_(pa.int32())), ("values", pa.list_(pa.float64()))]
)

EVENTS = ("kept", "renamed", "split", "born", "merged", "gone")

# What became of the micro-genres of the release before. Those that ended stay listed in every later
# release, so that their ids are never given again.
LINEAGE = pa.schema(
    [
        ("generation", pa.int32()),  # of the release in which it happened; 0 is the first
        ("event", pa.string()),  # one of EVENTS
        ("previous_id", pa.string()),  # null where it is born
        ("previous_name", pa.string()),
        ("micro_genre_id", pa.string()),  # null where it is gone
        ("micro_genre_name", pa.string()),
        ("shared_films", pa.int32()),  # films in both
        ("share_of_previous", pa.float32()),  # of its films that both catalogues hold, 0 to 1
        ("share_of_new", pa.float32()),
        ("centroid_similarity", pa.float32()),  # cosine; null in another space
    ]
)

# The rows of the catalogue as they were read, by hash: what did not change is not cleaned again.
ROWS = pa.schema(
    [
        ("movie_id", pa.string()),
        ("row_hash", pa.uint64()),  # of all cells; not of the source's name or the row's number
        ("source", pa.string()),
        ("row", pa.int64()),
    ]
)

# How films lay when they were last mined afresh; kept by every update, for drift is against it.
BASELINE = pa.schema([("cluster", pa.int32()), ("similarity", pa.float32())])

# The language of each film's overview; null where it cannot be told.
LANGUAGES = pa.schema(
    [("movie_id", pa.string()), ("text_language", pa.string()), ("confidence", pa.float32())]
)

# Films that fit no micro-genre well, and which proposed micro-genre they would make up.
NOVEL = pa.schema(
    [
        ("movie_id", pa.string()),
        ("cluster", pa.int32()),  # where the film is for want of a better place
        ("similarity", pa.float32()),
        ("proposal", pa.int32()),  # number in the report's `novelty.proposals`, or null
    ]
)

# The drift figures of each update since the last mining, and what was decided.
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

# Films of each micro-genre in each release.
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

# Where the micro-genres lie on the map of films, and what places a film among them.
MAP = SPACE
