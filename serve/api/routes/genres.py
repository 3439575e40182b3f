"""`POST /predict/...`: the genres of films, by the models that `microgenres genres train` made."""

# No `from __future__ import annotations`, see `asked`.

import json
import logging
import time
from pathlib import Path as Folder
from typing import Annotated, Any, Literal, get_args

from fastapi import APIRouter, Body, HTTPException, Path, Query
from pydantic import BaseModel, ConfigDict, Field, model_validator

from pipeline.errors import ModelError
from pipeline.genres.serving.predictor import Asking
from pipeline.settings import ServeSettings
from serve.api.metrics import Metrics
from serve.api.problems import Problem
from serve.api.schemas import Answer

__all__ = ["predicting"]

logger = logging.getLogger("serve.access")

_ONE = {
    "summary": "One film",
    "value": {"title": "The Deep", "overview": "A crew hunts a defector under the ice."},
}
_SEVERAL = {
    "summary": "Several films",
    "value": {"films": [{"title": "Alien Dawn"}, {"overview": "A chef falls in love."}]},
}
_ABSENT: dict[int | str, dict[str, Any]] = {
    404: {"model": Problem, "description": "No such model, or it has not been trained"},
    413: {"model": Problem, "description": "The body is too long"},
}

Name = Literal["transformation", "adaptation", "transformer"]
NAMES = get_args(Name)


class Reason(Answer):
    """A word that made a genre likelier."""

    word: str = Field(examples=["submarine"])
    weight: float = Field(examples=[0.21], description="Fall of the probability without it.")


class Genres(Answer):
    """What a model says of one film."""

    predicted_genres: list[str] = Field(
        examples=[["Thriller", "War"]], description="Likeliest first."
    )
    confidence: dict[str, float] = Field(
        examples=[{"Thriller": 0.71, "War": 0.55, "Comedy": 0.02}],
        description="The probability of every genre that the model knows.",
    )
    inference_time: float = Field(examples=[0.004], description="Seconds.")
    reasons: dict[str, list[Reason]] | None = Field(
        None, description="With `explain`: the words that drove each genre."
    )


class GenresOfFilms(Answer):
    """What a model says of one film, or of a batch."""

    model: Name
    films: list[Genres]
    predicted_genres: list[str] | None = Field(None, description="Of a request for one film.")
    confidence: dict[str, float] | None = Field(None, description="Of a request for one film.")
    inference_time: float = Field(examples=[0.004], description="Seconds, of the whole request.")


def predicting(settings: ServeSettings, folder: Folder, metrics: Metrics) -> APIRouter:
    """The router of these endpoints; models are opened when they are first asked."""
    router = APIRouter()
    asking = Asking(folder)
    most = settings.max_text_chars

    class FilmToPredict(BaseModel):
        """A film of which title, overview or both are known."""

        model_config = ConfigDict(extra="forbid")

        title: str | None = Field(None, max_length=500)
        overview: str | None = Field(None, max_length=most)

        @model_validator(mode="after")
        def something(self) -> "FilmToPredict":
            """ValueError when there is neither."""
            if not (self.title or "").strip() and not (self.overview or "").strip():
                raise ValueError("give a title or an overview, or both: there is neither")
            return self

    class FilmsToPredict(BaseModel):
        """A batch."""

        model_config = ConfigDict(extra="forbid")

        films: list[FilmToPredict] = Field(min_length=1, max_length=settings.max_batch)

    Wanted = Annotated[  # noqa: N806
        FilmToPredict | FilmsToPredict, Body(openapi_examples={"one": _ONE, "several": _SEVERAL})
    ]

    @router.post(
        "/predict/{model}",
        tags=["genres"],
        response_model=GenresOfFilms,
        response_model_exclude_none=True,
        responses=_ABSENT,
    )
    def predict(
        model: Annotated[str, Path(max_length=50, examples=["transformation"])],
        wanted: Wanted,
        explain: Annotated[bool, Query(description="Tell the words that drove it.")] = False,
    ) -> dict[str, Any]:
        """Genres of one film or of a batch, each with its probability.

        `transformation` is an ensemble of classifier chains, `adaptation` is ML-KNN, `transformer`
        is a fine-tuned one.
        """
        if model not in NAMES:
            raise HTTPException(404, f"no model {model!r}: ask {', '.join(NAMES)}")
        if explain and isinstance(wanted, FilmsToPredict):
            raise HTTPException(400, "explain is for one film: send a title and an overview alone")
        films = wanted.films if isinstance(wanted, FilmsToPredict) else [wanted]
        asked = [((f.title or "").strip(), (f.overview or "").strip()) for f in films]
        started = time.perf_counter()
        try:
            answers = asking.ask(model, asked, why=explain)
        except ModelError as error:
            logger.warning("model %s does not answer: %s", model, error)
            raise HTTPException(
                404,
                f"model {model!r} has not been trained for what is served here: "
                f"run `microgenres genres train -m {model}`",
            ) from error
        seconds = time.perf_counter() - started
        labels = sum(len(answer["predicted_genres"]) for answer in answers)
        metrics.predicted(model, len(films), labels, seconds)
        logger.info(
            json.dumps(
                {
                    "event": "predict",
                    "endpoint": f"/predict/{model}",
                    "films": len(films),
                    "labels": labels,
                    "ms": round(seconds * 1_000, 2),
                }
            )
        )
        told: dict[str, Any] = {
            "model": model,
            "films": answers,
            "inference_time": round(seconds, 6),
        }
        if not isinstance(wanted, FilmsToPredict):
            told |= {name: answers[0][name] for name in ("predicted_genres", "confidence")}
        return told

    return router
