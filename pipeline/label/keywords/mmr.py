"""Maximal marginal relevance (MMR): terms close to a centroid and different from one another."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

__all__ = ["select_diverse"]


def select_diverse(
    centroid: np.ndarray,
    vectors: np.ndarray,
    terms: Sequence[str],
    count: int,
    diversity: float,
) -> list[str]:
    """Select terms by maximal marginal relevance, the most similar to the centroid first.

    The first term is the one most similar to the centroid. Each next term maximises
    `(1 - diversity) * similarity to the centroid - diversity * highest similarity to a selected
    term`.

    Parameters
    ----------
    centroid : ndarray of shape (dim,), float32
        Mean text vector of the cluster.
    vectors : ndarray of shape (n_terms, dim), float32
        Vectors of the terms.
    terms : sequence of str
        Distinct terms, one for each row of `vectors`.
    count : int
        Number of terms to select; all terms if there are fewer.
    diversity : float
        0 (similarity to the centroid alone) to 1 (difference from the selected terms alone).

    Returns
    -------
    list of str
        The selected terms, sorted by cosine similarity to the centroid, rounded to 4 decimals.

    Raises
    ------
    ValueError
        If a vector is not finite.

    Notes
    -----
    Carbonell and Goldstein 1998, "The use of MMR, diversity-based reranking for reordering
    documents and producing summaries". KeyBERT computes it (`KeyBERT.extract_keywords` with
    `use_mmr`): the cluster takes the place of the document, its terms the place of the phrases of
    the document. The vectors are passed in, so KeyBERT loads no model and embeds nothing.

    Examples
    --------
    >>> vectors = np.eye(3, dtype=np.float32)[[0, 0, 1]]
    >>> select_diverse(np.array([2, 1, 0], np.float32), vectors, ["boat", "ship", "ghost"], 2, 0.6)
    ['boat', 'ghost']
    """
    if not terms:
        return []
    # Slow to import, and only the stage `keywords` needs it.
    from keybert import KeyBERT
    from keybert.backend import BaseEmbedder
    from sklearn.feature_extraction.text import CountVectorizer

    words = list(terms)
    # The terms are known: the vectorizer reports all of them for the document, in their order.
    vectorizer = CountVectorizer(analyzer=lambda _: words, vocabulary=words, lowercase=False)
    selected = KeyBERT(BaseEmbedder()).extract_keywords(
        " ".join(words),
        vectorizer=vectorizer,
        use_mmr=True,
        top_n=count,
        diversity=diversity,
        doc_embeddings=centroid[None, :],
        word_embeddings=vectors,
    )
    if not selected:  # KeyBERT returns nothing where its computation raises ValueError
        raise ValueError("no term was selected: a vector of a term or of the cluster is not finite")
    return [str(term) for term, _ in selected]
