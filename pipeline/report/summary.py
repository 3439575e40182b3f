"""Counts of a release, the films that its map shows, and its figures as Markdown."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.compute as pc

__all__ = [
    "count_reasons",
    "films_on_map",
    "markdown_figures",
    "markdown_summary",
    "release_counts",
]

_MAP_COLUMNS = ["movie_id", "title", "year", "cluster", "x", "y"]
_NAMED = 12  # micro-genres of the summary
_LISTED = ("name_truth", "names", "clusters", "neighbours")  # sections of the report


def count_reasons(rejects: pa.Table) -> dict[str, int]:
    """Return the number of rejected rows for each reason, in the order of their first row.

    Examples
    --------
    >>> count_reasons(pa.table({"reason": ["no title", "duplicate", "no title"]}))
    {'no title': 2, 'duplicate': 1}
    """
    return dict(Counter(rejects.column("reason").to_pylist()))


def release_counts(
    rows_in: int,
    films: pa.Table,
    rejects: pa.Table,
    micro_genres: pa.Table,
    families: pa.Table,
) -> dict[str, int]:
    """Return the counts that the report and the manifest of a release show.

    Parameters
    ----------
    rows_in : int
        Rows that were read from the sources.
    films : table with a boolean column `weak`, one row per released film
    rejects, micro_genres, families : tables of the release
    """
    return {
        "rows_in": rows_in,
        "released": len(films),
        "rejected": len(rejects),
        "micro_genres": len(micro_genres),
        "families": len(families),
        "weak_films": sum(films.column("weak").to_pylist()),
    }


def films_on_map(films: pa.Table, movie_ids: pa.Array) -> pa.Table:
    """Return id, title, year, cluster and position of the films with the given ids."""
    return films.filter(pc.is_in(films.column("movie_id"), value_set=movie_ids)).select(
        _MAP_COLUMNS
    )


def markdown_summary(report: Mapping[str, Any], micro_genres: pa.Table, folder: Path) -> str:
    """Return what a run made, as Markdown: names, figures, paths, and how to open it.

    Parameters
    ----------
    report : mapping
        The report of the release.
    micro_genres : Table
        MICRO_GENRES.
    folder : Path
        The folder of the release, `releases/ID` of the output folder; absolute.
    """
    out = folder.parent.parent
    counts, truth = report["counts"], report.get("name_truth", {}).get("whole")
    rows = micro_genres.select(["micro_genre_name", "films", "exemplars"]).to_pylist()
    rows.sort(key=lambda row: (-row["films"], row["micro_genre_name"]))
    lines = [
        f"# {report['title'] or 'Micro-genres'}: release {report['release_id']}",
        "",
        f"{counts['released']:,} films of {counts['rows_in']:,} rows in {counts['micro_genres']} "
        f"micro-genres and {counts['families']} families; {counts['rejected']:,} rows rejected.",
        *([] if truth is None else [f"The name is true of {truth:.0%} of the films."]),
        "",
        "| largest micro-genres | films | such as |",
        "|---|---|---|",
        *(
            f"| {_cell(row['micro_genre_name'])} | {row['films']:,} "
            f"| {_cell('; '.join((row['exemplars'] or [])[:2]))} |"
            for row in rows[:_NAMED]
        ),
        "",
        "| what | where |",
        "|---|---|",
        f"| report | [report.html]({(folder / 'report.html').as_uri()}) |",
        f"| tables for pandas and DuckDB | `{folder}` |",
        f"| explorer | `microgenres serve app --out {out}`, then <http://127.0.0.1:8501> |",
        f"| API | `microgenres serve api --out {out}`, then <http://127.0.0.1:8000/docs> |",
    ]
    return "\n".join(lines)


def _cell(text: str) -> str:
    """Return a text that cannot end a cell of a table, or be markup."""
    return re.sub(r"([\\|<>\[\]*_`])", r"\\\1", " ".join(text.split()))


def markdown_figures(report: Mapping[str, Any]) -> str:
    """Return the counts and quality figures of a report as Markdown."""
    counts = report["counts"]
    lines = [
        f"# Release {report['release_id']}",
        "",
        f"{counts['released']:,} films of {counts['rows_in']:,} rows, {counts['micro_genres']} "
        f"micro-genres, {counts['families']} families, {counts['rejected']:,} rejects.",
        "",
        "| figure | value | how to read it |",
        "|---|---|---|",
    ]
    for section in _LISTED:
        for name, value in report.get(section, {}).items():
            explanation = report["explanations"].get(f"{section}.{name}")
            if explanation and isinstance(value, int | float):
                lines.append(f"| {name.replace('_', ' ')} | {value:.3f} | {explanation} |")
    return "\n".join(lines)
