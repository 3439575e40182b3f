"""The silhouettes of a release: one figure, and what the others measure instead."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, NamedTuple

from pipeline.report.formatting import finite, lookup

__all__ = ["EXPLANATION", "Silhouette", "list_silhouettes"]

EXPLANATION = (
    "The silhouette of a film compares its mean distance to the films of its own micro-genre with "
    "that to the films of the next one: 1 if it lies deep inside its own, 0 on the border, below 0 "
    "if the other is nearer (Rousseeuw 1987). The figure of a release is the mean over a sample."
)


class Silhouette(NamedTuple):
    """One value of the silhouette."""

    label: str
    value: float
    space: str  # where distances are measured
    groups: str  # which groups are compared
    distance: str  # between what
    use: str


def list_silhouettes(report: Mapping[str, Any]) -> list[Silhouette]:
    """Return the silhouettes that a release has, the one of the verdict first.

    Parameters
    ----------
    report : mapping
        Its `report.json`.

    Notes
    -----
    Three values differ for three reasons. `clusters.points_silhouette` and
    `clusters.cosine_silhouette` are of the released micro-genres, in the space of the clustering
    and over the text vectors. `k.curve` has the simplified silhouette (Hruschka et al. 2004) of
    k-means, before films move to micro-genres whose names are true of them; it compares a film
    with centroids, which lie nearer to films than films do to each other, so it is usually higher.
    """
    chosen = lookup(report, "k.chosen")
    curve = next((row for row in lookup(report, "k.curve") or () if row.get("k") == chosen), None)
    released = "the released micro-genres"
    films = "to each film of a sample"
    found = (
        (
            "Silhouette (the figure above)",
            lookup(report, "clusters.points_silhouette"),
            "the space in which films are clustered: text and facets, reduced and weighted",
            released,
            films,
            "the figure of the verdict; comparable with the other methods below",
        ),
        (
            "Over text vectors",
            lookup(report, "clusters.cosine_silhouette"),
            "the vectors of the texts, before anything is removed or weighted",
            released,
            films,
            "differs from the first, because the clustering does not see text length, language and "
            "country, which these vectors contain",
        ),
        (
            "Simplified, on the curve of k",
            curve.get("silhouette") if curve else None,
            "the space in which films are clustered",
            "k-means alone, before films move to micro-genres whose names are true of them",
            "to centroids only",
            "usually the highest, for centroids are near; only for comparing values of k with each "
            "other",
        ),
    )
    return [
        Silhouette(label, number, *rest)
        for label, value, *rest in found
        if (number := finite(value)) is not None
    ]
