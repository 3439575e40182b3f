"""Are the names any good? The figures of the report, computed from what is released."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from itertools import combinations
from typing import Any

import numpy as np
import pyarrow as pa

from pipeline.label.lexicon import is_boilerplate, normal_form
from pipeline.label.terms import contains, padded

__all__ = ["COVERAGE", "coverage", "name_figures"]

# How many films of a cluster hold one of its keywords word for word; adds up over partitions.
COVERAGE = pa.schema([("cluster", pa.int32()), ("films", pa.int64()), ("covered", pa.int64())])


def coverage(
    movies: pa.Table, assignments: pa.Table, keywords: Mapping[str, Sequence[str]]
) -> dict[str, pa.Table]:
    """Count the films of one partition that hold one of their micro-genre's keywords.

    Parameters
    ----------
    keywords : {cluster, as text: its keywords}. They are looked for word for word in overview,
        tagline and each keyword of the film.
    """
    films: dict[int, list[bool]] = {}
    columns = movies.select(["overview", "tagline", "keywords"]).to_pylist()
    for movie, cluster in zip(columns, assignments.column("cluster").to_pylist(), strict=True):
        texts = [movie["overview"], movie["tagline"] or "", *(movie["keywords"] or [])]
        spoken = "|".join(padded(text) for text in texts)
        held = any(contains(spoken, keyword) for keyword in keywords[str(cluster)])
        films.setdefault(cluster, []).append(held)
    clusters = sorted(films)
    columns = [clusters, [len(films[c]) for c in clusters], [sum(films[c]) for c in clusters]]
    return {"coverage": pa.table(columns, schema=COVERAGE)}


def name_figures(
    names: Sequence[str],
    name_vectors: np.ndarray,
    centroids: np.ndarray,
    keywords: Sequence[Sequence[str]],
    covered: pa.Table,
) -> dict[str, Any]:
    """Figures of the names of all clusters, in the order of `centroids` (k, dim) text means.

    Returns
    -------
    own_centroid_share, unique_share, keyword_coverage: 0 to 1; near_duplicate_pairs: names whose
    words differ in order, number or inflection only; boilerplate_keywords.
    """
    nearest = (name_vectors @ centroids.T).argmax(1)
    forms: dict[frozenset[str], list[str]] = {}
    for name in names:
        forms.setdefault(normal_form(name), []).append(name)
    pairs = [list(pair) for same in forms.values() for pair in combinations(same, 2)]
    films = int(np.sum(covered.column("films").to_numpy()))
    return {
        "own_centroid_share": float((nearest == np.arange(len(names))).mean()),
        "strays": [name for row, name in enumerate(names) if nearest[row] != row],
        "unique_share": len({name.casefold() for name in names}) / max(1, len(names)),
        "near_duplicate_pairs": pairs,
        "keyword_coverage": int(np.sum(covered.column("covered").to_numpy())) / max(1, films),
        "boilerplate_keywords": sorted({w for row in keywords for w in row if is_boilerplate(w)}),
    }
