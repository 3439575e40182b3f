"""Apply changes to a release: place changed films, keep the rest, and recount everything."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from pipeline.cleaning.language import detect_languages
from pipeline.features.space import table_to_arrays
from pipeline.inference.placement import assign_to_release, choose_in_release, place_in_release
from pipeline.label import cluster_text_means
from pipeline.neighbours.refresh import refresh_neighbours
from pipeline.publish import tables as publish
from pipeline.release.reader import ReleasedTables
from pipeline.report.figures import place_on_map
from pipeline.schemas.lineage import BASELINE, LANGUAGES, MAP
from pipeline.schemas.mining import ASSIGNMENTS, EMBEDDINGS, MICRO_GENRES, RELEASED_MOVIES
from pipeline.schemas.partitions import partition_count, partition_ids
from pipeline.schemas.vectors import column_of_vectors, matrix_of
from pipeline.settings import EmbedSettings, FeatureSettings, NeighbourSettings
from pipeline.update.changes import FACTS, Changes, films_to_place
from pipeline.update.name_truth import NAMING_FACTS, names_true_of, share_of_true_names

__all__ = ["UpdatedRelease", "apply_changes", "text_vectors"]

# Columns of MICRO_GENRES that are those of the mining: an update names nothing.
_LABELS = (
    "cluster",
    "micro_genre_id",
    "micro_genre_name",
    "keywords",
    "family",
    "family_name",
    "exemplars",
    *MICRO_GENRES.names[MICRO_GENRES.get_field_index("alternatives") :],
)


@dataclass(frozen=True)
class UpdatedRelease:
    """The tables of a release that updates another one without mining.

    Attributes
    ----------
    tables : dict of str to pa.Table
        Released tables, by the names of their files.
    index : pa.Table
        The index over all films, as `pipeline.neighbours` returns it.
    points : ndarray of shape (n_films, width), float32
        Points of all films, in the order of `movies`.
    """

    tables: dict[str, pa.Table]
    index: pa.Table
    points: np.ndarray


def text_vectors(before: ReleasedTables, hashes: pa.ChunkedArray) -> dict[str, np.ndarray]:
    """Return the vectors that a release has of some texts.

    Parameters
    ----------
    before : ReleasedTables
        The release.
    hashes : pa.ChunkedArray
        Hashes of the texts, repeated or not.

    Returns
    -------
    dict of str to ndarray of shape (dim,), float32
        The vector by text hash, without the texts that the release does not have.
    """
    embeddings = before.embeddings
    wanted = hashes.combine_chunks().unique()
    known = embeddings.filter(pc.is_in(embeddings["text_hash"], value_set=wanted))
    return dict(zip(known["text_hash"].to_pylist(), matrix_of(known), strict=True))


def apply_changes(
    before: ReleasedTables, changes: Changes, texts: pa.Table, vectors: Mapping[str, np.ndarray]
) -> UpdatedRelease:
    """Return the tables of the next release.

    Parameters
    ----------
    before : ReleasedTables
        The release to update.
    changes : Changes
        What changed in the catalogue.
    texts : pa.Table
        Columns movie_id and text_hash of the films in `changes.placed`, by id.
    vectors : Mapping of str to ndarray of shape (dim,), float32
        The vector of each of these texts, by text hash.
    """
    features = before.manifest.read_settings("features", FeatureSettings)
    embeddings = _embeddings(before, changes, texts, vectors)
    centroids = matrix_of(before.centroids)
    placed = films_to_place(changes)
    own = _stack(vectors, texts["text_hash"], before.embeddings)
    detected = detect_languages(placed)["languages"] if len(placed) else LANGUAGES.empty_table()
    points = place_in_release(before, placed, own, features, detected)
    assignments = assign_to_release(
        placed["movie_id"],
        points,
        centroids,
        before.manifest.weak_threshold(),
        choose_in_release(before, placed, points, detected),
    )
    map_model = table_to_arrays(before.table("map", MAP))
    places = place_on_map(points, centroids, assignments["cluster"].to_numpy(), map_model)
    movies = _movies(before, changes, assignments, places)
    micro_genres = _micro_genres(before, movies, embeddings, len(centroids))
    neighbours, index = refresh_neighbours(
        before.neighbours,
        embeddings,
        changes.placed,
        changes.withdrawn,
        before.manifest.read_settings("neighbours", NeighbourSettings),
    )
    languages = _languages(before, changes, detected)
    families = {row["family"]: row for row in before.families.to_pylist()}
    keywords = {family: row["keywords"] for family, row in families.items()}
    tables = {
        "movies": movies,
        "micro_genres": micro_genres,
        "families": publish.families(micro_genres, keywords, families),
        "neighbours": neighbours,
        "embeddings": embeddings,
        "rejects": changes.rejects,
        "centroids": before.centroids,
        "space": before.any_table("space"),
        "vocabulary": before.any_table("vocabulary"),
        "map": before.any_table("map"),
        "rows": changes.rows,
        "languages": languages,
        "baseline": before.table("baseline", BASELINE),
    }
    if features.mode != "embedding":
        tables["tfidf"] = before.any_table("tfidf")
    by_id = embeddings.sort_by("movie_id")
    all_points = place_in_release(before, movies, matrix_of(by_id), features, languages)
    return UpdatedRelease(
        {name: table.combine_chunks() for name, table in tables.items()}, index, all_points
    )


def _stack(
    vectors: Mapping[str, np.ndarray], hashes: pa.ChunkedArray, embeddings: pa.Table
) -> np.ndarray:
    """Vectors of texts, (n_texts, dim), as wide as `embeddings` even without texts."""
    dim = embeddings.schema.field("vector").type.list_size
    return np.array([vectors[text_hash] for text_hash in hashes.to_pylist()]).reshape(-1, dim)


def _without(table: pa.Table, ids: Iterable[str]) -> pa.Table:
    """The rows of a table of films, without some films."""
    excluded = pa.array(sorted(set(ids)), pa.string())
    return table.filter(pc.invert(pc.is_in(table["movie_id"], value_set=excluded)))


def _embeddings(
    before: ReleasedTables, changes: Changes, texts: pa.Table, vectors: Mapping[str, np.ndarray]
) -> pa.Table:
    """EMBEDDINGS of all films, in the order in which a mining of the same catalogue has them."""
    dtype = before.manifest.read_settings("embed", EmbedSettings).vector_dtype
    stacked = _stack(vectors, texts["text_hash"], before.embeddings)
    columns = [
        texts["movie_id"].combine_chunks(),
        texts["text_hash"].combine_chunks(),
        pa.array([before.manifest.model.revision] * len(texts), pa.string()),
        column_of_vectors(stacked, dtype),
    ]
    new = pa.table(columns, schema=EMBEDDINGS(stacked.shape[1], dtype))
    unchanged = _without(before.embeddings, [*changes.placed, *changes.withdrawn])
    whole = pa.concat_tables([unchanged, new])
    partition = partition_ids(whole["movie_id"], partition_count(len(changes.rows)))
    ids = np.array(whole["movie_id"].to_pylist(), object)
    return whole.take(pa.array(np.lexsort((ids, partition)))).combine_chunks()


def _movies(
    before: ReleasedTables, changes: Changes, assignments: pa.Table, places: np.ndarray
) -> pa.Table:
    """RELEASED_MOVIES: unchanged films, films with new facts in their old place, placed films."""
    released = before.movies
    unchanged = _without(released, [*changes.added, *changes.changed, *changes.withdrawn])
    ids = pa.array(sorted(set(changes.changed) - set(changes.placed)), pa.string())
    edited = released.filter(pc.is_in(released["movie_id"], value_set=ids)).sort_by("movie_id")
    facts = changes.films.filter(pc.is_in(changes.films["movie_id"], value_set=ids))
    labels = before.micro_genres.sort_by("cluster")
    was = edited
    for name in FACTS:
        edited = _with_column(edited, name, facts[name])
    edited = _with_column(edited, "name_true", _names_true_now(labels, was, edited))
    new = films_to_place(changes)
    true = names_true_of(labels, new, assignments["cluster"])
    placed = publish.released_movies(new, assignments, labels, places, true)
    return pa.concat_tables([unchanged, edited, placed]).cast(RELEASED_MOVIES).sort_by("movie_id")


def _with_column(table: pa.Table, name: str, values: pa.Array | pa.ChunkedArray) -> pa.Table:
    return table.set_column(table.schema.get_field_index(name), table.schema.field(name), values)


def _names_true_now(labels: pa.Table, was: pa.Table, now: pa.Table) -> pa.Array:
    """Whether the names are true of films whose text is the same; measured where facts changed."""
    pairs = zip(
        was.select(NAMING_FACTS).to_pylist(), now.select(NAMING_FACTS).to_pylist(), strict=True
    )
    other = pa.array([before != after for before, after in pairs], pa.bool_())
    films = now.filter(other)
    measured = names_true_of(labels, films, films["cluster"])
    return pc.replace_with_mask(was["name_true"].combine_chunks(), other, measured)


def _micro_genres(
    before: ReleasedTables, movies: pa.Table, embeddings: pa.Table, k: int
) -> pa.Table:
    """MICRO_GENRES with the same ids, names and families, and the figures of the films now.

    The truth of single parts of a name is that of the mining.
    """
    assignments = movies.select(ASSIGNMENTS.names)
    means = cluster_text_means(embeddings.sort_by("movie_id"), assignments, k)
    labels = before.micro_genres.sort_by("cluster").select(_LABELS).to_pylist()
    truth = share_of_true_names(movies)
    for label in labels:
        label["name_truth"] = truth.get(label["cluster"], label["name_truth"])
    return publish.micro_genres(movies, assignments, labels, means, movies["name_true"])


def _languages(before: ReleasedTables, changes: Changes, detected: pa.Table) -> pa.Table:
    """LANGUAGES of all films, by id; `detected` has those of the placed films."""
    unchanged = _without(
        before.table("languages", LANGUAGES), [*changes.placed, *changes.withdrawn]
    )
    return pa.concat_tables([unchanged, detected]).sort_by("movie_id")
