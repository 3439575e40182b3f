"""Semantic search: a query is embedded with the model of the release and searched in its index."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import lru_cache
from typing import Any

import faiss
import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq
import torch

from pipeline.errors import CorruptFileError, ReleaseError
from pipeline.fileio.manifest import file_sha256
from pipeline.inference.encoder import Encoder, encoder_of
from pipeline.neighbours.search import probed_lists
from pipeline.release.reader import ReleasedTables
from pipeline.schemas.vectors import matrix_of
from pipeline.settings import NeighbourSettings
from serve.catalogue.catalogue import Catalogue, Filters
from serve.catalogue.filters import clean_query
from serve.catalogue.records import FoundFilmRow

__all__ = ["Hit", "KeywordSimilarity", "SemanticSearch"]

_CANDIDATES = 300  # films that are ranked again
_FEEDBACK_FILMS = 5  # first results whose vectors are added to the query vector
_FEEDBACK_WEIGHT = 0.6
_KEYWORD_WEIGHT = 0.3


@dataclass(frozen=True)
class Hit:
    """A film found by a semantic search.

    Attributes
    ----------
    row : int
        Its row in movies.parquet, from 0.
    closeness : float
        Cosine of query and film text, -1 to 1.
    """

    row: int
    closeness: float


class SemanticSearch:
    """Semantic search in one release.

    Parameters
    ----------
    catalogue : Catalogue
        The release. Its index.faiss is read only if its checksum matches the manifest.
    encoder : Encoder or None
        The encoder of the model of the release; None to load it.
    threads : int
        Threads of PyTorch and FAISS. The setting applies to the whole process.

    Raises
    ------
    ModelError
        If this machine has another model than the release.
    ReleaseError, CorruptFileError
        If a file is missing, has changed, or does not match the other files.

    Notes
    -----
    A query of a few words carries less information than a film's text. Two steps compensate:

    - Pseudo relevance feedback (Rocchio 1971): the mean vector of the first results is added to
      the query vector, and the sum is searched.
    - The results are ranked by the sum of their cosine and, with a weight, the cosine of the query
      to the nearest keyword of the film.
    """

    def __init__(
        self, catalogue: Catalogue, encoder: Encoder | None = None, *, threads: int = 2
    ) -> None:
        release = ReleasedTables(catalogue.path)
        # a query is short: no GPU is needed
        self._encoder = encoder or encoder_of(release.path, release.manifest, "cpu")
        self._catalogue = catalogue
        self._index = _read_index(release)
        self._movie_rows = _movie_rows(release, catalogue.row_of)
        if self._index.ntotal != len(self._movie_rows):
            raise CorruptFileError(
                f"{release.path / 'index.faiss'} contains {self._index.ntotal} films, "
                f"embeddings.parquet {len(self._movie_rows)}; mine again"
            )
        self._keywords = KeywordSimilarity(release)
        torch.set_num_threads(threads)
        faiss.omp_set_num_threads(threads)
        self._vector = lru_cache(maxsize=1_024)(self._embed)

    def search(
        self, query: str, filters: Filters | None = None, limit: int = 50
    ) -> list[FoundFilmRow]:
        """Return the films of a selection that are nearest in meaning to `query`, best first.

        Parameters
        ----------
        query : str
            A description in English.
        filters : Filters or None
            The selection; None for all films.
        limit : int
            Maximum number of films.
        """
        among = None if filters in (None, Filters()) else self._catalogue.find_rows(filters)
        hits = self.hits(query, limit, among)
        films = self._catalogue.films_at([hit.row for hit in hits])
        return [{**film, "closeness": hit.closeness} for film, hit in zip(films, hits, strict=True)]

    def hits(self, query: str, limit: int = 50, among: np.ndarray | None = None) -> list[Hit]:
        """Return the rows of the films nearest in meaning to `query`, best first.

        Parameters
        ----------
        query : str
            A description in English.
        limit : int
            Maximum number of films.
        among : ndarray of shape (n_films,), int32, or None
            Rows of movies.parquet to search, see `Catalogue.find_rows`; None for all.
        """
        cleaned = clean_query(query)
        most = self._index.ntotal if among is None else len(among)
        if not cleaned or min(limit, most) < 1:
            return []
        vector, parameters = self._vector(cleaned), self._search_parameters(among)
        first, _ = self._nearest(vector, min(_FEEDBACK_FILMS, most), parameters)
        moved = vector + _FEEDBACK_WEIGHT * self._index.reconstruct_batch(first).mean(0)
        moved /= np.linalg.norm(moved)
        found, cosines = self._nearest(moved, min(max(_CANDIDATES, limit), most), parameters)
        closeness = self._index.reconstruct_batch(found) @ vector
        rows = self._movie_rows[found]
        score = cosines + _KEYWORD_WEIGHT * self._keywords.closeness(vector, rows, closeness)
        best = np.lexsort((rows, -score))[:limit]
        return [Hit(int(rows[i]), float(closeness[i])) for i in best]

    def warm(self) -> None:
        """Load the model, so that the first query does not wait for it."""
        self._vector("a film")

    def _embed(self, text: str) -> np.ndarray:
        return np.asarray(self._encoder.encode([text])[0])

    def _nearest(
        self, vector: np.ndarray, count: int, parameters: Any
    ) -> tuple[np.ndarray, np.ndarray]:
        """Return the nearest rows of the index and their cosines, best first."""
        cosines, rows = self._index.search(vector[None], count, params=parameters)
        found = rows[0] >= 0
        return rows[0][found], cosines[0][found]

    def _search_parameters(self, among: np.ndarray | None) -> Any:
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
            return untyped.SearchParametersHNSW(efSearch=2 * _CANDIDATES, **selector)
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
