"""The rows of all sources on the disk: read, joined to films, filled from side tables."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import asdict, replace
from itertools import groupby
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq

from pipeline.errors import SourceError
from pipeline.fileio.atomic import explain_full_disk
from pipeline.ingest.film_ids import rank_sources
from pipeline.ingest.identity import Identity, identify
from pipeline.ingest.numbering import find_numberings, part_leading_zeros
from pipeline.ingest.repeated_overviews import RepeatedOverviews, find_repeated_overviews
from pipeline.ingest.side_tables import (
    Matches,
    add_keys,
    count_matches,
    fill,
    match_rows,
)
from pipeline.ingest.spool import RowSpool, RowValues
from pipeline.schemas.mining import MOVIES, REJECTS
from pipeline.schemas.reading import ROW_KEYS
from pipeline.sources import Source, SourceChunk

__all__ = ["CatalogueRows", "check_tables"]

_MATCHED_ROWS = 100_000  # rows of side tables in memory at once


class CatalogueRows:
    """Rows of sources on the disk, so that memory does not grow with their texts.

    Call `read` for each source, then `settle` once; then `films` and `fills` give the rows.

    Parameters
    ----------
    folder : Path
        An empty folder for the rows.

    Attributes
    ----------
    rejects : list of pa.Table
        Tables of REJECTS; the first is empty.
    losses : list of pa.Table
        Tables of CELL_LOSSES.
    sources : list of dict
        See `PartitionedCatalogue.sources`.
    notes : list of str
        What a user should know.
    """

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._films, self._sides = RowSpool(folder, "films"), RowSpool(folder, "sides")
        self._identity: Identity | None = None
        self._repeated: RepeatedOverviews | None = None
        self._final: list[pa.Array] = []
        self._fills: list[Path] = []
        self.rejects: list[pa.Table] = [REJECTS.empty_table()]
        self.losses: list[pa.Table] = []
        self.sources: list[dict[str, Any]] = []
        self.notes: list[str] = []

    def read(self, source: Source, sha256: str, position: int) -> None:
        """Read a source to its end and write its rows to the folder.

        Raises
        ------
        SourceError
            If the source has no rows or cannot be read.
        StoreError
            If the disk is full.
        """
        rows = read = 0
        for chunk in source.read():
            read += chunk.rows_in
            rows += len(chunk.rejects) if chunk.fills else chunk.rows_in
            self.add(source.name, position, chunk)
        if not read:
            raise SourceError(f"source {source.name!r} has no rows")
        attribution = {"attribution": source.attribution} if source.attribution else {}
        tables = [asdict(table) for table in source.tables()]
        self.sources.append(
            {"name": source.name, "sha256": sha256, "rows": rows, "tables": tables} | attribution
        )

    def add(self, name: str, position: int, chunk: SourceChunk) -> None:
        """Write rows of the source of this name and position to the folder."""
        spool = self._sides if chunk.fills else self._films
        spool.add(name, position, chunk.movies, chunk.keys)
        self.rejects.append(chunk.rejects)
        self.losses.append(chunk.losses)

    def settle(self, known_sources: Sequence[str]) -> None:
        """Decide which rows are one film, and find the films of the rows of side tables.

        Parameters
        ----------
        known_sources : sequence of str
            See `read_catalogue`.
        """
        if len(self._sides):
            self._promote_plots()
        if not len(self._films):
            if len(self._sides):
                raise SourceError(_WITHOUT_FILMS.format(", ".join(s["name"] for s in self.sources)))
            return
        values, *of_sides = part_leading_zeros([self._films, self._sides])
        if of_sides:
            [self._side_values] = of_sides
            values = self._add_links(values)
        identity = identify(self._films, values, known_sources)
        repeated = find_repeated_overviews(self._films, values, identity.films)
        self._identity, self._repeated, self._values = identity, repeated, values
        self._final = identity.final_ids(self._films)
        self.notes += [*identity.notes, *repeated.notes]
        if len(self._sides):
            self._match_sides()
        names = rank_sources(self._films.files, values, known_sources)
        names += [source["name"] for source in self.sources if source["name"] not in names]
        self.sources.sort(key=lambda source: names.index(source["name"]))

    def ids(self) -> pa.ChunkedArray:
        """Return the id of the film of every row."""
        return pa.chunked_array(self._final, pa.string())

    def films(self) -> Iterator[pa.Table]:
        """Yield the rows of films as tables of MOVIES, with the ids of the films."""
        for (start, chunk), ids in zip(self._films.chunks(), self._final, strict=True):
            named = chunk.set_column(0, MOVIES.field("movie_id"), ids)
            yield self._without_repeated(named, self._values, start)

    def fills(self) -> Iterator[pa.Table]:
        """Yield the rows of side tables that belong to films, with the ids of the films."""
        for path in self._fills:
            yield pq.read_table(path, schema=MOVIES)

    def _without_repeated(self, chunk: pa.Table, values: RowValues, start: int) -> pa.Table:
        assert self._repeated is not None
        if not len(self._repeated.hashes):
            return chunk
        here = replace(values, overview=values.overview[start : start + len(chunk)])
        marked = pa.array(self._repeated.in_rows(here))
        position = MOVIES.get_field_index("overview")
        overviews = pc.if_else(marked, pa.scalar(None, pa.string()), chunk.column(position))
        return chunk.set_column(position, MOVIES.field(position), overviews)

    def _promote_plots(self) -> None:
        """Make films of the plots of sources that have titles and plots in tables apart."""
        with_films = {file.position for file in self._films.files}
        rows = np.arange(len(self._sides))
        values = self._sides.values()
        has_plot: set[int] = set()
        for here, table in self._sides.parts(rows, ["title", "overview"]):
            known = table.column("overview").is_valid().to_numpy()
            has_plot.update(np.unique(values.file[here[known]]).tolist())
        plots = {n for n in has_plot if self._sides.files[n].position not in with_films}
        if not plots:
            return
        parts = RowSpool(self._folder, "plots"), RowSpool(self._folder, "others")
        for start, chunk in self._sides.chunks():
            part = _slice(values, start, start + len(chunk))
            is_plot = np.isin(part.file, list(plots))
            for spool, wanted in zip(parts, (is_plot, ~is_plot), strict=True):
                _add_rows(spool, self._sides, chunk, part, wanted)
        plot_rows, others = parts
        if not len(others):
            return
        values = plot_rows.values()
        filled = _fill_plots(plot_rows, others)
        for (start, _), chunk in zip(plot_rows.chunks(), filled, strict=True):
            part = _slice(values, start, start + len(chunk))
            _add_rows(self._films, plot_rows, chunk, part, np.ones(len(chunk), bool))
        for n, file in enumerate(plot_rows.files):
            source = next(s for s in self.sources if s["name"] == file.source)
            source["rows"] += int((values.file == n).sum())
            for table in source["tables"]:
                if table["name"] == file.label:
                    table["role"] = "films"
        self._sides = others

    def _add_links(self, values: RowValues) -> RowValues:
        """Give films the ids of IMDb and TMDB that side tables have."""
        side_values = self._side_values
        if not (side_values.imdb.any() or side_values.tmdb.any()):
            return values
        entries = find_numberings(self._films, values, self._films.order(), lambda rows: {})
        matches = match_rows(self._sides, side_values, self._films, values, entries)
        return add_keys(values, entries, matches, side_values)

    def _match_sides(self) -> None:
        """Write the rows of side tables that belong to films, and count the others."""
        assert self._identity is not None
        sides, side_values = self._sides, self._side_values
        matches = match_rows(sides, side_values, self._films, self._values, self._identity.entries)
        of_film = np.where(matches.row >= 0, self._identity.films[matches.row], -1)
        self._write_fills(side_values, matches)
        for counts in count_matches(sides, side_values, of_film):
            figures = {
                "rows": counts.rows,
                "films": counts.films,
                "rows_without_film": counts.rows_without_film,
            }
            self._describe_side(counts.file.source, counts.file.label, figures)
            if counts.rows_without_film:
                self.notes.append(
                    f"{counts.file.label}: {counts.rows_without_film:,} of {counts.rows:,} rows "
                    f"belong to no film; {counts.films:,} films have a row"
                )

    def _describe_side(self, source: str, label: str, figures: dict[str, int]) -> None:
        """Add the figures of a side table to its description."""
        of_source = next(s for s in self.sources if s["name"] == source)
        named = [t for t in of_source["tables"] if t["role"] == "fills" and t["name"] == label]
        if not named:
            side = {"name": label, "form": "", "role": "fills"}
            of_source["tables"].append(side)
            named = [side]
        named[0].update(figures)

    def _write_fills(self, side_values: RowValues, matches: Matches) -> None:
        """Write the rows of side tables that belong to films, with the ids of the films."""
        ids = self.ids()
        for start, chunk in self._sides.chunks():
            rows = matches.row[start : start + len(chunk)]
            found = pa.array(np.flatnonzero(rows >= 0))
            if not len(found):
                continue
            of_films = ids.take(pa.array(rows[rows >= 0])).combine_chunks()
            table = self._without_repeated(chunk, side_values, start).take(found)
            table = table.set_column(0, MOVIES.field("movie_id"), of_films)
            path = self._folder / f"fills-{len(self._fills):06d}.parquet"
            with explain_full_disk(path):
                pq.write_table(table, path, compression="lz4")
            self._fills.append(path)


_WITHOUT_FILMS = (
    "{}: no table has both titles and overviews, and no two tables have them for the same ids; "
    "name the columns with source.column_map, or add a table with overviews"
)


def check_tables(sources: Sequence[Source]) -> None:
    """Raise `SourceError` if no source has films, naming what is missing.

    Titles and overviews may be in different tables of the same ids.
    """
    tables = [table for source in sources for table in source.tables()]
    if not tables or any(table.role == "films" for table in tables):
        return
    known = {column for table in tables if table.role == "fills" for column in table.columns}
    missing = [name for name in ("title", "overview") if name not in known]
    if missing or len({t.name for t in tables if t.role == "fills"}) < len(("title", "overview")):
        names = ", ".join(table.name for table in tables)
        raise SourceError(
            f"no film can be read: {names} {'has' if len(tables) == 1 else 'have'} no column for "
            f"{' and '.join(missing) or 'title and overview'}; name it with source.column_map, or "
            "add a table that has it"
        )


def _slice(values: RowValues, start: int, stop: int) -> RowValues:
    fields = {name: getattr(values, name)[start:stop] for name in RowValues.__dataclass_fields__}
    return RowValues(**fields)


def _add_rows(
    target: RowSpool, origin: RowSpool, chunk: pa.Table, values: RowValues, wanted: np.ndarray
) -> None:
    """Add rows of another spool, file by file."""
    at = np.flatnonzero(wanted)
    for file, group in groupby(at.tolist(), key=lambda n: int(values.file[n])):
        rows = np.asarray(list(group), np.int64)
        fields = {name: getattr(values, name)[rows] for name in RowValues.__dataclass_fields__}
        entry = origin.files[file]
        target.add(
            entry.source,
            entry.position,
            chunk.take(pa.array(rows)),
            ROW_KEYS.empty_table(),
            RowValues(**fields),
        )


def _fill_plots(plots: RowSpool, others: RowSpool) -> list[pa.Table]:
    """The rows of plots, chunk by chunk, with titles and other cells of side tables."""
    values, side_values = plots.values(), others.values()
    entries = find_numberings(plots, values, plots.order(), lambda rows: {})
    matches = match_rows(others, side_values, plots, values, entries)
    side: list[pa.Table] = [MOVIES.empty_table()]
    ids = pa.chunked_array(plots.ids, pa.string())
    for start, chunk in others.chunks():
        rows = matches.row[start : start + len(chunk)]
        found = chunk.take(pa.array(np.flatnonzero(rows >= 0)))
        side.append(
            found.set_column(0, MOVIES.field("movie_id"), ids.take(pa.array(rows[rows >= 0])))
        )
    whole = pa.concat_tables(side)
    return [fill(chunk, whole) for _, chunk in plots.chunks()]
