"""Near films found through other near films: neighbours of neighbours, and films that list a film.

A film near to a near film is often near itself, whatever list it is in. So a search of few lists
and a comparison with some hundred such films find more than a search of many lists.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import TypeAlias

import faiss
import numpy as np
import pyarrow as pa

from pipeline.neighbours import faiss_internals
from pipeline.neighbours.all_films import OwnFilms, near_columns, near_table
from pipeline.neighbours.index import index_bytes
from pipeline.neighbours.ivf_stream import InvertedLists
from pipeline.schemas.stage import stage
from pipeline.schemas.vectors import Parts, parts_of

__all__ = ["CHANGED", "is_settled", "refine"]

# Number of near films that a refinement has replaced.
CHANGED = pa.schema([("changed", pa.int64())])

_ENOUGH = 0.01  # share of near films; a refinement that replaces fewer is the last

# Numbers of films in the run, positions of other films, and their cosines, each of shape (n,).
Found: TypeAlias = tuple[np.ndarray, np.ndarray, np.ndarray]

_STEPS = 10  # near films through which others are reached, and as many near ones of each
_BLOCK = 8_192  # films whose candidates are collected at a time
_BITS, _MASK = 32, 2**32 - 1  # of a pair of numbers in one integer


def is_settled(changed: int, films: int, count: int) -> bool:
    """Return whether so few near films were replaced that a further refinement finds few.

    Parameters
    ----------
    changed : int
        Near films replaced in the last refinement.
    films : int
        Films in the catalogue.
    count : int
        Near films of each.

    Examples
    --------
    >>> is_settled(900, films=10_000, count=10), is_settled(1_100, films=10_000, count=10)
    (True, False)
    """
    return changed < _ENOUGH * films * count


@stage(
    "near-refined",
    inputs=("own", "mine", "near", "index"),
    outputs=("near", "changed"),
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
        "near": NEAR of the films of the run, of no lower similarity than before. "changed":
        CHANGED, one row.

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
    pairs, more = _candidates(found, similarity[:, -1], near, films.first)
    more += _compare(films, lists, pairs, similarity[:, -1])
    del pairs
    near_now, similarity_now, changed = _merge(found, similarity, more)
    return {
        "near": near_table(near_now, similarity_now),
        "changed": pa.table([[changed]], schema=CHANGED),
    }


def _candidates(
    found: np.ndarray, last: np.ndarray, near: pa.Table | Parts, first: int
) -> tuple[np.ndarray, list[Found]]:
    """Return which films may be near, and which films that list a film are nearer than its last.

    Parameters
    ----------
    found : ndarray of shape (n_films, count), int32
        Positions of the films near to each film of the run; -1 for none.
    last : ndarray of shape (n_films,), float32
        Similarity of the last of them.
    near : Table or Parts
        NEAR of all films.
    first : int
        Position of the first film of the run.

    Returns
    -------
    pairs : ndarray of shape (n_pairs,), int64
        Position of a candidate times 2^32, plus the number of a film in the run; ascending.
    listing : list of Found
        Films that list a film, whose cosine is therefore known.
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
        film, cosine = positions[row, rank] - first, similarity[row, rank]
        nearer = cosine > last[film]
        listing.append((film[nearer], row[nearer] + at, cosine[nearer]))
        at += len(part)
    # not all of this memory is used: most candidates are reached more than once
    pairs = np.empty(len(found) * reached.shape[1] ** 2, np.int64)
    size = 0
    for start in range(0, len(found), _BLOCK):
        some = _pairs(found[start : start + _BLOCK], distinct, reached, first, start)
        pairs[size : size + len(some)] = some
        size += len(some)
    pairs = pairs[:size]
    pairs.sort()
    return pairs, listing


def _pairs(
    found: np.ndarray, distinct: np.ndarray, reached: np.ndarray, first: int, number: int
) -> np.ndarray:
    """Return the pairs of `_candidates` for some films; `number` is the first."""
    films = len(found)
    steps = found[:, : reached.shape[1]]
    through = np.where(steps >= 0, np.searchsorted(distinct, steps), len(distinct))
    own = np.arange(first + number, first + number + films)[:, None]
    # known films get even keys, which precede the odd one of the same film as a candidate
    known, others = np.hstack([found, own]), reached[through].reshape(films, -1)
    keys = np.hstack([known.astype(np.int64) * 2, others.astype(np.int64) * 2 + 1])
    keys.sort(axis=1)
    fresh = np.diff(keys >> 1, axis=1, prepend=-2) != 0
    film, column = np.nonzero(fresh & (keys & 1 == 1) & (keys >= 0))
    return ((keys[film, column] >> 1) << _BITS) | (film + number)


def _compare(
    films: OwnFilms, lists: InvertedLists, pairs: np.ndarray, last: np.ndarray
) -> Iterator[Found]:
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
    """
    ends = lists.ends
    borders = np.searchsorted(pairs, ends << _BITS)
    for number, _, codes in lists:
        some = pairs[borders[number] : borders[number + 1]]
        if not len(some):
            continue
        # by film, so that each film is decoded once
        some = ((some & _MASK) << _BITS) | ((some >> _BITS) - ends[number])
        some.sort()
        film, member = some >> _BITS, some & _MASK
        begins = np.diff(film, prepend=-1) != 0
        similarity = faiss_internals.paired_products(
            films.vectors(film[begins]), np.cumsum(begins) - 1, lists.vectors(number, codes), member
        )
        nearer = similarity > last[film]
        yield film[nearer], member[nearer] + ends[number], similarity[nearer]


def _merge(
    found: np.ndarray, similarity: np.ndarray, more: list[Found]
) -> tuple[np.ndarray, np.ndarray, int]:
    """Return the best of the films found before and of `more`, and how many are new.

    Returns
    -------
    near : ndarray of shape (n_films, count), int32
        Positions, best first.
    similarity : ndarray of shape (n_films, count), float32
        Cosines.
    changed : int
        Number of positions that are not in `found`.
    """
    count = found.shape[1]
    film, position, cosine = (np.concatenate(column) for column in zip(*more, strict=True))
    # a film that lists a film may be in its own list, or a candidate as well
    fresh = (found[film] != position[:, None]).all(axis=1)
    film, position, cosine = film[fresh], position[fresh], cosine[fresh]
    order = np.lexsort((-cosine, position, film))
    film, position, cosine = film[order], position[order], cosine[order]
    fresh = (np.diff(film, prepend=-1) != 0) | (np.diff(position, prepend=-1) != 0)
    film, position, cosine = film[fresh], position[fresh], cosine[fresh]
    order = np.lexsort((position, -cosine, film))
    film, position, cosine = film[order], position[order], cosine[order]
    rank = np.arange(len(film)) - np.searchsorted(film, np.arange(len(found)))[film]
    kept = rank < count
    film, rank, position, cosine = film[kept], rank[kept], position[kept], cosine[kept]
    near = np.concatenate([found, np.full_like(found, -1)], axis=1)
    values = np.concatenate([similarity, np.full_like(similarity, -np.inf)], axis=1)
    near[film, count + rank], values[film, count + rank] = position, cosine
    order = np.lexsort((near, -values), axis=1)[:, :count]
    near, values = (np.take_along_axis(columns, order, axis=1) for columns in (near, values))
    return near, values, int((order >= count).sum())
