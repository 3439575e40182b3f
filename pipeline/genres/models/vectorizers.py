"""Texts to numbers: bag of words, TF-IDF, embeddings, or TF-IDF and embeddings side by side.

`fit` learns a vocabulary and its weights; JSON and arrays store both.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, Literal, TypedDict

import numpy as np
from scipy import sparse

from pipeline.errors import ModelError
from pipeline.settings import GenreSettings

__all__ = ["Features", "Kind", "Representation", "Vocabulary"]

Kind = Literal["bow", "tfidf", "embedding", "tfidf+embedding"]
Features = Any  # scipy CSR or float32 array, (n_films, n_features)

_EMBEDDING_LENGTH = 1.5  # of an embedding beside a TF-IDF row of length 1


class Vocabulary(TypedDict):
    """JSON of a fitted representation."""

    kind: Kind
    terms: list[str]  # in the order of the first columns; empty for embeddings alone


class Representation:
    """Features of texts; the vocabulary comes from the training texts only."""

    def __init__(self, kind: Kind, settings: GenreSettings) -> None:
        self.kind = kind
        self._settings = settings
        self._terms: list[str] = []
        self._idf = np.zeros(0, np.float32)
        self._vectorizer: Any = None

    @property
    def needs_words(self) -> bool:
        """Whether the words of the texts are features."""
        return self.kind != "embedding"

    @property
    def needs_vectors(self) -> bool:
        """Whether embeddings of the texts are features."""
        return "embedding" in self.kind

    def fit(self, texts: Sequence[str]) -> Representation:
        """Learn vocabulary and weights from the training texts, and return self.

        Raises
        ------
        ModelError
            If no term occurs in at least `genres.min_term_films` texts.
        """
        if not self.needs_words:
            return self
        try:
            counts = self._counter(None).fit(texts)
        except ValueError as error:
            raise ModelError(
                f"no words to learn from in {len(texts)} texts: {error}; lower "
                "genres.min_term_films, or use longer texts"
            ) from error
        self._terms = counts.get_feature_names_out().tolist()
        films = np.asarray((counts.transform(texts) > 0).sum(0)).ravel()
        self._idf = np.asarray(np.log((1 + len(texts)) / (1 + films)) + 1, np.float32)
        return self

    def transform(self, texts: Sequence[str], vectors: np.ndarray | None = None) -> Features:
        """Return the features of texts.

        Parameters
        ----------
        texts : sequence of str
        vectors : ndarray of shape (n_texts, dim), float32, optional
            Embeddings of the texts, unit length, where `needs_vectors`.

        Returns
        -------
        CSR matrix of shape (n_texts, n_terms [+ dim]), float32
            For embeddings alone, an ndarray of shape (n_texts, dim).

        Raises
        ------
        ModelError
            If embeddings are needed and missing, or their number differs from that of the texts.
        """
        if self.needs_vectors and (vectors is None or len(vectors) != len(texts)):
            raise ModelError(f"representation {self.kind!r} needs a vector of each text")
        if self.kind == "embedding":
            return np.asarray(vectors, np.float32)
        from sklearn.preprocessing import normalize

        if self._vectorizer is None:
            columns = {term: column for column, term in enumerate(self._terms)}
            self._vectorizer = self._counter(columns)
        counts = sparse.csr_matrix(self._vectorizer.transform(texts), dtype=np.float32)
        if self.kind == "bow":
            counts.data[:] = 1.0
        else:
            counts.data = (1 + np.log(counts.data)) * self._idf[counts.indices]
        counts = normalize(counts, copy=False)
        if self.kind != "tfidf+embedding":
            return counts
        dense = sparse.csr_matrix(np.asarray(vectors, np.float32) * _EMBEDDING_LENGTH)
        return sparse.hstack([counts, dense], format="csr", dtype=np.float32)

    def state(self) -> tuple[dict[str, np.ndarray], Vocabulary]:
        """Return arrays and JSON from which `from_state` restores the representation."""
        arrays = {"idf": self._idf} if self.needs_words else {}
        return arrays, {"kind": self.kind, "terms": self._terms}

    @classmethod
    def from_state(
        cls, arrays: Mapping[str, np.ndarray], vocabulary: Vocabulary, settings: GenreSettings
    ) -> Representation:
        """Return the representation that `state` describes.

        Raises
        ------
        ModelError
            If the number of weights is not the number of terms.
        """
        restored = cls(vocabulary["kind"], settings)
        restored._terms = [str(term) for term in vocabulary["terms"]]
        restored._idf = np.asarray(arrays.get("idf", restored._idf), np.float32)
        if restored.needs_words and len(restored._idf) != len(restored._terms):
            raise ModelError(
                f"{len(restored._terms)} terms, but {len(restored._idf)} weights: train again"
            )
        return restored

    def _counter(self, vocabulary: Mapping[str, int] | None) -> Any:
        """Return a scikit-learn counter of words and word pairs."""
        from sklearn.feature_extraction.text import CountVectorizer

        limits: dict[str, Any] = {}
        if vocabulary is None:
            limits = {
                "min_df": self._settings.min_term_films,
                "max_features": self._settings.max_terms,
            }
        return CountVectorizer(
            ngram_range=(1, 2), strip_accents="unicode", vocabulary=vocabulary, **limits
        )
