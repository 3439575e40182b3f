"""The schemas of what users say of films, and of the films that they say it of."""

from __future__ import annotations

import pyarrow as pa

__all__ = ["FILMS", "GENOME", "RATINGS", "RATING_REJECTS", "TAGS"]

# One row for each rating that holds, sorted by user, time and film; a user rates a film once.
RATINGS = pa.schema(
    [
        ("user_id", pa.int64()),
        ("film_id", pa.int64()),  # MovieLens's own
        ("rating", pa.float32()),  # 0.5 to 5 stars
        ("timestamp", pa.int64()),  # seconds since 1970, UTC
    ]
)

# One row for each row of a file that was not kept, and why.
RATING_REJECTS = pa.schema(
    [
        ("file", pa.string()),
        ("row", pa.int64()),  # 1-based data row; the header and blank lines are not counted
        ("reason", pa.string()),  # malformed_row, wrong_type, rating_out_of_range, ...
        ("detail", pa.string()),
    ]
)

# What MovieLens says of a film; `year` is read from its title.
FILMS = pa.schema(
    [
        ("film_id", pa.int64()),
        ("title", pa.string()),  # without the year
        ("year", pa.int32()),
        ("genres", pa.list_(pa.string())),
        ("imdb_id", pa.string()),  # tt0114709
        ("tmdb_id", pa.string()),  # 862: the `movie_id` of a catalogue from TMDB
    ]
)

TAGS = pa.schema(
    [
        ("user_id", pa.int64()),
        ("film_id", pa.int64()),
        ("tag", pa.string()),
        ("timestamp", pa.int64()),
    ]
)

# The tag genome: how much a tag fits a film.
GENOME = pa.schema(
    [("film_id", pa.int64()), ("tag_id", pa.int64()), ("relevance", pa.float32())]  # 0 to 1
)
