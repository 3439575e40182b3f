"""Compare a catalogue before and after the selection of films: figures and an HTML page."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from itertools import combinations, pairwise
from typing import NotRequired, TypedDict

import numpy as np
import pyarrow as pa

from pipeline.cleaning.text_repair import count_words
from pipeline.genres.data.merge_rows import is_placeholder
from pipeline.genres.evaluation.html import HeatMap, render
from pipeline.genres.evaluation.report_html import map_pairs

__all__ = [
    "CatalogueComparison",
    "CatalogueFigures",
    "compare_catalogues",
    "render_catalogue_comparison",
]

_BINS = (0, 1, 10, 20, 40, 60, 80, 120, 200)  # number of words at which each group begins
_MOST = 30  # genres in the table of genres that occur together


class CatalogueFigures(TypedDict):
    """Figures of a catalogue."""

    rows: int
    films: int  # distinct ids
    placeholders: int  # descriptions that only say that there is none
    words: list[float]  # quartiles of the number of words
    lengths: dict[str, int]  # rows by number of words
    genres: dict[str, int]  # rows by genre, most frequent first
    names: NotRequired[list[str]]  # genres of `together`
    together: NotRequired[list[list[int]]]  # films that have both genres


class CatalogueComparison(TypedDict):
    """Figures before and after the selection, and the number of films left out by reason."""

    before: CatalogueFigures
    after: CatalogueFigures
    dropped: dict[str, int]


def compare_catalogues(
    before: pa.Table, after: pa.Table, dropped: Mapping[str, int]
) -> CatalogueComparison:
    """Return the figures of a catalogue before and after the selection of films.

    Parameters
    ----------
    before, after : pyarrow.Table
        At least movie_id, overview and genres.
    dropped : Mapping of str to int
        Number of films left out by reason, as `films.select_films` returns it.

    Returns
    -------
    CatalogueComparison
        Only `after` has `names` and `together`.
    """
    figures = _measure(after)
    figures["names"], figures["together"] = _count_together(after)
    return {"before": _measure(before), "after": figures, "dropped": dict(dropped)}


def _measure(table: pa.Table) -> CatalogueFigures:
    overviews = table.column("overview").to_pylist()
    words = np.array([count_words(text) if text else 0 for text in overviews], np.int64)
    counts = Counter(g for own in table.column("genres").to_pylist() for g in own or ())
    lengths = np.histogram(words, [*_BINS, np.inf])[0]
    names = [f"{low} to {high - 1}" for low, high in pairwise(_BINS)]
    names = ["none", *names[1:], f"{_BINS[-1]} on"]
    quartiles = np.quantile(words, [0.25, 0.5, 0.75]).tolist() if len(words) else [0.0] * 3
    return {
        "rows": table.num_rows,
        "films": len(set(table.column("movie_id").to_pylist())),
        "placeholders": sum(is_placeholder(o) for o in overviews if o),
        "words": quartiles,
        "lengths": dict(zip(names, lengths.tolist(), strict=True)),
        "genres": dict(sorted(counts.items(), key=lambda item: (-item[1], item[0]))),
    }


def _count_together(table: pa.Table) -> tuple[list[str], list[list[int]]]:
    """Return the most frequent genres, and the number of films that have each pair of them."""
    pairs: Counter[tuple[str, str]] = Counter()
    single: Counter[str] = Counter()
    for own in table.column("genres").to_pylist():
        single.update(own)
        pairs.update(combinations(sorted(own), 2))
    names = sorted(name for name, _ in single.most_common(_MOST))
    counts = [
        [single[a] if a == b else pairs[(a, b) if a < b else (b, a)] for b in names] for a in names
    ]
    return names, counts


def render_catalogue_comparison(comparison: CatalogueComparison) -> str:
    """Return the figures of `compare_catalogues` as one HTML document."""
    before, after = comparison["before"], comparison["after"]
    counts = [
        ("Rows", before["rows"], after["rows"]),
        ("Films", before["films"], after["films"]),
        ("Placeholders", before["placeholders"], after["placeholders"]),
    ]
    figures = [(name, f"{first:,}", f"{second:,}") for name, first, second in counts]
    figures += [
        (f"Words, {name}", f"{before['words'][n]:.0f}", f"{after['words'][n]:.0f}")
        for n, name in enumerate(("lower quartile", "median", "upper quartile"))
    ]
    dropped = comparison["dropped"].items()
    return render(
        "catalogue.html.j2",
        figures=figures,
        dropped=[(reason.replace("_", " "), f"{films:,}") for reason, films in dropped],
        lengths=_map_counts(
            "Descriptions by number of words",
            before["lengths"],
            after["lengths"],
            list(before["lengths"]),
        ),
        genres=_map_counts(
            "Rows and films by genre",
            before["genres"],
            after["genres"],
            sorted({*before["genres"], *after["genres"]}),
        ),
        together=map_pairs(after["together"], after["names"]),
    )


def _map_counts(
    caption: str, before: Mapping[str, int], after: Mapping[str, int], names: list[str]
) -> HeatMap:
    """Return the counts before and after; the largest count of each column is shaded most."""
    largest = [max([1, *side.values()]) for side in (before, after)]
    values = [[before.get(n, 0) / largest[0], after.get(n, 0) / largest[1]] for n in names]
    rows = [f"{n}: {before.get(n, 0):,} before, {after.get(n, 0):,} after" for n in names]
    return HeatMap(f"{caption}, relative to the largest", rows, ("before", "after"), values)
