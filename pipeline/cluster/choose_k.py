"""Choice of the number of micro-genres, by leaf size and stability.

Elbow and silhouette are reported beside it.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from itertools import pairwise
from typing import Any

from pipeline.cluster.scale import leaf_films
from pipeline.settings import ClusterSettings

__all__ = ["candidate_ks", "choose_k"]

_CANDIDATE_FACTORS = (1.0, 1.1, 1.2)  # of films / leaf_films: one of these is chosen
_CURVE_FACTORS = (0.25, 0.5, 0.75, 1.5)  # these are only points of the curve
_ELBOW_GAIN = 0.03
_CLEARLY = 0.05  # a larger k is chosen only if its stability is greater by this


def candidate_ks(films: int, settings: ClusterSettings) -> tuple[list[int], list[int]]:
    """Return the numbers of clusters to try.

    Parameters
    ----------
    films : int
        Number of training films.
    settings : ClusterSettings
        `k`, and `leaf_films` if `k` is "auto".

    Returns
    -------
    candidates : list of int
        The values that `choose_k` chooses from, ascending, each from 1 to `films`.
    curve : list of int
        The values on the curve, ascending; includes the candidates.

    Examples
    --------
    >>> candidate_ks(4_800, ClusterSettings(leaf_films=48))
    ([100, 110, 120], [25, 50, 75, 100, 110, 120, 150])
    """
    if settings.k != "auto":
        candidates = {min(settings.k, films)}
    else:
        candidates = {_scaled(films, factor, settings) for factor in _CANDIDATE_FACTORS}
    base = films / leaf_films(settings, films) if settings.k == "auto" else settings.k
    curve = {max(1, min(films, round(base * factor))) for factor in _CURVE_FACTORS}
    return sorted(candidates), sorted(candidates | curve)


def choose_k(
    curve: Sequence[Mapping[str, Any]],
    stability: Mapping[int, float],
    settings: ClusterSettings,
    errors: Mapping[int, float] | None = None,
) -> dict[str, Any]:
    """Choose the number of clusters, and report what the other rules would choose.

    Parameters
    ----------
    curve : sequence of mapping
        Rows of CURVE, in any order.
    stability : mapping of int to float
        Adjusted Rand index between two subsamples for each candidate k. Empty if the subsamples
        have no film in common.
    settings : ClusterSettings
        `k`, and `leaf_films` if `k` is "auto".
    errors : mapping of int to float, or None
        Standard errors of `stability`, where they are known.

    Returns
    -------
    dict
        "chosen" (int), "rule" (str, a noun phrase), "elbow" (int, or None if no relative gain is
        below 3 %),
        "best_silhouette_k" (int), "curve" (list of dict with "k", "clusters", "inertia",
        "relative_gain", "silhouette", "stability", and "stability_low" and "stability_high", the
        95 % interval, None where the error is not known).
    """
    rows: list[dict[str, Any]] = []
    for row in sorted(curve, key=lambda row: int(row["k"])):
        before = rows[-1]["inertia"] if rows else None
        gain = None if not before else (before - row["inertia"]) / before
        rows.append({**row, "relative_gain": gain, **_stability(row["k"], stability, errors or {})})
    elbow = next(
        (
            before["k"]
            for before, row in pairwise(rows)
            if row["relative_gain"] is not None and row["relative_gain"] < _ELBOW_GAIN
        ),
        None,
    )
    if settings.k != "auto":
        chosen, rule = min(settings.k, rows[-1]["k"]), "value of cluster.k"
    elif not stability:
        chosen = rows[0]["k"]
        rule = "smallest candidate: there are too few films to compare two samples"
    else:
        # small differences are chance: they would give another k for hardly different vectors
        chosen = min(stability)
        best_k = min(stability, key=lambda k: (-stability[k], k))
        if stability[best_k] >= stability[chosen] + _CLEARLY:
            chosen = best_k
        rule = "films per micro-genre aimed at, or a larger k that is clearly more stable"
    best = max(rows, key=lambda row: (row["silhouette"], -row["k"]))
    return {
        "chosen": int(chosen),
        "rule": rule,
        "elbow": elbow,
        "best_silhouette_k": int(best["k"]),
        "curve": rows,
    }


def _stability(
    k: int, stability: Mapping[int, float], errors: Mapping[int, float]
) -> dict[str, float | None]:
    value, error = stability.get(k), errors.get(k)
    if value is None or error is None:
        return {"stability": value, "stability_low": None, "stability_high": None}
    return {
        "stability": value,
        "stability_low": value - 1.96 * error,
        "stability_high": min(1.0, value + 1.96 * error),
    }


def _scaled(films: int, factor: float, settings: ClusterSettings) -> int:
    return max(1, min(films, round(films / leaf_films(settings, films) * factor)))
