"""Synthetic ratings in the layout of MovieLens 25M, of any size, written in constant memory.

Activity of users and popularity of films follow power laws. Films and users have random facets; a
rating depends on both, and the taste of a user drifts over the years. The tag genome follows the
facets of the films. No real person is in the data.
"""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.csv as pcsv

from pipeline.errors import SettingsError

__all__ = ["GENRES", "Size", "generate"]

GENRES = (
    "Action",
    "Adventure",
    "Animation",
    "Children",
    "Comedy",
    "Crime",
    "Documentary",
    "Drama",
    "Fantasy",
    "Film-Noir",
    "Horror",
    "IMAX",
    "Musical",
    "Mystery",
    "Romance",
    "Sci-Fi",
    "Thriller",
    "War",
    "Western",
)
_FACETS = 16  # dimensions of films and tastes
_FIRST, _LAST = 820_454_400, 1_574_294_400  # 1996 to November 2019, as in MovieLens 25M
_YEAR = 31_556_952
_BLOCK_USERS = 2_000
_FEWEST, _MOST, _POWER = 20, 9_000, 0.87  # ratings per user: bounds, and exponent of the power law


@dataclass(frozen=True)
class Size:
    """How much data to generate.

    Attributes
    ----------
    ratings : int
        Number of ratings.
    films : int
        Number of films.
    tag_films : int
        Number of films with genome scores.
    tags : int
        Number of tags that each of these has a score for.
    """

    ratings: int
    films: int
    tag_films: int
    tags: int = 1_128

    @classmethod
    def of(cls, ratings: int) -> Size:
        """Return the size in proportion to MovieLens 25M.

        Raises
        ------
        SettingsError
            If there are fewer than 1,000 ratings.

        Examples
        --------
        >>> Size.of(250_000)
        Size(ratings=250000, films=6242, tag_films=1382, tags=1128)
        """
        if ratings < 1_000:
            raise SettingsError(f"--ratings {ratings}: generate at least 1,000")
        share = min(1.0, ratings / 25_000_000) ** 0.5
        films = max(200, round(62_423 * share))
        return cls(ratings, films, max(50, round(13_816 * share)))


class _Films:
    """Properties of the films, drawn once; small compared with the ratings."""

    def __init__(self, size: Size, seed: int) -> None:
        rng = np.random.default_rng([seed, 0])
        self.ids = np.sort(rng.choice(np.arange(1, size.films * 4), size.films, replace=False))
        self.facets = rng.normal(0, 1, (size.films, _FACETS)).astype(np.float32)
        self.year = np.clip(2019 - rng.exponential(17, size.films), 1902, 2019).astype(np.int64)
        self.bias = rng.normal(0, 0.42, size.films).astype(np.float32)
        weights = (np.arange(size.films) + 8.0) ** -1.05
        self.reach = np.cumsum(rng.permutation(weights / weights.sum()))
        likely = self.facets @ rng.normal(0, 1, (_FACETS, len(GENRES)))
        self.genres = likely > np.quantile(likely, 0.88, axis=1, keepdims=True)


def generate(folder: Path, size: Size, seed: int = 2026) -> int:
    """Write the files of MovieLens 25M; the same size and seed give the same bytes.

    Parameters
    ----------
    folder : Path
        Created if it does not exist.
    size : Size
        How much data to generate.
    seed : int
        Seed of the random generator.

    Returns
    -------
    int
        Number of users.

    Raises
    ------
    FileExistsError
        If the folder has ratings already.
    """
    folder.mkdir(parents=True, exist_ok=True)
    films = _Films(size, seed)
    users = _write_ratings(folder, films, size, seed)
    _write_films(folder, films, size, seed)
    _write_genome(folder, films, size, seed)
    return users


def _write_ratings(folder: Path, films: _Films, size: Size, seed: int) -> int:
    left, block, users = size.ratings, 0, 0
    schema = pa.schema(
        [
            ("userId", pa.int64()),
            ("movieId", pa.int64()),
            ("rating", pa.float64()),
            ("timestamp", pa.int64()),
        ]
    )
    with (
        open(folder / "ratings.csv", "xb") as handle,
        pcsv.CSVWriter(
            handle, schema, write_options=pcsv.WriteOptions(quoting_style="none")
        ) as writer,
    ):
        while left:
            user, film, rating, time = _block(films, block, seed)
            user, film, rating, time = (a[:left] for a in (user, film, rating, time))
            left, block, users = left - len(user), block + 1, int(user[-1])
            writer.write_table(pa.table([user, films.ids[film], rating, time], schema=schema))
    return users


def _block(films: _Films, block: int, seed: int) -> tuple[np.ndarray, ...]:
    """Return the ratings of a block of users, by user and film: user, film row, stars, second."""
    rng = np.random.default_rng([seed, 1, block])
    count = np.minimum(_FEWEST * rng.random(_BLOCK_USERS) ** (-1 / _POWER), _MOST).astype(int)
    rows = np.repeat(
        np.arange(_BLOCK_USERS), (count * 2 + 8).astype(int)
    )  # spare rows: some are dropped
    first = rng.integers(_FIRST, _LAST - _YEAR, _BLOCK_USERS)
    active = np.where(rng.random(_BLOCK_USERS) < 0.25, rng.exponential(2 * _YEAR, _BLOCK_USERS), 0)
    time = first[rows] + (rng.random(len(rows)) * (3_600 + active[rows])).astype(np.int64)
    time = np.minimum(time, _LAST)
    film = np.minimum(np.searchsorted(films.reach, rng.random(len(rows))), len(films.ids) - 1)
    released = films.year[film] <= 1970 + time // _YEAR
    key = rows * np.int64(len(films.ids)) + film
    _, distinct = np.unique(np.where(released, key, -1), return_index=True)
    distinct = distinct[released[distinct]]
    rows, film, time = rows[distinct], film[distinct], time[distinct]
    start = np.searchsorted(rows, np.arange(_BLOCK_USERS))
    order = np.argsort(rng.random(len(rows)) + rows)  # decides which films of a user stay
    keep = np.zeros(len(rows), bool)
    keep[order] = (np.arange(len(rows)) - start[rows[order]]) < count[rows[order]]
    rows, film, time = rows[keep], film[keep], time[keep]
    taste = rng.normal(0, 0.17, (_BLOCK_USERS, _FACETS)).astype(np.float32)
    change = rng.normal(0, 0.05, (_BLOCK_USERS, _FACETS)).astype(np.float32)  # per year
    years = ((time - first[rows]) / _YEAR).astype(np.float32)
    current = taste[rows] + change[rows] * years[:, None]
    stars = (
        3.53
        + rng.normal(0, 0.4, _BLOCK_USERS)[rows]
        + films.bias[film]
        + (current * films.facets[film]).sum(1)
        + rng.normal(0, 0.72, len(rows))
    )
    return block * _BLOCK_USERS + rows + 1, film, np.clip(np.round(stars * 2) / 2, 0.5, 5), time


def _write_films(folder: Path, films: _Films, size: Size, seed: int) -> None:
    listed = ["|".join(np.array(GENRES)[row]) or "(no genres listed)" for row in films.genres]
    titles = [f"Film {i} ({y})" for i, y in zip(films.ids, films.year, strict=True)]
    _csv(folder / "movies.csv", {"movieId": films.ids, "title": titles, "genres": listed})
    imdb = [f"{9_000_000 + i:07d}" for i in films.ids]
    _csv(
        folder / "links.csv",
        {"movieId": films.ids, "imdbId": imdb, "tmdbId": films.ids + 10_000_000},
    )
    rng = np.random.default_rng([seed, 2])
    tags = max(10, size.ratings // 23)  # as many per rating as in MovieLens 25M
    rows = np.sort(rng.integers(0, size.films, min(tags, 1_100_000)))
    _csv(
        folder / "tags.csv",
        {
            "userId": rng.integers(1, 1 + max(1, size.ratings // 150), len(rows)),
            "movieId": films.ids[rows],
            "tag": [f"tag {number}" for number in rng.zipf(1.3, len(rows)) % 5_000],
            "timestamp": rng.integers(_FIRST, _LAST, len(rows)),
        },
    )


def _write_genome(folder: Path, films: _Films, size: Size, seed: int) -> None:
    rng = np.random.default_rng([seed, 3])
    ids = np.arange(1, size.tags + 1)
    _csv(folder / "genome-tags.csv", {"tagId": ids, "tag": [f"tag {i}" for i in ids]})
    meaning = rng.normal(0, 1, (_FACETS, size.tags)).astype(np.float32)
    chosen = np.sort(np.random.default_rng([seed, 4]).permutation(size.films)[: size.tag_films])
    schema = pa.schema(
        [("movieId", pa.int64()), ("tagId", pa.int64()), ("relevance", pa.float64())]
    )
    with (
        open(folder / "genome-scores.csv", "xb") as handle,
        pcsv.CSVWriter(
            handle, schema, write_options=pcsv.WriteOptions(quoting_style="none")
        ) as writer,
    ):
        for start in range(0, len(chosen), 500):
            rows = chosen[start : start + 500]
            logits = films.facets[rows] @ meaning - 4 + rng.normal(0, 1, (len(rows), size.tags))
            relevance = np.round(1 / (1 + np.exp(-0.6 * logits)), 5)
            columns = [
                np.repeat(films.ids[rows], size.tags),
                np.tile(ids, len(rows)),
                relevance.ravel(),
            ]
            writer.write_table(pa.table(columns, schema=schema))


def _csv(path: Path, columns: dict[str, object]) -> None:
    with open(path, "xb") as handle:
        pcsv.write_csv(
            pa.table(columns), handle, write_options=pcsv.WriteOptions(quoting_style="needed")
        )
