"""The parameters that several endpoints share, bounded by settings, as FastAPI dependencies."""

# No `from __future__ import annotations`: FastAPI reads these annotations as objects, and those of
# functions within a function are out of its reach as text.

from collections.abc import Awaitable, Callable
from dataclasses import dataclass, replace
from typing import Annotated, Literal

from fastapi import Depends, HTTPException, Query, Request

from pipeline.settings import ServeSettings
from serve.api.snapshot import Snapshot
from serve.catalogue.filters import Filters

__all__ = ["Paging", "chosen_by", "current", "paging_by"]

_MOST_VALUES = 50  # of one filter
_INT32 = 2**31 - 1

Names = Annotated[list[Annotated[str, Query(max_length=100)]], Query(max_length=_MOST_VALUES)]


@dataclass(frozen=True)
class Paging:
    """Which page of a selection, and in which order."""

    page: int
    page_size: int
    sort: Literal["relevance", "rating", "popularity", "year", "title", "similarity"]
    descending: bool | None

    @property
    def offset(self) -> int:
        """Films before the page."""
        return (self.page - 1) * self.page_size


async def current(request: Request) -> Snapshot:
    """The release that this request is answered from, to its end."""
    snapshot: Snapshot = request.app.state.snapshots.current
    return snapshot


def chosen_by(settings: ServeSettings, *, words: bool = True) -> Callable[..., Awaitable[Filters]]:
    """The dependency that reads filters; without `words` it takes no `query`."""
    Year = Annotated[int | None, Query(ge=0, le=9_999)]  # noqa: N806
    Rating = Annotated[float | None, Query(ge=0, le=10, allow_inf_nan=False)]  # noqa: N806
    Words = Annotated[  # noqa: N806
        str | None,
        Query(
            max_length=settings.max_query_chars,
            description="Words of title, overview, tagline, keywords, directors or cast; all must "
            "occur, each at least as the beginning of a word. Case and accents do not count.",
            examples=["submarine captain"],
        ),
    ]
    Numbers = Annotated[  # noqa: N806
        list[Annotated[int, Query(ge=0, le=_INT32)]],
        Query(max_length=_MOST_VALUES, description="Any of these micro-genres, by number."),
    ]
    Families = Annotated[  # noqa: N806
        list[Annotated[str, Query(max_length=200)]],
        Query(max_length=_MOST_VALUES, description="Any of these families, by number or name."),
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
        weak: Annotated[bool | None, Query(description="Only weak fits, or none.")] = None,
    ) -> Filters:
        return Filters(
            micro_genres=tuple(micro_genre),
            families=tuple(_family(told) for told in family),
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


def paging_by(settings: ServeSettings) -> Callable[..., Awaitable[Paging]]:
    """The dependency that reads page, page size and order."""
    Size = Annotated[int, Query(ge=1, le=settings.max_page_size)]  # noqa: N806
    usual = min(settings.page_size, settings.max_page_size)

    async def paging(
        page: Annotated[int, Query(ge=1, le=_INT32)] = 1,
        page_size: Size = usual,
        sort: Annotated[
            Literal["relevance", "rating", "popularity", "year", "title", "similarity"],
            Query(description="`similarity` is that to the own micro-genre."),
        ] = "relevance",
        order: Annotated[
            Literal["asc", "desc"] | None,
            Query(description="If not given: titles upwards, all else downwards."),
        ] = None,
    ) -> Paging:
        found = Paging(page, page_size, sort, None if order is None else order == "desc")
        if found.offset > settings.max_offset:
            raise HTTPException(
                400, f"page {page} begins after film {settings.max_offset}: narrow the selection"
            )
        return found

    return paging


def _family(told: str) -> int | str:
    return int(told) if told.isascii() and told.isdigit() and int(told[:12]) <= _INT32 else told
