"""Which terms of its cluster each film contains, as whole words."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import pyarrow as pa

from pipeline.label.terms.grams import is_unspaced, padded
from pipeline.schemas.stage import stage

__all__ = ["HOLDINGS", "TERM_LISTS", "find_terms", "term_lists"]

# The candidates, or the keywords, of each cluster, best first.
TERM_LISTS = pa.schema([("cluster", pa.int32()), ("term", pa.string())])

# Which terms of its cluster each film contains: `held` are positions in TERM_LISTS of the cluster.
HOLDINGS = pa.schema([("cluster", pa.int32()), ("held", pa.list_(pa.int16()))])


def term_lists(terms: Mapping[int, Sequence[str]]) -> pa.Table:
    """Return TERM_LISTS.

    Parameters
    ----------
    terms : Mapping of int to sequence of str
        The terms of each cluster, best first.
    """
    clusters = [cluster for cluster, own in terms.items() for _ in own]
    return pa.table([clusters, [term for own in terms.values() for term in own]], schema=TERM_LISTS)


@stage("holdings", version=3, inputs=("movies", "assignments", "terms"), outputs=("holdings",))
def find_terms(movies: pa.Table, assignments: pa.Table, terms: pa.Table) -> dict[str, pa.Table]:
    """Find which terms of its cluster each film of one partition contains, as whole words.

    In scripts without spaces between words, terms are found inside texts.

    Parameters
    ----------
    movies : pa.Table
        CLEAN_MOVIES; the terms are searched in overview, tagline and each keyword.
    assignments : pa.Table
        Column cluster (int32), row by row the same films.
    terms : pa.Table
        TERM_LISTS.

    Returns
    -------
    dict of str to pa.Table
        `holdings`: HOLDINGS in the order of `movies`.
    """
    clusters = assignments.column("cluster").to_pylist()
    wanted: dict[int, list[str]] = {cluster: [] for cluster in clusters}
    for cluster, term in zip(*(column.to_pylist() for column in terms.columns), strict=True):
        if cluster in wanted:
            wanted[cluster].append(term.lower() if is_unspaced(term) else padded(term))
    held: list[list[int]] = []
    columns = movies.select(["overview", "tagline", "keywords"]).to_pylist()
    for movie, cluster in zip(columns, clusters, strict=True):
        texts = [movie["overview"], movie["tagline"] or "", *(movie["keywords"] or [])]
        text = "|".join(padded(text) for text in texts)
        held.append([n for n, term in enumerate(wanted[cluster]) if term in text])
    return {"holdings": pa.table([pa.array(clusters, pa.int32()), held], schema=HOLDINGS)}
