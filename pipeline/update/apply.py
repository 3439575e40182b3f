"""A release brought up to date: changed films placed, all else kept, every count made to add up."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from pipeline import label
from pipeline.cleaning.language import languages
from pipeline.features.space import numbers_of
from pipeline.inference.placement import assigned, points_of
from pipeline.neighbours.refresh import refresh_neighbours
from pipeline.publish import tables as publish
from pipeline.release.reader import ReleasedTables
from pipeline.report.figures import place_on_map
from pipeline.schemas.lineage import BASELINE, LANGUAGES, MAP
from pipeline.schemas.mining import ASSIGNMENTS, EMBEDDINGS, RELEASED_MOVIES
from pipeline.schemas.partitions import partition_count, partition_ids
from pipeline.schemas.vectors import column_of_vectors, matrix_of
from pipeline.settings import EmbedSettings, FeatureSettings, NeighbourSettings
from pipeline.update.changes import FACTS, Changes

__all__ = ["Updated", "text_vectors", "update"]


@dataclass(frozen=True)
class Updated:
    """The tables of a release that follows another without mining.

    Attributes
    ----------
    tables : by name, as they are written. index : `film_index.INDEX`.
    points : (films, width) float32 of all films, in the order of `movies`.
    """

    tables: dict[str, pa.Table]
    index: pa.Table
    points: np.ndarray


def text_vectors(before: ReleasedTables, hashes: pa.ChunkedArray) -> dict[str, np.ndarray]:
    """The vectors (dim,) float32 that a release has of texts, by the hash of the text."""
    held = before.embeddings
    known = held.filter(pc.is_in(held["text_hash"], value_set=hashes.combine_chunks().unique()))
    return dict(zip(known["text_hash"].to_pylist(), matrix_of(known), strict=True))


def update(
    before: ReleasedTables, changes: Changes, made: pa.Table, vectors: Mapping[str, np.ndarray]
) -> Updated:
    """The tables of the next release.

    Parameters
    ----------
    made : columns movie_id and text_hash of the films of `changes.placed`, by id.
    vectors : by text hash, of all their texts.
    """
    features = before.manifest.read_settings("features", FeatureSettings)
    embeddings = _embeddings(before, changes, made, vectors)
    centroids = matrix_of(before.centroids)
    weak_below = before.manifest.weak_threshold()
    ids = pa.array(changes.placed, pa.string())
    placed = changes.films.filter(pc.is_in(changes.films["movie_id"], value_set=ids))
    rows = np.array([vectors[text_hash] for text_hash in made["text_hash"].to_pylist()])
    own = rows.reshape(len(made), matrix_of(before.embeddings.slice(0, 1)).shape[1])
    points = points_of(before, placed, own, features)
    found = assigned(placed["movie_id"], points, centroids, weak_below)
    drawn = numbers_of(before.table("map", MAP))
    places = place_on_map(points, centroids, found["cluster"].to_numpy(), drawn)
    movies = _movies(before, changes, found, places)
    micro_genres = _micro_genres(before, movies, embeddings, len(centroids))
    neighbours, index = refresh_neighbours(
        before.neighbours,
        embeddings,
        changes.placed,
        changes.withdrawn,
        before.manifest.read_settings("neighbours", NeighbourSettings),
    )
    keywords = {row["family"]: row["keywords"] for row in before.families.to_pylist()}
    tables = {
        "movies": movies,
        "micro_genres": micro_genres,
        "families": publish.families(micro_genres, keywords),
        "neighbours": neighbours,
        "embeddings": embeddings,
        "rejects": changes.rejects,
        "centroids": before.centroids,
        "space": before.any_table("space"),
        "vocabulary": before.any_table("vocabulary"),
        "map": before.any_table("map"),
        "rows": changes.rows,
        "languages": _languages(before, changes),
        "baseline": before.table("baseline", BASELINE),
    }
    if features.mode != "embedding":
        tables["tfidf"] = before.any_table("tfidf")
    by_id = embeddings.sort_by("movie_id")
    everything = points_of(before, movies, matrix_of(by_id), features)
    return Updated(
        {name: table.combine_chunks() for name, table in tables.items()}, index, everything
    )


def _embeddings(
    before: ReleasedTables, changes: Changes, made: pa.Table, vectors: Mapping[str, np.ndarray]
) -> pa.Table:
    """EMBEDDINGS of all films in the order that a mining of the same catalogue gives them."""
    held = before.embeddings
    dtype = before.manifest.read_settings("embed", EmbedSettings).vector_dtype
    dim = held.schema.field("vector").type.list_size
    gone = pa.array(sorted({*changes.placed, *changes.withdrawn}), pa.string())
    left = held.filter(pc.invert(pc.is_in(held["movie_id"], value_set=gone)))
    hashes = made["text_hash"]
    stacked = np.array([vectors[h] for h in hashes.to_pylist()]).reshape(len(made), dim)
    columns = [
        made["movie_id"].combine_chunks(),
        hashes.combine_chunks(),
        pa.array([before.manifest.model.revision] * len(made), pa.string()),
        column_of_vectors(stacked, dtype),
    ]
    whole = pa.concat_tables([left, pa.table(columns, schema=EMBEDDINGS(dim, dtype))])
    partition = partition_ids(whole["movie_id"], partition_count(len(changes.rows)))
    ids = np.array(whole["movie_id"].to_pylist(), object)
    return whole.take(pa.array(np.lexsort((ids, partition)))).combine_chunks()


def _movies(
    before: ReleasedTables, changes: Changes, found: pa.Table, places: np.ndarray
) -> pa.Table:
    """RELEASED_MOVIES: what changed taken from the catalogue, what stands from the release."""
    held = before.movies
    gone = pa.array(sorted({*changes.added, *changes.changed, *changes.withdrawn}), pa.string())
    left = held.filter(pc.invert(pc.is_in(held["movie_id"], value_set=gone)))
    stood = pa.array(sorted(set(changes.changed) - set(changes.placed)), pa.string())
    standing = held.filter(pc.is_in(held["movie_id"], value_set=stood)).sort_by("movie_id")
    facts = changes.films.filter(pc.is_in(changes.films["movie_id"], value_set=stood))
    for name in FACTS:
        place = standing.schema.get_field_index(name)
        standing = standing.set_column(place, standing.schema.field(name), facts[name])
    labels = before.micro_genres.sort_by("cluster")
    ids = pa.array(changes.placed, pa.string())
    placed = changes.films.filter(pc.is_in(changes.films["movie_id"], value_set=ids))
    fresh = publish.released_movies(placed, found, labels, places)
    return pa.concat_tables([left, standing, fresh]).cast(RELEASED_MOVIES).sort_by("movie_id")


def _micro_genres(
    before: ReleasedTables, movies: pa.Table, embeddings: pa.Table, k: int
) -> pa.Table:
    """MICRO_GENRES: identity, name and family as before, the figures of the films as they are."""
    by_id = embeddings.sort_by("movie_id")
    assignments = movies.select(ASSIGNMENTS.names)
    means = label.text_means([label.text_sums(by_id, assignments)["sums"]], k)
    kept = ["cluster", "micro_genre_id", "micro_genre_name", "keywords", "family", "family_name"]
    labels = before.micro_genres.sort_by("cluster").select(kept).to_pylist()
    return publish.micro_genres(movies, assignments, labels, means)


def _languages(before: ReleasedTables, changes: Changes) -> pa.Table:
    held = before.table("languages", LANGUAGES)
    gone = pa.array(sorted({*changes.placed, *changes.withdrawn}), pa.string())
    left = held.filter(pc.invert(pc.is_in(held["movie_id"], value_set=gone)))
    ids = pa.array(changes.placed, pa.string())
    placed = changes.films.filter(pc.is_in(changes.films["movie_id"], value_set=ids))
    told = [languages(placed)["languages"]] if len(placed) else []
    return pa.concat_tables([left, *told]).sort_by("movie_id")
