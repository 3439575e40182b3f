"""Which files share one numbering of films: an id is unique in its file, not in the world.

Two files share their numbering if most of the ids that both have stand for films with the same
title, or with the same year where titles are translated. Ids of TMDB and IMDb in columns of their
own are two more numberings. "007" and "7" are two ids where one file has both; otherwise they are
one, since spreadsheets drop the zeros of the ids of IMDb.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from itertools import combinations

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc

from pipeline.ingest.evidence import Description, contradicts
from pipeline.ingest.spool import Hashes, Numbers, RowSpool, RowValues, hash_texts

__all__ = ["Numberings", "agreement", "find_numberings", "hash_numbers", "part_leading_zeros"]

_MOST = 0.5
_SHOWN_PAIRS = 2_000  # pairs of rows that decide over two files
_TEXT_PAIRS = 60  # pairs of rows whose texts are compared
_ZEROS = r"^0[0-9]"
_FILES_OF_ID = 40  # files of one id that are compared with one another


@dataclass(frozen=True)
class Numberings:
    """Entries of rows in numberings: a row has one for each of its ids.

    Attributes
    ----------
    row : ndarray, int64
        Number of the row of each entry.
    numbering : ndarray, int32
        Number of the numbering of each entry.
    key : ndarray, uint64
        Hash of the id in the numbering.
    of_code : ndarray of shape (n_files + 2,), int32
        Numbering of each file, of the ids of TMDB, and of those of IMDb.
    independent : dict of (int, int) to int
        Pairs of files that share ids but not their numbering -> number of these ids.
    """

    row: Numbers
    numbering: npt.NDArray[np.int32]
    key: Hashes
    of_code: npt.NDArray[np.int32]
    independent: dict[tuple[int, int], int]


def find_numberings(
    spool: RowSpool,
    values: RowValues,
    order: Hashes,
    describe_rows: Callable[[Numbers], dict[int, Description]],
) -> Numberings:
    """Decide which files share a numbering.

    Parameters
    ----------
    spool : RowSpool
        The rows.
    values : RowValues
        Their numbers.
    order : ndarray of shape (n_rows,), uint64
        A number of each row that does not depend on the order of rows and files.
    describe_rows : callable
        Gives descriptions of some rows, for files whose ids agree in year but not in title.
    """
    files = len(spool.files)
    tmdb, imdb = files, files + 1
    own_rows, tmdb_rows, imdb_rows = (
        np.flatnonzero(column) for column in (values.own, values.tmdb, values.imdb)
    )
    row = np.concatenate([own_rows, tmdb_rows, imdb_rows])
    code = np.concatenate(
        [
            values.file[own_rows],
            np.full(len(tmdb_rows), tmdb, np.int32),
            np.full(len(imdb_rows), imdb, np.int32),
        ]
    )
    key = np.concatenate(
        [
            values.own[own_rows],
            hash_numbers(values.tmdb[tmdb_rows]),
            hash_numbers(values.imdb[imdb_rows]),
        ]
    )
    root = np.arange(files + 2, dtype=np.int32)
    independent: dict[tuple[int, int], int] = {}
    if len(np.unique(code)) > 1:
        for (a, b), (first, second) in _shared_ids(row, code, key, order).items():
            if _share_numbering(spool, values, first, second, describe_rows):
                root[root == root[b]] = root[a]
            elif max(a, b) < files:
                independent[a, b] = len(first)
    # a pair may share its numbering by way of a third file
    independent = {pair: n for pair, n in independent.items() if root[pair[0]] != root[pair[1]]}
    return Numberings(row, root[code], key, root, independent)


def hash_numbers(numbers: Numbers) -> Hashes:
    """Return the hashes that ids written as these numbers have."""
    return hash_texts(pa.array(numbers).cast(pa.string()))


def _shared_ids(
    row: Numbers, code: npt.NDArray[np.int32], key: Hashes, order: Hashes
) -> dict[tuple[int, int], tuple[Numbers, Numbers]]:
    """Pairs of numberings -> a row of each, for every id that both have."""
    sorted_at = np.lexsort((order[row], code, key))
    row, code, key = row[sorted_at], code[sorted_at], key[sorted_at]
    first = np.ones(len(key), bool)  # one row of an id in a file
    first[1:] = (key[1:] != key[:-1]) | (code[1:] != code[:-1])
    row, code, key = row[first], code[first], key[first]
    starts = np.flatnonzero(np.r_[True, key[1:] != key[:-1]])
    sizes = np.diff(np.r_[starts, len(key)])
    found: dict[tuple[int, int], list[tuple[Numbers, Numbers]]] = defaultdict(list)
    for size in np.unique(sizes[sizes > 1]):
        at = starts[sizes == size]
        for i, j in combinations(range(min(int(size), _FILES_OF_ID)), 2):
            _add_pairs(found, code[at + i], code[at + j], row[at + i], row[at + j])
    return {
        pair: (np.concatenate([p[0] for p in parts]), np.concatenate([p[1] for p in parts]))
        for pair, parts in sorted(found.items())
    }


def _add_pairs(
    found: dict[tuple[int, int], list[tuple[Numbers, Numbers]]],
    code_one: npt.NDArray[np.int32],
    code_two: npt.NDArray[np.int32],
    row_one: Numbers,
    row_two: Numbers,
) -> None:
    pairs = code_one.astype(np.int64) << 32 | code_two
    order = np.argsort(pairs, kind="stable")
    names, starts = np.unique(pairs[order], return_index=True)
    for pair, at in zip(names, np.split(order, starts[1:]), strict=True):
        found[int(pair) >> 32, int(pair) & 0xFFFFFFFF].append((row_one[at], row_two[at]))


def _share_numbering(
    spool: RowSpool,
    values: RowValues,
    first: Numbers,
    second: Numbers,
    describe_rows: Callable[[Numbers], dict[int, Description]],
) -> bool:
    """Whether rows of the same id in two files are of the same films, mostly."""
    apart = first != second
    if not apart.any():  # a column `tmdb_id` beside the same `id`
        return True
    first, second = first[apart], second[apart]
    if len(first) > _SHOWN_PAIRS:  # evenly over the hashes of the ids
        at = np.linspace(0, len(first) - 1, _SHOWN_PAIRS).astype(np.int64)
        first, second = first[at], second[at]
    imdb = agreement(values.imdb[first], values.imdb[second])
    if imdb is not None:
        return imdb >= _MOST
    rows = np.unique(np.r_[first, second])
    titles = spool.titles(rows)
    of_row = np.searchsorted(rows, first), np.searchsorted(rows, second)
    title = agreement(titles[of_row[0]], titles[of_row[1]])
    if title is not None and title >= _MOST:
        return True
    years = values.year[first], values.year[second]
    year = agreement(*years)
    if year is None or year <= _MOST:
        return False
    chance = _chance(values, first, second)
    if chance >= 1 or (year - chance) / (1 - chance) < _MOST:
        return False
    # years agree, titles do not: translated titles, or a chance; the texts decide
    agreeing = np.flatnonzero((years[0] == years[1]) & (years[0] != 0))[:_TEXT_PAIRS]
    found = describe_rows(np.unique(np.r_[first[agreeing], second[agreeing]]))
    against = [contradicts(found[int(first[n])], found[int(second[n])]) for n in agreeing]
    return sum(against) < _MOST * len(against)


def agreement(one: npt.NDArray[np.generic], two: npt.NDArray[np.generic]) -> float | None:
    """Return the share of equal values where both are known (not 0); None if none are."""
    known = (one != 0) & (two != 0)
    return float(np.mean(one[known] == two[known])) if known.any() else None


def _chance(values: RowValues, first: Numbers, second: Numbers) -> float:
    """Share of pairs of rows that have the same year by chance, one of each file."""
    shares = []
    for rows in (first, second):
        years = values.year[np.isin(values.file, np.unique(values.file[rows]))]
        years = years[years > 0]
        shares.append(np.bincount(years, minlength=4_000)[:4_000] / max(1, len(years)))
    return float(shares[0] @ shares[1])


def part_leading_zeros(spools: Sequence[RowSpool]) -> list[RowValues]:
    """Return the numbers of the rows of spools; ids with and without zeros differ where both are.

    Parameters
    ----------
    spools : sequence of RowSpool
        Rows of films, and of side tables.
    """
    ids = [pa.chunked_array(spool.ids, pa.string()) for spool in spools]
    values = [spool.values() for spool in spools if len(spool)]
    if not any(_has_zeros(texts) for texts in ids):
        return values
    as_read = [hash_texts(texts) for texts in ids if len(texts)]
    several = [_several(own, raw) for own, raw in zip(values, as_read, strict=True)]
    keys = np.unique(np.concatenate(several))
    return [
        replace(own, own=np.where(np.isin(own.own, keys) & (own.own != 0), raw, own.own))
        for own, raw in zip(values, as_read, strict=True)
    ]


def _has_zeros(ids: pa.ChunkedArray) -> bool:
    found = pc.any(pc.match_substring_regex(ids, _ZEROS)).as_py() if len(ids) else False
    return bool(found)


def _several(values: RowValues, raw: Hashes) -> Hashes:
    """Keys that a file writes in several ways."""
    order = np.lexsort((raw, values.own, values.file))
    file, own, raw = values.file[order], values.own[order], raw[order]
    same_id = (file[1:] == file[:-1]) & (own[1:] == own[:-1]) & (own[1:] != 0)
    return np.unique(own[1:][same_id & (raw[1:] != raw[:-1])])
