"""The report of a release, `report.json`: the quality figures of its run.

A figure that was not measured is null or missing.
"""

from __future__ import annotations

from typing import Any

from pydantic import Field

from pipeline.schemas.document import Document, Number
from pipeline.schemas.reading_summary import ReadingSummary

__all__ = [
    "Carried",
    "ClusterNumber",
    "ClusterQuality",
    "ComparedMethod",
    "CurvePoint",
    "DataQuality",
    "Drift",
    "EmbeddingRun",
    "FieldCompleteness",
    "LanguageFit",
    "MissingPattern",
    "NameQuality",
    "NameTruth",
    "NeighbourQuality",
    "Report",
    "ReportCounts",
    "UpdateCounts",
    "WordBin",
]


class ReportCounts(Document):
    """Numbers of rows, films and clusters."""

    rows_in: int | None = None
    """Rows read from the sources."""
    released: int | None = None
    """Films of the release."""
    rejected: int | None = None
    """Rows that the cleaning rejected."""
    micro_genres: int | None = None
    families: int | None = None
    weak_films: int | None = None
    """Films whose similarity to their centroid is among the lowest."""


class FieldCompleteness(Document):
    """Share of the rows that have a field, 0 to 1."""

    read: Number | None = None
    """Before cleaning."""
    kept: Number | None = None
    """After cleaning."""


class MissingPattern(Document):
    """Fields that are missing together."""

    missing: list[str] = Field(default_factory=list)
    """Names of the fields; empty if nothing is missing."""
    films: int | None = None
    share: Number | None = None
    """Share of the films, 0 to 1."""


class WordBin(Document):
    """One bin of the histogram of overview lengths."""

    from_: int = Field(alias="from")
    """Smallest number of words."""
    to: int | None = None
    """Largest number of words; null for the last bin, which has no upper end."""
    films: int | None = None


class DataQuality(Document):
    """The catalogue before and after cleaning."""

    rows_in: int | None = None
    films: int | None = None
    retention: Number | None = None
    """films / rows_in, 0 to 1."""
    rejects: dict[str, int] | None = None
    """Rejected rows by reason."""
    completeness: dict[str, FieldCompleteness] | None = None
    """By field."""
    missing_patterns: list[MissingPattern] | None = None
    """The most frequent combinations of missing fields."""
    other_patterns: int | None = None
    """Films with any other combination."""
    overview_words: list[WordBin] | None = None
    years: dict[str, int] | None = None
    """Films by year of release, and `unknown`."""


class CurvePoint(Document):
    """Measures of one candidate k, the number of clusters."""

    k: int
    clusters: int | None = None
    """Clusters left after clusters with too few films were dissolved."""
    inertia: Number | None = None
    """Mean squared distance to the centroid, 0 to 4."""
    relative_gain: Number | None = None
    """Relative decrease of the inertia from the previous k."""
    silhouette: Number | None = None
    """Simplified silhouette, -1 to 1."""
    stability: Number | None = None
    """Adjusted Rand index between two samples."""
    inertia_low: Number | None = None
    """Ends of 95 % intervals, here and below."""
    inertia_high: Number | None = None
    silhouette_low: Number | None = None
    silhouette_high: Number | None = None
    stability_low: Number | None = None
    stability_high: Number | None = None


class ClusterNumber(Document):
    """The choice of k, the number of clusters."""

    chosen: int | None = None
    rule: str | None = None
    """The rule of the choice, as a noun phrase."""
    elbow: int | None = None
    """k at the elbow of the inertia."""
    best_silhouette_k: int | None = None
    curve: list[CurvePoint] | None = None


class ClusterQuality(Document):
    """Figures of the clusters; `explanations` of the report says how to read them."""

    cosine_silhouette: Number | None = None
    points_silhouette: Number | None = None
    davies_bouldin: Number | None = None
    calinski_harabasz: Number | None = None
    inertia: Number | None = None
    seed_ari: Number | None = None
    subsample_ari: Number | None = None
    genre_purity: Number | None = None
    length_variance_explained: Number | None = None
    smallest: int | None = None
    median: Number | None = None
    largest: int | None = None


class NameQuality(Document):
    """Figures of the names; `explanations` of the report says how to read them."""

    own_centroid_share: Number | None = None
    unique_share: Number | None = None
    keyword_coverage: Number | None = None
    strays: list[str] | None = None
    near_duplicate_pairs: list[list[str]] | None = None
    boilerplate_keywords: list[str] | None = None
    person_keywords: list[str] | None = None


class NameTruth(Document):
    """How far names are true of their films; `docs/name-truth.md` defines it.

    All shares are 0 to 1. A name whose parts are not known does not count.
    """

    whole: Number | None = None
    """Share of the films for which the whole name of their micro-genre is true."""
    themed: Number | None = None
    """Share of the films whose micro-genre has a theme: a subject in its name."""
    whole_of_themed: Number | None = None
    """Share of these films for which the whole name is true."""
    subject: Number | None = None
    """The same for the subject, of the films whose name has one."""
    form: Number | None = None
    """The same for the form, such as Horror."""
    adjective: Number | None = None
    """The same for the adjectives: era, decade, language, country, short."""
    names_true_of_60: Number | None = None
    """Share of the names that are true of at least 60 % of their films."""
    forms_true_of_60: Number | None = None
    """Share of the forms that are true of at least 60 % of the films."""
    without_form: Number | None = None
    """Share of the names that say no genre."""
    without_subject: Number | None = None
    """Share of the names without a subject."""
    thin_micro_genres: int | None = None
    """Micro-genres that are named by genre, language or time alone."""
    thin_films: int | None = None
    """Their films."""


class ComparedMethod(Document):
    """Another clustering of a sample of the films, in the same space."""

    method: str | None = None
    clusters: int | None = None
    cosine_silhouette: Number | None = None
    outlier_share: Number | None = None
    """Share of films in no cluster, 0 to 1."""
    ari_with_ours: Number | None = None
    """Adjusted Rand index with the clustering of the release."""


class NeighbourQuality(Document):
    """The index of similar films."""

    index: str | None = None
    """Kind of the FAISS index."""
    recall_at_10: Number | None = None
    """Share of the true ten nearest other films that are neighbours of a film, 0 to 1."""
    count: int | None = None
    """Neighbours stored for each film."""


class EmbeddingRun(Document):
    """The encoding of the texts."""

    model: str | None = None
    revision: str | None = None
    device: str | None = None
    dtype: str | None = None
    """Number type of the computation, the same on all workers."""
    dtype_reason: str | None = None
    """Why this number type was used."""
    float32_gflops: Number | None = None
    """Speed of the model's products in float32 on the slowest worker, in GFLOP/s; null if nothing
    was measured."""
    bfloat16_gflops: Number | None = None
    """The same in bfloat16."""
    films: int | None = None
    unique_texts: int | None = None
    seconds: Number | None = None
    texts_per_second: Number | None = None
    """Null if all texts came from an earlier run."""


class LanguageFit(Document):
    """How well the films of one language fit their micro-genres."""

    language: str | None = None
    """Two-letter code of the overview's language, null if unknown."""
    films: int | None = None
    share: Number | None = None
    """Share of all films, 0 to 1."""
    mean_similarity: Number | None = None
    """Mean cosine similarity to the centroid."""
    mean_margin: Number | None = None
    """Mean difference between the similarity to the centroid and to the runner-up."""
    weak_share: Number | None = None
    """Share of weak films, 0 to 1."""


class Carried(Document):
    """Sections that an update copied from the release of the last mining run."""

    from_: str | None = Field(None, alias="from")
    """Id of that release."""
    sections: list[str] = Field(default_factory=list)


class UpdateCounts(Document):
    """The changes of an update."""

    parent: str | None = None
    """Id of the release before."""
    mined: str | None = None
    """Id of the release of the last mining run."""
    added: int | None = None
    changed: int | None = None
    withdrawn: int | None = None
    retained: int | None = None
    """Films whose rows could not be read, so that they are as they were before."""
    retained_examples: list[str] = Field(default_factory=list)
    """Some of them, each with the reason."""
    placed: int | None = None
    """Films assigned to a cluster by this update."""
    texts_encoded: int | None = None


class Drift(Document):
    """How far the films have drifted from those of the last mining run."""

    figures: dict[str, Number] = Field(default_factory=dict)
    thresholds: dict[str, Number] = Field(default_factory=dict)
    past: list[str] = Field(default_factory=list)
    """Figures at or above their threshold."""
    decision: str | None = None
    """`none`, `mining due` or `mining started`."""
    grown: list[dict[str, Any]] = Field(default_factory=list)
    """Micro-genres whose share of the films changed most."""


class Report(Document):
    """Content of `report.json`."""

    release_id: str | None = None
    title: str | None = None
    attribution: str | None = None
    licence: str | None = None
    counts: ReportCounts = Field(default_factory=ReportCounts)
    data_quality: DataQuality = Field(default_factory=DataQuality)
    reading: ReadingSummary | None = None
    """What reading the catalogues gave and lost; of an update, what it read."""
    k: ClusterNumber = Field(default_factory=ClusterNumber)
    clusters: ClusterQuality = Field(default_factory=ClusterQuality)
    names: NameQuality = Field(default_factory=NameQuality)
    name_truth: NameTruth = Field(default_factory=NameTruth)
    comparison: list[ComparedMethod] = Field(default_factory=list)
    neighbours: NeighbourQuality = Field(default_factory=NeighbourQuality)
    embedding: EmbeddingRun = Field(default_factory=EmbeddingRun)
    languages: list[LanguageFit] = Field(default_factory=list)
    """Most films first."""
    lineage: dict[str, int] = Field(default_factory=dict)
    """Micro-genres by what happened to them since the release before."""
    carried: Carried = Field(default_factory=Carried)
    update: UpdateCounts = Field(default_factory=UpdateCounts)
    novelty: dict[str, Any] = Field(default_factory=dict)
    """Films that fit no micro-genre well, and the micro-genres they could form."""
    drift: Drift = Field(default_factory=Drift)
    seconds: dict[str, Number] = Field(default_factory=dict)
    """Time per stage, and `total`."""
    explanations: dict[str, str] = Field(default_factory=dict)
    """How to read a figure, by its dotted path."""
