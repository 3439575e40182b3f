"""Meaning: vectors of queries and films, and the films whose vectors are nearest."""

from __future__ import annotations

import threading
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import faiss
import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq
import torch
from cachetools import LRUCache

from pipeline.errors import CorruptFileError, ReleaseError
from pipeline.fileio.manifest import file_sha256
from pipeline.inference.encoder import Encoder, encoder_of
from pipeline.neighbours.search import probed_lists
from pipeline.release.reader import ReleasedTables
from pipeline.schemas.vectors import matrix_of
from pipeline.settings import NeighbourSettings

__all__ = ["KeywordSimilarity", "MeaningIndex"]

_MIN_EXPLORED = 600  # films that a search in an HNSW graph explores


class MeaningIndex:
    """The vectors of the films of one release.

    Parameters
    ----------
    path : Path
        The folder of the release. Its index.faiss is read only if its checksum matches the
        manifest.
    row_of : mapping of str to int
        The row in movies.parquet of each movie_id.
    encoder : Encoder or None
        The encoder of the model of the release; None to load it.
    threads : int
        Threads of PyTorch and FAISS. The setting applies to the whole process.

    Attributes
    ----------
    keywords : KeywordSimilarity
        Similarity of a vector to the keywords of films.

    Raises
    ------
    ModelError
        If this machine has another model than the release.
    ReleaseError, CorruptFileError
        If a file is missing, has changed, or does not match the other files.
    """

    def __init__(
        self,
        path: Path,
        row_of: Mapping[str, int],
        encoder: Encoder | None = None,
        *,
        threads: int = 2,
    ) -> None:
        release = ReleasedTables(path)
        # a query is short: no GPU is needed
        self._encoder = encoder or encoder_of(release.path, release.manifest, "cpu")
        self._index = _read_index(release)
        self._movie_rows = _movie_rows(release, row_of)
        if self._index.ntotal != len(self._movie_rows):
            raise CorruptFileError(
                f"{release.path / 'index.faiss'} contains {self._index.ntotal} films, "
                f"embeddings.parquet {len(self._movie_rows)}; mine again"
            )
        self._index_rows = np.argsort(self._movie_rows)  # row of the index of each film
        self.keywords = KeywordSimilarity(release)
        torch.set_num_threads(threads)
        faiss.omp_set_num_threads(threads)
        self._known: LRUCache[str, np.ndarray] = LRUCache(1_024)
        self._lock = threading.Lock()

    def vector(self, text: str) -> np.ndarray:
        """Return the vector of a text, of length 1; float32 of shape (dim,)."""
        with self._lock:
            known = self._known.get(text)
        if known is None:
            known = np.asarray(self._encoder.encode([text])[0], np.float32)
            with self._lock:
                self._known[text] = known
        return known

    def vectors(self, texts: Sequence[str]) -> np.ndarray:
        """Return the vectors of several texts, each of length 1; float32 (n_texts, dim)."""
        return np.asarray(self._encoder.encode(list(texts)), np.float32)

    def film_vectors(self, rows: np.ndarray) -> np.ndarray:
        """Return the vectors of films, as the index stores them; float32 (n_films, dim).

        Parameters
        ----------
        rows : ndarray of shape (n_films,), int
            Rows of movies.parquet.
        """
        return np.asarray(self._index.reconstruct_batch(self._index_rows[rows]), np.float32)

    def nearest(
        self, vector: np.ndarray, limit: int, among: np.ndarray | None = None
    ) -> np.ndarray:
        """Return the films nearest to a vector, best first.

        Parameters
        ----------
        vector : ndarray of shape (dim,), float32
            A vector of length 1.
        limit : int
            Maximum number of films.
        among : ndarray of shape (n_films,), int32, or None
            Rows of movies.parquet to search; None for all.

        Returns
        -------
        ndarray of shape (n_found,), int32
            Rows of movies.parquet.
        """
        most = min(limit, self._index.ntotal if among is None else len(among))
        if most < 1:
            return np.zeros(0, np.int32)
        _, found = self._index.search(vector[None], most, params=self._parameters(among))
        rows: np.ndarray = found[0][found[0] >= 0]
        return np.asarray(self._movie_rows[rows])

    def _parameters(self, among: np.ndarray | None) -> Any:
        untyped: Any = faiss  # its type stubs lack these classes
        selector: dict[str, Any] = {}
        if among is not None:
            wanted = np.zeros(len(self._movie_rows), bool)
            wanted[among] = True
            bits = np.packbits(wanted[self._movie_rows], bitorder="little")
            selector["sel"] = untyped.IDSelectorBitmap(bits)
        if isinstance(self._index, faiss.IndexIVF):
            return untyped.SearchParametersIVF(nprobe=self._index.nprobe, **selector)
        if isinstance(self._index, faiss.IndexHNSW):
            return untyped.SearchParametersHNSW(efSearch=_MIN_EXPLORED, **selector)
        return untyped.SearchParameters(**selector)


def _read_index(release: ReleasedTables) -> Any:
    """Read index.faiss after checking its SHA-256."""
    path = release.file("index.faiss")
    if file_sha256(path) != release.manifest.files[path.name].sha256:
        raise CorruptFileError(
            f"{path}: its SHA-256 differs from the manifest's; restore the file, or mine again"
        )
    index = faiss.read_index(str(path))
    if isinstance(index, faiss.IndexIVF):
        index.make_direct_map()  # needed to reconstruct vectors
        settings = release.manifest.read_settings("neighbours", NeighbourSettings)
        index.nprobe = probed_lists(index.nlist, index.ntotal, settings.searched_films)
    return index


def _movie_rows(release: ReleasedTables, row_of: Mapping[str, int]) -> np.ndarray:
    """Return the row in movies.parquet of each row of the index, int32."""
    ids = pq.read_table(release.file("embeddings.parquet"), columns=["movie_id"])
    try:
        return np.array([row_of[i] for i in ids.column(0).to_pylist()], np.int32)
    except KeyError as error:
        raise ReleaseError(
            f"release {release.path}: embeddings.parquet contains film {error}, movies.parquet "
            "does not; mine again"
        ) from error


class KeywordSimilarity:
    """Similarity of a query to the keywords of films.

    Parameters
    ----------
    release : ReleasedTables
        An open release; vocabulary.parquet has the vectors of its keywords.
    """

    def __init__(self, release: ReleasedTables) -> None:
        vocabulary = pq.read_table(release.file("vocabulary.parquet"))
        self._vectors = matrix_of(vocabulary).astype(np.float16)  # half the memory, as stored
        keywords = pq.read_table(release.file("movies.parquet"), columns=["keywords"]).column(0)
        lists: pa.ListArray = keywords.combine_chunks()
        known = vocabulary.column("keyword").combine_chunks()
        words = pc.utf8_lower(pc.list_flatten(lists))
        films = pc.list_parent_indices(lists)
        rows = pc.index_in(words, value_set=known.cast(words.type))
        found = pc.is_valid(rows)
        self._weights = np.log(len(lists) / np.maximum(1, vocabulary.column("films").to_numpy()))
        # rows of the vocabulary, film after film; film i has those from start[i] to start[i + 1]
        self._rows = rows.filter(found).to_numpy(zero_copy_only=False).astype(np.int32)
        owners = films.filter(found).to_numpy(zero_copy_only=False)
        self._start = np.searchsorted(owners, np.arange(len(lists) + 1)).astype(np.int64)

    def closeness(self, query: np.ndarray, films: np.ndarray, default: np.ndarray) -> np.ndarray:
        """Return the cosine of a query to the nearest keyword of each film.

        Parameters
        ----------
        query : ndarray of shape (dim,), float32
            The query vector, of length 1.
        films : ndarray of shape (n_films,), int32
            Rows of movies.parquet.
        default : ndarray of shape (n_films,), float32
            Value for films without a keyword of the vocabulary.

        Returns
        -------
        ndarray of shape (n_films,), float32
            Cosines, -1 to 1.
        """
        own = [self._rows[self._start[film] : self._start[film + 1]] for film in films]
        used = np.unique(np.concatenate(own)) if own else np.zeros(0, np.int32)
        cosines = self._vectors[used].astype(np.float32) @ query
        nearest = np.array(default, np.float32)
        for film, rows in enumerate(own):
            if len(rows):
                nearest[film] = cosines[np.searchsorted(used, rows)].max()
        return nearest

    def shared(self, films: Sequence[int]) -> np.ndarray:
        """Return how similar the keywords of each film are to those of some films together.

        Parameters
        ----------
        films : sequence of int
            Rows of movies.parquet.

        Returns
        -------
        ndarray of shape (n_films,), float32
            Cosine of the keywords, each weighted by its inverse document frequency, 0 to 1.
        """
        wanted = np.zeros(len(self._weights), np.float32)
        for film in films:
            own = self._rows[self._start[film] : self._start[film + 1]]
            wanted[own] = self._weights[own]
        weights = (self._weights**2).astype(np.float32)
        owners = np.repeat(np.arange(len(self._start) - 1), np.diff(self._start))
        count = len(self._start) - 1
        both = np.bincount(owners, (weights * (wanted > 0))[self._rows], minlength=count)
        length = np.sqrt(np.bincount(owners, weights[self._rows], minlength=count))
        length *= float(np.linalg.norm(wanted))
        return np.divide(both, length, out=np.zeros(count), where=length > 0).astype(np.float32)
