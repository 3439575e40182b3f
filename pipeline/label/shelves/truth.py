"""The number of films of each cluster for which a name is true."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

import numpy as np
import pyarrow as pa

from pipeline.label.shelves.membership import parts_matrix, parts_true
from pipeline.schemas.name_parts import NameParts, name_parts_of
from pipeline.schemas.stage import stage

__all__ = ["NameTruth", "add_truth", "check_names"]

_COUNTS = ("films", "whole", "subject", "form", "facet")

# Number of films of a cluster, and of those for which its name and each kind of part are true.
TRUTH = pa.schema([("cluster", pa.int32()), *((name, pa.int64()) for name in _COUNTS)])


@dataclass(frozen=True)
class NameTruth:
    """Shares of the films of one cluster for which its name is true, 0 to 1.

    Attributes
    ----------
    films : int
        Number of films.
    whole : float
        Share for which the whole name is true; 0 without films.
    subject, form, facet : float or None
        Share for which a subject, the genres and all facets are true; None without such a part.
    """

    films: int
    whole: float
    subject: float | None
    form: float | None
    facet: float | None

    def all_at_least(self, share: float) -> bool:
        """Whether the whole name and each of its parts are true of this share of the films."""
        parts = (self.whole, self.subject, self.form, self.facet)
        return self.films > 0 and all(part is None or part >= share for part in parts)


@stage(
    "name-truth",
    inputs=("film_parts", "assignments", "shelves"),
    outputs=("truth", "name_true"),
)
def check_names(
    film_parts: pa.Table, assignments: pa.Table, shelves: pa.Table, width: int
) -> dict[str, pa.Table]:
    """Check the name of its cluster against each film of one partition.

    Parameters
    ----------
    film_parts : pa.Table
        FILM_PARTS.
    assignments : pa.Table
        Column cluster (int32), row by row the same films.
    shelves : pa.Table
        SHELVES.
    width : int
        Number of rows of PARTS.

    Returns
    -------
    dict of str to pa.Table
        `truth`: TRUTH of the clusters that have films here. `name_true`: column name_true (bool),
        row by row the films.
    """
    clusters = assignments.column("cluster").to_numpy()
    names = name_parts_of(shelves)
    subject, form, facet = (
        true[:, 0] for true in parts_true(parts_matrix(film_parts, width), names, clusters[:, None])
    )
    whole = subject & form & facet
    films = np.bincount(clusters, minlength=len(names))
    found = np.flatnonzero(films)
    counts = [
        films,
        *(
            np.bincount(clusters[true], minlength=len(names))
            for true in (whole, subject, form, facet)
        ),
    ]
    columns = [pa.array(found, pa.int32()), *(pa.array(own[found], pa.int64()) for own in counts)]
    return {
        "truth": pa.table(columns, schema=TRUTH),
        "name_true": pa.table([pa.array(whole)], ["name_true"]),
    }


def add_truth(tables: Iterable[pa.Table], names: Sequence[NameParts]) -> list[NameTruth]:
    """Return the truth of each name from TRUTH of all partitions.

    Parameters
    ----------
    tables : iterable of pa.Table
        Output `truth` of `check_names`.
    names : sequence of NameParts
        The name of each cluster.
    """
    total = np.zeros((len(names), len(_COUNTS)), np.int64)
    for table in tables:
        rows = np.stack([table.column(name).to_numpy() for name in _COUNTS], axis=1)
        np.add.at(total, table.column("cluster").to_numpy(), rows)
    truth: list[NameTruth] = []
    for name, (films, *counts) in zip(names, total.tolist(), strict=True):
        whole, subject, form, facet = (count / max(films, 1) for count in counts)
        truth.append(
            NameTruth(
                films,
                whole,
                subject if name.subjects else None,
                form if name.genres else None,
                facet if name.facets else None,
            )
        )
    return truth
