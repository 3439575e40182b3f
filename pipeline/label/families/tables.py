"""Tables of the families of micro-genres, and the number of families."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import pyarrow as pa

from pipeline.settings import TaxonomySettings

__all__ = ["assignments_to_families", "family_count", "family_table"]

_AUTO = 1.2  # families per square root of the number of micro-genres


def family_count(k: int, settings: TaxonomySettings) -> int:
    """Return the most families of k micro-genres.

    Parameters
    ----------
    k : int
        Number of micro-genres.
    settings : TaxonomySettings
        `families` is the number of families; "auto" is 1.2 times the square root of k, so that
        there are about as many families as members in each.

    Examples
    --------
    >>> [family_count(k, TaxonomySettings()) for k in (1, 2, 16, 100, 20_000)]
    [1, 2, 5, 12, 170]
    """
    wanted = round(_AUTO * np.sqrt(k)) if settings.families == "auto" else settings.families
    return max(1, min(wanted, k))


def family_table(families: Sequence[int]) -> pa.Table:
    """Return the input `above` of the stage `candidates`: the family of each cluster, in turn."""
    return pa.table({"cluster": pa.array(families, pa.int32())})


def assignments_to_families(assignments: pa.Table, families: Sequence[int]) -> pa.Table:
    """Replace the cluster of each film by its family.

    Parameters
    ----------
    assignments : pa.Table
        ASSIGNMENTS, or any table with a column `cluster` (int32).
    families : sequence of int
        The family of each cluster.

    Examples
    --------
    >>> films = pa.table({"cluster": pa.array([0, 2, 1], pa.int32())})
    >>> assignments_to_families(films, [5, 5, 6])["cluster"].to_pylist()
    [5, 6, 5]
    """
    position = assignments.schema.get_field_index("cluster")
    own = np.asarray(families, np.int64)[assignments.column("cluster").to_numpy()]
    return assignments.set_column(position, "cluster", pa.array(own, pa.int32()))
