"""The endpoints that read: films, search, micro-genres, families, the release."""

# No `from __future__ import annotations`, see `asked`.

from typing import Annotated, Any, Literal

from fastapi import APIRouter, Depends, Path, Query, Request

from pipeline.settings import ServeSettings
from serve.api import schemas
from serve.api.dependencies import Paging, chosen_by, current, paging_by
from serve.api.problems import Problem
from serve.api.snapshot import Snapshot
from serve.catalogue.filters import Filters

__all__ = ["reading"]

_ABSENT: dict[int | str, dict[str, Any]] = {404: {"model": Problem, "description": "No such thing"}}

Current = Annotated[Snapshot, Depends(current)]
MovieId = Annotated[str, Path(max_length=200, examples=["387"])]
GenreId = Annotated[
    str, Path(max_length=200, description="Its number or permalink.", examples=["17"])
]


def reading(settings: ServeSettings) -> APIRouter:
    """The router of these endpoints, within the bounds of `settings`."""
    router = APIRouter()
    Asked = Annotated[Filters, Depends(chosen_by(settings))]  # noqa: N806
    Narrowed = Annotated[Filters, Depends(chosen_by(settings, words=False))]  # noqa: N806
    Paged = Annotated[Paging, Depends(paging_by(settings))]  # noqa: N806
    most = settings.max_meaning_films

    @router.get("/health", tags=["service"], response_model=schemas.Health)
    async def health(request: Request, now: Current) -> dict[str, Any]:
        """Whether the service answers, and from which release. Needs no key."""
        return {
            "status": "ok",
            "release_id": now.id,
            "loaded_at": now.loaded_at,
            "problem": request.app.state.snapshots.problem,
        }

    @router.get("/release", tags=["service"], response_model=schemas.ReleaseInfo)
    async def release(now: Current) -> dict[str, Any]:
        """The release that is served: its figures, its model, how good it is."""
        report = now.catalogue.report()
        return now.catalogue.figures() | {
            "model": now.catalogue.manifest.get("model", {}),
            "names": report.get("names", {}),
            "clusters": report.get("clusters", {}),
        }

    @router.get("/movies", tags=["films"], response_model=schemas.FilmPage)
    def movies(now: Current, asked: Asked, paged: Paged) -> dict[str, Any]:
        """Films by words and filters, page by page over the whole catalogue.

        Values of one filter are alternatives, filters are joined: repeat `genre` for either of two.
        """
        return _page(now, asked, paged)

    @router.get(
        "/movies/{movie_id}", tags=["films"], response_model=schemas.FilmDetail, responses=_ABSENT
    )
    def movie(now: Current, movie_id: MovieId) -> dict[str, Any]:
        """One film with its micro-genre, runner-up and margin."""
        return now.catalogue.film(movie_id)

    @router.get(
        "/movies/{movie_id}/similar",
        tags=["films"],
        response_model=schemas.SimilarFilms,
        responses=_ABSENT,
    )
    async def similar(
        now: Current, movie_id: MovieId, limit: Annotated[int, Query(ge=1, le=100)] = 10
    ) -> dict[str, Any]:
        """The nearest films of a film, best first, as far as the run listed them."""
        found = now.catalogue.similar(movie_id, limit)
        return {"release_id": now.id, "movie_id": movie_id, "similar": found}

    @router.get("/search", tags=["films"], response_model=schemas.Found)
    def search(
        now: Current,
        asked: Narrowed,
        q: Annotated[
            str,
            Query(
                min_length=1,
                max_length=settings.max_query_chars,
                description="What the film is about, in English.",
                examples=["a bank robbery goes wrong"],
            ),
        ],
        limit: Annotated[int, Query(ge=1, le=most)] = min(settings.page_size, most),
    ) -> dict[str, Any]:
        """Films by meaning, the nearest first; filters narrow what is searched."""
        return {"release_id": now.id, "query": q, "films": now.meaning.search(q, asked, limit)}

    @router.get("/micro-genres", tags=["micro-genres"], response_model=schemas.MicroGenres)
    async def micro_genres(
        now: Current,
        family: Annotated[int | None, Query(ge=0, le=2**31 - 1)] = None,
        sort: Literal["cluster", "films", "vote_average", "popularity", "name"] = "films",
    ) -> dict[str, Any]:
        """All micro-genres, or those of one family; the largest first if not asked otherwise."""
        rows = now.catalogue.micro_genres()
        rows = [row for row in rows if family is None or row["family"] == family]
        if sort == "name":
            rows.sort(key=lambda row: row["micro_genre_name"])
        elif sort != "cluster":
            rows.sort(key=lambda row: (row[sort] is None, -(row[sort] or 0), row["cluster"]))
        return {"release_id": now.id, "total": len(rows), "micro_genres": rows}

    @router.get(
        "/micro-genres/{micro_genre_id}",
        tags=["micro-genres"],
        response_model=schemas.MicroGenreDetail,
        responses=_ABSENT,
    )
    async def micro_genre(now: Current, micro_genre_id: GenreId) -> dict[str, Any]:
        """One micro-genre and its siblings, by number or by permalink."""
        found = now.catalogue.micro_genre(micro_genre_id)
        return found | {"siblings": now.catalogue.siblings(found["cluster"])}

    @router.get(
        "/micro-genres/{micro_genre_id}/movies",
        tags=["micro-genres"],
        response_model=schemas.FilmPage,
        responses=_ABSENT,
    )
    def films_of(
        now: Current, micro_genre_id: GenreId, asked: Asked, paged: Paged
    ) -> dict[str, Any]:
        """The films of one micro-genre; `sort=similarity` puts the most typical first."""
        cluster = now.catalogue.micro_genre(micro_genre_id)["cluster"]
        return _page(now, asked, paged, cluster)

    @router.get("/families", tags=["micro-genres"], response_model=schemas.Families)
    async def families(now: Current) -> dict[str, Any]:
        """The families of micro-genres."""
        return {"release_id": now.id, "families": now.catalogue.families()}

    return router


def _page(
    now: Snapshot, asked: Filters, paged: Paging, cluster: int | None = None
) -> dict[str, Any]:
    found = now.catalogue.films(
        asked if cluster is None else asked.within(cluster),
        paged.sort,
        paged.descending,
        paged.offset,
        paged.page_size,
    )
    return {
        "release_id": now.id,
        "total": found.total,
        "page": paged.page,
        "page_size": paged.page_size,
        "pages": -(-found.total // paged.page_size),
        "films": found.rows,
    }
