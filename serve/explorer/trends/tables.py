"""Rows of the tables of the trends page."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, TypedDict

from serve.catalogue.records import GrowthRow, MicroGenreRow
from serve.catalogue.statistics.decade_shares import count_films
from serve.catalogue.statistics.shrunk_change import shrunk_change

__all__ = [
    "HEAT_ROWS",
    "MIN_FILMS",
    "HeatRow",
    "ShrunkGrowth",
    "fill_years",
    "growth_tables",
    "heat_rows",
    "median_year",
    "releases_tables",
]

HEAT_ROWS = 30
"""Most micro-genres of the table by decade."""
MIN_FILMS = 5
"""A change is listed from this many films in one of two spans of years; fewer are marked."""
_STEPS = (0.05, 0.15, 0.3, 0.5)  # shares from which a cell has the next colour


class HeatRow(TypedDict):
    """A micro-genre with its films by decade."""

    genre: MicroGenreRow
    cells: list[tuple[int, float, int]]  # films, share of its films (0 to 1), colour (0 to 4)


class ShrunkGrowth(TypedDict):
    """Films of a micro-genre in two spans of years."""

    cluster: int
    before: int
    after: int
    change: float  # of the share among all films, shrunk: 0.5 is 50 % more
    few: bool  # whether there are fewer than `MIN_FILMS` films in one of the spans


def heat_rows(rows: Sequence[Mapping[str, Any]], genres: Sequence[MicroGenreRow]) -> list[HeatRow]:
    """Return the films of micro-genres by decade, the micro-genre with the earliest peak first.

    Parameters
    ----------
    rows : sequence of mappings
        Rows of `Trends.films_by("decade")` of all micro-genres.
    genres : sequence of MicroGenreRow
        The micro-genres; the first `HEAT_ROWS` are used.
    """
    films = {(row["cluster"], row["decade"]): row["films"] for row in rows}
    decades = list(count_films(rows))
    shown = sorted(
        genres[:HEAT_ROWS], key=lambda genre: (genre["peak_decade"] or 0, genre["cluster"])
    )
    heat: list[HeatRow] = []
    for genre in shown:
        counts = [films.get((genre["cluster"], decade), 0) for decade in decades]
        total = sum(counts) or 1
        cells = [
            (count, count / total, sum(count / total >= step for step in _STEPS))
            for count in counts
        ]
        heat.append({"genre": genre, "cells": cells})
    return heat


def fill_years(films: Mapping[int, int]) -> dict[int, int]:
    """Return the number of films of each year, from the first to the last without gaps.

    Examples
    --------
    >>> fill_years({1980: 2, 1982: 1})
    {1980: 2, 1981: 0, 1982: 1}
    """
    return {year: films.get(year, 0) for year in range(min(films), max(films) + 1)}


def median_year(years: Mapping[int, int]) -> int:
    """Return the year of the middle film, given the films of each year in order.

    Examples
    --------
    >>> median_year({1980: 1, 1981: 0, 1982: 2})
    1982
    """
    half, seen = sum(years.values()) // 2, 0
    for year, films in years.items():
        seen += films
        if seen > half:
            return year
    return max(years)


def growth_tables(rows: Sequence[GrowthRow], most: int) -> list[tuple[str, list[ShrunkGrowth]]]:
    """Return the largest growth and the largest decline of shares, at most `most` rows each.

    Parameters
    ----------
    rows : sequence of GrowthRow
        Rows of `Trends.growth` of all micro-genres.
    most : int
        Maximum number of rows of a table.
    """
    before, after = (sum(row[span] for row in rows) for span in ("before", "after"))
    shrunk: list[ShrunkGrowth] = [
        {
            "cluster": row["cluster"],
            "before": row["before"],
            "after": row["after"],
            "change": shrunk_change((row["before"], before), (row["after"], after)),
            "few": min(row["before"], row["after"]) < MIN_FILMS,
        }
        for row in rows
        if max(row["before"], row["after"]) >= MIN_FILMS
    ]
    shrunk.sort(key=lambda row: (-row["change"], row["cluster"]))
    grown = [row for row in shrunk if row["change"] > 0]
    fallen = [row for row in reversed(shrunk) if row["change"] < 0]
    return [("Largest growth", grown[:most]), ("Largest decline", fallen[:most])]


def releases_tables(
    rows: Sequence[Mapping[str, Any]], most: int
) -> list[tuple[str, list[Mapping[str, Any]]]]:
    """Return the largest gains and losses of films over releases, at most `most` rows each."""
    gained = [row for row in rows if row["change"] > 0][:most]
    lost = [row for row in reversed(rows) if row["change"] < 0][:most]
    tables = [("Largest gains", gained), ("Largest losses", lost)]
    return [(title, found) for title, found in tables if found]
