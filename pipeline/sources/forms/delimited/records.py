"""Rows of delimited text in batches of lines; a broken line costs no other."""

from __future__ import annotations

import csv
from collections.abc import Iterator
from itertools import islice
from typing import Literal

from pipeline.sources.forms.delimited.layout import Layout

__all__ = ["Batch", "read_batches"]

Batch = tuple[list[list[str]], dict[int, str]]


def read_batches(lines: Iterator[str], layout: Layout, size: int) -> Iterator[Batch]:
    """Yield rows, each with `layout.width` cells, and the positions of malformed ones (empty)."""
    quoting: Literal[0, 3] = csv.QUOTE_MINIMAL if layout.quoted else csv.QUOTE_NONE
    reader = csv.reader(lines, delimiter=layout.separator, quoting=quoting)
    while rows := list(islice(reader, size)):
        rows = [cells for cells in rows if cells]
        bad = {}
        for i, cells in enumerate(rows):
            if len(cells) != layout.width:
                bad[i] = f"{len(cells)} cells where the header has {layout.width}"
                rows[i] = []
        if rows:
            yield rows, bad
