"""`POST /recommend`, `/predict_batch`, `/reload-model`, `GET /model`: films for users, and why."""

# No `from __future__ import annotations`, see `asked`.

import threading
import time
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

from fastapi import APIRouter, Body, HTTPException
from pydantic import BaseModel, ConfigDict, Field, model_validator

from pipeline.errors import MicrogenresError
from pipeline.settings import ServeSettings, UpkeepSettings
from serve.api.problems import Problem
from serve.api.schemas_recommend import (
    ExpectedRatings,
    Recommendations,
    Reloaded,
    ServedModel,
)

if TYPE_CHECKING:
    from pipeline.recommend.serving.recommender import Recommending

__all__ = ["Recommenders", "recommending"]

_ABSENT: dict[int | str, dict[str, Any]] = {
    404: {"model": Problem, "description": "No recommender is served yet"},
    413: {"model": Problem, "description": "The body is too long"},
}
_KEYLESS: dict[int | str, dict[str, Any]] = {
    403: {"model": Problem, "description": "The service has no API key"}
}
_KNOWN = {"summary": "A user who is known", "value": {"user_id": 1, "top_k": 5}}
_NEW = {
    "summary": "Someone new, by some ratings",
    "value": {
        "ratings": [{"film_id": 1, "rating": 5}, {"film_id": 2, "rating": 2.5}],
        "year_from": 1990,
    },
}
_INT64 = 2**63 - 1


class Recommenders:
    """The recommender of an output folder, opened when it is first asked for."""

    def __init__(self, folder: Path, upkeep: UpkeepSettings) -> None:
        self._folder, self._upkeep = folder, upkeep
        self._lock = threading.Lock()
        self._opened: Recommending | None = None
        self.loaded_at = datetime.now(UTC)

    def get(self) -> "Recommending":
        """HTTPException 404 where there is none yet."""
        with self._lock:
            if self._opened is None:
                if not self._folder.is_dir():
                    raise _none_yet()
                from threadpoolctl import threadpool_limits

                from pipeline.recommend.lifecycle.database import record_url
                from pipeline.recommend.serving.recommender import (
                    Recommending,  # heavy, and seldom needed
                )

                try:
                    url = record_url(self._folder, self._upkeep)
                    self._opened = Recommending(self._folder, url)
                except MicrogenresError as error:
                    raise _none_yet() from error
                # requests come side by side: more threads for one would only be in others' way
                threadpool_limits(1, "blas")
                self.loaded_at = datetime.now(UTC)
            return self._opened

    def reload(self) -> bool:
        """Take the version that the record says; requests under way end with the old one."""
        asking = self.get()
        with self._lock:
            changed = asking.reload()
            if changed:
                self.loaded_at = datetime.now(UTC)
            return changed


def _none_yet() -> HTTPException:
    return HTTPException(404, "no recommender is served yet: run `microgenres ratings train`")


def recommending(settings: ServeSettings, recommenders: Recommenders) -> APIRouter:
    """The router of these endpoints, within the bounds of `settings`."""
    router = APIRouter(tags=["recommend"])
    most = settings.max_page_size

    class Rated(BaseModel):
        """What someone said of a film."""

        model_config = ConfigDict(extra="forbid")

        film_id: int = Field(ge=0, le=_INT64, description="MovieLens's id.")
        rating: float = Field(ge=0.5, le=5, allow_inf_nan=False)

    class Asked(BaseModel):
        """Who asks, and what the list may hold."""

        model_config = ConfigDict(extra="forbid")

        user_id: int | None = Field(None, ge=0, le=_INT64)
        ratings: list[Rated] | None = Field(None, max_length=1_000)
        top_k: int = Field(10, ge=1, le=most)
        micro_genre: list[Annotated[int, Field(ge=0, le=2**31 - 1)]] = Field([], max_length=50)
        year_from: int | None = Field(None, ge=0, le=9_999)
        year_to: int | None = Field(None, ge=0, le=9_999)
        seen: bool = Field(False, description="List films too that were rated.")

        @model_validator(mode="after")
        def one_of_both(self) -> "Asked":
            """ValueError unless there is a user or ratings, not both."""
            if (self.user_id is None) == (self.ratings is None):
                raise ValueError("give a user_id or ratings, not both and not neither")
            return self

    class Pair(BaseModel):
        """A user and a film."""

        model_config = ConfigDict(extra="forbid")

        user_id: int = Field(ge=0, le=_INT64)
        film_id: int = Field(ge=0, le=_INT64)

    class Pairs(BaseModel):
        """A batch."""

        model_config = ConfigDict(extra="forbid")

        pairs: list[Pair] = Field(min_length=1, max_length=1_000)

    @router.post("/recommend", response_model=Recommendations, responses=_ABSENT)
    def recommend(
        asked: Annotated[Asked, Body(openapi_examples={"known": _KNOWN, "new": _NEW})],
    ) -> dict[str, Any]:
        """Films for a user, or for someone new who rated some, each with a reason."""
        from pipeline.recommend.serving.recommender import Wish

        started = time.perf_counter()
        asking = recommenders.get()
        now = asking.current
        if asked.user_id is not None:
            rated = asking.rated_by(asked.user_id)
        else:
            rated = [(one.film_id, one.rating) for one in asked.ratings or []]
        own = now.profile_of(rated)
        wish = Wish(
            asked.top_k, tuple(asked.micro_genre), asked.year_from, asked.year_to, asked.seen
        )
        return {
            "model_version": now.version,
            "user_id": asked.user_id,
            "known_ratings": int(own.nnz),
            "films": now.recommend(own, wish),
            "inference_time": round(time.perf_counter() - started, 6),
        }

    @router.post("/predict_batch", response_model=ExpectedRatings, responses=_ABSENT)
    def predict_batch(wanted: Pairs) -> dict[str, Any]:
        """The stars that users would give films."""
        asking = recommenders.get()
        now = asking.current
        stars: dict[int, Any] = {}
        for user in {pair.user_id for pair in wanted.pairs}:
            own = now.profile_of(asking.rated_by(user))
            stars[user] = now.model.stars(own)[0]
        told = []
        for pair in wanted.pairs:
            row = now.row(pair.film_id)
            expected = None if row is None else round(float(stars[pair.user_id][row]), 3)
            told.append(
                {"user_id": pair.user_id, "film_id": pair.film_id, "expected_rating": expected}
            )
        return {"model_version": now.version, "predictions": told}

    @router.post("/reload-model", response_model=Reloaded, responses=_ABSENT | _KEYLESS)
    def reload_model() -> dict[str, Any]:
        """Serve the version that was promoted last; requests under way end with the one before.

        Only where an API key is set, which is then needed.
        """
        if settings.api_key is None:
            raise HTTPException(403, "set an API key first: MICROGENRES_SERVE__API_KEY")
        changed = recommenders.reload()
        return {"model_version": recommenders.get().current.version, "changed": changed}

    @router.get("/model", response_model=ServedModel, responses=_ABSENT)
    def model() -> dict[str, Any]:
        """Which recommender answers, and how good it was when measured."""
        now = recommenders.get().current
        return {
            "model_version": now.version,
            "model": now.model.name,
            "loaded_at": recommenders.loaded_at,
            "release_id": now.films.release_id,
            "films": len(now.films),
            "learnt_from_ratings": now.about["ratings"],
            "figures": now.about["figures"],
        }

    return router
