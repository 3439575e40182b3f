"""Response models of the API, with examples for the OpenAPI page."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from pydantic import BaseModel, ConfigDict, Field

__all__ = [
    "AssignedFilm",
    "AssignedFilms",
    "Families",
    "Family",
    "Film",
    "FilmDetail",
    "FilmPage",
    "FoundFilm",
    "Health",
    "MicroGenre",
    "MicroGenreDetail",
    "MicroGenres",
    "ReleaseInfo",
    "ResponseModel",
    "SearchResult",
    "SimilarFilm",
    "SimilarFilms",
]


class ResponseModel(BaseModel):
    """Base of all response models; unknown fields are dropped."""

    model_config = ConfigDict(extra="ignore")


class Film(ResponseModel):
    """A film with its micro-genre. A value that the catalogue lacks is null."""

    movie_id: str = Field(examples=["387"])
    title: str | None = Field(examples=["Das Boot"])
    year: int | None = Field(examples=[1981])
    release_date: str | None = Field(examples=["1981-09-17"], description="ISO 8601.")
    cluster: int = Field(examples=[17], description="Number of its micro-genre in this release.")
    micro_genre_id: str = Field(
        examples=["submarine-war-film"], description="Its micro-genre, stable across releases."
    )
    micro_genre_name: str = Field(examples=["Submarine War Film"])
    micro_genre_keybert: str = Field(examples=["submarine / u.s. navy / torpedo"])
    family: int = Field(examples=[3])
    family_name: str = Field(examples=["War & Spy Film"])
    similarity: float = Field(
        examples=[0.71], description="Cosine to the centroid of its micro-genre, -1 to 1."
    )
    runner_up: int | None = Field(
        examples=[40], description="Cluster number of the nearest other micro-genre."
    )
    runner_up_id: str | None = Field(examples=["naval-battle-war-film"])
    margin: float | None = Field(
        examples=[0.18],
        description="Similarity minus the similarity to the runner-up. Below 0, the runner-up is "
        "nearer, and the film is in its micro-genre because of what the name says.",
    )
    weak: bool = Field(description="True if the film fits no micro-genre well.")
    vote_average: float | None = Field(examples=[8.1], description="0 to 10.")
    vote_count: int | None = Field(examples=[2104])
    popularity: float | None = Field(examples=[31.6])
    overview: str | None = Field(examples=["A German submarine hunts ships in the Atlantic."])
    tagline: str | None = Field(examples=["When the hunters become the hunted."])
    genres: list[str] | None = Field(examples=[["Drama", "War"]])
    keywords: list[str] | None = Field(examples=[["submarine", "world war ii"]])
    directors: list[str] | None = Field(examples=[["Wolfgang Petersen"]])
    cast: list[str] | None = Field(examples=[["Jürgen Prochnow"]])
    language: str | None = Field(examples=["de"], description="Original language, ISO 639-1.")
    countries: list[str] | None = Field(examples=[["DE"]])
    runtime_minutes: float | None = Field(examples=[149.0])
    poster_path: str | None = Field(examples=["/u8FhSzc4UuXLUFjDZMVjGNAzDbv.jpg"])
    x: float | None = Field(examples=[12.5], description="Position on the map of films.")
    y: float | None = Field(examples=[-3.25])
    name_true: bool | None = Field(
        examples=[True],
        description="Whether each part of its micro-genre's name is true of the film by its "
        "metadata; null if it was not measured.",
    )


class FilmDetail(Film):
    """A film with the description of its micro-genre and the name of its runner-up."""

    micro_genre_description: str | None = Field(
        examples=["Crews of submarines are hunted under water: Das Boot, The Enemy Below."]
    )
    runner_up_name: str | None = Field(examples=["Naval-Battle War Film"])


class FilmPage(ResponseModel):
    """One page of a selection of films."""

    release_id: str = Field(examples=["1a2b3c4d5e6f"])
    total: int = Field(examples=[312], description="Number of films in the whole selection.")
    page: int = Field(examples=[1])
    page_size: int = Field(examples=[24])
    pages: int = Field(examples=[13])
    films: list[Film]


class SimilarFilm(ResponseModel):
    """A neighbour of a film."""

    rank: int = Field(examples=[1], description="1 is the nearest.")
    similarity: float = Field(examples=[0.74], description="Cosine of the two texts, -1 to 1.")
    movie_id: str = Field(examples=["1669"])
    title: str | None = Field(examples=["The Hunt for Red October"])
    year: int | None = Field(examples=[1990])
    cluster: int = Field(examples=[17])
    micro_genre_id: str = Field(examples=["submarine-war-film"])
    micro_genre_name: str = Field(examples=["Submarine War Film"])
    family_name: str = Field(examples=["War & Spy Film"])
    vote_average: float | None = Field(examples=[7.4])
    poster_path: str | None = Field(examples=[None])


class SimilarFilms(ResponseModel):
    """The nearest films of a film, best first, as stored by the run."""

    release_id: str = Field(examples=["1a2b3c4d5e6f"])
    movie_id: str = Field(examples=["387"])
    similar: list[SimilarFilm]


class FoundFilm(Film):
    """A film found by a semantic search."""

    closeness: float = Field(examples=[0.56], description="How well the film fits, 0 to 1.")


class SearchResult(ResponseModel):
    """The films nearest in meaning to a query, best first."""

    release_id: str = Field(examples=["1a2b3c4d5e6f"])
    query: str = Field(examples=["a bank robbery goes wrong"])
    films: list[FoundFilm]


class MicroGenre(ResponseModel):
    """A micro-genre."""

    cluster: int = Field(examples=[17])
    micro_genre_id: str = Field(
        examples=["submarine-war-film"], description="Stable across releases."
    )
    micro_genre_name: str = Field(examples=["Submarine War Film"])
    alternatives: list[str] = Field(
        examples=[["Torpedo Dramas", "Naval War Films"]], description="Other names that are true."
    )
    description: str | None = Field(
        examples=["Crews of submarines are hunted under water: Das Boot, The Enemy Below."],
        description="One sentence.",
    )
    subjects: list[str] = Field(examples=[["submarine"]], description="Subjects of the name.")
    subject_terms: list[str] = Field(
        examples=[["submarine", "u-boat"]],
        description="Words and phrases that count as these subjects.",
    )
    form_genres: list[str] = Field(
        examples=[["War"]], description="Genres that the form at the end of the name says."
    )
    every_genre: bool = Field(
        description="Whether all of them are true of a film, or one suffices."
    )
    facets: list[str] = Field(
        examples=[["era:classic"]], description="What the adjectives of the name say."
    )
    name_truth: float | None = Field(
        examples=[0.81],
        description="Share of its films for which the whole name is true by their metadata, 0 to "
        "1; null if it was not measured.",
    )
    subject_truth: float | None = Field(
        examples=[0.85], description="The same for the subject; null if the name has none."
    )
    form_truth: float | None = Field(examples=[0.96], description="The same for the form.")
    adjective_truth: float | None = Field(
        examples=[None], description="The same for the adjectives."
    )
    thin: bool = Field(
        description="Whether it has no theme: a general micro-genre, by genre, language or time "
        "alone."
    )
    name_source: str | None = Field(
        examples=["mined"], description="`mined`, `kept`, `namer` or `person`."
    )
    micro_genre_keybert: str = Field(examples=["submarine / u.s. navy / torpedo"])
    keywords: list[str] = Field(examples=[["submarine", "u.s. navy", "torpedo"]])
    family: int = Field(examples=[3])
    family_name: str = Field(examples=["War & Spy Film"])
    films: int = Field(examples=[48])
    weak_films: int = Field(examples=[1])
    exemplar_ids: list[str] = Field(examples=[["387", "1669"]])
    exemplars: list[str] = Field(examples=[["Das Boot (1981)"]])
    mean_similarity: float = Field(examples=[0.52])
    nearest_cluster: int | None = Field(examples=[40])
    vote_average: float | None = Field(examples=[6.6])
    popularity: float | None = Field(examples=[9.2], description="Mean popularity of its films.")
    high_rated_share: float | None = Field(
        examples=[0.31], description="Share of rated films with a rating of 7 or more, 0 to 1."
    )
    peak_decade: int | None = Field(examples=[1950])
    first_year: int | None = Field(examples=[1937])
    last_year: int | None = Field(examples=[2023])


class Sibling(MicroGenre):
    """Another micro-genre of the same family."""

    closeness: float = Field(examples=[0.61], description="Cosine of the two centroids, -1 to 1.")


class MicroGenreDetail(MicroGenre):
    """A micro-genre with its siblings."""

    siblings: list[Sibling] = Field(description="Other micro-genres of its family, nearest first.")


class MicroGenres(ResponseModel):
    """Micro-genres of a release."""

    release_id: str = Field(examples=["1a2b3c4d5e6f"])
    total: int = Field(examples=[112])
    micro_genres: list[MicroGenre]


class Family(ResponseModel):
    """A family of micro-genres."""

    family: int = Field(examples=[3])
    family_name: str = Field(examples=["War & Spy Film"])
    keywords: list[str] = Field(examples=[["soldier", "spy"]])
    micro_genres: int = Field(examples=[9])
    clusters: list[int] = Field(examples=[[4, 17, 40]])
    films: int = Field(examples=[402])
    description: str | None = Field(examples=["Soldiers and spies of many wars."])
    name_truth: float | None = Field(examples=[0.74])
    vote_average: float | None = Field(examples=[6.4])
    popularity: float | None = Field(examples=[8.8])


class Families(ResponseModel):
    """All families of a release."""

    release_id: str = Field(examples=["1a2b3c4d5e6f"])
    families: list[Family]


class AssignedFilm(ResponseModel):
    """The micro-genre of a film that is not in the release."""

    cluster: int = Field(examples=[17])
    micro_genre_id: str = Field(
        examples=["submarine-war-film"], description="Stable across releases."
    )
    micro_genre_name: str = Field(examples=["Submarine War Film"])
    similarity: float = Field(examples=[0.58])
    runner_up: int | None = Field(
        examples=[40], description="Cluster number of the nearest other micro-genre."
    )
    runner_up_id: str | None = Field(examples=["naval-battle-war-film"])
    runner_up_name: str | None = Field(examples=["Naval-Battle War Film"])
    margin: float | None = Field(
        examples=[0.11],
        description="Near 0: the runner-up fits equally well. Below 0: the runner-up is nearer, "
        "but its name is not known to be true of the film.",
    )
    weak: bool = Field(description="True if no micro-genre fits well.")
    name_true: bool | None = Field(
        description="Whether the name of the micro-genre is true of the film; null if the request "
        "does not say what it would need to know, such as the genre, or if the parts of the name "
        "are not known."
    )


class AssignedFilms(ResponseModel):
    """The micro-genres of the films of a request, in the same order."""

    release_id: str = Field(examples=["1a2b3c4d5e6f"])
    films: list[AssignedFilm]


class Health(ResponseModel):
    """State of the service."""

    status: str = Field(examples=["ok"])
    release_id: str = Field(examples=["1a2b3c4d5e6f"])
    loaded_at: datetime
    problem: str | None = Field(
        None, description="Why the newest release is not served; null if it is."
    )


class ReleaseInfo(ResponseModel):
    """The served release."""

    release_id: str = Field(examples=["1a2b3c4d5e6f"])
    title: str | None = Field(examples=["Micro-genres"])
    created_at: str | None = Field(examples=["2026-11-21T10:00:00+00:00"])
    attribution: str | None
    licence: str | None
    films: int = Field(examples=[4968])
    micro_genres: int = Field(examples=[112])
    families: int = Field(examples=[12])
    first_year: int | None = Field(examples=[1903])
    last_year: int | None = Field(examples=[2025])
    vote_average: float | None = Field(examples=[6.2])
    rated_films: int = Field(examples=[4801])
    weak_films: int = Field(examples=[248])
    languages: int = Field(examples=[54])
    counts: dict[str, int] = Field(examples=[{"rows_in": 5000, "released": 4968, "rejected": 32}])
    model: dict[str, Any] = Field(examples=[{"name": "all-MiniLM-L6-v2", "dim": 384}])
    name_truth: dict[str, Any] = Field(
        examples=[{"whole": 0.66, "names_true_of_60": 0.75}],
        description="How far names are true of their films, as recorded by the run.",
    )
    names: dict[str, Any] = Field(description="Quality of the names, as recorded by the run.")
    clusters: dict[str, Any] = Field(description="Quality of the clusters, as recorded by the run.")
