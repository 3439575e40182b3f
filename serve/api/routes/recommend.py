"""Recommender endpoints: `/recommend`, `/predict_batch`, `/reload-model` and `/model`."""

# No `from __future__ import annotations`, see `dependencies`.

import threading
import time
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

from fastapi import APIRouter, Body, Depends, HTTPException
from pydantic import BaseModel, ConfigDict, Field, model_validator

from pipeline.errors import MicrogenresError
from pipeline.settings import ServeSettings, UpkeepSettings
from serve.api.access import needs_scope
from serve.api.problems import Problem
from serve.api.schemas_recommend import (
    ExpectedRatings,
    Recommendations,
    ReloadResult,
    ServedModel,
)

if TYPE_CHECKING:
    from pipeline.recommend.serving.recommender import RecommenderService

__all__ = ["RecommenderLoader", "recommend_router"]

_ERRORS: dict[int | str, dict[str, Any]] = {
    404: {"model": Problem, "description": "There is no recommender yet"},
    413: {"model": Problem, "description": "The body is too long"},
}
_NO_KEY: dict[int | str, dict[str, Any]] = {
    403: {"model": Problem, "description": "The service has no API key"}
}
_KNOWN_USER_EXAMPLE = {"summary": "A known user", "value": {"user_id": 1, "top_k": 5}}
_NEW_USER_EXAMPLE = {
    "summary": "A new user with a few ratings",
    "value": {
        "ratings": [{"film_id": 1, "rating": 5}, {"film_id": 2, "rating": 2.5}],
        "year_from": 1990,
    },
}
_INT64 = 2**63 - 1


class RecommenderLoader:
    """Loads the recommender of an output folder on first use.

    Parameters
    ----------
    folder : Path
        The folder `ratings` of an output folder.
    upkeep : UpkeepSettings
        Settings of the upkeep database, which names the version to serve.

    Attributes
    ----------
    loaded_at : datetime
        When the served version was loaded.
    """

    def __init__(self, folder: Path, upkeep: UpkeepSettings) -> None:
        self._folder, self._upkeep = folder, upkeep
        self._lock = threading.Lock()
        self._loaded: RecommenderService | None = None
        self.loaded_at = datetime.now(UTC)

    def get(self) -> "RecommenderService":
        """Return the recommender.

        Raises
        ------
        HTTPException
            With status 404 if there is no recommender yet.
        """
        with self._lock:
            if self._loaded is None:
                if not self._folder.is_dir():
                    raise _no_recommender()
                # heavy libraries, and many releases have no recommender
                from threadpoolctl import threadpool_limits

                from pipeline.recommend.lifecycle.database import database_url
                from pipeline.recommend.serving.recommender import RecommenderService

                try:
                    url = database_url(self._folder, self._upkeep)
                    self._loaded = RecommenderService(self._folder, url)
                except MicrogenresError as error:
                    raise _no_recommender() from error
                # requests run in parallel already: more threads per request only compete
                threadpool_limits(1, "blas")
                self.loaded_at = datetime.now(UTC)
            return self._loaded

    def reload(self) -> bool:
        """Load the current champion; return True if the version changed.

        Running requests finish with the old version.
        """
        recommender = self.get()
        with self._lock:
            changed = recommender.reload()
            if changed:
                self.loaded_at = datetime.now(UTC)
            return changed


def _no_recommender() -> HTTPException:
    return HTTPException(404, "there is no recommender yet: run `microgenres ratings train`")


def recommend_router(settings: ServeSettings, loader: RecommenderLoader) -> APIRouter:
    """Return the router of these endpoints, with the limits of `settings`."""
    router = APIRouter(tags=["recommend"])
    max_films = settings.max_page_size

    class RatedFilm(BaseModel):
        """A rating of a film."""

        model_config = ConfigDict(extra="forbid")

        film_id: int = Field(ge=0, le=_INT64, description="MovieLens id.")
        rating: float = Field(ge=0.5, le=5, allow_inf_nan=False)

    class RecommendRequest(BaseModel):
        """A user, known or described by ratings, and filters on the recommended films."""

        model_config = ConfigDict(extra="forbid")

        user_id: int | None = Field(None, ge=0, le=_INT64)
        ratings: list[RatedFilm] | None = Field(None, max_length=1_000)
        top_k: int = Field(10, ge=1, le=max_films, description="Number of films to return.")
        micro_genre: list[Annotated[int, Field(ge=0, le=2**31 - 1)]] = Field([], max_length=50)
        year_from: int | None = Field(None, ge=0, le=9_999)
        year_to: int | None = Field(None, ge=0, le=9_999)
        seen: bool = Field(False, description="Also return films that the user has rated.")

        @model_validator(mode="after")
        def check_user(self) -> "RecommendRequest":
            """Raise ValueError unless there is either a user or ratings."""
            if (self.user_id is None) == (self.ratings is None):
                raise ValueError("give either a user_id or ratings")
            return self

    class UserFilmPair(BaseModel):
        """A user and a film."""

        model_config = ConfigDict(extra="forbid")

        user_id: int = Field(ge=0, le=_INT64)
        film_id: int = Field(ge=0, le=_INT64)

    class PredictBatchRequest(BaseModel):
        """A batch of pairs."""

        model_config = ConfigDict(extra="forbid")

        pairs: list[UserFilmPair] = Field(min_length=1, max_length=1_000)

    @router.post("/recommend", responses=_ERRORS)
    def recommend(
        body: Annotated[
            RecommendRequest,
            Body(openapi_examples={"known": _KNOWN_USER_EXAMPLE, "new": _NEW_USER_EXAMPLE}),
        ],
    ) -> Recommendations:
        """Recommend films to a known user, or to a new user with some ratings, with reasons."""
        from pipeline.recommend.serving.recommender import ListQuery

        started = time.perf_counter()
        recommender = loader.get()
        served = recommender.current
        if body.user_id is not None:
            rated = recommender.rated_by(body.user_id)
        else:
            rated = [(one.film_id, one.rating) for one in body.ratings or []]
        profile = served.profile_of(rated)
        query = ListQuery(
            body.top_k, tuple(body.micro_genre), body.year_from, body.year_to, body.seen
        )
        return Recommendations.model_validate(
            {
                "model_version": served.version,
                "user_id": body.user_id,
                "known_ratings": int(profile.nnz),
                "films": served.recommend(profile, query),
                "inference_time": round(time.perf_counter() - started, 6),
            }
        )

    @router.post("/predict_batch", responses=_ERRORS)
    def predict_batch(body: PredictBatchRequest) -> ExpectedRatings:
        """Predict the ratings that users would give to films."""
        recommender = loader.get()
        served = recommender.current
        stars: dict[int, Any] = {}
        for user in {pair.user_id for pair in body.pairs}:
            profile = served.profile_of(recommender.rated_by(user))
            stars[user] = served.model.predict_stars(profile)[0]
        predictions = []
        for pair in body.pairs:
            row = served.row(pair.film_id)
            expected = None if row is None else round(float(stars[pair.user_id][row]), 3)
            predictions.append(
                {"user_id": pair.user_id, "film_id": pair.film_id, "expected_rating": expected}
            )
        return ExpectedRatings.model_validate(
            {"model_version": served.version, "predictions": predictions}
        )

    @router.post(
        "/reload-model",
        responses=_ERRORS | _NO_KEY,
        dependencies=[Depends(needs_scope("reload"))],
    )
    def reload_model() -> ReloadResult:
        """Serve the version that was promoted last; running requests finish with the old version.

        The request needs a key with the scope reload.
        """
        changed = loader.reload()
        return ReloadResult(model_version=loader.get().current.version, changed=changed)

    @router.get("/model", responses=_ERRORS)
    def model() -> ServedModel:
        """Describe the served recommender and its measured quality."""
        served = loader.get().current
        return ServedModel(
            model_version=served.version,
            model=served.model.name,
            loaded_at=loader.loaded_at,
            release_id=served.films.release_id,
            films=len(served.films),
            films_linked=served.about.films_linked,
            warnings=served.about.warnings,
            learnt_from_ratings=served.about.ratings,
            figures=served.about.figures.model_dump(mode="json"),
        )

    return router
