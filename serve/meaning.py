"""Films by what a person means: one query embedded by the model of the release, then its index."""

from __future__ import annotations

import threading
from dataclasses import dataclass
from functools import lru_cache
from typing import Any

import faiss
import numpy as np
import pyarrow.parquet as pq
import torch

from pipeline.embed import encode
from pipeline.errors import CorruptFileError, ModelError, ReleaseError
from pipeline.manifest import file_sha256
from pipeline.model import ModelIdentity, identify
from pipeline.released import ReleasedTables
from pipeline.settings import EmbedSettings
from serve.filters import spoken

__all__ = ["MODEL_LOCK", "Hit", "Meaning"]

_SEARCHED_LISTS = 32  # of an inverted index, as when the neighbours were mined
MODEL_LOCK = threading.Lock()  # a tokenizer answers one thread at a time


@dataclass(frozen=True)
class Hit:
    """A film that a search by meaning found.

    Attributes
    ----------
    place : its row in movies.parquet. similarity : cosine of query and film text, -1 to 1.
    """

    place: int
    similarity: float


class Meaning:
    """Search by meaning in one release.

    Parameters
    ----------
    release : whose index.faiss is read once its checksum is that of the manifest.
    places : the row of each movie_id in movies.parquet.
    threads : for the model; of this whole process.

    Raises
    ------
    ModelError
        when the model on this machine is not the one that the release was made with.
    ReleaseError, CorruptFileError
        when a file is missing, altered, or does not fit the others.
    """

    def __init__(
        self, release: ReleasedTables, places: dict[str, int], *, threads: int = 1
    ) -> None:
        self._identity = _identity(release)
        self._index = _index(release)
        ids = pq.read_table(release.file("embeddings.parquet"), columns=["movie_id"])
        try:
            self._place_of = np.array([places[i] for i in ids.column(0).to_pylist()], np.int32)
        except KeyError as error:
            raise ReleaseError(
                f"release {release.path}: embeddings.parquet holds film {error}, movies.parquet "
                "does not; mine again"
            ) from error
        if self._index.ntotal != len(self._place_of):
            raise CorruptFileError(
                f"{release.path / 'index.faiss'} holds {self._index.ntotal} films, "
                f"embeddings.parquet {len(self._place_of)}; mine again"
            )
        torch.set_num_threads(threads)
        faiss.omp_set_num_threads(threads)
        self._vector = lru_cache(maxsize=1_024)(self._embed)

    def search(self, query: str, limit: int = 50, among: np.ndarray | None = None) -> list[Hit]:
        """Films nearest in meaning to `query`, best first.

        Parameters
        ----------
        among : rows of movies.parquet to choose from, as `Catalogue.places`; None for all.
        """
        told = spoken(query)
        count = self._index.ntotal if among is None else len(among)
        if not told or min(limit, count) < 1:
            return []
        similarity, rows = self._index.search(
            self._vector(told)[None], min(limit, count), params=self._parameters(among)
        )
        return [
            Hit(int(self._place_of[row]), float(cosine))
            for row, cosine in zip(rows[0], similarity[0], strict=True)
            if row >= 0
        ]

    def warm(self) -> None:
        """Load the model now, so that the first query does not wait for it."""
        self._vector("a film")

    def _embed(self, told: str) -> np.ndarray:
        with MODEL_LOCK:
            return encode([told], self._identity)[0]

    def _parameters(self, among: np.ndarray | None) -> Any:
        given: dict[str, Any] = {}
        if among is not None:
            wanted = np.zeros(len(self._place_of), bool)
            wanted[among] = True
            bits = np.packbits(wanted[self._place_of], bitorder="little")
            given["sel"] = faiss.IDSelectorBitmap(bits)
        if isinstance(self._index, faiss.IndexIVF):
            return faiss.SearchParametersIVF(
                nprobe=min(self._index.nlist, _SEARCHED_LISTS), **given
            )
        if isinstance(self._index, faiss.IndexHNSW):
            return faiss.SearchParametersHNSW(efSearch=128, **given)
        return faiss.SearchParameters(**given)


def _identity(release: ReleasedTables) -> ModelIdentity:
    """The model of the release on this machine; encoding one query needs no GPU."""
    try:
        settings = EmbedSettings(**release.manifest["settings"]["embed"])
        revision = release.manifest["model"]["revision"]
    except (KeyError, TypeError, ValueError) as error:
        raise ReleaseError(
            f"release {release.path}: its manifest does not name its model ({error}); mine again"
        ) from error
    identity = identify(settings.model_copy(update={"device": "cpu"}))
    if identity.revision != revision:
        raise ModelError(
            f"release {release.path} was made with model revision {revision[:12]}, here is "
            f"{identity.revision[:12]}; install the same weights, or mine again"
        )
    return identity


def _index(release: ReleasedTables) -> Any:
    """The index, read only once its bytes are known to be the published ones."""
    path = release.file("index.faiss")
    if file_sha256(path) != release.manifest["files"][path.name].get("sha256"):
        raise CorruptFileError(
            f"{path}: its SHA-256 is not the manifest's; restore it, or mine again"
        )
    return faiss.read_index(str(path))
