"""The clustering beside other methods: what the release measured, and what it did not."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, NamedTuple

from pipeline.report.formatting import finite, lookup

__all__ = ["Method", "compare_methods"]

_NAMES = {
    "agglomerative": "Agglomerative (Ward)",
    "hdbscan": "HDBSCAN",
    "k-means||": "k-means||",
    "bertopic": "BERTopic",
    "evoc": "EVoC",
}
_PEERS = ("hdbscan", "bertopic", "evoc")  # the page says of each of these if it was not run


class Method(NamedTuple):
    """A method of clustering on the films of a release."""

    name: str
    clusters: int | None
    silhouette: float | None  # in the space of the clustering, of films in a cluster, -1 to 1
    left_out: float | None  # share of films in no cluster, 0 to 1
    agreement: float | None  # adjusted Rand index with the release
    measured: bool  # False if the method was not run for this release


def compare_methods(report: Mapping[str, Any]) -> list[Method]:
    """Return the release, the methods that it was compared with, and peers that were not run.

    Parameters
    ----------
    report : mapping
        Its `report.json`.

    Examples
    --------
    >>> rows = compare_methods({"comparison": [{"method": "hdbscan", "clusters": 11}]})
    >>> [(row.name, row.measured) for row in rows][1:]
    [('HDBSCAN', True), ('BERTopic', False), ('EVoC', False)]
    """
    clusters = lookup(report, "counts.micro_genres")
    ours = finite(lookup(report, "clusters.points_silhouette"))
    rows = [Method("This release", clusters, ours, 0.0, None, True)]
    run = set()
    for row in report.get("comparison") or ():
        name = str(row.get("method") or "")
        run.add(name.casefold().split(" ")[0])
        rows.append(
            Method(
                _NAMES.get(name.casefold(), name),
                row.get("clusters"),
                finite(row.get("cosine_silhouette")),
                finite(row.get("outlier_share")),
                finite(row.get("ari_with_ours")),
                True,
            )
        )
    missing = [peer for peer in _PEERS if peer not in run]
    return rows + [Method(_NAMES[peer], None, None, None, None, False) for peer in missing]
