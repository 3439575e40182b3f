"""Which names of the release before still hold for the micro-genres that go on."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np
import pyarrow as pa

from pipeline.label.lexicon import normal_form
from pipeline.vectors import matrix_of

__all__ = ["standing_names"]


def standing_names(
    before: Mapping[int, tuple[str, Sequence[str]]],
    keywords: Mapping[int, Sequence[str]],
    fresh: Mapping[int, str],
    vectors: pa.Table,
    centroids: pa.Table,
) -> dict[int, str]:
    """{cluster: the name it had}, where that name still says what the cluster is about.

    It holds when cluster and keywords of before share a keyword, and its nearest text mean is the
    own cluster's; or when it lies no farther from that than the name that would take its place.

    Parameters
    ----------
    before : (name, keywords) of what goes on, by cluster now. keywords, fresh : keywords and names
        chosen now. vectors : term, vector of all these names. centroids : cluster, mean text.
    """
    row_of = {name: row for row, name in enumerate(vectors.column("term").to_pylist())}
    means, rows = matrix_of(centroids), matrix_of(vectors)
    place = {cluster: row for row, cluster in enumerate(centroids.column("cluster").to_pylist())}
    standing: dict[int, str] = {}
    forms: set[frozenset[str]] = set()
    for cluster in sorted(before):
        name, words = before[cluster]
        own = place[cluster]
        old, new = (_margin(rows[row_of[n]] @ means.T, own) for n in (name, fresh[cluster]))
        alike = name == fresh[cluster] or bool(set(words) & set(keywords[cluster]))
        if alike and (old > 0 or old >= new) and normal_form(name) not in forms:
            standing[cluster] = name
            forms.add(normal_form(name))
    return standing


def _margin(cosine: np.ndarray, own: int) -> float:
    others = np.delete(cosine, own)
    return float(cosine[own] - (others.max() if len(others) else 0.0))
