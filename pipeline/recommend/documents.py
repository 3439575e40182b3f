"""The JSON documents of recommenders: manifests, figures and rows of the database, as types."""

from __future__ import annotations

from datetime import datetime
from typing import Any, NotRequired, TypedDict, TypeVar

from pydantic import BaseModel, ConfigDict, ValidationError

from pipeline.errors import ModelError
from pipeline.settings import RecommendSettings

__all__ = [
    "ActivityFigures",
    "AlertRow",
    "BatchResult",
    "BatchStatistics",
    "ColdFilmFigures",
    "DecisionRow",
    "EmptyProfileFigures",
    "EvaluationFigures",
    "FilmMetadata",
    "FilmSummary",
    "IngestionRow",
    "MetricRow",
    "ModelManifest",
    "MonitorResult",
    "PreparedManifest",
    "Reason",
    "Recommendation",
    "RejectExample",
    "RetrainResult",
    "TrainedVersion",
    "TrainingSummary",
    "VersionRow",
    "parse_document",
]


class _Document(BaseModel):
    model_config = ConfigDict(frozen=True)


Document = TypeVar("Document", bound=_Document)


def parse_document(kind: type[Document], fields: object, path: object) -> Document:
    """Return the fields of a JSON file as a document.

    Raises
    ------
    ModelError
        If a field is missing or has the wrong type; the message names the file and the field.
    """
    try:
        return kind.model_validate(fields)
    except ValidationError as error:
        first = error.errors()[0]
        field = ".".join(map(str, first["loc"]))
        raise ModelError(f"{path}: field {field!r}: {first['msg']}; train again") from error


# Prepared ratings


class RejectExample(_Document):
    """One row of RATING_REJECTS, shown in the manifest."""

    file: str
    row: int
    reason: str
    detail: str | None


class PreparedManifest(_Document):
    """`manifest.json` of a folder of prepared ratings; rows_in = kept + rejected.

    `notes` say how the files were read, such as the scale of the ratings; `has_links` whether a
    file says which films these are of TMDB and IMDb.
    """

    format: int
    source: str
    films: int
    rows_in: int
    kept: int
    rejected: int
    rejects: dict[str, int]
    examples: list[RejectExample]
    first_second: int
    last_second: int
    files: dict[str, str]
    notes: list[str] = []
    has_links: bool = True


# Figures of an evaluation


class ActivityFigures(_Document):
    """Figures of the users with a similar number of training ratings."""

    users: int
    ndcg: float
    hit: float


class ColdFilmFigures(_Document):
    """Figures of lists that contain only films without a training rating."""

    users: int
    films: int
    ndcg: float
    recall: float
    hit: float


class EmptyProfileFigures(_Document):
    """Figures of the same users when the model is given none of their ratings."""

    ndcg: float
    hit: float


class EvaluationFigures(_Document):
    """How good a recommender is on later ratings; `evaluation.metrics` defines each figure."""

    users: int
    ndcg: float
    precision: float
    recall: float
    hit: float
    intervals: dict[str, tuple[float, float]]
    coverage: float
    novelty: float
    diversity: float
    rmse: float
    mae: float
    ratings: int
    by_activity: dict[str, ActivityFigures]
    cold_films: ColdFilmFigures
    without_ratings: EmptyProfileFigures


# Stored models


class FilmMetadata(TypedDict):
    """What the table of films cannot hold: names of genres and micro-genres, and the release."""

    genres: list[str]
    micro_genres: dict[str, str]
    release_id: str | None


class TrainingSummary(_Document):
    """What a version was trained on, and how good it was on the ratings after that.

    Attributes
    ----------
    data : str
        Name of the folder of prepared ratings.
    learnt_before, known_before : int
        Seconds since 1970. The model is trained on ratings before the first; the prepared ratings
        before the second are known when it is served.
    ratings : int
        Number of training ratings.
    figures : EvaluationFigures
        Measured on later ratings.
    seed : int
        Seed of the random generator.
    shape : list of int
        Number of training ratings with 0.5, 1, ... 5 stars.
    films_linked : int or None
        Number of films that the release has; None in versions of earlier programs.
    warnings : list of str
        What a user should know, such as that no film is linked, and why.
    """

    data: str
    learnt_before: int
    known_before: int
    ratings: int
    figures: EvaluationFigures
    seed: int
    shape: list[int]
    films_linked: int | None = None
    warnings: list[str] = []


class ModelManifest(_Document):
    """`manifest.json` of a folder with a fitted model."""

    format: int
    name: str
    settings: RecommendSettings
    genres: list[str]
    micro_genres: dict[str, str]
    release_id: str | None
    files: dict[str, str]
    about: TrainingSummary

    @property
    def film_metadata(self) -> FilmMetadata:
        """The names that `films_from_table` needs."""
        return FilmMetadata(
            genres=self.genres, micro_genres=self.micro_genres, release_id=self.release_id
        )


# Rows of the database


class BatchStatistics(TypedDict):
    """Statistics of the ratings of one ingested week; `counts` by 0.5, 1, ... 5 stars."""

    users: int
    counts: list[int]
    first_second: int
    last_second: int


class VersionRow(TypedDict):
    """A trained version; `status` is champion, challenger, retired or refused."""

    id: int
    version: str
    model: str
    status: str
    learnt_before: int
    figures: dict[str, Any]
    created_at: datetime


class TrainedVersion(VersionRow):
    """A version that was trained now, with the number of linked films and the warnings."""

    films_linked: int
    warnings: list[str]


class IngestionRow(TypedDict):
    """A week of ratings that was ingested; rows_in = kept + rejected."""

    id: int
    digest: str
    name: str
    week: str
    file: str
    rows_in: int
    kept: int
    rejected: dict[str, int]
    late: bool
    statistics: BatchStatistics
    created_at: datetime


class MetricRow(TypedDict):
    """Figures of one check of batches against a version."""

    id: int
    batches: str
    version: str
    week: str
    figures: dict[str, Any]
    created_at: datetime


class AlertRow(TypedDict):
    """A figure that is beyond its threshold; `metric` is the id of the MetricRow."""

    id: int
    metric: int
    version: str
    kind: str
    value: float
    threshold: float
    created_at: datetime


class DecisionRow(TypedDict):
    """A decision, with its reason and the figures that it rests on."""

    id: int
    kind: str
    version: str | None
    why: str
    evidence: dict[str, Any]
    created_at: datetime


# Results of the commands


class BatchResult(TypedDict):
    """One week of ratings: `late` if an earlier week arrives, `new` if it was not there yet."""

    week: str
    kept: int
    late: bool
    new: bool


class MonitorResult(TypedDict):
    """Batches that were checked together: their weeks, alerts, drift and errors."""

    weeks: list[str]
    alerts: list[str]
    rows: int
    ks: float
    mean: float
    mean_change: float
    deviation_change: float
    rmse: float
    mae: float
    ndcg: float


class RetrainResult(TypedDict):
    """Whether training was due, and what came of it."""

    due: bool
    why: str
    version: NotRequired[str]
    promoted: NotRequired[bool]


class Reason(TypedDict):
    """Why a film is recommended; all but `genres` and `text` are None if nothing rated explains it.

    `similarity` is that of the texts; it is None where one of the two films has none.
    """

    because_of: str | None
    because_of_film_id: int | None
    stars: float | None
    same_micro_genre: str | None
    genres: list[str]
    similarity: float | None
    text: str


class FilmSummary(TypedDict):
    """A film as it is shown in a list."""

    film_id: int
    movie_id: str | None
    title: str
    year: int | None
    cluster: int | None
    micro_genre_name: str | None


class Recommendation(FilmSummary):
    """A film of a list, with its score, expected stars and reason."""

    score: float
    expected_rating: float
    reason: Reason
