"""Clean the rows of a source: one film per id, and rejects, each with its reason.

All rows of an id must be in the same partition. The result does not depend on the order of rows.
Only title and overview decide over a row. Any other cell that is impossible becomes unknown.
"""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from pipeline.cleaning.duplicates import fill, gather, preference
from pipeline.cleaning.profile import profile
from pipeline.cleaning.row_repair import Repaired, repair_rows
from pipeline.errors import TableError
from pipeline.schemas import mining as tables
from pipeline.schemas.stage import stage
from pipeline.settings import CleanSettings

__all__ = ["REASONS", "clean"]

# Why a row is rejected, with an explanation and advice. A row with several faults gets the first
# of them in this order.
REASONS: Mapping[str, str] = MappingProxyType(
    {
        "missing_title": "There is no title; add it, or map its column with source.column_map.",
        "missing_overview": "There is no overview, only a placeholder, or fewer words than "
        "clean.min_overview_words; without one there is nothing to embed.",
        "duplicate_id": "Another row of the same film is more complete and is used instead; "
        "its unknown cells are filled from this row.",
    }
)
_EXAMPLE = 80  # characters of an overview in the detail of a reject

Row = dict[str, Any]


@stage(
    "clean",
    version=3,
    inputs=("movies",),
    outputs=("movies", "rejects", "profile", "losses"),
    conserves=("movies", "movies", "rejects"),
)
def clean(movies: pa.Table, settings: CleanSettings) -> dict[str, pa.Table]:
    """Repair every row of a partition, reject unusable rows, merge the rows of each id.

    The best row of an id has the most fields, then the longest overview, then the smallest content.
    Its unknown cells are filled from the other rows, the better ones first; lists of rows that
    repeat it in its file are gathered.

    Parameters
    ----------
    movies : pa.Table
        Table of MOVIES in any order; no `movie_id` is null.
    settings : CleanSettings
        The limits.

    Returns
    -------
    dict of str to pa.Table
        `movies` is CLEAN_MOVIES sorted by id, `rejects` is REJECTS sorted by source and row,
        `profile` is PROFILE, and `losses` is CELL_LOSSES: values outside the bounds, texts that
        were cut, control characters that were dropped. Rows of `movies` plus rows of `rejects` =
        rows in.

    Raises
    ------
    TableError
        If the table has another schema, or a row has no id.

    Examples
    --------
    >>> row = {"movie_id": "1", "title": "Heat", "overview": "A thief plans &amp; robs a bank."}
    >>> cleaned = clean(pa.Table.from_pylist([row], tables.MOVIES), CleanSettings())
    >>> cleaned["movies"]["overview"].to_pylist()
    ['A thief plans & robs a bank.']
    """
    tables.validate(movies, tables.MOVIES, name="movies")
    if movies.column("movie_id").null_count:
        raise TableError("table 'movies': movie_id is null; a source must give or derive an id")
    movies = movies.combine_chunks()
    repaired = repair_rows(movies, settings)
    faults = _faults(movies, repaired, settings)
    usable = np.ones(len(movies), bool)
    usable[list(faults)] = False

    rejects = [_reject(repaired.rows, n, *fault) for n, fault in faults.items()]
    films, words, duplicates = _merge(repaired, usable, settings.max_list_items)
    rejects += duplicates
    rejects.sort(key=lambda r: (r["source"] or "", r["row"] or 0, r["movie_id"], r["reason"]))
    return {
        "movies": films,
        "rejects": pa.Table.from_pylist(rejects, tables.REJECTS),
        "profile": profile(movies, films, words),
        "losses": repaired.losses,
    }


def _faults(
    movies: pa.Table, repaired: Repaired, settings: CleanSettings
) -> dict[int, tuple[str, str]]:
    """Return reason and detail of each row that cannot be used, by position."""
    rows, words = repaired.rows, repaired.words
    faults: dict[int, tuple[str, str]] = {}
    for n in np.flatnonzero(words < settings.min_overview_words).tolist():
        overview = rows.column("overview")[n].as_py()
        if overview is None:
            found = " ".join((movies.column("overview")[n].as_py() or "").split())
            detail = f"placeholder {found[:_EXAMPLE]!r}" if found else "no overview"
        else:
            detail = f"{words[n]} words: {overview[:_EXAMPLE]!r}"
        faults[n] = ("missing_overview", detail)
    for n in repaired.placeholders.tolist():
        overview = rows.column("overview")[n].as_py()
        faults[n] = ("missing_overview", f"placeholder {overview[:_EXAMPLE]!r}")
    for n in np.flatnonzero(rows.column("title").is_null().to_numpy()).tolist():
        faults[n] = ("missing_title", "no title")
    return faults


def _merge(
    repaired: Repaired, usable: np.ndarray, max_list_items: int
) -> tuple[pa.Table, np.ndarray, list[Row]]:
    """Return one film for each id of a usable row, its words, and the rejected usable rows."""
    rows = repaired.rows
    codes = rows.column("movie_id").combine_chunks()
    encoded = (codes.chunk(0) if isinstance(codes, pa.ChunkedArray) else codes).dictionary_encode()
    ids = encoded.indices.to_numpy()
    repeated = np.bincount(ids)[ids] > 1 if len(ids) else np.zeros(0, bool)
    single = np.flatnonzero(usable & ~repeated)
    several = np.flatnonzero(repeated)

    groups: dict[str, list[tuple[bool, int, Row]]] = {}
    for n, row in zip(several.tolist(), rows.take(several).to_pylist(), strict=True):
        groups.setdefault(row["movie_id"], []).append((bool(usable[n]), n, row))
    merged, positions, rejects = [], [], []
    for group in groups.values():
        group.sort(key=lambda item: (not item[0], preference(item[2])))
        (is_usable, best, row), *others = group
        if not is_usable:
            continue
        rest = [other for _, _, other in others]
        merged.append(fill(gather(row, rest, max_list_items), rest))
        positions.append(best)
        detail = f"kept: row {row['row']} of {row['source']}"
        rejects += [_reject(rows, n, "duplicate_id", detail) for also, n, _ in others if also]
    films = pa.concat_tables(
        [rows.take(single), pa.Table.from_pylist(merged, tables.CLEAN_MOVIES)]
    ).combine_chunks()
    order = pc.sort_indices(films, [("movie_id", "ascending")])
    words = repaired.words[np.concatenate([single, np.array(positions, np.int64)])]
    return films.take(order), words[order.to_numpy()], rejects


def _reject(rows: pa.Table, position: int, reason: str, detail: str) -> Row:
    cells = {name: rows.column(name)[position].as_py() for name in ("source", "row", "movie_id")}
    return cells | {"reason": reason, "detail": detail}
