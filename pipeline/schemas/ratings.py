"""Schemas of ratings, tags, the tag genome, and the rated films."""

from __future__ import annotations

import pyarrow as pa

__all__ = ["FILMS", "GENOME", "RATINGS", "RATING_REJECTS", "TAGS"]

# Valid ratings, sorted by user, time and film; one rating per user and film.
RATINGS = pa.schema(
    [
        ("user_id", pa.int64()),
        ("film_id", pa.int64()),  # id in MovieLens
        ("rating", pa.float32()),  # 0.5 to 5 stars
        ("timestamp", pa.int64()),  # seconds since 1970, UTC
    ]
)

# Rejected rows of a file, with the reason.
RATING_REJECTS = pa.schema(
    [
        ("file", pa.string()),
        ("row", pa.int64()),  # number of the row, from 1, without header and blank lines
        ("reason", pa.string()),  # malformed_row, wrong_type, rating_out_of_range, ...
        ("detail", pa.string()),
    ]
)

# Films of MovieLens; `year` is read from the title.
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

# The tag genome: relevance of each tag for each film.
GENOME = pa.schema(
    [("film_id", pa.int64()), ("tag_id", pa.int64()), ("relevance", pa.float32())]  # 0 to 1
)
