"""What there is to know of ratings before anything is learnt, in one pass over the partitions."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

import numpy as np
import pyarrow as pa

from pipeline.recommend.data.films import Films

__all__ = ["explore", "temporal"]

_STARS = np.arange(1, 11) / 2
_DAY = 86_400


def explore(partitions: Iterable[pa.Table], films: Films) -> dict[str, Any]:
    """Counts, sparsity, activity, bias, time and genres of RATINGS by partitions of users; JSON."""
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
        told = temporal(time)
        hours += np.bincount(told["hour"], minlength=24)
        days += np.bincount(told["weekday"], minlength=7)
    count = np.concatenate([np.zeros(0, np.int64), *activity])
    mean = np.concatenate([np.zeros(0), *means])
    total = int(stars.sum())
    rated = int((by_film > 0).sum())
    return {
        "ratings": total,
        "users": len(count),
        "films": len(films),
        "films_rated": rated,
        "films_linked": int(films.linked.sum()),
        "ratings_of_linked_films": float(by_film[films.linked].sum() / max(1, total)),
        "ratings_of_unknown_films": unknown,
        "density": total / max(1, len(count) * rated),
        "stars": {f"{s:g}": int(c) for s, c in zip(_STARS, stars[1:], strict=True)},
        "mean": float((stars * np.arange(11) / 2).sum() / max(1, total)),
        "per_user": _spread(count),
        "per_film": _spread(by_film[by_film > 0]),
        "share_of_busiest_tenth": {
            "users": _tenth(count),
            "films": _tenth(by_film[by_film > 0]),
        },
        "mean_of_a_user": _spread(mean),
        "mean_of_a_film": _spread(sum_film[by_film > 4] / by_film[by_film > 4]),
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
    }


def temporal(timestamps: np.ndarray) -> dict[str, np.ndarray]:
    """Hour (0 to 23), weekday (0 is Monday), month (1 to 12), year of each second, UTC; int64."""
    seconds = timestamps.astype("M8[s]")
    months = seconds.astype("M8[M]").astype(np.int64)
    return {
        "hour": timestamps // 3_600 % 24,
        "weekday": (timestamps // _DAY + 3) % 7,  # 1970-01-01 was a Thursday
        "month": months % 12 + 1,
        "year": 1970 + months // 12,
    }


def _spread(values: np.ndarray) -> dict[str, float]:
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


def _tenth(counts: np.ndarray) -> float:
    ordered = np.sort(counts)[::-1]
    return float(ordered[: max(1, len(ordered) // 10)].sum() / max(1, ordered.sum()))
