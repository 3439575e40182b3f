"""A folder of MovieLens: ratings, films, links, tags and tag genome, in all its layouts.

25M and 32M, latest and latest-small are CSV files with headers; 1M and 10M are `::` files without.
The rows of ratings come in chunks, so memory does not depend on their number.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from pathlib import Path
from types import MappingProxyType

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from pipeline.errors import SourceError
from pipeline.schemas.ratings import FILMS, GENOME, RATING_REJECTS, RATINGS, TAGS
from pipeline.sources.movielens.rows import RatingRows, read_rows

__all__ = ["LAST_SECOND", "RATING_NAMES", "REASONS", "MovieLens", "judged"]

# Why a row is not kept: one line of explanation and advice each.
REASONS: Mapping[str, str] = MappingProxyType(
    {
        "malformed_row": "The line has another number of cells than the header; look for an "
        "unescaped separator or a line that was cut.",
        "wrong_type": "A cell is no number where one is due; correct the cell.",
        "rating_out_of_range": "A rating lies outside 0.5 to 5 stars.",
        "impossible_time": "A timestamp is not in seconds between 1970 and 2100.",
        "rated_again": "The same user rates the same film later too; the last rating counts.",
    }
)
LAST_SECOND = 4_102_444_800  # 2100-01-01
_NO_GENRES = "(no genres listed)"
_YEAR = re.compile(r"\s*\((\d{4})(?:\s*[-\u2013]\s*\d{0,4})?\)\s*$")
RATING_NAMES = {
    "userId": "user_id",
    "movieId": "film_id",
    "rating": "rating",
    "timestamp": "timestamp",
}
_FILM_CELLS = pa.schema([("film_id", pa.int64()), ("title", pa.string()), ("genres", pa.string())])
_LINK_CELLS = pa.schema([("film_id", pa.int64()), ("imdb", pa.string()), ("tmdb", pa.string())])


class MovieLens:
    """One folder of MovieLens.

    Raises
    ------
    SourceError
        when the folder holds neither `ratings.csv` nor `ratings.dat`.
    """

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.dotted = not (folder / "ratings.csv").is_file()
        self.ratings_file = folder / ("ratings.dat" if self.dotted else "ratings.csv")
        if not self.ratings_file.is_file():
            raise SourceError(
                f"{folder}: holds neither ratings.csv nor ratings.dat; give the folder that the "
                "MovieLens archive unpacks to"
            )

    def ratings(self) -> Iterator[RatingRows]:
        """Ratings within bounds (RATINGS and `row`) and rejects, chunk by chunk of the file."""
        for chunk in read_rows(self.ratings_file, RATING_NAMES, RATINGS, double_colon=self.dotted):
            yield judged(chunk, self.ratings_file.name)

    def films(self) -> tuple[pa.Table, pa.Table]:
        """FILMS, sorted by `film_id`, and the rows that are none (RATING_REJECTS)."""
        path = self.folder / ("movies.dat" if self.dotted else "movies.csv")
        names = {"movieId": "film_id", "title": "title", "genres": "genres"}
        chunks = list(read_rows(path, names, _FILM_CELLS, double_colon=self.dotted))
        rejects = pa.concat_tables([RATING_REJECTS.empty_table(), *(c.rejects for c in chunks)])
        links = self._links()
        rows = {}
        for row in (row for chunk in chunks for row in chunk.good.to_pylist()):
            title, year = titled(row["title"])
            genres = [g for g in row["genres"].split("|") if g and g != _NO_GENRES]
            imdb, tmdb = links.get(row["film_id"], (None, None))
            rows[row["film_id"]] = {
                "film_id": row["film_id"],
                "title": title,
                "year": year,
                "genres": genres,
                "imdb_id": imdb,
                "tmdb_id": tmdb,
            }
        return pa.Table.from_pylist([rows[key] for key in sorted(rows)], FILMS), rejects

    def _links(self) -> dict[int, tuple[str | None, str | None]]:
        path = self.folder / "links.csv"
        if not path.is_file():
            return {}
        names = {"movieId": "film_id", "imdbId": "imdb", "tmdbId": "tmdb"}
        found = {}
        for chunk in read_rows(path, names, _LINK_CELLS):
            for row in chunk.good.to_pylist():
                imdb = f"tt{row['imdb'].zfill(7)}" if row["imdb"].isdigit() else None
                tmdb = row["tmdb"].removesuffix(".0")
                found[row["film_id"]] = (imdb, tmdb if tmdb.isdigit() else None)
        return found

    def tags(self) -> pa.Table:
        """TAGS; none where the layout has none."""
        path = self.folder / "tags.csv"
        if not path.is_file():
            return TAGS.empty_table()
        names = {"userId": "user_id", "movieId": "film_id", "tag": "tag", "timestamp": "timestamp"}
        parts = [chunk.good.select(TAGS.names) for chunk in read_rows(path, names, TAGS)]
        return pa.concat_tables([TAGS.empty_table(), *parts])

    @property
    def has_genome(self) -> bool:
        """Whether there are genome scores."""
        return (self.folder / "genome-scores.csv").is_file()

    def genome(self) -> Iterator[pa.Table]:
        """GENOME, chunk by chunk; relevances outside 0 to 1 are left out."""
        names = {"movieId": "film_id", "tagId": "tag_id", "relevance": "relevance"}
        for chunk in read_rows(self.folder / "genome-scores.csv", names, GENOME):
            found = chunk.good.select(GENOME.names)
            yield found.filter(pc.less_equal(found["relevance"], 1.0))

    def genome_tags(self) -> dict[int, str]:
        """The names of the genome's tags by id."""
        schema = pa.schema([("tag_id", pa.int64()), ("tag", pa.string())])
        names = {"tagId": "tag_id", "tag": "tag"}
        chunks = read_rows(self.folder / "genome-tags.csv", names, schema)
        return {r["tag_id"]: r["tag"] for chunk in chunks for r in chunk.good.to_pylist()}


def titled(text: str) -> tuple[str, int | None]:
    """A title of MovieLens without its year, and the year; `Seven (1995)` and the like."""
    found = _YEAR.search(text)
    if found is None:
        return text.strip(), None
    return text[: found.start()].strip() or text.strip(), int(found.group(1))


def judged(chunk: RatingRows, name: str) -> RatingRows:
    """The same rows, with ratings and times out of bounds among the rejects."""
    good = chunk.good
    rating, time = (good.column(c).to_numpy() for c in ("rating", "timestamp"))
    bounds = {
        "rating_out_of_range": ~((rating >= 0.5) & (rating <= 5.0)),
        "impossible_time": (time <= 0) | (time >= LAST_SECOND),
    }
    bad = np.zeros(len(rating), bool)
    rejects = [chunk.rejects]
    for (reason, out), value in zip(bounds.items(), (rating, time), strict=True):
        fresh = np.flatnonzero(out & ~bad)
        bad |= out
        if len(fresh):
            columns = [
                [name] * len(fresh),
                good.column("row").to_numpy()[fresh],
                [reason] * len(fresh),
                [f"{float(value[i]):g}" for i in fresh],
            ]
            rejects.append(pa.table(columns, schema=RATING_REJECTS))
    kept = good.filter(pa.array(~bad)) if bad.any() else good
    return RatingRows(kept, pa.concat_tables(rejects))
