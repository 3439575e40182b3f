"""Phrases cut into tables of about equal length, one for each piece of work."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import pyarrow as pa

__all__ = ["split_phrases"]


def split_phrases(phrases: Sequence[str], most: int) -> list[pa.Table]:
    """Split phrases into the fewest tables of at most `most` rows, of about equal length.

    Parameters
    ----------
    phrases : sequence of str
        Phrases, in the order of the rows.
    most : int
        Highest number of rows in a table.

    Returns
    -------
    list of pa.Table
        Column term (string). Without phrases there is one table without rows.

    Examples
    --------
    >>> [len(table) for table in split_phrases(["spy", "sea", "war"], 2)]
    [2, 1]
    """
    table = pa.table([pa.array(phrases, pa.string())], names=["term"])
    count = max(1, -(-len(phrases) // most))
    tables, start = [], 0
    for rows in np.array_split(np.arange(len(phrases)), count):
        tables.append(table.slice(start, len(rows)).combine_chunks())
        start += len(rows)
    return tables
