"""Builds the tables of a release and its dataset card from the results of the stages."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping, Sequence
from typing import Any

import numpy as np
import pandas as pd
import pyarrow as pa

from pipeline.schemas.mining import (
    FAMILIES,
    MICRO_GENRES,
    RELEASED_MOVIES,
    fill_later_columns,
    validate,
)
from pipeline.settings import PublishSettings

__all__ = ["attributed", "dataset_card", "families", "mark_weak", "micro_genres", "released_movies"]

_EXEMPLARS = 5
_DESCRIBED = 3  # of them in a description
_GENRE_COLUMNS = ("micro_genre_keybert", "micro_genre_name", "family_name")
_MOVIE_COLUMNS = ("movie_id", "title", "year", "vote_average")


def mark_weak(assignments: pa.Table, quantile: float) -> pa.Table:
    """Mark the films that are least similar to their centroid as weak.

    Parameters
    ----------
    assignments : pyarrow.Table of schema `ASSIGNMENTS`
        One row per film.
    quantile : float
        Share of the films to mark, 0 to 1. Films with equal similarity are marked alike.

    Returns
    -------
    pyarrow.Table of schema `ASSIGNMENTS`
        The same rows with a new column `weak`.

    Examples
    --------
    >>> table = pa.table({"similarity": [0.9, 0.2, 0.5], "weak": [False, False, False]})
    >>> mark_weak(table, 0.5)["weak"].to_pylist()
    [False, True, False]
    """
    similarity = assignments.column("similarity").to_numpy()
    # the threshold is the value of a film, so that equal films are marked alike
    threshold = np.quantile(similarity, quantile, method="lower") if len(similarity) else 0.0
    weak = pa.array(similarity < threshold)
    return assignments.set_column(assignments.schema.get_field_index("weak"), "weak", weak)


def released_movies(
    movies: pa.Table,
    assignments: pa.Table,
    micro_genres: pa.Table,
    places: np.ndarray,
    name_true: pa.Array | pa.ChunkedArray | None = None,
) -> pa.Table:
    """Return the films of a release, sorted by movie_id.

    Parameters
    ----------
    movies : pyarrow.Table of schema `CLEAN_MOVIES`
        One row per film.
    assignments : pyarrow.Table of schema `ASSIGNMENTS`
        The clusters of the same films, in the same order.
    micro_genres : pyarrow.Table of schema `MICRO_GENRES`
        One row per cluster.
    places : ndarray of shape (n_films, 2), float32
        Coordinates of the films on the map, without unit.
    name_true : boolean array of length n_films, optional
        Whether the whole name of its micro-genre is true of each film, in the same order; null
        where it is not known.

    Returns
    -------
    pyarrow.Table of schema `RELEASED_MOVIES`
        One row per film.

    Raises
    ------
    TableError
        If a column has another type than the schema.
    """
    genre = (
        micro_genres.select(["cluster", *_GENRE_COLUMNS, "family"]).to_pandas().set_index("cluster")
    )
    cluster = assignments.column("cluster").to_numpy()
    columns: dict[str, Any] = {name: assignments.column(name) for name in assignments.column_names}
    for name in _GENRE_COLUMNS:
        columns[name] = pa.array(genre.loc[cluster, name].tolist(), pa.string())
    columns["family"] = pa.array(genre.loc[cluster, "family"].tolist(), pa.int32())
    for axis, name in enumerate("xy"):
        columns[name] = pa.array(np.ascontiguousarray(places[:, axis], np.float32))
    columns["name_true"] = pa.nulls(len(movies), pa.bool_()) if name_true is None else name_true
    for name in RELEASED_MOVIES.names:
        if name not in columns:
            columns[name] = movies.column(name)
    columns = {name: columns[name] for name in RELEASED_MOVIES.names}
    validate(pa.table(columns), RELEASED_MOVIES, name="movies")
    return pa.table(columns, schema=RELEASED_MOVIES).sort_by("movie_id")


def micro_genres(
    movies: pa.Table,
    assignments: pa.Table,
    labels: Sequence[Mapping[str, Any]],
    text_means: np.ndarray,
    name_true: pa.Array | pa.ChunkedArray | None = None,
    describe: Callable[[int, Sequence[str]], str] | None = None,
) -> pa.Table:
    """Return one row per micro-genre, in the order of `labels`.

    The exemplars are the films nearest to the centroid for which the name is true, then the other
    films.

    Parameters
    ----------
    movies : pyarrow.Table of schema `CLEAN_MOVIES`
        One row per film.
    assignments : pyarrow.Table of schema `ASSIGNMENTS`
        The clusters of the same films, in the same order.
    labels : sequence of mappings
        For each cluster: `cluster`, `micro_genre_id`, `micro_genre_name`, `keywords`, `family` and
        `family_name`, sorted by cluster. The columns of MICRO_GENRES from `alternatives` on are
        optional: without them they are null, empty or false.
    text_means : ndarray of shape (k, dim), float32
        Mean text vector of each cluster, of unit length, for `nearest_cluster`.
    name_true : boolean array of length n_films, optional
        Whether the whole name of its micro-genre is true of each film, row by row; null where it is
        not known.
    describe : callable, optional
        Returns the description of a cluster, given its number and the titles of its exemplars.
        Without it a label's `description` stays, with the exemplars of now in place of the label's.

    Returns
    -------
    pyarrow.Table of schema `MICRO_GENRES`
        Numbers of films, years, ratings and the most typical films of each cluster.

    Raises
    ------
    TableError
        If a column has another type than the schema.
    """
    frame = pd.DataFrame(
        {
            **{name: movies.column(name).to_pandas() for name in _MOVIE_COLUMNS},
            "cluster": assignments.column("cluster").to_numpy(),
            "similarity": assignments.column("similarity").to_numpy(),
            "weak": assignments.column("weak").to_numpy(zero_copy_only=False),
            "fits": _known_true(name_true, len(movies)),
        }
    )
    similarity = text_means @ text_means.T
    np.fill_diagonal(similarity, -np.inf)
    rows: list[dict[str, Any]] = []
    frame = frame.sort_values(["similarity", "movie_id"], ascending=[False, True])
    by_cluster = dict(list(frame.groupby("cluster")))
    for row, label in enumerate(labels):
        films = by_cluster.get(
            label["cluster"], frame.iloc[:0]
        )  # after an update a cluster may have no film
        best = films.sort_values("fits", ascending=False, kind="stable")[:_EXEMPLARS]
        exemplars = [_titled(t, y) for t, y in zip(best["title"], best["year"], strict=True)]
        years = films["year"].dropna()
        ratings = films["vote_average"].dropna()
        rows.append(
            {
                **fill_later_columns(label, MICRO_GENRES),
                "description": _with_exemplars(label, exemplars)
                if describe is None
                else describe(int(label["cluster"]), exemplars),
                "micro_genre_keybert": " / ".join(label["keywords"]),
                "films": len(films),
                "weak_films": int(films["weak"].sum()),
                "exemplar_ids": best["movie_id"].tolist(),
                "exemplars": exemplars,
                "mean_similarity": _mean(films["similarity"].to_numpy(np.float64)),
                "nearest_cluster": int(similarity[row].argmax()) if len(labels) > 1 else None,
                "vote_average": _mean(ratings.to_numpy()),
                "first_year": int(years.min()) if len(years) else None,
                "last_year": int(years.max()) if len(years) else None,
            }
        )
    table = pa.Table.from_pylist(rows, MICRO_GENRES)
    return validate(table, MICRO_GENRES, name="micro_genres")


def families(
    micro_genres: pa.Table,
    keywords: Mapping[int, Sequence[str]],
    details: Mapping[int, Mapping[str, Any]] | None = None,
) -> pa.Table:
    """Return one row per family, sorted by number.

    Parameters
    ----------
    micro_genres : pyarrow.Table of schema `MICRO_GENRES`
        One row per cluster.
    keywords : mapping of int to sequence of str
        Keywords of each family, by its number.
    details : mapping of int to mapping, optional
        `description` and `name_truth` of each family, by its number; both are optional.

    Returns
    -------
    pyarrow.Table of schema `FAMILIES`
        Name, keywords and numbers of micro-genres and films of each family.
    """
    frame = micro_genres.select(["family", "family_name", "films"]).to_pandas()
    rows = [
        {
            "family": int(family),
            "family_name": members["family_name"].iloc[0],
            "keywords": list(keywords.get(int(family), ())),
            "micro_genres": len(members),
            "films": int(members["films"].sum()),
            "description": own.get("description"),
            "name_truth": own.get("name_truth"),
        }
        for family, members in frame.groupby("family")
        for own in [(details or {}).get(int(family), {})]
    ]
    return validate(pa.Table.from_pylist(rows, FAMILIES), FAMILIES, name="families")


def attributed(
    settings: PublishSettings, sources: Sequence[Mapping[str, object]], before: str = ""
) -> str:
    """Return the attribution of a release.

    The setting wins over the attributions that the sources require, and these win over the
    attribution of the previous release.

    Parameters
    ----------
    settings : PublishSettings
        Has the attribution, "" if it is not set.
    sources : sequence of mappings
        Sources as in the manifest; some have an `attribution`.
    before : str
        Attribution of the release that an update follows.

    Examples
    --------
    >>> attributed(PublishSettings(), [{"attribution": "By A."}, {"name": "b"}], "Before.")
    'By A.'
    """
    required = dict.fromkeys(str(s["attribution"]) for s in sources if s.get("attribution"))
    return settings.attribution or " ".join(required) or before


def dataset_card(report: Mapping[str, Any], settings: PublishSettings) -> str:
    """Return the README.md of a release: its files, its counts, licence and attribution.

    Parameters
    ----------
    report : mapping
        Content of report.json: `counts`, `release_id` and `attribution`.
    settings : PublishSettings
        Title and licence.
    """
    counts = report["counts"]
    header = {
        "pretty_name": settings.title,
        "license": "other",
        "tags": ["movies", "clustering", "micro-genres", "sentence-embeddings"],
    }
    lines = [
        "---",
        *(f"{name}: {json.dumps(value)}" for name, value in header.items()),
        "---",
        f"# {settings.title}",
        "",
        f"{counts['released']:,} films in {counts['micro_genres']} micro-genres and "
        f"{counts['families']} families. Release `{report['release_id']}`.",
        "",
        "| file | content |",
        "|---|---|",
        "| `movies.parquet` | each film with its micro-genre, similarity, runner-up, margin, and "
        "whether the name is true of it |",
        "| `micro_genres.parquet` | each micro-genre: name, its parts and truth, alternatives, "
        "description, keywords, family, exemplars |",
        "| `families.parquet` | the families of the micro-genres |",
        "| `neighbours.parquet` | the nearest films of each film |",
        "| `embeddings.parquet`, `index.faiss` | unit text vectors; FAISS index in their order |",
        "| `centroids.parquet`, `space.parquet`, `vocabulary.parquet`, and in the modes with "
        "TF-IDF `tfidf.parquet` | what is needed to assign an unseen film |",
        "| `rejects.parquet` | rejected rows, each with its reason |",
        "| `report.json`, `report.html` | all quality figures of the run |",
        "| `manifest.json` | row counts, checksums, settings, versions, sources |",
        "",
        f"Rows read: {counts['rows_in']:,}; released: {counts['released']:,}; "
        f"rejected: {counts['rejected']:,}.",
        "",
        f"**Licence of the films' data:** {settings.licence}",
    ]
    if report["attribution"]:
        lines += ["", f"**Attribution:** {report['attribution']}"]
    return "\n".join(lines) + "\n"


def _mean(values: np.ndarray) -> float | None:
    """The mean of the sorted values, so that its last digit does not depend on the row order."""
    return float(np.sort(values).mean()) if len(values) else None


def _known_true(name_true: pa.Array | pa.ChunkedArray | None, films: int) -> np.ndarray:
    """Whether the name is known to be true of each film."""
    if name_true is None:
        return np.zeros(films, bool)
    return np.asarray(name_true.fill_null(False).to_numpy(zero_copy_only=False), bool)


def _with_exemplars(label: Mapping[str, Any], exemplars: Sequence[str]) -> str | None:
    """The description of a label, with other titles if its exemplars have changed."""
    description: str | None = label.get("description")
    before = ", ".join((label.get("exemplars") or ())[:_DESCRIBED])
    now = ", ".join(exemplars[:_DESCRIBED])
    if not description or not before or before == now or before not in description:
        return description
    head, _, end = description.rpartition(before)
    return f"{head}{now}{end}" if now else None


def _titled(title: str, year: Any) -> str:
    return title if pd.isna(year) else f"{title} ({int(year)})"
