"""Nearest films, index and mean texts of the next release, in one pass over its vectors."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from scipy.sparse import csr_array

from pipeline.fileio.external_sort import StreamedTable
from pipeline.neighbours.index import build_index, index_kind
from pipeline.neighbours.index_edit import edit_index, inverted_file_kind
from pipeline.neighbours.refresh import NearMoved, read_lists, search_again
from pipeline.observability.memory import release_memory
from pipeline.release.reader import ReleasedTables
from pipeline.schemas.mining import NEIGHBOURS
from pipeline.schemas.vectors import matrix_of, unit_rows
from pipeline.settings import NeighbourSettings
from pipeline.update.edited_table import EditedTable, replace_rows
from pipeline.update.embeddings import EditedEmbeddings

__all__ = ["NearFilms", "update_neighbours"]

_ORDER = ("movie_id", "rank")
_ROWS = 8_192  # vectors in double precision at a time


@dataclass(frozen=True)
class NearFilms:
    """What follows from the vectors of all films.

    Attributes
    ----------
    neighbours : EditedTable
        NEIGHBOURS, by `movie_id` and `rank`.
    index : Table or StreamedTable
        `pipeline.neighbours.index.INDEX`.
    text_means : ndarray of shape (k, dim), float32
        Mean text vector of each micro-genre, of unit length; zero without films.
    """

    neighbours: EditedTable
    index: pa.Table | StreamedTable
    text_means: np.ndarray


def update_neighbours(
    before: ReleasedTables,
    embeddings: EditedEmbeddings,
    moved: pa.Table,
    films: pa.Table,
    withdrawn: Sequence[str],
    k: int,
) -> NearFilms:
    """Search again for the films whose list the changes can affect.

    A list is computed again if its film moved, if it names a film that moved or is withdrawn, if
    it is shorter than it could be, or if a moved film is near enough to enter it. With a flat index
    the result equals a search for every film.

    Parameters
    ----------
    before : ReleasedTables
        The release.
    embeddings : EditedEmbeddings
        The embeddings of the next release.
    moved : pa.Table
        EMBEDDINGS of the films that are new or have another vector.
    films : pa.Table
        Columns movie_id and cluster of all films, by id.
    withdrawn : sequence of str
        Ids of films that are no longer in the catalogue.
    k : int
        Number of micro-genres.
    """
    settings = before.manifest.read_settings("neighbours", NeighbourSettings)
    table, index_ids = embeddings.table(["movie_id", "vector"]), embeddings.ids
    ids = films["movie_id"].combine_chunks()
    place = pc.index_in(index_ids, value_set=ids).to_numpy()  # row of `films` of each vector
    changed = pa.array(sorted({*moved["movie_id"].to_pylist(), *withdrawn}), pa.string())
    parts = before.parts("neighbours", NEIGHBOURS)
    lists = read_lists(parts, ids, changed, settings.count)
    affected = lists.affected
    affected[pc.index_in(moved["movie_id"].combine_chunks(), value_set=ids).to_numpy()] = True
    near = NearMoved(matrix_of(moved))
    clusters = films["cluster"].to_numpy()
    sums = np.zeros((k, table.schema.field("vector").type.list_size))
    queries, first = [table.schema.empty_table()], 0
    for part in table:
        vectors, own = matrix_of(part), place[first : first + len(part)]
        affected[own] |= near.of(vectors, lists.bounds[own])
        _add_up(sums, vectors, clusters[own])
        queries.append(part.filter(pa.array(affected[own])))
        first += len(part)
        release_memory()  # otherwise the allocators keep that of several parts
    index = _index(before, embeddings, moved, settings)
    everyone = pa.table([index_ids], names=["movie_id"])
    found_lists = search_again(pa.concat_tables(queries), everyone, index, settings)
    without = pa.concat_arrays([ids.filter(pa.array(affected)), pa.array(withdrawn, pa.string())])
    removed = lists.lost + int(lists.lengths[affected].sum())
    edited = replace_rows(parts, _ORDER, without, found_lists, removed)
    return NearFilms(edited, index, unit_rows(sums))


def _add_up(sums: np.ndarray, vectors: np.ndarray, clusters: np.ndarray) -> None:
    """Add vectors to the sums of their clusters; a sparse product takes a fifth of other ways."""
    for start in range(0, len(vectors), _ROWS):
        own = clusters[start : start + _ROWS]
        shape = len(own), len(sums)
        member = csr_array((np.ones(len(own)), own, np.arange(len(own) + 1)), shape=shape)
        sums += member.T.tocsr() @ vectors[start : start + _ROWS].astype(np.float64)


def _index(
    before: ReleasedTables,
    embeddings: EditedEmbeddings,
    moved: pa.Table,
    settings: NeighbourSettings,
) -> pa.Table | StreamedTable:
    """The index of all films: an inverted file is edited, another kind is built again."""
    path, ids = before.file("index.faiss"), embeddings.ids
    kind = index_kind(len(ids), settings)
    if inverted_file_kind(path) != kind:
        return build_index(embeddings.table(), settings, len(ids))["index"]
    rows = pc.index_in(moved["movie_id"].combine_chunks(), value_set=ids).to_numpy()
    return edit_index(path, kind, embeddings.new_rows, moved, rows)
