"""Endpoints that read the release: films, search, micro-genres, families, the release itself."""

# No `from __future__ import annotations`, see `dependencies`.

from typing import Annotated, Any, Literal

from fastapi import APIRouter, Depends, Path, Query, Request

from pipeline.settings import ServeSettings
from serve.api import schemas
from serve.api.dependencies import Paging, current_snapshot, filter_dependency, paging_dependency
from serve.api.problems import Problem
from serve.api.routes.v1.service import describe_release
from serve.api.snapshot import Snapshot
from serve.catalogue.filters import Filters

__all__ = ["catalogue_router"]

_NOT_FOUND: dict[int | str, dict[str, Any]] = {
    404: {"model": Problem, "description": "The release has no such film or micro-genre"}
}

Current = Annotated[Snapshot, Depends(current_snapshot)]
MovieId = Annotated[str, Path(max_length=200, examples=["387"])]
GenreId = Annotated[
    str, Path(max_length=200, description="Cluster number or micro_genre_id.", examples=["17"])
]


def catalogue_router(settings: ServeSettings) -> APIRouter:
    """Return the router of these endpoints, with the limits of `settings`."""
    router = APIRouter()
    AllFilters = Annotated[Filters, Depends(filter_dependency(settings))]  # noqa: N806
    FiltersWithoutWords = Annotated[  # noqa: N806
        Filters, Depends(filter_dependency(settings, words=False))
    ]
    PageAndOrder = Annotated[Paging, Depends(paging_dependency(settings))]  # noqa: N806
    max_results = settings.max_meaning_films

    @router.get("/health", tags=["service"])
    async def health(request: Request, snapshot: Current) -> schemas.Health:
        """Report whether the service works and which release it serves. Needs no key."""
        return schemas.Health(
            status="ok",
            release_id=snapshot.id,
            loaded_at=snapshot.loaded_at,
            problem=request.app.state.snapshots.problem,
        )

    @router.get("/release", tags=["service"])
    async def release(snapshot: Current) -> schemas.ReleaseInfo:
        """Describe the served release: its figures, its model and its quality."""
        return describe_release(snapshot)

    @router.get("/movies", tags=["films"])
    def movies(snapshot: Current, filters: AllFilters, paging: PageAndOrder) -> schemas.FilmPage:
        """Find films by words and filters, page by page.

        A film must meet all filters. Several values of one filter are alternatives: repeat `genre`
        to get films of either genre.
        """
        return _page(snapshot, filters, paging)

    @router.get("/movies/{movie_id}", tags=["films"], responses=_NOT_FOUND)
    def movie(snapshot: Current, movie_id: MovieId) -> schemas.FilmDetail:
        """Return one film with its micro-genre, runner-up and margin."""
        return schemas.FilmDetail.model_validate(snapshot.catalogue.film(movie_id))

    @router.get("/movies/{movie_id}/similar", tags=["films"], responses=_NOT_FOUND)
    async def similar(
        snapshot: Current, movie_id: MovieId, limit: Annotated[int, Query(ge=1, le=100)] = 10
    ) -> schemas.SimilarFilms:
        """Return the nearest films of a film, best first, as stored by the run."""
        found = snapshot.catalogue.similar(movie_id, limit)
        return schemas.SimilarFilms.model_validate(
            {"release_id": snapshot.id, "movie_id": movie_id, "similar": found}
        )

    @router.get("/search", tags=["films"])
    def search(
        snapshot: Current,
        filters: FiltersWithoutWords,
        q: Annotated[
            str,
            Query(
                min_length=1,
                max_length=settings.max_query_chars,
                description="A description of a film, in English.",
                examples=["a bank robbery goes wrong"],
            ),
        ],
        limit: Annotated[int, Query(ge=1, le=max_results)] = min(settings.page_size, max_results),
    ) -> schemas.SearchResult:
        """Find films by a text, best first. Filters limit the films that are searched."""
        page = snapshot.search.search(q, filters, limit)
        found = [{**film, "closeness": film["score"]} for film in page.films]
        return schemas.SearchResult.model_validate(
            {"release_id": snapshot.id, "query": q, "films": found}
        )

    @router.get("/micro-genres", tags=["micro-genres"])
    async def micro_genres(
        snapshot: Current,
        family: Annotated[int | None, Query(ge=0, le=2**31 - 1)] = None,
        sort: Literal["cluster", "films", "vote_average", "popularity", "name"] = "films",
    ) -> schemas.MicroGenres:
        """List all micro-genres or those of one family; by default those with most films first."""
        rows: list[dict[str, Any]] = [
            dict(row)
            for row in snapshot.catalogue.micro_genres()
            if family is None or row["family"] == family
        ]
        if sort == "name":
            rows.sort(key=lambda row: row["micro_genre_name"])
        elif sort != "cluster":
            rows.sort(key=lambda row: (row[sort] is None, -(row[sort] or 0), row["cluster"]))
        return schemas.MicroGenres.model_validate(
            {"release_id": snapshot.id, "total": len(rows), "micro_genres": rows}
        )

    @router.get("/micro-genres/{micro_genre_id}", tags=["micro-genres"], responses=_NOT_FOUND)
    async def micro_genre(snapshot: Current, micro_genre_id: GenreId) -> schemas.MicroGenreDetail:
        """Return one micro-genre and its siblings."""
        found = snapshot.catalogue.micro_genre(micro_genre_id)
        return schemas.MicroGenreDetail.model_validate(
            {**found, "siblings": snapshot.catalogue.siblings(found["cluster"])}
        )

    @router.get(
        "/micro-genres/{micro_genre_id}/movies", tags=["micro-genres"], responses=_NOT_FOUND
    )
    def micro_genre_movies(
        snapshot: Current, micro_genre_id: GenreId, filters: AllFilters, paging: PageAndOrder
    ) -> schemas.FilmPage:
        """Find films of one micro-genre; `sort=similarity` puts the most typical films first."""
        cluster = snapshot.catalogue.micro_genre(micro_genre_id)["cluster"]
        return _page(snapshot, filters.within(cluster), paging)

    @router.get("/families", tags=["micro-genres"])
    async def families(snapshot: Current) -> schemas.Families:
        """List all families of micro-genres."""
        return schemas.Families.model_validate(
            {"release_id": snapshot.id, "families": snapshot.catalogue.families()}
        )

    return router


def _page(snapshot: Snapshot, filters: Filters, paging: Paging) -> schemas.FilmPage:
    found = snapshot.catalogue.films(
        filters, paging.sort, paging.descending, paging.offset, paging.page_size
    )
    return schemas.FilmPage.model_validate(
        {
            "release_id": snapshot.id,
            "total": found.total,
            "page": paging.page,
            "page_size": paging.page_size,
            "pages": -(-found.total // paging.page_size),
            "films": found.rows,
        }
    )
