"""Read the next part of a table while the present one is used."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from concurrent.futures import ThreadPoolExecutor

import pyarrow as pa

__all__ = ["read_ahead"]


def read_ahead(parts: Iterable[pa.Table]) -> Iterator[pa.Table]:
    """Yield the same parts; one thread computes the next part, so that two are in memory.

    Decoding Parquet and most of NumPy run without the lock of the interpreter, so they overlap.

    Parameters
    ----------
    parts : iterable of Table
        Parts that are computed in turn. An error of theirs is raised where its part would stand.

    Examples
    --------
    >>> parts = (pa.table({"n": [n]}) for n in range(3))
    >>> [part["n"][0].as_py() for part in read_ahead(parts)]
    [0, 1, 2]
    """
    each = iter(parts)
    with ThreadPoolExecutor(1, "read-ahead") as thread:
        coming = thread.submit(next, each, None)
        while (part := coming.result()) is not None:
            coming = thread.submit(next, each, None)
            yield part
            del part
