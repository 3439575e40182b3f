"""Amounts in rows whose column of currencies says that they are not in US dollars."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from pipeline.schemas.reading import UNKNOWN, LossTally
from pipeline.sources.files.column_names import normalize

__all__ = ["currency_column", "drop_other_currencies"]

_NAMES = frozenset(
    ("currency", "currencycode", "budgetcurrency", "revenuecurrency", "grosscurrency", "wahrung")
)
_DOLLARS = frozenset(("", "usd", "us$", "$", "us dollar", "us dollars", "dollar", "dollars"))
_AMOUNTS = ("budget_usd", "revenue_usd")


def currency_column(columns: Sequence[str]) -> str:
    """Return the column that says the currency of each row; empty if there is none or several.

    Examples
    --------
    >>> currency_column(["title", "budget", "Currency"]), currency_column(["title"])
    ('Currency', '')
    """
    found = [name for name in columns if normalize(name).replace("_", "") in _NAMES]
    return found[0] if len(found) == 1 else ""


def drop_other_currencies(
    values: dict[str, list[object]],
    names: Mapping[str, str],
    cells: Sequence[object],
    first_row: int,
    tally: LossTally,
    source: str,
) -> None:
    """Set amounts to None where the currency is not the US dollar, and count them.

    Parameters
    ----------
    values : dict of str to list
        Column of MOVIES -> values; changed.
    names : Mapping of str to str
        Column of MOVIES -> column of the file that gives it.
    cells : sequence of object
        The currency of each row.
    first_row : int
        Number of the first row, from 1.
    tally : LossTally
        Counts the amounts.
    source : str
        Column `source` of the rows.
    """
    other = [
        i
        for i, cell in enumerate(cells)
        if isinstance(cell, str) and cell.strip().lower() not in _DOLLARS
    ]
    for target in _AMOUNTS:
        own = values.get(target)
        for i in other if own is not None else ():
            if own is not None and own[i] is not None:
                detail = f"is in {str(cells[i]).strip()[:20]}, not US dollars"
                tally.add(source, target, names[target], UNKNOWN, first_row + i, own[i], detail)
                own[i] = None
