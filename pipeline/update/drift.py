"""How far a catalogue has drifted from its last mining, and whether another one is due."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from pipeline.features.text import normal_keyword
from pipeline.schemas.lineage import DRIFT
from pipeline.settings import DriftSettings

__all__ = ["Drifted", "drift_rows", "drifted", "keyword_uses", "ks_distance", "psi"]

_BINS = 10
_LEAST = 1e-4  # share that an empty bin counts as
_LISTED = 5


@dataclass(frozen=True)
class Drifted:
    """Drift figures.

    Attributes
    ----------
    figures : by name, each beside its threshold in `thresholds`.
    past : the figures that are past their threshold.
    grown : the micro-genres whose share of the films changed most.
    """

    figures: dict[str, float]
    thresholds: dict[str, float]
    past: list[str]
    grown: list[dict[str, Any]]

    @property
    def due(self) -> bool:
        """Whether another mining is due."""
        return bool(self.past)


def drifted(
    baseline: pa.Table,
    clusters: np.ndarray,
    similarity: np.ndarray,
    means: np.ndarray,
    centroids: np.ndarray,
    uses: Mapping[str, Mapping[str, int]],
    novelty: Mapping[str, float],
    settings: DriftSettings,
) -> Drifted:
    """Compare a release with the last mining.

    Parameters
    ----------
    baseline : BASELINE. clusters, similarity : (films,) now.
    means : (k, dim) unit means of the films' points now; zero where a micro-genre has no film.
    centroids : (k, dim) those of the mining.
    uses : `keyword_uses` as "mined" and as "now".
    novelty : "novel" (share of films that fit nothing well) and "proposals" (how many).
    """
    k = len(centroids)
    was = baseline.column("similarity").to_numpy()
    sizes_was, sizes_now = (
        np.bincount(labels, minlength=k)
        for labels in (baseline.column("cluster").to_numpy(), clusters)
    )
    share_was, share_now = (sizes / max(1, sizes.sum()) for sizes in (sizes_was, sizes_now))
    shift = 1 - np.einsum("kd,kd->k", means.astype(np.float64), centroids.astype(np.float64))
    figures = {
        "ks": ks_distance(was, similarity),
        "psi": psi(was, similarity),
        "vocabulary": max(0.0, _unknown(uses["now"]) - _unknown(uses["mined"])),
        "centroid_shift": float((shift * share_now).sum()),
        "growth": float(np.abs(share_now - share_was).sum() / 2),
        "novel": float(novelty["novel"]),
        "proposals": float(novelty["proposals"]),
    }
    thresholds = {name: float(value) for name, value in settings.model_dump().items()}
    moved = sorted(range(k), key=lambda c: (-abs(share_now[c] - share_was[c]), c))[:_LISTED]
    grown = [
        {
            "cluster": c,
            "films_mined": int(sizes_was[c]),
            "films": int(sizes_now[c]),
            "centroid_shift": float(shift[c]) if sizes_now[c] else None,
        }
        for c in moved
        if sizes_now[c] != sizes_was[c]
    ]
    past = [name for name, value in figures.items() if value >= thresholds[name]]
    return Drifted(figures, thresholds, past, grown)


def drift_rows(found: Drifted, generation: int, parent: str, decision: str) -> pa.Table:
    """DRIFT of one update."""
    rows = [
        {
            "generation": generation,
            "parent": parent,
            "figure": name,
            "value": value,
            "threshold": found.thresholds[name],
            "past": name in found.past,
            "decision": decision,
        }
        for name, value in found.figures.items()
    ]
    return pa.Table.from_pylist(rows, DRIFT)


def keyword_uses(movies: Iterable[pa.Table], vocabulary: pa.Table) -> dict[str, int]:
    """How often films carry a keyword: `all`, and `unknown`, those that the vocabulary lacks.

    Parameters
    ----------
    movies : tables with the column `keywords`, one after the other.
    """
    known = set(vocabulary.column("keyword").to_pylist())
    total = unknown = 0
    for part in movies:
        counted = pc.value_counts(pc.list_flatten(part.column("keywords")).drop_null())
        for keyword, count in zip(
            counted.field("values").to_pylist(), counted.field("counts").to_pylist(), strict=True
        ):
            total += count
            unknown += 0 if normal_keyword(keyword) in known else count
    return {"all": total, "unknown": unknown}


def ks_distance(was: np.ndarray, now: np.ndarray) -> float:
    """The largest distance between two empirical distributions, 0 to 1 (Kolmogorov, Smirnov)."""
    one, two = np.sort(was), np.sort(now)
    if not len(one) or not len(two):
        return 0.0
    every = np.concatenate([one, two])
    below = [np.searchsorted(side, every, side="right") / len(side) for side in (one, two)]
    return float(np.abs(below[0] - below[1]).max())


def psi(was: np.ndarray, now: np.ndarray) -> float:
    """Population stability index over the tenths of the first; 0.1 and up is a visible change."""
    if not len(was) or not len(now):
        return 0.0
    edges = np.unique(np.quantile(was, np.linspace(0, 1, _BINS + 1)[1:-1]))
    shares = [
        np.bincount(np.searchsorted(edges, side, side="right"), minlength=len(edges) + 1)
        / len(side)
        for side in (was, now)
    ]
    before, after = (np.maximum(share, _LEAST) for share in shares)
    return float(((after - before) * np.log(after / before)).sum())


def _unknown(uses: Mapping[str, int]) -> float:
    return uses["unknown"] / max(1, uses["all"])
