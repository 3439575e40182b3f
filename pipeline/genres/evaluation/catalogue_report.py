"""A catalogue before it was made ready to learn genres from, and after: figures and a page."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from itertools import combinations
from typing import Any

import numpy as np
import pyarrow as pa

from pipeline.cleaning.text_repair import count_words
from pipeline.genres.data.merge_rows import is_placeholder
from pipeline.genres.evaluation.report_html import document, heat, heat_together, section
from pipeline.report.html import rows_table

__all__ = ["before_after", "before_after_page"]

_BINS = (0, 1, 10, 20, 40, 60, 80, 120, 200)
_MOST = 30  # genres in the table of those that come together


def before_after(before: pa.Table, after: pa.Table, dropped: Mapping[str, int]) -> dict[str, Any]:
    """Figures of both sides.

    Parameters
    ----------
    before, after : with movie_id, overview and genres. dropped : reason -> films left out.

    Returns
    -------
    `before` and `after`: rows, films, placeholders, words (quartiles), lengths (rows by words),
    genres (name -> rows) and, of `after`, `together` with its `names`; and `dropped`.
    """
    return {
        "before": _side(before),
        "after": _side(after) | _together(after),
        "dropped": dict(dropped),
    }


def _side(table: pa.Table) -> dict[str, Any]:
    overviews = table.column("overview").to_pylist()
    words = np.array([count_words(told) if told else 0 for told in overviews], np.int64)
    counts = Counter(g for own in table.column("genres").to_pylist() for g in own or ())
    lengths = np.histogram(words, [*_BINS, np.inf])[0]
    told = [
        f"{low} on" if i + 1 == len(_BINS) else f"{low} to {_BINS[i + 1] - 1}"
        for i, low in enumerate(_BINS)
    ]
    told[0] = "none"
    quartiles = np.quantile(words, [0.25, 0.5, 0.75]).tolist() if len(words) else [0.0] * 3
    return {
        "rows": table.num_rows,
        "films": len(set(table.column("movie_id").to_pylist())),
        "placeholders": sum(is_placeholder(o) for o in overviews if o),
        "words": quartiles,
        "lengths": dict(zip(told, lengths.tolist(), strict=True)),
        "genres": dict(sorted(counts.items(), key=lambda item: (-item[1], item[0]))),
    }


def _together(table: pa.Table) -> dict[str, Any]:
    pairs: Counter[tuple[str, str]] = Counter()
    single: Counter[str] = Counter()
    for own in table.column("genres").to_pylist():
        single.update(own)
        pairs.update(combinations(sorted(own), 2))
    names = sorted(name for name, _ in single.most_common(_MOST))
    counts = [
        [single[a] if a == b else pairs[(a, b) if a < b else (b, a)] for b in names] for a in names
    ]
    return {"names": names, "together": counts}


def before_after_page(found: Mapping[str, Any]) -> str:
    """The figures of `before_after` as one HTML page."""
    before, after = found["before"], found["after"]
    sides = [
        [name.capitalize(), f"{before[name]:,}", f"{after[name]:,}"]
        for name in ("rows", "films", "placeholders")
    ]
    sides += [
        [f"Words, {name}", f"{before['words'][n]:.0f}", f"{after['words'][n]:.0f}"]
        for n, name in enumerate(("lower quartile", "median", "upper quartile"))
    ]
    heads = ("", "before", "after")
    dropped = [[name.replace("_", " "), f"{count:,}"] for name, count in found["dropped"].items()]
    genres = sorted({*before["genres"], *after["genres"]})
    parts = [
        section(
            "The catalogue",
            rows_table("Rows and films", heads, sides),
            rows_table("Films left out", ("Reason", "films"), dropped),
        ),
        section(
            "Lengths",
            _bars(
                "Descriptions by their words",
                before["lengths"],
                after["lengths"],
                list(before["lengths"]),
            ),
        ),
        section(
            "Genres", _bars("Rows and films by genre", before["genres"], after["genres"], genres)
        ),
        section("Genres that come together", heat_together(after["together"], after["names"])),
    ]
    return document("The catalogue, before and after", parts)


def _bars(
    caption: str, before: Mapping[str, int], after: Mapping[str, int], names: list[str]
) -> str:
    """Counts of both sides as a heat map, each side shaded by its largest."""
    most = [max([1, *side.values()]) for side in (before, after)]
    rows = [[before.get(n, 0) / most[0], after.get(n, 0) / most[1]] for n in names]
    heads = [f"{n}: {before.get(n, 0):,} before, {after.get(n, 0):,} after" for n in names]
    return heat(f"{caption}, beside the largest", heads, ("before", "after"), rows)
