"""What the endpoints of the recommenders answer."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from pydantic import Field

from serve.api.schemas import Answer

__all__ = ["ExpectedRatings", "Recommendations", "Reloaded", "ServedModel"]


class Because(Answer):
    """Why a film is recommended."""

    text: str = Field(examples=["because you rated Das Boot 5 of 5; both are Submarine Thrillers"])
    because_of: str | None = None
    because_of_film_id: int | None = None
    stars: float | None = None
    same_micro_genre: str | None = None
    genres: list[str] = Field([])
    similarity: float | None = None


class Recommended(Answer):
    """A film for a user."""

    film_id: int
    movie_id: str | None = Field(description="Its id in the release, where the release has it.")
    title: str
    year: int | None
    cluster: int | None
    micro_genre_name: str | None
    score: float = Field(description="Higher is better; the scale is the model's own.")
    expected_rating: float = Field(examples=[4.1], description="Stars, 0.5 to 5.")
    reason: Because


class Recommendations(Answer):
    """Films for a user, the best first."""

    model_version: str
    user_id: int | None
    known_ratings: int = Field(description="Ratings that the answer rests on.")
    films: list[Recommended]
    inference_time: float = Field(examples=[0.012], description="Seconds.")


class Expected(Answer):
    """The stars expected of one user for one film."""

    user_id: int
    film_id: int
    expected_rating: float | None = Field(description="Null for a film that is not known.")


class ExpectedRatings(Answer):
    """The stars expected, in the order asked."""

    model_version: str
    predictions: list[Expected]


class ServedModel(Answer):
    """Which recommender answers."""

    model_version: str
    model: str
    loaded_at: datetime
    release_id: str | None = Field(description="The release whose vectors and micro-genres it has.")
    films: int
    learnt_from_ratings: int
    figures: dict[str, Any] = Field(description="As measured on later ratings.")


class Reloaded(Answer):
    """What became of a reload."""

    model_version: str
    changed: bool
