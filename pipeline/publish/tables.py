"""The tables of a release, its dataset card and its manifest, from what the stages made."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
import pandas as pd
import pyarrow as pa

from pipeline.schemas.mining import FAMILIES, MICRO_GENRES, RELEASED_MOVIES, validate
from pipeline.settings import PublishSettings

__all__ = ["attributed", "dataset_card", "families", "mark_weak", "micro_genres", "released_movies"]

_EXEMPLARS = 5
_OF_GENRE = ("micro_genre_keybert", "micro_genre_name", "family_name")
_OF_MOVIES = ("movie_id", "title", "year", "vote_average")


def mark_weak(assignments: pa.Table, quantile: float) -> pa.Table:
    """Mark the films least like their centroid, `quantile` of all: their `weak` becomes True."""
    similarity = assignments.column("similarity").to_numpy()
    # the threshold is a film's own value, so that equal films are marked alike
    edge = np.quantile(similarity, quantile, method="lower") if len(similarity) else 0.0
    weak = pa.array(similarity < edge)
    return assignments.set_column(assignments.schema.get_field_index("weak"), "weak", weak)


def released_movies(
    movies: pa.Table, assignments: pa.Table, micro_genres: pa.Table, places: np.ndarray
) -> pa.Table:
    """RELEASED_MOVIES, sorted by movie_id.

    Parameters
    ----------
    movies, assignments, places : row by row the same films; `places` is (films, 2) float32, where
        each lies on the map.
    """
    genre = micro_genres.select(["cluster", *_OF_GENRE, "family"]).to_pandas().set_index("cluster")
    cluster = assignments.column("cluster").to_numpy()
    columns: dict[str, Any] = {name: assignments.column(name) for name in assignments.column_names}
    for name in _OF_GENRE:
        columns[name] = pa.array(genre.loc[cluster, name].tolist(), pa.string())
    columns["family"] = pa.array(genre.loc[cluster, "family"].tolist(), pa.int32())
    for axis, name in enumerate("xy"):
        columns[name] = pa.array(np.ascontiguousarray(places[:, axis], np.float32))
    for name in RELEASED_MOVIES.names:
        if name not in columns:
            columns[name] = movies.column(name)
    table = pa.table([columns[name] for name in RELEASED_MOVIES.names], schema=RELEASED_MOVIES)
    return validate(table.sort_by("movie_id"), RELEASED_MOVIES, name="movies")


def micro_genres(
    movies: pa.Table,
    assignments: pa.Table,
    labels: Sequence[Mapping[str, Any]],
    text_means: np.ndarray,
) -> pa.Table:
    """MICRO_GENRES, by cluster.

    Parameters
    ----------
    labels : for each cluster {"cluster", "micro_genre_id", "micro_genre_name", "keywords",
        "family", "family_name"}.
    text_means : (k, dim) unit means of the text vectors, for `nearest_cluster`.
    """
    frame = pd.DataFrame(
        {
            **{name: movies.column(name).to_pandas() for name in _OF_MOVIES},
            "cluster": assignments.column("cluster").to_numpy(),
            "similarity": assignments.column("similarity").to_numpy(),
            "weak": assignments.column("weak").to_numpy(zero_copy_only=False),
        }
    )
    likeness = text_means @ text_means.T
    np.fill_diagonal(likeness, -np.inf)
    rows: list[dict[str, Any]] = []
    frame = frame.sort_values(["similarity", "movie_id"], ascending=[False, True])
    by_cluster = dict(list(frame.groupby("cluster")))
    for place, label in enumerate(labels):
        films = by_cluster.get(label["cluster"], frame.iloc[:0])  # of an update it may have none
        best = films[:_EXEMPLARS]
        years = films["year"].dropna()
        ratings = films["vote_average"].dropna()
        rows.append(
            {
                **label,
                "micro_genre_keybert": " / ".join(label["keywords"]),
                "films": len(films),
                "weak_films": int(films["weak"].sum()),
                "exemplar_ids": best["movie_id"].tolist(),
                "exemplars": [
                    _titled(t, y) for t, y in zip(best["title"], best["year"], strict=True)
                ],
                "mean_similarity": _mean(films["similarity"].to_numpy(np.float64)),
                "nearest_cluster": int(likeness[place].argmax()) if len(labels) > 1 else None,
                "vote_average": _mean(ratings.to_numpy()),
                "first_year": int(years.min()) if len(years) else None,
                "last_year": int(years.max()) if len(years) else None,
            }
        )
    table = pa.Table.from_pylist(rows, MICRO_GENRES)
    return validate(table, MICRO_GENRES, name="micro_genres")


def families(micro_genres: pa.Table, keywords: Mapping[int, Sequence[str]]) -> pa.Table:
    """FAMILIES, by family number."""
    frame = micro_genres.select(["family", "family_name", "films"]).to_pandas()
    rows = [
        {
            "family": int(family),
            "family_name": members["family_name"].iloc[0],
            "keywords": list(keywords.get(int(family), ())),
            "micro_genres": len(members),
            "films": int(members["films"].sum()),
        }
        for family, members in frame.groupby("family")
    ]
    return validate(pa.Table.from_pylist(rows, FAMILIES), FAMILIES, name="families")


def attributed(
    settings: PublishSettings, sources: Sequence[Mapping[str, object]], before: str = ""
) -> str:
    """The attribution of a release: as set, or as its sources ask for, or as it was before.

    Parameters
    ----------
    sources : as the manifest lists them, some with "attribution".
    before : of the release that is brought up to date.
    """
    asked = dict.fromkeys(str(s["attribution"]) for s in sources if s.get("attribution"))
    return settings.attribution or " ".join(asked) or before


def dataset_card(report: Mapping[str, Any], settings: PublishSettings) -> str:
    """The release's README.md: what it holds, how it was made, licence and attribution."""
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
        "| file | what it holds |",
        "|---|---|",
        "| `movies.parquet` | each film with its micro-genre, similarity, runner-up and margin |",
        "| `micro_genres.parquet` | each micro-genre: name, keywords, family, exemplars |",
        "| `families.parquet` | the families above them |",
        "| `neighbours.parquet` | the nearest films of each film |",
        "| `embeddings.parquet`, `index.faiss` | unit text vectors; FAISS index in their order |",
        "| `centroids.parquet`, `space.parquet`, `vocabulary.parquet`, and in the modes with "
        "TF-IDF `tfidf.parquet` | what places an unseen film |",
        "| `rejects.parquet` | rows that did not come out, each with its reason |",
        "| `report.json`, `report.html` | every quality figure of the run |",
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
    """A mean over sorted values: the order of the rows cannot show in its last digit."""
    return float(np.sort(values).mean()) if len(values) else None


def _titled(title: str, year: Any) -> str:
    return title if pd.isna(year) else f"{title} ({int(year)})"
