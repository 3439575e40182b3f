"""How many micro-genres: by leaf size and stability; elbow and silhouette stand beside."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from itertools import pairwise
from typing import Any

from pipeline.settings import ClusterSettings

__all__ = ["candidate_ks", "choose_k"]

_CLOSE = (1.0, 1.1, 1.2)  # from these one is chosen
_WIDE = (0.25, 0.5, 0.75, 1.5)  # these only draw the curve
_ELBOW_GAIN = 0.03


def candidate_ks(films: int, settings: ClusterSettings) -> tuple[list[int], list[int]]:
    """(the k that may be chosen, the k on the curve), ascending, each at least 1."""
    if settings.k != "auto":
        close = {min(settings.k, films)}
    else:
        close = {_scaled(films, factor, settings) for factor in _CLOSE}
    base = films / settings.leaf_films if settings.k == "auto" else settings.k
    wide = {max(1, min(films, round(base * factor))) for factor in _WIDE}
    return sorted(close), sorted(close | wide)


def choose_k(
    curve: Sequence[Mapping[str, Any]], stability: Mapping[int, float], settings: ClusterSettings
) -> dict[str, Any]:
    """The k of the run, with what the other rules would have said.

    Parameters
    ----------
    curve : rows of CURVE, any order.
    stability : adjusted Rand index between two subsamples, for each k that may be chosen; empty
        where a handful of films left them none in common.

    Returns
    -------
    {"chosen", "rule", "elbow" (None when no gain is under 3 %), "best_silhouette_k",
     "curve": [{"k", "clusters", "inertia", "relative_gain", "silhouette", "stability"}]}
    """
    rows: list[dict[str, Any]] = []
    for row in sorted(curve, key=lambda row: int(row["k"])):
        before = rows[-1]["inertia"] if rows else None
        gain = None if not before else (before - row["inertia"]) / before
        rows.append({**row, "relative_gain": gain, "stability": stability.get(row["k"])})
    elbow = next(
        (
            before["k"]
            for before, row in pairwise(rows)
            if row["relative_gain"] is not None and row["relative_gain"] < _ELBOW_GAIN
        ),
        None,
    )
    if settings.k != "auto":
        chosen, rule = min(settings.k, rows[-1]["k"]), "as asked"
    elif not stability:
        chosen, rule = rows[0]["k"], "too few films to compare samples of them"
    else:
        # rounding keeps noise in the last digits from deciding; of equals the smaller k
        chosen = min(stability, key=lambda k: (-round(stability[k], 2), k))
        rule = f"most stable of those with about {settings.leaf_films} films each"
    best = max(rows, key=lambda row: (row["silhouette"], -row["k"]))
    return {
        "chosen": int(chosen),
        "rule": rule,
        "elbow": elbow,
        "best_silhouette_k": int(best["k"]),
        "curve": rows,
    }


def _scaled(films: int, factor: float, settings: ClusterSettings) -> int:
    return max(1, min(films, round(films / settings.leaf_films * factor)))
