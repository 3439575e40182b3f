"""Query parameters of `/v1`: filters, order, page and fields. An unknown name is an error (422)."""

# No `from __future__ import annotations`, see `serve.api.dependencies`.

from collections.abc import Awaitable, Callable, Sequence
from typing import Annotated, Any, Literal, TypeVar

from fastapi import Query
from pydantic import BaseModel, ConfigDict, Field, create_model

from pipeline.release.lookup import NotInReleaseError
from pipeline.settings import ServeSettings
from serve.api.problems import InvalidFieldError
from serve.api.snapshot import Snapshot
from serve.catalogue.catalogue import Sort
from serve.catalogue.filters import Filters

__all__ = [
    "FieldParameters",
    "FilmFilters",
    "FilmListParameters",
    "NoParameters",
    "PageParameters",
    "Parameters",
    "limited",
    "no_parameters",
    "parameters_of",
    "resolve_filters",
    "resolve_micro_genre",
]

_INT32 = 2**31 - 1
_MAX_VALUES = 50  # of one filter
_ANY_CASE = "Any of these, in any case."

Name = Annotated[str, Field(min_length=1, max_length=200)]
Names = Annotated[list[Name], Field(max_length=_MAX_VALUES)]
Year = Annotated[int | None, Field(ge=0, le=9_999)]
Rating = Annotated[float | None, Field(ge=0, le=10, allow_inf_nan=False)]
P = TypeVar("P", bound=BaseModel)


class Parameters(BaseModel):
    """Base of all parameters: an unknown name is an error."""

    model_config = ConfigDict(extra="forbid")


class NoParameters(Parameters):
    """The parameters of a route without any."""


class FieldParameters(Parameters):
    """Which fields to return."""

    fields: str | None = Field(
        None,
        max_length=1_000,
        description="Names of the fields to return, with commas; all by default.",
        examples=["movie_id,title,micro_genre_id"],
    )


class PageParameters(Parameters):
    """A page of a list."""

    limit: int = Field(24, ge=1, description="Most entries of the page.", examples=[10])
    cursor: str | None = Field(
        None,
        max_length=200,
        description="`next_cursor` of the page before; the first page needs none.",
    )


class FilmFilters(Parameters):
    """Conditions on films. Several values of one filter are alternatives; case is ignored."""

    micro_genre: Names = Field(
        [],
        description="Any of these micro-genres, by micro_genre_id or cluster number.",
        examples=[["17"]],
    )
    family: Names = Field(
        [], description="Any of these families, by number or name.", examples=[["3"]]
    )
    genre: Names = Field([], description=_ANY_CASE, examples=[["horror"]])
    language: Names = Field([], description="Original language, ISO 639-1.", examples=[["en"]])
    country: Names = Field([], description=_ANY_CASE, examples=[["DE"]])
    keyword: Names = Field([], description=_ANY_CASE, examples=[["submarine"]])
    person: Names = Field(
        [], description="Any of these directors or actors.", examples=[["Wolfgang Petersen"]]
    )
    year_from: Year = Field(None, description="First year.", examples=[1980])
    year_to: Year = Field(None, description="Last year.", examples=[1989])
    rating_from: Rating = Field(None, description="Lowest rating, 0 to 10.", examples=[6.5])
    rating_to: Rating = Field(None, description="Highest rating, 0 to 10.", examples=[9])
    votes_from: int | None = Field(
        None, ge=0, le=_INT32, description="Fewest votes.", examples=[100]
    )
    weak: bool | None = Field(
        None,
        description="true: only films that fit no micro-genre well; false: without them.",
        examples=[False],
    )
    adult: bool | None = Field(
        None, description="Films made for adults only, or all others; by default both."
    )


class FilmListParameters(FilmFilters, PageParameters, FieldParameters):
    """A selection of films, its order and a page of it."""

    words: str | None = Field(
        None,
        description="Words that title, overview, tagline, keywords, directors or cast have, each "
        "at least as the beginning of a word. Case and accents are ignored.",
        examples=["captain"],
    )
    sort: Sort = Field(
        "relevance",
        description="`similarity` is that of a film to the centroid of its micro-genre.",
        examples=["rating"],
    )
    order: Literal["asc", "desc"] | None = Field(
        None,
        description="By default ascending for titles, descending for everything else.",
        examples=["desc"],
    )

    @property
    def descending(self) -> bool | None:
        """Whether to sort downwards; None for the default of `sort`."""
        return None if self.order is None else self.order == "desc"


def limited(model: type[P], settings: ServeSettings, *, ranked: bool = False) -> type[P]:
    """Return a model whose limits are those of the settings.

    Parameters
    ----------
    model : type
        A model with some of the fields `limit`, `words`, `q` and `text`.
    settings : ServeSettings
        The limits.
    ranked : bool
        Whether its list is a ranking, which has at most `max_meaning_films` entries.
    """
    most = settings.max_page_size
    if ranked:
        most = min(most, settings.max_meaning_films)
    bounds: dict[str, dict[str, Any]] = {"limit": {"le": most}} | {
        name: {"max_length": settings.max_query_chars} for name in ("words", "q", "text")
    }
    changed: dict[str, Any] = {}
    for name, bound in bounds.items():
        field = model.model_fields.get(name)
        if field is not None:
            default = min(settings.page_size, most) if name == "limit" else field.default
            annotation: Any = field.annotation
            changed[name] = (
                Annotated[annotation, *field.metadata, Field(**bound)],
                Field(default, description=field.description, examples=field.examples),
            )
    return create_model(model.__name__, __base__=model, __doc__=model.__doc__, **changed)


def parameters_of(model: type[P]) -> Callable[..., Awaitable[P]]:
    """Return the dependency that reads the query parameters of a model."""

    async def read(query: P) -> P:
        return query

    read.__annotations__ = {"query": Annotated[model, Query()]}
    return read


no_parameters = parameters_of(NoParameters)


def resolve_filters(
    snapshot: Snapshot, sent: FilmFilters, where: Sequence[str] = ("query",)
) -> Filters:
    """Return the filters of a request, with the cluster numbers of its micro-genres.

    Raises
    ------
    InvalidFieldError
        If the release has no such micro-genre.
    """
    place = (*where, "micro_genre")
    return Filters(
        words=getattr(sent, "words", None),
        micro_genres=tuple(resolve_micro_genre(snapshot, one, place) for one in sent.micro_genre),
        families=tuple(_number_or_name(one) for one in sent.family),
        genres=tuple(sent.genre),
        languages=tuple(sent.language),
        countries=tuple(sent.country),
        keywords=tuple(sent.keyword),
        people=tuple(sent.person),
        year_from=sent.year_from,
        year_to=sent.year_to,
        rating_from=sent.rating_from,
        rating_to=sent.rating_to,
        votes_from=sent.votes_from,
        weak=sent.weak,
        adult=sent.adult,
    )


def resolve_micro_genre(snapshot: Snapshot, wanted: str, where: Sequence[str]) -> int:
    """Return the cluster number of a micro_genre_id or of a cluster number.

    Raises
    ------
    InvalidFieldError
        If the release has no such micro-genre.
    """
    try:
        return snapshot.catalogue.micro_genre(wanted)["cluster"]
    except NotInReleaseError as error:
        raise InvalidFieldError(where, str(error), error.suggestions) from error


def _number_or_name(value: str) -> int | str:
    is_number = value.isascii() and value.isdigit() and int(value[:12]) <= _INT32
    return int(value) if is_number else value
