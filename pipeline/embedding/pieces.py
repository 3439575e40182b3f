"""Texts and phrases cut into pieces of work of about equal cost.

How texts are cut depends on them alone, never on the workers, so that every machine computes the
same pieces.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import pyarrow as pa

__all__ = ["count_parts", "select_part", "split_phrases"]

_CHARACTERS = 32_000  # of a piece, about 7,000 tokens: 0.3 to 0.8 s on one core
_MOST_PARTS = 8  # of a partition; one of 8,192 films then has pieces of about 1,000 texts


def count_parts(characters: int) -> int:
    """Return into how many pieces of work the texts of one partition are cut.

    A power of two, so that few partitions of about equal size give each of two, four or eight
    workers as many pieces as the others.

    Parameters
    ----------
    characters : int
        Characters of all texts of the partition, about; the cost of a text grows with them.

    Returns
    -------
    int
        1, 2, 4 or 8.

    Examples
    --------
    >>> [count_parts(characters) for characters in (0, 60_000, 130_000, 3_000_000)]
    [1, 2, 4, 8]
    """
    parts = 1
    # the power of two that is nearest by ratio
    while parts < _MOST_PARTS and characters > 2**0.5 * parts * _CHARACTERS:
        parts *= 2
    return parts


def select_part(texts: Sequence[str], part: int, parts: int) -> slice:
    """Return which texts one piece of work encodes: a run of them with its share of the characters.

    Parameters
    ----------
    texts : sequence of str
        The texts of one partition, in an order that does not depend on their length.
    part, parts : int
        Number of the piece, from 0, and number of pieces.

    Returns
    -------
    slice
        Positions in `texts`. The pieces have each text once.

    Examples
    --------
    >>> texts = ["a spy", "the sea", "a war", "a dog and a cat"]
    >>> [texts[select_part(texts, part, 2)] for part in (0, 1)]
    [['a spy', 'the sea'], ['a war', 'a dog and a cat']]
    """
    ends = np.cumsum([len(text) for text in texts])
    total = int(ends[-1]) if len(texts) else 0
    start, end = np.searchsorted(ends, [total * part // parts, total * (part + 1) // parts])
    return slice(int(start) if part else 0, int(end) if part + 1 < parts else len(texts))


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
