"""The stages of a mining, from the text of a film to the published release."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import Field

from pipeline.settings.base import AtLeastOne, Section

__all__ = [
    "ClusterSettings",
    "EmbedSettings",
    "FeatureSettings",
    "LabelSettings",
    "NeighbourSettings",
    "PublishSettings",
    "ReportSettings",
    "TaxonomySettings",
]


class FeatureSettings(Section):
    """What is embedded, and the numbers beside it."""

    mode: Literal["embedding", "embedding+tfidf", "full"] = Field(
        "embedding", description="Which blocks make up the vectors that are clustered."
    )
    use_keywords: bool = Field(True, description="Add the catalogue's keywords to the text.")
    use_tagline: bool = Field(True, description="Add the tagline to the text.")
    max_keywords: int = Field(20, ge=0, le=200, description="Most keywords added to a text.")
    keyword_weight: float = Field(
        0.8, ge=0, le=4, description="Weight of the embedded keywords beside the embedded text."
    )
    keyword_min_films: int = Field(2, ge=1, description="A rarer keyword is not embedded alone.")
    keyword_vocabulary: int = Field(20_000, ge=0, description="Most keywords embedded alone.")
    tfidf_max_features: int = Field(20_000, ge=10, description="Largest TF-IDF vocabulary.")
    tfidf_min_films: int = Field(3, ge=1, description="An n-gram in fewer films is left out.")
    tfidf_max_share: float = Field(0.5, gt=0, le=1, description="Most frequent n-gram kept.")
    tfidf_components: int = Field(64, ge=2, le=1024, description="Width after reduction by SVD.")
    tfidf_weight: float = Field(0.35, ge=0, le=1, description="Share of the TF-IDF block.")
    numeric_weight: float = Field(0.05, ge=0, le=1, description="Share of the numeric block.")


class EmbedSettings(Section):
    """Which model turns texts into vectors, and how."""

    model: str = Field(
        "all-MiniLM-L6-v2",
        description="`all-MiniLM-L6-v2` (bundled package), a folder, or a hub id.",
    )
    revision: str | None = Field(None, description="Hub revision (a commit) to pin.")
    sha256: str | None = Field(None, description="Expected SHA-256 of model.safetensors.")
    device: Literal["auto", "cpu", "cuda"] = Field("auto", description="Where to encode.")
    dtype: Literal["auto", "float32", "bfloat16"] = Field(
        "auto", description="`auto`: bfloat16 where the hardware has it, else float32."
    )
    batch_tokens: int = Field(
        4_096, ge=64, description="Most tokens (padding included) in one batch on a CPU."
    )
    vector_dtype: Literal["float16", "float32"] = Field(
        "float16", description="How vectors are stored."
    )


class ClusterSettings(Section):
    """How vectors become micro-genres."""

    k: AtLeastOne | Literal["auto"] = Field("auto", description="Number of micro-genres.")
    leaf_films: int = Field(
        48, ge=2, le=10_000, description="Films per micro-genre that `auto` aims at."
    )
    min_films: int = Field(5, ge=1, description="A smaller cluster joins its nearest one.")
    smoothing_share: float = Field(
        0.8,
        ge=0,
        le=5,
        description="Nearest films averaged in each round of smoothing, as a share of leaf_films.",
    )
    smoothing_rounds: int = Field(
        3,
        ge=0,
        le=20,
        description="Rounds of smoothing; more than 16,384 films are smoothed once, or not at all "
        "with 0.",
    )
    components: int = Field(64, ge=2, le=1024, description="Width of the smoothed space.")
    rounds: Annotated[int, Field(ge=0, le=100)] | Literal["auto"] = Field(
        "auto",
        description="Rounds of k-means in the films' own space, at the end; `auto`: 2, and none "
        "where more than 16,384 films are smoothed.",
    )
    whitening: float = Field(
        0.25, ge=0, le=1, description="How far components are evened out: 0 not at all, 1 wholly."
    )
    weak_quantile: float = Field(
        0.05, ge=0, le=0.5, description="Share of films with the least similarity, marked weak."
    )
    train_films: int = Field(
        100_000, ge=100, description="k-means trains on at most this many films, a seeded sample."
    )


class NeighbourSettings(Section):
    """The nearest films of each film."""

    count: int = Field(10, ge=1, le=100, description="Neighbours listed per film.")
    index: Literal["auto", "flat", "hnsw", "ivf", "ivf-sq8"] = Field(
        "auto", description="FAISS index; `auto` chooses by the number of films."
    )
    flat_up_to: int = Field(65_536, ge=0, description="`auto` uses exact search up to here.")
    ivf_up_to: int = Field(
        150_000,
        ge=0,
        description="`auto` uses IVF-Flat from there up to here, beyond it 8-bit vectors, which "
        "take a quarter of the memory.",
    )
    searched_films: int = Field(
        12_288,
        ge=1,
        description="Films that a query meets in an inverted file: more find more, in as much more "
        "time.",
    )
    recall_queries: int = Field(1_000, ge=10, description="Films on which recall@10 is measured.")


class LabelSettings(Section):
    """How micro-genres are named."""

    keywords: int = Field(5, ge=1, le=20, description="Keywords per micro-genre.")
    diversity: float = Field(0.7, ge=0, le=1, description="MMR diversity of the keywords.")
    candidates: int = Field(60, ge=5, le=1_000, description="Candidates ranked per cluster.")
    min_films: int = Field(3, ge=1, description="A candidate occurs in at least so many films.")
    max_vocabulary: int = Field(20_000, ge=100, description="Most candidates embedded in a run.")


class TaxonomySettings(Section):
    """How micro-genres gather into families."""

    families: AtLeastOne | Literal["auto"] = Field("auto", description="Number of families.")


class ReportSettings(Section):
    """What the report measures."""

    silhouette_films: int = Field(2_000, ge=10, description="Films sampled for the silhouette.")
    compare_films: int = Field(1_000, ge=50, description="Films on which others are compared.")
    map_films: int = Field(20_000, ge=100, description="Most films drawn on the map.")


class PublishSettings(Section):
    """What a release says of itself."""

    title: str = Field("Micro-genres", description="Title of the report and the dataset card.")
    licence: str = Field(
        "as the source catalogue's terms allow", description="Licence of the films' data."
    )
    attribution: str = Field("", description="Attribution that the source asks for.")
