"""`/v1/facets` and `/v1/trends`: numbers of films by what they have, and over time."""

# No `from __future__ import annotations`, see `serve.api.dependencies`.

from typing import Annotated, Literal

from fastapi import APIRouter, Depends, Path
from pydantic import Field

from pipeline.settings import ServeSettings
from serve.api.dependencies import Current
from serve.api.routes.v1 import models
from serve.api.routes.v1.paging import open_window
from serve.api.routes.v1.parameters import (
    FilmFilters,
    Names,
    PageParameters,
    limited,
    parameters_of,
    resolve_filters,
    resolve_micro_genre,
)

__all__ = ["FacetName", "FacetParameters", "FacetsParameters", "TrendParameters", "add_figures"]

FacetName = Literal[
    "genres", "micro_genres", "families", "languages", "decades", "countries", "keywords"
]


class FacetParameters(FilmFilters, PageParameters):
    """The selection to count, and a page of the values."""

    words: str | None = Field(
        None, description="Words that the films have, as in /v1/films.", examples=["captain"]
    )


class FacetsParameters(FilmFilters):
    """The selection to count, and the facets."""

    words: str | None = Field(
        None, description="Words that the films have, as in /v1/films.", examples=["captain"]
    )
    facet: list[FacetName] = Field(
        [],
        max_length=10,
        description="The facets to count; by default all except `keywords`.",
        examples=[["genres"]],
    )
    limit: int = Field(24, ge=1, description="Most values of each facet.", examples=[10])


class TrendParameters(PageParameters):
    """The micro-genres and periods to count."""

    micro_genre: Names = Field(
        [],
        description="These micro-genres, by micro_genre_id or cluster number; all by default.",
        examples=[["17"]],
    )
    unit: Literal["year", "decade"] = Field("decade", examples=["decade"])


def add_figures(router: APIRouter, settings: ServeSettings) -> None:
    """Add these routes, with the limits of `settings`."""
    facets_parameters = Depends(parameters_of(limited(FacetsParameters, settings)))
    facet_parameters = Depends(parameters_of(limited(FacetParameters, settings)))
    trend_parameters = Depends(parameters_of(limited(TrendParameters, settings)))
    usual: list[FacetName] = [
        "genres",
        "micro_genres",
        "families",
        "languages",
        "decades",
        "countries",
    ]

    @router.get(
        "/facets",
        tags=["figures"],
        responses={
            200: {
                "links": {
                    "facet": {
                        "operationId": "facet",
                        "parameters": {"facet": "$response.body#/facets/0/facet"},
                    }
                }
            }
        },
    )
    def facets(
        snapshot: Current, query: Annotated[FacetsParameters, facets_parameters]
    ) -> models.Facets:
        """Count the films of a selection by genre, micro-genre, family, language and so on.

        Each facet is counted without its own filter, so that it shows the other possible choices.
        The values with most films come first; decades come in order.
        """
        filters = resolve_filters(snapshot, query)
        wanted = list(dict.fromkeys(query.facet)) or usual
        counted = snapshot.catalogue.facets(filters, wanted)
        return models.Facets.model_validate(
            {
                "release_id": snapshot.id,
                "films": snapshot.catalogue.count(filters),
                "facets": [
                    {"facet": name, "total": len(values), "values": values[: query.limit]}
                    for name, values in counted.items()
                ],
            }
        )

    @router.get("/facets/{facet}", tags=["figures"])
    def facet(
        snapshot: Current,
        facet: Annotated[FacetName, Path(examples=["genres"])],
        query: Annotated[FacetParameters, facet_parameters],
    ) -> models.FacetPage:
        """List all values of one facet of a selection, with their numbers of films."""
        window = open_window(snapshot, f"facet {facet}", query)
        values = snapshot.catalogue.facets(resolve_filters(snapshot, query), [facet])[facet]
        page = window.describe(len(values)) | {"facet": facet, "values": window.slice(values)}
        return models.FacetPage.model_validate(page)

    @router.get(
        "/trends",
        tags=["figures"],
        responses={
            200: {
                "links": {
                    "micro_genre": {
                        "operationId": "micro_genre",
                        "parameters": {"micro_genre_id": "$response.body#/trends/0/micro_genre_id"},
                    }
                }
            }
        },
    )
    def trends(
        snapshot: Current, query: Annotated[TrendParameters, trend_parameters]
    ) -> models.TrendPage:
        """Return the shares of micro-genres among the films of each year or decade.

        Every period comes with every micro-genre, also where the share is 0. The interval says how
        little a share of few films means.
        """
        window = open_window(snapshot, "trends", query)
        where = ("query", "micro_genre")
        wanted = [resolve_micro_genre(snapshot, one, where) for one in query.micro_genre]
        rows = snapshot.catalogue.trends.shares(query.unit, wanted)
        page = window.describe(len(rows)) | {"trends": window.slice(rows)}
        return models.TrendPage.model_validate(page)
