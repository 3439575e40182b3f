"""`POST /assign`: the micro-genre of films that are not in the release."""

# No `from __future__ import annotations`, see `dependencies`.

from typing import Annotated, Any

from fastapi import APIRouter, Body, Depends
from pydantic import BaseModel, ConfigDict, Field

from pipeline.settings import ServeSettings
from serve.api.dependencies import current_snapshot
from serve.api.problems import Problem
from serve.api.schemas import AssignedFilms
from serve.api.snapshot import Snapshot

__all__ = ["assign_router"]

_NOT_BLANK = r"\S"
_TEXT_EXAMPLE = {
    "summary": "One text",
    "value": {"text": "A submarine crew hunts a defector under the ice."},
}
_FILMS_EXAMPLE = {
    "summary": "Several films with genres, keywords and taglines",
    "value": {
        "films": [
            {
                "overview": "A chef opens a restaurant.",
                "genres": ["Comedy"],
                "keywords": ["cooking", "chef"],
                "year": 1994,
            },
            {"overview": "Robots rise up against their makers.", "tagline": "They think."},
        ]
    },
}


def assign_router(settings: ServeSettings) -> APIRouter:
    """Return the router of `/assign`, with the limits of `settings`."""
    router = APIRouter()
    max_chars = settings.max_text_chars

    class FilmToAssign(BaseModel):
        """A film that is not in the release."""

        model_config = ConfigDict(extra="forbid")

        overview: str = Field(min_length=1, max_length=max_chars, pattern=_NOT_BLANK)
        keywords: list[Annotated[str, Field(max_length=100)]] = Field([], max_length=100)
        tagline: str | None = Field(None, max_length=1_000)
        genres: list[Annotated[str, Field(max_length=100)]] = Field(
            [], max_length=50, description="Genres as a catalogue writes them, in any language."
        )
        year: int | None = Field(None, ge=0, le=9_999, description="Year of its first release.")
        runtime_minutes: float | None = Field(None, ge=0, allow_inf_nan=False)
        language: str | None = Field(
            None, max_length=100, description="Original language, a code or a name."
        )
        countries: list[Annotated[str, Field(max_length=100)]] = Field(
            [], max_length=50, description="Countries of production, codes or names."
        )

    class TextToAssign(BaseModel):
        """A film known by its text only."""

        model_config = ConfigDict(extra="forbid")

        text: str = Field(min_length=1, max_length=max_chars, pattern=_NOT_BLANK)

    class FilmsToAssign(BaseModel):
        """A batch of films."""

        model_config = ConfigDict(extra="forbid")

        films: list[FilmToAssign] = Field(min_length=1, max_length=settings.max_batch)

    RequestBody = Annotated[  # noqa: N806
        TextToAssign | FilmsToAssign,
        Body(openapi_examples={"one": _TEXT_EXAMPLE, "several": _FILMS_EXAMPLE}),
    ]

    @router.post(
        "/assign",
        tags=["assign"],
        responses={413: {"model": Problem, "description": "The body is too long"}},
    )
    def assign(
        snapshot: Annotated[Snapshot, Depends(current_snapshot)], body: RequestBody
    ) -> AssignedFilms:
        """Find the micro-genre of a text or of a batch of films.

        A film is placed as in a mining: in a near micro-genre whose name is true of it; else in one
        without a theme ("1990s Comedies") whose name is; else in the nearest one. A genre, year,
        language or country that is not given is no reason against a name, so a text alone is placed
        by its subject and by nearness.

        The response has similarity, runner-up and margin. A margin near 0 means that the runner-up
        fits equally well; below 0, that the runner-up is nearer, but that its name is not known to
        be true. `weak` means that no micro-genre fits well.
        """
        films: list[dict[str, Any]]
        if isinstance(body, TextToAssign):
            films = [{"overview": body.text}]
        else:
            films = [film.model_dump() for film in body.films]
        return AssignedFilms.model_validate(
            {"release_id": snapshot.id, "films": snapshot.assign(films)}
        )

    return router
