"""An inverted file of a release with some films replaced, without training it again.

The lists are read from the file and written some at a time. A film that stays keeps its code, and
gets the row number that it has now. New codes are those of the trained part of the release, so the
index is the one that it would be if all films were encoded again with this part.
"""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import faiss
import numpy as np
import pyarrow as pa

from pipeline.fileio.external_sort import StreamedTable
from pipeline.neighbours import faiss_internals, ivf_stream
from pipeline.neighbours.faiss_internals import ROW_NUMBER_BYTES
from pipeline.neighbours.index import INDEX, IVF_CODECS
from pipeline.neighbours.ivf_stream import InvertedLists

__all__ = ["edit_index", "inverted_file_kind"]

_PIECE_BYTES = 2**24  # of whole lists that are read or written at a time
_MARK = b"ilar"  # begins what precedes the lists, see `faiss_internals`
_LENGTHS_BYTES = 32  # before the lengths: mark, sizes, form, count


def inverted_file_kind(path: Path) -> str | None:
    """Return "ivf" or "ivf-sq8" for a file of an inverted file; None for another index.

    Parameters
    ----------
    path : Path
        A file of `faiss.write_index`.
    """
    index: Any = faiss.read_index(str(path), faiss.IO_FLAG_MMAP)
    if not isinstance(index, faiss.IndexIVF):
        return None
    floats = index.code_size == 4 * index.d
    return next(kind for kind, codec in IVF_CODECS.items() if (codec == "Flat") == floats)


def edit_index(
    path: Path, kind: str, new_rows: np.ndarray, embeddings: pa.Table, rows: np.ndarray
) -> StreamedTable:
    """Return the index of a release with other films.

    Parameters
    ----------
    path : Path
        "index.faiss" of the release, an inverted file.
    kind : {"ivf", "ivf-sq8"}
        Kind of the index.
    new_rows : ndarray of shape (n_before,), int64
        Row number that each film of the index has now, by its row number of before; -1 for films
        that leave the index or have another vector.
    embeddings : pa.Table
        EMBEDDINGS of the films with a new vector.
    rows : ndarray of shape (n_new,), int64
        Row numbers of these, in their order.

    Returns
    -------
    StreamedTable
        INDEX, whose parts are computed in each iteration: at most some MiB are in memory.
    """
    lists = InvertedLists(_pieces(path))
    whole = [(0, len(lists.lengths))]
    codes = ivf_stream.encode_films(embeddings, lists.trained, 0, whole)["run00000"]
    number = codes.column("list").to_numpy()
    row = rows[codes.column("row").to_numpy()]
    width = int(lists.trained.code_size)
    code = np.frombuffer(b"".join(codes.column("code").to_pylist()), np.uint8).reshape(-1, width)
    starts = np.searchsorted(number, np.arange(len(lists.lengths) + 1))
    lengths = np.diff(starts)
    for own, old_rows, _ in lists:
        lengths[own] += int((new_rows[old_rows] >= 0).sum())

    def parts() -> Iterator[pa.Table]:
        before = InvertedLists(_pieces(path))
        head = ivf_stream.header_pieces(before.trained, lengths)
        yield _table(kind, head)
        piece = bytearray()
        for own, old_rows, old in _all_lists(before):
            kept = new_rows[old_rows]
            stays = np.flatnonzero(kept >= 0)
            added = slice(starts[own], starts[own + 1])
            all_rows = np.concatenate([kept[stays], row[added]])
            all_codes = np.concatenate([old.reshape(-1, width)[stays], code[added]])
            order = np.argsort(all_rows, kind="stable")
            if piece and len(piece) + len(order) * (width + ROW_NUMBER_BYTES) > _PIECE_BYTES:
                yield _table(kind, [piece])
                piece = bytearray()
            piece += faiss_internals.encode_list(all_codes[order], all_rows[order])
        if piece:
            yield _table(kind, [piece])

    return StreamedTable(INDEX, 0, parts)


def _all_lists(lists: InvertedLists) -> Iterator[tuple[int, np.ndarray, np.ndarray]]:
    """Yield all lists, the empty ones too; see `InvertedLists`."""
    filled = iter(lists)
    for number, length in enumerate(lists.lengths.tolist()):
        if length:
            yield next(filled)
        else:
            yield number, np.empty(0, np.int64), np.empty(0, np.uint8)


def _pieces(path: Path) -> Iterator[memoryview]:
    """Yield the trained part, the lengths of the lists, then whole lists of some MiB."""
    index: Any = faiss.read_index(str(path), faiss.IO_FLAG_MMAP)
    per_film = index.code_size + ROW_NUMBER_BYTES
    size = path.stat().st_size
    with open(path, "rb") as file:
        head = file.read(size - index.ntotal * per_film)
        # the lengths are those of all lists, or pairs of those that are not empty
        at = len(head) - _LENGTHS_BYTES - 8 * index.nlist
        if head[at : at + len(_MARK)] != _MARK:
            at = head.rindex(_MARK)
        header = memoryview(head)[at:]
        yield memoryview(head)[:at]
        yield header
        _, lengths = faiss_internals.read_lengths(memoryview(head)[:at], header)
        waiting = 0
        for length in lengths.tolist():
            own = length * per_film
            if waiting and waiting + own > _PIECE_BYTES:
                yield memoryview(file.read(waiting))
                waiting = 0
            waiting += own
        if waiting:
            yield memoryview(file.read(waiting))


def _table(kind: str, pieces: list[bytes] | list[bytearray]) -> pa.Table:
    column = pa.array([bytes(piece) for piece in pieces], pa.large_binary())
    return pa.table([pa.array([kind] * len(column), pa.string()), column], schema=INDEX)
