"""What a micro-genre is made of, and what two micro-genres share."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, NotRequired, TypedDict

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from serve.catalogue.catalogue import Catalogue
from serve.catalogue.filters import Filters
from serve.catalogue.records import FilmRow, MicroGenreRow

__all__ = ["Comparison", "Profile", "ShareOfFilms", "border_films", "compare", "profile"]

_FACETS = ("genres", "countries", "languages", "decades", "keywords")
_MOST = 12  # values of each facet
_MIN_FILMS = 2  # films of a keyword


class ShareOfFilms(TypedDict):
    """A value of a facet among the films of a micro-genre."""

    value: Any  # str, or int for decades
    films: int
    share: float  # of the films of the micro-genre, 0 to 1
    lift: NotRequired[float]  # of a keyword: its share divided by its share of all films
    score: NotRequired[float]  # of a keyword: the weight by which they are ordered, above 0


class Profile(TypedDict):
    """What the films of a micro-genre are; each list has the largest share first."""

    genres: list[ShareOfFilms]
    countries: list[ShareOfFilms]
    languages: list[ShareOfFilms]
    decades: list[ShareOfFilms]  # in order, all of them
    keywords: list[ShareOfFilms]  # the most telling first


class Comparison(TypedDict):
    """What two micro-genres share."""

    similarity: float  # cosine of the two centroids, -1 to 1
    shared: list[tuple[ShareOfFilms, ShareOfFilms]]  # keywords of both
    only: tuple[list[ShareOfFilms], list[ShareOfFilms]]  # keywords of one
    border: list[FilmRow]  # films of one whose runner-up is the other, smallest margin first
    decades: list[tuple[int, float, float]]  # first year, share of each
    ratings: tuple[list[float], list[float]]  # mean ratings of their films


def profile(catalogue: Catalogue, cluster: int) -> Profile:
    """Return what the films of a micro-genre are.

    The weight of a keyword is share * log(lift), the part of the Kullback-Leibler divergence
    between the micro-genre and all films that it adds; common keywords weigh little.

    Parameters
    ----------
    catalogue : Catalogue
        The release.
    cluster : int
        A cluster number.
    """
    own = Filters(micro_genres=(cluster,))
    films = max(1, catalogue.count(own))
    counts = catalogue.facets(own, _FACETS)
    shares: dict[str, list[ShareOfFilms]] = {
        facet: [
            {"value": row["value"], "films": row["films"], "share": row["films"] / films}
            for row in rows
        ]
        for facet, rows in counts.items()
    }
    everywhere = {
        row["value"]: row["films"] for row in catalogue.facets(None, ("keywords",))["keywords"]
    }
    total = max(1, catalogue.count())
    keywords: list[ShareOfFilms] = []
    for row in shares["keywords"]:
        lift = row["share"] / (everywhere[row["value"]] / total)
        score = row["share"] * float(np.log(lift)) if lift > 1 else 0.0
        if row["films"] >= _MIN_FILMS and score > 0:
            keywords.append({**row, "lift": lift, "score": score})
    keywords.sort(key=lambda row: (-row["score"], row["value"]))
    return {
        "genres": shares["genres"][:_MOST],
        "countries": shares["countries"][:_MOST],
        "languages": shares["languages"][:_MOST],
        "decades": shares["decades"],
        "keywords": keywords[:_MOST],
    }


def border_films(catalogue: Catalogue, cluster: int, limit: int = 12) -> list[FilmRow]:
    """Return the films of a micro-genre that are nearly as near to another, the nearest first."""
    films = catalogue.released_films()
    return _by_margin(catalogue, pc.equal(films.column("cluster"), cluster), limit)


def compare(catalogue: Catalogue, one: MicroGenreRow, other: MicroGenreRow) -> Comparison:
    """Compare two micro-genres.

    Parameters
    ----------
    catalogue : Catalogue
        The release.
    one, other : MicroGenreRow
        Two different micro-genres.
    """
    first, second = profile(catalogue, one["cluster"]), profile(catalogue, other["cluster"])
    known = {row["value"]: row for row in second["keywords"]}
    mine = {row["value"] for row in first["keywords"]}
    films = catalogue.released_films()
    cluster, runner_up = films.column("cluster"), films.column("runner_up")
    border = pc.or_kleene(
        pc.and_kleene(pc.equal(cluster, one["cluster"]), pc.equal(runner_up, other["cluster"])),
        pc.and_kleene(pc.equal(cluster, other["cluster"]), pc.equal(runner_up, one["cluster"])),
    )
    return {
        "similarity": catalogue.centroid_similarity(one["cluster"], other["cluster"]),
        "shared": [
            (row, known[row["value"]]) for row in first["keywords"] if row["value"] in known
        ],
        "only": (
            [row for row in first["keywords"] if row["value"] not in known],
            [row for row in second["keywords"] if row["value"] not in mine],
        ),
        "border": _by_margin(catalogue, border, 12),
        "decades": _side_by_side(first["decades"], second["decades"]),
        "ratings": (
            _ratings(films, cluster, one["cluster"]),
            _ratings(films, cluster, other["cluster"]),
        ),
    }


def _by_margin(catalogue: Catalogue, chosen: pa.ChunkedArray, limit: int) -> list[FilmRow]:
    """Return the chosen films that have a margin, the smallest first."""
    films = catalogue.released_films()
    margin = films.column("margin")
    kept = pc.and_(pc.fill_null(chosen, False), pc.is_valid(margin)).to_numpy()
    rows = np.flatnonzero(kept)
    margins = margin.to_numpy()[rows]
    return catalogue.films_at(rows[np.lexsort((rows, margins))][:limit].tolist())


def _side_by_side(
    one: Sequence[ShareOfFilms], other: Sequence[ShareOfFilms]
) -> list[tuple[int, float, float]]:
    first = {row["value"]: row["share"] for row in one}
    second = {row["value"]: row["share"] for row in other}
    known = sorted(first.keys() | second.keys())
    decades = range(known[0], known[-1] + 10, 10) if known else ()
    return [(decade, first.get(decade, 0.0), second.get(decade, 0.0)) for decade in decades]


def _ratings(films: pa.Table, cluster: pa.ChunkedArray, wanted: int) -> list[float]:
    own = films.column("vote_average").filter(pc.equal(cluster, wanted)).drop_null()
    return [float(value) for value in own.to_pylist()]
