"""Near films found through other near films: neighbours of neighbours, and films that list a film.

A film near to a near film is often near itself, whatever list it is in. So a search of few lists
and a comparison with some hundred such films find more than a search of many lists.
"""

from __future__ import annotations

from collections.abc import Iterator

import faiss
import numpy as np
import pyarrow as pa

from pipeline.neighbours import faiss_internals
from pipeline.neighbours.all_films import OwnFilms, near_columns, near_table
from pipeline.neighbours.index import index_bytes
from pipeline.neighbours.ivf_stream import InvertedLists
from pipeline.schemas.stage import stage
from pipeline.schemas.vectors import Parts, parts_of

__all__ = ["refine"]

_STEPS = 10  # near films through which others are reached
_LISTING = 10  # films that list a film, and are compared with it, the nearest
_BLOCK = 8_192  # films whose candidates are collected at a time
_FILM_BITS = 32  # of a pair (candidate, film) in one integer


@stage(
    "near-refined",
    inputs=("own", "mine", "near", "index"),
    outputs=("near",),
    streamed=("own", "near", "index"),
)
def refine(
    own: pa.Table | Parts,
    mine: pa.Table,
    near: pa.Table | Parts,
    index: pa.Table | Parts,
    start: int,
    stop: int,
) -> dict[str, pa.Table]:
    """Compare each film of a run of lists with films near to its near films.

    Parameters
    ----------
    own : Table or Parts
        `index.INDEX` of the lists from `start` to before `stop`.
    mine : Table
        `all_films.NEAR` of their films.
    near : Table or Parts
        NEAR of all films, in the order of the lists.
    index : Table or Parts
        `index.INDEX` of the whole inverted file.
    start, stop : int
        Numbers of lists.

    Returns
    -------
    dict of str to Table
        "near": NEAR of the films of the run, of no lower similarity than before.

    Notes
    -----
    One round of NN-descent with all candidates: Dong, Moses and Li 2011, "Efficient k-nearest
    neighbor graph construction for generic similarity measures", WWW.
    https://doi.org/10.1145/1963405.1963487
    """
    faiss.omp_set_num_threads(1)
    lists = InvertedLists(index_bytes(index))
    films = OwnFilms.read(lists, own, start, stop)
    found, similarity = near_columns(mine)
    pairs = _candidates(found, near, films.first)
    more = list(_compare(films, lists, pairs, similarity[:, -1]))
    del pairs
    return {"near": near_table(*_merge(found, similarity, more))}


def _candidates(found: np.ndarray, near: pa.Table | Parts, first: int) -> np.ndarray:
    """Return the pairs of a film and another one that may be near, sorted by the other's position.

    Parameters
    ----------
    found : ndarray of shape (n_films, count), int32
        Positions of the films near to each film of the run; -1 for none.
    near : Table or Parts
        NEAR of all films.
    first : int
        Position of the first film of the run.

    Returns
    -------
    ndarray of shape (n_pairs,), int64
        Position of the candidate times 2^32, plus the number of the film in the run.
    """
    distinct = np.unique(found)
    distinct = distinct[distinct >= 0]
    # the last row is for films that are not found
    reached = np.full((len(distinct) + 1, min(_STEPS, found.shape[1])), -1, np.int32)
    listing = []
    at = 0
    for part in parts_of(near):
        positions, similarity = near_columns(part)
        start, stop = np.searchsorted(distinct, [at, at + len(part)])
        reached[start:stop] = positions[distinct[start:stop] - at, : reached.shape[1]]
        row, rank = np.nonzero((positions >= first) & (positions < first + len(found)))
        listing.append((positions[row, rank] - first, similarity[row, rank], row + at))
        at += len(part)
    back = _nearest_listing(listing, len(found))
    del listing
    blocks = [
        _pairs(found[block], distinct, reached, back[block], first, block.start)
        for block in (slice(at, at + _BLOCK) for at in range(0, len(found), _BLOCK))
    ]
    pairs = np.concatenate(blocks) if blocks else np.empty(0, np.int64)
    pairs.sort()
    return pairs


def _nearest_listing(
    listing: list[tuple[np.ndarray, np.ndarray, np.ndarray]], films: int
) -> np.ndarray:
    """Return the nearest films that list each film of the run, (films, _LISTING) int32."""
    film, similarity, position = (np.concatenate(column) for column in zip(*listing, strict=True))
    order = np.lexsort((position, -similarity, film))
    film, position = film[order], position[order]
    starts = np.searchsorted(film, np.arange(films))
    rank = np.arange(len(film)) - starts[film]
    back = np.full((films, _LISTING), -1, np.int32)
    kept = rank < _LISTING
    back[film[kept], rank[kept]] = position[kept]
    return back


def _pairs(
    found: np.ndarray,
    distinct: np.ndarray,
    reached: np.ndarray,
    back: np.ndarray,
    first: int,
    number: int,
) -> np.ndarray:
    """Return the pairs of `_candidates` for some films, of which `number` is the first."""
    films = len(found)
    through = np.where(found >= 0, np.searchsorted(distinct, found), len(distinct))
    others = reached[through].reshape(films, -1)
    own = np.arange(first + number, first + number + films, dtype=np.int64)[:, None]
    # known films get even keys, which precede the odd one of the same film as a candidate
    known = np.hstack([found, own]).astype(np.int64) * 2
    keys = np.hstack([known, np.hstack([others, back]).astype(np.int64) * 2 + 1])
    keys.sort(axis=1)
    fresh = np.diff(keys >> 1, axis=1, prepend=-2) != 0
    film, column = np.nonzero(fresh & (keys & 1 == 1) & (keys >= 0))
    candidates = keys[film, column] >> 1
    return (candidates << _FILM_BITS) | (film + number)


def _compare(
    films: OwnFilms, lists: InvertedLists, pairs: np.ndarray, last: np.ndarray
) -> Iterator[tuple[np.ndarray, np.ndarray, np.ndarray]]:
    """Yield, list by list, the pairs that are nearer than the last film found so far.

    Parameters
    ----------
    films : OwnFilms
        The films of the run.
    lists : InvertedLists
        All lists; read once.
    pairs : ndarray of shape (n_pairs,), int64
        See `_candidates`.
    last : ndarray of shape (n_films,), float32
        Similarity of the last near film of each film of the run.

    Yields
    ------
    film, candidate : ndarray of shape (n,), int64
        Number of the film in the run, and position of the candidate.
    similarity : ndarray of shape (n,), float32
        Their cosine.
    """
    ends = lists.ends
    borders = np.searchsorted(pairs, ends << _FILM_BITS)
    mask = (1 << _FILM_BITS) - 1
    for number, _, codes in lists:
        some = pairs[borders[number] : borders[number + 1]]
        if not len(some):
            continue
        film, candidate = some & mask, some >> _FILM_BITS
        distinct, which = np.unique(film, return_inverse=True)
        similarity = faiss_internals.paired_products(
            films.vectors(distinct), which, lists.vectors(number, codes), candidate - ends[number]
        )
        nearer = similarity > last[film]
        yield film[nearer], candidate[nearer], similarity[nearer]


def _merge(
    found: np.ndarray,
    similarity: np.ndarray,
    more: list[tuple[np.ndarray, np.ndarray, np.ndarray]],
) -> tuple[np.ndarray, np.ndarray]:
    """Return the best of the films found before and of those of `_compare`, in the same shape."""
    if not more:
        return found, similarity
    count = found.shape[1]
    film, candidate, cosine = (np.concatenate(column) for column in zip(*more, strict=True))
    order = np.lexsort((candidate, -cosine, film))
    film, candidate, cosine = film[order], candidate[order], cosine[order]
    rank = np.arange(len(film)) - np.searchsorted(film, np.arange(len(found)))[film]
    kept = rank < count
    film, rank, candidate, cosine = film[kept], rank[kept], candidate[kept], cosine[kept]
    near = np.concatenate([found, np.full_like(found, -1)], axis=1)
    values = np.concatenate([similarity, np.full_like(similarity, -np.inf)], axis=1)
    near[film, count + rank], values[film, count + rank] = candidate, cosine
    order = np.lexsort((near, -values), axis=1)[:, :count]
    return np.take_along_axis(near, order, axis=1), np.take_along_axis(values, order, axis=1)
