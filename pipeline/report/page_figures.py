"""Which figures of a report its page shows, under which label, and each with how to read it."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from pipeline.report.formatting import (
    UNMEASURED,
    Writer,
    decimal,
    duration,
    items,
    lookup,
    plain,
    share,
    text,
    whole,
)

__all__ = [
    "CLUSTERS",
    "DATA",
    "EMBEDDING",
    "HEADLINE",
    "NAMES",
    "NEIGHBOURS",
    "K",
    "and_others",
    "figures",
]

# (dotted path in the report, label, how to write it), in the order of the page.
Wanted = tuple[tuple[str, str, Writer], ...]
HEADLINE: Wanted = (
    ("counts.released", "films", whole),
    ("counts.micro_genres", "micro-genres", whole),
    ("counts.families", "families", whole),
    ("counts.rows_in", "rows read", whole),
    ("counts.rejected", "rows rejected", whole),
)
K: Wanted = (
    ("k.chosen", "Chosen k", whole),
    ("k.elbow", "Elbow of the inertia", whole),
    ("k.best_silhouette_k", "Best silhouette at k", whole),
)
DATA: Wanted = (
    ("data_quality.rows_in", "Rows read", whole),
    ("data_quality.films", "Films that came out", whole),
    ("data_quality.retention", "Retention", share),
)
CLUSTERS: Wanted = (
    ("clusters.cosine_silhouette", "Cosine silhouette", decimal),
    ("clusters.points_silhouette", "Silhouette where clustered", decimal),
    ("clusters.davies_bouldin", "Davies\u2013Bouldin index", decimal),
    ("clusters.calinski_harabasz", "Calinski\u2013Harabasz index", decimal),
    ("clusters.inertia", "Inertia", decimal),
    ("clusters.seed_ari", "Agreement between seeds (ARI)", decimal),
    ("clusters.subsample_ari", "Agreement between samples (ARI)", decimal),
    ("clusters.genre_purity", "Genre purity", share),
    ("clusters.length_variance_explained", "Text length explained", share),
    ("clusters.smallest", "Films in the smallest", whole),
    ("clusters.median", "Films in the median", whole),
    ("clusters.largest", "Films in the largest", whole),
)
NAMES: Wanted = (
    ("names.own_centroid_share", "Names nearest to their own centroid", share),
    ("names.unique_share", "Unique names", share),
    ("names.keyword_coverage", "Films that contain a keyword of theirs", share),
    ("names.strays", "Names nearer to another centroid", items),
    ("names.near_duplicate_pairs", "Near-duplicate names", items),
    ("names.boilerplate_keywords", "Boilerplate among the keywords", items),
    ("names.person_keywords", "Persons among the keywords", items),
)
NEIGHBOURS: Wanted = (
    ("neighbours.index", "Index", plain),
    ("neighbours.recall_at_10", "Recall at 10", share),
    ("neighbours.count", "Nearest films kept for each", whole),
)
EMBEDDING: Wanted = (
    ("embedding.model", "Model", plain),
    ("embedding.revision", "Revision", plain),
    ("embedding.device", "Device", plain),
    ("embedding.dtype", "Number type", plain),
    ("embedding.films", "Films", whole),
    ("embedding.unique_texts", "Different texts", whole),
    ("embedding.seconds", "Encoding time", duration),
    ("embedding.texts_per_second", "Texts per second", decimal),
)


def and_others(report: Mapping[str, Any], section: str, known: Wanted) -> Wanted:
    """`known`, and any other figure or list that the report has in that section."""
    paths = {path for path, _, _ in known}
    found = lookup(report, section)
    more = [
        (f"{section}.{name}", name.replace("_", " ").capitalize(), items)
        for name, value in (found.items() if isinstance(found, Mapping) else ())
        if f"{section}.{name}" not in paths and not isinstance(value, Mapping)
    ]
    return (*known, *more)


def figures(report: Mapping[str, Any], wanted: Wanted) -> str:
    """Figures of the report, each with its line on how to read it.

    Parameters
    ----------
    wanted : (dotted path in the report, label, how to write the value).
    """
    explained = lookup(report, "explanations")
    explained = explained if isinstance(explained, Mapping) else {}
    cells = []
    for path, label, write in wanted:
        value = write(lookup(report, path))
        line = explained.get(path)
        kind = "value unmeasured" if value == UNMEASURED else "value"
        kind += " long" if len(value) > 14 else ""
        reading = f'<dd class="reading">{text(line)}</dd>' if line else ""
        cells.append(
            f'<div><dt>{text(label)}</dt><dd class="{kind}">{text(value)}</dd>{reading}</div>'
        )
    return f'<dl class="figures">{"".join(cells)}</dl>'
