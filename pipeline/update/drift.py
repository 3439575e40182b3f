"""Drift: how far a catalogue is from its last mining, and whether another mining is due."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from pipeline.features.text import normalize_keyword
from pipeline.schemas.lineage import DRIFT
from pipeline.settings import DriftSettings

__all__ = ["Drift", "compute_drift", "drift_table", "keyword_uses", "ks_distance", "psi"]

_BINS = 10
_MIN_SHARE = 1e-4  # share that an empty bin counts as
_LISTED = 5  # micro-genres listed in the report


@dataclass(frozen=True)
class Drift:
    """Drift figures of one update.

    Attributes
    ----------
    figures, thresholds : dict of str to float
        The value and the threshold of each figure, by name.
    past : list of str
        Figures that have reached their threshold.
    grown : list of dict
        The micro-genres whose share of the films changed most.
    """

    figures: dict[str, float]
    thresholds: dict[str, float]
    past: list[str]
    grown: list[dict[str, Any]]

    @property
    def due(self) -> bool:
        """Whether another mining is due."""
        return bool(self.past)


def compute_drift(
    baseline: pa.Table,
    clusters: np.ndarray,
    similarity: np.ndarray,
    means: np.ndarray,
    centroids: np.ndarray,
    uses: Mapping[str, Mapping[str, int]],
    novelty: Mapping[str, float],
    settings: DriftSettings,
) -> Drift:
    """Compare a release with its last mining.

    Parameters
    ----------
    baseline : pa.Table
        BASELINE: cluster and similarity of the films when they were mined.
    clusters : ndarray of shape (n_films,), integer
        The cluster of each film now.
    similarity : ndarray of shape (n_films,), float32
        Cosine of each film to its centroid now, -1 to 1.
    means : ndarray of shape (k, dim), float64
        Unit mean of the points of each cluster now; zero for a cluster without films.
    centroids : ndarray of shape (k, dim), float32
        Centroids of the mining, unit vectors.
    uses : Mapping of str to Mapping of str to int
        `keyword_uses` of the mining ("mined") and of now ("now").
    novelty : Mapping of str to float
        "novel", the share of films that fit no micro-genre well, 0 to 1; and "proposals", the
        number of micro-genres proposed for them.
    settings : DriftSettings
        The threshold of each figure.
    """
    k = len(centroids)
    mined = baseline.column("similarity").to_numpy()
    sizes_mined, sizes_now = (
        np.bincount(labels, minlength=k)
        for labels in (baseline.column("cluster").to_numpy(), clusters)
    )
    share_mined, share_now = (sizes / max(1, sizes.sum()) for sizes in (sizes_mined, sizes_now))
    shift = 1 - np.einsum("kd,kd->k", means.astype(np.float64), centroids.astype(np.float64))
    figures = {
        "ks": ks_distance(mined, similarity),
        "psi": psi(mined, similarity),
        "vocabulary": max(0.0, _unknown_share(uses["now"]) - _unknown_share(uses["mined"])),
        "centroid_shift": float((shift * share_now).sum()),
        "growth": float(np.abs(share_now - share_mined).sum() / 2),
        "novel": float(novelty["novel"]),
        "proposals": float(novelty["proposals"]),
    }
    thresholds = {name: float(value) for name, value in settings.model_dump().items()}
    moved = sorted(range(k), key=lambda c: (-abs(share_now[c] - share_mined[c]), c))[:_LISTED]
    grown = [
        {
            "cluster": c,
            "films_mined": int(sizes_mined[c]),
            "films": int(sizes_now[c]),
            "centroid_shift": float(shift[c]) if sizes_now[c] else None,
        }
        for c in moved
        if sizes_now[c] != sizes_mined[c]
    ]
    past = [name for name, value in figures.items() if value >= thresholds[name]]
    return Drift(figures, thresholds, past, grown)


def drift_table(drift: Drift, generation: int, parent: str, decision: str) -> pa.Table:
    """Return DRIFT of one update.

    Parameters
    ----------
    drift : Drift
        Figures of the update.
    generation : int
        Generation of the new release.
    parent : str
        Id of the release that was updated.
    decision : str
        What followed: "none", "mining due" or "mining started".
    """
    rows = [
        {
            "generation": generation,
            "parent": parent,
            "figure": name,
            "value": value,
            "threshold": drift.thresholds[name],
            "past": name in drift.past,
            "decision": decision,
        }
        for name, value in drift.figures.items()
    ]
    return pa.Table.from_pylist(rows, DRIFT)


def keyword_uses(movies: Iterable[pa.Table], vocabulary: pa.Table) -> dict[str, int]:
    """Count how often films carry a keyword, and how often the vocabulary lacks it.

    Parameters
    ----------
    movies : iterable of pa.Table
        Tables with the column keywords.
    vocabulary : pa.Table
        VOCABULARY.

    Returns
    -------
    dict of str to int
        `all` uses of keywords, and the `unknown` ones among them.

    Examples
    --------
    >>> movies = pa.table({"keywords": [["Spy", "sea"], ["spy"], None]})
    >>> keyword_uses([movies], pa.table({"keyword": ["spy"]}))
    {'all': 3, 'unknown': 1}
    """
    known = set(vocabulary.column("keyword").to_pylist())
    total = unknown = 0
    for part in movies:
        counts = pc.value_counts(pc.list_flatten(part.column("keywords")).drop_null())
        for keyword, count in zip(
            counts.field("values").to_pylist(), counts.field("counts").to_pylist(), strict=True
        ):
            total += count
            unknown += 0 if normalize_keyword(keyword) in known else count
    return {"all": total, "unknown": unknown}


def ks_distance(mined: np.ndarray, now: np.ndarray) -> float:
    """Return the largest distance between two empirical distributions, 0 to 1.

    Parameters
    ----------
    mined, now : ndarray of shape (n,), float
        Two samples, of equal length or not. The distance to an empty sample is 0.

    Notes
    -----
    The statistic of the two-sample Kolmogorov-Smirnov test (`scipy.stats.ks_2samp`).

    Examples
    --------
    >>> ks_distance(np.array([0.1, 0.2, 0.3, 0.4]), np.array([0.3, 0.4, 0.5, 0.6]))
    0.5
    """
    from scipy.stats import ks_2samp  # slow to import, and not every command needs it

    if not len(mined) or not len(now):
        return 0.0
    return float(ks_2samp(mined, now, method="asymp").statistic)


def psi(mined: np.ndarray, now: np.ndarray) -> float:
    """Return the population stability index over the deciles of the first sample.

    0 means equal distributions; 0.1 and more is a visible change.

    Parameters
    ----------
    mined, now : ndarray of shape (n,), float
        Two samples, of equal length or not. The index with an empty sample is 0.
    """
    if not len(mined) or not len(now):
        return 0.0
    edges = np.unique(np.quantile(mined, np.linspace(0, 1, _BINS + 1)[1:-1]))
    shares = [
        np.bincount(np.searchsorted(edges, sample, side="right"), minlength=len(edges) + 1)
        / len(sample)
        for sample in (mined, now)
    ]
    before, after = (np.maximum(share, _MIN_SHARE) for share in shares)
    return float(((after - before) * np.log(after / before)).sum())


def _unknown_share(uses: Mapping[str, int]) -> float:
    return uses["unknown"] / max(1, uses["all"])
