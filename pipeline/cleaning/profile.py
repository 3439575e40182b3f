"""Data quality of a catalogue: counts per partition, and the figures of their sums."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from pipeline.errors import StageError
from pipeline.schemas import mining as tables

__all__ = ["FIELDS", "PATTERN_FIELDS", "PROFILE", "combine", "profile"]

# Counts of one partition; `combine` adds those of several for equal (section, key).
PROFILE = pa.schema(
    [
        ("section", pa.string()),  # one of the six constants below
        ("key", pa.string()),
        ("count", pa.int64()),  # rows or films
    ]
)

ROWS = "rows"  # read, kept
READ = "present_read"  # field -> rows that have it, before cleaning
KEPT = "present_kept"  # field -> films that have it, after cleaning
PATTERN = "missing_pattern"  # fields missing together, joined by "+"; "" if none is
WORDS = "overview_words"  # lower bound of a bin of _BIN words
YEARS = "year"  # year, or "" if unknown

PATTERN_FIELDS = (
    "overview",
    "tagline",
    "genres",
    "keywords",
    "directors",
    "cast",
    "year",
    "runtime_minutes",
    "vote_average",
)
FIELDS = tuple(name for name in tables.MOVIES.names if name not in ("source", "row"))
_BIN, _LAST_BIN, _TOP_PATTERNS = 10, 200, 12


def profile(rows: pa.Table, films: pa.Table, words: np.ndarray) -> pa.Table:
    """Count the rows and fields of one partition.

    Parameters
    ----------
    rows : pa.Table
        Table of MOVIES before cleaning.
    films : pa.Table
        Table of CLEAN_MOVIES.
    words : np.ndarray
        Number of words of the overview of each film.

    Returns
    -------
    pa.Table
        Table of PROFILE, sorted by section and key.
    """
    counts: Counter[tuple[str, str]] = Counter()
    counts[ROWS, "read"] += len(rows)
    counts[ROWS, "kept"] += len(films)
    for section, table in ((READ, rows), (KEPT, films)):
        for name in FIELDS:
            counts[section, name] += _present(table.column(name))
    if len(films):
        for code, number in _counted(_missing_bits(films)):
            names = [name for bit, name in enumerate(PATTERN_FIELDS) if code >> bit & 1]
            counts[PATTERN, "+".join(names)] += number
        for first, number in _counted(np.minimum(words // _BIN * _BIN, _LAST_BIN)):
            counts[WORDS, f"{first:03d}"] += number
        for value in films.column("year").value_counts().to_pylist():
            year = value["values"]
            counts[YEARS, "" if year is None else f"{year:04d}"] += value["counts"]
    ordered = sorted(counts.items())
    return pa.table(
        {
            "section": [section for (section, _), _ in ordered],
            "key": [key for (_, key), _ in ordered],
            "count": [count for _, count in ordered],
        },
        schema=PROFILE,
    )


def _present(column: pa.ChunkedArray) -> int:
    """Number of values that are neither null nor an empty text or list."""
    valid: int = len(column) - column.null_count
    if pa.types.is_string(column.type):
        valid -= pc.sum(pc.equal(column, "")).as_py() or 0
    elif pa.types.is_list(column.type):
        valid -= pc.sum(pc.equal(pc.list_value_length(column), 0)).as_py() or 0
    return valid


def _missing_bits(films: pa.Table) -> np.ndarray:
    """For each film, the sum of 2 ** n over the fields of PATTERN_FIELDS that it lacks."""
    bits = np.zeros(len(films), np.int64)
    for bit, name in enumerate(PATTERN_FIELDS):
        bits |= films.column(name).is_null().to_numpy().astype(np.int64) << bit
    return bits


def _counted(values: np.ndarray) -> list[tuple[int, int]]:
    distinct, counts = np.unique(values, return_counts=True)
    return list(zip(distinct.tolist(), counts.tolist(), strict=True))


def combine(
    profiles: Iterable[pa.Table], rejects_by_reason: Mapping[str, int], rows_in: int
) -> dict[str, Any]:
    """Return the data-quality figures of a run as JSON values.

    Parameters
    ----------
    profiles : iterable of pa.Table
        Tables of PROFILE, one per partition, in any order.
    rejects_by_reason : Mapping of str to int
        Number of rejects of the sources and of `clean`.
    rows_in : int
        Data rows of all sources.

    Returns
    -------
    dict
        `rows_in`, `films`, `retention` (films / rows_in, 0 to 1), `rejects` (reason -> rows, most
        frequent first), `completeness` (field -> share of rows `read` and of films `kept` that have
        it, 0 to 1), `missing_patterns` (most frequent first: `missing` fields, `films`, `share`),
        `other_patterns` (films with patterns not listed), `overview_words` (`from`, `to` inclusive
        or None, `films`) and `years` (year -> films, "unknown" last).

    Raises
    ------
    StageError
        If rows in are not films plus rejects.
    """
    sections: dict[str, Counter[str]] = {}
    for table in profiles:
        tables.validate(table, PROFILE, name="profile")
        for row in table.to_pylist():
            sections.setdefault(row["section"], Counter())[row["key"]] += row["count"]
    rows = sections.get(ROWS, Counter())
    read, films, rejected = rows["read"], rows["kept"], sum(rejects_by_reason.values())
    if films + rejected != rows_in:
        raise StageError(
            f"data quality does not reconcile: {rows_in} rows in, {films} films and {rejected} "
            "rejects out; a partition was counted twice or not at all"
        )
    patterns = sorted(sections.get(PATTERN, Counter()).items(), key=lambda item: (-item[1], item))
    years = sorted(sections.get(YEARS, Counter()).items())
    return {
        "rows_in": rows_in,
        "films": films,
        "retention": _share(films, rows_in),
        "rejects": dict(sorted(rejects_by_reason.items(), key=lambda item: (-item[1], item))),
        "completeness": {
            name: {
                "read": _share(sections.get(READ, Counter())[name], read),
                "kept": _share(sections.get(KEPT, Counter())[name], films),
            }
            for name in FIELDS
        },
        "missing_patterns": [
            {"missing": key.split("+") if key else [], "films": n, "share": _share(n, films)}
            for key, n in patterns[:_TOP_PATTERNS]
        ],
        "other_patterns": sum(n for _, n in patterns[_TOP_PATTERNS:]),
        "overview_words": [
            {"from": int(k), "to": None if int(k) == _LAST_BIN else int(k) + _BIN - 1, "films": n}
            for k, n in sorted(sections.get(WORDS, Counter()).items())
        ],
        "years": {key: n for key, n in years if key} | {"unknown": dict(years).get("", 0)},
    }


def _share(part: int, whole: int) -> float:
    return part / whole if whole else 0.0
