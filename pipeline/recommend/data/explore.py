"""Descriptive statistics of ratings, before training, in one pass over the partitions."""

from __future__ import annotations

from collections.abc import Iterable
from typing import TypedDict

import numpy as np
import pyarrow as pa

from pipeline.recommend.data.films import Films

__all__ = ["GenreStatistics", "RatingStatistics", "calendar_fields", "explore"]

_STARS = np.arange(1, 11) / 2
_DAY = 86_400


class GenreStatistics(TypedDict):
    """Number of films and ratings of a genre, and the mean of its ratings in stars."""

    films: int
    ratings: int
    mean: float


class RatingStatistics(TypedDict):
    """Statistics of ratings; JSON.

    Attributes
    ----------
    ratings, users, films, films_rated, films_linked : int
        Counts; linked films are those that the release has.
    linked_by_id, linked_by_title : int
        Number of films that are linked by an id of TMDB or IMDb, and by title and year.
    ratings_of_linked_films : float
        Share of the ratings, 0 to 1.
    ratings_of_unknown_films : int
        Ratings of films that are not in the list of films.
    density : float
        Share of the pairs of a user and a rated film that have a rating, 0 to 1.
    stars : dict of str to int
        Number of ratings by stars, `0.5` to `5`.
    mean : float
        Mean rating in stars.
    per_user, per_film : dict of str to float
        Distribution of the number of ratings; of the films, those with a rating.
    share_of_busiest_tenth : dict of str to float
        Share of the ratings, 0 to 1, that the most active tenth of `users` and of `films` has.
    mean_of_a_user, mean_of_a_film : dict of str to float
        Distribution of the mean rating; of the films, those with 5 ratings or more.
    by_year : dict of str to int
        Number of ratings by calendar year, UTC.
    by_hour, by_weekday : list of int
        Number of ratings by hour (0 to 23, UTC) and weekday (0 is Monday).
    genres : dict of str to GenreStatistics
        By name of the genre.
    warnings : list of str
        Why texts and micro-genres of most ratings are unknown; empty without a release.
    """

    ratings: int
    users: int
    films: int
    films_rated: int
    films_linked: int
    linked_by_id: int
    linked_by_title: int
    ratings_of_linked_films: float
    ratings_of_unknown_films: int
    density: float
    stars: dict[str, int]
    mean: float
    per_user: dict[str, float]
    per_film: dict[str, float]
    share_of_busiest_tenth: dict[str, float]
    mean_of_a_user: dict[str, float]
    mean_of_a_film: dict[str, float]
    by_year: dict[str, int]
    by_hour: list[int]
    by_weekday: list[int]
    genres: dict[str, GenreStatistics]
    warnings: list[str]


def explore(partitions: Iterable[pa.Table], films: Films) -> RatingStatistics:
    """Compute statistics of ratings: counts, sparsity, activity, means, time and genres.

    Parameters
    ----------
    partitions : iterable of pa.Table of RATINGS
        Each user is in one partition only.
    films : Films
        Films that may be rated.
    """
    stars = np.zeros(11, np.int64)
    by_film, sum_film = np.zeros(len(films), np.int64), np.zeros(len(films))
    activity, means, years = [], [], np.zeros(300, np.int64)
    hours, days = np.zeros(24, np.int64), np.zeros(7, np.int64)
    unknown = 0
    for table in partitions:
        user, film, rating, time = (table.column(n).to_numpy() for n in table.column_names)
        stars += np.bincount((rating * 2).astype(int), minlength=11)
        at = films.row_of(film)
        unknown += int((at < 0).sum())
        by_film += np.bincount(at[at >= 0], minlength=len(films))
        sum_film += np.bincount(at[at >= 0], rating[at >= 0], len(films))
        users, counts = np.unique(user, return_counts=True)
        activity.append(counts)
        means.append(np.bincount(np.searchsorted(users, user), rating) / np.maximum(counts, 1))
        years += np.bincount(time.astype("M8[s]").astype("M8[Y]").astype(int), minlength=300)[:300]
        calendar = calendar_fields(time)
        hours += np.bincount(calendar["hour"], minlength=24)
        days += np.bincount(calendar["weekday"], minlength=7)
    count = np.concatenate([np.zeros(0, np.int64), *activity])
    mean = np.concatenate([np.zeros(0), *means])
    total = int(stars.sum())
    rated = int((by_film > 0).sum())
    share_linked = float(by_film[films.linked].sum() / max(1, total))
    linking = films.linking
    return {
        "ratings": total,
        "users": len(count),
        "films": len(films),
        "films_rated": rated,
        "films_linked": int(films.linked.sum()),
        "linked_by_id": 0 if linking is None else linking.by_id,
        "linked_by_title": 0 if linking is None else linking.by_title,
        "ratings_of_linked_films": share_linked,
        "ratings_of_unknown_films": unknown,
        "density": total / max(1, len(count) * rated),
        "stars": {f"{s:g}": int(c) for s, c in zip(_STARS, stars[1:], strict=True)},
        "mean": float((stars * np.arange(11) / 2).sum() / max(1, total)),
        "per_user": _describe(count),
        "per_film": _describe(by_film[by_film > 0]),
        "share_of_busiest_tenth": {
            "users": _share_of_top_tenth(count),
            "films": _share_of_top_tenth(by_film[by_film > 0]),
        },
        "mean_of_a_user": _describe(mean),
        "mean_of_a_film": _describe(sum_film[by_film > 4] / by_film[by_film > 4]),
        "by_year": {str(1970 + y): int(c) for y, c in enumerate(years) if c},
        "by_hour": hours.tolist(),
        "by_weekday": days.tolist(),
        "genres": {
            name: {
                "films": int(films.genres[:, g].sum()),
                "ratings": int(by_film @ films.genres[:, g]),
                "mean": float(
                    sum_film @ films.genres[:, g] / max(1.0, by_film @ films.genres[:, g])
                ),
            }
            for g, name in enumerate(films.genre_names)
        },
        "warnings": [] if linking is None else linking.warnings(share_linked),
    }


def calendar_fields(timestamps: np.ndarray) -> dict[str, np.ndarray]:
    """Return the calendar fields of moments, in UTC.

    Parameters
    ----------
    timestamps : ndarray of shape (n,), int64
        Seconds since 1970.

    Returns
    -------
    dict of str to ndarray of shape (n,), int64
        `hour` (0 to 23), `weekday` (0 is Monday), `month` (1 to 12) and `year`.

    Examples
    --------
    >>> fields = calendar_fields(np.array([1_461_801_600]))  # Thursday 2016-04-28, 00:00
    >>> {name: int(values[0]) for name, values in fields.items()}
    {'hour': 0, 'weekday': 3, 'month': 4, 'year': 2016}
    """
    seconds = timestamps.astype("M8[s]")
    months = seconds.astype("M8[M]").astype(np.int64)
    return {
        "hour": timestamps // 3_600 % 24,
        "weekday": (timestamps // _DAY + 3) % 7,  # 1970-01-01 was a Thursday
        "month": months % 12 + 1,
        "year": 1970 + months // 12,
    }


def _describe(values: np.ndarray) -> dict[str, float]:
    if not len(values):
        return {}
    low, middle, high, top = np.quantile(values, (0.1, 0.5, 0.9, 0.99))
    return {
        "least": float(values.min()),
        "p10": float(low),
        "median": float(middle),
        "mean": float(values.mean()),
        "p90": float(high),
        "p99": float(top),
        "most": float(values.max()),
    }


def _share_of_top_tenth(counts: np.ndarray) -> float:
    ordered = np.sort(counts)[::-1]
    return float(ordered[: max(1, len(ordered) // 10)].sum() / max(1, ordered.sum()))
