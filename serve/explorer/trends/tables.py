"""Rows of the tables of the trends page."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, TypedDict

from serve.catalogue.records import GrowthRow, MicroGenreRow
from serve.catalogue.statistics.decade_shares import count_films

__all__ = ["HEAT_ROWS", "MIN_FILMS", "HeatRow", "growth_tables", "heat_rows", "releases_tables"]

HEAT_ROWS = 30
"""Most micro-genres of the table by decade."""
MIN_FILMS = 5
"""Fewest films in one of two spans of years for a change to be listed."""
_STEPS = (0.05, 0.15, 0.3, 0.5)  # shares from which a cell has the next colour


class HeatRow(TypedDict):
    """A micro-genre with its films by decade."""

    genre: MicroGenreRow
    cells: list[tuple[int, float, int]]  # films, share of its films (0 to 1), colour (0 to 4)


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


def growth_tables(rows: Sequence[GrowthRow], most: int) -> list[tuple[str, list[GrowthRow]]]:
    """Return the largest growth and the largest decline of shares, at most `most` rows each."""
    listed = [row for row in rows if max(row["before"], row["after"]) >= MIN_FILMS]
    new = sorted((row for row in listed if row["change"] is None), key=lambda row: -row["after"])
    changed = [(row["change"], row) for row in listed]
    grown = [row for change, row in changed if change is not None and change > 0]
    fallen = [row for change, row in reversed(changed) if change is not None and change < 0]
    return [("Largest growth", [*new, *grown][:most]), ("Largest decline", fallen[:most])]


def releases_tables(
    rows: Sequence[Mapping[str, Any]], most: int
) -> list[tuple[str, list[Mapping[str, Any]]]]:
    """Return the largest gains and losses of films over releases, at most `most` rows each."""
    gained = [row for row in rows if row["change"] > 0][:most]
    lost = [row for row in reversed(rows) if row["change"] < 0][:most]
    tables = [("Largest gains", gained), ("Largest losses", lost)]
    return [(title, found) for title, found in tables if found]
