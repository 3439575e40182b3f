"""A folder of MovieLens: ratings, films, links, tags and tag genome, in all its layouts.

25M, 32M, latest and latest-small are CSV files with headers; 1M and 10M are `::` files without
header. Ratings are read in chunks, so memory does not depend on their number.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from pipeline.errors import SourceError
from pipeline.schemas.ratings import FILMS, GENOME, RATING_REJECTS, RATINGS, TAGS
from pipeline.sources.movielens.rows import RatingRows, read_rows

__all__ = ["RATING_COLUMNS", "MovieLens", "check_ratings"]

_LAST_SECOND = 4_102_444_800  # 2100-01-01
_NO_GENRES = "(no genres listed)"
_YEAR = re.compile(r"\s*\((\d{4})(?:\s*[-\u2013]\s*\d{0,4})?\)\s*$")
RATING_COLUMNS = {
    "userId": "user_id",
    "movieId": "film_id",
    "rating": "rating",
    "timestamp": "timestamp",
}
_FILM_CELLS = pa.schema([("film_id", pa.int64()), ("title", pa.string()), ("genres", pa.string())])
_LINK_CELLS = pa.schema([("film_id", pa.int64()), ("imdb", pa.string()), ("tmdb", pa.string())])


class MovieLens:
    """One folder of MovieLens.

    Parameters
    ----------
    folder : Path
        Folder that the MovieLens archive unpacks to.

    Raises
    ------
    SourceError
        If the folder has neither `ratings.csv` nor `ratings.dat`.
    """

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.double_colon = not (folder / "ratings.csv").is_file()
        self.ratings_file = folder / ("ratings.dat" if self.double_colon else "ratings.csv")
        if not self.ratings_file.is_file():
            raise SourceError(
                f"{folder}: has neither ratings.csv nor ratings.dat; give the folder that the "
                "MovieLens archive unpacks to"
            )

    def ratings(self) -> Iterator[RatingRows]:
        """Yield the valid ratings (RATINGS with `row`) and the rejects, in chunks."""
        for chunk in read_rows(
            self.ratings_file, RATING_COLUMNS, RATINGS, double_colon=self.double_colon
        ):
            yield check_ratings(chunk, self.ratings_file.name)

    def films(self) -> tuple[pa.Table, pa.Table]:
        """Return the films (FILMS, sorted by `film_id`) and the rejects (RATING_REJECTS)."""
        path = self.folder / ("movies.dat" if self.double_colon else "movies.csv")
        names = {"movieId": "film_id", "title": "title", "genres": "genres"}
        chunks = list(read_rows(path, names, _FILM_CELLS, double_colon=self.double_colon))
        rejects = pa.concat_tables([RATING_REJECTS.empty_table(), *(c.rejects for c in chunks)])
        links = self._links()
        rows = {}
        for row in (row for chunk in chunks for row in chunk.good.to_pylist()):
            title, year = _split_year(row["title"])
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
        links = {}
        for chunk in read_rows(path, names, _LINK_CELLS):
            for row in chunk.good.to_pylist():
                imdb = f"tt{row['imdb'].zfill(7)}" if row["imdb"].isdigit() else None
                tmdb = row["tmdb"].removesuffix(".0")
                links[row["film_id"]] = (imdb, tmdb if tmdb.isdigit() else None)
        return links

    def tags(self) -> pa.Table:
        """Return the tags (TAGS); no rows if the layout has none."""
        path = self.folder / "tags.csv"
        if not path.is_file():
            return TAGS.empty_table()
        names = {"userId": "user_id", "movieId": "film_id", "tag": "tag", "timestamp": "timestamp"}
        parts = [chunk.good.select(TAGS.names) for chunk in read_rows(path, names, TAGS)]
        return pa.concat_tables([TAGS.empty_table(), *parts])

    @property
    def has_genome(self) -> bool:
        """Whether the folder has a tag genome."""
        return (self.folder / "genome-scores.csv").is_file()

    def genome(self) -> Iterator[pa.Table]:
        """Yield the tag genome (GENOME) in chunks; relevances above 1 are left out."""
        names = {"movieId": "film_id", "tagId": "tag_id", "relevance": "relevance"}
        for chunk in read_rows(self.folder / "genome-scores.csv", names, GENOME):
            scores = chunk.good.select(GENOME.names)
            yield scores.filter(pc.less_equal(scores["relevance"], 1.0))


def _split_year(text: str) -> tuple[str, int | None]:
    """Return the title and year of a text such as `Seven (1995)`; None if it has no year."""
    match = _YEAR.search(text)
    if match is None:
        return text.strip(), None
    return text[: match.start()].strip() or text.strip(), int(match.group(1))


def check_ratings(chunk: RatingRows, name: str) -> RatingRows:
    """Move ratings with an impossible value or time to the rejects.

    Parameters
    ----------
    chunk : RatingRows
        Rows of RATINGS.
    name : str
        Name of the file.

    Returns
    -------
    RatingRows
        Reason `rating_out_of_range` is a rating outside 0.5 to 5 stars; `impossible_time` is a
        timestamp outside 1970 to 2100.
    """
    good = chunk.good
    rating, time = (good.column(c).to_numpy() for c in ("rating", "timestamp"))
    bounds = {
        "rating_out_of_range": ~((rating >= 0.5) & (rating <= 5.0)),
        "impossible_time": (time <= 0) | (time >= _LAST_SECOND),
    }
    bad = np.zeros(len(rating), bool)
    rejects = [chunk.rejects]
    for (reason, out), value in zip(bounds.items(), (rating, time), strict=True):
        rows = np.flatnonzero(out & ~bad)
        bad |= out
        if len(rows):
            columns = [
                [name] * len(rows),
                good.column("row").to_numpy()[rows],
                [reason] * len(rows),
                [f"{float(value[i]):g}" for i in rows],
            ]
            rejects.append(pa.table(columns, schema=RATING_REJECTS))
    valid = good.filter(pa.array(~bad)) if bad.any() else good
    return RatingRows(valid, pa.concat_tables(rejects))
