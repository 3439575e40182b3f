"""The number of films with each term, by cluster."""

from __future__ import annotations

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from pipeline.schemas.stage import stage

__all__ = ["TERM_COUNTS", "count_terms"]

# Number of films of a cluster with a term: anywhere, as a keyword, as a part of a keyword.
TERM_COUNTS = pa.schema(
    [
        ("cluster", pa.int32()),
        ("term", pa.string()),
        ("films", pa.int32()),
        ("keyword_films", pa.int32()),
        ("part_films", pa.int32()),
    ]
)


@stage("count-terms", version=3, inputs=("terms", "held", "assignments"), outputs=("counts",))
def count_terms(terms: pa.Table, held: pa.Table, assignments: pa.Table) -> dict[str, pa.Table]:
    """Count the terms of the films of one partition by cluster.

    Parameters
    ----------
    terms, held : pa.Table
        TERMS and HELD of the partition.
    assignments : pa.Table
        Column cluster (int32), row by row the same films.

    Returns
    -------
    dict of str to pa.Table
        `counts`: TERM_COUNTS by cluster and term. It can be added up over partitions.
    """
    clusters = assignments.column("cluster").to_numpy().astype(np.int64)
    names = terms.column("term").combine_chunks()
    # a term of two languages has two rows, one after the other
    starts = np.ones(len(names), bool)
    starts[1:] = pc.not_equal(names[1:], names[:-1]).to_numpy(zero_copy_only=False)
    number, first = np.cumsum(starts) - 1, np.flatnonzero(starts)
    width = max(len(first), 1)
    keys = {
        name: _keys(held.column(name), clusters, number, width)
        for name in ("terms", "keywords", "parts")
    }
    pairs, films = np.unique(keys["terms"], return_counts=True)
    counts = [films]
    for name in ("keywords", "parts"):
        some, own = np.unique(keys[name], return_counts=True)
        count = np.zeros(len(pairs), np.int64)
        count[np.searchsorted(pairs, some)] = own
        counts.append(count)
    columns = [
        (pairs // width).astype(np.int32),
        names.take(pa.array(first[pairs % width])),
        *(count.astype(np.int32) for count in counts),
    ]
    return {"counts": pa.table(columns, schema=TERM_COUNTS)}


def _keys(
    lists: pa.ChunkedArray, clusters: np.ndarray, number: np.ndarray, width: int
) -> np.ndarray:
    """One number for the cluster and the term of each entry."""
    whole = lists.combine_chunks()
    film = pc.list_parent_indices(whole).to_numpy()
    own: np.ndarray = clusters[film] * width + number[pc.list_flatten(whole).to_numpy()]
    return own
