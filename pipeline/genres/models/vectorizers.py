"""Texts to numbers: bag of words, TF-IDF, the miner's vectors, or TF-IDF and vectors side by side.

What is fitted is a vocabulary and its weights; both are kept as JSON and arrays.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, Literal

import numpy as np
from scipy import sparse

from pipeline.errors import ModelError
from pipeline.settings import GenreSettings

__all__ = ["KINDS", "Features", "Kind", "Representation"]

Kind = Literal["bow", "tfidf", "embedding", "tfidf+embedding"]
KINDS: tuple[Kind, ...] = ("bow", "tfidf", "embedding", "tfidf+embedding")
Features = Any  # scipy CSR or float32 array, (films, features)

_BESIDE = 1.5  # length of a vector beside a TF-IDF row of length 1


class Representation:
    """Fitted on the training texts only; `needs_vectors` says whether it reads vectors too."""

    def __init__(self, kind: Kind, settings: GenreSettings) -> None:
        self.kind = kind
        self._settings = settings
        self._terms: list[str] = []
        self._idf = np.zeros(0, np.float32)
        self._vectorizer: Any = None

    @property
    def needs_words(self) -> bool:
        """Whether it reads the texts themselves."""
        return self.kind != "embedding"

    @property
    def needs_vectors(self) -> bool:
        """Whether it reads a vector of each text."""
        return "embedding" in self.kind

    @property
    def terms(self) -> Sequence[str]:
        """The vocabulary, in the order of the first columns; empty for vectors alone."""
        return self._terms

    def fit(self, texts: Sequence[str]) -> Representation:
        """Learn vocabulary and weights from the training texts; returns itself.

        Raises
        ------
        ModelError
            when no term is in `genres.min_term_films` texts.
        """
        if not self.needs_words:
            return self
        try:
            counts = self._counter(None).fit(texts)
        except ValueError as error:
            raise ModelError(
                f"no words to learn from in {len(texts)} texts: {error}; lower "
                "genres.min_term_films, or give longer texts"
            ) from error
        self._terms = counts.get_feature_names_out().tolist()
        films = np.asarray((counts.transform(texts) > 0).sum(0)).ravel()
        self._idf = np.asarray(np.log((1 + len(texts)) / (1 + films)) + 1, np.float32)
        return self

    def transform(self, texts: Sequence[str], vectors: np.ndarray | None = None) -> Features:
        """Features of texts: CSR float32 (n, terms [+ dim]), or the vectors alone, (n, dim).

        Parameters
        ----------
        vectors : (n, dim) float32 of unit length, where `needs_vectors`.

        Raises
        ------
        ModelError
            when vectors are needed and there are none, or of other texts.
        """
        if self.needs_vectors and (vectors is None or len(vectors) != len(texts)):
            raise ModelError(f"representation {self.kind!r} needs a vector of each text")
        if self.kind == "embedding":
            return np.asarray(vectors, np.float32)
        from sklearn.preprocessing import normalize

        if self._vectorizer is None:
            places = {term: column for column, term in enumerate(self._terms)}
            self._vectorizer = self._counter(places)
        counts = sparse.csr_matrix(self._vectorizer.transform(texts), dtype=np.float32)
        if self.kind == "bow":
            counts.data[:] = 1.0
        else:
            counts.data = (1 + np.log(counts.data)) * self._idf[counts.indices]
        counts = normalize(counts, copy=False)
        if self.kind != "tfidf+embedding":
            return counts
        dense = sparse.csr_matrix(np.asarray(vectors, np.float32) * _BESIDE)
        return sparse.hstack([counts, dense], format="csr", dtype=np.float32)

    def state(self) -> tuple[dict[str, np.ndarray], dict[str, Any]]:
        """Arrays and JSON from which `of_state` makes the same again."""
        arrays = {"idf": self._idf} if self.needs_words else {}
        return arrays, {"kind": self.kind, "terms": self._terms}

    @classmethod
    def of_state(
        cls, arrays: Mapping[str, np.ndarray], told: Mapping[str, Any], settings: GenreSettings
    ) -> Representation:
        """What `state` told of."""
        made = cls(told["kind"], settings)
        made._terms = [str(term) for term in told["terms"]]
        made._idf = np.asarray(arrays.get("idf", made._idf), np.float32)
        if made.needs_words and len(made._idf) != len(made._terms):
            raise ModelError(f"{len(made._terms)} terms, but {len(made._idf)} weights: train again")
        return made

    def _counter(self, vocabulary: Mapping[str, int] | None) -> Any:
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
