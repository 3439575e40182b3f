"""Every knob of a run: typed, bounded, documented where it is declared.

Precedence, lowest first: `config/default.toml`, the profile's TOML, a file of the user's own,
the environment (`MICROGENRES_EMBED__DTYPE=float32`), the command line. Only flows and serve load
settings; a stage is handed its own section.
"""

from __future__ import annotations

import tomllib
from importlib.resources import files
from importlib.resources.abc import Traversable
from pathlib import Path
from typing import Annotated, Any, Literal

from pydantic import BaseModel, ConfigDict, Field, SecretStr, ValidationError
from pydantic_settings import BaseSettings, PydanticBaseSettingsSource, SettingsConfigDict

from pipeline.errors import SettingsError

__all__ = [
    "CleanSettings",
    "ClusterSettings",
    "DaskSettings",
    "DriftSettings",
    "EmbedSettings",
    "FeatureSettings",
    "FetchSettings",
    "GenreSettings",
    "IdentitySettings",
    "LabelSettings",
    "LogSettings",
    "NeighbourSettings",
    "NoveltySettings",
    "PublishSettings",
    "ReportSettings",
    "ServeSettings",
    "Settings",
    "SourceSettings",
    "TaxonomySettings",
    "UpdateSettings",
    "load_settings",
    "profiles",
]

ENV_PREFIX = "MICROGENRES_"

AtLeastOne = Annotated[int, Field(ge=1)]


class Section(BaseModel):
    """A stage's own settings: immutable, and a misspelt name is an error."""

    model_config = ConfigDict(frozen=True, extra="forbid")


class SourceSettings(Section):
    """How a catalogue is read."""

    dialect: Literal["auto", "tmdb", "kaggle", "udacity", "imdb", "columns"] = Field(
        "auto", description="Column dialect of files; `auto` detects it from the header."
    )
    column_map: dict[str, str] = Field(
        default_factory=dict,
        description="Our column -> the file's column, for a catalogue in no known dialect.",
    )
    chunk_rows: int = Field(5_000, ge=1, le=1_000_000, description="Rows read at a time.")
    max_file_bytes: int = Field(
        20 * 2**30, ge=1, description="Most bytes a file may hold once uncompressed."
    )
    century_pivot: int = Field(
        30,
        ge=0,
        le=99,
        description="Two-digit years above it are 19xx, the others 20xx.",
    )


class FetchSettings(Section):
    """How films are asked of the TMDB API; its key is in the environment only."""

    base_url: str = Field(
        "https://api.themoviedb.org/3",
        pattern=r"^(https://[^\s@?#]+|http://(127\.0\.0\.1|localhost|\[::1\])(:\d+)?(/[^\s@?#]*)?)$",
        description="Where the API is; without https only on this machine, for the key goes there.",
    )
    language: str = Field("en-US", pattern=r"^[a-z]{2}(-[A-Z]{2})?$", description="Of the texts.")
    requests_per_second: int = Field(
        40, ge=1, le=1_000, description="Most requests in any second; TMDB allows about 40."
    )
    connections: int = Field(24, ge=1, le=200, description="Requests under way at once.")
    timeout_seconds: float = Field(20.0, gt=0, le=600, description="Longest silence of the server.")
    retries: int = Field(6, ge=0, le=20, description="Tries again for what may pass.")
    backoff_seconds: float = Field(
        0.5, gt=0, le=60, description="First wait before another try; it doubles each time."
    )
    max_wait_seconds: float = Field(
        300.0, gt=0, description="A server that asks for a longer wait ends the fetch."
    )
    give_up_after: int = Field(
        20, ge=1, description="So many requests given up in a row end the fetch."
    )
    max_failed_share: float = Field(
        0.001, ge=0, lt=1, description="Films that may be missing from a catalogue, as a share."
    )
    max_age_days: float = Field(
        150.0, gt=0, le=180, description="An older answer is asked again; TMDB's terms allow 180."
    )
    review_pages: int = Field(
        1, ge=1, le=500, description="Pages of reviews per film; the first comes with the film."
    )
    first_date: str = Field(
        "1874-01-01",
        pattern=r"^\d{4}-\d\d-\d\d$",
        description="Earliest release that is discovered.",
    )
    min_votes: int = Field(0, ge=0, description="Films with fewer votes are not discovered.")
    min_popularity: float = Field(0.0, ge=0, description="Less popular films are not fetched.")
    include_adult: bool = Field(False, description="Fetch adult films too.")


class CleanSettings(Section):
    """What a row must satisfy to be mined."""

    first_year: int = Field(1874, ge=0, description="Earliest possible year of a film.")
    last_year: int = Field(2035, ge=1874, description="Latest possible year of a film.")
    min_overview_words: int = Field(3, ge=1, description="Fewer words count as a missing overview.")
    max_overview_chars: int = Field(
        20_000, ge=100, description="A longer overview is rejected as over-long."
    )
    max_list_items: int = Field(500, ge=1, description="Most entries kept of a list cell.")


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
    smoothing_rounds: int = Field(3, ge=0, le=20, description="Rounds of smoothing.")
    components: int = Field(64, ge=2, le=1024, description="Width of the smoothed space.")
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
    flat_up_to: int = Field(200_000, ge=0, description="`auto` uses exact search up to here.")
    ivf_up_to: int = Field(1_000_000, ge=0, description="`auto` uses IVF-Flat up to here.")
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


class IdentitySettings(Section):
    """When a micro-genre of a new mining is one of the release before."""

    same_share: float = Field(
        0.3,
        gt=0,
        le=1,
        description="Overlap in films (Dice: 0 to 1) from which it is the same; half will do where "
        "the centroids are alike too.",
    )
    same_likeness: float = Field(
        0.9, gt=0, le=1, description="Cosine from which two centroids are alike."
    )
    origin_share: float = Field(
        0.5, gt=0, le=1, description="Share of films that makes it split from another, or merged."
    )


class UpdateSettings(Section):
    """How a release is brought up to date without mining afresh."""

    encode_here: int = Field(
        2_000, ge=0, description="More new texts than this are encoded on the cluster."
    )


class NoveltySettings(Section):
    """Films that fit nothing well, and what they could become."""

    quantile: float = Field(
        0.02,
        ge=0,
        le=0.5,
        description="A film less like its centroid than this share of the mined ones is novel.",
    )
    min_films: int = Field(8, ge=2, description="Novel films that make up a proposed micro-genre.")
    likeness: float = Field(
        0.5, gt=0, le=1, description="Mean cosine between the films of a proposal, at least."
    )
    most_films: int = Field(
        5_000, ge=10, description="Most novel films searched for proposals, the least alike first."
    )


class DriftSettings(Section):
    """How far a catalogue may drift from the last mining before another one is due."""

    ks: float = Field(
        0.08, gt=0, le=1, description="Kolmogorov-Smirnov distance of the similarities."
    )
    psi: float = Field(0.1, gt=0, description="Population stability index of the similarities.")
    vocabulary: float = Field(
        0.05, gt=0, le=1, description="Growth of the share of keyword uses that are unknown."
    )
    centroid_shift: float = Field(
        0.02, gt=0, le=2, description="1 - cosine of a micro-genre's mean and centroid, on average."
    )
    growth: float = Field(
        0.1,
        gt=0,
        le=1,
        description="Share of films that would have to change micro-genre for the "
        "sizes to be those of the mining.",
    )
    novel: float = Field(0.05, gt=0, le=1, description="Share of films that fit nothing well.")
    proposals: int = Field(3, ge=1, description="Proposed micro-genres.")


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


class GenreSettings(Section):
    """How genres are learnt from titles and descriptions."""

    excluded: tuple[str, ...] = Field(
        ("Foreign", "TV Movie"),
        description="Genres that are not learnt; these two tell where a film was made or shown.",
    )
    min_words: int = Field(10, ge=1, description="A film with a shorter description is left out.")
    min_films: int = Field(20, ge=1, description="A genre of fewer films is not learnt.")
    test_share: float = Field(0.2, gt=0, lt=0.9, description="Share of the films held out.")
    validation_share: float = Field(
        0.1, gt=0, lt=0.9, description="Share that calibration and thresholds are tuned on."
    )
    folds: int = Field(5, ge=3, le=20, description="Folds of the cross-validation.")
    near_duplicate: float = Field(
        0.95, gt=0, le=1, description="Cosine from which two descriptions stay on one side."
    )
    tuned_for: Literal["jaccard", "f1", "balanced"] = Field(
        "f1",
        description="What thresholds are tuned for; `balanced`: Jaccard, F1 and at least one hit.",
    )
    max_terms: int = Field(60_000, ge=10, description="Largest vocabulary of words and pairs.")
    min_term_films: int = Field(2, ge=1, description="A term of fewer films is left out.")
    penalty: float = Field(4.0, gt=0, description="C of logistic regression on words.")
    svm_penalty: float = Field(0.3, gt=0, description="C of a linear SVM.")
    chains: int = Field(6, ge=1, le=100, description="Classifier chains in the ensemble.")
    neighbours: int = Field(40, ge=1, le=1_000, description="k of ML-KNN and of KNN.")
    smoothing: float = Field(1.0, gt=0, description="Smoothing of ML-KNN's counts.")
    tree_depth: int = Field(14, ge=1, le=100, description="Deepest level of a decision tree.")
    tree_films: int = Field(8, ge=1, description="Fewest films in a leaf of a decision tree.")
    model: str = Field(
        "all-MiniLM-L6-v2",
        description="What the transformer starts from: the bundled model, a folder, or a hub id "
        "such as distilbert/distilbert-base-uncased.",
    )
    device: Literal["auto", "cpu", "cuda"] = Field("auto", description="Where to fine-tune.")
    max_tokens: int = Field(128, ge=8, le=512, description="Tokens of a text that are read.")
    batch: int = Field(32, ge=1, le=1_024, description="Films in one step of fine-tuning.")
    epochs: int = Field(4, ge=1, le=100, description="Most passes over the training films.")
    patience: int = Field(2, ge=1, description="Epochs without a better validation that end it.")
    learning_rate: float = Field(2e-4, gt=0, le=0.1, description="Highest rate of the body.")
    frozen_layers: int = Field(2, ge=0, le=48, description="Lowest layers that are not trained.")
    focal_alpha: float = Field(0.375, gt=0, lt=1, description="Alpha of the focal loss.")
    focal_gamma: float = Field(2.0, ge=0, le=10, description="Gamma of the focal loss.")
    bootstrap: int = Field(1_000, ge=10, description="Resamples behind an interval.")


class DaskSettings(Section):
    """The cluster that carries the stages."""

    scheduler: str | None = Field(None, description="Address of a scheduler; none: a local one.")
    workers: int | None = Field(None, ge=1, le=1024, description="Local workers; none: cores.")
    memory_limit: str = Field("auto", description="Memory limit of a local worker.")
    dashboard: str = Field("127.0.0.1:0", description="Where the local dashboard listens.")
    retries: int = Field(3, ge=0, le=20, description="Tries again for what may pass.")
    wait_seconds: float = Field(60.0, gt=0, description="How long to wait for the first worker.")
    tls_ca: Path | None = Field(
        None, description="Authority's certificate, for a tls:// scheduler."
    )
    tls_cert: Path | None = Field(None, description="This side's certificate, PEM.")
    tls_key: Path | None = Field(None, description="This side's private key, PEM.")
    trusted_network: bool = Field(
        False, description="Let a scheduler beyond this machine be used without TLS."
    )


class LogSettings(Section):
    """How a run logs."""

    format: Literal["text", "json"] = Field(
        "text", description="Lines for people, or one JSON object per line."
    )
    level: Literal["DEBUG", "INFO", "WARNING", "ERROR"] = Field(
        "INFO", description="Least severe record that reaches the log and the Prefect UI."
    )


class ServeSettings(Section):
    """What the API and the explorer allow."""

    api_key: SecretStr | None = Field(
        None, description="What requests must send as X-API-Key; none: whoever reaches it may ask."
    )
    cors_origins: tuple[str, ...] = Field(
        (), description="Origins whose web pages may ask, such as https://films.example."
    )
    page_size: int = Field(24, ge=1, le=1_000, description="Films on a page, if not asked for.")
    max_page_size: int = Field(100, ge=1, le=1_000, description="Most films on a page.")
    max_offset: int = Field(1_000_000, ge=0, description="How far a selection can be paged.")
    max_meaning_films: int = Field(
        200, ge=1, le=10_000, description="Most films that one search by meaning ranks."
    )
    max_query_chars: int = Field(300, ge=1, le=10_000, description="Longest query of a search.")
    max_text_chars: int = Field(20_000, ge=100, description="Longest text of a film to assign.")
    max_batch: int = Field(32, ge=1, le=1_000, description="Most films assigned in one request.")
    max_body_bytes: int = Field(2 * 2**20, ge=1_000, description="Largest body of a request.")
    threads: int = Field(2, ge=1, le=256, description="Threads of queries and of the model.")
    memory_limit: str = Field(
        "512MB",
        pattern=r"^\d+(\.\d+)?\s*(KB|MB|GB|KiB|MiB|GiB)$",
        description="What DuckDB may take.",
    )
    genres: Path | None = Field(
        None, description="Folder of genre models; none: `genres` in the output folder."
    )
    reload_seconds: float = Field(
        2.0, gt=0, le=3_600, description="How often `latest` is looked at for a newer release."
    )
    drain_seconds: float = Field(
        30.0, ge=0, le=3_600, description="How long requests may finish once the server is stopped."
    )


class Settings(BaseSettings):
    """All sections of a run; see `load_settings`."""

    model_config = SettingsConfigDict(
        env_prefix=ENV_PREFIX, env_nested_delimiter="__", frozen=True, extra="forbid"
    )

    seed: int = Field(2026, ge=0, lt=2**31, description="Seeds every random choice, with the data.")
    source: SourceSettings = SourceSettings()
    fetch: FetchSettings = FetchSettings()
    clean: CleanSettings = CleanSettings()
    features: FeatureSettings = FeatureSettings()
    embed: EmbedSettings = EmbedSettings()
    cluster: ClusterSettings = ClusterSettings()
    neighbours: NeighbourSettings = NeighbourSettings()
    label: LabelSettings = LabelSettings()
    taxonomy: TaxonomySettings = TaxonomySettings()
    identity: IdentitySettings = IdentitySettings()
    update: UpdateSettings = UpdateSettings()
    novelty: NoveltySettings = NoveltySettings()
    drift: DriftSettings = DriftSettings()
    report: ReportSettings = ReportSettings()
    genres: GenreSettings = GenreSettings()
    publish: PublishSettings = PublishSettings()
    dask: DaskSettings = DaskSettings()
    serve: ServeSettings = ServeSettings()
    log: LogSettings = LogSettings()

    @classmethod
    def settings_customise_sources(
        cls,
        settings_cls: type[BaseSettings],
        init_settings: PydanticBaseSettingsSource,
        env_settings: PydanticBaseSettingsSource,
        dotenv_settings: PydanticBaseSettingsSource,
        file_secret_settings: PydanticBaseSettingsSource,
    ) -> tuple[PydanticBaseSettingsSource, ...]:
        """The environment only: files and the command line are merged around it by the loader."""
        return (init_settings,)


def _config_folder() -> Traversable:
    return files("config")


def profiles() -> list[str]:
    """Names that `--profile` takes."""
    names = (entry.name for entry in _config_folder().iterdir())
    return sorted(n.removesuffix(".toml") for n in names if n.endswith(".toml"))


def _read_toml(entry: Traversable | Path) -> dict[str, Any]:
    try:
        return tomllib.loads(entry.read_text(encoding="utf-8"))
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        raise SettingsError(f"settings file {entry}: not valid TOML: {error}") from error
    except OSError as error:
        raise SettingsError(f"settings file {entry} cannot be read: {error}") from error


def _merge(base: dict[str, Any], over: dict[str, Any]) -> dict[str, Any]:
    merged = dict(base)
    for key, value in over.items():
        old = merged.get(key)
        merged[key] = (
            _merge(old, value) if isinstance(old, dict) and isinstance(value, dict) else value
        )
    return merged


def _environment() -> dict[str, Any]:
    from pydantic_settings import EnvSettingsSource

    return EnvSettingsSource(Settings)()


def load_settings(
    *,
    profile: str = "default",
    file: Path | None = None,
    overrides: dict[str, Any] | None = None,
) -> Settings:
    """Merge the layers named in the module's docstring into one immutable `Settings`.

    Parameters
    ----------
    profile : a name from `profiles()`.
    file : a TOML file of the user's own, or None.
    overrides : nested values from the command line; None values are skipped by the caller.

    Raises
    ------
    SettingsError
        naming the setting, its value and what is allowed; or the file that cannot be read.
    """
    layers = [_read_toml(_config_folder() / "default.toml")]
    if profile != "default":
        if profile not in profiles():
            raise SettingsError(f"profile {profile!r} is unknown; there are {profiles()}")
        layers.append(_read_toml(_config_folder() / f"{profile}.toml"))
    if file is not None:
        layers.append(_read_toml(file))
    try:
        layers.append(_environment())
        layers.append(overrides or {})
        merged: dict[str, Any] = {}
        for layer in layers:
            merged = _merge(merged, layer)
        return Settings(**merged)
    except ValidationError as error:
        first = error.errors()[0]
        # of a union pydantic also names the member that was tried, which no one has written
        parts = [str(part) for part in first["loc"]]
        name = ".".join(p for p in parts if not p.startswith(("int", "constrained-", "literal[")))
        raise SettingsError(f"setting {name} = {first.get('input')!r}: {first['msg']}") from error
