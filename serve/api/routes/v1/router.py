"""The router of `/v1`."""

from __future__ import annotations

from typing import Any

from fastapi import APIRouter, Depends
from fastapi.routing import APIRoute

from pipeline.settings import ServeSettings
from serve.api.access import needs_scope
from serve.api.problems import Problem
from serve.api.routes.v1.figures import add_figures
from serve.api.routes.v1.film_map import add_map
from serve.api.routes.v1.films import add_films
from serve.api.routes.v1.micro_genres import add_micro_genres
from serve.api.routes.v1.search import add_search
from serve.api.routes.v1.service import add_service

__all__ = ["NOT_OF_RELEASE", "v1_router"]

# GET routes whose answers depend on more than the release, so that they have no ETag.
NOT_OF_RELEASE = ("/v1/recommender",)

_ERRORS: dict[int | str, dict[str, Any]] = {
    410: {"model": Problem, "description": "The cursor belongs to another release"},
}


def v1_router(settings: ServeSettings) -> APIRouter:
    """Return the router of the routes of `/v1` that read the release."""
    router = APIRouter(
        prefix="/v1",
        dependencies=[Depends(needs_scope("read"))],
        responses=_ERRORS,
        generate_unique_id_function=_name_of,
    )
    for add in (add_films, add_search, add_micro_genres, add_figures, add_map, add_service):
        add(router, settings)
    return router


def _name_of(route: APIRoute) -> str:
    return route.name
