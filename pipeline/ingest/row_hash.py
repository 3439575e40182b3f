"""Hash the cells of each row, so that an update processes only the rows that changed."""

from __future__ import annotations

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from pipeline.schemas.lineage import ROWS
from pipeline.schemas.mining import MOVIES, validate
from pipeline.schemas.stage import stage

__all__ = ["hash_rows"]

_CELLS = tuple(name for name in MOVIES.names if name not in ("source", "row"))
_SEPARATOR, _NULL = "\x1f", "\x00"  # between the items of a list; for a null
_PRIME = np.uint64(0x9E3779B97F4A7C15)  # odd, near 2**64 over the golden ratio


@stage("row-hashes", inputs=("movies",), outputs=("rows",))
def hash_rows(movies: pa.Table) -> dict[str, pa.Table]:
    """Return a 64-bit hash of the cells of each row, without `source` and `row`.

    Parameters
    ----------
    movies : pa.Table
        Table of MOVIES, as a source reads it.

    Returns
    -------
    dict of str to pa.Table
        `rows` is ROWS in the order of `movies`; `row_hash` is uint64.

    Raises
    ------
    TableError
        If the table has another schema.
    """
    from pandas.util import hash_array  # slow to import

    validate(movies, MOVIES, name="movies")
    total = np.zeros(len(movies), np.uint64)
    for name in _CELLS:
        cells = hash_array(_texts(movies.column(name)), categorize=False)
        total = (total ^ cells) * _PRIME  # overflow is intended; the order of the columns matters
    columns = [
        movies.column("movie_id").combine_chunks(),
        pa.array(total, pa.uint64()),
        movies.column("source").combine_chunks(),
        movies.column("row").combine_chunks(),
    ]
    return {"rows": pa.table(columns, schema=ROWS)}


def _texts(column: pa.ChunkedArray) -> np.ndarray:
    """Return a column as texts that are equal only if the cells are equal."""
    if pa.types.is_list(column.type):
        # with the number of items: a null list, an empty list and a list of "" must differ
        counts = pc.cast(pc.list_value_length(column), pa.string())
        items = pc.binary_join(column, _SEPARATOR)
        column = pc.binary_join_element_wise(counts, items, "")
    elif not pa.types.is_string(column.type):
        column = pc.cast(column, pa.string())
    return np.asarray(pc.fill_null(column, _NULL).to_numpy(zero_copy_only=False), object)
