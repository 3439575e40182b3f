"""Quality of the names: figures for the report."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import combinations
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from pipeline.label.words.lexicon import is_boilerplate, normal_form

__all__ = ["name_figures"]


def name_figures(
    names: Sequence[str],
    name_vectors: np.ndarray,
    centroids: np.ndarray,
    keywords: Sequence[Sequence[str]],
    held: pa.Table,
) -> dict[str, Any]:
    """Return figures of the names of all clusters.

    Parameters
    ----------
    names : sequence of str
        Name of each cluster.
    name_vectors : ndarray of shape (k, dim), float32
        Vector of each name; zero for a name that was not embedded.
    centroids : ndarray of shape (k, dim), float32
        Mean text vector of each cluster.
    keywords : sequence of sequence of str
        Keywords of each cluster.
    held : pa.Table
        HOLDINGS of all films, found with `keywords`.

    Returns
    -------
    dict of str to Any
        `own_centroid_share`: share of the names that are nearest to the own centroid, 0 to 1;
        `strays`: the other names; `unique_share`: distinct names divided by names, 0 to 1;
        `near_duplicate_pairs`: pairs of names whose words differ in order, number or inflection
        only; `keyword_coverage`: share of the films that contain a keyword of their cluster, 0 to
        1; `boilerplate_keywords`: keywords that say nothing about a theme.
    """
    nearest = (name_vectors @ centroids.T).argmax(1)
    forms: dict[frozenset[str], list[str]] = {}
    for name in names:
        forms.setdefault(normal_form(name), []).append(name)
    pairs = [list(pair) for same in forms.values() for pair in combinations(same, 2)]
    return {
        "own_centroid_share": float((nearest == np.arange(len(names))).mean()),
        "strays": [name for row, name in enumerate(names) if nearest[row] != row],
        "unique_share": len({name.casefold() for name in names}) / max(1, len(names)),
        "near_duplicate_pairs": pairs,
        "keyword_coverage": _share_with_any(held),
        "boilerplate_keywords": sorted({w for row in keywords for w in row if is_boilerplate(w)}),
    }


def _share_with_any(held: pa.Table) -> float:
    """Share of the films that contain at least one term."""
    counts = pc.list_value_length(held.column("held")).to_numpy()
    return float((counts > 0).mean()) if len(counts) else 0.0
