"""The nearest films of all films of an inverted file, found in one process."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from pipeline.neighbours.all_films import name_films, search_lists
from pipeline.neighbours.index import index_bytes
from pipeline.neighbours.ivf_stream import ROWS, InvertedLists
from pipeline.neighbours.refinement import is_settled, refine
from pipeline.schemas.vectors import Parts
from pipeline.settings import NeighbourSettings

__all__ = ["neighbours_of_all"]

_HEAD = 2  # rows of INDEX before the lists: the trained part, the lengths
_FILMS = 262_144  # at most of a run, unless a row of the index has more


def neighbours_of_all(
    index: pa.Table, everyone: pa.Table | Parts, settings: NeighbourSettings
) -> pa.Table:
    """Return the nearest films of each film, by the stages of a mining.

    Parameters
    ----------
    index : Table
        `index.INDEX` of an inverted file.
    everyone : Table or Parts
        `movie_id` of each row of the index.
    settings : NeighbourSettings
        `count`, `first_films` and `refinements`.

    Returns
    -------
    Table
        NEIGHBOURS, in the order of the lists, then by rank.
    """
    runs = list(_runs(index))
    near = [search_lists(own, index, settings, *limits)["near"] for own, *limits in runs]
    for _ in range(settings.refinements):
        whole = pa.concat_tables(near)
        refined = [
            refine(own, mine, whole, index, *limits)
            for mine, (own, *limits) in zip(near, runs, strict=True)
        ]
        near = [tables["near"] for tables in refined]
        changed = sum(tables["changed"]["changed"][0].as_py() for tables in refined)
        if is_settled(changed, len(whole), settings.count):
            break
    lists = InvertedLists(index_bytes(index))
    rows = pa.table([np.concatenate([rows for _, rows, _ in lists])], schema=ROWS)
    return name_films(rows, pa.concat_tables(near), rows, everyone)["neighbours"]


def _runs(index: pa.Table) -> Iterator[tuple[pa.Table, int, int]]:
    """Yield the rows of each run of lists, its first list, and one past its last."""
    lists = InvertedLists(index_bytes(index))
    sizes = pc.binary_length(index["index"]).to_numpy()[_HEAD:]
    films = np.concatenate([[0], np.cumsum(sizes // lists.bytes_per_film)])
    row, start = 0, 0
    while row < len(sizes):
        end = max(row + 1, int(np.searchsorted(films, films[row] + _FILMS, side="right")) - 1)
        # lists without films at the end of a run are part of it
        stop = int(np.searchsorted(lists.ends, films[end], side="right")) - 1
        yield index.slice(_HEAD + row, end - row), start, stop
        row, start = end, stop
