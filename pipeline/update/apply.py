"""Apply changes to a release: place changed films, keep the rest, and recount everything."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from tempfile import gettempdir

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from pipeline.cleaning.language import detect_languages
from pipeline.features.space import table_to_arrays
from pipeline.fileio.external_sort import StreamedTable
from pipeline.inference.placement import assign_to_release, choose_in_release, place_in_release
from pipeline.publish import tables as publish
from pipeline.release.reader import ReleasedTables
from pipeline.report.figures import place_on_map
from pipeline.schemas.lineage import BASELINE, LANGUAGES, MAP
from pipeline.schemas.mining import EMBEDDINGS, MICRO_GENRES, RELEASED_MOVIES
from pipeline.schemas.partitions import partition_count
from pipeline.schemas.vectors import column_of_vectors, matrix_of
from pipeline.settings import EmbedSettings, FeatureSettings
from pipeline.update.changes import FACTS, Changes, films_to_place
from pipeline.update.edited_table import (
    EditedTable,
    known_texts,
    replace_rows,
    take_rows,
    vectors_of_films,
)
from pipeline.update.embeddings import edit_embeddings
from pipeline.update.name_truth import NAMING_FACTS, names_true_of, share_of_true_names
from pipeline.update.near_films import update_neighbours
from pipeline.update.point_sums import POINT_COLUMNS, point_sums, sums_table

__all__ = ["FILM_COLUMNS", "UpdatedRelease", "apply_changes", "text_vectors"]

# Columns of the films from which the figures of a release are computed; the process of the flow
# holds these, and no others, of all films.
FILM_COLUMNS = [
    "movie_id",
    "title",
    "year",
    "vote_average",
    "cluster",
    "similarity",
    "margin",
    "weak",
    "x",
    "y",
    "name_true",
]

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
    """A release that updates another one without mining.

    Attributes
    ----------
    tables : dict of str to Table or StreamedTable
        Released tables, by the names of their files. Long ones are edited while they are read.
    films : pa.Table
        The columns FILM_COLUMNS of all films, by id.
    index : Table or StreamedTable
        The index over all films, as `pipeline.neighbours` returns it.
    text_means : ndarray of shape (k, dim), float32
        Mean text vector of each micro-genre, of unit length.
    point_sums : ndarray of shape (k, width), float64
        Sum of the points of each micro-genre.
    keywords : callable
        Returns the columns movie_id and keywords of all films, part by part.
    points_of : callable
        Row numbers of films to their points, float32 of shape (n_rows, width).
    vectors_of : callable
        Row numbers of films to their text vectors, float32 of shape (n_rows, dim).
    """

    tables: dict[str, pa.Table | StreamedTable]
    films: pa.Table
    index: pa.Table | StreamedTable
    text_means: np.ndarray
    point_sums: np.ndarray
    keywords: Callable[[], StreamedTable]
    points_of: Callable[[np.ndarray], np.ndarray]
    vectors_of: Callable[[np.ndarray], np.ndarray]

    def whole(self, name: str) -> pa.Table:
        """Return a table that does not grow with the catalogue, or only by some bytes per film."""
        table = self.tables[name]
        assert isinstance(table, pa.Table), f"{name} is streamed"
        return table


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
    known = known_texts(before, hashes.combine_chunks().unique())
    return dict(zip(known["text_hash"].to_pylist(), matrix_of(known), strict=True))


def apply_changes(
    before: ReleasedTables,
    changes: Changes,
    texts: pa.Table,
    vectors: Mapping[str, np.ndarray],
    scratch: Path | None = None,
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
    scratch : Path, optional
        Folder for temporary files, of some hundred bytes per film; by default that of the system.
    """
    features = before.manifest.read_settings("features", FeatureSettings)
    centroids = matrix_of(before.centroids)
    placed = films_to_place(changes)
    added = _new_embeddings(before, texts, vectors)
    detected = detect_languages(placed)["languages"] if len(placed) else LANGUAGES.empty_table()
    points = place_in_release(before, placed, matrix_of(added), features, detected)
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
    films = pa.concat_tables(movies(FILM_COLUMNS)).combine_chunks()
    without = pa.array(sorted({*changes.placed, *changes.withdrawn}), pa.string())
    embeddings = edit_embeddings(
        before,
        without,
        added,
        partition_count(len(changes.rows)),
        scratch or Path(gettempdir()),
    )
    near = update_neighbours(before, embeddings, added, films, changes.withdrawn, len(centroids))
    micro_genres = _micro_genres(before, films, near.text_means)
    languages = _languages(before, without, detected)
    families = {row["family"]: row for row in before.families.to_pylist()}
    keywords = {family: row["keywords"] for family, row in families.items()}
    sums = point_sums(before, without, assignments["cluster"].to_numpy(), points, features)
    whole = {
        "micro_genres": micro_genres,
        "families": publish.families(micro_genres, keywords, families),
        "rejects": changes.rejects,
        "centroids": before.centroids,
        "space": before.any_table("space"),
        "vocabulary": before.any_table("vocabulary"),
        "map": before.any_table("map"),
        "rows": changes.rows,
        "languages": languages,
        "baseline": before.table("baseline", BASELINE),
        "point_sums": sums_table(sums),
    }
    if features.mode != "embedding":
        whole["tfidf"] = before.any_table("tfidf")
    streamed = {
        "movies": movies(None),
        "neighbours": near.neighbours,
        "embeddings": embeddings.table(),
    }

    read: dict[int, np.ndarray] = {}  # the last vectors by row: they are often read again

    def vectors_of(rows: np.ndarray) -> np.ndarray:
        if not all(row in read for row in rows.tolist()):
            ids = films["movie_id"].combine_chunks().take(pa.array(rows))
            found = vectors_of_films(embeddings.table(["movie_id", "vector"]), ids)
            read.clear()
            read.update(zip(rows.tolist(), found, strict=True))
        dim = added.schema.field("vector").type.list_size
        return np.array([read[row] for row in rows.tolist()], np.float32).reshape(len(rows), dim)

    def points_of(rows: np.ndarray) -> np.ndarray:
        own = take_rows(movies(POINT_COLUMNS), rows)
        return place_in_release(before, own, vectors_of(rows), features, languages)

    return UpdatedRelease(
        streamed | {name: table.combine_chunks() for name, table in whole.items()},
        films,
        near.index,
        near.text_means,
        sums,
        lambda: movies(["movie_id", "keywords"]),
        points_of,
        vectors_of,
    )


def _new_embeddings(
    before: ReleasedTables, texts: pa.Table, vectors: Mapping[str, np.ndarray]
) -> pa.Table:
    """EMBEDDINGS of the placed films."""
    schema = before.embedding_schema
    dtype = before.manifest.read_settings("embed", EmbedSettings).vector_dtype
    dim = schema.field("vector").type.list_size
    stacked = np.array([vectors[text_hash] for text_hash in texts["text_hash"].to_pylist()])
    stacked = stacked.reshape(-1, dim)
    columns = [
        texts["movie_id"].combine_chunks(),
        texts["text_hash"].combine_chunks(),
        pa.array([before.manifest.model.revision] * len(texts), pa.string()),
        column_of_vectors(stacked, dtype),
    ]
    return pa.table(columns, schema=EMBEDDINGS(dim, dtype))


def _movies(
    before: ReleasedTables, changes: Changes, assignments: pa.Table, places: np.ndarray
) -> Callable[[Sequence[str] | None], EditedTable]:
    """RELEASED_MOVIES: unchanged films, films with new facts in their old place, placed films.

    Returned is a function of the columns, `movie_id` among them; None for all.
    """
    ids = pa.array(sorted(set(changes.changed) - set(changes.placed)), pa.string())
    edited = before.films(ids)
    facts = changes.films.filter(pc.is_in(changes.films["movie_id"], value_set=ids))
    labels = before.micro_genres.sort_by("cluster")
    was = edited
    for name in FACTS:
        edited = _with_column(edited, name, facts[name])
    edited = _with_column(edited, "name_true", _names_true_now(labels, was, edited))
    new = films_to_place(changes)
    true = names_true_of(labels, new, assignments["cluster"])
    placed = publish.released_movies(new, assignments, labels, places, true)
    without = pa.array(sorted([*changes.added, *changes.changed, *changes.withdrawn]), pa.string())
    added = pa.concat_tables([edited, placed]).cast(RELEASED_MOVIES)
    removed = len(changes.changed) + len(changes.withdrawn)

    def edit(columns: Sequence[str] | None) -> EditedTable:
        names = RELEASED_MOVIES.names if columns is None else columns
        schema = pa.schema([RELEASED_MOVIES.field(name) for name in names])
        parts = before.parts("movies", schema)
        return replace_rows(parts, ("movie_id",), without, added.select(names), removed)

    return edit


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


def _micro_genres(before: ReleasedTables, films: pa.Table, text_means: np.ndarray) -> pa.Table:
    """MICRO_GENRES with the same ids, names and families, and the figures of the films now.

    The truth of single parts of a name is that of the mining.
    """
    labels = before.micro_genres.sort_by("cluster").select(_LABELS).to_pylist()
    truth = share_of_true_names(films)
    for label in labels:
        label["name_truth"] = truth.get(label["cluster"], label["name_truth"])
    return publish.micro_genres(films, films, labels, text_means, films["name_true"])


def _languages(before: ReleasedTables, without: pa.Array, detected: pa.Table) -> pa.Table:
    """LANGUAGES of all films, by id; `detected` has those of the placed films."""
    parts = before.parts("languages", LANGUAGES)
    others = pa.concat_tables(
        [part.filter(pc.invert(pc.is_in(part["movie_id"], value_set=without))) for part in parts]
    )
    removed = parts.num_rows - len(others)
    return pa.concat_tables(replace_rows(parts, ("movie_id",), without, detected, removed))
