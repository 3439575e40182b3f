"""`POST /predict/{model}`: genres of films, by the models of `microgenres genres train`."""

# No `from __future__ import annotations`, see `dependencies`.

import json
import logging
import time
from pathlib import Path as FilePath
from typing import Annotated, Any, Literal, get_args

from fastapi import APIRouter, Body, HTTPException, Path, Query
from pydantic import BaseModel, ConfigDict, Field, model_validator

from pipeline.errors import ModelError
from pipeline.genres.serving.predictor import GenrePredictor
from pipeline.settings import ServeSettings
from serve.api.metrics import Metrics
from serve.api.problems import Problem
from serve.api.schemas import ResponseModel

__all__ = ["genres_router"]

logger = logging.getLogger("serve.access")

_FILM_EXAMPLE = {
    "summary": "One film",
    "value": {"title": "The Deep", "overview": "A crew hunts a defector under the ice."},
}
_FILMS_EXAMPLE = {
    "summary": "Several films",
    "value": {"films": [{"title": "Alien Dawn"}, {"overview": "A chef falls in love."}]},
}
_ERRORS: dict[int | str, dict[str, Any]] = {
    404: {"model": Problem, "description": "There is no such model, or it is not trained yet"},
    413: {"model": Problem, "description": "The body is too long"},
}

ModelName = Literal["transformation", "adaptation", "transformer"]
MODEL_NAMES = get_args(ModelName)


class WordWeight(ResponseModel):
    """A word that raised the probability of a genre."""

    word: str = Field(examples=["submarine"])
    weight: float = Field(
        examples=[0.21], description="Decrease of the probability without this word."
    )


class PredictedGenres(ResponseModel):
    """The genres that a model predicts for one film."""

    predicted_genres: list[str] = Field(
        examples=[["Thriller", "War"]], description="Most probable genre first."
    )
    confidence: dict[str, float] = Field(
        examples=[{"Thriller": 0.71, "War": 0.55, "Comedy": 0.02}],
        description="Probability of every genre that the model knows, 0 to 1.",
    )
    inference_time: float = Field(examples=[0.004], description="Seconds.")
    reasons: dict[str, list[WordWeight]] | None = Field(
        None, description="With `explain`: the words that raised the probability of each genre."
    )


class GenrePredictions(ResponseModel):
    """The genres that a model predicts for the films of a request."""

    model: ModelName
    films: list[PredictedGenres]
    predicted_genres: list[str] | None = Field(None, description="Only for a single film.")
    confidence: dict[str, float] | None = Field(None, description="Only for a single film.")
    inference_time: float = Field(examples=[0.004], description="Seconds for the whole request.")


def genres_router(settings: ServeSettings, folder: FilePath, metrics: Metrics) -> APIRouter:
    """Return the router of `/predict`. A model is loaded by its first request.

    Parameters
    ----------
    settings : ServeSettings
        Limits of requests.
    folder : Path
        The folder of the trained genre models.
    metrics : Metrics
        Where predictions are counted.
    """
    router = APIRouter()
    predictor = GenrePredictor(folder)
    max_chars = settings.max_text_chars

    class FilmToPredict(BaseModel):
        """A film with a title, an overview, or both."""

        model_config = ConfigDict(extra="forbid")

        title: str | None = Field(None, max_length=500)
        overview: str | None = Field(None, max_length=max_chars)

        @model_validator(mode="after")
        def check_text(self) -> "FilmToPredict":
            """Raise ValueError if both title and overview are blank."""
            if not (self.title or "").strip() and not (self.overview or "").strip():
                raise ValueError("title and overview are both missing: give at least one of them")
            return self

    class FilmsToPredict(BaseModel):
        """A batch of films."""

        model_config = ConfigDict(extra="forbid")

        films: list[FilmToPredict] = Field(min_length=1, max_length=settings.max_batch)

    RequestBody = Annotated[  # noqa: N806
        FilmToPredict | FilmsToPredict,
        Body(openapi_examples={"one": _FILM_EXAMPLE, "several": _FILMS_EXAMPLE}),
    ]

    @router.post(
        "/predict/{model}", tags=["genres"], response_model_exclude_none=True, responses=_ERRORS
    )
    def predict(
        model: Annotated[str, Path(max_length=50, examples=["transformation"])],
        body: RequestBody,
        explain: Annotated[
            bool,
            Query(description="Return the words that raised the probability of each genre."),
        ] = False,
    ) -> GenrePredictions:
        """Predict the genres of a film or of a batch of films, with their probabilities.

        The models: `transformation` is an ensemble of classifier chains, `adaptation` is ML-KNN,
        `transformer` is a fine-tuned transformer.
        """
        if model not in MODEL_NAMES:
            raise HTTPException(404, f"no model {model!r}: choose from {', '.join(MODEL_NAMES)}")
        if explain and isinstance(body, FilmsToPredict):
            raise HTTPException(400, "explain works for one film only: send one without `films`")
        films = body.films if isinstance(body, FilmsToPredict) else [body]
        texts = [((f.title or "").strip(), (f.overview or "").strip()) for f in films]
        started = time.perf_counter()
        try:
            predictions = predictor.predict(model, texts, why=explain)
        except ModelError as error:
            logger.warning("model %s cannot predict: %s", model, error)
            raise HTTPException(
                404,
                f"model {model!r} is not trained for this input: "
                f"run `microgenres genres train -m {model}`",
            ) from error
        seconds = time.perf_counter() - started
        genres = sum(len(film["predicted_genres"]) for film in predictions)
        metrics.count_prediction(model, len(films), genres, seconds)
        logger.info(
            json.dumps(
                {
                    "event": "predict",
                    "endpoint": f"/predict/{model}",
                    "films": len(films),
                    "labels": genres,
                    "ms": round(seconds * 1_000, 2),
                }
            )
        )
        response: dict[str, Any] = {
            "model": model,
            "films": predictions,
            "inference_time": round(seconds, 6),
        }
        if not isinstance(body, FilmsToPredict):
            response |= {name: predictions[0][name] for name in ("predicted_genres", "confidence")}
        return GenrePredictions.model_validate(response)

    return router
