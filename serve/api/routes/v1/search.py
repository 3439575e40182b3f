"""`/v1/search`, `/v1/suggest` and `/v1/similar`: films by a text, names, films like others."""

# No `from __future__ import annotations`, see `serve.api.dependencies`.

from typing import Annotated, Any

from fastapi import APIRouter, Body, Depends
from pydantic import Field, model_validator
from starlette.responses import Response

from pipeline.release.lookup import NotInReleaseError
from pipeline.settings import ServeSettings
from serve.api.dependencies import Current
from serve.api.problems import InvalidFieldError, Problem
from serve.api.routes.v1 import models
from serve.api.routes.v1.films import FILM_LINKS
from serve.api.routes.v1.paging import open_window
from serve.api.routes.v1.parameters import (
    FieldParameters,
    FilmFilters,
    PageParameters,
    limited,
    no_parameters,
    parameters_of,
    resolve_filters,
)
from serve.api.routes.v1.selection import chosen_fields, json_of
from serve.catalogue.filters import Filters

__all__ = ["SearchParameters", "SimilarBody", "SuggestParameters", "add_search"]

_MOST_SUGGESTIONS = 100
_SIMILAR_EXAMPLES: dict[str, Any] = {
    "films": {"summary": "Like two films", "value": {"films": ["387", "1669"], "limit": 5}},
    "text": {
        "summary": "Like a film and a text, of some years",
        "value": {
            "films": ["387"],
            "text": "a comedy on a submarine",
            "filters": {"year_from": 1980, "language": ["en"]},
            "fields": "movie_id,title,closeness",
        },
    },
}


class SearchParameters(FilmFilters, PageParameters, FieldParameters):
    """What is sought, among which films, and a page of it."""

    q: str = Field(
        min_length=1,
        description="A title, a name, a word or a description, in English.",
        examples=["a bank robbery goes wrong"],
    )


class SuggestParameters(PageParameters):
    """What was typed so far."""

    q: str = Field(min_length=1, description="The beginning of a name or word.", examples=["das b"])


class SimilarBody(PageParameters, FieldParameters):
    """Films, a text, or both; the films near to all of them are sought."""

    films: list[Annotated[str, Field(max_length=200)]] = Field(
        [], max_length=50, description="Their movie_id.", examples=[["387", "1669"]]
    )
    text: str | None = Field(
        None, description="A description, in English.", examples=["a comedy on a submarine"]
    )
    filters: FilmFilters = Field(
        FilmFilters(), description="Conditions on the films to return, as those of /v1/films."
    )

    @model_validator(mode="after")
    def check_any(self) -> "SimilarBody":
        """Raise ValueError if there is neither a film nor a text."""
        if not self.films and not (self.text or "").strip():
            raise ValueError("give films, a text, or both")
        return self


def add_search(router: APIRouter, settings: ServeSettings) -> None:
    """Add these routes, with the limits of `settings`."""
    most = settings.max_meaning_films
    search_parameters = Depends(parameters_of(limited(SearchParameters, settings, ranked=True)))
    suggest_parameters = Depends(parameters_of(limited(SuggestParameters, settings)))
    Similar = limited(SimilarBody, settings, ranked=True)  # noqa: N806
    next_page = {
        "next": {
            "operationId": "search",
            "parameters": {
                "cursor": "$response.body#/next_cursor",
                "q": "$response.body#/query",
            },
        }
    }

    @router.get(
        "/search",
        tags=["films"],
        response_model=models.FoundFilms,
        responses={200: {"links": next_page | FILM_LINKS}},
    )
    def search(
        snapshot: Current, query: Annotated[SearchParameters, search_parameters]
    ) -> Response:
        """Find films by a text, best first. Filters limit the films that are searched."""
        window = open_window(snapshot, "search", query)
        fields = chosen_fields(query.fields, models.FoundFilm)
        filters = resolve_filters(snapshot, query)
        found = snapshot.search.search(query.q, filters, window.limit, window.offset)
        page = window.describe(found.total) | {
            "query": query.q,
            "understood": found.understood,
            "nothing_close": found.nothing_close,
            "films": found.films,
        }
        return json_of(models.FoundFilms.model_validate(page), fields, "films")

    @router.get("/suggest", tags=["films"], name="suggest")
    def suggest_names(
        snapshot: Current, query: Annotated[SuggestParameters, suggest_parameters]
    ) -> models.SuggestionPage:
        """Complete what a user types: films, micro-genres, keywords and people, at most 100."""
        window = open_window(snapshot, "suggest", query)
        found = snapshot.search.suggest(query.q, _MOST_SUGGESTIONS)
        page = window.describe(len(found)) | {"suggestions": window.slice(found)}
        return models.SuggestionPage.model_validate(page)

    def similar(snapshot: Current, body: SimilarBody) -> Response:
        """Find the films nearest to several films, to a text, or to both together.

        The films of the request are not among the results. The ranking ends after the limit of the
        service, 200 by default.
        """
        window = open_window(snapshot, "similar", body, "body")
        fields = chosen_fields(body.fields, models.NearFilm, "body")
        rows = []
        for number, movie_id in enumerate(body.films):
            try:
                rows.append(snapshot.catalogue.find_row(movie_id))
            except NotInReleaseError as error:
                raise InvalidFieldError(("body", "films", str(number)), str(error)) from error
        filters = resolve_filters(snapshot, body.filters, ("body", "filters"))
        among = None if filters == Filters() else snapshot.catalogue.find_rows(filters)
        near, cosines = snapshot.search.near(rows, body.text or "", most, among)
        films = snapshot.catalogue.films_at(window.slice(near.tolist()))
        page = window.describe(len(near)) | {
            "films": [
                {**film, "closeness": closeness}
                for film, closeness in zip(films, window.slice(cosines.tolist()), strict=True)
            ]
        }
        return json_of(models.NearFilmPage.model_validate(page), fields, "films")

    # the body has the limits of the settings
    similar.__annotations__["body"] = Annotated[Similar, Body(openapi_examples=_SIMILAR_EXAMPLES)]
    router.post(
        "/similar",
        tags=["films"],
        response_model=models.NearFilmPage,
        dependencies=[Depends(no_parameters)],
        responses={
            200: {"links": FILM_LINKS},
            413: {"model": Problem, "description": "The body is too long"},
        },
    )(similar)
