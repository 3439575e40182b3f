"""Rows of invented films as a spool, and their identity."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

import pyarrow as pa

from pipeline.ingest.identity import Identity, identify
from pipeline.ingest.spool import RowSpool
from pipeline.schemas.mining import MOVIES, REJECTS
from pipeline.schemas.reading import ROW_KEYS
from pipeline.sources import SourceChunk
from pipeline.sources.base import TableSummary
from pipeline.sources.files.rows import derive_id

__all__ = ["PLOTS", "RowSource", "identify_rows", "spool_of", "table_of"]

Row = Mapping[str, Any]

PLOTS = (
    "A lighthouse keeper hides a stolen map from the smugglers who come ashore at night.",
    "A retired seamstress teaches her robot to waltz before the village fair burns down.",
    "Two brothers cross the salt desert with a coffin that they must not open.",
    "A night nurse hears the same song from every empty bed of her ward.",
    "A clockmaker bets his shop that he can stop the rain for one afternoon.",
    "The last postman of a drowned valley delivers letters to people who moved away.",
)


def table_of(label: str, rows: Sequence[Row]) -> tuple[pa.Table, pa.Table]:
    """Return MOVIES and ROW_KEYS of rows; a row without `id` has one derived from its title."""
    movies, keys = [], []
    for number, row in enumerate(rows, start=1):
        title, year = row.get("title"), row.get("year")
        own = row.get("id", row.get("imdb_id"))
        movie = {name: row.get(name) for name in MOVIES.names}
        movie |= {"movie_id": own or derive_id(title or "", year), "source": label, "row": number}
        movies.append(movie)
        keys.append(
            {
                "imdb_id": row.get("imdb_id"),
                "tmdb_id": row.get("tmdb_id"),
                "has_id": own is not None,
            }
        )
    return pa.Table.from_pylist(movies, MOVIES), pa.Table.from_pylist(keys, ROW_KEYS)


def spool_of(folder: Path, files: Mapping[str, Sequence[Row]], name: str = "films") -> RowSpool:
    """Return a spool with a source of one file for each entry of `files`."""
    folder.mkdir(exist_ok=True, parents=True)
    spool = RowSpool(folder, name)
    for position, (label, rows) in enumerate(files.items()):
        spool.add(label, position, *table_of(label, rows))
    return spool


def identify_rows(
    folder: Path, files: Mapping[str, Sequence[Row]], known: Sequence[str] = ()
) -> tuple[dict[str, list[str]], Identity]:
    """Return the ids of the films of the rows of each file, and their identity."""
    spool = spool_of(folder, files)
    found = identify(spool, spool.values(), known)
    final = [chunk.to_pylist() for chunk in found.final_ids(spool)]
    return dict(zip(files, final, strict=True)), found


class RowSource:
    """A source of rows in memory.

    Parameters
    ----------
    name : str
        Name of the source.
    files : sequence of (str, sequence of mapping, bool)
        Name and rows of each file, and whether it is a side table.
    """

    attribution = ""

    def __init__(self, name: str, files: Sequence[tuple[str, Sequence[Row], bool]]) -> None:
        self.name, self._files = name, files

    def gone(self) -> frozenset[str]:
        return frozenset()

    def check(self) -> None:
        """Accept the rows as they are."""

    def content_hash(self) -> str:
        return ""

    def tables(self) -> list[TableSummary]:
        return [
            TableSummary(label, "rows", "fills" if fills else "films", {})
            for label, _, fills in self._files
        ]

    def read(self) -> Iterator[SourceChunk]:
        for label, rows, fills in self._files:
            movies, keys = table_of(label, rows)
            yield SourceChunk(movies, REJECTS.empty_table(), len(rows), keys=keys, fills=fills)
