"""An inverted file of FAISS that is built, stored and searched some lists at a time.

The whole file is never in memory. Its bytes are the same as FAISS writes for an `IndexIVF` (see
`faiss_internals`), cut into pieces: the trained part, the lengths of the lists, and whole lists.
"""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence
from itertools import pairwise
from typing import Any

import numpy as np
import pyarrow as pa

from pipeline.neighbours import faiss_internals
from pipeline.neighbours.coarse import ListFinder
from pipeline.neighbours.faiss_internals import ROW_NUMBER_BYTES
from pipeline.schemas.vectors import Parts, matrix_of, parts_of

__all__ = [
    "CODES",
    "LENGTHS",
    "ROWS",
    "InvertedLists",
    "cut_into_runs",
    "encode_films",
    "fixed_bytes",
    "header_pieces",
    "list_pieces",
    "run_bounds",
]

# Number of films in each list, in the order of the lists.
LENGTHS = pa.schema([("films", pa.int64())])

# Row number of each film, in the order of the lists.
ROWS = pa.schema([("row", pa.int64())])

_RUN_BYTES = 2**26  # of the lists that one call of `list_pieces` writes
_FEWEST_RUNS = 8  # for as many workers
_PIECE_BYTES = 2**24  # of a piece of whole lists, unless a single list has more


def CODES(width: int) -> pa.Schema:  # noqa: N802 - a schema with a parameter, like those of schemas
    """Return the schema of encoded films: list number, row number, code of `width` bytes."""
    return pa.schema([("list", pa.int32()), ("row", pa.int64()), ("code", pa.binary(width))])


def cut_into_runs(trained: Any, films: int) -> list[tuple[int, int]]:
    """Cut the lists into runs of at most about 64 MiB, at least eight of them.

    Parameters
    ----------
    trained : IndexIVF
        The trained index.
    films : int
        Number of films in all lists.

    Returns
    -------
    list of (int, int)
        First list of each run, and one past its last.
    """
    lists, width = int(trained.nlist), int(trained.code_size)
    size = films * (width + ROW_NUMBER_BYTES)
    runs = min(lists, max(_FEWEST_RUNS, math.ceil(size / _RUN_BYTES)))
    return run_bounds(lists, runs)


def run_bounds(lists: int, runs: int) -> list[tuple[int, int]]:
    """Return the first list of each of `runs` runs of equal length, and one past its last.

    Examples
    --------
    >>> run_bounds(5, 2)
    [(0, 2), (2, 5)]
    """
    return list(pairwise(np.linspace(0, lists, runs + 1).round().astype(int).tolist()))


def encode_films(
    embeddings: pa.Table | Parts, trained: Any, first: int, runs: list[tuple[int, int]]
) -> dict[str, pa.Table]:
    """Encode films, and sort their codes by run, list and row.

    Parameters
    ----------
    embeddings : Table or Parts
        EMBEDDINGS of the films.
    trained : IndexIVF
        The trained index, without films.
    first : int
        Row number of the first film.
    runs : list of (int, int)
        See `cut_into_runs`.

    Returns
    -------
    dict of str to Table
        "lengths": LENGTHS of these films. "run00000", "run00001", ...: CODES.
    """
    lists, codes = [], []
    finder = ListFinder(trained)
    for part in parts_of(embeddings):
        vectors = matrix_of(part)
        own = finder.nearest(vectors, 1)[:, 0]
        lists.append(own)
        codes.append(faiss_internals.encode_vectors(trained, vectors, own))
    number, code = _concatenate(lists), _concatenate(codes)
    del lists, codes
    order = np.argsort(number, kind="stable")
    ends = np.searchsorted(number[order], np.arange(trained.nlist + 1))
    schema = CODES(trained.code_size)
    tables = {"lengths": pa.table([np.diff(ends)], schema=LENGTHS)}
    for run, (start, stop) in enumerate(runs):
        rows = order[ends[start] : ends[stop]]
        columns = [
            pa.array(number[rows], pa.int32()),
            pa.array(rows + first, pa.int64()),
            pa.Array.from_buffers(
                schema.field("code").type, len(rows), [None, pa.py_buffer(code[rows])]
            ),
        ]
        tables[f"run{run:05d}"] = pa.table(columns, schema=schema)
    return tables


def header_pieces(trained: Any, lengths: np.ndarray) -> list[bytes]:
    """Return the first two pieces: the trained part, and the lengths of the lists.

    Parameters
    ----------
    trained : IndexIVF
        The trained index, without films.
    lengths : ndarray of shape (n_lists,), int64
        Number of films in each list.
    """
    return list(faiss_internals.write_header(trained, lengths))


def list_pieces(codes: pa.Table | Parts) -> tuple[list[bytearray], pa.Table]:
    """Return the pieces of a run of lists, and the row numbers of their films.

    Parameters
    ----------
    codes : Table or Parts
        CODES of all films of the run, in any order. In a list, films are sorted by row number.

    Returns
    -------
    pieces : list of bytearray
        Whole lists, one after the other.
    rows : Table
        ROWS of the run.
    """
    parts = [(*_list_and_row(part), fixed_bytes(part)) for part in parts_of(codes)]
    number, row, code = map(_concatenate, zip(*parts, strict=True))
    del parts
    order = np.lexsort((row, number))
    starts = np.flatnonzero(np.diff(number[order], prepend=-1)).tolist()
    pieces: list[bytearray] = []
    for start, stop in pairwise([*starts, len(order)]):
        films = order[start:stop]
        size = len(films) * (code.shape[1] + ROW_NUMBER_BYTES)
        if not pieces or len(pieces[-1]) + size > _PIECE_BYTES:
            pieces.append(bytearray())
        pieces[-1] += faiss_internals.encode_list(code[films], row[films])
    return pieces, pa.table([row[order]], schema=ROWS)


def _concatenate(arrays: Sequence[np.ndarray]) -> np.ndarray:
    """Concatenate arrays; a single one is returned without a copy."""
    return arrays[0] if len(arrays) == 1 else np.concatenate(arrays)


def _list_and_row(codes: pa.Table) -> tuple[np.ndarray, np.ndarray]:
    return codes.column("list").to_numpy(), codes.column("row").to_numpy()


def fixed_bytes(table: pa.Table, name: str = "code") -> np.ndarray:
    """Return a column of binary values of one width, (n_rows, width) uint8."""
    column = table.column(name).combine_chunks()
    width = column.type.byte_width
    if not len(column):
        return np.empty((0, width), np.uint8)
    raw = np.frombuffer(column.buffers()[1], np.uint8)
    return raw[column.offset * width :][: len(column) * width].reshape(len(column), width)


class InvertedLists:
    """An inverted file in pieces, read once, list by list.

    Parameters
    ----------
    pieces : iterator of memoryview
        The pieces of `header_pieces`, then those of `list_pieces` for each run.

    Attributes
    ----------
    trained : IndexIVF
        The trained index, without films.
    lengths : ndarray of shape (n_lists,), int64
        Number of films in each list.
    bytes_per_film : int
        Bytes of a film in a list: its code and its row number.
    """

    def __init__(self, pieces: Iterator[memoryview]) -> None:
        self.trained, self.lengths = faiss_internals.read_lengths(next(pieces), next(pieces))
        self._width, self._pieces = int(self.trained.code_size), pieces
        self.bytes_per_film = self._width + ROW_NUMBER_BYTES

    @property
    def ends(self) -> np.ndarray:
        """Position of the first film of each list, and one past the last, (n_lists + 1,) int64.

        The position of a film is its number in the order of the lists.
        """
        return np.concatenate([[0], np.cumsum(self.lengths)])

    def __iter__(self) -> Iterator[tuple[int, np.ndarray, np.ndarray]]:
        """Yield each list that is not empty; see `read`."""
        return self.read(self._pieces, 0, len(self.lengths))

    def read(
        self, pieces: Iterator[memoryview], start: int, stop: int
    ) -> Iterator[tuple[int, np.ndarray, np.ndarray]]:
        """Yield each list of a run that is not empty.

        Parameters
        ----------
        pieces : iterator of memoryview
            The pieces of `list_pieces` for the lists from `start` to before `stop`.
        start, stop : int
            Numbers of lists.

        Yields
        ------
        number : int
            Number of the list.
        rows : ndarray of shape (n_films,), int64
            Row numbers of its films.
        codes : ndarray of shape (n_films * code_size,), uint8
            Codes one after the other.
        """
        rest = memoryview(b"")
        for number in (np.flatnonzero(self.lengths[start:stop]) + start).tolist():
            while not rest:
                rest = next(pieces)
            rows, codes, rest = faiss_internals.split_list(
                rest, int(self.lengths[number]), self._width
            )
            yield number, rows, codes

    def vectors(self, number: int, codes: np.ndarray) -> np.ndarray:
        """Decode codes of list `number`, (n_films, dim) float32."""
        return self.decode(codes, np.full(len(codes) // self._width, number))

    def decode(self, codes: np.ndarray, lists: np.ndarray) -> np.ndarray:
        """Decode codes (uint8) of `lists` (n_films,) int64; return (n_films, dim) float32."""
        return faiss_internals.decode_vectors(self.trained, codes, lists)
