"""`POST /assign`: the micro-genre of films that the release has not seen."""

# No `from __future__ import annotations`, see `asked`.

from typing import Annotated, Any

from fastapi import APIRouter, Body, Depends
from pydantic import BaseModel, ConfigDict, Field

from pipeline.settings import ServeSettings
from serve.api.dependencies import current
from serve.api.problems import Problem
from serve.api.schemas import AssignedFilms
from serve.api.snapshot import Snapshot

__all__ = ["assigning"]

_SOMETHING = r"\S"  # a text of blanks says nothing
_ONE = {
    "summary": "One text",
    "value": {"text": "A submarine crew hunts a defector under the ice."},
}
_SEVERAL = {
    "summary": "Several films, with what is known of them",
    "value": {
        "films": [
            {"overview": "A chef opens a restaurant.", "keywords": ["cooking", "chef"]},
            {"overview": "Robots rise up against their makers.", "tagline": "They think."},
        ]
    },
}


def assigning(settings: ServeSettings) -> APIRouter:
    """The router of this endpoint, within the bounds of `settings`."""
    router = APIRouter()
    most = settings.max_text_chars

    class UnseenFilm(BaseModel):
        """A film that the release does not hold."""

        model_config = ConfigDict(extra="forbid")

        overview: str = Field(min_length=1, max_length=most, pattern=_SOMETHING)
        keywords: list[Annotated[str, Field(max_length=100)]] = Field([], max_length=100)
        tagline: str | None = Field(None, max_length=1_000)

    class OneText(BaseModel):
        """One film, of which there is a text only."""

        model_config = ConfigDict(extra="forbid")

        text: str = Field(min_length=1, max_length=most, pattern=_SOMETHING)

    class SeveralFilms(BaseModel):
        """A batch."""

        model_config = ConfigDict(extra="forbid")

        films: list[UnseenFilm] = Field(min_length=1, max_length=settings.max_batch)

    Wanted = Annotated[  # noqa: N806
        OneText | SeveralFilms, Body(openapi_examples={"one": _ONE, "several": _SEVERAL})
    ]

    @router.post(
        "/assign",
        tags=["assign"],
        response_model=AssignedFilms,
        responses={413: {"model": Problem, "description": "The body is too long"}},
    )
    def assign(now: Annotated[Snapshot, Depends(current)], wanted: Wanted) -> dict[str, Any]:
        """The micro-genre of one text or of a batch: similarity, runner-up and margin.

        A margin near 0 says that the runner-up fits as well; `weak` says that nothing fits well.
        """
        if isinstance(wanted, OneText):
            films: list[dict[str, Any]] = [{"overview": wanted.text}]
        else:
            films = [film.model_dump() for film in wanted.films]
        return {"release_id": now.id, "films": now.assign(films)}

    return router
