"""Films by what a person means: one query embedded by the model of the release, then its index."""

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
from pipeline.neighbours.search import searched_lists
from pipeline.release.reader import ReleasedTables
from pipeline.schemas.vectors import matrix_of
from pipeline.settings import NeighbourSettings
from serve.catalogue.catalogue import Catalogue, Filters
from serve.catalogue.filters import spoken

__all__ = ["Hit", "Meaning", "Themes"]

_CANDIDATES = 300  # films that are weighed again


_FIRST = 5  # films whose vectors are added to the query's


_FIRST_WEIGHT = 0.6


_THEME_WEIGHT = 0.3


@dataclass(frozen=True)
class Hit:
    """A film that a search by meaning found.

    Attributes
    ----------
    place : its row in movies.parquet. closeness : cosine of query and film text, -1 to 1.
    """

    place: int
    closeness: float


class Meaning:
    """Search by meaning in one release.

    A query of a few words says less than a film's text. So its vector moves towards those of the
    first films that it finds (pseudo relevance feedback, Rocchio 1971), and a film counts for more
    whose nearest keyword is near the query.

    Parameters
    ----------
    catalogue : the release; its index.faiss is read once its checksum is the manifest's.
    encoder : of the model that it was made with; None to find it.
    threads : for model and index; they count for the whole process.

    Raises
    ------
    ModelError
        when the model on this machine is not the one that the release was made with.
    ReleaseError, CorruptFileError
        when a file is missing, altered, or does not fit the others.
    """

    def __init__(
        self, catalogue: Catalogue, encoder: Encoder | None = None, *, threads: int = 2
    ) -> None:
        release = ReleasedTables(catalogue.path)
        # a query is short: no GPU is needed
        self._encoder = encoder or encoder_of(release.path, release.manifest, "cpu")
        self._catalogue = catalogue
        self._index = _index(release)
        self._place_of = _places(release, catalogue.place_of)
        if self._index.ntotal != len(self._place_of):
            raise CorruptFileError(
                f"{release.path / 'index.faiss'} holds {self._index.ntotal} films, "
                f"embeddings.parquet {len(self._place_of)}; mine again"
            )
        self._themes = Themes(release)
        torch.set_num_threads(threads)
        faiss.omp_set_num_threads(threads)
        self._vector = lru_cache(maxsize=1_024)(self._embed)

    def search(
        self, query: str, filters: Filters | None = None, limit: int = 50
    ) -> list[dict[str, Any]]:
        """Films of a selection, nearest in meaning first, each with its `closeness`: the cosine
        of query and film text, by which and by keywords they are ordered."""
        among = None if filters in (None, Filters()) else self._catalogue.places(filters)
        hits = self.hits(query, limit, among)
        films = self._catalogue.at([hit.place for hit in hits])
        return [film | {"closeness": h.closeness} for film, h in zip(films, hits, strict=True)]

    def hits(self, query: str, limit: int = 50, among: np.ndarray | None = None) -> list[Hit]:
        """Films nearest in meaning to `query`, best first.

        Parameters
        ----------
        among : rows of movies.parquet to choose from, as `Catalogue.places`; None for all.
        """
        told = spoken(query)
        most = self._index.ntotal if among is None else len(among)
        if not told or min(limit, most) < 1:
            return []
        asked, parameters = self._vector(told), self._parameters(among)
        first, _ = self._nearest(asked, min(_FIRST, most), parameters)
        moved = asked + _FIRST_WEIGHT * self._index.reconstruct_batch(first).mean(0)
        moved /= np.linalg.norm(moved)
        rows, near = self._nearest(moved, min(max(_CANDIDATES, limit), most), parameters)
        closeness = self._index.reconstruct_batch(rows) @ asked
        places = self._place_of[rows]
        score = near + _THEME_WEIGHT * self._themes.closeness(asked, places, closeness)
        best = np.lexsort((places, -score))[:limit]
        return [Hit(int(places[i]), float(closeness[i])) for i in best]

    def warm(self) -> None:
        """Load the model now, so that the first query does not wait for it."""
        self._vector("a film")

    def _embed(self, told: str) -> np.ndarray:
        return np.asarray(self._encoder.encode([told])[0])

    def _nearest(
        self, vector: np.ndarray, count: int, parameters: Any
    ) -> tuple[np.ndarray, np.ndarray]:
        """Rows of the index and their cosines, best first."""
        cosine, rows = self._index.search(vector[None], count, params=parameters)
        found = rows[0] >= 0
        return rows[0][found], cosine[0][found]

    def _parameters(self, among: np.ndarray | None) -> Any:
        kinds: Any = faiss  # its stubs lag behind
        given: dict[str, Any] = {}
        if among is not None:
            wanted = np.zeros(len(self._place_of), bool)
            wanted[among] = True
            bits = np.packbits(wanted[self._place_of], bitorder="little")
            given["sel"] = kinds.IDSelectorBitmap(bits)
        if isinstance(self._index, faiss.IndexIVF):
            return kinds.SearchParametersIVF(nprobe=self._index.nprobe, **given)
        if isinstance(self._index, faiss.IndexHNSW):
            return kinds.SearchParametersHNSW(efSearch=2 * _CANDIDATES, **given)
        return kinds.SearchParameters(**given)


def _index(release: ReleasedTables) -> Any:
    """The index, read only once its bytes are known to be the published ones."""
    path = release.file("index.faiss")
    if file_sha256(path) != release.manifest["files"][path.name].get("sha256"):
        raise CorruptFileError(
            f"{path}: its SHA-256 is not the manifest's; restore it, or mine again"
        )
    index = faiss.read_index(str(path))
    if isinstance(index, faiss.IndexIVF):
        index.make_direct_map()  # by which vectors are read back
        settings = release.mined_with("neighbours", NeighbourSettings)
        index.nprobe = searched_lists(index.nlist, index.ntotal, settings)
    return index


def _places(release: ReleasedTables, place_of: Mapping[str, int]) -> np.ndarray:
    """The row in movies.parquet of each row of the index, int32."""
    ids = pq.read_table(release.file("embeddings.parquet"), columns=["movie_id"])
    try:
        return np.array([place_of[i] for i in ids.column(0).to_pylist()], np.int32)
    except KeyError as error:
        raise ReleaseError(
            f"release {release.path}: embeddings.parquet holds film {error}, movies.parquet "
            "does not; mine again"
        ) from error


class Themes:
    """The keywords of each film as rows of vocabulary.parquet, end to end."""

    def __init__(self, release: ReleasedTables) -> None:
        vocabulary = pq.read_table(release.file("vocabulary.parquet"))
        self._vectors = matrix_of(vocabulary).astype(np.float16)  # half the memory, as stored
        keywords = pq.read_table(release.file("movies.parquet"), columns=["keywords"]).column(0)
        listed: pa.ListArray = keywords.combine_chunks()
        known = vocabulary.column("keyword").combine_chunks()
        words = pc.utf8_lower(pc.list_flatten(listed))
        films = pc.list_parent_indices(listed)
        rows = pc.index_in(words, value_set=known.cast(words.type))
        found = pc.is_valid(rows)
        self._rows = rows.filter(found).to_numpy(zero_copy_only=False).astype(np.int32)
        owners = films.filter(found).to_numpy(zero_copy_only=False)
        self._start = np.searchsorted(owners, np.arange(len(listed) + 1)).astype(np.int64)

    def closeness(self, asked: np.ndarray, places: np.ndarray, without: np.ndarray) -> np.ndarray:
        """The cosine of a query to the nearest keyword of each film.

        Parameters
        ----------
        asked : (dim,) unit. places : rows of movies.parquet. without : what to give for films
            that have no keyword of the vocabulary, one value each.
        """
        own = [self._rows[self._start[place] : self._start[place + 1]] for place in places]
        used = np.unique(np.concatenate(own)) if own else np.zeros(0, np.int32)
        cosine = self._vectors[used].astype(np.float32) @ asked
        near = np.array(without, np.float32)
        for row, words in enumerate(own):
            if len(words):
                near[row] = cosine[np.searchsorted(used, words)].max()
        return near
