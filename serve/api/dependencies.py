"""Parameters that several endpoints share, limited by settings, as FastAPI dependencies."""

# No `from __future__ import annotations`: FastAPI evaluates annotations, and it cannot resolve the
# text of one that names a local variable of an enclosing function.

from collections.abc import Awaitable, Callable
from dataclasses import dataclass, replace
from typing import Annotated, Literal

from fastapi import Depends, HTTPException, Query, Request

from pipeline.settings import ServeSettings
from serve.api.snapshot import Snapshot
from serve.catalogue.filters import Filters

__all__ = ["Current", "Paging", "current_snapshot", "filter_dependency", "paging_dependency"]

_MAX_VALUES = 50  # of one filter
_INT32 = 2**31 - 1

Names = Annotated[list[Annotated[str, Query(max_length=100)]], Query(max_length=_MAX_VALUES)]


@dataclass(frozen=True)
class Paging:
    """A page of a selection and its order.

    Attributes
    ----------
    page : int
        Page number, from 1.
    page_size : int
        Films per page.
    sort : str
        What to sort by, see `Catalogue.films`.
    descending : bool or None
        None for the default of `sort`.
    """

    page: int
    page_size: int
    sort: Literal["relevance", "rating", "popularity", "year", "title", "similarity"]
    descending: bool | None

    @property
    def offset(self) -> int:
        """Number of films before the page."""
        return (self.page - 1) * self.page_size


async def current_snapshot(request: Request) -> Snapshot:
    """Return the release that answers this request; it stays the same until the request ends."""
    snapshot: Snapshot | None = getattr(request.state, "snapshot", None)
    if snapshot is None:
        snapshot = request.app.state.snapshots.current
    return snapshot


Current = Annotated[Snapshot, Depends(current_snapshot)]


def filter_dependency(
    settings: ServeSettings, *, words: bool = True
) -> Callable[..., Awaitable[Filters]]:
    """Return the dependency that reads filters; without `words` it has no parameter `query`."""
    Year = Annotated[int | None, Query(ge=0, le=9_999)]  # noqa: N806
    Rating = Annotated[float | None, Query(ge=0, le=10, allow_inf_nan=False)]  # noqa: N806
    Words = Annotated[  # noqa: N806
        str | None,
        Query(
            max_length=settings.max_query_chars,
            description="Words to search in title, overview, tagline, keywords, directors and "
            "cast. Every word must occur, at least as the beginning of a word. Case and accents "
            "are ignored.",
            examples=["submarine captain"],
        ),
    ]
    Numbers = Annotated[  # noqa: N806
        list[Annotated[int, Query(ge=0, le=_INT32)]],
        Query(max_length=_MAX_VALUES, description="Any of these micro-genres, by cluster number."),
    ]
    Families = Annotated[  # noqa: N806
        list[Annotated[str, Query(max_length=200)]],
        Query(max_length=_MAX_VALUES, description="Any of these families, by number or name."),
    ]

    async def filters(
        micro_genre: Numbers = [],  # noqa: B006
        family: Families = [],  # noqa: B006
        genre: Names = [],  # noqa: B006
        language: Names = [],  # noqa: B006
        year_from: Year = None,
        year_to: Year = None,
        rating_from: Rating = None,
        rating_to: Rating = None,
        votes_from: Annotated[int | None, Query(ge=0, le=_INT32)] = None,
        weak: Annotated[
            bool | None, Query(description="true: weak films only; false: no weak films.")
        ] = None,
    ) -> Filters:
        return Filters(
            micro_genres=tuple(micro_genre),
            families=tuple(_parse_family(value) for value in family),
            genres=tuple(genre),
            languages=tuple(language),
            year_from=year_from,
            year_to=year_to,
            rating_from=rating_from,
            rating_to=rating_to,
            votes_from=votes_from,
            weak=weak,
        )

    if not words:
        return filters

    async def with_words(
        others: Annotated[Filters, Depends(filters)], query: Words = None
    ) -> Filters:
        return replace(others, words=query)

    return with_words


def paging_dependency(settings: ServeSettings) -> Callable[..., Awaitable[Paging]]:
    """Return the dependency that reads page, page size and order."""
    Size = Annotated[int, Query(ge=1, le=settings.max_page_size)]  # noqa: N806
    default_size = min(settings.page_size, settings.max_page_size)

    async def paging(
        page: Annotated[int, Query(ge=1, le=_INT32)] = 1,
        page_size: Size = default_size,
        sort: Annotated[
            Literal["relevance", "rating", "popularity", "year", "title", "similarity"],
            Query(
                description="`similarity` is the similarity of a film to the centroid of its "
                "micro-genre."
            ),
        ] = "relevance",
        order: Annotated[
            Literal["asc", "desc"] | None,
            Query(description="Default: ascending for titles, descending for everything else."),
        ] = None,
    ) -> Paging:
        result = Paging(page, page_size, sort, None if order is None else order == "desc")
        if result.offset > settings.max_offset:
            raise HTTPException(
                400,
                f"page {page} begins after film {settings.max_offset}; add filters to get a "
                "smaller selection",
            )
        return result

    return paging


def _parse_family(value: str) -> int | str:
    is_number = value.isascii() and value.isdigit() and int(value[:12]) <= _INT32
    return int(value) if is_number else value
