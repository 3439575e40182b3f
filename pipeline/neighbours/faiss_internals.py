"""What the miner uses of FAISS beyond its documented Python functions.

Four things, each behind a function of this module, and nowhere else:

- the file format of an `IndexIVF`: trained part, lengths of the lists, lists;
- pointers of arrays (`swig_ptr`), which `encode_vectors`, `decode_vectors` and
  `pairwise_indexed_inner_product` take;
- the callbacks that stream an index (`PyCallbackIOWriter`, `PyCallbackIOReader`);
- `ntotal` of an index, which is written before the index is serialized.

`tests/pipeline/neighbours/test_faiss_internals.py` fails if a release of FAISS changes one of them.

Notes
-----
Format: `write_InvertedLists` and `read_InvertedLists` in `faiss/impl/index_write.cpp` and
`faiss/impl/index_read.cpp` (FAISS 1.15). After the trained part follow `ilar`, the number of lists
and the bytes of a code (uint64 each), then `full` and the length of every list, or `sprs` and
(list, length) pairs of the lists that are not empty, as a vector of uint64 after its own length.
Then, for each list, its codes and its row numbers (int64).
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

import faiss
import numpy as np

__all__ = [
    "ROW_NUMBER_BYTES",
    "decode_vectors",
    "encode_list",
    "encode_vectors",
    "paired_products",
    "read_index",
    "read_lengths",
    "split_list",
    "write_header",
    "write_index",
]

ROW_NUMBER_BYTES = 8  # of a film in a list, beside its code

_MARK = b"ilar"
_FULL, _SPARSE = b"full", b"sprs"
_EMPTY_LISTS_BYTES = 32  # of the lists of an index without vectors: mark, sizes, form, no lengths
_SIZES, _FORM, _LENGTHS = slice(4, 20), slice(20, 24), slice(32, None)


def write_index(index: Any, write: Callable[[bytes], Any]) -> None:
    """Serialize an index by calls of `write`, without a copy of the whole."""
    streams: Any = faiss  # the type stubs lack the callback classes
    faiss.write_index(index, streams.PyCallbackIOWriter(write))


def read_index(pieces: Iterator[memoryview]) -> Any:
    """Read an index from its serialized bytes, which come in pieces of any size."""
    streams: Any = faiss  # the type stubs lack the callback classes
    return faiss.read_index(streams.PyCallbackIOReader(_PieceReader(pieces).read))


class _PieceReader:
    """Reads bytes that come in pieces."""

    def __init__(self, pieces: Iterator[memoryview]) -> None:
        self._pieces, self._rest = pieces, memoryview(b"")

    def read(self, size: int) -> bytes:
        """Return at most `size` bytes; none at the end."""
        if not self._rest:
            self._rest = next(self._pieces, memoryview(b""))
        taken, self._rest = self._rest[:size], self._rest[size:]
        return bytes(taken)


def encode_vectors(index: Any, vectors: np.ndarray, lists: np.ndarray) -> np.ndarray:
    """Encode vectors as the inverted lists store them.

    Parameters
    ----------
    index : IndexIVF
        A trained index.
    vectors : ndarray of shape (n, dim), float32
        Vectors, C-contiguous.
    lists : ndarray of shape (n,), int64
        The list of each vector.

    Returns
    -------
    ndarray of shape (n, code_size), uint8
        The codes.
    """
    codes = np.empty((len(vectors), index.code_size), np.uint8)
    index.encode_vectors(len(vectors), *map(faiss.swig_ptr, (vectors, lists, codes)))
    return codes


def decode_vectors(index: Any, codes: np.ndarray, lists: np.ndarray) -> np.ndarray:
    """Decode codes of inverted lists.

    Parameters
    ----------
    index : IndexIVF
        A trained index.
    codes : ndarray of shape (n * code_size,), uint8
        Codes one after the other.
    lists : ndarray of shape (n,), int64
        The list of each code.

    Returns
    -------
    ndarray of shape (n, dim), float32
        The vectors: exact for `Flat`, near the originals for `SQ8`.
    """
    vectors = np.empty((len(lists), index.d), np.float32)
    index.decode_vectors(len(lists), *map(faiss.swig_ptr, (codes, lists, vectors)))
    return vectors


def paired_products(
    left: np.ndarray, left_rows: np.ndarray, right: np.ndarray, right_rows: np.ndarray
) -> np.ndarray:
    """Return the inner products of pairs of rows.

    Parameters
    ----------
    left, right : ndarray of shape (n_left, dim) and (n_right, dim), float32
        Vectors, C-contiguous.
    left_rows, right_rows : ndarray of shape (n_pairs,), int
        A row of each.

    Returns
    -------
    ndarray of shape (n_pairs,), float32
        `left[left_rows[i]] @ right[right_rows[i]]`.
    """
    rows = [np.ascontiguousarray(rows, np.int64) for rows in (left_rows, right_rows)]
    products = np.empty(len(rows[0]), np.float32)
    untyped: Any = faiss  # the type stubs lack this function
    untyped.pairwise_indexed_inner_product(
        left.shape[1],
        len(products),
        *map(faiss.swig_ptr, (left, rows[0], right, rows[1], products)),
    )
    return products


def write_header(index: Any, lengths: np.ndarray) -> tuple[bytes, bytes]:
    """Return the bytes that precede the lists: the trained part, and the lengths of the lists.

    Parameters
    ----------
    index : IndexIVF
        A trained index without vectors.
    lengths : ndarray of shape (n_lists,), int64
        Number of vectors in each list.
    """
    index.ntotal = int(lengths.sum())
    trained = faiss.serialize_index(index).tobytes()[:-_EMPTY_LISTS_BYTES]
    index.ntotal = 0
    filled = np.flatnonzero(lengths)
    if len(filled) > index.nlist // 2:
        form, numbers = _FULL, lengths
    else:
        form, numbers = _SPARSE, np.stack([filled, lengths[filled]], axis=1)
    sizes = np.array([index.nlist, index.code_size], np.uint64)
    values = np.concatenate([[numbers.size], numbers.ravel()]).astype(np.uint64)
    return trained, _MARK + sizes.tobytes() + form + values.tobytes()


def read_lengths(trained: memoryview, header: memoryview) -> tuple[Any, np.ndarray]:
    """Read what `write_header` returns.

    Returns
    -------
    index : IndexIVF
        The trained index, without vectors.
    lengths : ndarray of shape (n_lists,), int64
        Number of vectors in each list.
    """
    sizes = bytes(header[_SIZES])
    empty = _MARK + sizes + _SPARSE + bytes(8)
    index = faiss.deserialize_index(np.frombuffer(bytes(trained) + empty, np.uint8))
    values = np.frombuffer(header[_LENGTHS], np.uint64).astype(np.int64)
    lengths = np.zeros(int(np.frombuffer(sizes, np.uint64)[0]), np.int64)
    if bytes(header[_FORM]) == _FULL:
        lengths[:] = values
    else:
        lengths[values[::2]] = values[1::2]
    return index, lengths


def encode_list(codes: np.ndarray, rows: np.ndarray) -> bytes:
    """Return the bytes of one list: codes (n, code_size) uint8, then row numbers (n,) int64."""
    return codes.tobytes() + rows.tobytes()


def split_list(
    data: memoryview, films: int, code_size: int
) -> tuple[np.ndarray, np.ndarray, memoryview]:
    """Split the first list off `data`.

    Returns
    -------
    rows : ndarray of shape (films,), int64
        Row numbers, a view of `data`.
    codes : ndarray of shape (films * code_size,), uint8
        Codes one after the other, a view of `data`.
    rest : memoryview
        What follows the list.
    """
    cut, end = films * code_size, films * (code_size + ROW_NUMBER_BYTES)
    rows = np.frombuffer(data[cut:end], np.int64)
    return rows, np.frombuffer(data[:cut], np.uint8), data[end:]
