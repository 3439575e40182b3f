"""Tags and tag genome of a data set of ratings, from their files."""

from __future__ import annotations

from collections.abc import Iterator

import pyarrow as pa
import pyarrow.compute as pc

from pipeline.schemas.ratings import GENOME, TAGS
from pipeline.sources.movielens.data_files import DataFile
from pipeline.sources.movielens.films import open_text
from pipeline.sources.movielens.rows import read_rows
from pipeline.sources.movielens.values import parse_ids, parse_times

__all__ = ["read_genome", "read_tags"]


def read_tags(file: DataFile) -> pa.Table:
    """Read the tags that users gave to films, as TAGS; a tag without a time has 0."""
    layout = open_text(file, "tags", ("user_id", "film_id", "tag"), "userId, movieId, tag")
    found = layout.fields
    fields = {name: found[name] for name in TAGS.names if name in found}
    parts = [TAGS.empty_table()]
    for chunk in read_rows(file, layout, fields):
        cells = chunk.cells
        times = pa.nulls(cells.num_rows, pa.int64())
        if "timestamp" in fields:
            times, _ = parse_times(cells.column("timestamp"))
        columns = [
            parse_ids(cells.column("user_id"), text=True),
            parse_ids(cells.column("film_id"), text=True),
            cells.column("tag"),
            times.fill_null(0),
        ]
        table = pa.table(columns, schema=TAGS)
        known = pc.and_(pc.is_valid(table["user_id"]), pc.is_valid(table["film_id"]))
        parts.append(table.filter(known))
    return pa.concat_tables(parts)


def read_genome(file: DataFile, *, text_ids: bool) -> Iterator[pa.Table]:
    """Yield the tag genome (GENOME) in chunks; relevances outside 0 to 1 are left out."""
    example = "movieId, tagId, relevance"
    layout = open_text(file, "genome", ("film_id", "tag_id", "relevance"), example)
    fields = {name: layout.fields[name] for name in GENOME.names}
    for chunk in read_rows(file, layout, fields):
        cells = chunk.cells
        relevance = _floats(cells.column("relevance"))
        columns = [
            parse_ids(cells.column("film_id"), text=text_ids),
            parse_ids(cells.column("tag_id"), text=False),
            relevance,
        ]
        scores = pa.table(columns, schema=GENOME)
        inside = pc.and_(
            pc.less_equal(scores["relevance"], 1.0), pc.greater_equal(scores["relevance"], 0.0)
        )
        known = pc.and_(pc.is_valid(scores["film_id"]), pc.is_valid(scores["tag_id"]))
        yield scores.filter(pc.and_(inside, known).fill_null(False))


def _floats(cells: pa.ChunkedArray) -> pa.ChunkedArray:
    """Return numbers as float32; null where a cell is none."""
    trimmed = pc.utf8_trim_whitespace(cells)
    try:
        return pc.cast(trimmed, pa.float32())
    except pa.ArrowInvalid:
        fits = pc.match_substring_regex(trimmed, r"^[0-9]{1,6}(\.[0-9]{1,12})?([eE]-?[0-9]{1,2})?$")
        return pc.cast(pc.if_else(fits, trimmed, pa.scalar(None, pa.string())), pa.float32())
