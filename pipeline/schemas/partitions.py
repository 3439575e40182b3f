"""Which partition a film belongs to, and how many partitions a table has.

Both depend on the data alone, never on the workers, so every machine cuts the same partitions.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterable

import numpy as np
import numpy.typing as npt
import pyarrow as pa

from pipeline.errors import StageError

__all__ = ["FULL_ROWS", "partition_count", "partition_ids", "partition_of"]

# A catalogue of up to `most` partitions has one per `rows` rows.
_SIZES = ((256, 8), (1_024, 16))
FULL_ROWS = 8_192  # most rows of a partition of a large table, on average


def partition_of(movie_id: str, partitions: int) -> int:
    """Return the partition of a film: a stable 64-bit hash of its id, modulo `partitions`.

    Parameters
    ----------
    movie_id : str
        Id of the film.
    partitions : int
        Number of partitions, at least 1.

    Returns
    -------
    int
        0 to `partitions` - 1.

    Examples
    --------
    >>> partition_of("603", 16)
    2
    """
    digest = hashlib.blake2b(movie_id.encode("utf-8", "surrogatepass"), digest_size=8).digest()
    return int.from_bytes(digest, "little") % partitions


def partition_ids(
    ids: pa.ChunkedArray | pa.Array | Iterable[str], partitions: int
) -> npt.NDArray[np.int32]:
    """Return `partition_of` of many ids.

    Parameters
    ----------
    ids : pa.ChunkedArray, pa.Array or iterable of str
        Ids of films, one per row.
    partitions : int
        Number of partitions, at least 1.

    Returns
    -------
    ndarray of shape (n_rows,), int32
        Partition of each row, 0 to `partitions` - 1.

    Raises
    ------
    StageError
        If a row has no id; the message names the first such row.
    """
    values = ids.to_pylist() if isinstance(ids, pa.ChunkedArray | pa.Array) else list(ids)
    for row, value in enumerate(values):
        if not isinstance(value, str):
            raise StageError(f"row {row}: movie_id is {value!r}; every row needs an id of text")
    numbers = (partition_of(value, partitions) for value in values)
    return np.fromiter(numbers, dtype=np.int32, count=len(values))


def partition_count(rows: int) -> int:
    """Return the number of partitions of a table with `rows` rows.

    One per 256 rows up to 8 partitions, one per 1,024 rows up to 16, then one per 8,192 rows. More
    partitions would take longer to schedule and commit than to compute.

    Examples
    --------
    >>> [partition_count(rows) for rows in (0, 257, 5_000, 100_000, 1_000_000)]
    [1, 2, 8, 16, 123]
    """
    steps = [min(most, -(-rows // size)) for size, most in _SIZES]
    return max(1, *steps, -(-rows // FULL_ROWS))
