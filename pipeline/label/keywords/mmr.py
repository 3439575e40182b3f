"""Maximal marginal relevance (MMR): terms close to a centroid and different from one another."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import lru_cache
from importlib.util import find_spec, module_from_spec, spec_from_file_location
from pathlib import Path
from typing import cast

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
    documents and producing summaries". KeyBERT computes it (the function behind
    `KeyBERT.extract_keywords` with `use_mmr`): the cluster takes the place of the document, its
    terms the place of the phrases of the document.

    Examples
    --------
    >>> vectors = np.eye(3, dtype=np.float32)[[0, 0, 1]]
    >>> select_diverse(np.array([2, 1, 0], np.float32), vectors, ["boat", "ship", "ghost"], 2, 0.6)
    ['boat', 'ghost']
    """
    if not terms:
        return []
    if not (np.isfinite(vectors).all() and np.isfinite(centroid).all()):
        raise ValueError("a vector of a term or of the cluster is not finite")
    selected = _mmr()(centroid[None, :], vectors, list(terms), top_n=count, diversity=diversity)
    return [str(term) for term, _ in selected]


@lru_cache(maxsize=1)
def _mmr() -> Callable[..., list[tuple[str, float]]]:
    """Return KeyBERT's function, from its file.

    `import keybert` imports sentence-transformers, which takes seconds and hundreds of megabytes in
    every worker, and none of it is used.
    """
    package = find_spec("keybert")
    if package is None or package.origin is None:
        raise ImportError("KeyBERT is not installed; install it again")
    spec = spec_from_file_location("_keybert_mmr", Path(package.origin).with_name("_mmr.py"))
    if spec is None or spec.loader is None:
        raise ImportError("this release of KeyBERT has no _mmr.py; install the one that is pinned")
    module = module_from_spec(spec)
    spec.loader.exec_module(module)
    return cast(Callable[..., list[tuple[str, float]]], module.mmr)
