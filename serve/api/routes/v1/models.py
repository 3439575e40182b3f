"""Response models of `/v1`."""

from __future__ import annotations

from typing import Any

from pydantic import ConfigDict, Field

from serve.api import schemas
from serve.api.schemas import ResponseModel

__all__ = [
    "FacetCounts",
    "FacetPage",
    "Facets",
    "FamilyPage",
    "FilmPage",
    "FoundFilms",
    "ListPage",
    "MicroGenreDetail",
    "MicroGenrePage",
    "NearFilmPage",
    "PartialFilm",
    "RejectPage",
    "SimilarFilmPage",
    "SuggestionPage",
    "TrendPage",
]


def _all_optional(schema: dict[str, Any]) -> None:
    """Mark every field as optional: a request may choose fields."""
    schema.pop("required", None)


_PARTIAL = ConfigDict(extra="ignore", json_schema_extra=_all_optional)


class ListPage(ResponseModel):
    """A page of a list."""

    release_id: str = Field(examples=["1a2b3c4d5e6f"])
    total: int = Field(examples=[312], description="Number of entries of the whole list.")
    limit: int = Field(examples=[24], description="Most entries of this page.")
    next_cursor: str | None = Field(
        examples=["WyIxYTJiM2M0ZDVlNmYiLCAiOGYxYzJkM2U0ZjVhIiwgMjRd"],
        description="`cursor` of the next page; null on the last one.",
    )


class PartialFilm(schemas.FilmDetail):
    """A film, with the fields that the request chose. A value that the catalogue lacks is null."""

    model_config = _PARTIAL


class ListedFilm(schemas.Film):
    """A film of a list, with the fields that the request chose."""

    model_config = _PARTIAL


class FilmPage(ListPage):
    """A page of films."""

    films: list[ListedFilm]


class SimilarFilmPage(ListPage):
    """A page of the neighbours of a film, nearest first, as stored by the run."""

    movie_id: str = Field(examples=["387"])
    films: list[schemas.SimilarFilm]


class NearFilm(schemas.Film):
    """A film near to others, with the fields that the request chose."""

    model_config = _PARTIAL

    closeness: float = Field(
        examples=[0.56], description="Cosine to the centre of the films and the text, -1 to 1."
    )


class NearFilmPage(ListPage):
    """A page of the films nearest to several films and a text."""

    films: list[NearFilm]


class Reason(ResponseModel):
    """Why a film was found."""

    kind: str = Field(
        examples=["keywords"],
        description="title, like, keywords, people, micro_genre, words or meaning.",
    )
    text: str = Field(
        examples=["bank robbery"],
        description="The title, the keywords, the people, or the sentence of the film.",
    )


class NamedFilm(ResponseModel):
    """A film that a query names."""

    movie_id: str = Field(examples=["348"])
    title: str | None = Field(examples=["Alien"])
    year: int | None = Field(examples=[1979])


class Understood(ResponseModel):
    """How a query was read."""

    text: str = Field(examples=["funny"], description="What was searched.")
    like: list[NamedFilm] = Field(description="Films that the results are like.")
    change: str = Field(examples=["funny"], description="In what they are to differ.")
    without: str = Field(examples=[""], description="What they are not to have.")
    corrected: dict[str, str] = Field(
        examples=[{}], description="Words as typed and as they were read."
    )


class FoundFilm(schemas.Film):
    """A film that a search found, with the fields that the request chose."""

    model_config = _PARTIAL

    score: float = Field(
        examples=[0.82], description="0 to 1, falls with the place; above 0.9 the title is meant."
    )
    reasons: list[Reason] = Field(description="Why the film was found.")


class FoundFilms(ListPage):
    """A page of the films that a search found, best first."""

    query: str = Field(examples=["a bank robbery goes wrong"])
    understood: Understood
    nothing_close: bool = Field(description="True if no film is close to the query.")
    films: list[FoundFilm]


class Suggestion(ResponseModel):
    """A film, micro-genre, keyword or person."""

    kind: str = Field(
        examples=["film"], description="`film`, `micro_genre`, `keyword` or `person`."
    )
    text: str = Field(examples=["Das Boot"])
    id: str | None = Field(
        examples=["387"],
        description="movie_id or micro_genre_id; keywords and people are filters by their text.",
    )
    year: int | None = Field(examples=[1981], description="Of a film.")
    films: int = Field(examples=[1], description="Number of films that have it.")


class SuggestionPage(ListPage):
    """A page of suggestions, the likeliest first."""

    suggestions: list[Suggestion]


class MicroGenreOfList(schemas.MicroGenre):
    """A micro-genre, with the fields that the request chose."""

    model_config = _PARTIAL


class MicroGenrePage(ListPage):
    """A page of micro-genres."""

    micro_genres: list[MicroGenreOfList]


class MicroGenreDetail(schemas.MicroGenreDetail):
    """A micro-genre with its siblings, with the fields that the request chose."""

    model_config = _PARTIAL

    release_id: str = Field(examples=["1a2b3c4d5e6f"])


class FamilyPage(ListPage):
    """A page of families."""

    families: list[schemas.Family]


class FacetValue(ResponseModel):
    """A value of a facet."""

    value: str | int = Field(
        examples=["Horror"], description="A number for micro-genres, families and decades."
    )
    films: int = Field(examples=[48], description="Number of films of the selection that have it.")
    name: str | None = Field(None, description="Of a micro-genre or family.")
    micro_genre_id: str | None = Field(None, description="Of a micro-genre.")


class FacetCounts(ResponseModel):
    """The values of one facet with most films."""

    facet: str = Field(examples=["genres"])
    total: int = Field(examples=[19], description="Number of its values.")
    values: list[FacetValue]


class Facets(ResponseModel):
    """The facets of a selection of films."""

    release_id: str = Field(examples=["1a2b3c4d5e6f"])
    films: int = Field(examples=[312], description="Number of films of the selection.")
    facets: list[FacetCounts]


class FacetPage(ListPage):
    """A page of the values of one facet."""

    facet: str = Field(examples=["genres"])
    values: list[FacetValue]


class TrendPoint(ResponseModel):
    """Share of a micro-genre among the films of a year or decade."""

    micro_genre_id: str = Field(examples=["submarine-war-film"])
    micro_genre_name: str = Field(examples=["Submarine War Film"])
    cluster: int = Field(examples=[17])
    period: int = Field(examples=[1950], description="The year, or the first one of the decade.")
    films: int = Field(examples=[9])
    films_in_period: int = Field(examples=[402], description="Films of all micro-genres.")
    share: float = Field(examples=[0.0224], description="0 to 1.")
    share_low: float = Field(examples=[0.0118], description="Wilson interval of 95 %.")
    share_high: float = Field(examples=[0.042])
    vote_average: float | None = Field(examples=[6.6], description="Mean rating of these films.")


class TrendPage(ListPage):
    """A page of trends, by micro-genre and period."""

    trends: list[TrendPoint]


class Reject(ResponseModel):
    """A row of the catalogue that the run rejected."""

    source: str | None = Field(examples=["films.csv"])
    row: int | None = Field(examples=[214], description="Number of the row, from 1.")
    movie_id: str | None = Field(examples=["387"])
    reason: str | None = Field(examples=["no_overview"])
    detail: str | None = Field(examples=["the overview has 0 words"])


class RejectPage(ListPage):
    """A page of rejected rows."""

    rejects: list[Reject]
