"""Settings of the stages of a mining, from the text of a film to the release."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import Field

from pipeline.settings.base import AtLeastOne, Section
from pipeline.settings.namer_address import NamerText

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
    """Which text is embedded, and which numbers are added to it."""

    mode: Literal["embedding", "embedding+tfidf", "full"] = Field(
        "embedding", description="Blocks of the vectors that are clustered."
    )
    use_keywords: bool = Field(True, description="Add the keywords of the catalogue to the text.")
    use_tagline: bool = Field(True, description="Add the tagline to the text.")
    max_keywords: int = Field(20, ge=0, le=200, description="Most keywords in a text.")
    keyword_weight: float = Field(
        0.8, ge=0, le=4, description="Weight of the keyword vectors relative to the text vector."
    )
    keyword_min_films: int = Field(
        2, ge=1, description="Fewest films of a keyword that gets its own vector."
    )
    keyword_vocabulary: int = Field(
        20_000, ge=0, description="Most keywords that get their own vector."
    )
    tfidf_max_features: int = Field(20_000, ge=10, description="Largest TF-IDF vocabulary.")
    tfidf_min_films: int = Field(
        3, ge=1, description="Fewest films of an n-gram; others are left out."
    )
    tfidf_max_share: float = Field(
        0.5, gt=0, le=1, description="Greatest share of films of an n-gram; others are left out."
    )
    tfidf_components: int = Field(
        64, ge=2, le=1024, description="Dimensions of the TF-IDF block after SVD."
    )
    tfidf_weight: float = Field(
        0.35, ge=0, le=1, description="Weight of the TF-IDF block, as a share."
    )
    numeric_weight: float = Field(
        0.05, ge=0, le=1, description="Weight of the numeric block, as a share."
    )


class EmbedSettings(Section):
    """Which model embeds texts, and how."""

    model: str = Field(
        "all-MiniLM-L6-v2",
        description="`all-MiniLM-L6-v2` (in the package), a folder, or a hub id.",
    )
    revision: str | None = Field(None, description="Commit of the hub model to use.")
    sha256: str | None = Field(None, description="Expected SHA-256 of model.safetensors.")
    device: Literal["auto", "cpu", "cuda"] = Field("auto", description="Device for the encoder.")
    dtype: Literal["auto", "float32", "bfloat16"] = Field(
        "auto",
        description="`float32`: every machine computes in it, so it is portable. `auto`: bfloat16 "
        "if the slowest worker computes it at least 1.25 times as fast, measured when workers "
        "start; a GPU: if it supports it.",
    )
    batch_tokens: int = Field(
        4_096,
        ge=64,
        description="Tokens of a batch on a CPU, about; a batch on a GPU has 24 times as many.",
    )
    vector_dtype: Literal["float16", "float32"] = Field(
        "float16", description="Type of the stored vectors."
    )


class ClusterSettings(Section):
    """How vectors are clustered into micro-genres."""

    k: AtLeastOne | Literal["auto"] = Field("auto", description="Number of micro-genres.")
    leaf_films: Annotated[int, Field(ge=2, le=10_000)] | Literal["auto"] = Field(
        "auto",
        description="Average films per micro-genre that `k` aims at; `auto`: 10 in a catalogue of "
        "100 films, 15 of 500, 25 of 1,000, and 48 from 5,000 on.",
    )
    min_films: AtLeastOne | Literal["auto"] = Field(
        "auto",
        description="Fewest films of a cluster; a smaller one is merged into the nearest. `auto`: "
        "a sixth of leaf_films, 2 to 5.",
    )
    smoothing_share: float = Field(
        2.0,
        ge=0,
        le=5,
        description="Nearest films averaged in each smoothing round, as a share of leaf_films. "
        "Nearer films have more weight, and the last one none.",
    )
    smoothing_rounds: int = Field(
        3, ge=0, le=20, description="Smoothing rounds; 0 turns smoothing off."
    )
    components: int = Field(64, ge=2, le=1024, description="Dimensions of the smoothed vectors.")
    rounds: Annotated[int, Field(ge=0, le=100)] | Literal["auto"] = Field(
        "auto",
        description="Further k-means iterations on the vectors before smoothing, beside the "
        "first; `auto`: 0, since more of them make small differences of the vectors matter more.",
    )
    whitening: float = Field(
        0.25,
        ge=0,
        le=1,
        description="Strength of whitening: 0 is none, 1 gives all components equal variance.",
    )
    weak_quantile: float = Field(
        0.05,
        ge=0,
        le=0.5,
        description="Share of films, the least similar to their centroid, marked as weak.",
    )
    train_films: int = Field(
        100_000, ge=100, description="Most films that k-means trains on, a seeded sample."
    )


class NeighbourSettings(Section):
    """How the nearest films of each film are found."""

    count: int = Field(10, ge=1, le=100, description="Neighbours per film.")
    index: Literal["auto", "flat", "hnsw", "ivf", "ivf-sq8"] = Field(
        "auto", description="Type of FAISS index; `auto` depends on the number of films."
    )
    flat_up_to: int = Field(
        65_536, ge=0, description="Most films for which `auto` uses exact search."
    )
    ivf_up_to: int = Field(
        150_000,
        ge=0,
        description="Most films for which `auto` uses IVF-Flat. For more films it uses 8-bit "
        "vectors, "
        "in a quarter of the memory.",
    )
    first_films: int = Field(
        4_096,
        ge=1,
        description="Films in the nearest lists of an inverted file with which each film of the "
        "catalogue is compared first, before the refinements.",
    )
    refinements: int = Field(
        5,
        ge=0,
        le=20,
        description="How often at most each film of a catalogue with an inverted file is compared "
        "with the neighbours of its neighbours, until few change.",
    )
    searched_films: int = Field(
        12_288,
        ge=1,
        description="Films of an inverted file with which a single query is compared, in a search "
        "by meaning or an update: more give a higher recall and take proportionally longer.",
    )
    recall_queries: int = Field(1_000, ge=10, description="Films for which recall@10 is measured.")


class LabelSettings(Section):
    """How micro-genres are named."""

    keywords: int = Field(5, ge=1, le=20, description="Keywords per micro-genre.")
    diversity: float = Field(
        0.7,
        ge=0,
        le=1,
        description="Diversity of the keywords in maximal marginal relevance (MMR).",
    )
    candidates: int = Field(60, ge=5, le=1_000, description="Keyword candidates per cluster.")
    min_films: int = Field(3, ge=1, description="Fewest films of a candidate in its micro-genre.")
    max_vocabulary: int = Field(20_000, ge=100, description="Most candidates to embed.")
    language: str = Field(
        "auto",
        pattern="^(auto|[a-z]{2})$",
        description="Language of the names, ISO 639-1; `auto`: the main language of the texts.",
    )
    new_names: bool = Field(
        False,
        description="Name micro-genres without regard to their previous names, except those that a "
        "person set.",
    )
    lexicon: str = Field(
        "",
        description="A TOML file of words of your own that extends config/lexicon/; "
        "docs/lexicon.md describes its tables.",
    )
    namer: NamerText = Field(
        "",
        description="A language model that suggests further names, such as "
        "openai:http://127.0.0.1:11434/v1#qwen3:8b; off if empty. Its key: NAMER_API_KEY in the "
        "environment.",
    )
    namer_requests: int = Field(
        4, ge=1, le=64, description="Most requests to the namer at the same time."
    )
    namer_request_seconds: float = Field(
        120.0, gt=0, le=3_600, description="Longest wait for one response of the namer."
    )
    namer_seconds: float = Field(
        1_800.0,
        gt=0,
        le=86_400,
        description="Longest time for all requests to the namer; then it suggests no more names.",
    )


class TaxonomySettings(Section):
    """How micro-genres are grouped into families."""

    families: AtLeastOne | Literal["auto"] = Field("auto", description="Most families.")


class ReportSettings(Section):
    """What the report measures and shows."""

    silhouette_films: int = Field(
        2_000, ge=10, description="Films in the sample for the silhouette."
    )
    compare_films: int = Field(
        1_000, ge=50, description="Films in the sample that compares clustering methods."
    )
    map_films: int = Field(20_000, ge=100, description="Most films on the map.")


class PublishSettings(Section):
    """Title, licence and attribution of a release."""

    title: str = Field("Micro-genres", description="Title of the report and the dataset card.")
    licence: str = Field(
        "as the source catalogue's terms allow", description="Licence of the film data."
    )
    attribution: str = Field("", description="Attribution that the source requires.")
