"""An inverted file of FAISS that is made, kept and searched a few of its lists at a time.

No process need hold it whole. Its bytes are those that FAISS itself writes (`write_index` of an
IndexIVF: what is trained, then `ilar`, the lengths of the lists, and list by list its codes and row
numbers), cut into what is trained, the lengths, and pieces of whole lists.
"""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence
from itertools import pairwise
from typing import Any

import faiss
import numpy as np
import pyarrow as pa

from pipeline.schemas.vectors import Parts, matrix_of, parts_of

__all__ = ["CODES", "LENGTHS", "Lists", "code_films", "head", "lay_lists", "runs_of"]

# How many films each list has, in the order of the lists.
LENGTHS = pa.schema([("films", pa.int64())])

_RUN_BYTES = 2**26  # of the lists that are laid together
_PIECE_BYTES = 2**24  # of whole lists, unless one has more
_FULL, _SPARSE = b"full", b"sprs"  # how FAISS tells lengths: of all lists, or of those with films
_MARK, _NO_LISTS = b"ilar", 32  # bytes that FAISS writes for lists without films


def CODES(width: int) -> pa.Schema:  # noqa: N802 - a schema, as those of `tables`
    """Films as an inverted file keeps them: list and row numbers, and codes of `width` bytes."""
    return pa.schema([("list", pa.int32()), ("row", pa.int64()), ("code", pa.binary(width))])


def runs_of(trained: Any, films: int) -> list[tuple[int, int]]:
    """The lists cut into runs, (first, one past the last), of 64 MiB where lists are alike."""
    lists, width = int(trained.nlist), int(trained.code_size)
    runs = min(lists, max(1, math.ceil(films * (width + 8) / _RUN_BYTES)))
    ends = np.linspace(0, lists, runs + 1).round().astype(int).tolist()
    return list(pairwise(ends))


def code_films(
    embeddings: pa.Table | Parts, trained: Any, first: int, runs: list[tuple[int, int]]
) -> dict[str, pa.Table]:
    """Codes of films whose row numbers begin at `first`, by run of lists, ordered by list and row.

    Parameters
    ----------
    trained : FAISS's index without films. runs : see `runs_of`.

    Returns
    -------
    {"lengths": LENGTHS, "run00000": CODES, "run00001": CODES, ...}
    """
    lists, codes = [], []
    for part in parts_of(embeddings):
        vectors = matrix_of(part)
        own = trained.quantizer.assign(vectors, 1)[:, 0]
        made = np.empty((len(vectors), trained.code_size), np.uint8)
        trained.encode_vectors(len(vectors), *map(faiss.swig_ptr, (vectors, own, made)))
        lists.append(own)
        codes.append(made)
    number, code = _joined(lists), _joined(codes)
    del lists, codes
    order = np.argsort(number, kind="stable")
    ends = np.searchsorted(number[order], np.arange(trained.nlist + 1))
    schema = CODES(trained.code_size)
    told = {"lengths": pa.table([np.diff(ends)], schema=LENGTHS)}
    for place, (start, stop) in enumerate(runs):
        rows = order[ends[start] : ends[stop]]
        columns = [
            pa.array(number[rows], pa.int32()),
            pa.array(rows + first, pa.int64()),
            pa.Array.from_buffers(
                schema.field("code").type, len(rows), [None, pa.py_buffer(code[rows])]
            ),
        ]
        told[f"run{place:05d}"] = pa.table(columns, schema=schema)
    return told


def head(trained: Any, lengths: np.ndarray) -> list[bytes]:
    """The first two pieces: what is trained, and how many films each list has, (lists,)."""
    trained.ntotal = int(lengths.sum())
    told = faiss.serialize_index(trained).tobytes()[:-_NO_LISTS]
    trained.ntotal = 0
    held = np.flatnonzero(lengths)
    if len(held) > trained.nlist // 2:
        how, numbers = _FULL, lengths
    else:
        how, numbers = _SPARSE, np.stack([held, lengths[held]], axis=1)
    sizes = np.array([trained.nlist, trained.code_size], np.uint64)
    values = np.concatenate([[numbers.size], numbers.ravel()]).astype(np.uint64)
    return [told, _MARK + sizes.tobytes() + how + values.tobytes()]


def lay_lists(codes: pa.Table | Parts) -> list[bytearray]:
    """The pieces of a run of lists: films of CODES gathered by list, in each by row number."""
    parts = [(*_numbers(part), _codes(part)) for part in parts_of(codes)]
    number, row, code = map(_joined, zip(*parts, strict=True))
    del parts
    order = np.lexsort((row, number))
    starts = np.flatnonzero(np.diff(number[order], prepend=-1)).tolist()
    laid: list[bytearray] = []
    for start, stop in pairwise([*starts, len(order)]):
        films = order[start:stop]
        if not laid or len(laid[-1]) + len(films) * (code.shape[1] + 8) > _PIECE_BYTES:
            laid.append(bytearray())
        laid[-1] += code[films].tobytes()
        laid[-1] += row[films].tobytes()
    return laid


def _joined(found: Sequence[np.ndarray]) -> np.ndarray:
    """One below the other; a single one as it is."""
    return found[0] if len(found) == 1 else np.concatenate(found)


def _numbers(codes: pa.Table) -> tuple[np.ndarray, np.ndarray]:
    return codes.column("list").to_numpy(), codes.column("row").to_numpy()


def _codes(codes: pa.Table) -> np.ndarray:
    """The column of codes as bytes, (films, width)."""
    column = codes.column("code").combine_chunks()
    width = column.type.byte_width
    if not len(column):
        return np.empty((0, width), np.uint8)
    raw = np.frombuffer(column.buffers()[1], np.uint8)
    return raw[column.offset * width :][: len(column) * width].reshape(len(column), width)


class Lists:
    """An inverted file that comes in pieces, to go through once, list by list.

    `trained` is FAISS's index without films, `lengths` (lists,) how many each list has, and
    `bytes_each` what a film takes of a list.
    """

    def __init__(self, pieces: Iterator[memoryview]) -> None:
        told, sizes = next(pieces), next(pieces)
        count, width = np.frombuffer(sizes[4:20], np.uint64).tolist()
        none = _MARK + bytes(sizes[4:20]) + _SPARSE + bytes(8)
        self.trained: Any = faiss.deserialize_index(np.frombuffer(bytes(told) + none, np.uint8))
        values = np.frombuffer(sizes[32:], np.uint64).astype(np.int64)
        self.lengths = np.zeros(count, np.int64)
        if bytes(sizes[20:24]) == _FULL:
            self.lengths[:] = values
        else:
            self.lengths[values[::2]] = values[1::2]
        self.bytes_each = width + 8
        self._width, self._pieces = width, pieces

    def __iter__(self) -> Iterator[tuple[int, np.ndarray, np.ndarray]]:
        """Of each list with films, once: its number, row numbers (films,), and codes as bytes."""
        rest = memoryview(b"")
        for number in np.flatnonzero(self.lengths).tolist():
            films = int(self.lengths[number])
            while not rest:
                rest = next(self._pieces)
            cut, end = films * self._width, films * self.bytes_each
            codes = np.frombuffer(rest[:cut], np.uint8)
            yield number, np.frombuffer(rest[cut:end], np.int64), codes
            rest = rest[end:]

    def vectors(self, number: int, codes: np.ndarray) -> np.ndarray:
        """The codes of films of one list as vectors, (films, dim), float32."""
        films = len(codes) // self._width
        found = np.empty((films, self.trained.d), np.float32)
        numbers = np.full(films, number)
        self.trained.decode_vectors(films, *map(faiss.swig_ptr, (codes, numbers, found)))
        return found
