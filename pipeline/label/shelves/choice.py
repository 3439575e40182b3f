"""Choice of one name for each cluster, so that no two clusters have the same."""

from __future__ import annotations

import pyarrow as pa

from pipeline.schemas.name_parts import NameParts

__all__ = ["choose_shelf_names"]


def choose_shelf_names(proposals: pa.Table, k: int) -> list[NameParts]:
    """Choose a name for each cluster.

    The best proposals of all clusters are taken first: of two clusters that could have one name,
    that whose films it describes better gets it.

    Parameters
    ----------
    proposals : pa.Table
        PROPOSED_NAMES of all clusters.
    k : int
        Number of clusters.

    Returns
    -------
    list of NameParts
        The name of each cluster. A cluster whose proposals other clusters have has no parts.
    """
    rows = proposals.to_pylist()
    order = sorted(range(len(rows)), key=lambda n: (-rows[n]["value"], rows[n]["cluster"], n))
    chosen: list[NameParts | None] = [None] * k
    taken: set[NameParts] = set()
    for number in order:
        row = rows[number]
        name = NameParts(
            tuple(row["subjects"]), tuple(row["genres"]), row["every_genre"], tuple(row["facets"])
        )
        key = NameParts(
            tuple(sorted(name.subjects)), tuple(sorted(name.genres)), False, name.facets
        )
        if chosen[row["cluster"]] is None and key not in taken:
            chosen[row["cluster"]] = name
            taken.add(key)
    return [name or NameParts() for name in chosen]
