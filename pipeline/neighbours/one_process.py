"""The nearest films of all films of an inverted file, found in one process."""

from __future__ import annotations

import pyarrow as pa

from pipeline.neighbours.all_films import name_films, search_lists
from pipeline.neighbours.index import index_bytes
from pipeline.neighbours.ivf_stream import InvertedLists
from pipeline.neighbours.refinement import refine
from pipeline.schemas.vectors import Parts
from pipeline.settings import NeighbourSettings

__all__ = ["neighbours_of_all"]

_HEAD = 2  # rows of INDEX before the lists: the trained part, the lengths


def neighbours_of_all(
    index: pa.Table, everyone: pa.Table | Parts, settings: NeighbourSettings
) -> pa.Table:
    """Return the nearest films of each film, as a mining does, with all lists as one run.

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
    own, lists = index.slice(_HEAD), len(InvertedLists(index_bytes(index)).lengths)
    near = search_lists(own, index, settings, 0, lists)["near"]
    for _ in range(settings.refinements):
        near = refine(own, near, near, index, 0, lists)["near"]
    return name_films(own, near, index, everyone, 0, lists)["neighbours"]
