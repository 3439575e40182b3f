"""The measures of a report: their labels, their formats, and how to read each of them."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from pipeline.report.formatting import (
    Writer,
    decimal,
    duration,
    items,
    lookup,
    plain,
    share,
    whole,
)

__all__ = [
    "CLUSTERS",
    "DATA",
    "EMBEDDING",
    "EXPLANATIONS",
    "HEADLINE",
    "NAMES",
    "NAME_TRUTH",
    "NEIGHBOURS",
    "K",
    "Measures",
    "with_unlisted",
]

# (dotted path in report.json, label, function that formats the value), in the order of the page.
Measures = tuple[tuple[str, str, Writer], ...]

HEADLINE: Measures = (
    ("counts.released", "films", whole),
    ("counts.micro_genres", "micro-genres", whole),
    ("counts.families", "families", whole),
    ("counts.rows_in", "rows read", whole),
    ("counts.rejected", "rows rejected", whole),
    ("name_truth.whole", "films with a true name", share),
)
K: Measures = (
    ("k.chosen", "Chosen k", whole),
    ("k.elbow", "Elbow of the inertia", whole),
    ("k.best_silhouette_k", "k with the best silhouette", whole),
)
DATA: Measures = (
    ("data_quality.rows_in", "Rows read", whole),
    ("data_quality.films", "Films released", whole),
    ("data_quality.retention", "Retention", share),
)
CLUSTERS: Measures = (
    ("clusters.cosine_silhouette", "Cosine silhouette", decimal),
    ("clusters.points_silhouette", "Silhouette in the clustering space", decimal),
    ("clusters.davies_bouldin", "Davies\u2013Bouldin index", decimal),
    ("clusters.calinski_harabasz", "Calinski\u2013Harabasz index", decimal),
    ("clusters.inertia", "Inertia", decimal),
    ("clusters.seed_ari", "Agreement with noise in the vectors (ARI)", decimal),
    ("clusters.subsample_ari", "Agreement between samples (ARI)", decimal),
    ("clusters.genre_purity", "Genre purity", share),
    ("clusters.length_variance_explained", "Text length explained", share),
    ("clusters.smallest", "Films in the smallest cluster", whole),
    ("clusters.median", "Films in the median cluster", whole),
    ("clusters.largest", "Films in the largest cluster", whole),
)
NAME_TRUTH: Measures = (
    ("name_truth.whole", "Films with a true name", share),
    ("name_truth.themed", "Films in micro-genres with a theme", share),
    ("name_truth.whole_of_themed", "Of these, films with a true name", share),
    ("name_truth.names_true_of_60", "Names true of at least 60 % of their films", share),
    ("name_truth.subject", "Films with a true subject", share),
    ("name_truth.form", "Films with a true form", share),
    ("name_truth.adjective", "Films with a true adjective", share),
    ("name_truth.forms_true_of_60", "Forms true of at least 60 % of their films", share),
    ("name_truth.without_form", "Names without a genre", share),
    ("name_truth.without_subject", "Names without a subject", share),
    ("name_truth.thin_micro_genres", "Thin micro-genres", whole),
    ("name_truth.thin_films", "Films in thin micro-genres", whole),
)
NAMES: Measures = (
    ("names.own_centroid_share", "Names nearest to their own centroid", share),
    ("names.unique_share", "Unique names", share),
    ("names.keyword_coverage", "Films whose text contains a keyword", share),
    ("names.strays", "Names nearer to another centroid", items),
    ("names.near_duplicate_pairs", "Near-duplicate names", items),
    ("names.boilerplate_keywords", "Boilerplate among the keywords", items),
    ("names.person_keywords", "Persons among the keywords", items),
)
NEIGHBOURS: Measures = (
    ("neighbours.index", "Index", plain),
    ("neighbours.recall_at_10", "Recall at 10", share),
    ("neighbours.count", "Neighbours stored for each film", whole),
)
EMBEDDING: Measures = (
    ("embedding.model", "Model", plain),
    ("embedding.revision", "Revision", plain),
    ("embedding.device", "Device", plain),
    ("embedding.dtype", "Number type", plain),
    ("embedding.dtype_reason", "Why", plain),
    ("embedding.float32_gflops", "Products in float32, GFLOP/s", decimal),
    ("embedding.bfloat16_gflops", "Products in bfloat16, GFLOP/s", decimal),
    ("embedding.films", "Films", whole),
    ("embedding.unique_texts", "Distinct texts", whole),
    ("embedding.seconds", "Encoding time", duration),
    ("embedding.texts_per_second", "Texts per second", decimal),
)

EXPLANATIONS: Mapping[str, str] = {
    "clusters.cosine_silhouette": "How much nearer films are to their own cluster than to the next "
    "one, over text vectors, from -1 to 1. Themes of films overlap: a little above 0 is good, "
    "below 0 means misplaced films.",
    "clusters.points_silhouette": "The same measure in the space where the films were clustered.",
    "clusters.davies_bouldin": "Spread within clusters relative to the distance between them; "
    "lower is better.",
    "clusters.calinski_harabasz": "Variance between clusters relative to the variance within; "
    "higher is better.",
    "clusters.inertia": "Mean squared distance of a film to its centroid, from 0 to 4; lower is "
    "tighter.",
    "clusters.seed_ari": "Adjusted Rand index between this clustering and one of the same vectors "
    "with noise (cosine 0.9999); 1 means identical, 0 means chance.",
    "clusters.subsample_ari": "Adjusted Rand index between the clusterings of two 80 % samples, on "
    "the films in both; 1 means identical, 0 means chance.",
    "clusters.genre_purity": "Share of films that have the most common genre of their micro-genre.",
    "clusters.length_variance_explained": "Share of the variance of the description length that "
    "the clusters explain; a high value means that clusters follow text length, not themes.",
    "name_truth.whole": "Share of the films for which every part of their micro-genre's name is "
    "true by their metadata: the subject is in keywords, overview or tagline; the film has the "
    "genre; year, language and country are those of the adjectives.",
    "name_truth.names_true_of_60": "Share of the names that are true of at least 60 % of the films "
    "that bear them.",
    "name_truth.subject": "Of the films whose name has a subject: share with one of its words or "
    "synonyms in keywords, overview or tagline. A film may be about it in other words.",
    "name_truth.themed": "Share of the films whose micro-genre has a subject in its name; the "
    "others are in general micro-genres.",
    "name_truth.form": "Of the films whose name says a genre: share that has it.",
    "name_truth.adjective": "Of the films whose name has an adjective: share for which the year, "
    "language, country or length that it says is true.",
    "name_truth.forms_true_of_60": "Of the names that say a genre: share for which at least 60 % "
    "of the films have it.",
    "name_truth.without_form": "Share of the names that end in Films or Stories, because no genre "
    "is true of most of the films.",
    "name_truth.without_subject": "Share of the names that say only era, language, place or genre.",
    "name_truth.thin_micro_genres": "General micro-genres, named by genre, language or time alone: "
    "for films that say too little for a theme, or for which no near name is true.",
    "names.own_centroid_share": "Share of names whose nearest centroid is the one of their own "
    "cluster.",
    "names.strays": "Names that are nearer to the centroid of another micro-genre than to their "
    "own.",
    "names.near_duplicate_pairs": "Names that differ only in word order, number or inflection.",
    "names.boilerplate_keywords": "Keywords about how a film was produced instead of its story.",
    "names.unique_share": "Share of names that no other micro-genre has.",
    "names.keyword_coverage": "Share of films whose text contains a keyword of their micro-genre "
    "word for word.",
    "neighbours.recall_at_10": "Share of the true ten nearest other films that are among the "
    "neighbours of a film; 100 % is exact.",
    "data_quality.retention": "Share of the rows of the catalogue that became released films.",
    "embedding.float32_gflops": "Speed of the model's own matrix products on the slowest worker, "
    "measured when the workers start.",
    "embedding.texts_per_second": "Distinct texts encoded per second by all workers together; "
    "loading the model does not count.",
}


def with_unlisted(report: Mapping[str, Any], section: str, listed: Measures) -> Measures:
    """Return `listed`, then the other numbers and lists that the report has in `section`.

    Examples
    --------
    >>> report = {"k": {"chosen": 30, "largest_gap": 0.2}}
    >>> [label for _, label, _ in with_unlisted(report, "k", K)]
    ['Chosen k', 'Elbow of the inertia', 'k with the best silhouette', 'Largest gap']
    """
    paths = {path for path, _, _ in listed}
    values = lookup(report, section)
    unlisted = [
        (f"{section}.{name}", name.replace("_", " ").capitalize(), items)
        for name, value in (values.items() if isinstance(values, Mapping) else ())
        if f"{section}.{name}" not in paths and not isinstance(value, Mapping)
    ]
    return (*listed, *unlisted)
