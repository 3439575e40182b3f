"""Of which films of an update the names are true: new films, and films whose facts changed.

An update names nothing. It measures the names of the mining by the released columns alone.
"""

from __future__ import annotations

from collections.abc import Collection

import pyarrow as pa
import pyarrow.compute as pc

from pipeline.cleaning.language import detect_languages
from pipeline.inference.known_films import known_films
from pipeline.label.shelves.name_holds import name_holds
from pipeline.release.reader import ReleasedTables

__all__ = ["NAMING_FACTS", "names_true_of", "no_longer_true", "share_of_true_names"]

# Facts beside the text that parts of names are about; a film whose text changed is placed again.
NAMING_FACTS = ("year", "genres", "language", "countries", "runtime_minutes")
_PARTS = ("subjects", "subject_terms", "form_genres", "facets")


def names_true_of(
    micro_genres: pa.Table, films: pa.Table, clusters: pa.ChunkedArray
) -> pa.BooleanArray:
    """Return whether the whole name of its micro-genre is true of each film.

    Parameters
    ----------
    micro_genres : pa.Table
        MICRO_GENRES.
    films : pa.Table
        The films, as CLEAN_MOVIES or RELEASED_MOVIES.
    clusters : pa.ChunkedArray
        Cluster of each film, row by row.

    Returns
    -------
    pa.BooleanArray
        Null for a micro-genre of whose name the parts are not known.
    """
    known = {
        row["cluster"]: row
        for row in micro_genres.select(["cluster", "every_genre", *_PARTS]).to_pylist()
        if any(row[name] for name in _PARTS)
    }
    if not known or not len(films):
        return pa.nulls(len(films), pa.bool_())
    languages = detect_languages(films)["languages"]
    rows = zip(clusters.to_pylist(), known_films(films, languages), strict=True)
    return pa.array(
        [
            name_holds(known[cluster], film.said, film.facets, film.language)
            if cluster in known
            else None
            for cluster, film in rows
        ],
        pa.bool_(),
    )


def no_longer_true(before: ReleasedTables, films: pa.Table, ids: Collection[str]) -> set[str]:
    """Return the ids of films for which the name of their micro-genre is not true by their facts.

    Parameters
    ----------
    before : ReleasedTables
        A release that has the films.
    films : pa.Table
        CLEAN_MOVIES: the films now, and others.
    ids : collection of str
        The films in question.

    Returns
    -------
    set of str
        Empty for a release of an earlier version, whose films are placed by nearness alone.
    """
    if before.manifest.shelves is None or not ids:
        return set()
    wanted = pa.array(sorted(ids), pa.string())
    now = films.filter(pc.is_in(films["movie_id"], value_set=wanted)).sort_by("movie_id")
    was = before.films(wanted)
    true = names_true_of(before.micro_genres, now, was.sort_by("movie_id")["cluster"])
    return set(now.filter(pc.fill_null(pc.invert(true), False))["movie_id"].to_pylist())


def share_of_true_names(movies: pa.Table) -> dict[int, float]:
    """Return the share of the films of each cluster for which its name is true.

    Parameters
    ----------
    movies : pa.Table
        Columns cluster and name_true; films without a value do not count.

    Returns
    -------
    dict of int to float
        By cluster, without clusters about which nothing is known; 0 to 1.

    Examples
    --------
    >>> films = {"cluster": [0, 0, 1, 2], "name_true": [True, False, None, True]}
    >>> share_of_true_names(pa.table(films))
    {0: 0.5, 2: 1.0}
    """
    known = movies.select(["cluster", "name_true"])
    known = known.filter(pc.is_valid(known["name_true"])).combine_chunks()
    known = known.set_column(1, "true", pc.cast(known["name_true"], pa.int64()))
    counted = known.group_by("cluster").aggregate([("true", "sum"), ("true", "count")])
    rows = sorted(counted.to_pylist(), key=lambda row: row["cluster"])
    return {row["cluster"]: row["true_sum"] / row["true_count"] for row in rows}
