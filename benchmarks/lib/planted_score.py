"""How well found clusters agree with the planted micro-genres of synthetic films."""

from __future__ import annotations

import numpy as np
import pyarrow as pa

from benchmarks.lib.films import NOISE
from benchmarks.lib.harness import Row

__all__ = ["score", "score_found", "score_topics"]


def score(planted: np.ndarray, found: np.ndarray) -> Row:
    """Compare two clusterings of the films that are not noise.

    Parameters
    ----------
    planted, found : ndarray of shape (n_films,), int
        Planted micro-genre and found cluster of each film; NOISE for a film without micro-genre.

    Returns
    -------
    dict of str to Any
        "ami", at most 1, and "noise_films".

    Notes
    -----
    Adjusted mutual information: Vinh, Epps and Bailey, JMLR 11 (2010).
    """
    from sklearn.metrics import adjusted_mutual_info_score

    clear = planted != NOISE
    return {
        "ami": float(adjusted_mutual_info_score(planted[clear], found[clear])),
        "noise_films": int((~clear).sum()),
    }


def score_found(planted: np.ndarray, topics: np.ndarray) -> Row:
    """Compare topics that leave films out, as density-based clusterings do.

    Parameters
    ----------
    planted : ndarray of shape (n_films,), int
        Planted micro-genre of each film; NOISE for none.
    topics : ndarray of shape (n_films,), int
        Topic of each film; negative for none.

    Returns
    -------
    dict of str to Any
        "ami", where films without a topic count as one more topic; "ami_of_placed", of the films
        with a topic alone, None if there are none; "planted", the number of micro-genres.
    """
    placed = topics >= 0
    return {
        "ami": score(planted, np.maximum(topics, -1))["ami"],
        "ami_of_placed": score(planted[placed], topics[placed])["ami"] if placed.any() else None,
        "planted": len(np.unique(planted[planted != NOISE])),
    }


def score_topics(truth: pa.Table, movie_ids: pa.ChunkedArray, topics: np.ndarray) -> Row:
    """Return `score_found` for films by their ids.

    Parameters
    ----------
    truth : Table of TRUTH
        Planted micro-genres.
    movie_ids : ChunkedArray of string, n_films
        Films with a topic or without one.
    topics : ndarray of shape (n_films,), int
        Topic of each film; negative for none.
    """
    found = pa.table({"movie_id": movie_ids, "topic": pa.array(topics, pa.int64())})
    joined = found.join(truth.select(["movie_id", "micro_genre"]), "movie_id", join_type="inner")
    return score_found(joined["micro_genre"].to_numpy(), joined["topic"].to_numpy())
