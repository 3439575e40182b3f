"""`/v1/films`: lists of films, one film, its neighbours."""

# No `from __future__ import annotations`, see `serve.api.dependencies`.

from typing import Annotated, Any

from fastapi import APIRouter, Depends, Path
from starlette.responses import Response

from pipeline.settings import ServeSettings
from serve.api.dependencies import Current
from serve.api.problems import Problem
from serve.api.routes.v1 import models
from serve.api.routes.v1.paging import Window, open_window
from serve.api.routes.v1.parameters import (
    FieldParameters,
    FilmListParameters,
    PageParameters,
    limited,
    parameters_of,
    resolve_filters,
)
from serve.api.routes.v1.selection import chosen_fields, json_of
from serve.api.snapshot import Snapshot
from serve.catalogue.filters import Filters

__all__ = ["NOT_FOUND", "MovieId", "add_films", "list_films"]

NOT_FOUND: dict[int | str, dict[str, Any]] = {
    404: {"model": Problem, "description": "The release has no such film or micro-genre"}
}
_TO_FILM = {
    "film": {"operationId": "film", "parameters": {"movie_id": "$response.body#/films/0/movie_id"}}
}
_TO_SIMILAR = {
    "similar": {
        "operationId": "film_similar",
        "parameters": {"movie_id": "$response.body#/films/0/movie_id"},
    }
}
_TO_MICRO_GENRE = {
    "micro_genre": {
        "operationId": "micro_genre",
        "parameters": {"micro_genre_id": "$response.body#/films/0/micro_genre_id"},
    }
}
FILM_LINKS = _TO_FILM | _TO_SIMILAR | _TO_MICRO_GENRE

MovieId = Annotated[str, Path(max_length=200, examples=["387"])]


def add_films(router: APIRouter, settings: ServeSettings) -> None:
    """Add these routes, with the limits of `settings`."""
    list_parameters = Depends(parameters_of(limited(FilmListParameters, settings)))
    page_parameters = Depends(parameters_of(limited(PageParameters, settings)))
    field_parameters = Depends(parameters_of(FieldParameters))
    next_page = {
        "next": {"operationId": "films", "parameters": {"cursor": "$response.body#/next_cursor"}}
    }

    @router.get(
        "/films",
        tags=["films"],
        response_model=models.FilmPage,
        responses={200: {"links": next_page | FILM_LINKS}},
    )
    def films(snapshot: Current, query: Annotated[FilmListParameters, list_parameters]) -> Response:
        """Find films by words and filters.

        A film must meet all filters. Several values of one filter are alternatives: repeat `genre`
        to get films of either genre.
        """
        window = open_window(snapshot, "films", query)
        return list_films(snapshot, resolve_filters(snapshot, query), query, window)

    @router.get(
        "/films/{movie_id}",
        tags=["films"],
        response_model=models.PartialFilm,
        responses=NOT_FOUND
        | {
            200: {
                "links": {
                    "similar": {
                        "operationId": "film_similar",
                        "parameters": {"movie_id": "$response.body#/movie_id"},
                    },
                    "micro_genre": {
                        "operationId": "micro_genre",
                        "parameters": {"micro_genre_id": "$response.body#/micro_genre_id"},
                    },
                }
            }
        },
    )
    def film(
        snapshot: Current, movie_id: MovieId, query: Annotated[FieldParameters, field_parameters]
    ) -> Response:
        """Return one film with its micro-genre, runner-up and margin."""
        fields = chosen_fields(query.fields, models.PartialFilm)
        return json_of(models.PartialFilm.model_validate(snapshot.catalogue.film(movie_id)), fields)

    @router.get(
        "/films/{movie_id}/similar",
        tags=["films"],
        responses=NOT_FOUND | {200: {"links": _TO_FILM | _TO_MICRO_GENRE}},
    )
    def film_similar(
        snapshot: Current, movie_id: MovieId, query: Annotated[PageParameters, page_parameters]
    ) -> models.SimilarFilmPage:
        """Return the nearest films of a film, best first, as stored by the run."""
        window = open_window(snapshot, f"similar {movie_id}", query)
        near = snapshot.catalogue.similar(movie_id, 10_000)
        page = window.describe(len(near)) | {"movie_id": movie_id, "films": window.slice(near)}
        return models.SimilarFilmPage.model_validate(page)


def list_films(
    snapshot: Snapshot, filters: Filters, query: FilmListParameters, window: Window
) -> Response:
    """Return a page of a selection of films."""
    fields = chosen_fields(query.fields, models.ListedFilm)
    found = snapshot.catalogue.films(
        filters, query.sort, query.descending, window.offset, window.limit
    )
    page = window.describe(found.total) | {"films": found.rows}
    return json_of(models.FilmPage.model_validate(page), fields, "films")
