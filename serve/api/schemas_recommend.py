"""Response models of the recommender endpoints."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from pydantic import Field

from serve.api.schemas import ResponseModel

__all__ = ["ExpectedRatings", "Recommendations", "ReloadResult", "ServedModel"]


class RecommendationReason(ResponseModel):
    """Why a film is recommended: what is known to join it to a film that the user rated high."""

    text: str = Field(examples=["because you rated Das Boot 5 of 5; both are Submarine Thrillers"])
    because_of: str | None = None
    because_of_film_id: int | None = None
    stars: float | None = None
    same_micro_genre: str | None = None
    genres: list[str] = Field([])
    similarity: float | None = Field(
        None, description="Cosine of the texts of both films; null where one has none."
    )


class RecommendedFilm(ResponseModel):
    """A recommended film."""

    film_id: int
    movie_id: str | None = Field(description="Its id in the release; null if it is not there.")
    title: str
    year: int | None
    cluster: int | None
    micro_genre_id: str | None = Field(
        None, description="Its micro-genre in the served release; null if it is not there."
    )
    micro_genre_name: str | None
    score: float = Field(description="Higher is better. The scale depends on the model.")
    expected_rating: float = Field(examples=[4.1], description="Stars, 0.5 to 5.")
    reason: RecommendationReason


class Recommendations(ResponseModel):
    """Films recommended to a user, best first."""

    model_version: str
    user_id: int | None
    known_ratings: int = Field(description="Number of the user's ratings that the model used.")
    films: list[RecommendedFilm]
    inference_time: float = Field(examples=[0.012], description="Seconds.")


class ExpectedRating(ResponseModel):
    """The rating that a user is expected to give a film."""

    user_id: int
    film_id: int
    expected_rating: float | None = Field(description="Stars; null if the film is unknown.")


class ExpectedRatings(ResponseModel):
    """Expected ratings, in the order of the request."""

    model_version: str
    predictions: list[ExpectedRating]


class ServedModel(ResponseModel):
    """The served recommender."""

    model_version: str
    model: str
    loaded_at: datetime
    release_id: str | None = Field(description="Release of its film vectors and micro-genres.")
    films: int
    films_linked: int | None = Field(
        None, description="Number of films that the release has; null if the version is older."
    )
    warnings: list[str] = Field([], description="What limits it, such as that no film is linked.")
    learnt_from_ratings: int
    figures: dict[str, Any] = Field(description="Quality measured on later ratings.")


class ReloadResult(ResponseModel):
    """The result of a reload."""

    model_version: str
    changed: bool
