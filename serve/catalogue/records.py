"""Types of the rows that the catalogue returns. They exist at type-check time only: rows are dicts.

A missing value is None. A field has the meaning of the column of the same name in
`pipeline.schemas.mining`, unless a comment says more.
"""

from __future__ import annotations

from typing import Any, NotRequired, TypedDict

__all__ = [
    "FacetValue",
    "FamilyRow",
    "FilmDetailRow",
    "FilmRow",
    "FoundFilmRow",
    "GrowthRow",
    "KeywordRow",
    "MicroGenreRow",
    "NamedFilm",
    "PeriodRow",
    "RatingSpreadRow",
    "RatingsRow",
    "Reason",
    "ReleaseFigures",
    "ShareRow",
    "SiblingRow",
    "SimilarFilmRow",
    "SuggestionRow",
    "Understood",
]


class FilmRow(TypedDict):
    """A row of `RELEASED_MOVIES`, with the ids of its micro-genres."""

    movie_id: str
    title: str | None
    year: int | None
    cluster: int
    micro_genre_keybert: str
    micro_genre_name: str
    family_name: str
    similarity: float
    runner_up: int | None
    margin: float | None
    weak: bool
    vote_average: float | None
    vote_count: int | None
    popularity: float | None
    overview: str | None
    tagline: str | None
    genres: list[str] | None
    keywords: list[str] | None
    directors: list[str] | None
    cast: list[str] | None
    language: str | None
    countries: list[str] | None
    runtime_minutes: float | None
    poster_path: str | None
    release_date: str | None
    family: int
    x: float | None
    y: float | None
    name_true: bool | None  # None in releases of earlier versions
    micro_genre_id: str
    runner_up_id: str | None  # micro_genre_id of the runner-up


class FilmDetailRow(FilmRow):
    """A film with what its micro-genre is, and the name of its runner-up."""

    micro_genre_description: str | None
    runner_up_name: str | None


class Reason(TypedDict):
    """Why a film was found."""

    kind: str  # title, like, keywords, people, micro_genre, words or meaning
    text: str  # the title, keywords, people, or the sentence of the film


class FoundFilmRow(FilmRow):
    """A film found by a search."""

    score: float  # 0 to 1, falls with the place; above 0.9 the title is the one typed
    reasons: list[Reason]


class NamedFilm(TypedDict):
    """A film that a query names."""

    movie_id: str
    title: str | None
    year: int | None


class Understood(TypedDict):
    """How a query was read."""

    text: str  # what was searched
    like: list[NamedFilm]
    change: str  # in what the films are to differ from those of `like`
    without: str
    corrected: dict[str, str]  # words as typed and as searched


class SimilarFilmRow(TypedDict):
    """A neighbour of a film."""

    rank: int  # 1 is the nearest
    similarity: float  # cosine of the two texts, -1 to 1
    movie_id: str
    title: str | None
    year: int | None
    cluster: int
    micro_genre_id: str
    micro_genre_name: str
    family_name: str
    vote_average: float | None
    poster_path: str | None


class MicroGenreRow(TypedDict):
    """A row of `MICRO_GENRES` with three figures computed from its films."""

    cluster: int
    micro_genre_id: str
    micro_genre_name: str
    micro_genre_keybert: str
    keywords: list[str]
    family: int
    family_name: str
    films: int
    weak_films: int
    exemplar_ids: list[str]
    exemplars: list[str]
    mean_similarity: float
    nearest_cluster: int | None
    vote_average: float | None
    first_year: int | None
    last_year: int | None
    alternatives: list[str]
    description: str | None
    subjects: list[str]
    subject_terms: list[str]
    form_genres: list[str]
    every_genre: bool
    facets: list[str]
    name_truth: float | None  # 0 to 1; this and the next three are None if not measured
    subject_truth: float | None
    form_truth: float | None
    adjective_truth: float | None
    thin: bool
    name_source: str | None
    popularity: float | None  # mean
    high_rated_share: float | None  # films rated 7 or more among the rated films, 0 to 1
    peak_decade: int | None  # 1980 is 1980 to 1989


class SiblingRow(MicroGenreRow):
    """Another micro-genre of the same family."""

    closeness: float  # cosine of the two centroids, -1 to 1


class FamilyRow(TypedDict):
    """A row of `FAMILIES` with its clusters and two figures computed from its films."""

    family: int
    family_name: str
    keywords: list[str]
    micro_genres: int
    films: int
    description: str | None
    name_truth: float | None
    clusters: list[int]
    vote_average: float | None  # mean
    popularity: float | None  # mean


class FacetValue(TypedDict):
    """One value of a facet with its number of films."""

    value: Any  # str for genres and languages, int for the other facets
    films: int
    name: NotRequired[str]  # of micro-genres and families
    micro_genre_id: NotRequired[str]  # of micro-genres


class ReleaseFigures(TypedDict):
    """Figures of a release."""

    release_id: str
    created_at: str | None  # ISO 8601
    title: str | None
    attribution: str | None
    licence: str | None
    films: int
    first_year: int | None
    last_year: int | None
    rated_films: int
    vote_average: float | None  # mean
    weak_films: int
    languages: int
    posters: int
    micro_genres: int
    families: int
    counts: dict[str, int]  # rows_in, released, rejected


class PeriodRow(TypedDict):
    """Films of a micro-genre in one year or decade."""

    cluster: int
    name: str
    year: NotRequired[int]
    decade: NotRequired[int]
    films: int


class ShareRow(TypedDict):
    """Share of a micro-genre among the films of one year or decade."""

    micro_genre_id: str
    micro_genre_name: str
    cluster: int
    period: int  # the year, or the first year of the decade
    films: int
    films_in_period: int  # of all micro-genres
    share: float  # 0 to 1
    share_low: float  # Wilson interval of 95 %
    share_high: float
    vote_average: float | None  # mean


class SuggestionRow(TypedDict):
    """A film, micro-genre, keyword or person whose name a text begins."""

    kind: str  # film, micro_genre, keyword or person
    text: str
    id: str | None  # movie_id or micro_genre_id; keywords and people have none
    year: int | None  # of a film
    films: int


class GrowthRow(TypedDict):
    """Films of a micro-genre in two spans of years."""

    cluster: int
    name: str
    before: int
    after: int
    before_share: float | None  # of all films of that span, 0 to 1
    after_share: float | None
    change: float | None  # of the share: 0.5 is 50 % more; None if there were no films before


class RatingsRow(TypedDict):
    """Ratings of the films of one decade."""

    decade: int
    films: int  # rated films
    mean: float
    median: float
    low: float  # first quartile
    high: float  # third quartile


class RatingSpreadRow(TypedDict):
    """Ratings of the films of one micro-genre."""

    cluster: int
    name: str
    films: int  # rated films
    mean: float
    deviation: float  # sample standard deviation


class KeywordRow(TypedDict):
    """A keyword with its number of films."""

    keyword: str
    films: int
