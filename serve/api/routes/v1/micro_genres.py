"""`/v1/micro-genres` and `/v1/families`."""

# No `from __future__ import annotations`, see `serve.api.dependencies`.

from typing import Annotated, Any, Literal

from fastapi import APIRouter, Depends, Path
from pydantic import Field
from starlette.responses import Response

from pipeline.settings import ServeSettings
from serve.api.dependencies import Current
from serve.api.routes.v1 import models
from serve.api.routes.v1.films import FILM_LINKS, NOT_FOUND, list_films
from serve.api.routes.v1.paging import open_window
from serve.api.routes.v1.parameters import (
    FieldParameters,
    FilmListParameters,
    PageParameters,
    limited,
    parameters_of,
    resolve_filters,
)
from serve.api.routes.v1.selection import chosen_fields, json_of

__all__ = ["MicroGenreId", "MicroGenreParameters", "add_micro_genres", "sort_micro_genres"]

MicroGenreId = Annotated[
    str, Path(max_length=200, description="micro_genre_id or cluster number.", examples=["17"])
]
MicroGenreSort = Literal["cluster", "films", "vote_average", "popularity", "name"]
_TO_GENRE = "$response.body#/micro_genres/0/micro_genre_id"


class MicroGenreParameters(PageParameters, FieldParameters):
    """Which micro-genres, in which order."""

    family: str | None = Field(
        None, max_length=200, description="A family, by number or name.", examples=["3"]
    )
    sort: MicroGenreSort = Field(
        "films",
        description="Ascending for `cluster` and `name`, descending for everything else.",
        examples=["name"],
    )


def add_micro_genres(router: APIRouter, settings: ServeSettings) -> None:
    """Add these routes, with the limits of `settings`."""
    list_parameters = Depends(parameters_of(limited(MicroGenreParameters, settings)))
    film_parameters = Depends(parameters_of(limited(FilmListParameters, settings)))
    page_parameters = Depends(parameters_of(limited(PageParameters, settings)))
    field_parameters = Depends(parameters_of(FieldParameters))
    links = {
        name: {"operationId": name, "parameters": {"micro_genre_id": _TO_GENRE}}
        for name in ("micro_genre", "micro_genre_films")
    } | {
        "next": {
            "operationId": "micro_genres",
            "parameters": {"cursor": "$response.body#/next_cursor"},
        }
    }

    @router.get(
        "/micro-genres",
        tags=["micro-genres"],
        response_model=models.MicroGenrePage,
        responses={200: {"links": links}},
    )
    def micro_genres(
        snapshot: Current, query: Annotated[MicroGenreParameters, list_parameters]
    ) -> Response:
        """List the micro-genres of the release or of a family; those with most films first."""
        window = open_window(snapshot, "micro-genres", query)
        fields = chosen_fields(query.fields, models.MicroGenreOfList)
        wanted = None if query.family is None else query.family.casefold()
        rows = [
            dict(row)
            for row in snapshot.catalogue.micro_genres()
            if wanted in (None, str(row["family"]), row["family_name"].casefold())
        ]
        sort_micro_genres(rows, query.sort)
        page = window.describe(len(rows)) | {"micro_genres": window.slice(rows)}
        return json_of(models.MicroGenrePage.model_validate(page), fields, "micro_genres")

    @router.get(
        "/micro-genres/{micro_genre_id}",
        tags=["micro-genres"],
        response_model=models.MicroGenreDetail,
        responses=NOT_FOUND,
    )
    def micro_genre(
        snapshot: Current,
        micro_genre_id: MicroGenreId,
        query: Annotated[FieldParameters, field_parameters],
    ) -> Response:
        """Return one micro-genre and its siblings."""
        fields = chosen_fields(query.fields, models.MicroGenreDetail)
        found = snapshot.catalogue.micro_genre(micro_genre_id)
        whole = {
            **found,
            "release_id": snapshot.id,
            "siblings": snapshot.catalogue.siblings(found["cluster"]),
        }
        return json_of(models.MicroGenreDetail.model_validate(whole), fields)

    @router.get(
        "/micro-genres/{micro_genre_id}/films",
        tags=["micro-genres"],
        response_model=models.FilmPage,
        responses=NOT_FOUND | {200: {"links": FILM_LINKS}},
    )
    def micro_genre_films(
        snapshot: Current,
        micro_genre_id: MicroGenreId,
        query: Annotated[FilmListParameters, film_parameters],
    ) -> Response:
        """Find films of one micro-genre; `sort=similarity` puts the most typical films first."""
        cluster = snapshot.catalogue.micro_genre(micro_genre_id)["cluster"]
        window = open_window(snapshot, f"micro-genre {cluster} films", query)
        filters = resolve_filters(snapshot, query).within(cluster)
        return list_films(snapshot, filters, query, window)

    @router.get("/families", tags=["micro-genres"])
    def families(
        snapshot: Current, query: Annotated[PageParameters, page_parameters]
    ) -> models.FamilyPage:
        """List the families of micro-genres by number."""
        window = open_window(snapshot, "families", query)
        rows = snapshot.catalogue.families()
        page = window.describe(len(rows)) | {"families": window.slice(rows)}
        return models.FamilyPage.model_validate(page)


def sort_micro_genres(rows: list[dict[str, Any]], sort: MicroGenreSort) -> None:
    """Sort micro-genres in place; those without a value come last."""
    if sort == "name":
        rows.sort(key=lambda row: row["micro_genre_name"])
    elif sort == "cluster":
        rows.sort(key=lambda row: row["cluster"])
    else:
        rows.sort(key=lambda row: (row[sort] is None, -(row[sort] or 0), row["cluster"]))
